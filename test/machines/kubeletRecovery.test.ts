/** Recovery of K from journal, containers and API Server: each row of the table, and what holds at all times (protocol 5). */
import { describe, expect, it } from 'vitest';
import { replayJournal } from '../../machines/kubelet/index.ts';
import type { JournalEntry, JournalState } from '../../spec/journal.ts';
import { bound, entries, K, nodeFact, only, podFact, sent, serving, Tail, types } from './kubelet.support.ts';

const record = bound('r1', {
  phase: 'accepted',
  version: { stage: 'kubelet/n1', incarnation: 90, counter: 1 },
});
const accepted: JournalEntry = { kind: 'accepted', record, metadataUid: null, name: null };
const intent: JournalEntry = { kind: 'publishIntent', uid: 'r1', incarnation: 90 };
const terminating: JournalEntry = { kind: 'terminating', uid: 'r1', metadataUid: null, name: null };
const journalOf = (...rows: JournalEntry[]): JournalState =>
  replayJournal([{ kind: 'node', nodeUid: 'node-uid' }, ...rows]);

/** A restart of K with what is left. */
function restarted(
  runtime: 'publish' | 'runs',
  journal: JournalState,
  running: readonly string[] = [],
  objects: readonly ReturnType<typeof podFact>[] = [],
  mutant?: string,
) {
  const mutants = new Set(mutant === undefined ? [] : [mutant]);
  const tail = new Tail({ runtime, journal, running, mutants });
  tail.serve(objects);
  return tail;
}

describe('a restart where K runs the containers', () => {
  it.each([
    ['without intent', [accepted]],
    ['with intent', [accepted, intent]],
  ])(
    'ends a Pod accepted %s that has no containers, and confirms only once the runtime is quiet',
    (_, rows) => {
      const tail = restarted('runs', journalOf(...rows));
      expect(types(tail.effects)).toContain('stopPod');
      expect(entries(tail.effects)).toMatchObject([{ kind: 'terminating', uid: 'r1' }]);
      expect(tail.journal.pods.has('r1')).toBe(true);
      tail.hear({ type: 'podStarted', uid: 'r1' });
      expect(tail.journal.ended.has('r1')).toBe(false);
      tail.hear({ type: 'podStopped', uid: 'r1', failed: false });
      if (rows.length === 2) {
        tail.hear({ type: 'timerFired', timer: 'ambiguous/r1' });
        tail.hear({ type: 'podRead', uid: 'r1', pod: null });
      }
      expect(tail.journal.ended.has('r1')).toBe(true);
    },
  );

  it('kills containers that the journal does not know, and answers no Hello until they are quiet', () => {
    const tail = restarted('runs', journalOf(), ['x9']);
    expect(only(tail.effects, 'stopPod')).toEqual([{ type: 'stopPod', uid: 'x9' }]);
    expect(types(tail.hello())).not.toContain('readNode');
    expect(types(tail.hear({ type: 'podStopped', uid: 'x9', failed: false }))).toEqual(['readNode']);
  });

  it('publishes a Pod that runs and has no publish intent: it was never visible', () => {
    const tail = restarted('runs', journalOf(accepted), ['r1']);
    expect(types(tail.effects)).toEqual(['journal', 'publish']);
    expect(entries(tail.effects)).toMatchObject([{ kind: 'publishIntent', uid: 'r1', incarnation: K }]);
    expect(tail.record('r1')).toMatchObject({ phase: 'running' });
  });

  it('keeps a Pod that runs and is live at the API Server, under a version of this incarnation', () => {
    const fact = podFact('r1', { phase: 'Running', ready: true });
    const tail = restarted('runs', journalOf(accepted, intent), ['r1'], [fact]);
    expect(types(tail.effects)).toEqual([]);
    expect(tail.record('r1')).toMatchObject({ phase: 'running', ready: true, version: { incarnation: K } });
  });

  it('ends a Pod that runs, was meant to be published and has no object: ambiguous', () => {
    const tail = restarted('runs', journalOf(accepted, intent), ['r1']);
    expect(types(tail.effects)).toEqual(['journal', 'setTimer', 'stopPod']);
    expect(only(tail.effects, 'publish')).toEqual([]);
    tail.hear({ type: 'podStopped', uid: 'r1', failed: false });
    expect(tail.journal.ended.has('r1')).toBe(false);
    expect(types(tail.hear({ type: 'timerFired', timer: 'ambiguous/r1' }))).toEqual(['readPod']);
    tail.hear({ type: 'podRead', uid: 'r1', pod: null });
    expect(tail.journal.ended.has('r1')).toBe(true);
  });

  it('ends the object of a Pod whose containers died with the node', () => {
    const tail = restarted('runs', journalOf(accepted, intent), [], [podFact('r1')]);
    expect(types(tail.effects)).toEqual(['journal', 'stopPod', 'deletePod']);
  });

  it.each([[[]], [['r1']]])('goes on terminating, whatever runs and stands: containers %j', (running) => {
    const tail = restarted('runs', journalOf(accepted, intent, terminating), running, [podFact('r1')]);
    expect(types(tail.effects)).toEqual(['stopPod', 'deletePod']);
    expect(tail.record('r1')).toMatchObject({ phase: 'terminating' });
  });
});

