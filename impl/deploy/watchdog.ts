/**
 * The fail-open watchdog: runs apart from the stages, and hands the managed Pods to the stock controllers when the stages have been gone for
 * a configured time. It never takes them back: a person does (`kubedirect release --take-back`).
 *
 * A stage is *gone* while nobody holds its Lease, or while its renewals stand still, by this process' own clock: no two clocks are compared.
 * What could not be read tells nothing: after a read that failed, or a pause of this process, all stages are watched anew. Of a switch
 * that is deleted or damaged, which leaves managed Pods to neither side, what was read last is written again: the owner, and the scope.
 */

import { type LeaseObservation, observe } from '../../machines/ownership/lease.ts';
import { KubedirectError } from '../../spec/errors.ts';
import type { Owner } from '../../spec/vocabulary.ts';
import { foreignScope } from '../controller/host/scope.ts';
import { pause } from '../controller/kubernetes/backoff.ts';
import type { KubernetesClient } from '../controller/kubernetes/client.ts';
import type { Lease } from '../controller/kubernetes/types.ts';
import { type LedStage, readLeases } from './leases.ts';
import { readOwner, writeOwner } from './owner.ts';
import { release } from './release.ts';

/** Without any of these no managed Pod is made or ended. The Autoscaler stage is not one: what others write is followed without it. */
const NEEDED: readonly LedStage[] = ['deployment', 'replicaset', 'scheduler'];

/** What one look showed. @public */
export interface Reading {
  /** `damaged`: it says neither; null: there is no switch. */
  readonly owner: Owner | 'damaged' | null;
  /** The scope that it says; absent: none, or there is no switch. */
  readonly scope?: string | undefined;
  readonly leases: ReadonlyMap<LedStage, Pick<Lease, 'spec'>>;
}

/** What the watchdog remembers. @public */
export interface Watch {
  /** When the last look was, ms. */
  readonly lookedAtMs: number | null;
  /** The owner read last. */
  readonly owner: Owner | null;
  /** And the scope. */
  readonly scope?: string | undefined;
  /** Each stage's last sign of life, and since when it has been the same. */
  readonly signs: ReadonlyMap<LedStage, LeaseObservation>;
}
/** Nothing seen yet. @public */
export const UNWATCHED: Watch = { lookedAtMs: null, owner: null, signs: new Map() };

/** What is to be done. @public */
export type Act =
  | { readonly act: 'nothing' }
  | { readonly act: 'release'; readonly gone: readonly LedStage[] }
  | { readonly act: 'mend'; readonly owner: Owner; readonly scope?: string | undefined };

/** How long is too long, ms. @public */
export interface Patience {
  readonly afterMs: number;
  readonly intervalMs: number;
}

/** One look. Pure. @param nowMs - a clock that never goes back @public */
export function look(
  before: Watch,
  { owner, scope, leases }: Reading,
  nowMs: number,
  { afterMs, intervalMs }: Patience,
): readonly [Watch, Act] {
  // This process was paused, or it is slow: it has not seen what went on meanwhile.
  const slept = before.lookedAtMs === null || nowMs - before.lookedAtMs > 3 * intervalMs;
  const signs = new Map(
    NEEDED.map((stage) => {
      const spec = leases.get(stage)?.spec;
      const sign = spec?.holderIdentity ? `${spec.holderIdentity} ${spec.renewTime}` : '';
      const last = slept ? undefined : before.signs.get(stage);
      return [stage, observe(last, sign, nowMs)] as const;
    }),
  );
  const known = owner === 'direct' || owner === 'stock' ? owner : before.owner;
  const said = scope ?? before.scope;
  const watch: Watch = { lookedAtMs: nowMs, owner: known, signs, ...(said !== undefined && { scope: said }) };
  if (owner === null || owner === 'damaged') {
    // Never seen: stages of Helm and kustomize run before there is a switch, and `install` makes it. If it was lost, `install` knows.
    if (owner === null && known === null) return [watch, { act: 'nothing' }];
    return [watch, { act: 'mend', owner: known ?? 'stock', ...(said !== undefined && { scope: said }) }];
  }
  // Somebody has taken away what is managed.
  if (scope === undefined && said !== undefined) return [watch, { act: 'mend', owner, scope: said }];
  const gone = NEEDED.filter((stage) => nowMs - (signs.get(stage)?.sinceMs ?? nowMs) >= afterMs);
  return [watch, owner === 'direct' && gone.length > 0 ? { act: 'release', gone } : { act: 'nothing' }];
}

/** How to watch. @public */
export interface WatchdogOptions extends Patience {
  readonly client: KubernetesClient;
  readonly namespace: string;
  readonly signal: AbortSignal;
  /** Told of each look: the owner that it showed; null if the API Server did not answer as needed. */
  readonly onLook?: (seen: Watch | null) => void;
  readonly log: (text: string, fields: Readonly<Record<string, unknown>>) => void;
}

async function read({ client, namespace }: WatchdogOptions): Promise<Reading> {
  const [found, leases] = await Promise.all([
    readOwner(client, namespace).then(
      (one) => ({ owner: one?.owner ?? null, scope: one?.scope }),
      (error: unknown) => {
        if (error instanceof KubedirectError && error.code === 'CLUSTER_UNSUPPORTED')
          return { owner: 'damaged' as const, scope: undefined };
        throw error;
      },
    ),
    readLeases(client, namespace),
  ]);
  const refused = foreignScope(client.scope, found.scope);
  if (refused !== null) throw refused;
  return { ...found, leases };
}

async function carryOut(options: WatchdogOptions, act: Act): Promise<void> {
  const { client, namespace, log } = options;
  if (act.act === 'mend') {
    log('the owner switch is gone or damaged: it is written again', { owner: act.owner });
    await writeOwner(client, namespace, act.owner, act);
  }
  if (act.act !== 'release') return;
  log('the stages are gone: the stock controllers are given the managed Pods', { gone: act.gone });
  const { replicaSets, settledMs } = await release({ client, namespace });
  log('released', { replicaSets, settledMs: Math.round(settledMs) });
}

/** Watches until the signal. @throws KubedirectError `SCOPE_DIFFERS` @public */
export async function watchdog(options: WatchdogOptions): Promise<void> {
  const { signal, intervalMs, log, onLook = () => {} } = options;
  let watch = UNWATCHED;
  while (!signal.aborted) {
    try {
      const reading = await read(options);
      const [next, act] = look(watch, reading, performance.now(), options);
      watch = next;
      onLook(watch);
      await carryOut(options, act);
    } catch (error) {
      if (error instanceof KubedirectError && error.code === 'SCOPE_DIFFERS') throw error;
      log('the API Server did not answer as needed: all stages are watched anew', { error: String(error) });
      const { owner, scope } = watch;
      watch = { ...UNWATCHED, owner, ...(scope !== undefined && { scope }) };
      onLook(null);
    }
    await pause(intervalMs, signal);
  }
}
