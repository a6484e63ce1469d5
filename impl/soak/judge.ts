/**
 * Whether figures that were taken at the same resting point again and again are flat: pure.
 *
 * The first fifth is not counted: code is compiled, caches fill. Of the rest the median of the last third is compared with that of the first:
 * what is counted (Pods, sockets, files, watches) may not grow at all beyond a few that come and go; memory may by a tenth and 32 MB, since it
 * is given back when it pleases the garbage collector. (32 MB: each stage above the tail is two processes.)
 */
import type { Figures } from './figures.ts';

/** One figure over a soak. @public */
export interface Course {
  readonly name: string;
  /** Medians of the first and the last third, after the warm-up. */
  readonly first: number;
  readonly last: number;
  readonly most: number;
  /** Whether it grew beyond what it may. */
  readonly grows: boolean;
}

/** Fewest samples that say anything. @public */
export const FEWEST_SAMPLES = 6;

const WARM_UP = 0.2;
/** Of ten nodes: each is compacted at rest, and keeps the uids of its last 16,384 Pods, 40 bytes each. */
const JOURNALS_MB = 8;
const COMES_AND_GOES = 8;

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] as number;
};

/** The most that a figure may come to that was `first`. */
function limitOf(name: string, first: number): number {
  if (name.endsWith(' Pods')) return first;
  if (name.startsWith('journals ')) return JOURNALS_MB;
  return name.endsWith(' MB') ? first * 1.1 + 32 : first + COMES_AND_GOES;
}

/** Of each figure that all samples have. @public */
export function coursesOf(samples: readonly Figures[]): readonly Course[] {
  const counted = samples.slice(Math.floor(samples.length * WARM_UP));
  const third = Math.max(1, Math.floor(counted.length / 3));
  return Object.keys(counted[0] ?? {}).map((name) => {
    const values = counted.map((sample) => sample[name] ?? Number.NaN);
    const [first, last] = [median(values.slice(0, third)), median(values.slice(-third))];
    return { name, first, last, most: Math.max(...values), grows: !(last <= limitOf(name, first)) };
  });
}
