/** The Scheduler stage: the flow of Pods from R to the nodes and back, handshakes, barrier (protocol 2, 3, 4, 9). */
import { describe, expect, it } from 'vitest';
import { viewOfScheduler } from '../../machines/scheduler/index.ts';
import type { Message, MessageKind } from '../../spec/messages.ts';
import type { PodRecord } from '../../spec/vocabulary.ts';
import { nodeFact, openWorld, replicaSetFact, SchedulerWorld, size, strangerFact } from './schedulerWorld.ts';

const two = () => openWorld([nodeFact('n1'), nodeFact('n2')]);
/** Messages that S sent, of a kind. */
function sent<K extends MessageKind>(world: SchedulerWorld, kind: K): Extract<Message, { kind: K }>[] {
  return world.effects.flatMap((effect) =>
    effect.type === 'send' && effect.message.kind === kind
      ? [effect.message as Extract<Message, { kind: K }>]
      : [],
  );
}

describe('the flow of a Pod', () => {
  it('places what R assigns, least allocated node first, and R learns that it runs', () => {
    const world = two();
    const uids = world.assign(4);
    world.run();
    expect(world.placed()).toEqual({ 'n1 running': 2, 'n2 running': 2 });
    for (const uid of uids) expect(world.head.pods.get(uid)).toMatchObject({ phase: 'running', ready: true });
    expect(world.broken).toEqual([]);
  });
  it('answers an Assign with one Assigned that shows the binding, and sends each node one batch', () => {
    const world = two();
    world.assign(6);
    world.run();
    expect(sent(world, 'Assigned').map(({ pods }) => pods.map(({ phase }) => phase))).toEqual([
      ['bound', 'bound', 'bound', 'bound', 'bound', 'bound'],
    ]);
    expect(sent(world, 'Assign').map(({ records }) => records.length)).toEqual([3, 3]);
    const versions = sent(world, 'Assign').flatMap(({ records }) => records.map(({ version }) => version));
    expect(versions.every(({ stage, incarnation }) => stage === 'scheduler' && incarnation === 1000)).toBe(
      true,
    );
    expect(new Set(versions.map(({ counter }) => counter)).size).toBe(6);
  });
  it('ends what R terminates, and holds nothing of it afterwards', () => {
    const world = two();
    const uids = world.assign(4);
    world.run();
    world.terminate(uids.slice(0, 3));
    world.run();
    expect(world.state.context.records.size).toBe(1);
    expect([...world.head.pods.keys()]).toEqual([uids[3]]);
    expect(world.broken).toEqual([]);
  });
  it("keeps the tombstone until K's Terminated: the room stays taken", () => {
    const world = openWorld([nodeFact('n1', { capacity: size(100) })]);
    const [uid] = world.assign(1);
    world.run();
    world.terminate([uid as string]);
    world.deliver(0);
    const [second] = world.assign(1);
    world.deliver(world.pending.findIndex(({ about }) => about === 'from R'));
    expect(world.record(uid as string)?.phase).toBe('terminating');
    expect(world.record(second as string)?.phase).toBe('created');
    world.run();
    expect(world.record(uid as string)).toBeUndefined();
    expect(world.record(second as string)?.phase).toBe('running');
    expect(world.refusals).toEqual([]);
  });
  it('confirms at once what it never sent to a node', () => {
    const world = openWorld([nodeFact('n1', { capacity: size(50) })]);
    const uids = world.assign(2);
    world.run();
    world.terminate(uids);
    world.run();
    expect(world.head.pods.size).toBe(0);
    expect(world.state.context.queue.shapes.size).toBe(0);
  });
  it('TombstonesCollected: confirms a uid that it does not hold', () => {
    const world = two();
    const [uid] = world.assign(1);
    world.run();
    const stranger = { ...(world.head.pods.get(uid as string) as PodRecord), uid: 'r9-9' };
    world.terminate([uid as string]);
    world.run();
    world.head.pods.set('r9-9', { ...stranger, phase: 'terminating' });
    world.give({
      type: 'received',
      link: 'upstream',
      message: { kind: 'Terminate', session: world.headSession(), uids: ['r9-9'] },
    });
    world.run();
    expect(world.head.pods.size).toBe(0);
  });
  it('a Pod that ended by itself is marked upward, then confirmed', () => {
    const world = two();
    const [uid] = world.assign(1);
    world.run();
    world.userDeletes('n1', uid as string);
    world.deliver(0);
    world.deliver(world.pending.findIndex(({ about }) => about === 'to R'));
    expect(world.head.pods.get(uid as string)?.phase).toBe('terminating');
    world.run();
    expect(world.head.pods.size).toBe(0);
    expect(world.broken).toEqual([]);
  });
  it('TerminationIrreversible: an Assign of a uid that is held, tombstoned or not, changes nothing', () => {
    const world = two();
    const [uid] = world.assign(1);
    world.run();
    world.cutOff('n1');
    world.terminate([uid as string]);
    world.run();
    const record = world.record(uid as string);
    expect(record?.phase).toBe('terminating');
    world.give({
      type: 'received',
      link: 'upstream',
      message: {
        kind: 'Assign',
        session: world.headSession(),
        records: [{ ...(record as NonNullable<typeof record>), node: null, phase: 'created' }],
      },
    });
    world.run();
    expect(world.record(uid as string)).toEqual(record);
  });
});

