/** Runs every point of a pattern, and says which did not end as the run without a fault. */
import { stageOf } from '../../spec/vocabulary.ts';
import type { Plan } from './plan.ts';
import { everythingOnce, modelOf, type Pattern, type Point, pointsOf } from './points.ts';
import { type Outcome, runPlan } from './run.ts';
import { runPlans } from './swarm.ts';

/** A point whose run is not as it should be. */
export interface Failed {
  readonly point: Point;
  readonly property: string;
  readonly text: string;
}

/** What came of the points of one pattern at one stage. */
export interface PointsRow {
  readonly runtime: Plan['runtime'];
  readonly pattern: Pattern;
  /** '' if the fault is nobody's. */
  readonly stage: string;
  readonly points: number;
  /** Pods created beyond those of the run without a fault, at most. */
  readonly extra: number;
  readonly failed: readonly Failed[];
}

/** What is wrong with a run; `most`: Pods that it may create. */
function failureOf(point: Point, outcome: Outcome, model: Outcome, most: number): Failed | null {
  const { finding, ending, created } = outcome;
  if (finding !== null) return { point, property: finding.property, text: finding.text };
  if (ending !== model.ending)
    return { point, property: 'EndsTheSame', text: `ended with\n${ending}\nnot with\n${model.ending}` };
  if (created > most)
    return {
      point,
      property: 'CreatesBounded',
      text: `${created} Pods were created, at most ${most} expected`,
    };
  return null;
}

const stageIn = (peer: Point['peer']): string => (peer === null ? '' : stageOf(peer));

const PUT_DOWN = 2;

/** Which points of a stage: so many, from one of them on. */
export interface Slice {
  readonly stage: string;
  readonly from: number;
  readonly most: number;
}

/**
 * Runs the points of a pattern: all, or some of one stage.
 *
 * @param world - what it is tried in, and how many Pods are asked for there
 */
export async function runPattern(
  pattern: Pattern,
  world: { readonly pods: number; readonly runtime: Plan['runtime']; readonly mutants?: readonly string[] },
  workers: number,
  slice: Slice | null = null,
): Promise<readonly PointsRow[]> {
  const plan = everythingOnce(world.pods, world.runtime);
  const model = runPlan(modelOf(pattern, plan));
  const inOrder = runPlan(plan).created;
  const all = pointsOf(pattern, plan);
  const some =
    slice === null
      ? all
      : all.filter(({ peer }) => stageIn(peer) === slice.stage).slice(slice.from, slice.from + slice.most);
  const points = some.map((point) => ({ ...point, plan: { ...point.plan, mutants: world.mutants ?? [] } }));
  const outcomes = await runPlans(
    points.map((point) => point.plan),
    workers,
  );
  // One fault costs at most what is on one node, and as much again where the rollout was half way.
  const most = inOrder + PUT_DOWN * (plan.nodes[0]?.capacity.pods ?? 0);
  const byStage = Map.groupBy(points.entries(), ([, { peer }]) => stageIn(peer));
  return [...byStage].map(([stage, mine]) => ({
    runtime: world.runtime,
    pattern,
    stage,
    points: mine.length,
    extra: Math.max(...mine.map(([at]) => (outcomes[at] as Outcome).created - inOrder), 0),
    failed: mine.flatMap(([at, point]) => failureOf(point, outcomes[at] as Outcome, model, most) ?? []),
  }));
}

const SAYS: Readonly<Record<Pattern, string>> = {
  intermediate: 'ends after n effects of a step',
  unobserved: 'watch misses what it would tell',
  stale: 'lists from an API server behind',
  rolledBack: 'wants and template taken back',
};

/** Rows of one pattern at one stage as one. */
function joined(rows: readonly PointsRow[]): readonly PointsRow[] {
  const same = Map.groupBy(rows, ({ runtime, pattern, stage }) => `${runtime} ${pattern} ${stage}`);
  return [...same.values()].map((some) => ({
    ...(some[0] as PointsRow),
    points: some.reduce((sum, { points }) => sum + points, 0),
    extra: Math.max(...some.map(({ extra }) => extra)),
    failed: some.flatMap(({ failed }) => failed),
  }));
}

/** The table in `docs/fuzz.md`. */
export function pointsPage(slices: readonly PointsRow[], pods: number): string {
  const rows = joined(slices);
  const all = rows.reduce((sum, { points }) => sum + points, 0);
  const failed = rows.reduce((sum, row) => sum + row.failed.length, 0);
  const lines = rows.map(
    ({ runtime, pattern, stage, points, extra, failed: bad }) =>
      `| ${runtime} | ${SAYS[pattern]} | ${stage} | ${points} | ${points - bad.length} | ${extra} |`,
  );
  return `## A fault at every point

A scale-out of ${pods} Pods on a few nodes by A's scale API, a rollout, and a preemption that is taken back, then last words: each run has one
fault, at one point, and every point is tried: ${all} runs, ${failed} of which did not end as the run without a fault. Safety is judged at every step; at the
end wants, ReplicaSets, ready Pods of each must be the same as without the fault (\`EndsTheSame\`), then every stage starts afresh at once and not one Pod may
change (\`FreshStartSame\`); no uid is created twice (\`CreatedOnce\`). *extra*: Pods created beyond the run without a fault, at most.
Written by \`kubedirect fuzz --points --pods ${pods} --out docs/fuzz.md\`.

| containers | what goes wrong | stage | points | ended the same | extra |
|---|---|---|---:|---:|---:|
${lines.join('\n')}
`;
}