describe("a restart where the node's own kubelet runs the containers", () => {
  it('keeps a Pod with publish intent and a live object', () => {
    const fact = podFact('r1', { phase: 'Running', ready: true });
    const tail = restarted('publish', journalOf(accepted, intent), [], [fact]);
    expect(types(tail.effects)).toEqual([]);
    expect(tail.record('r1')).toMatchObject({ phase: 'running', ready: true });
  });

  it('takes a terminating object for terminating', () => {
    const tail = restarted('publish', journalOf(accepted, intent), [], [podFact('r1', { deleting: true })]);
    expect(entries(tail.effects)).toMatchObject([{ kind: 'terminating', uid: 'r1' }]);
    expect(types(tail.effects)).toEqual(['journal']);
    expect(types(tail.hear({ type: 'podVanished', pod: podFact('r1') }))).toEqual(['readPod']);
  });

  it('ends a Pod with publish intent and no object: it waits, reads, and then confirms', () => {
    const tail = restarted('publish', journalOf(accepted, intent));
    expect(types(tail.effects)).toEqual(['journal', 'setTimer']);
    expect(types(tail.hear({ type: 'timerFired', timer: 'ambiguous/r1' }))).toEqual(['readPod']);
    tail.hear({ type: 'podRead', uid: 'r1', pod: null });
    expect(tail.journal.ended.has('r1')).toBe(true);
  });

  it('deletes a create of the last life that lands while it waits', () => {
    const tail = restarted('publish', journalOf(accepted, intent));
    const landed = tail.hear({ type: 'podObserved', pod: podFact('r1') });
    expect(only(landed, 'deletePod')).toMatchObject([{ uid: 'r1', metadataUid: 'm-r1', graceSeconds: 1 }]);
  });

  it('does not wait for a create whose object was seen before the crash', () => {
    const seen: JournalEntry = {
      ...terminating,
      metadataUid: 'm-r1',
      name: { namespace: 'd', name: 'rs-r1' },
    };
    const tail = restarted('publish', journalOf(accepted, intent, seen));
    expect(types(tail.effects)).toEqual(['readPod']);
  });

  it('publishes a Pod that was accepted without intent', () => {
    const tail = restarted('publish', journalOf(accepted));
    expect(types(tail.effects)).toEqual(['journal', 'publish']);
  });

  it('goes on terminating', () => {
    const tail = restarted('publish', journalOf(accepted, intent, terminating), [], [podFact('r1')]);
    expect(types(tail.effects)).toEqual(['deletePod']);
  });
});

