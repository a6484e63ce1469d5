/** `kubedirect shards`: the seeds of `fuzz` over an Indexed Job of Kubernetes: its manifest, what each index runs, and all results as one. */
import fs from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { KubedirectError } from '../../../spec/errors.ts';
import { createKubernetesClient } from '../../controller/kubernetes/client.ts';
import { collectJob } from '../../shards/collect.ts';
import { type Shards, seedsOf } from '../../shards/division.ts';
import { jobOf, TERMINATION_LOG } from '../../shards/manifest.ts';
import { type Merged, mergeShards } from '../../shards/merge.ts';
import { readResult, resultText } from '../../shards/result.ts';
import { drawPlan } from '../../simulator/draw.ts';
import { runPlan } from '../../simulator/run.ts';
import { swarm } from '../../simulator/swarm.ts';
import { integer } from '../arguments.ts';
import { mutantsOf } from '../check/choose.ts';
import { FUZZ_EXIT } from '../exit.ts';
import { commit } from '../fuzz/commit.ts';

interface ManifestFlags extends Shards {
  readonly name: string;
  readonly namespace: string;
  readonly parallelism: number;
  readonly image: string;
  readonly checkout?: string;
  readonly mutant?: string;
}

/** What the Dockerfile's image runs: it has no `kubedirect` on its path, and no git to ask for the commit. */
const IN_IMAGE = ['node', '/app/impl/cli/main.ts'] as const;

/** What Node itself is linked with. */
const LIBRARIES = ['/lib', '/lib64', '/usr/lib'];

/** The checkout, and Node, which is in it (it comes with the packages) or somewhere else. */
function mountsOf(checkout: string): readonly string[] {
  const node = path.dirname(process.execPath);
  const isInside = node.startsWith(`${checkout}${path.sep}`);
  return [checkout, ...(isInside ? [] : [node]), ...LIBRARIES.filter((each) => fs.existsSync(each))];
}

function manifest(flags: ManifestFlags): void {
  const { checkout, mutant, ...rest } = flags;
  const inside = checkout === undefined ? null : path.resolve(checkout);
  const job = jobOf({
    ...rest,
    command: inside === null ? [...IN_IMAGE] : [process.execPath, path.join(inside, 'impl/cli/main.ts')],
    mounts: inside === null ? [] : mountsOf(inside),
    flags: [...(mutant === undefined ? [] : ['--mutant', mutant]), ...['--commit', commit()]],
  });
  process.stdout.write(stringify(job));
}

interface RunFlags extends Shards {
  readonly index?: number;
  readonly result?: string;
  readonly mutant?: string;
  readonly commit?: string;
}

function indexOf({ index }: RunFlags): number {
  const value = index ?? Number(process.env.JOB_COMPLETION_INDEX ?? Number.NaN);
  if (!Number.isNaN(value)) return value;
  throw new KubedirectError(
    'FLAG_INVALID',
    'expected --index, or JOB_COMPLETION_INDEX as an Indexed Job sets it',
  );
}

async function runShard(flags: RunFlags): Promise<void> {
  const index = indexOf(flags);
  const { seed, runs } = seedsOf(flags, index);
  const envelope = { mutants: [...mutantsOf(flags.mutant)] };
  const campaign = { seed, runs, milliseconds: null, envelope };
  const found = await swarm(campaign, Math.min(availableParallelism(), Math.max(runs, 1)), () =>
    performance.now(),
  );
  const finding = found.failed === null ? null : runPlan(drawPlan(found.failed, envelope)).finding;
  const text = resultText({
    kubedirect: 'shard',
    index,
    seed,
    asked: runs,
    runs: found.runs,
    steps: found.steps,
    time: found.time,
    milliseconds: Math.round(found.milliseconds),
    commit: flags.commit ?? commit(),
    failed: finding === null ? null : { seed: found.failed as number, property: finding.property },
  });
  process.stdout.write(text);
  const file = flags.result ?? (fs.existsSync(TERMINATION_LOG) ? TERMINATION_LOG : null);
  if (file !== null) fs.writeFileSync(file, text);
  process.exitCode = finding === null ? FUZZ_EXIT.held : FUZZ_EXIT[finding.kind];
}

interface MergeFlags {
  readonly job?: string;
  readonly namespace: string;
  readonly kubeconfig?: string;
  readonly json?: boolean;
}

