/**
 * Incarnations: numbers of a stage's lives, never reused (protocol 1).
 *
 * A stage's is the annotation {@link INCARNATION_ANNOTATION} on its Lease, K's an annotation on its Node. It is set by compare-and-swap
 * (`metadata.resourceVersion`) at *every* start, to max(counter + 1, Unix ms), so that not even a deleted Lease brings a number back.
 * A write whose fate is not known is harmless: the next one is higher still.
 *
 * A stage *holds* its Lease while the counter on it is its own. Whether another holder is alive is judged as client-go does: by our own
 * clock, from the moment we saw its record for the first time; no two machines' clocks are compared.
 */
import { holds, type LeaseObservation, observe, waitToTake } from '../../machines/ownership/lease.ts';
import { isSuperseded, nextIncarnation } from '../../machines/ownership/registration.ts';
import { KubedirectError } from '../../spec/errors.ts';
import { type Incarnation, type PeerName, stageOf } from '../../spec/vocabulary.ts';
import type { KubernetesClient } from './kubernetes/client.ts';
import { isKubernetesError } from './kubernetes/errors.ts';
import { pathOf } from './kubernetes/paths.ts';
import type { KubernetesObject, Lease } from './kubernetes/types.ts';
import {
  AGENT_ADDRESS_ANNOTATION,
  AGENT_INCARNATION_ANNOTATION,
  INCARNATION_ANNOTATION,
  leaseName,
  parseIncarnation,
} from './names.ts';

/** Which Lease. @public */
export interface LeaseRef {
  readonly namespace: string;
  readonly name: string;
}

/** What {@link acquireIncarnation} needs. @public */
export interface AcquireOptions extends LeaseRef {
  /** Identity of this process; a process that restarts under the same one takes its own Lease back at once. */
  readonly holder: string;
  /** Wall clock, Unix ms. */
  readonly nowMs: number;
  /** Monotonic clock, ms; default `performance.now()`. */
  readonly monotonicMs?: number;
  /** Written to the Lease; default 15 s. */
  readonly durationSeconds?: number;
  /** Take a number above this one, too. */
  readonly above?: Incarnation;
  /** What the last attempt returned, if it found another holder. */
  readonly observation?: LeaseObservation;
}

/** The Lease is ours, or whose it is. @public */
export type Acquisition =
  | { readonly held: true; readonly incarnation: Incarnation; readonly lease: Lease }
  | {
      readonly held: false;
      readonly by: string;
      readonly retryInMs: number;
      readonly observation: LeaseObservation;
    };

/** Times in a row that a 409 is answered by reading again: each means that somebody else made progress. */
const CONFLICTS = 20;
const DURATION_SECONDS = 15;

function leasePath(ref: LeaseRef): string {
  return pathOf({ resource: 'leases', namespace: ref.namespace, name: ref.name });
}

function counterOf(object: KubernetesObject | undefined, annotation: string): Incarnation | null {
  try {
    return parseIncarnation(object?.metadata.annotations?.[annotation]);
  } catch (cause) {
    throw new KubedirectError(
      'INVARIANT_BROKEN',
      `${object?.kind ?? 'Object'} ${object?.metadata.name}: annotation ${annotation}: ${(cause as Error).message}. Somebody has overwritten it; delete the annotation only if the stage is stopped.`,
      { cause },
    );
  }
}

/** Kubernetes' MicroTime. */
function microTime(nowMs: number): string {
  return new Date(nowMs).toISOString().replace('Z', '000Z');
}

/** Run a compare-and-swap until it is not answered by 409 (somebody wrote, or created, in between). */
async function swap<T>(attempt: () => Promise<T>): Promise<T> {
  for (let left = CONFLICTS; ; left -= 1) {
    try {
      return await attempt();
    } catch (error) {
      if (left === 0 || !isKubernetesError(error, 'Conflict', 'AlreadyExists')) throw error;
    }
  }
}

/** Null if the Lease is free, ours or expired; else who has it and what was seen of it. */
function heldByOther(lease: Lease, options: AcquireOptions): Extract<Acquisition, { held: false }> | null {
  const { holderIdentity, renewTime, leaseDurationSeconds } = lease.spec ?? {};
  if (!holderIdentity || holderIdentity === options.holder) return null;
  const now = options.monotonicMs ?? performance.now();
  const record = [
    lease.metadata.uid,
    holderIdentity,
    renewTime,
    counterOf(lease, INCARNATION_ANNOTATION),
  ].join(' ');
  const known = observe(options.observation, record, now);
  const retryInMs = waitToTake(known, (leaseDurationSeconds ?? DURATION_SECONDS) * 1000, now);
  return retryInMs === 0 ? null : { held: false, by: holderIdentity, retryInMs, observation: known };
}

/**
 * Take a stage's Lease under a new incarnation: creates it if it is missing, takes it from ourselves at once, and from another holder
 * only when its record has not changed for its whole duration. One attempt; see {@link holdIncarnation} for a loop.
 * @throws KubernetesError `API_SERVER_UNREACHABLE`, `API_REQUEST_FAILED`
 * @public
 */
