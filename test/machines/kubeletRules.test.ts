/** Rules of the tail one by one: termination, marks, room, the owner switch, failures (protocol 4, 6, 7, 9). */
import { describe, expect, it } from 'vitest';
import { kubeletMachine, kubeletStage } from '../../machines/kubelet/index.ts';
import { HEARS, type StageEvent } from '../../spec/events.ts';
import {
  bound,
  entries,
  markOf,
  nodeFact,
  only,
  podFact,
  sent,
  serving,
  Tail,
  types,
} from './kubelet.support.ts';

/** A K that serves, with one published Pod. */
function withPod(runtime: 'publish' | 'runs' = 'publish'): Tail {
  const tail = serving({ runtime });
  tail.assign(bound('r1'));
  if (runtime === 'runs') tail.hear({ type: 'podStarted', uid: 'r1' });
  tail.hear({ type: 'published', uid: 'r1', pod: podFact('r1') });
  return tail;
}
const switchTo = (tail: Tail, owner: 'direct' | 'stock') =>
  tail.hear({ type: 'switchObserved', switch: { owner, resourceVersion: owner } });
const seeMark = (tail: Tail, incarnation: number, n: number) =>
  tail.hear({
    type: 'nodeObserved',
    node: nodeFact({ agent: tail.incarnation, mark: markOf(incarnation, n) }),
  });
/** Ends the Pod of {@link withPod}. */
function finish(tail: Tail, uid = 'r1') {
  tail.hear({ type: 'podVanished', pod: podFact(uid) });
  return tail.hear({ type: 'podRead', uid, pod: null });
}

describe('termination (4)', () => {
  it('answers Terminated for a uid it does not hold', () => {
    expect(sent(serving().terminate('r7'))).toMatchObject([{ kind: 'Terminated', uids: ['r7'] }]);
  });

  it('refuses a uid that has ended', () => {
    const tail = withPod();
    tail.terminate('r1');
    finish(tail);
    expect(sent(tail.assign(bound('r1')))).toMatchObject([{ kind: 'Refused', pods: [{ reason: 'Ended' }] }]);
  });

  it('waits for the fate of a create before it deletes, and deletes what landed', () => {
    const tail = serving();
    tail.assign(bound('r1'));
    expect(types(tail.terminate('r1'))).toEqual(['journal']);
    const landed = tail.hear({ type: 'published', uid: 'r1', pod: podFact('r1') });
    expect(types(landed)).toEqual(['deletePod']);
  });

  it('confirms a lost create after the wait and a consistent read', () => {
    const tail = serving();
    tail.assign(bound('r1'));
    tail.terminate('r1');
    tail.hear({ type: 'publishFailed', uid: 'r1', refusal: 'ambiguous', text: '' });
    expect(types(tail.hear({ type: 'timerFired', timer: 'ambiguous/r1' }))).toEqual(['readPod']);
    const confirmed = tail.hear({ type: 'podRead', uid: 'r1', pod: null });
    expect(sent(confirmed)).toMatchObject([{ kind: 'Terminated', uids: ['r1'] }]);
  });

  it('does not confirm when the consistent read still shows the object', () => {
    const tail = withPod();
    tail.terminate('r1');
    tail.hear({ type: 'podVanished', pod: podFact('r1') });
    const read = tail.hear({ type: 'podRead', uid: 'r1', pod: podFact('r1', { deleting: true }) });
    expect(read).toEqual([]);
    expect(tail.pod('r1')).toMatchObject({ object: 'deleting' });
  });

  it('tells a Pod that a user deletes as terminating, then as Terminated', () => {
    const tail = withPod();
    const deleted = tail.hear({ type: 'podObserved', pod: podFact('r1', { deleting: true }) });
    expect(entries(deleted)).toMatchObject([{ kind: 'terminating' }]);
    expect(only(deleted, 'deletePod')).toEqual([]);
    expect(sent(deleted)).toMatchObject([{ kind: 'Invalidate', changed: [{ phase: 'terminating' }] }]);
    expect(sent(finish(tail))).toMatchObject([{ kind: 'Terminated', uids: ['r1'] }]);
  });

  it('tells a Pod that the kubelet refused as lost, and deletes its object', () => {
    const tail = withPod();
    const failed = tail.hear({ type: 'podObserved', pod: podFact('r1', { phase: 'Failed' }) });
    expect(sent(failed)).toMatchObject([{ kind: 'Invalidate', lost: [{ uid: 'r1', reason: 'Failed' }] }]);
    expect(types(failed)).toContain('deletePod');
    tail.hear({ type: 'podVanished', pod: podFact('r1') });
    expect(tail.view.foreign).toEqual([]);
  });

  it('tries a delete again that failed', () => {
    const tail = withPod();
    tail.terminate('r1');
    const failed = tail.hear({ type: 'deleteAnswered', uid: 'r1', outcome: 'ambiguous' });
    expect(only(failed, 'setTimer')).toMatchObject([{ timer: 'retry/r1' }]);
    expect(types(tail.hear({ type: 'timerFired', timer: 'retry/r1' }))).toEqual(['deletePod']);
  });

  it.each(['quota', 'forbidden', 'invalid', 'notFound'] as const)(
    'ends a Pod whose create was refused: %s',
    (refusal) => {
      const tail = serving();
      tail.assign(bound('r1'));
      tail.hear({ type: 'publishFailed', uid: 'r1', refusal, text: 'no' });
      const confirmed = tail.hear({ type: 'podRead', uid: 'r1', pod: null });
      expect(sent(confirmed)).toMatchObject([{ kind: 'Invalidate', lost: [{ uid: 'r1' }] }]);
      expect(tail.view.pods).toEqual([]);
    },
  );

  it('ends a Pod whose containers died', () => {
    const tail = withPod('runs');
    const died = tail.hear({ type: 'podStopped', uid: 'r1', failed: true });
    expect(types(died)).toEqual(['journal', 'deletePod', 'send']);
    tail.hear({ type: 'deleteAnswered', uid: 'r1', outcome: 'accepted' });
    const gone = tail.hear({ type: 'podVanished', pod: podFact('r1') });
    expect(sent(gone)).toMatchObject([
      { kind: 'Invalidate', lost: [{ uid: 'r1', reason: 'ContainersFailed' }] },
    ]);
  });
});

