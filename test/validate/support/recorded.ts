/** Traces of the simulator, and ways to corrupt them. */
import { drawPlan } from '../../../impl/simulator/draw.ts';
import type { Plan } from '../../../impl/simulator/plan.ts';
import { runPlan } from '../../../impl/simulator/run.ts';
import { type PlacedLine, parseTrace, type TraceLine } from '../../../impl/trace/parse.ts';
import { TRACE_HEADER } from '../../../spec/trace.ts';

/** The text of a trace: a drawn plan, run. */
export function recorded(
  seed: number,
  nodes: number,
  pods: number,
  mutants: readonly string[] = [],
  theme?: string,
): string {
  return traceOfPlan(drawPlan(seed, { nodes, pods, mutants, ...(theme !== undefined && { theme }) }));
}

/** The text of the trace of a plan. */
export function traceOfPlan(plan: Plan): string {
  const rows = [JSON.stringify(TRACE_HEADER)];
  runPlan(plan, (line) => rows.push(JSON.stringify(line)));
  return `${rows.join('\n')}\n`;
}

/** Its steps. */
export const linesOf = (text: string): readonly PlacedLine[] => parseTrace(text, 'trace').lines;

/** Traces that have, together, every kind of line that the tests name. */
export function tracesWithEveryKind(): readonly (readonly PlacedLine[])[] {
  return [1, 3, 9, 12].map((seed) => linesOf(recorded(seed, 2, 8)));
}

/** What kind of line it is: its event, and the message's. */
export function kindOf({ event }: TraceLine): string {
  return event.type === 'received' ? `received ${event.message.kind}` : event.type;
}

const sameLife = (a: TraceLine, b: TraceLine) => a.stage === b.stage && a.incarnation === b.incarnation;

/** The lines with one of them changed. */
export function replaced(
  lines: readonly PlacedLine[],
  at: number,
  change: (line: TraceLine) => TraceLine,
): readonly PlacedLine[] {
  return lines.map((each, i) => (i === at ? { ...each, line: change(structuredClone(each.line)) } : each));
}

/** The lines without one of them; with `renumbered`, those of its life that follow close the gap. */
export function missing(
  lines: readonly PlacedLine[],
  at: number,
  renumbered: boolean,
): readonly PlacedLine[] {
  const { line: gone } = lines[at] as PlacedLine;
  return lines
    .filter((_, i) => i !== at)
    .map((each) =>
      renumbered && sameLife(each.line, gone) && each.line.step > gone.step
        ? { ...each, line: { ...each.line, step: each.line.step - 1 } }
        : each,
    );
}

/** The lines with what happened in one of them and in the next of its life swapped; null if it is the last. */
export function swapped(lines: readonly PlacedLine[], at: number): readonly PlacedLine[] | null {
  const { line: first } = lines[at] as PlacedLine;
  const next = lines.findIndex(({ line }, i) => i > at && sameLife(line, first));
  if (next < 0) return null;
  const { line: second } = lines[next] as PlacedLine;
  const with_ = (line: TraceLine, { event, effects }: TraceLine): TraceLine => ({ ...line, event, effects });
  return lines.map((each, i) => {
    if (i === at) return { ...each, line: with_(first, second) };
    return i === next ? { ...each, line: with_(second, first) } : each;
  });
}

type Leaf = readonly (string | number)[];

/** Paths to all numbers, strings and booleans in a value. */
export function leavesOf(value: unknown, path: Leaf = []): readonly Leaf[] {
  if (typeof value !== 'object' || value === null) return value === null ? [] : [path];
  return Object.entries(value).flatMap(([key, one]) => leavesOf(one, [...path, key]));
}

/** Changes one leaf in place. */
export function alter(value: object, leaf: Leaf): void {
  let holder = value as Record<string | number, unknown>;
  for (const key of leaf.slice(0, -1)) holder = holder[key] as typeof holder;
  const key = leaf.at(-1) as string;
  const is = holder[key];
  holder[key] = typeof is === 'number' ? is + 1 : typeof is === 'boolean' ? !is : `${String(is)}x`;
}
