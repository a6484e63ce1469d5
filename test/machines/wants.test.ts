/** Protocol 8 end to end, A, D and R over links and an object that others write to: its sentences and its counterexamples (14, *Wants*). */
import { describe, expect, test } from 'vitest';
import type { Effect } from '../../spec/effects.ts';
import { DEPLOYMENT } from './support/wantsApi.ts';
import { World } from './support/wantsWorld.ts';

/** A world at rest: a Deployment of 0 replicas, all links open. */
function rested(): World {
  const world = new World();
  world.settle();
  return world;
}
/** A burst that is not written back: A wants 100, R has them, the object says 0. */
function burst(): World {
  const world = rested();
  world.request(100);
  world.deliver(world.wires[0], 'toDown');
  world.deliver(world.wires[1], 'toDown');
  world.answer('lost');
  expect([world.total, world.api.object.replicas]).toEqual([100, 0]);
  return world;
}
const effectsOf = (world: World, stage: string): readonly Effect[] =>
  world.steps.filter((each) => each.stage === stage).flatMap((each) => [...each.effects]);
const valuesOf = (world: World) => {
  const { a, d, r } = world.wants;
  return [a?.value, d?.value, r?.value, world.api.object.replicas, world.total];
};

describe('a want', () => {
  test('goes from A to D to R at once, before the object is written', () => {
    const world = rested();
    world.steps.length = 0;
    world.request(7);
    world.deliver(world.wires[0], 'toDown');
    const kinds = effectsOf(world, 'deployment').map((each) =>
      each.type === 'send' ? each.message.kind : each.type,
    );
    expect(kinds.slice(0, 2)).toEqual(['Scale', 'writeReplicas']);
    world.settle();
    expect(valuesOf(world)).toEqual([7, 7, 7, 7, 7]);
  });

  test('of a higher version from another source is adopted, and A invalidated', () => {
    const world = rested();
    world.api.scale(5, 0);
    world.settle();
    expect(valuesOf(world)).toEqual([5, 5, 5, 5, 5]);
    expect(world.wants.a?.version).toEqual({ generation: 3, incarnation: 0, counter: 0 });
  });

  test('of A made after an external write it has seen wins over it; one made before loses', () => {
    const world = rested();
    world.api.scale(5, 0);
    world.request(9);
    world.settle();
    expect(valuesOf(world)).toEqual([5, 5, 5, 5, 5]);
    world.request(9);
    world.settle();
    expect(valuesOf(world)).toEqual([9, 9, 9, 9, 9]);
    expect(world.wants.a?.version.generation).toBe(3);
  });

  test('of others works while A is down', () => {
    const world = rested();
    world.break(world.wires[0]);
    world.wires[0].wanted = null;
    world.api.scale(4, 0);
    world.settle();
    expect(valuesOf(world).slice(1)).toEqual([4, 4, 4, 4]);
    world.api.scale(1, 0);
    world.settle();
    expect(valuesOf(world).slice(1)).toEqual([1, 1, 1, 1]);
  });

  test('a change of mode is sent even if the value is the same', () => {
    const world = rested();
    world.request(3);
    world.settle();
    world.steps.length = 0;
    world.api.edit();
    world.settle();
    const modes = effectsOf(world, 'deployment').flatMap((each) =>
      each.type === 'send' && each.message.kind === 'Scale'
        ? each.message.wants.map((want) => want.mode)
        : [],
    );
    expect(modes[0]).toBe('follow');
    expect(modes.at(-1)).toBe('direct');
    expect(valuesOf(world)).toEqual([3, 3, 3, 3, 3]);
  });

  test('of a Deployment that is deleted is dropped by Gone, acknowledged, and nothing is wanted of it', () => {
    const world = rested();
    world.request(3);
    world.settle();
    world.api.delete();
    world.settle();
    expect(world.r.gone).toBe(true);
    expect(world.wants.d).toBeNull();
    expect(world.d.context.gone.size).toBe(0);
    world.give('autoscaler', { type: 'deploymentVanished', uid: DEPLOYMENT });
    world.settle();
    expect(world.wants.a).toBeUndefined();
    expect(world.a.context.gone.size).toBe(0);
  });

  test('Gone is said again to a fresh R, and to one whose link broke before', () => {
    const world = rested();
    world.request(3);
    world.settle();
    world.break(world.wires[1]);
    world.api.delete();
    world.watchD(9);
    expect(world.r.gone).toBe(false);
    world.settle();
    expect(world.r.gone).toBe(true);
  });

  test('of a Deployment that vanished while D was down is ended only after a consistent list', () => {
    const world = rested();
    world.request(3);
    world.settle();
    world.api.delete();
    world.crash('deployment');
    while (
      world.connect(world.wires[1]) ||
      world.deliver(world.wires[1], 'toDown') ||
      world.deliver(world.wires[1], 'toUp')
    );
    expect(world.relists).toMatchObject([{ what: 'deployments' }]);
    expect(world.r.gone).toBe(false);
    world.settle();
    expect(world.r.gone).toBe(true);
  });
});