describe('room (7)', () => {
  const big = (uid: string) => bound(uid, { requests: { cpu: 600, memory: 100, pods: 1 } });

  it('refuses what does not fit, whatever S believes', () => {
    const tail = serving();
    const effects = tail.assign(big('r1'), big('r2'));
    expect(sent(effects)).toMatchObject([
      { kind: 'Assigned', pods: [{ uid: 'r1' }] },
      { kind: 'Refused', pods: [{ uid: 'r2', reason: 'OutOfcpu' }] },
    ]);
  });

  it('counts terminating Pods', () => {
    const tail = serving();
    tail.assign(big('r1'));
    tail.terminate('r1');
    expect(sent(tail.assign(big('r2')))).toMatchObject([{ kind: 'Refused' }]);
  });

  it('counts unmanaged Pods, and not those that are over', () => {
    const tail = serving();
    const other = podFact(null, {
      managed: false,
      replicaSet: null,
      requests: { cpu: 500, memory: 1, pods: 1 },
    });
    tail.hear({ type: 'podObserved', pod: other });
    expect(sent(tail.assign(big('r1')))).toMatchObject([{ kind: 'Refused' }]);
    tail.hear({ type: 'podObserved', pod: { ...other, phase: 'Succeeded' } });
    expect(sent(tail.assign(big('r2')))).toMatchObject([{ kind: 'Assigned' }]);
  });

  it('refuses a Pod that is bound to another node', () => {
    const effects = serving().assign(bound('r1', { node: 'n2' }));
    expect(sent(effects)).toMatchObject([{ kind: 'Refused', pods: [{ reason: 'WrongNode' }] }]);
  });
});

