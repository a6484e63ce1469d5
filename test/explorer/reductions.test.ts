/**
 * The explorer's reductions are sound: with each and without it, a world shows its properties the same things.
 *
 * `reduce` delivers at once what commutes with all else; `quiet` serves at once who has nothing to choose; `settled` begins
 * where a run without faults comes to rest. (That the links of a quiet stage never fail, and that a stage with a choice is quiet
 * or alert, as in the worlds of two owners, narrows a world: it is no reduction.)
 */
import { describe, expect, it } from 'vitest';
import { checkWorld, DEFAULT_EFFORT } from '../../impl/explorer/check.ts';
import { canonical } from '../../impl/explorer/encode.ts';
import { search } from '../../impl/explorer/search.ts';
import { snapshot } from '../../impl/explorer/snapshot.ts';
import { settingOf } from '../../impl/explorer/stages.ts';
import type { Setting, World } from '../../impl/explorer/world.ts';
import { worldSystem } from '../../impl/explorer/worldSystem.ts';
import { WORLDS, type WorldDescription } from '../../spec/worlds/index.ts';

const worldOf = (name: string) => WORLDS.find((one) => one.name === name) as WorldDescription;
/** As it is without the reduction. */
const WITHOUT = {
  reduce: (world: WorldDescription): WorldDescription => ({ ...world, reduce: false }),
  quiet: ({ quiet: _, ...world }: WorldDescription): WorldDescription => world,
  settled: (world: WorldDescription): WorldDescription => ({ ...world, settled: false }),
} as const;

/** What properties see of stages, nodes, objects and the past; not what is under way, which a reduction hurries. */
function sight(setting: Setting, world: World): string {
  const { stages, nodes, objects, replicas, history, switch: owner, acknowledged } = snapshot(setting, world);
  return canonical({
    stages: stages
      .map(({ process, incarnation, holdsLease, records }) => [
        process,
        incarnation,
        holdsLease,
        [...records.values()].map(({ uid, phase, ready, node, owned }) => [uid, phase, ready, node, owned]),
      ])
      .sort(),
    nodes: nodes.map((node) => ({ ...node, running: [...node.running.keys()].sort() })),
    objects: objects.map(({ name, uid, phase, deleting, node }) => [name, uid, phase, deleting, node]).sort(),
    ...{ replicas, history, owner, acknowledged },
  });
}

/** All that a world shows once every stage has begun its first life, and what the check says. */
function shown(description: WorldDescription, mutant?: string) {
  const setting = settingOf(description, new Set(mutant === undefined ? [] : [mutant]));
  const sights = new Set<string>();
  const note = (world: World) => {
    const isBegun = description.stages.every(({ peer }) => world.lives[peer] !== undefined);
    if (isBegun) sights.add(sight(setting, world));
    return null;
  };
  const limits = { maxStates: 60_000 };
  const { complete } = search(worldSystem(setting), { states: { note }, steps: {}, witnesses: {} }, limits);
  const { violation, unseen } = checkWorld(settingOf(description, setting.mutants), {
    ...DEFAULT_EFFORT,
    ...limits,
  });
  return { sights, complete, property: violation?.property ?? null, unseen };
}

describe('reductions', () => {
  it.each([
    ['reduce', 'link'],
    ['reduce', 'link-late'],
    ['reduce', 'chain'],
    ['reduce', 'chain-publish'],
    ['reduce', 'chain-crash-replicaset'],
    ['reduce', 'chain-crash-kubelet'],
    ['reduce', 'chain-leaders'],
    ['reduce', 'wants-burst'],
    ['quiet', 'chain'],
    ['quiet', 'chain-crash-replicaset'],
    ['quiet', 'chain-leaders'],
  ] as const)('%s changes nothing of what %s shows', (reduction, name) => {
    const withIt = shown(worldOf(name));
    const without = shown(WITHOUT[reduction](worldOf(name)));
    expect(without).toEqual(withIt);
    expect(withIt).toMatchObject({ complete: true, property: null });
  });

  it.each(['link-late', 'link-crash'])(
    'settled: %s begins where it could have come to by itself, and shows nothing else',
    (name) => {
      const settled = shown(worldOf(name));
      const whole = shown(WITHOUT.settled(worldOf(name)));
      expect(whole).toMatchObject({ complete: true, property: null });
      expect([...settled.sights].filter((one) => !whole.sights.has(one))).toEqual([]);
      expect(settled).toMatchObject({ complete: true, property: null });
    },
  );

  it.each([
    ['reduce', 'chain-crash-scheduler-scaling', 'confirm-what-was-sent'],
    ['quiet', 'chain-crash-scheduler-scaling', 'confirm-what-was-sent'],
    ['reduce', 'chain-cancel', 'rebind-lost'],
    ['reduce', 'wants-rollout', 'want-direct-unmatched'],
    ['reduce', 'tail-start', 'acceptance-not-journalled'],
  ] as const)('%s in %s hides nothing of %s', (reduction, name, mutant) => {
    const withIt = checkWorld(settingOf(worldOf(name), new Set([mutant])));
    const without = checkWorld(settingOf(WITHOUT[reduction](worldOf(name)), new Set([mutant])));
    expect(withIt.violation?.property).toBeDefined();
    expect(without.violation?.property).toBe(withIt.violation?.property);
  });
});