export function acquireIncarnation(client: KubernetesClient, options: AcquireOptions): Promise<Acquisition> {
  return swap(async () => {
    const lease = await client.get<Lease>(leasePath(options));
    const other = lease === undefined ? null : heldByOther(lease, options);
    if (other !== null) return other;
    const before = counterOf(lease, INCARNATION_ANNOTATION) ?? 0;
    const incarnation = nextIncarnation(before, options.above ?? 0, options.nowMs);
    const changed = lease !== undefined && lease.spec?.holderIdentity !== options.holder;
    const body = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        ...lease?.metadata,
        name: options.name,
        namespace: options.namespace,
        annotations: { ...lease?.metadata.annotations, [INCARNATION_ANNOTATION]: String(incarnation) },
      },
      spec: {
        holderIdentity: options.holder,
        leaseDurationSeconds: options.durationSeconds ?? DURATION_SECONDS,
        acquireTime: microTime(options.nowMs),
        renewTime: microTime(options.nowMs),
        leaseTransitions: (lease?.spec?.leaseTransitions ?? 0) + (changed ? 1 : 0),
      },
    };
    const written =
      lease === undefined
        ? await client.request<Lease>({
            method: 'POST',
            path: pathOf({ resource: 'leases', namespace: options.namespace }),
            body,
          })
        : await client.request<Lease>({ method: 'PUT', path: leasePath(options), body });
    return { held: true, incarnation, lease: written };
  });
}

/** A consistent read of the incarnation on a Lease; null if there is no Lease or no counter on it. @public */
export async function readIncarnation(client: KubernetesClient, ref: LeaseRef): Promise<Incarnation | null> {
  return counterOf(await client.get<Lease>(leasePath(ref)), INCARNATION_ANNOTATION);
}

/** A consistent read of any peer's incarnation: a stage's Lease, a kubelet's Node. Null if there is none. @public */
export async function readPeerIncarnation(
  client: KubernetesClient,
  peer: PeerName,
  namespace: string,
): Promise<{ readonly incarnation: Incarnation | null; readonly nodeUid?: string }> {
  const stage = stageOf(peer);
  if (stage !== 'kubelet')
    return { incarnation: await readIncarnation(client, { namespace, name: leaseName(stage) }) };
  const node = await client.get(pathOf({ resource: 'nodes', name: peer.slice('kubelet/'.length) }));
  const incarnation = counterOf(node, AGENT_INCARNATION_ANNOTATION);
  return node === undefined ? { incarnation } : { incarnation, nodeUid: node.metadata.uid };
}

/** What {@link raiseIncarnation} needs. @public */
export interface RaiseOptions extends LeaseRef {
  /** The incarnation that must still be on the Lease. */
  readonly current: Incarnation;
  /** The new one is above this: the fence that was met. */
  readonly above: Incarnation;
  readonly nowMs: number;
}

/**
 * Raise our incarnation above a fence (protocol 3), if we still hold the Lease; null if the counter on it is no longer ours.
 * After a write whose fate is not known, ask {@link acquireIncarnation} instead.
 * @public
 */
export function raiseIncarnation(
  client: KubernetesClient,
  options: RaiseOptions,
): Promise<Incarnation | null> {
  return swap(async () => {
    const lease = await client.get<Lease>(leasePath(options));
    if (lease === undefined || !holds(options.current, counterOf(lease, INCARNATION_ANNOTATION))) return null;
    const incarnation = nextIncarnation(options.current, options.above, options.nowMs);
    await client.request({
      method: 'PATCH',
      path: leasePath(options),
      patchType: 'merge',
      body: {
        metadata: {
          resourceVersion: lease.metadata.resourceVersion,
          annotations: { [INCARNATION_ANNOTATION]: String(incarnation) },
        },
        spec: { renewTime: microTime(options.nowMs) },
      },
    });
    return incarnation;
  });
}

/** Another agent answers for a Node. */
export function agentSuperseded(node: string, own: Incarnation, other: Incarnation | null): KubedirectError {
  return new KubedirectError(
    'AGENT_SUPERSEDED',
    `Node ${node}: expected incarnation ${own} to be its agent's, but a newer agent${other === null ? '' : ` (${other})`} has registered itself. This one stops for good: one agent serves a Node, with one journal.`,
  );
}

/** What {@link registerAgent} needs. @public */
export interface RegisterOptions {
  readonly node: string;
  /** `host:port` where the agent listens. */
  readonly address: string;
  readonly nowMs: number;
  /** Take a number above this one, too. */
  readonly above?: Incarnation;
  /** The last number of this agent: a higher one on the Node, with another address, is another agent's. */
  readonly last?: Incarnation;
  /** Called before each attempt to write, with the number found on the Node and the one to be written. A throw ends the registration. */
  readonly claim?: (found: Incarnation | null, incarnation: Incarnation) => void;
  /** Further annotations to write in the same request. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/**
 * Register an agent on its Node under a new incarnation (protocol 1, 6): counter and address in one compare-and-swap.
 * Undefined if there is no such Node.
 * @throws KubedirectError `AGENT_SUPERSEDED`
 * @public
 */
export function registerAgent(
  client: KubernetesClient,
  options: RegisterOptions,
): Promise<{ readonly incarnation: Incarnation; readonly node: KubernetesObject } | undefined> {
  return swap(async () => {
    const node = await client.get(pathOf({ resource: 'nodes', name: options.node }));
    if (node === undefined) return undefined;
    const found = counterOf(node, AGENT_INCARNATION_ANNOTATION);
    const { address, last = null, above = 0, nowMs } = options;
    const stands = node.metadata.annotations?.[AGENT_ADDRESS_ANNOTATION] ?? null;
    const registration = found === null ? null : { incarnation: found, address: stands };
    if (last !== null && isSuperseded(registration, { address, last }))
      throw agentSuperseded(options.node, last, found);
    const incarnation = nextIncarnation(found ?? 0, above, nowMs);
    options.claim?.(found, incarnation);
    const patch = {
      metadata: {
        uid: node.metadata.uid,
        resourceVersion: node.metadata.resourceVersion,
        annotations: {
          ...options.annotations,
          [AGENT_INCARNATION_ANNOTATION]: String(incarnation),
          [AGENT_ADDRESS_ANNOTATION]: options.address,
        },
      },
    };
    const written = await client.patchNode<KubernetesObject>(options.node, patch, 'kubedirect-agent');
    return { incarnation, node: written };
  });
}
