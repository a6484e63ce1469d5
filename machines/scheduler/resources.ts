/** Arithmetic of requests and capacity. */
import type { Resources } from '../../spec/vocabulary.ts';

/** Nothing. */
export const NOTHING: Resources = { cpu: 0, memory: 0, pods: 0 };

/** The sum. */
export function plus(a: Resources, b: Resources): Resources {
  return { cpu: a.cpu + b.cpu, memory: a.memory + b.memory, pods: a.pods + b.pods };
}

/** The difference; may be negative. */
export function minus(a: Resources, b: Resources): Resources {
  return { cpu: a.cpu - b.cpu, memory: a.memory - b.memory, pods: a.pods - b.pods };
}

/** Whether each part of `a` is at most that of `b`. */
export function within(a: Resources, b: Resources): boolean {
  return a.cpu <= b.cpu && a.memory <= b.memory && a.pods <= b.pods;
}
