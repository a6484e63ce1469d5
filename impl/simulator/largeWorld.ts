/** One large world that lives long, under everything that can go wrong: what a step of it costs. */
import { drawPlan } from './draw.ts';
import type { Plan } from './plan.ts';
import { type Outcome, runPlan } from './run.ts';

/** How large, and how long. */
export interface Large {
  readonly seed: number;
  readonly nodes: number;
  readonly pods: number;
  readonly rounds: number;
  readonly mutants: readonly string[];
}

/** What came of it. */
export interface LargeRow extends Omit<Large, 'mutants'> {
  readonly faults: number;
  readonly acts: number;
  readonly steps: number;
  /** Virtual ms. */
  readonly time: number;
  readonly created: number;
  /** Real ms, and those that the processor was at it. */
  readonly milliseconds: number;
  readonly processor: number;
  /** Of memory at most, bytes. */
  readonly memory: number;
  /** What broke; null: nothing. */
  readonly broken: string | null;
}

/** The plan of it. */
export function planOf({ seed, ...envelope }: Large): Plan {
  return drawPlan(seed, { ...envelope, theme: 'any' });
}

/** Runs it. */
export function runLarge(large: Large): { readonly row: LargeRow; readonly outcome: Outcome } {
  const plan = planOf(large);
  const { seed, nodes, pods, rounds } = large;
  const [begun, before] = [performance.now(), process.cpuUsage()];
  const outcome = runPlan(plan);
  const { user, system } = process.cpuUsage(before);
  const { steps, time, created, finding } = outcome;
  const row = {
    ...{ seed, nodes, pods, rounds, steps, time, created },
    ...{ faults: plan.faults.length, acts: plan.acts.length },
    milliseconds: performance.now() - begun,
    processor: (user + system) / 1000,
    memory: process.resourceUsage().maxRSS * 1024,
    broken: finding === null ? null : `${finding.property}: ${finding.text}`,
  };
  return { row, outcome };
}

/** The table in `docs/fuzz.md`. */
export function largePage(rows: readonly LargeRow[]): string {
  const lines = rows.map((row) => {
    const perSecond = Math.round((row.steps / row.processor) * 1000);
    const cells = [row.seed, row.nodes, row.pods, row.rounds, row.faults, row.acts, row.created, row.steps];
    const times = [(row.time / 3_600_000).toFixed(2), (row.milliseconds / 1000).toFixed(0)];
    const costs = [(row.processor / 1000).toFixed(0), perSecond, Math.round(row.memory / 1e6)];
    return `| ${[...cells, ...times, ...costs, row.broken ?? 'nothing'].join(' | ')} |`;
  });
  return `## One large world

Everything that the fuzzer draws, in one world: its rounds of two minutes each have faults of every kind and acts of people, then it heals, and must come to rest as it was asked.
Every step is judged. *Pods*: asked for at most, of all Deployments together (for a while three times as many are, and all that have room run); *created*: Pods, ever. *Steps/s* are per second of one processor; memory is of the whole process at most.
Written by \`kubedirect fuzz --large --nodes N --pods N --rounds N --resume docs/large.ndjson --out docs/fuzz.md\`, a row each.

| seed | nodes | Pods | rounds | faults | acts | created | steps | virtual h | s | processor s | steps/s | MB | broken |
|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|
${lines.join('\n')}
`;
}
