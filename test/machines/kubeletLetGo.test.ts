/** What K has let go, and of which it stays the kubelet (protocol 5): its end, its deletion, its label put back. */
import { describe, expect, it } from 'vitest';
import { replayJournal } from '../../machines/kubelet/index.ts';
import type { JournalEntry } from '../../spec/journal.ts';
import { bound, podFact, Tail, types } from './kubelet.support.ts';

const RUNS = { phase: 'Running', ready: true } as const;
const HELD: readonly JournalEntry[] = [
  { kind: 'node', nodeUid: 'node-uid' },
  {
    kind: 'accepted',
    record: bound('r1', {
      phase: 'accepted',
      version: { stage: 'kubelet/n1', incarnation: 90, counter: 1 },
    }),
    ...{ metadataUid: null, name: null },
  },
  { kind: 'publishIntent', uid: 'r1', incarnation: 90 },
];
const off = { type: 'podObserved', pod: podFact('r1', { ...RUNS, managed: false }) } as const;
const back = { type: 'podObserved', pod: podFact('r1', RUNS) } as const;
const stopped = { type: 'podStopped', uid: 'r1', failed: false } as const;

/** Let go, and its containers have ended. */
function ended(): Tail {
  const tail = new Tail({ runtime: 'runs', journal: replayJournal(HELD), running: ['r1'] });
  tail.serve([podFact('r1', RUNS)]);
  tail.hear(off);
  expect(types(tail.hear(stopped))).toContain('failPod');
  return tail;
}

describe('what K has let go, and whose containers have ended', () => {
  it('is not adopted with its label back, and its deletion is completed (†)', () => {
    const tail = ended();
    expect(types(tail.hear(back))).not.toContain('startPod');
    tail.hear({ type: 'podObserved', pod: podFact('r1', { phase: 'Failed' }) });
    const gone = { type: 'podObserved', pod: podFact('r1', { phase: 'Failed', deleting: true }) } as const;
    expect(types(tail.hear(gone))).toContain('deletePod');
  });

  it('is said to have failed once more if a list shows it live (†)', () => {
    const tail = ended();
    tail.hear({ type: 'synced', what: 'pods' });
    expect(types(tail.hear({ type: 'podsListed', pods: [podFact('r1', RUNS)] }))).toContain('failPod');
  });
});

describe('what K lets go before anything of it was started', () => {
  it('is started with its label back, under the name that its stamp says', () => {
    const tail = new Tail({ runtime: 'runs' });
    tail.serve([]);
    tail.open();
    tail.assign(bound('r1'));
    tail.hear({ type: 'podNeedsObject', uid: 'r1' });
    tail.hear({ type: 'podObserved', pod: podFact('r1', { managed: false }) });
    const adopted = tail.hear({ type: 'podObserved', pod: podFact('r1') });
    expect(adopted).toContainEqual(
      expect.objectContaining({ type: 'startPod', record: expect.objectContaining({ uid: 'r1' }) }),
    );
  });
});