describe('what S honours', () => {
  it('waits for a ReplicaSet that it has not seen', () => {
    const world = two();
    world.assign(2, { replicaSet: 'later' });
    world.run();
    expect(world.placed()).toEqual({ '- created': 2 });
    world.give({ type: 'replicaSetObserved', replicaSet: replicaSetFact('later') });
    world.run();
    expect(world.placed()).toEqual({ 'n1 running': 1, 'n2 running': 1 });
  });
  it('refuses Pods of a template that is not eligible', () => {
    const world = two();
    world.give({ type: 'replicaSetObserved', replicaSet: replicaSetFact('x', { ineligible: ['hostPort'] }) });
    world.assign(2, { replicaSet: 'x' });
    world.run();
    expect(world.head.pods.size).toBe(0);
    expect(sent(world, 'Refused')[0]?.pods[0]?.reason).toBe('NotEligible');
  });
  it('unmanaged Pods take room, orphaned ones too; when they end the queue moves', () => {
    const world = openWorld([nodeFact('n1')]);
    const stranger = strangerFact('s', 'n1', size(800));
    world.give({ type: 'podObserved', pod: stranger });
    world.give({ type: 'podObserved', pod: stranger });
    world.give({ type: 'podObserved', pod: strangerFact('o', 'n1', size(100), { managed: true }) });
    world.give({
      type: 'podObserved',
      pod: strangerFact('m', 'n1', size(100), { managed: true, replicaSet: 'rs' }),
    });
    world.assign(3);
    world.run();
    expect(world.placed()).toEqual({ 'n1 running': 1, '- created': 2 });
    world.give({ type: 'podObserved', pod: { ...stranger, phase: 'Succeeded' } });
    world.run();
    expect(world.placed()).toEqual({ 'n1 running': 3 });
    world.give({ type: 'podVanished', pod: stranger });
    expect(world.state.context.unmanagedRoom.get('n1')).toEqual(size(100));
  });
  it('binds when a node comes, is uncordoned, or grows', () => {
    const fact = nodeFact('n1', { unschedulable: true });
    const world = openWorld([fact]);
    world.assign(2, { requests: size(700) });
    world.run();
    expect(world.placed()).toEqual({ '- created': 2 });
    world.give({ type: 'nodeObserved', node: { ...fact, unschedulable: false } });
    world.run();
    expect(world.placed()).toEqual({ 'n1 running': 1, '- created': 1 });
    world.join(nodeFact('n2'));
    world.run();
    expect(world.placed()).toEqual({ 'n1 running': 1, 'n2 running': 1 });
  });
  it('says once that a ReplicaSet finds no room, and not if it found some', () => {
    const fact = nodeFact('n1', { capacity: size(250) });
    const world = openWorld([fact]);
    const uids = world.assign(2);
    world.run();
    expect(world.timers.has('noRoom/rs')).toBe(true);
    world.fire('noRoom/rs');
    expect(world.told).toEqual([
      'FailedScheduling rs: 1 Pods wait for a node: none of 1 nodes that take Pods admits them and has room',
    ]);
    world.terminate(uids);
    world.run();
    expect(world.timers.has('noRoom/rs')).toBe(false);
    expect(world.told).toHaveLength(1);
  });
  it('a node that refused is left alone by that ReplicaSet until it cooled down', () => {
    const world = two();
    world.takes = (node) => node !== 'n1';
    world.assign(2);
    world.run();
    expect(world.placed()).toEqual({ 'n2 running': 1 });
    expect(world.timers.has('coolDown/n1/rs')).toBe(true);
    world.takes = () => true;
    world.assign(3);
    world.run();
    expect(world.placed()).toEqual({ 'n2 running': 4 });
    world.fire('coolDown/n1/rs');
    world.assign(1);
    world.run();
    expect(world.placed()).toEqual({ 'n1 running': 1, 'n2 running': 4 });
  });
});

