/** Giving up a node that can not be reached, and taking it back (protocol 6, 3). */
import { describe, expect, it } from 'vitest';
import { TIMERS } from '../../spec/timers.ts';
import type { PodRecord } from '../../spec/vocabulary.ts';
import { nodeFact, openWorld, type SchedulerWorld } from './schedulerWorld.ts';

const two = (mutants: readonly string[] = []) => openWorld([nodeFact('n1'), nodeFact('n2')], mutants);
const stateOf = (world: SchedulerWorld, node: string) =>
  world.state.context.nodes.get(node)?.cancellation.value;
const types = (world: SchedulerWorld) => world.effects.map(({ type }) => type);
/** Delivers until nothing but the API's answers waits. */
function quiet(world: SchedulerWorld): void {
  for (let at = 0; at >= 0; at = world.pending.findIndex(({ about }) => about !== 'api'))
    if (world.pending[at]?.about !== 'api') world.deliver(at);
    else if (!world.pending.some(({ about }) => about !== 'api')) return;
}
/** n1 runs two Pods, is cut off, and its timer has fired: the Node is being read. */
function reading(mutants: readonly string[] = []): SchedulerWorld {
  const world = two(mutants);
  world.assign(4);
  world.run();
  world.cutOff('n1');
  world.run();
  world.fire('unreachable/n1');
  quiet(world);
  return world;
}

describe('the timer', () => {
  it('is long while the Node is ready, short once it is not', () => {
    const world = two();
    world.cutOff('n1');
    const set = () => world.effects.filter((effect) => effect.type === 'setTimer').at(-1);
    expect(set()).toEqual({ type: 'setTimer', timer: 'unreachable/n1', milliseconds: TIMERS.unreachable });
    world.give({ type: 'nodeObserved', node: nodeFact('n1', { ready: false }) });
    expect(set()).toEqual({
      type: 'setTimer',
      timer: 'unreachable/n1',
      milliseconds: TIMERS.unreachableNotReady,
    });
  });
  it('stops when the node is reached again', () => {
    const world = two();
    world.cutOff('n1');
    expect(world.timers.has('unreachable/n1')).toBe(true);
    world.heal('n1');
    world.run();
    expect(world.timers.has('unreachable/n1')).toBe(false);
    expect(stateOf(world, 'n1')).toBe('reachable');
  });
  it('means nothing if it fires for a node that is reached, or that S does not know', () => {
    const world = two();
    const before = world.effects.length;
    world.fire('unreachable/n1');
    world.fire('unreachable/nobody');
    expect(world.effects).toHaveLength(before);
  });
});

