/** Teeth of the fuzzer: each rule of the protocol switched off, and how many seeds it takes until a property is found broken. */
import { MUTANTS, type Mutant } from '../../spec/mutants.ts';
import { TEETH_OF_MACHINES } from '../../spec/worlds/teeth.ts';
import { drawPlan } from './draw.ts';
import { runPlan } from './run.ts';
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
}

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
      const mutant = mutants[at] as Mutant;
      const envelope = { mutants: [mutant.name, ...behind(mutant.name)] };
      const [seeds, milliseconds]: [number[], number[]] = [[], []];
      let runs = 0;
      let first: number | null = null;
      while (runs < patience.seeds && seeds.length < patience.times) {
        const left = { seed: runs + 1, runs: patience.seeds - runs, milliseconds: null, envelope };
        const some = await run(left);
        runs += some.runs;
        if (some.failed === null) break;
        first ??= some.failed;
        seeds.push(some.runs);
        milliseconds.push(some.milliseconds);
      }
      const property = first === null ? null : (runPlan(drawPlan(first, envelope)).finding?.property ?? null);
      const one = { mutant, property, seeds, milliseconds, runs };
      caught[at] = one;
      onCatch(one);
    }
  });
  return caught;
}

/** The table in `docs/fuzz.md`. */
export function pageOf(caught: readonly Catch[], patience: Patience): string {
  const found = caught.filter(({ property }) => property !== null);
  const rows = found.map(({ mutant, property, seeds, milliseconds }) => {
    const seconds = ((median(milliseconds) ?? 0) / 1000).toFixed(1);
    return `| \`${mutant.name}\` | \`${property}\` | ${median(seeds)} | ${seconds} | ${seeds.length} |`;
  });
  const missed = caught.filter(({ property }) => property === null);
  return `## What the fuzzer catches

Each rule of the protocol switched off, one at a time, in whole worlds under faults (\`kubedirect fuzz\`): ${found.length} of
${caught.length} are caught within ${patience.seeds} seeds. Written by \`kubedirect fuzz --mutants --runs ${patience.seeds} --out docs/fuzz.md\`; seeds and seconds are
medians over up to ${patience.times} catches, each beginning with the seed after the one before, on one core. A property that is named
in \`spec/mutants.ts\` is what the rule is there for; the fuzzer names the first one that it sees broken.

| mutant | property broken first | seeds | seconds | caught |
|---|---|---:|---:|---:|
${rows.join('\n')}

### Not caught within ${patience.seeds} seeds

| mutant | the rule that it removes |
|---|---|
${missed.map(({ mutant }) => `| \`${mutant.name}\` | ${mutant.rule} |`).join('\n')}
`;
}