describe('handshakes', () => {
  it('R hears what changed while its link was down, and nothing is disturbed', () => {
    const world = two();
    const uids = world.assign(4);
    world.run();
    world.breakHead();
    world.userDeletes('n1', uids[0] as string);
    world.run();
    expect(world.head.pods.size).toBe(3);
    expect(world.state.context.records.size).toBe(3);
    expect(world.broken).toEqual([]);
  });
  it('changes between Offer and State reach R right after State', () => {
    const world = two();
    const [uid] = world.assign(1);
    world.run();
    world.breakHead();
    const upstream = () => world.state.context.upstream.value;
    while (upstream() !== 'offered') world.deliver(0);
    world.userDeletes('n1', uid as string);
    for (let at = 0; at >= 0; at = world.pending.findIndex(({ about }) => /n1|exit/.test(about))) {
      world.deliver(at);
      if (upstream() !== 'offered') break;
    }
    expect(
      world.state.context.records.size === 0 || world.record(uid as string)?.phase === 'terminating',
    ).toBe(true);
    world.run();
    expect(world.head.pods.size).toBe(0);
  });
  it('a tombstone made while the node was away is sent when it opens', () => {
    const world = two();
    const [uid] = world.assign(1);
    world.run();
    world.cutOff('n1');
    world.terminate([uid as string]);
    world.run();
    expect(world.record(uid as string)?.phase).toBe('terminating');
    world.heal('n1');
    world.run();
    expect(world.head.pods.size).toBe(0);
    expect(world.tails.get('n1')?.pods.size).toBe(0);
    expect(world.broken).toEqual([]);
  });
  it('a Pod that did not survive the session is lost, not sent again', () => {
    const world = openWorld([nodeFact('n1')]);
    const [uid] = world.assign(1);
    world.deliver(0);
    expect(world.record(uid as string)?.phase).toBe('bound');
    world.breakNode('n1');
    world.run();
    expect(world.head.pods.size).toBe(0);
    expect(world.accepted.size).toBe(0);
    expect(sent(world, 'Assign')).toHaveLength(1);
  });
  it('a restarted S recovers everything from the nodes before R may connect', () => {
    const world = two();
    const uids = world.assign(6);
    world.run();
    world.terminate([uids[0] as string]);
    world.crash();
    world.run();
    expect(world.state.value).toEqual({ leading: 'serving' });
    expect([...world.state.context.records.keys()].sort()).toEqual(uids.slice(1).sort());
    expect([...world.head.pods.keys()].sort()).toEqual(uids.slice(1).sort());
    expect(world.broken).toEqual([]);
  });
  it('the upstream must hold its Lease', () => {
    const world = new SchedulerWorld([nodeFact('n1')]);
    world.head.incarnation = 51; // what the Lease shows: another R leads
    world.run(200);
    expect(world.state.context.upstream.value).toBe('closed');
  });
});

