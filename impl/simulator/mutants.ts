/** Teeth of the fuzzer: each rule of the protocol switched off, and how many seeds it takes until a property is found broken. */
import { MUTANTS, type Mutant } from '../../spec/mutants.ts';
import { TEETH_OF_MACHINES } from '../../spec/worlds/teeth.ts';
import { type Aim, aimOf } from './aim.ts';
import { drawPlan, type Envelope } from './draw.ts';
import { keptPlan } from './kept.ts';
import { runPattern } from './pointsRun.ts';
import { type Outcome, runPlan } from './run.ts';
import { withWorkers } from './swarm.ts';

/** What came of one mutant. */
export interface Catch {
  readonly mutant: Mutant;
  /** What the first seed that failed broke; null: no seed did. */
  readonly property: string | null;
  /** For each time that it was caught: seeds and ms that it took since the time before. */
  readonly seeds: readonly number[];
  readonly milliseconds: readonly number[];
  /** Seeds that were run. */
  readonly runs: number;
  /** Of those: how many went otherwise for want of the rule; counted only where it is said why nothing is wrong. */
  readonly otherwise?: number;
  /** What they were about. */
  readonly aim: Aim;
}

/** Pods of the world whose points are tried. */
const POINTS_PODS = 20;

/** A worker's hands. */
type Run = Parameters<Parameters<typeof withWorkers>[1]>[0];

/** How long each is looked for. */
export interface Patience {
  /** Seeds at most. */
  readonly seeds: number;
  /** It is caught so often, each time beginning with the next seed. */
  readonly times: number;
}

/** The middle one; of two, the smaller. */
export function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
}

/** Rules that stand behind the one that is switched off: they are switched off with it. */
function behind(mutant: string): readonly string[] {
  return TEETH_OF_MACHINES.flatMap((tooth) => (tooth.mutant === mutant ? (tooth.behind ?? []) : []));
}

/** Rules that are switched off: the mutant, and what stands behind it. */
const offOf = ({ name }: Mutant, { alsoOff = behind(name) }: Aim): readonly string[] => [name, ...alsoOff];

/** Seeds that are looked at where nothing is expected to be wrong. */
const COUNTED = 100;

/** How many runs go otherwise for want of the rule, to the step. */
function otherwiseIn(envelope: Envelope): number {
  const textOf = ({ steps, time, ending }: Outcome) => `${steps} ${time} ${ending}`;
  let otherwise = 0;
  for (let seed = 1; seed <= COUNTED; seed += 1) {
    const [without, withIt] = [envelope, { ...envelope, mutants: [] }].map((one) =>
      textOf(runPlan(drawPlan(seed, one))),
    );
    if (without !== withIt) otherwise += 1;
  }
  return otherwise;
}

/** The first points of a pattern whose run is wrong for want of the rule. */
async function catchAtPoints(mutant: Mutant, aim: Aim, points: NonNullable<Aim['points']>): Promise<Catch> {
  const { pattern, runtime } = points;
  const begun = performance.now();
  const rows = await runPattern(pattern, { pods: POINTS_PODS, runtime, mutants: offOf(mutant, aim) }, 1);
  const failed = rows.flatMap((row) => row.failed);
  const runs = rows.reduce((sum, row) => sum + row.points, 0);
  const caught = failed.slice(0, 1).map(() => runs);
  const milliseconds = caught.map(() => performance.now() - begun);
  return { mutant, property: failed[0]?.property ?? null, seeds: caught, milliseconds, runs, aim };
}

/** What breaks in a seed for want of the rule: null if nothing does, or also with it. */
function brokenIn(seed: number, envelope: Envelope): string | null {
  const { finding } = runPlan(drawPlan(seed, envelope));
  const isHeld = runPlan(drawPlan(seed, { ...envelope, mutants: [] })).finding === null;
  return isHeld ? (finding?.property ?? null) : null;
}

async function catchOne(mutant: Mutant, patience: Patience, run: Run): Promise<Catch> {
  const aim = aimOf(mutant.name);
  const { unseen, theme, close, near, points, why } = aim;
  if (points !== undefined) return catchAtPoints(mutant, aim, points);
  const envelope: Envelope = {
    ...(theme !== undefined && { theme }),
    ...(close !== undefined && { close }),
    ...(near !== undefined && { near: keptPlan(near) }),
    mutants: offOf(mutant, aim),
  };
  const [seeds, milliseconds]: [number[], number[]] = [[], []];
  let property: string | null = null;
  let [runs, since, spent] = [0, 0, 0];
  while (unseen === undefined && runs < patience.seeds && seeds.length < patience.times) {
    const some = await run({ seed: runs + 1, runs: patience.seeds - runs, milliseconds: null, envelope });
    runs += some.runs;
    since += some.runs;
    spent += some.milliseconds;
    const broken = some.failed === null ? null : brokenIn(some.failed, envelope);
    if (broken === null) continue;
    property ??= broken;
    seeds.push(since);
    milliseconds.push(spent);
    [since, spent] = [0, 0];
  }
  const otherwise = why === undefined ? {} : { otherwise: otherwiseIn(envelope) };
  return { mutant, property, seeds, milliseconds, runs, ...otherwise, aim };
}