describe('Pods that K sees on its node, at all times', () => {
  it('deletes a stamped Pod whose uid has ended: a create that landed late', () => {
    const tail = restarted('publish', journalOf(accepted, { kind: 'ended', uid: 'r1' }));
    const late = tail.hear({ type: 'podObserved', pod: podFact('r1') });
    expect(only(late, 'deletePod')).toMatchObject([{ uid: 'r1', metadataUid: 'm-r1' }]);
  });

  it('deletes a stamped Pod that the journal does not know', () => {
    const tail = restarted('publish', journalOf());
    expect(types(tail.hear({ type: 'podObserved', pod: podFact('z') }))).toEqual(['deletePod']);
  });

  it('takes a Pod whose reply was lost for published once it is seen', () => {
    const tail = serving();
    tail.assign(bound('r1'));
    const lost = tail.hear({ type: 'publishFailed', uid: 'r1', refusal: 'ambiguous', text: '' });
    expect(types(lost)).toEqual(['setTimer']);
    tail.hear({ type: 'podObserved', pod: podFact('r1', { phase: 'Running' }) });
    expect(tail.pod('r1')).toMatchObject({ object: 'standing', metadataUid: 'm-r1' });
    expect(tail.record('r1')).toMatchObject({ phase: 'running' });
  });

  it('ends and refuses a Pod whose name is taken by an object without its stamp', () => {
    const tail = serving();
    tail.assign(bound('r1'));
    const taken = tail.hear({ type: 'publishFailed', uid: 'r1', refusal: 'alreadyExists', text: '' });
    expect(types(taken)).toEqual(['readPod']);
    tail.hear({ type: 'podRead', uid: 'r1', pod: podFact(null, { name: 'rs-r1', metadataUid: 'other' }) });
    const refused = tail.hear({ type: 'podRead', uid: 'r1', pod: null });
    expect(sent(refused)).toMatchObject([
      { kind: 'Refused', pods: [{ uid: 'r1', reason: 'AlreadyExists' }] },
    ]);
    expect(tail.journal.ended.has('r1')).toBe(true);
  });

  it('keeps a Pod whose name is taken by its own object', () => {
    const tail = serving();
    tail.assign(bound('r1'));
    tail.hear({ type: 'publishFailed', uid: 'r1', refusal: 'alreadyExists', text: '' });
    tail.hear({ type: 'podRead', uid: 'r1', pod: podFact('r1') });
    expect(tail.pod('r1')).toMatchObject({ object: 'standing' });
  });

  it('adopts a managed Pod without a stamp, journalled as accepted with publish intent, and reports it', () => {
    const tail = serving();
    const fact = podFact(null, { metadataUid: 'x', name: 's', phase: 'Running', ready: true });
    const adopted = tail.hear({ type: 'podObserved', pod: fact });
    expect(entries(adopted)).toMatchObject([
      { kind: 'accepted', metadataUid: 'x', name: { namespace: 'default', name: 's' } },
      { kind: 'publishIntent', uid: 'a-x' },
    ]);
    expect(sent(adopted)).toMatchObject([
      { kind: 'Invalidate', adopted: [{ uid: 'a-x', phase: 'running' }] },
    ]);
    expect(only(adopted, 'publish')).toEqual([]);
    tail.crash();
    tail.serve([fact]);
    expect(only(tail.effects, 'publish')).toEqual([]);
    expect(tail.record('a-x')).toMatchObject({ phase: 'running' });
  });

  it.each([
    ['controller owner', { replicaSet: null }],
    ['label', { managed: false }],
  ])('lets a Pod go that has lost its %s, and never deletes it', (_, change) => {
    const tail = serving();
    tail.assign(bound('r1'));
    tail.hear({ type: 'published', uid: 'r1', pod: podFact('r1') });
    const orphan = podFact('r1', change);
    const let_go = tail.hear({ type: 'podObserved', pod: orphan });
    expect(entries(let_go)).toEqual([{ kind: 'released', uid: 'r1', metadataUid: 'm-r1' }]);
    expect(sent(let_go)).toMatchObject([{ kind: 'Invalidate', lost: [{ uid: 'r1', reason: 'Orphaned' }] }]);
    expect(tail.view.used.pods).toBe(1);
    tail.crash();
    expect(types(tail.serve([orphan]))).toEqual([]);
  });

  it('adopts stamped Pods under their own uids when the journal was lost', () => {
    const tail = new Tail();
    const served = tail.serve([podFact('r1', { phase: 'Running' })]);
    expect(entries(served).map(({ kind }) => kind)).toEqual(['accepted', 'publishIntent', 'node']);
    expect(types(served)).toEqual(['journal']);
    tail.crash();
    expect(types(tail.serve([podFact('r1', { phase: 'Running' })]))).toEqual([]);
    expect(tail.record('r1')).toMatchObject({ phase: 'running' });
  });

  it('ends all Pods when its Node has another uid than the journal names', () => {
    const tail = new Tail({ journal: journalOf(accepted, intent) });
    const served = tail.serve([podFact('r1')], nodeFact({ uid: 'other' }));
    expect(entries(served).map(({ kind }) => kind)).toEqual(['terminating']);
    expect(types(served)).toEqual(['journal', 'deletePod']);
    expect(types(tail.hello())).toEqual([]);
    tail.crash();
    tail.serve([], nodeFact({ uid: 'other' }));
    expect(types(tail.hello())).toEqual([]);
    const gone = tail.hear({ type: 'podRead', uid: 'r1', pod: null });
    expect(entries(gone)).toEqual([
      { kind: 'ended', uid: 'r1' },
      { kind: 'node', nodeUid: 'other' },
    ]);
    expect(types(gone)).toContain('readNode');
  });

  it('hears what the watch showed before the list, in order', () => {
    const tail = new Tail({ journal: journalOf(accepted, intent) });
    tail.hear({ type: 'podObserved', pod: podFact('r1') });
    tail.hear({ type: 'podVanished', pod: podFact('r1') });
    tail.serve([podFact('r1')]);
    expect(tail.record('r1')).toMatchObject({ phase: 'terminating' });
  });

  it('lists again once the watch is synced, and finds what vanished between list and watch', () => {
    const tail = serving();
    tail.assign(bound('r1'));
    tail.hear({ type: 'published', uid: 'r1', pod: podFact('r1') });
    expect(types(tail.hear({ type: 'synced', what: 'pods' }))).toEqual(['listPods']);
    tail.assign(bound('r2'));
    tail.hear({ type: 'published', uid: 'r2', pod: podFact('r2') });
    tail.hear({ type: 'podsListed', pods: [] });
    expect(tail.record('r1')).toMatchObject({ phase: 'terminating' });
    expect(tail.record('r2')).toMatchObject({ phase: 'accepted' });
  });

  it('believes the watch, not a list that was made before: a Pod that failed meanwhile takes no room', () => {
    const tail = new Tail({});
    const foreign = podFact(null, { managed: false, replicaSet: null });
    tail.serve();
    tail.hear({ type: 'synced', what: 'pods' });
    tail.hear({ type: 'podObserved', pod: foreign });
    tail.hear({ type: 'podObserved', pod: { ...foreign, phase: 'Failed' } });
    tail.hear({ type: 'podsListed', pods: [foreign] });
    expect(tail.view.used.pods).toBe(0);
    tail.hear({ type: 'synced', what: 'pods' });
    tail.hear({ type: 'podsListed', pods: [foreign] });
    expect(tail.view.used.pods).toBe(1);
  });

  it('believes the watch, not a list that was made before: a Pod that is ready stays ready', () => {
    const tail = serving({}, [podFact('r1')]);
    tail.hear({ type: 'synced', what: 'pods' });
    tail.hear({ type: 'podObserved', pod: podFact('r1', { phase: 'Running', ready: true }) });
    tail.hear({ type: 'podsListed', pods: [podFact('r1', { phase: 'Running' })] });
    expect(tail.record('r1')).toMatchObject({ phase: 'running', ready: true });
  });

  it('hears nothing in the reply to a create whose object it has seen, let go of, and seen vanish', () => {
    const tail = serving();
    tail.assign(bound('r1'));
    const orphaned = podFact('r1', { replicaSet: null });
    tail.hear({ type: 'podObserved', pod: orphaned });
    tail.hear({ type: 'podObserved', pod: { ...orphaned, deleting: true } });
    tail.hear({ type: 'podVanished', pod: orphaned });
    expect(tail.hear({ type: 'published', uid: 'r1', pod: podFact('r1') })).toEqual([]);
    expect(tail.view).toMatchObject({ pods: [], used: { pods: 0 } });
  });

  it('recovers from a list asked for after the last registration, not from one before it', () => {
    const tail = new Tail({ journal: journalOf(accepted, intent) });
    const lists = () => only(tail.effects, 'listPods').length;
    const lease = () => {
      const read = only(tail.effects, 'readLease')[0];
      tail.hear({ type: 'leaseRead', subject: 'scheduler', token: read?.token ?? '', incarnation: 50 });
    };
    tail.hear({ type: 'registered', node: nodeFact({ uid: 'short-lived' }) });
    lease();
    expect(lists()).toBe(1);
    tail.hear({ type: 'nodeVanished', name: 'n1', uid: 'short-lived' });
    tail.hear({ type: 'registered', node: nodeFact() });
    lease();
    expect(lists()).toBe(1);
    expect(tail.hear({ type: 'podsListed', pods: [] })).toEqual([]);
    tail.hear({ type: 'podsListed', pods: [podFact('r1')] });
    expect(tail.record('r1')).toMatchObject({ phase: 'accepted' });
  });
});