describe('the mark on the Node (6)', () => {
  it('seen by the watch: closes sessions not above it, ends every Pod, and persists the drain when all are gone', () => {
    const tail = withPod();
    const seen = seeMark(tail, 50, 5);
    expect(types(seen)).toEqual(['journal', 'disconnect', 'deletePod']);
    expect(entries(seen)).toMatchObject([
      { kind: 'fence', fence: markOf(50, 5) },
      { kind: 'terminating', uid: 'r1' },
    ]);
    expect(sent(tail.assign(bound('r2')))).toEqual([]);
    const drained = finish(tail);
    expect(entries(drained)).toMatchObject([{ kind: 'ended' }, { kind: 'drained', mark: markOf(50, 5) }]);
    expect(only(drained, 'reportDrain')).toEqual([{ type: 'reportDrain', mark: markOf(50, 5) }]);
  });

  it('found at a Hello: the Offer waits for the drain, and shows it', () => {
    const tail = withPod();
    tail.hello(60, 1);
    const marked = tail.nodeRead({ mark: markOf(55, 2) });
    expect(sent(marked)).toEqual([]);
    expect(types(marked)).toContain('deletePod');
    expect(types(finish(tail))).toContain('readNode');
    const offered = tail.nodeRead({ mark: markOf(55, 2) });
    expect(sent(offered)).toMatchObject([{ kind: 'Offer', drained: markOf(55, 2), held: [] }]);
  });

  it('older than the incarnation accepted before is void: a stale leader can not drain a healthy node', () => {
    const tail = withPod();
    expect(seeMark(tail, 49, 9)).toEqual([]);
    expect(tail.record('r1')).toMatchObject({ phase: 'accepted' });
  });

  it('is compared with the incarnation accepted before this Hello, not with this one', () => {
    const tail = withPod();
    tail.hello(70, 1);
    expect(types(tail.nodeRead({ mark: markOf(60, 1) }))).toContain('deletePod');
  });

  it('above the Hello refuses it', () => {
    const tail = withPod();
    tail.hello(60, 1);
    expect(sent(tail.nodeRead({ mark: markOf(65, 1) }))).toMatchObject([
      { kind: 'Rejected', fence: markOf(65, 1) },
    ]);
  });

  it('does not drain twice, nor again after a restart, nor with a lost journal', () => {
    const tail = withPod();
    seeMark(tail, 50, 5);
    finish(tail);
    expect(seeMark(tail, 50, 5)).toEqual([]);
    tail.crash();
    expect(types(tail.serve([], nodeFact({ mark: markOf(50, 5) })))).toEqual([]);
    const fresh = new Tail();
    fresh.serve([podFact('r2')], nodeFact({ mark: markOf(50, 5), drained: markOf(50, 5) }));
    expect(fresh.record('r2')).toMatchObject({ phase: 'accepted' });
  });

  it('is drained again after a crash in mid-drain', () => {
    const tail = withPod();
    seeMark(tail, 50, 5);
    tail.crash();
    tail.serve([podFact('r1', { deleting: true })], nodeFact({ mark: markOf(50, 5) }));
    expect(tail.view.draining).toEqual({ mark: markOf(50, 5) });
  });
});

