/** What `kubedirect fuzz` does and says. */
import fs from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { KubedirectError } from '../../../spec/errors.ts';
import { MUTANTS } from '../../../spec/mutants.ts';
import { TRACE_HEADER } from '../../../spec/trace.ts';
import { type Failure, failureOf, type Seeds } from '../../simulator/fuzz.ts';
import { type Catch, catchAll, median, pageOf } from '../../simulator/mutants.ts';
import type { Plan } from '../../simulator/plan.ts';
import { readReplay, writeReplay } from '../../simulator/replayFile.ts';
import { type Outcome, runPlan } from '../../simulator/run.ts';
import { swarm } from '../../simulator/swarm.ts';
import { mutantsOf } from '../check/choose.ts';
import { FUZZ_EXIT } from '../exit.ts';
import { commit } from './commit.ts';
import { envelopeOf } from './envelope.ts';
import { keepRow, keptRows } from './rows.ts';
import { scriptOf } from './script.ts';
import { writeSection } from './section.ts';

/** Flags. */
export interface FuzzFlags {
  readonly seed: number;
  readonly runs?: number;
  readonly minutes?: number;
  readonly nodes?: number;
  readonly pods?: number;
  readonly rounds?: number;
  readonly theme?: string;
  readonly close?: boolean;
  readonly near?: string;
  readonly mutant?: string;
  readonly json?: boolean;
  readonly trace?: string;
  readonly out?: string;
  readonly workers?: number;
  readonly resume?: string;
}

/** Runs to spend on shrinking. */
const TRIES = 600;

const exitOf = (finding: Outcome['finding']) => (finding === null ? FUZZ_EXIT.held : FUZZ_EXIT[finding.kind]);

function trace(plan: Plan, file: string): void {
  const handle = fs.openSync(file, 'w');
  fs.writeSync(handle, `${JSON.stringify(TRACE_HEADER)}\n`);
  runPlan(plan, (line) => fs.writeSync(handle, `${JSON.stringify(line)}\n`));
  fs.closeSync(handle);
}

