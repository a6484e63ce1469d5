/**
 * Figure 7 (checkers): states a second of the explorer against TLC, on the same world, one worker each, with the same properties and
 * their liveness; and steps a second of the simulator. Contenders take turns, round by round, each in a process of its own for the
 * explorer as for TLC, so that both pay for their start.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { WORLDS } from '../../spec/worlds/index.ts';
import { settingOf } from '../explorer/stages.ts';
import { drawPlan } from '../simulator/draw.ts';
import { runPlan } from '../simulator/run.ts';
import { checkByTlc } from '../tlc/check.ts';
import type { Toolchain } from '../tlc/resolve.ts';

/** One world by one engine. */
export interface EngineSample {
  readonly world: string;
  readonly engine: 'explorer' | 'tlc';
  readonly round: number;
  readonly states: number;
  /** From the start of the process to its end. */
  readonly milliseconds: number;
}
/** A round of the simulator: the same seeds each time. */
export interface SimulatorSample {
  readonly round: number;
  readonly steps: number;
  readonly milliseconds: number;
}

const MAIN = path.join(import.meta.dirname, '../cli/main.ts');

function explore(world: string): { readonly states: number } {
  const { stdout, status, stderr } = spawnSync(
    process.execPath,
    [MAIN, 'check', '--world', world, '--jobs', '1', '--json'],
    { encoding: 'utf8', maxBuffer: 1 << 26 },
  );
  if (status !== 0) throw new Error(`check --world ${world}: exit ${status}: ${stderr}`);
  return JSON.parse(stdout.split('\n')[0] as string) as { readonly states: number };
}

/** One engine's turn at a world. */
export async function sampleEngine(
  toolchain: Toolchain,
  world: string,
  engine: EngineSample['engine'],
  round: number,
): Promise<EngineSample> {
  const description = WORLDS.find(({ name }) => name === world);
  if (description === undefined) throw new Error(`no world is named ${world}`);
  const begin = performance.now();
  const { states } =
    engine === 'explorer'
      ? explore(world)
      : await checkByTlc(toolchain, settingOf(description), { workers: 1, heap: '4g' });
  return { world, engine, round, states, milliseconds: performance.now() - begin };
}

/** So many seeds, in this process: compiled by the rounds before. */
export function sampleSimulator(seeds: number, round: number): SimulatorSample {
  const begin = performance.now();
  let steps = 0;
  for (let seed = 1; seed <= seeds; seed += 1) steps += runPlan(drawPlan(seed)).steps;
  return { round, steps, milliseconds: performance.now() - begin };
}