describe('the Node itself (6)', () => {
  it('gone: every session is closed, every Pod ends, and K registers again', () => {
    const tail = withPod();
    const gone = tail.hear({ type: 'nodeVanished', name: 'n1', uid: 'node-uid' });
    expect(types(gone)).toEqual(['journal', 'disconnect', 'deletePod', 'register']);
    tail.serve([podFact('r1', { deleting: true })], nodeFact({ uid: 'second' }));
    expect(types(tail.hello(50, 9))).toEqual([]);
    expect(types(finish(tail))).toContain('readNode');
    expect(sent(tail.nodeRead({ uid: 'second' }))).toMatchObject([{ kind: 'Offer', held: [] }]);
  });

  it('under another uid is verified by a consistent read before K believes it', () => {
    const tail = withPod();
    const seen = tail.hear({ type: 'nodeObserved', node: nodeFact({ uid: 'old' }) });
    expect(types(seen)).toEqual(['readNode']);
    expect(tail.nodeRead()).toEqual([]);
    tail.hear({ type: 'nodeObserved', node: nodeFact({ uid: 'second' }) });
    expect(types(tail.nodeRead({ uid: 'second' }))).toContain('register');
    expect(tail.record('r1')).toMatchObject({ phase: 'terminating' });
  });

  it('registered by a newer agent: this one stops', () => {
    const tail = withPod();
    tail.hello();
    const read = tail.nodeRead({ agent: tail.incarnation + 1 });
    expect(types(read)).toContain('stop');
    expect(tail.view.state).toMatchObject({ agent: 'superseded' });
  });

  it('shown with a newer agent: a consistent read says so, and this one stops; an older one says nothing', () => {
    const tail = withPod();
    const shown = (agent: number) => tail.hear({ type: 'nodeObserved', node: nodeFact({ agent }) });
    expect(shown(tail.incarnation - 1)).toEqual([]);
    expect(types(shown(tail.incarnation + 1))).toEqual(['readNode']);
    expect(types(tail.nodeRead({ agent: tail.incarnation + 1 }))).toContain('stop');
    expect(types(tail.terminate('r1'))).toEqual([]);
  });

  it('where a newer agent stands already: this one does not register', () => {
    const tail = new Tail();
    const answered = tail.hear({ type: 'registered', node: nodeFact({ agent: tail.incarnation + 1 }) });
    expect(types(answered)).toEqual(['stop']);
    expect(tail.view.state).toMatchObject({ agent: 'superseded' });
  });

  it.each(['readingLeader', 'listing'])(
    'shown with a newer agent in %s: K asks once more, and stops',
    (state) => {
      const tail = new Tail();
      tail.hear({ type: 'registered', node: nodeFact({ agent: tail.incarnation }) });
      if (state === 'listing')
        tail.hear({ type: 'leaseRead', subject: 'scheduler', token: 'minimum/1', incarnation: 50 });
      expect(tail.view.state).toMatchObject({ agent: state });
      const newer = nodeFact({ agent: tail.incarnation + 1 });
      expect(types(tail.hear({ type: 'nodeObserved', node: newer }))).toEqual(['register']);
      expect(types(tail.hear({ type: 'registered', node: newer }))).toEqual(['stop']);
    },
  );

  it('without the registration: K registers again before it answers', () => {
    const tail = withPod();
    tail.hello();
    const read = tail.nodeRead({ agent: null });
    expect(types(read)).toContain('register');
    expect(tail.record('r1')).toMatchObject({ phase: 'accepted' });
  });
});

