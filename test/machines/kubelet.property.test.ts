/**
 * Any course of events leaves the tail's rules standing (protocol 4, 5, 6, 7, 9): a confirmed uid never runs again, an
 * entry stands in the journal before the effect that needs it, no uid is published twice in any life, room is never
 * exceeded; and when faults are over, nothing is left over.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { draw, type Faults, World } from './kubelet.world.ts';

const NONE: Faults = { crash: false, lose: false, users: false, release: false, marks: false };
const EVERYTHING: Faults = { crash: true, lose: true, users: true, release: true, marks: true };
const WORLDS: Readonly<Record<string, Faults>> = {
  'without faults': NONE,
  'with crashes and lost replies': { ...NONE, crash: true, lose: true },
  'with users': { ...NONE, crash: true, users: true },
  'with releases': { ...NONE, crash: true, lose: true, release: true },
  'with cancellations': { ...NONE, crash: true, marks: true },
  'with everything': EVERYTHING,
};

/** Plays the choices; throws with the course of events if a rule breaks. */
function play(
  runtime: 'publish' | 'runs',
  faults: Faults,
  choices: readonly number[],
  mutants: ReadonlySet<string> = new Set(),
): World {
  const world = new World(runtime, faults, mutants);
  try {
    for (const choice of choices) {
      const move = draw(world.moves(), choice);
      if (move === undefined) break;
      world.log.push(move.name);
      move.run();
    }
    world.settle();
    world.checkSettledWorld();
  } catch (error) {
    throw new Error(`${(error as Error).message}\n  ${world.log.join('\n  ')}`, { cause: error });
  }
  return world;
}

const choices = fc.array(fc.nat(9999), { minLength: 40, maxLength: 160, size: 'max' });

describe.each(['publish', 'runs'] as const)('runtime %s', (runtime) => {
  it.each(Object.entries(WORLDS))('keeps the rules of the tail %s', (_, faults) => {
    fc.assert(
      fc.property(choices, (drawn) => {
        play(runtime, faults, drawn);
      }),
      { numRuns: 40 },
    );
  });
});

describe('the worlds of these runs', () => {
  const SHOWN = [
    NONE,
    { ...NONE, crash: true, lose: true, release: true },
    { ...NONE, crash: true, marks: true },
  ];
  const COMMON = [
    'accepted',
    'publishIntent',
    'terminating',
    'ended',
    'released',
    'adopted',
    'drained',
    'fence',
    'node',
  ];
  const TOLD = ['Offer', 'State', 'Assigned', 'Refused', 'Invalidate', 'Terminated', 'Rejected'];
  const MORE = [
    'recovered',
    'ambiguous',
    'propagation',
    'readPod',
    'acknowledged stock',
    'acknowledged direct',
  ];
  it.each([
    ['publish', [...COMMON, ...TOLD, ...MORE, 'retry']],
    ['runs', [...COMMON, ...TOLD, ...MORE, 'failPod', 'writePodStatus']],
  ] as const)('runtime %s: sometimes each thing comes about', (runtime, wanted) => {
    const seen = new Set<string>();
    const runs = fc.sample(choices, { seed: 1, numRuns: 60 });
    for (const faults of SHOWN)
      for (const drawn of runs)
        for (const witness of play(runtime, faults, drawn).witnesses) seen.add(witness);
    expect(wanted.filter((witness) => !seen.has(witness))).toEqual([]);
  });
});
