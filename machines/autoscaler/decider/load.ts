/**
 * The load of one Deployment over time: each reporter (a gateway, a queue beside a Pod) says how many requests it has under way, and
 * what it says holds until it says something else, or is silent for too long. The sum is a step function of which the last window is kept.
 */

/** What one reporter said last. */
interface Said {
  readonly concurrency: number;
  readonly at: number;
}

/** From `at` on the total is this. */
interface Point {
  readonly at: number;
  readonly total: number;
}

/** The reported load; times in ms, never going back. */
export interface Load {
  readonly reporters: ReadonlyMap<string, Said>;
  /** Ascending; the first may lie before the window. Empty until somebody has reported. */
  readonly points: readonly Point[];
}

/** Nobody has said anything. */
export const NO_LOAD: Load = { reporters: new Map(), points: [] };

/** A reporter that is silent for so long is gone, and so are its requests, ms. */
export const SILENT_MS = 10_000;
/** Changes within so long are one point, ms: it bounds how many are kept. */
const GRAIN_MS = 100;

function note({ reporters, points }: Load, at: number, windowMs: number): Load {
  const total = [...reporters.values()].reduce((sum, { concurrency }) => sum + concurrency, 0);
  const last = points.at(-1);
  if (last?.total === total) return { reporters, points: within(points, at - windowMs) };
  const isSame = last !== undefined && at - last.at < GRAIN_MS;
  const next = isSame ? [...points.slice(0, -1), { at: last.at, total }] : [...points, { at, total }];
  return { reporters, points: within(next, at - windowMs) };
}

/** Those that hold at or after `from`. */
function within(points: readonly Point[], from: number): readonly Point[] {
  const first = points.findIndex((_, i) => ((points[i + 1] as Point | undefined)?.at ?? Infinity) > from);
  return first > 0 ? points.slice(first) : points;
}

/** Who is silent for too long has nothing under way any more. If nobody is left, nothing is known, also not of what was before. */
export function expire(load: Load, at: number, windowMs: number): Load {
  const heard = [...load.reporters].filter(([, said]) => at - said.at <= SILENT_MS);
  if (heard.length === load.reporters.size) return load;
  if (heard.length === 0) return NO_LOAD;
  return note({ ...load, reporters: new Map(heard) }, at, windowMs);
}

/** A reporter has this many requests under way. */
export function report(load: Load, reporter: string, said: Said, windowMs: number): Load {
  return note({ ...load, reporters: new Map(load.reporters).set(reporter, said) }, said.at, windowMs);
}

/** The average over a window that ends at `at`, or since the first report if that is later; null if there was none. */
export function averageOf({ points }: Load, at: number, windowMs: number): number | null {
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined) return null;
  const from = Math.max(at - windowMs, first.at);
  if (from >= at) return last.total;
  let sum = 0;
  for (const [i, point] of points.entries()) {
    const until = points[i + 1]?.at ?? at;
    sum += Math.max(0, until - Math.max(point.at, from)) * point.total;
  }
  return sum / (at - from);
}