describe('the owner switch (9)', () => {
  it('released: ends what is unpublished and acknowledges once nothing is in flight', () => {
    const tail = serving();
    tail.assign(bound('r1'));
    expect(only(switchTo(tail, 'stock'), 'acknowledgeOwner')).toEqual([]);
    tail.hear({ type: 'publishFailed', uid: 'r1', refusal: 'switch', text: '' });
    const done = tail.hear({ type: 'podRead', uid: 'r1', pod: null });
    expect(sent(done)).toMatchObject([{ kind: 'Invalidate', lost: [{ uid: 'r1', reason: 'OwnedByStock' }] }]);
    expect(only(done, 'acknowledgeOwner')).toEqual([
      { type: 'acknowledgeOwner', owner: 'stock', switchVersion: 'stock' },
    ]);
  });

  it('released: a live Pod that is to be terminated is let go and adopted under another uid', () => {
    const tail = withPod();
    switchTo(tail, 'stock');
    const let_go = tail.terminate('r1');
    expect(types(let_go)).toEqual(['journal', 'send']);
    expect(entries(let_go).map(({ kind }) => kind)).toEqual(['released', 'accepted', 'publishIntent']);
    expect(sent(let_go)).toMatchObject([
      { kind: 'Invalidate', lost: [{ uid: 'r1' }], adopted: [{ uid: 'a-m-r1' }] },
    ]);
    tail.crash();
    expect(types(tail.serve([podFact('r1')]))).toEqual([]);
    expect(tail.record('a-m-r1')).toMatchObject({ phase: 'accepted' });
  });

  it('released: a tombstone whose delete was denied was not signalled, so it is let go', () => {
    const tail = withPod();
    tail.terminate('r1');
    tail.hear({ type: 'deleteAnswered', uid: 'r1', outcome: 'switch' });
    expect(entries(switchTo(tail, 'stock')).map(({ kind }) => kind)).toEqual([
      'released',
      'accepted',
      'publishIntent',
    ]);
  });

  it('released: one that was signalled is finished', () => {
    const tail = withPod();
    tail.terminate('r1');
    tail.hear({ type: 'deleteAnswered', uid: 'r1', outcome: 'accepted' });
    expect(only(switchTo(tail, 'stock'), 'acknowledgeOwner')).toHaveLength(1);
    expect(sent(finish(tail))).toMatchObject([{ kind: 'Terminated' }]);
  });

  it('released, where K runs the containers: sets Failed what it may not delete, and deletes it at take back', () => {
    const tail = withPod('runs');
    tail.terminate('r1');
    tail.hear({ type: 'deleteAnswered', uid: 'r1', outcome: 'switch' });
    expect(only(switchTo(tail, 'stock'), 'failPod')).toMatchObject([{ uid: 'r1', metadataUid: 'm-r1' }]);
    tail.hear({ type: 'podStopped', uid: 'r1', failed: false });
    const failed = podFact('r1', { phase: 'Failed' });
    const settled = tail.hear({ type: 'podObserved', pod: failed });
    expect(sent(settled)).toMatchObject([{ kind: 'Invalidate', lost: [{ uid: 'r1' }] }]);
    expect(only(settled, 'acknowledgeOwner')).toHaveLength(1);
    expect(only(settled, 'deletePod')).toEqual([]);
    switchTo(tail, 'direct');
    tail.hear({ type: 'timerFired', timer: 'propagation' });
    expect(types(tail.hear({ type: 'podsListed', pods: [failed] }))).toEqual([
      'deletePod',
      'acknowledgeOwner',
    ]);
  });

  it('released: refuses what is assigned', () => {
    const tail = serving();
    switchTo(tail, 'stock');
    expect(sent(tail.assign(bound('r1')))).toMatchObject([
      { kind: 'Refused', pods: [{ reason: 'OwnedByStock' }] },
    ]);
  });

  it('taken back: lists consistently after the propagation time, adopts what stock made, and only then acts', () => {
    const tail = withPod();
    switchTo(tail, 'stock');
    expect(types(switchTo(tail, 'direct'))).toEqual(['setTimer']);
    expect(types(tail.hear({ type: 'timerFired', timer: 'propagation' }))).toEqual(['listPods']);
    const stock = podFact(null, { metadataUid: 's1', name: 's1' });
    const listed = tail.hear({ type: 'podsListed', pods: [podFact('r1'), stock] });
    expect(sent(listed)).toMatchObject([{ kind: 'Invalidate', adopted: [{ uid: 'a-s1' }] }]);
    expect(only(listed, 'acknowledgeOwner')).toMatchObject([{ owner: 'direct' }]);
    expect(types(tail.terminate('r1'))).toContain('deletePod');
  });

  it('never reuses the uid of a Pod that is let go twice', () => {
    const tail = withPod();
    switchTo(tail, 'stock');
    tail.terminate('r1');
    expect(entries(tail.terminate('a-m-r1'))).toMatchObject([
      { kind: 'released' },
      { record: { uid: 'a-m-r1.2' } },
      {},
    ]);
  });
});

