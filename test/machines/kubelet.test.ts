/** The Kubelet stage on its happy path, both runtimes (protocol 2, 3, 4, 5). */
import { describe, expect, it } from 'vitest';
import { journalEntriesOf, replayJournal } from '../../machines/kubelet/index.ts';
import { bound, entries, nodeFact, only, podFact, sent, serving, Tail, types } from './kubelet.support.ts';

describe('the handshake of K', () => {
  it('registers first, then reads the Lease of S, then lists, and only then answers a Hello', () => {
    const tail = new Tail();
    expect(types(tail.effects)).toEqual(['register']);
    tail.hello();
    expect(types(tail.effects)).toEqual([]);
    const served = tail.serve();
    expect(types(served)).toEqual(['journal', 'readNode']);
    expect(entries(served)).toEqual([{ kind: 'node', nodeUid: 'node-uid' }]);
    const offered = tail.nodeRead();
    expect(types(offered)).toEqual(['journal', 'send']);
    expect(entries(offered)).toEqual([{ kind: 'fence', fence: { incarnation: 50, n: 1 } }]);
    expect(sent(offered)).toMatchObject([{ kind: 'Offer', incarnation: 100, held: [], drained: null }]);
  });

  it('refuses a Hello below the minimum read from the Lease of S', () => {
    const tail = new Tail();
    tail.serve([], undefined, 60);
    expect(sent(tail.hello(50, 1))).toMatchObject([{ kind: 'Rejected', fence: { incarnation: 60, n: 0 } }]);
    tail.hello(60, 1);
    expect(sent(tail.nodeRead())).toMatchObject([{ kind: 'Offer' }]);
  });

  it('waits for a Lease of S, and takes its counter for the minimum', () => {
    const tail = new Tail();
    const node = nodeFact();
    expect(only(tail.hear({ type: 'registered', node }), 'readLease')).toMatchObject([
      { token: 'minimum/1' },
    ]);
    const leaseRead = { type: 'leaseRead', subject: 'scheduler' } as const;
    const waits = tail.hear({ ...leaseRead, token: 'minimum/1', incarnation: null });
    expect(only(waits, 'setTimer')).toMatchObject([{ timer: 'leader' }]);
    expect(sent(tail.hello(50, 1))).toEqual([]);
    const looks = tail.hear({ type: 'timerFired', timer: 'leader' });
    expect(only(looks, 'readLease')).toMatchObject([{ token: 'minimum/2' }]);
    const found = tail.hear({ ...leaseRead, token: 'minimum/2', incarnation: 60 });
    expect(sent(found)).toMatchObject([{ kind: 'Rejected', fence: { incarnation: 60, n: 0 } }]);
    expect(types(found)).toContain('listPods');
    expect(tail.hear({ type: 'timerFired', timer: 'leader' })).toEqual([]);
  });

  it('queues what changes between Offer and State, and sends it right after State', () => {
    const tail = serving();
    tail.assign(bound('r1'));
    tail.hello();
    tail.nodeRead();
    expect(
      sent(
        tail.hear({ type: 'published', uid: 'r1', pod: podFact('r1', { phase: 'Running', ready: true }) }),
      ),
    ).toEqual([]);
    const opened = tail.receive({ kind: 'Fetch', session: tail.session, uids: ['r1'], tombstones: [] });
    expect(sent(opened).map(({ kind }) => kind)).toEqual(['State', 'Invalidate']);
  });
});

