/** `kubedirect bench checkers`: the explorer against TLC, and the simulator (figure 7). */
import type { Command } from 'commander';
import {
  type EngineSample,
  type SimulatorSample,
  sampleEngine,
  sampleSimulator,
} from '../../bench/checkers.ts';
import { spreadOf } from '../../bench/statistics.ts';
import { resolveToolchain } from '../../tlc/resolve.ts';
import { integer } from '../arguments.ts';
import { giveResult, type ResultFlags, withLoads } from './result.ts';

interface Flags extends ResultFlags {
  readonly world: readonly string[];
  readonly rounds: number;
  readonly seeds: number;
}

/** A world of each chain: links, wants, a rollout, Pods with a crash, preemption. */
const USUAL = ['ends-duplicate', 'versions-crash-autoscaler', 'rollout', 'exact-crash-scheduler', 'preempt'];

const perSecond = (count: number, milliseconds: number) => (count / milliseconds) * 1000;
const spread = (values: readonly number[]) => {
  const { min, median, max } = spreadOf(values);
  return [min, median, max].map((value) => Math.round(value).toLocaleString('en').padStart(9)).join('');
};

function render(engines: readonly EngineSample[], simulator: readonly SimulatorSample[]): string {
  const worlds = [...new Set(engines.map(({ world }) => world))];
  const rates = (world: string, engine: EngineSample['engine']) =>
    engines
      .filter((sample) => sample.world === world && sample.engine === engine)
      .map(({ states, milliseconds }) => perSecond(states, milliseconds));
  const rows = worlds.map((world) => {
    const states = engines.find((sample) => sample.world === world)?.states ?? 0;
    const ratio = spreadOf(rates(world, 'explorer')).median / spreadOf(rates(world, 'tlc')).median;
    return `${world.padEnd(22)}${states.toLocaleString('en').padStart(9)} ${spread(rates(world, 'explorer'))} ${spread(rates(world, 'tlc'))}${ratio.toFixed(2).padStart(8)}`;
  });
  const steps = spread(simulator.map((sample) => perSecond(sample.steps, sample.milliseconds)));
  return [
    `${''.padEnd(22)}   states  explorer min   median      max   TLC min   median      max   ratio`,
    ...rows,
    '',
    `the simulator, steps a second, one thread:${steps}`,
    'states a second from the start of the process to its end, one worker each; ratio: of medians, explorer to TLC',
    '',
  ].join('\n');
}

async function checkers(flags: Flags): Promise<void> {
  const { world, rounds, seeds } = flags;
  const toolchain = await resolveToolchain();
  const engines: EngineSample[] = [];
  const simulator: SimulatorSample[] = [];
  const [, on] = await withLoads(async () => {
    // What is compiled once is compiled before.
    sampleSimulator(seeds, 0);
    for (let round = 1; round <= rounds; round += 1) {
      process.stderr.write(`round ${round} of ${rounds}\n`);
      for (const name of world)
        for (const engine of ['explorer', 'tlc'] as const)
          engines.push(await sampleEngine(toolchain, name, engine, round));
      simulator.push(sampleSimulator(seeds, round));
    }
  });
  const date = new Date().toISOString();
  const result = { figure: 'checkers', date, machine: on, seeds, engines, simulator };
  giveResult(flags, 'checkers', result, (file) => `${render(engines, simulator)}samples: ${file}\n`);
}

/** Adds the command. */
export function registerCheckers(bench: Command): void {
  bench
    .command('checkers')
    .description(
      'States a second of the explorer and of TLC on the same worlds, steps a second of the simulator',
    )
    .option('--world <name...>', 'worlds that both have', USUAL)
    .option('--rounds <n>', 'rounds, the engines taking turns', integer(1, 50), 5)
    .option('--seeds <n>', 'runs of the simulator in each round', integer(1, 10_000), 300)
    .option('--results <folder>', 'where the samples go', 'results')
    .option('--json', 'print the samples as one JSON object')
    .action(checkers);
}