describe('counterexamples of protocol 14, Wants', () => {
  test('write-back over a value read but not adopted: the precondition refuses it', () => {
    const world = rested();
    world.request(9);
    world.deliver(world.wires[0], 'toDown');
    world.api.scale(4, 0);
    world.settle();
    expect(world.api.lost).toEqual([]);
    expect(valuesOf(world)).toEqual([4, 4, 4, 4, 4]);
  });

  test('own write with a lost reply is not taken for external: the newer want is not undone', () => {
    const world = rested();
    world.request(5);
    world.deliver(world.wires[0], 'toDown');
    world.request(8);
    world.answer('replyLost');
    world.settle();
    expect(valuesOf(world)).toEqual([8, 8, 8, 8, 8]);
    expect(world.wants.d?.version.generation).toBe(1);
  });

  test('value there and back in one watch gap is noticed: it wins over a want not written yet', () => {
    const world = rested();
    world.request(9);
    world.deliver(world.wires[0], 'toDown');
    world.answer('lost');
    world.api.scale(4, 0);
    world.api.scale(0, 0);
    world.watchD(9);
    expect(world.wants.d).toEqual({ value: 0, version: { generation: 4, incarnation: 0, counter: 0 } });
    world.settle();
    expect(valuesOf(world)).toEqual([0, 0, 0, 0, 0]);
  });

  test('a template edit is not taken for an external write: it does not end a burst', () => {
    const world = burst();
    world.api.edit();
    world.settle();
    expect(valuesOf(world)).toEqual([100, 100, 100, 100, 100]);
    expect(world.r.ends.every((end) => end.after >= 100)).toBe(true);
  });

  test('a want does not die with its link: A sends it again on the next opening', () => {
    const world = rested();
    world.request(6);
    world.break(world.wires[0]);
    world.settle();
    expect(valuesOf(world)).toEqual([6, 6, 6, 6, 6]);
  });

  test('equal wants are sent again on every opening: R acts only on what it was sent in this session', () => {
    const world = rested();
    world.request(6);
    world.settle();
    world.break(world.wires[1]);
    world.settle();
    world.lose('rs-1');
    world.settle();
    expect(valuesOf(world)).toEqual([6, 6, 6, 6, 6]);
  });

  test("a restarted R does not erase D's want, and ends nothing before it has heard it", () => {
    const world = burst();
    world.crash('replicaset');
    expect(world.r.ends).toEqual([]);
    world.settle();
    expect(valuesOf(world)).toEqual([100, 100, 100, 100, 100]);
    expect(world.r.ends).toEqual([]);
  });

  test('a restarted D with a stale list does not undo its own write', () => {
    const world = rested();
    world.request(6);
    world.settle();
    const before = world.api.history.findIndex((each) => each.deployment?.replicas === 6) - 1;
    world.crash('deployment', before);
    world.settle();
    expect(world.api.lost).toEqual([]);
    expect(valuesOf(world)).toEqual([6, 6, 6, 6, 6]);
  });

  test('D and R restart together and do not end a burst: the wants are unconfirmed until A is heard', () => {
    const world = burst();
    world.crash('replicaset');
    world.crash('deployment');
    const wire = world.wires[1];
    while (world.connect(wire) || world.deliver(wire, 'toDown') || world.deliver(wire, 'toUp'));
    expect(world.r.want).toMatchObject({ value: 0, confirmed: false });
    expect(world.total).toBe(100);
    world.settle(false);
    expect(world.total).toBe(100);
    expect(world.wants.r).toMatchObject({ value: 100, confirmed: true });
  });

  test('unconfirmed ends by its timer where no A is heard', () => {
    const world = rested();
    world.request(6);
    world.settle();
    world.api.scale(2, 0);
    world.crash('deployment');
    world.wires[0].wanted = null;
    world.settle(false);
    expect([world.wants.r?.confirmed, world.total]).toEqual([false, 6]);
    world.fire('unconfirmed');
    world.settle(false);
    expect([world.wants.r?.confirmed, world.total]).toEqual([true, 2]);
  });

  test('an external value that this D saw being written is confirmed without A', () => {
    const world = rested();
    world.request(6);
    world.settle();
    world.crash('deployment');
    world.wires[0].wanted = null;
    world.settle(false);
    world.api.scale(2, 0);
    world.settle(false);
    expect([world.wants.r?.confirmed, world.total]).toEqual([true, 2]);
  });

  test('a direct want from before a rollout does not kill the old revision', () => {
    const world = rested();
    world.request(4);
    world.settle();
    world.break(world.wires[1]);
    world.wires[1].wanted = null;
    world.api.edit();
    for (let time = 0; time < 3; time++) world.api.sync(world.live);
    world.watchR(9);
    expect(world.r.ends).toEqual([]);
    expect(world.live.get('rs-1')).toBe(4);
  });

  test('scale from zero is direct: R creates before the object is written', () => {
    const world = rested();
    world.request(5);
    world.deliver(world.wires[0], 'toDown');
    world.deliver(world.wires[1], 'toDown');
    expect([world.total, world.api.object.replicas]).toEqual([5, 0]);
  });

  test("R's own fallback does not dip", () => {
    const world = burst();
    world.api.edit();
    world.api.sync(world.live);
    world.watchR(9);
    expect(world.r.ends).toEqual([]);
    expect(world.total).toBe(100);
  });

  test('the hold ends: after a rollout in a burst, every ReplicaSet has what it asks for', () => {
    const world = burst();
    world.api.edit();
    world.settle();
    expect(world.r.hold.held && world.r.want?.mode === 'follow').toBe(false);
    expect([...world.live]).toEqual([
      ['rs-1', 0],
      ['rs-2', 100],
    ]);
  });

  test('No dip with an external write in the same run: it wins, and no more is ended than it gave up', () => {
    const world = burst();
    world.api.edit();
    world.api.sync(world.live);
    world.api.scale(60, 0);
    world.settle();
    expect(valuesOf(world)).toEqual([60, 60, 60, 60, 60]);
    expect(Math.min(...world.r.ends.map((end) => end.after))).toBeGreaterThanOrEqual(60);
  });
});