describe('cancellation', () => {
  it('reads the Node, writes the mark, reads the own Lease, and only then tells R lost', () => {
    const world = reading();
    const from = world.effects.length;
    world.run();
    expect(
      types(world)
        .slice(from)
        .filter((type) => ['mark', 'readLease', 'send'].includes(type)),
    ).toEqual(['mark', 'readLease', 'send']);
    expect(world.tails.get('n1')?.fact.mark).toEqual({ incarnation: 1000, n: 2 });
    expect(stateOf(world, 'n1')).toBe('cancelled');
    expect(world.head.pods.size).toBe(2);
    expect(world.state.context.records.size).toBe(2);
  });
  it('invalidates nothing before the mark is written, nor before the Lease is read', () => {
    const world = reading();
    for (const expected of ['reading', 'marking', 'confirming']) {
      expect(stateOf(world, 'n1')).toBe(expected);
      expect(world.state.context.records.size).toBe(4);
      world.deliver(world.pending.findIndex(({ about }) => about === 'api'));
    }
    expect(stateOf(world, 'n1')).toBe('cancelled');
    expect(world.state.context.records.size).toBe(2);
  });
  it('a node that is reached again before the mark is asked for is not cancelled', () => {
    const world = reading();
    world.heal('n1');
    quiet(world);
    const api = world.pending.splice(
      world.pending.findIndex(({ about }) => about === 'api'),
      1,
    );
    world.run();
    expect(stateOf(world, 'n1')).toBe('reachable');
    api[0]?.happen();
    world.run();
    expect(stateOf(world, 'n1')).toBe('reachable');
    expect(world.tails.get('n1')?.fact.mark).toBeNull();
    expect(world.head.pods.size).toBe(4);
  });
  it('a conflict is followed by another read', () => {
    const world = reading();
    world.deliver(0);
    world.edit('n1', { labels: { a: 'b' } });
    world.run();
    expect(types(world).filter((type) => type === 'mark')).toHaveLength(2);
    expect(stateOf(world, 'n1')).toBe('cancelled');
    expect(world.tails.get('n1')?.fact.mark).toEqual({ incarnation: 1000, n: 3 });
  });
  it('a write whose reply was lost counts when the next read shows the mark', () => {
    const world = reading();
    world.deliver(0);
    const { context } = world.state.context.nodes.get('n1')?.cancellation ?? { context: { mark: null } };
    world.edit('n1', { mark: context.mark });
    world.run();
    expect(types(world).filter((type) => type === 'mark')).toHaveLength(1);
    expect(stateOf(world, 'n1')).toBe('cancelled');
  });
  it('never writes over a higher mark: S looks at its own Lease, and stops if another leads', () => {
    const world = reading();
    world.edit('n1', { mark: { incarnation: 2000, n: 1 } });
    world.leaseOverride = 2000;
    world.run();
    expect(world.ended).toBe('stop');
    expect(types(world)).not.toContain('mark');
    expect(world.broken).toEqual([]);
  });
  it('a newer mark that the watch shows makes the holder of the Lease start again above it', () => {
    const world = two();
    world.give({ type: 'nodeObserved', node: nodeFact('n1', { mark: { incarnation: 2000, n: 1 } }) });
    world.run();
    expect(world.effects.at(-1)).toMatchObject({ type: 'restart', above: 2000 });
    expect(world.state.value).toBe('ended');
  });
  it('a superseded S that has written the mark tells nobody, and stops', () => {
    const world = reading();
    world.leaseOverride = 2000;
    world.run();
    expect(world.ended).toBe('stop');
    expect(world.head.pods.size).toBe(4);
  });
  it('a tombstone on a cancelled node is lost too: R collects it', () => {
    const world = two();
    const uids = world.assign(4);
    world.run();
    world.cutOff('n1');
    world.terminate(uids);
    world.run();
    world.fire('unreachable/n1');
    world.run();
    expect(world.head.pods.size).toBe(0);
    expect(world.broken).toEqual([]);
  });
  it('late answers change nothing', () => {
    const world = reading();
    world.run();
    const before = world.state;
    world.give({ type: 'nodeRead', name: 'n1', token: 'cancel/n1/1', node: nodeFact('n1') });
    world.give({ type: 'marked', node: 'n1', mark: { incarnation: 1000, n: 2 }, outcome: 'conflict' });
    world.give({ type: 'leaseRead', subject: 'scheduler', token: 'confirm/n1/2', incarnation: 7 });
    world.give({ type: 'marked', node: 'nobody', mark: { incarnation: 1000, n: 2 }, outcome: 'written' });
    expect(world.state.context.nodes.get('n1')?.cancellation.value).toBe('cancelled');
    expect(world.state.context.records).toBe(before.context.records);
    expect(world.ended).toBeNull();
  });
});