function sayFailure({ seed, drawn, plan, finding }: Failure): void {
  const size = (of: Plan) =>
    `${of.faults.length} faults and ${of.acts.length} acts on ${of.nodes.length} nodes`;
  const lines = [
    `seed ${seed} at commit ${commit()}: ${finding.property} BROKEN: ${finding.text}`,
    `shrunk from ${size(drawn)} to ${size(plan)}:`,
    ...scriptOf(plan),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function sayReport(first: number, seeds: Seeds, failure: Failure | null, json: boolean): void {
  const { runs, steps, milliseconds, time } = seeds;
  const perSecond = Math.round((steps / Math.max(milliseconds, 1)) * 1000);
  if (json) {
    const found = failure === null ? null : { seed: failure.seed, ...failure.finding, plan: failure.plan };
    process.stdout.write(
      `${JSON.stringify({ runs, steps, milliseconds, perSecond, commit: commit(), failure: found })}\n`,
    );
    return;
  }
  if (failure !== null) sayFailure(failure);
  const seconds = (milliseconds / 1000).toFixed(1);
  const hours = (time / 3_600_000).toFixed(1);
  const verdict = failure === null ? 'all held' : '1 failed';
  process.stdout.write(
    `seeds ${first} to ${first + runs - 1} at commit ${commit()}: ${verdict}: ${steps} steps, ${hours} h of virtual time in ${seconds} s (${perSecond} steps/s, ${(runs / Math.max(milliseconds / 1000, 0.001)).toFixed(1)} seeds/s)\n`,
  );
}

/** Runs a campaign; returns the exit code. */
export async function runFuzz(flags: FuzzFlags): Promise<number> {
  const { seed, runs, minutes, json = false, out } = flags;
  const limited = minutes !== undefined;
  const envelope = envelopeOf(flags);
  const campaign = {
    seed,
    runs: runs ?? (limited ? Number.POSITIVE_INFINITY : 100),
    milliseconds: limited ? minutes * 60_000 : null,
    envelope,
  };
  const workers = Math.min(flags.workers ?? availableParallelism(), campaign.runs);
  const seeds = await swarm(campaign, workers, () => performance.now());
  const failure = seeds.failed === null ? null : failureOf(seeds.failed, envelope, TRIES);
  sayReport(seed, seeds, failure, json);
  if (failure === null) return FUZZ_EXIT.held;
  const { property, text } = failure.finding;
  if (out !== undefined) {
    writeReplay(out, { commit: commit(), property, text, plan: failure.plan });
    process.stderr.write(`see it in a browser: npm run kubedirect -- view ${out}\n`);
  } else
    process.stderr.write(
      `see it in a browser: run it with --seed ${failure.seed} --out FILE, then npm run kubedirect -- view FILE\n`,
    );
  if (flags.trace !== undefined) trace(failure.plan, flags.trace);
  return exitOf(failure.finding);
}

/** What the file decides, and no flag beside it. */
const OF_THE_FILE = ['runs', 'minutes', 'nodes', 'pods', 'rounds', 'theme', 'close', 'near', 'out'] as const;

/**
 * Runs the plan of a replay file, with one more rule switched off if a mutant is named; returns the exit code.
 *
 * @throws KubedirectError `FLAG_INVALID` for a flag that has no part in it, or a mutant that there is not
 */
export function replayFuzz(file: string, flags: Partial<FuzzFlags>): number {
  const idle = OF_THE_FILE.find((name) => flags[name] !== undefined);
  if (idle !== undefined)
    throw new KubedirectError(
      'FLAG_INVALID',
      `--replay runs the plan of a file as it is: expected no --${idle}`,
    );
  const { plan: kept, commit: found, property } = readReplay(file);
  const plan = { ...kept, mutants: [...new Set([...kept.mutants, ...mutantsOf(flags.mutant)])] };
  if (flags.trace !== undefined) trace(plan, flags.trace);
  const { finding, steps, time } = runPlan(plan);
  if (flags.json === true)
    process.stdout.write(`${JSON.stringify({ found, property, finding, steps, time })}\n`);
  else {
    const now = finding === null ? 'held' : `${finding.property} BROKEN: ${finding.text}`;
    const name = path.basename(file);
    const off = flags.mutant === undefined ? '' : `, without ${flags.mutant}`;
    const lines = [`${name}: ${property} broke at commit ${found}; now${off}, after ${steps} steps: ${now}`];
    process.stdout.write(`${[...lines, ...scriptOf(plan)].join('\n')}\n`);
  }
  return exitOf(finding);
}

/** Seeds for each mutant at most (unless `--runs` says), and how often each is caught, for the medians. */
const PATIENCE = { seeds: 400, times: 3 };

/** Looks for each mutant; returns the exit code. */
export async function fuzzMutants({ json = false, out, workers, runs, resume }: FuzzFlags): Promise<number> {
  const patience = { ...PATIENCE, seeds: runs ?? PATIENCE.seeds };
  const say = (one: Catch) => {
    const { mutant, property, seeds, runs } = one;
    const text = property === null ? `not in ${runs} seeds` : `${property}, ${median(seeds)} seeds`;
    if (!json) process.stdout.write(`${mutant.name.padEnd(32)} ${text}\n`);
    keepRow(resume, one);
  };
  const kept = keptRows<Catch>(resume);
  const left = MUTANTS.filter(({ name }) => !kept.some(({ mutant }) => mutant.name === name));
  const fresh = await catchAll(patience, workers ?? availableParallelism(), say, left);
  const caught = MUTANTS.flatMap(
    ({ name }) => [...kept, ...fresh].find(({ mutant }) => mutant.name === name) ?? [],
  );
  if (out !== undefined) writeSection(out, 'mutants', pageOf(caught, patience));
  const rows = caught.map(({ mutant, ...rest }) => ({ mutant: mutant.name, ...rest }));
  if (json) process.stdout.write(`${JSON.stringify(rows)}\n`);
  return FUZZ_EXIT.held;
}