/** Of files: the campaign is what they say together. */
function campaignOfFiles(results: readonly { readonly seed: number; readonly asked: number }[]): Shards {
  const seed = Math.min(...results.map((each) => each.seed));
  return { seed, runs: results.reduce((sum, { asked }) => sum + asked, 0), shards: results.length };
}

async function gather(files: readonly string[], { job, namespace, kubeconfig }: MergeFlags): Promise<Merged> {
  if (job === undefined) {
    if (files.length === 0) throw new KubedirectError('FLAG_INVALID', 'expected --job, or files of results');
    const results = files.map((file) => readResult(fs.readFileSync(file, 'utf8'), file));
    return mergeShards(campaignOfFiles(results), results);
  }
  const client = createKubernetesClient({
    ...(kubeconfig !== undefined && { kubeconfig }),
    userAgent: 'kubedirect-cli',
  });
  try {
    const { campaign, results } = await collectJob(client, namespace, job);
    return mergeShards(campaign, results);
  } finally {
    await client.close();
  }
}

async function merge(files: readonly string[], flags: MergeFlags): Promise<void> {
  const merged = await gather(files, flags);
  const { shards, runs, steps, time, milliseconds, failed } = merged;
  const lines = [
    ...failed.map(
      ({ seed, property }) =>
        `seed ${seed}: ${property} BROKEN; here: kubedirect fuzz --seed ${seed} --runs 1`,
    ),
    `${runs} seeds in ${shards} shards at commit ${merged.commit}: ${failed.length === 0 ? 'all held' : `${failed.length} shards failed`}: ${steps} steps, ${(time / 3_600_000).toFixed(1)} h of virtual time in ${(milliseconds / 1000).toFixed(1)} s of all shards together`,
  ];
  process.stdout.write(flags.json === true ? `${JSON.stringify(merged)}\n` : `${lines.join('\n')}\n`);
  process.exitCode = failed.length === 0 ? FUZZ_EXIT.held : FUZZ_EXIT.safety;
}

const EXAMPLE = `
Example:
  kubedirect shards manifest --image registry.example/kubedirect --runs 1000000 --shards 50 | kubectl apply -f -
  kubectl wait --for=condition=complete job/kubedirect-fuzz --timeout=2h
  kubedirect shards merge --job kubedirect-fuzz

Exit codes of run are those of fuzz; of merge 0 if every seed held, 12 if not, 2 for results that are missing, mixed or damaged.`;

const most = 1e9;
const withSeeds = (command: Command) =>
  command
    .option('--seed <n>', 'the first seed', integer(1, 2 ** 32 - 1), 1)
    .requiredOption('--runs <n>', 'seeds in all', integer(1, most))
    .requiredOption('--shards <n>', 'indexes of the Job', integer(1, 100_000))
    .option('--mutant <name>', 'switch off one rule of the protocol: it must then fail');

/** Adds the command. */
export function register(program: Command): void {
  const shards = program
    .command('shards')
    .description(
      'fuzz over an Indexed Job of Kubernetes: its manifest, what each index runs, all results as one',
    )
    .addHelpText('after', EXAMPLE);
  withSeeds(shards.command('manifest').description('print the Job'))
    .option('--name <name>', 'of the Job', 'kubedirect-fuzz')
    .option('--namespace <name>', 'of the Job', 'default')
    .option('--parallelism <n>', 'Pods at the same time', integer(1, 100_000), 10)
    .requiredOption('--image <image>', 'one that has kubedirect; with --checkout, any that the nodes have')
    .option(
      '--checkout <folder>',
      'run what is there on each node, with the Node of this process, in place of an image',
    )
    .action(manifest);
  withSeeds(shards.command('run').description('run the seeds of one index'))
    .option('--index <n>', 'default: JOB_COMPLETION_INDEX', integer(0, 100_000))
    .option('--result <file>', `also write the result there (default: ${TERMINATION_LOG}, in a container)`)
    .option('--commit <commit>', 'what the result says it was made with (default: that of the checkout)')
    .action(runShard);
  shards
    .command('merge')
    .description('the results of all indexes as one')
    .argument('[file...]', 'results, in place of a Job')
    .option('--job <name>', 'a Job whose Pods are at the API Server')
    .option('--namespace <name>', 'of the Job', 'default')
    .option('--kubeconfig <path>', 'default: $KUBECONFIG, then ~/.kube/config')
    .option('--json', 'print one JSON object')
    .action(merge);
}