describe('the barrier', () => {
  it('R waits until every registered Node of the list was open once', () => {
    const world = new SchedulerWorld([nodeFact('n1'), nodeFact('n2'), nodeFact('n3', { agent: null })]);
    world.cut.add('n2');
    world.run();
    expect(world.state.value).toEqual({ leading: 'recovering' });
    expect(world.state.context.upstream.value).toBe('waiting');
    world.heal('n2');
    world.run();
    expect(world.state.value).toEqual({ leading: 'serving' });
    expect(world.head.link.value).toBe('open');
  });
  it('once is enough: a flapping node does not block R', () => {
    const world = new SchedulerWorld([nodeFact('n1'), nodeFact('n2')]);
    world.cut.add('n2');
    world.run();
    world.cutOff('n1');
    world.heal('n2');
    world.run();
    expect(world.head.link.value).toBe('open');
  });
  it('a node that comes later is not waited for', () => {
    const world = new SchedulerWorld([nodeFact('n1')]);
    while (world.state.value.toString() === '' || !world.state.context.barrier) world.deliver(0);
    world.cut.add('n2');
    world.join(nodeFact('n2'));
    world.run();
    expect(world.head.link.value).toBe('open');
  });
  it('an old mark does not count: only a cancellation by this incarnation does', () => {
    const world = new SchedulerWorld([nodeFact('n1', { mark: { incarnation: 900, n: 3 } })]);
    world.cut.add('n1');
    world.run();
    expect(world.state.value).toEqual({ leading: 'recovering' });
    world.fire('unreachable/n1');
    world.run();
    expect(world.state.value).toEqual({ leading: 'serving' });
  });
});

describe('release: the switch stands at stock', () => {
  const stock = { type: 'switchObserved', switch: { owner: 'stock', resourceVersion: '7' } } as const;
  const direct = { type: 'switchObserved', switch: { owner: 'direct', resourceVersion: '8' } } as const;
  it('S gives up what it has not bound, refuses what comes, and goes on after take back', () => {
    const world = openWorld([nodeFact('n1', { capacity: size(100) })]);
    const [bound, waiting] = world.assign(2);
    world.run();
    world.give(stock);
    world.run();
    expect([...world.head.pods.keys()]).toEqual([bound]);
    expect(sent(world, 'Invalidate').flatMap(({ lost }) => lost)).toEqual([
      { uid: waiting, reason: 'OwnedByStock' },
    ]);
    const [late] = world.assign(1);
    world.run();
    expect(sent(world, 'Refused').flatMap(({ pods }) => pods)).toEqual([
      { uid: late, reason: 'OwnedByStock' },
    ]);
    expect(world.placed()).toEqual({ 'n1 running': 1 });
    expect(world.state.context.queue.shapes.size).toBe(0);
    world.give(direct);
    world.terminate([bound as string]);
    world.assign(1);
    world.run();
    expect(world.placed()).toEqual({ 'n1 running': 1 });
    expect(world.broken).toEqual([]);
  });
  it('S cancels no node until take back; of one that is gone it gives up what was there at once', () => {
    const world = two();
    world.assign(2);
    world.run();
    world.give(stock);
    world.cutOff('n1');
    world.run();
    world.fire('unreachable/n1');
    world.run();
    expect(world.state.context.records.size).toBe(2);
    world.vanish('n2');
    world.run();
    expect(world.state.context.records.size).toBe(1);
    world.give(direct);
    world.run();
    expect(world.head.pods.size).toBe(1);
    world.fire('unreachable/n1');
    world.run();
    expect(world.head.pods.size).toBe(0);
  });
});

describe('the view', () => {
  it('is plain JSON and the same for the same history', () => {
    const make = () => {
      const world = two();
      world.assign(3);
      world.run();
      return JSON.stringify(viewOfScheduler(world.state));
    };
    expect(make()).toBe(make());
    const parsed = JSON.parse(make());
    expect(parsed.records).toHaveLength(3);
    expect(JSON.stringify(parsed)).toBe(make());
  });
  it('a state is never changed by a step from it', () => {
    const world = two();
    world.assign(3);
    world.run();
    const before = world.state;
    const view = JSON.stringify(viewOfScheduler(before));
    world.assign(5);
    world.run();
    world.cutOff('n1');
    world.run();
    expect(JSON.stringify(viewOfScheduler(before))).toBe(view);
  });
});
