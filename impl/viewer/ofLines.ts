/** Recorded steps, of whatever clocks, as a film. Runs in the page too. */
import type { TraceLine, WorldLine } from '../trace/parse.ts';
import { arrowsOf, withCauses } from './arrows.ts';
import { type Film, type Frame, filmOf, isStep } from './film.ts';

/** What must stand before each frame: the step before it of its life, and what sent what it received. */
function neededBy(frames: readonly Frame[]): readonly (readonly number[])[] {
  const needs: number[][] = frames.map(() => []);
  const last = new Map<string, number>();
  for (const [at, frame] of frames.entries()) {
    if (!isStep(frame)) continue;
    const life = `${frame.stage} ${frame.incarnation}`;
    const before = last.get(life);
    if (before !== undefined) needs[at]?.push(before);
    last.set(life, at);
  }
  for (const { from, to } of arrowsOf(frames)) if (from !== null && to !== null) needs[to]?.push(from);
  return needs;
}

/** Steps in an order that all clocks allow: by time, but none before what it needs. */
function inOrder(lines: readonly (TraceLine | WorldLine)[]): readonly Frame[] {
  const byTime = lines.map((line): Frame => ({ ...line, cause: null })).sort((a, b) => a.at - b.at);
  const needs = neededBy(byTime);
  const order: Frame[] = [];
  const placed = new Set<number>();
  const waiting = new Set<number>();
  for (const first of byTime.keys()) {
    const stack = [first];
    for (let at = stack.at(-1); at !== undefined; at = stack.at(-1)) {
      const missing = placed.has(at)
        ? undefined
        : needs[at]?.find((one) => !placed.has(one) && !waiting.has(one));
      waiting.add(at);
      if (missing !== undefined) stack.push(missing);
      else {
        if (!placed.has(at)) order.push(byTime[at] as Frame);
        placed.add(at);
        stack.pop();
      }
    }
  }
  return order;
}

/** Unix ms are above this, virtual ms below. */
const REAL = 1e12;

/** The film of these lines. */
export function filmOfLines(
  title: string,
  lines: readonly TraceLine[],
  world: readonly WorldLine[] = [],
): Film {
  return filmOf({
    title,
    clock: lines.every(({ at }) => at > REAL) ? 'unix' : 'virtual',
    frames: withCauses(inOrder([...lines, ...world])),
    verdict: null,
  });
}