/** Looks for all of them, by workers. */
export async function catchAll(
  patience: Patience,
  workers: number,
  onCatch: (one: Catch) => void = () => {},
  mutants: readonly Mutant[] = MUTANTS,
): Promise<readonly Catch[]> {
  const caught: Catch[] = [];
  let next = 0;
  await withWorkers(workers, async (run) => {
    while (next < mutants.length) {
      const at = next;
      next += 1;
      const one = await catchOne(mutants[at] as Mutant, patience, run);
      caught[at] = one;
      onCatch(one);
    }
  });
  return caught;
}

/** What the seeds were about, in words. */
const wordsOf = ({ theme, close, near, points }: Aim) =>
  points !== undefined
    ? 'every point'
    : near !== undefined
      ? `near \`${near}\``
      : [theme ?? 'as drawn', ...(close ? ['close'] : [])].join(', ');

const namesOf = ({ mutant, aim }: Catch) =>
  offOf(mutant, { alsoOff: aim.alsoOff ?? [] })
    .map((name) => `\`${name}\``)
    .join(' and ');

/** The table in `docs/fuzz.md`. */
export function pageOf(caught: readonly Catch[], patience: Patience): string {
  const found = caught.filter(({ property }) => property !== null);
  const rows = found.map((one) => {
    const { property, seeds, milliseconds, aim } = one;
    const seconds = ((median(milliseconds) ?? 0) / 1000).toFixed(1);
    return `| ${namesOf(one)} | ${wordsOf(aim)} | \`${property}\` | ${median(seeds)} | ${seconds} | ${seeds.length} |`;
  });
  const missed = caught.filter(({ property }) => property === null);
  const unseen = missed.flatMap(({ mutant, aim }) =>
    aim.unseen === undefined ? [] : [`| \`${mutant.name}\` | ${aim.unseen} |`],
  );
  const saved = missed.filter(({ aim }) => aim.why !== undefined);
  const others = missed.filter(({ aim }) => aim.unseen === undefined && aim.why === undefined);
  const uncaught = [
    '| mutant | about | the rule that it removes |',
    '|---|---|---|',
    ...others.map(({ mutant, aim }) => `| \`${mutant.name}\` | ${wordsOf(aim)} | ${mutant.rule} |`),
  ];
  return `## What the fuzzer catches

Each rule of the protocol switched off, one at a time, in whole worlds under faults (\`kubedirect fuzz\`): ${found.length} of
${caught.length} are caught within ${patience.seeds} seeds; of ${saved.length} it is said what they save, or what stands in their place, and of ${unseen.length} why no whole world can show them. A seed counts only if it holds with the rule. Written by
\`kubedirect fuzz --mutants --runs ${patience.seeds} --resume docs/fuzz-mutants.ndjson --out docs/fuzz.md\`; seeds and seconds are medians over up to ${patience.times} catches, each
beginning with the seed after the one before, on one core. *About*: what the seeds are about (\`--theme\`; *close*: \`--close\`, all happens in a few moments), or near which kept plan they
are (\`--near test/simulator/found/NAME.json\`: the same a little sooner or later, faster or slower, a step more or less), by \`impl/simulator/aim.ts\`; *every point*: \`fuzz --points\`, and how many there are.
\`a and b\`: b stands behind a, and is off as well. A property that is named in \`spec/mutants.ts\` is what the rule is there for; the fuzzer names the first one that it sees broken.

| mutant | about | property broken first | seeds | seconds | caught |
|---|---|---|---:|---:|---:|
${rows.join('\n')}

### What nothing is wrong without

*Otherwise*: of ${COUNTED} seeds, how many went another way for want of the rule, to the step; none of ${patience.seeds} was wrong.

| mutant | about | otherwise | what it saves, or what stands in its place |
|---|---|---:|---|
${saved.map(({ mutant, aim, otherwise }) => `| \`${mutant.name}\` | ${wordsOf(aim)} | ${otherwise} | ${aim.why} |`).join('\n')}

### Not to be seen in whole worlds

| mutant | why |
|---|---|
${unseen.join('\n')}

### Not caught within ${patience.seeds} seeds

${others.length === 0 ? 'None of the others.' : uncaught.join('\n')}
`;
}
