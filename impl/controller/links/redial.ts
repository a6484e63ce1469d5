/**
 * Dials again for as long as the host wants a link. Between attempts it waits, longer each time and by chance, so that a stage that
 * comes back is not met by all its upstreams at once.
 */
import type { ErrorCode } from '../../../spec/errors.ts';
import type { LinkConnection, LinkEvents } from './connection.ts';
import { type DialOptions, dial } from './dial.ts';

/** How to dial again and again. @public */
export interface RedialOptions {
  /** Asked before each attempt: an address may change. */
  readonly target: () => DialOptions;
  /** First wait (default 50 ms). */
  readonly minDelayMs?: number;
  /** Longest wait (default 2,000 ms); a link that held as long as this starts again at the first. */
  readonly maxDelayMs?: number;
  /** From 0 to below 1; for tests. */
  readonly random?: () => number;
  /** Told before each wait. */
  readonly onRetry?: (retry: { readonly attempt: number; readonly delayMs: number }) => void;
}

/** A link that is dialled until it is stopped. @public */
export interface Redialer {
  /** The connection of now; null between two attempts. */
  readonly connection: LinkConnection | null;
  /** Closes the connection and dials no more. `broken` still comes for a connection that there was. */
  stop(reason: string): void;
}

/**
 * Dials, and again after each `broken`. Each attempt makes its own `opened` and `broken` events.
 * @public
 */
export function redial(options: RedialOptions, events: LinkEvents): Redialer {
  let connection: LinkConnection | null = null;
  let timer: NodeJS.Timeout | null = null;
  let stopped = false;
  let failures = 0;
  const maxDelayMs = options.maxDelayMs ?? 2_000;

  const attempt = (): void => {
    timer = null;
    let openedAt = Number.POSITIVE_INFINITY;
    connection = dial(options.target(), {
      ...bindAll(events),
      opened() {
        openedAt = performance.now();
        events.opened();
      },
      broken(reason: string, code: ErrorCode) {
        connection = null;
        failures = performance.now() - openedAt >= maxDelayMs ? 1 : failures + 1;
        events.broken(reason, code);
        if (stopped) return;
        const delayMs = backoff(failures, options);
        options.onRetry?.({ attempt: failures, delayMs });
        timer = setTimeout(attempt, delayMs);
      },
    });
  };
  attempt();

  return {
    get connection() {
      return connection;
    },
    stop(reason) {
      stopped = true;
      if (timer !== null) clearTimeout(timer);
      connection?.close(reason);
    },
  };
}

function bindAll(events: LinkEvents): LinkEvents {
  return {
    opened: () => events.opened(),
    message: (message) => events.message(message),
    broken: (reason, code) => events.broken(reason, code),
    drained: () => events.drained?.(),
  };
}

/** Wait before attempt `failures + 1`: doubling from the least to the most, of which a random half is taken off. @internal */
export function backoff(
  failures: number,
  { minDelayMs = 50, maxDelayMs = 2_000, random = Math.random }: Omit<RedialOptions, 'target'>,
): number {
  const full = Math.min(maxDelayMs, minDelayMs * 2 ** Math.min(failures, 30));
  return Math.max(minDelayMs, full * (0.5 + random() / 2));
}