/** One event of each type that K hears, with nothing in it that fits. */
const EVENTS: { readonly [T in (typeof HEARS.kubelet)[number]]: Extract<StageEvent, { type: T }> } = {
  broken: { type: 'broken', link: 'upstream', upstream: 1, n: 1 },
  received: {
    type: 'received',
    link: 'upstream',
    message: { kind: 'Terminate', session: { upstream: 1, downstream: 1, n: 1 }, uids: ['r1'] },
  },
  leaseRead: { type: 'leaseRead', subject: 'scheduler', token: 'stale', incarnation: 1 },
  registered: { type: 'registered', node: nodeFact() },
  nodeRead: { type: 'nodeRead', name: 'n1', token: 'stale', node: null },
  nodeObserved: { type: 'nodeObserved', node: nodeFact() },
  nodeVanished: { type: 'nodeVanished', name: 'n1', uid: 'other' },
  podObserved: { type: 'podObserved', pod: podFact(null, { managed: false, replicaSet: null }) },
  podVanished: { type: 'podVanished', pod: podFact('r8') },
  podsListed: { type: 'podsListed', pods: [] },
  published: { type: 'published', uid: 'r8', pod: podFact('r8', { node: 'elsewhere' }) },
  publishFailed: { type: 'publishFailed', uid: 'r8', refusal: 'quota', text: '' },
  deleteAnswered: { type: 'deleteAnswered', uid: 'r8', outcome: 'accepted' },
  podRead: { type: 'podRead', uid: 'r8', pod: null },
  podStarted: { type: 'podStarted', uid: 'r8' },
  podNeedsObject: { type: 'podNeedsObject', uid: 'r8' },
  podReadiness: { type: 'podReadiness', uid: 'r8', ready: true },
  podStopped: { type: 'podStopped', uid: 'r8', failed: false },
  switchObserved: { type: 'switchObserved', switch: { owner: 'direct', resourceVersion: '1' } },
  synced: { type: 'synced', what: 'nodes' },
  timerFired: { type: 'timerFired', timer: 'retry/r8' },
};

/** The names of the events that a state of a region handles, from the machine. */
function handled(region: 'agent' | 'owner', state: string): string[] {
  return Object.keys(kubeletMachine.root.states[region]?.states[state]?.config.on ?? {}).sort();
}

describe('(state, event) pairs', () => {
  const all = [...HEARS.kubelet].sort();
  const owners = all.filter((type) => type !== 'switchObserved');

  it.each(['registering', 'readingLeader', 'listing', 'serving', 'superseded'])(
    'agent.%s says what becomes of each event',
    (state) => expect(handled('agent', state)).toEqual(all),
  );
  it.each(['direct', 'stock', 'propagating', 'relisting'])(
    'owner.%s says what becomes of each event',
    (state) => expect(handled('owner', state)).toEqual([...owners, 'switchObserved'].sort()),
  );

  const states: Readonly<Record<string, () => Tail>> = {
    registering: () => new Tail(),
    serving: () => withPod(),
    'serving, stock': () => {
      const tail = withPod();
      switchTo(tail, 'stock');
      return tail;
    },
    superseded: () => {
      const tail = withPod();
      tail.hello();
      tail.nodeRead({ agent: tail.incarnation + 1 });
      return tail;
    },
  };
  it.each(Object.keys(states))(
    '%s: an event that fits nothing starts, ends and publishes nothing',
    (name) => {
      for (const event of Object.values(EVENTS)) {
        if (event.type === 'registered' && name === 'registering') continue;
        const tail = states[name]?.() as Tail;
        const before = tail.view.pods;
        const effects = tail.hear(event);
        const harmless = ['readPod', 'stopPod', 'listPods', 'report', 'setTimer', 'acknowledgeOwner'];
        expect(types(effects).filter((type) => !harmless.includes(type))).toEqual([]);
        expect(tail.view.pods).toEqual(before);
      }
    },
  );

  it('refuses an event that K does not hear', () => {
    const tail = withPod();
    expect(() => kubeletStage.step(tail.state, { type: 'nodesListed', nodes: [] })).toThrow(/does not hear/);
  });
});
