/**
 * Model-based runs of each pair of machines (`fc.commands`): the ends of a link, A and D and R, R and S, S and K, S and K where a node is
 * cancelled. What breaks is printed as a script of the golden kind.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { play } from '../../impl/explorer/script.ts';
import { settingOf } from '../../impl/explorer/stages.ts';
import { WORLDS, type WorldDescription } from '../../spec/worlds/index.ts';
import { commandsOf, Real, runIn } from './support/commands.ts';

const world = (name: string, change: Partial<WorldDescription>): WorldDescription => ({
  ...(WORLDS.find((one) => one.name === name) as WorldDescription),
  ...change,
});
const scale = (replicas: number) => ({ act: 'scale', deployment: 'd', replicas }) as const;
const request = (replicas: number) => ({ act: 'request', deployment: 'd', replicas }) as const;
const prompts = { mint: 3, end: 3, change: 2, die: 1, full: 1 };

/** World, and the kinds of moves beside what happens of itself. */
const PAIRS: readonly (readonly [string, WorldDescription, readonly string[]])[] = [
  [
    'the ends of a link',
    world('ends-break', {
      faults: {
        misdial: 0,
        break: 3,
        linger: 3,
        duplicate: 1,
        crash: { replicaset: 1, scheduler: 1 },
        prompts,
      },
    }),
    ['prompt', 'break', 'duplicate', 'crash'],
  ],
  [
    'S and K, one node cancelled',
    world('cancel', {
      faults: {
        misdial: 0,
        break: 2,
        timers: { unreachable: 2 },
        usurp: { scheduler: 1 },
        prompts: { end: 2 },
      },
    }),
    ['prompt', 'break', 'early', 'usurp'],
  ],
  [
    'A, D and R',
    world('wants-break', {
      ...{ reduce: false, quiet: [], script: [request(2), scale(3), request(1)] },
      faults: { break: 2, crash: { deployment: 1, replicaset: 1 }, lostReply: 1 },
    }),
    ['user', 'break', 'crash', 'ambiguous'],
  ],
  [
    'R, S and K, which runs containers',
    world('chain', {
      ...{ reduce: false, quiet: [], script: [scale(2), scale(0), scale(1)] },
      faults: { break: 2, linger: 1, crash: { replicaset: 1, scheduler: 1, 'kubelet/n1': 1 }, exit: 1 },
    }),
    ['user', 'break', 'crash', 'exit'],
  ],
  [
    'R, S and K, which publishes',
    world('chain-publish', {
      ...{
        reduce: false,
        quiet: [],
        script: [scale(2), { act: 'deletePod', replicaSet: 'rs-t1' }, scale(1)],
      },
      faults: { break: 2, crash: { 'kubelet/n1': 1 }, lostReply: 1 },
    }),
    ['user', 'break', 'crash', 'ambiguous'],
  ],
];

const holds = (description: WorldDescription, kinds: readonly string[], mutants: readonly string[] = []) =>
  fc.property(commandsOf(kinds, 60), (commands) => runIn(settingOf(description, new Set(mutants)), commands));

describe('machine pairs', () => {
  it.each(PAIRS)('%s hold all properties in every run, and come to rest', (_, description, kinds) => {
    fc.assert(holds(description, kinds), { numRuns: 25 });
  });

  it('without a rule a run breaks a property, and its script, played again, breaks it too', () => {
    const [, description, kinds] = PAIRS[0]!;
    const mutants = ['unmark-tombstone'];
    const { failed, errorInstance } = fc.check(holds(description, kinds, mutants), { numRuns: 500 });
    expect(failed).toBe(true);
    const [what, ...script] = (errorInstance as Error).message.split('\n');
    const real = new Real(settingOf(description, new Set(mutants)));
    const playAll = () => {
      for (const line of script)
        for (const { move } of play(real.setting, real.world, line.slice('> '.length))) real.go(move);
    };
    expect(playAll).toThrow(what);
  });
});