describe('the way back', () => {
  it('CancelledStaysOut: the node drains, then opens, and takes new Pods', () => {
    const world = reading();
    world.run();
    expect(world.tails.get('n1')?.pods.size).toBe(2);
    world.heal('n1');
    world.run();
    expect(stateOf(world, 'n1')).toBe('reachable');
    expect(world.tails.get('n1')?.pods.size).toBe(0);
    expect(world.head.pods.size).toBe(2);
    world.assign(2);
    world.run();
    expect(world.placed()).toEqual({ 'n1 running': 2, 'n2 running': 2 });
    expect(world.broken).toEqual([]);
  });
  it('an Offer without the drain is not admitted; the next Hello makes K drain', () => {
    const world = reading();
    world.deliver(0); // Node read, mark asked for
    world.heal('n1'); // K offers before the mark stands
    while (world.pending.some(({ about }) => about !== 'api') || stateOf(world, 'n1') !== 'marking') {
      const at = world.pending.findIndex(({ about }) => about !== 'api');
      if (at < 0) break;
      world.deliver(at);
    }
    world.run();
    expect(stateOf(world, 'n1')).toBe('reachable');
    expect(world.tails.get('n1')?.drained?.incarnation).toBe(1000);
    expect(world.tails.get('n1')?.pods.size).toBe(0);
    expect(world.broken).toEqual([]);
  });
  it('it can be cancelled a second time', () => {
    const world = reading();
    world.run();
    world.heal('n1');
    world.run();
    world.assign(2);
    world.run();
    world.cutOff('n1');
    world.run();
    world.fire('unreachable/n1');
    world.run();
    expect(stateOf(world, 'n1')).toBe('cancelled');
    expect(world.head.pods.size).toBe(2);
    world.heal('n1');
    world.run();
    expect(world.tails.get('n1')?.pods.size).toBe(0);
    expect(stateOf(world, 'n1')).toBe('reachable');
    expect(world.broken).toEqual([]);
  });
});

describe('Nodes that go', () => {
  it('a vanished Node counts as marked after a consistent read and the own Lease', () => {
    const world = two();
    world.assign(4);
    world.run();
    world.vanish('n1');
    expect(world.state.context.records.size).toBe(4);
    world.run();
    expect(types(world)).not.toContain('mark');
    expect(world.state.context.records.size).toBe(2);
    expect(world.head.pods.size).toBe(2);
    expect(
      world.effects.some((effect) => effect.type === 'disconnect' && effect.reason === 'the Node is gone'),
    ).toBe(true);
  });
  it('under stock too what a Node had that is gone is given up (†); one that stands is not marked', () => {
    const held = (...mutants: string[]) => {
      const world = two(mutants);
      world.assign(4);
      world.run();
      world.give({ type: 'switchObserved', switch: { owner: 'stock', resourceVersion: '2' } });
      world.vanish('n1');
      world.run();
      expect(types(world)).not.toContain('mark');
      return world.state.context.records.size;
    };
    expect([held(), held('gone-node-kept')]).toEqual([2, 4]);
  });

  it('another Node under its name serves once the old one was given up, if it holds nothing from before', () => {
    const world = two();
    world.assign(4);
    world.run();
    world.vanish('n1');
    world.join(nodeFact('n1', { uid: 'second' }));
    world.run();
    expect(world.head.pods.size).toBe(2);
    expect(stateOf(world, 'n1')).toBe('reachable');
    world.assign(2);
    world.run();
    expect(world.placed()).toEqual({ 'n1 running': 2, 'n2 running': 2 });
    expect(world.broken).toEqual([]);
  });
  it('a Node that comes back after its cancellation was done is dialled again', () => {
    const world = two();
    world.assign(4);
    world.run();
    world.vanish('n1');
    world.run();
    expect(stateOf(world, 'n1')).toBe('cancelled');
    world.join(nodeFact('n1', { uid: 'second' }));
    world.run();
    expect(stateOf(world, 'n1')).toBe('reachable');
    expect(world.broken).toEqual([]);
  });
  it('CancelledStaysOut: a K that kept Pods under a new Node is not admitted', () => {
    const world = two();
    const uids = world.assign(4);
    world.run();
    const kept = [...(world.tails.get('n1')?.pods ?? [])];
    world.vanish('n1');
    world.join(nodeFact('n1', { uid: 'second' }));
    const tail = world.tails.get('n1');
    for (const [uid, record] of kept) tail?.pods.set(uid, record as PodRecord);
    world.run(300);
    expect(stateOf(world, 'n1')).toBe('cancelled');
    expect([...world.head.pods.values()].every(({ node }) => node === 'n2')).toBe(true);
    expect(uids).toHaveLength(4);
  });
  it('a Node that vanishes before it was reached opens the barrier', () => {
    const world = openWorld([nodeFact('n1'), nodeFact('n2')]);
    world.crash();
    world.cut.add('n2');
    world.run();
    expect(world.state.value).toEqual({ leading: 'recovering' });
    world.vanish('n2');
    world.run();
    expect(world.state.value).toEqual({ leading: 'serving' });
  });
});
