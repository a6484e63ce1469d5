/** How far the logs of a container may grow, as a kubelet bounds them. */

/** Of one container. @public */
export interface LogBounds {
  /** A log that has become larger is put aside, and another begun. */
  readonly maxBytes: number;
  /** How many are kept, the one that is written to among them; at least 2. */
  readonly maxFiles: number;
}

/** A kubelet's. @public */
export const LOG_BOUNDS: LogBounds = { maxBytes: 10 * 2 ** 20, maxFiles: 5 };

/** Where a log is put that is as long as it may be: the time behind its name, as a kubelet writes it, which sorts. @public */
export function asideName(log: string, now: Date): string {
  const [, date = '', time = ''] = /^(.*)T(.*)\..*$/.exec(now.toISOString()) ?? [];
  return `${log}.${date.replaceAll('-', '')}-${time.replaceAll(':', '')}`;
}

/**
 * Which of the logs that were put aside go so that the one that is written to can be put aside too; null: it need not yet.
 * @param bytes - length of the log that is written to
 * @param aside - names of the others
 * @public
 */
export function rotation(
  bytes: number,
  aside: readonly string[],
  { maxBytes, maxFiles }: LogBounds,
): { readonly remove: readonly string[] } | null {
  if (bytes <= maxBytes) return null;
  // Two more than these will be there: this one, and the one that is begun.
  return { remove: aside.toSorted().slice(0, Math.max(0, aside.length - (maxFiles - 2))) };
}
