/** Preemption is synchronous (protocol 7). */
import { describe, expect, it } from 'vitest';
import type { Uid } from '../../spec/vocabulary.ts';
import { nodeFact, openWorld, type SchedulerWorld, size, strangerFact } from './schedulerWorld.ts';

const fact = nodeFact('n1', { capacity: { cpu: 200, memory: 200, pods: 10 } });
/** n1 is full with two Pods of priority 0. */
function full(mutants: readonly string[] = []): SchedulerWorld {
  const world = openWorld([fact], mutants);
  world.assign(2);
  world.run();
  return world;
}
/** Delivers what is about anything but containers that exit. */
function holdExits(world: SchedulerWorld): void {
  for (;;) {
    const at = world.pending.findIndex(({ about }) => !about.startsWith('exit'));
    if (at < 0) return;
    world.deliver(at);
  }
}
const phaseOf = (world: SchedulerWorld, uid: Uid | undefined) => world.record(uid as Uid)?.phase;

describe('preemption', () => {
  it('PreemptionOrdered: tombstones the victim, tells R, and assigns only after Terminated', () => {
    const world = full();
    const [uid] = world.assign(1, { priority: 5 });
    holdExits(world);
    expect(world.placed()).toEqual({ 'n1 running': 1, 'n1 terminating': 1, '- created': 1 });
    expect([...world.head.pods.values()].filter(({ phase }) => phase === 'terminating')).toHaveLength(1);
    world.run();
    expect(phaseOf(world, uid)).toBe('running');
    expect(world.head.pods.size).toBe(2);
    expect([world.broken, world.refusals]).toEqual([[], []]);
  });
  it('awaits every victim', () => {
    const world = full();
    const [uid] = world.assign(1, { priority: 5, requests: size(200) });
    holdExits(world);
    world.deliver(0);
    holdExits(world);
    expect(phaseOf(world, uid)).toBe('created');
    world.run();
    expect(phaseOf(world, uid)).toBe('running');
    expect([world.broken, world.refusals]).toEqual([[], []]);
  });
  it("PreemptorRuns: the victim's replacement does not take its room", () => {
    const world = full();
    const [uid] = world.assign(1, { priority: 5, requests: size(200) });
    holdExits(world);
    world.deliver(0); // one of two victims is gone
    holdExits(world);
    const [replacement] = world.assign(1);
    holdExits(world);
    expect(phaseOf(world, replacement)).toBe('created');
    world.run();
    expect(phaseOf(world, uid)).toBe('running');
    expect(phaseOf(world, replacement)).toBe('created');
  });
  it('under stock a preemptor that waits for its victims is given up with its reservation', () => {
    const world = full();
    const [uid] = world.assign(1, { priority: 5 });
    holdExits(world);
    expect(world.state.context.preemptions.size).toBe(1);
    world.give({ type: 'switchObserved', switch: { owner: 'stock', resourceVersion: '7' } });
    holdExits(world);
    expect(world.state.context.preemptions.size).toBe(0);
    expect(world.head.pods.has(uid as Uid)).toBe(false);
    world.run();
    expect(world.placed()).toEqual({ 'n1 running': 1 });
    expect(world.broken).toEqual([]);
  });
  it('a preemptor that R ends gives its room back; its victims stay ended', () => {
    const world = full();
    const [uid] = world.assign(1, { priority: 5 });
    holdExits(world);
    world.terminate([uid as Uid]);
    const [other] = world.assign(1);
    world.run();
    expect(phaseOf(world, other)).toBe('running');
    expect(world.state.context.reserved.size).toBe(0);
    expect(world.placed()).toEqual({ 'n1 running': 2 });
  });
  it('a reservation dies with its node: the preemptor is refused', () => {
    const world = full();
    const [uid] = world.assign(1, { priority: 5 });
    holdExits(world);
    world.cutOff('n1');
    world.fire('unreachable/n1');
    holdExits(world);
    expect(world.head.pods.has(uid as Uid)).toBe(false);
    expect(world.state.context.preemptions.size).toBe(0);
    expect(world.state.context.reserved.size).toBe(0);
    expect(world.state.context.awaited.size).toBe(0);
  });
  it('waits anew if an unmanaged Pod took the room meanwhile', () => {
    const world = full();
    const [uid] = world.assign(1, { priority: 5 });
    holdExits(world);
    world.give({ type: 'podObserved', pod: strangerFact('s', 'n1', size(100)) });
    world.run();
    expect(phaseOf(world, uid)).toBe('running');
    expect(world.placed()).toEqual({ 'n1 running': 1 });
    expect([world.broken, world.refusals]).toEqual([[], []]);
  });
  it('counts terminations under way before it chooses victims', () => {
    const world = full();
    const [first] = [...world.head.pods.keys()];
    world.terminate([first as Uid]);
    holdExits(world);
    const [uid] = world.assign(1, { priority: 5 });
    holdExits(world);
    expect(world.placed()).toEqual({ 'n1 running': 1, 'n1 terminating': 1, '- created': 1 });
    world.run();
    expect(phaseOf(world, uid)).toBe('running');
    expect(world.placed()).toEqual({ 'n1 running': 2 });
  });
  it('a Pod of the same priority preempts nobody', () => {
    const world = full();
    world.assign(1);
    world.run();
    expect(world.placed()).toEqual({ 'n1 running': 2, '- created': 1 });
  });
  it('many preemptors at once: each gets its own victim', () => {
    const world = openWorld([nodeFact('n1'), nodeFact('n2')]);
    world.assign(20);
    world.run();
    world.assign(12, { priority: 5 });
    world.run();
    const high = [...world.state.context.records.values()].filter(({ priority }) => priority === 5);
    expect(high).toHaveLength(12);
    expect(high.every(({ phase }) => phase === 'running')).toBe(true);
    expect(world.placed()).toEqual({ 'n1 running': 10, 'n2 running': 10 });
    expect([world.broken, world.refusals]).toEqual([[], []]);
    expect(world.state.context.reserved.size).toBe(0);
  });
  it('a mark set by S has a version of S: R hears of it in the next handshake, too', () => {
    const world = full();
    world.breakHead();
    world.run();
    const [uid] = world.assign(1, { priority: 5 });
    world.deliver(world.pending.findIndex(({ about }) => about === 'from R'));
    world.breakHead();
    holdExits(world);
    const marked = [...world.head.pods.values()].filter(({ phase }) => phase === 'terminating');
    expect(marked).toHaveLength(1);
    world.run();
    expect(phaseOf(world, uid)).toBe('running');
    expect(world.broken).toEqual([]);
  });
});
