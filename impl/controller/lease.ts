/**
 * Holding a Lease: acquire it under a new incarnation, renew it, say when it is lost, release it on stop (15/10/2 s as client-go).
 *
 * It is lost when a consistent read shows a counter that is not ours. That no renewal succeeded for the renew deadline is told too, but
 * ends nothing: while the counter is ours we hold the Lease, and an open session needs no API Server (protocol 1, 3).
 */
import type { LeaseObservation } from '../../machines/ownership/lease.ts';
import type { Incarnation } from '../../spec/vocabulary.ts';
import { type Acquisition, acquireIncarnation, type LeaseRef } from './incarnation.ts';
import { Backoff, pause } from './kubernetes/backoff.ts';
import type { KubernetesClient } from './kubernetes/client.ts';
import { isKubernetesError } from './kubernetes/errors.ts';
import { pathOf } from './kubernetes/paths.ts';
import type { Lease } from './kubernetes/types.ts';
import { INCARNATION_ANNOTATION } from './names.ts';

/** Times of leader election, s; by default {@link LEASE_TIMES}. @public */
export interface LeaseTimes {
  /** A record unchanged for so long may be taken by another. */
  readonly durationSeconds?: number;
  /** No renewal for so long is told. */
  readonly renewDeadlineSeconds?: number;
  /** Between two renewals, and two looks at another's Lease. */
  readonly retrySeconds?: number;
}

/** As client-go's. @public */
export const LEASE_TIMES = {
  durationSeconds: 15,
  renewDeadlineSeconds: 10,
  retrySeconds: 2,
} as const satisfies LeaseTimes;

/** How to hold a Lease. @public */
export interface HoldOptions extends LeaseRef, LeaseTimes {
  readonly holder: string;
  /** Take a number above this one, too. */
  readonly above?: Incarnation;
  /** Give up waiting. */
  readonly signal: AbortSignal;
  /** While it waits: another holder, or a failure (`API_SERVER_UNREACHABLE` at a start without an API Server). */
  readonly onWaiting?: (
    why: { readonly heldBy: string } | { readonly error: unknown },
    waitMs: number,
  ) => void;
  /** What else is said on it, looked at with each renewal; null takes an annotation away. */
  readonly annotations?: () => Readonly<Record<string, string | null>>;
  /** Once, and it is final: the counter on the Lease is another's. */
  readonly onLost?: () => void;
  /** Once for each stretch of failures: no renewal has succeeded for the renew deadline. It goes on trying. */
  readonly onUnrenewed?: (error: unknown) => void;
}

/** A Lease that is held. @public */
export interface HeldLease {
  readonly incarnation: Incarnation;
  /** Stop renewing; clear the holder, so that the next one need not wait. The counter stays. */
  release(): Promise<void>;
  /** Stop renewing, and leave the Lease as it is. */
  stop(): void;
}

/**
 * Wait until the Lease is ours, under a new incarnation; then renew it in the background.
 * Failures are told to `onWaiting` and retried with growing waits, for ever. Undefined if the signal was aborted first.
 * @public
 */
export async function holdIncarnation(
  client: KubernetesClient,
  options: HoldOptions,
): Promise<HeldLease | undefined> {
  const backoff = new Backoff({ baseMs: 100, maxMs: 5_000 });
  let observation: LeaseObservation | undefined;
  while (!options.signal.aborted) {
    let found: Acquisition;
    try {
      found = await acquireIncarnation(client, {
        ...options,
        nowMs: Date.now(),
        ...(observation !== undefined && { observation }),
      });
    } catch (error) {
      const waitMs = backoff.next(error);
      options.onWaiting?.({ error }, waitMs);
      await pause(waitMs, options.signal);
      continue;
    }
    if (found.held) return renewing(client, options, found.incarnation);
    backoff.reset();
    observation = found.observation;
    const waitMs = Math.min(found.retryInMs, (options.retrySeconds ?? LEASE_TIMES.retrySeconds) * 1000);
    options.onWaiting?.({ heldBy: found.by }, waitMs);
    await pause(waitMs, options.signal);
  }
  return undefined;
}

function renewing(client: KubernetesClient, options: HoldOptions, incarnation: Incarnation): HeldLease {
  const stopping = new AbortController();
  const path = pathOf({ resource: 'leases', namespace: options.namespace, name: options.name });
  const deadlineMs = (options.renewDeadlineSeconds ?? LEASE_TIMES.renewDeadlineSeconds) * 1000;
  const retryMs = (options.retrySeconds ?? LEASE_TIMES.retrySeconds) * 1000;
  let renewed = performance.now();
  let told = false;

  /** One compare-and-swap under our counter; false if the counter is not ours. */
  const write = async (spec: object): Promise<boolean> => {
    for (;;) {
      const lease = await client.get<Lease>(path);
      const ours =
        lease?.metadata.annotations?.[INCARNATION_ANNOTATION] === String(incarnation) &&
        lease.spec?.holderIdentity === options.holder;
      if (!ours) return false;
      const said = Object.entries(options.annotations?.() ?? {}).filter(
        ([name, text]) => (lease.metadata.annotations?.[name] ?? null) !== text,
      );
      const metadata = {
        resourceVersion: lease.metadata.resourceVersion,
        ...(said.length > 0 && { annotations: Object.fromEntries(said) }),
      };
      const body = { metadata, spec };
      try {
        await client.request({ method: 'PATCH', path, patchType: 'merge', body, timeoutMs: retryMs * 2 });
        return true;
      } catch (error) {
        if (!isKubernetesError(error, 'Conflict')) throw error;
      }
    }
  };
  const loop = async (): Promise<void> => {
    for (;;) {
      await pause(retryMs, stopping.signal);
      if (stopping.signal.aborted) return;
      try {
        const renewTime = new Date().toISOString().replace('Z', '000Z');
        if (!(await write({ renewTime }))) {
          if (!stopping.signal.aborted) options.onLost?.();
          return;
        }
        renewed = performance.now();
        told = false;
      } catch (error) {
        if (told || performance.now() - renewed < deadlineMs) continue;
        told = true;
        options.onUnrenewed?.(error);
      }
    }
  };
  const running = loop();
  return {
    incarnation,
    stop: () => stopping.abort(),
    async release() {
      stopping.abort();
      await running;
      await write({ holderIdentity: '', leaseDurationSeconds: 1 }).catch(() => undefined);
    },
  };
}