describe('runtime publish', () => {
  it('journals acceptance and intent as one entry, publishes, and answers Assigned: once for a batch', () => {
    const tail = serving();
    const effects = tail.assign(bound('r1'), bound('r2'));
    expect(types(effects)).toEqual(['journal', 'publish', 'publish', 'send']);
    expect(entries(effects).map(({ kind }) => kind)).toEqual([
      'accepted',
      'publishIntent',
      'accepted',
      'publishIntent',
    ]);
    expect(sent(effects)).toMatchObject([
      {
        kind: 'Assigned',
        pods: [
          { uid: 'r1', phase: 'accepted' },
          { uid: 'r2', phase: 'accepted' },
        ],
      },
    ]);
  });

  it('tells running and ready as the object shows them', () => {
    const tail = serving();
    tail.assign(bound('r1'));
    expect(sent(tail.hear({ type: 'published', uid: 'r1', pod: podFact('r1') }))).toEqual([]);
    const running = tail.hear({ type: 'podObserved', pod: podFact('r1', { phase: 'Running', ready: true }) });
    expect(sent(running)).toMatchObject([
      {
        kind: 'Invalidate',
        changed: [{ uid: 'r1', phase: 'running', ready: true, version: { stage: 'kubelet/n1' } }],
      },
    ]);
    expect(
      sent(tail.hear({ type: 'podObserved', pod: podFact('r1', { phase: 'Running', ready: true }) })),
    ).toEqual([]);
  });

  it('journals a termination, deletes with grace, and confirms after vanishing and a consistent read', () => {
    const tail = serving();
    tail.assign(bound('r1'));
    tail.hear({ type: 'published', uid: 'r1', pod: podFact('r1') });
    const asked = tail.terminate('r1');
    expect(types(asked)).toEqual(['journal', 'deletePod']);
    expect(entries(asked)).toMatchObject([{ kind: 'terminating', uid: 'r1', metadataUid: 'm-r1' }]);
    expect(only(asked, 'deletePod')).toMatchObject([{ metadataUid: 'm-r1', graceSeconds: 1 }]);
    expect(tail.hear({ type: 'deleteAnswered', uid: 'r1', outcome: 'accepted' })).toEqual([]);
    expect(types(tail.hear({ type: 'podVanished', pod: podFact('r1') }))).toEqual(['readPod']);
    const confirmed = tail.hear({ type: 'podRead', uid: 'r1', pod: null });
    expect(entries(confirmed)).toEqual([{ kind: 'ended', uid: 'r1' }]);
    expect(sent(confirmed)).toMatchObject([{ kind: 'Terminated', uids: ['r1'] }]);
    expect(tail.view.pods).toEqual([]);
    expect(tail.view.used).toEqual({ cpu: 0, memory: 0, pods: 0 });
  });
});

describe('runtime runs', () => {
  it('starts, tells running at once, then publishes with intent, then writes the status when ready', () => {
    const tail = serving({ runtime: 'runs' });
    const accepted = tail.assign(bound('r1'));
    expect(types(accepted)).toEqual(['journal', 'startPod', 'send']);
    expect(entries(accepted).map(({ kind }) => kind)).toEqual(['accepted']);
    const started = tail.hear({ type: 'podStarted', uid: 'r1' });
    expect(types(started)).toEqual(['journal', 'publish', 'send']);
    expect(sent(started)).toMatchObject([{ kind: 'Invalidate', changed: [{ uid: 'r1', phase: 'running' }] }]);
    expect(types(tail.hear({ type: 'published', uid: 'r1', pod: podFact('r1') }))).toEqual([]);
    const ready = tail.hear({ type: 'podReadiness', uid: 'r1', ready: true });
    expect(types(ready)).toEqual(['writePodStatus', 'send']);
  });

  it('deletes with grace and stops at once, removes the object when quiet, and confirms when both are done', () => {
    const tail = serving({ runtime: 'runs' });
    tail.assign(bound('r1'));
    tail.hear({ type: 'podStarted', uid: 'r1' });
    tail.hear({ type: 'published', uid: 'r1', pod: podFact('r1') });
    expect(types(tail.terminate('r1'))).toEqual(['journal', 'stopPod', 'deletePod']);
    expect(tail.hear({ type: 'deleteAnswered', uid: 'r1', outcome: 'accepted' })).toEqual([]);
    const quiet = tail.hear({ type: 'podStopped', uid: 'r1', failed: false });
    expect(only(quiet, 'deletePod')).toMatchObject([{ graceSeconds: 0 }]);
    const confirmed = tail.hear({ type: 'podVanished', pod: podFact('r1') });
    expect(sent(confirmed)).toMatchObject([{ kind: 'Terminated', uids: ['r1'] }]);
  });
});

describe('the journal', () => {
  it('compacts to entries that add up to the same', () => {
    const tail = serving();
    tail.assign(bound('r1'), bound('r2'), bound('r3'));
    for (const uid of ['r1', 'r2']) tail.hear({ type: 'published', uid, pod: podFact(uid) });
    tail.terminate('r1', 'r2');
    tail.hear({ type: 'podVanished', pod: podFact('r1') });
    tail.hear({ type: 'podRead', uid: 'r1', pod: null });
    tail.hear({ type: 'podObserved', pod: podFact(null, { metadataUid: 'x', name: 's' }) });
    expect(replayJournal(journalEntriesOf(tail.journal))).toEqual(tail.journal);
  });
});
