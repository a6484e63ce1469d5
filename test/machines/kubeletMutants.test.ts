/**
 * Teeth (protocol 11): each rule of the tail has a course of events in which it shows, and removing the rule is seen.
 *
 * A rule is a question with the answer yes; with its mutant the answer is no.
 */
import { describe, expect, it } from 'vitest';
import { replayJournal } from '../../machines/kubelet/index.ts';
import type { Effect } from '../../spec/effects.ts';
import type { JournalEntry } from '../../spec/journal.ts';
import { MUTANTS } from '../../spec/mutants.ts';
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

type Runtime = 'publish' | 'runs';
type Rule = (mutants: ReadonlySet<string>) => boolean;

const record = bound('r1', { phase: 'accepted' });
const node: JournalEntry = { kind: 'node', nodeUid: 'node-uid' };
const accepted: JournalEntry = { kind: 'accepted', record, metadataUid: null, name: null };
const intent: JournalEntry = { kind: 'publishIntent', uid: 'r1', incarnation: 90 };

const kinds = (effects: readonly Effect[]) => entries(effects).map(({ kind }) => kind);
const confirms = (effects: readonly Effect[]) => sent(effects).some(({ kind }) => kind === 'Terminated');
const marked = (tail: Tail, incarnation: number, n: number) =>
  tail.hear({
    type: 'nodeObserved',
    node: nodeFact({ agent: tail.incarnation, mark: markOf(incarnation, n) }),
  });
const toStock = (tail: Tail) =>
  tail.hear({ type: 'switchObserved', switch: { owner: 'stock', resourceVersion: '1' } });

function withPod(mutants: ReadonlySet<string>, runtime: Runtime = 'publish'): Tail {
  const tail = serving({ runtime, mutants });
  tail.assign(bound('r1'));
  if (runtime === 'runs') tail.hear({ type: 'podStarted', uid: 'r1' });
  tail.hear({ type: 'published', uid: 'r1', pod: podFact('r1') });
  return tail;
}
function restarted(
  mutants: ReadonlySet<string>,
  rows: JournalEntry[],
  more: Partial<Tail['config']> = {},
): Tail {
  return new Tail({ runtime: 'runs', ...more, journal: replayJournal([node, ...rows]), mutants });
}

const RULES: Readonly<Record<string, Rule>> = {
  'fence-not-persisted': (mutants) => {
    const tail = serving({ mutants });
    tail.crash();
    tail.serve([], nodeFact(), null);
    return sent(tail.hello(50, 1)).some(({ kind }) => kind === 'Rejected');
  },
  'no-minimum': (mutants) => {
    const tail = new Tail({ mutants });
    tail.serve([], nodeFact(), 60);
    return sent(tail.hello(50, 1)).some(({ kind }) => kind === 'Rejected');
  },
  'acceptance-not-journalled': (mutants) =>
    kinds(serving({ mutants, runtime: 'runs' }).assign(bound('r1'))).includes('accepted'),
  'termination-not-journalled': (mutants) => kinds(withPod(mutants).terminate('r1')).includes('terminating'),
  'intent-not-journalled': (mutants) =>
    kinds(serving({ mutants }).assign(bound('r1'))).includes('publishIntent'),
  'journal-after-effects': (mutants) => types(serving({ mutants }).assign(bound('r1')))[0] === 'journal',
  'adoption-not-journalled': (mutants) => {
    const tail = serving({ mutants });
    const fact = podFact(null, { metadataUid: 'x', name: 's' });
    tail.hear({ type: 'podObserved', pod: fact });
    return tail.journal.pods.has('a-x');
  },
  'late-create-left': (mutants) => {
    const tail = restarted(mutants, [accepted, { kind: 'ended', uid: 'r1' }], { runtime: 'publish' });
    tail.serve();
    return types(tail.hear({ type: 'podObserved', pod: podFact('r1') })).includes('deletePod');
  },
  'old-list-heeded': (mutants) => {
    const tail = serving({ mutants });
    const foreign = podFact(null, { managed: false, replicaSet: null });
    tail.hear({ type: 'synced', what: 'pods' });
    tail.hear({ type: 'podObserved', pod: { ...foreign, phase: 'Failed' } });
    tail.hear({ type: 'podsListed', pods: [foreign] });
    return tail.view.used.pods === 0;
  },
  'several-lists-trusted': (mutants) => {
    const tail = serving({ mutants });
    tail.hear({ type: 'synced', what: 'pods' });
    tail.assign(bound('r1'));
    tail.hear({ type: 'published', uid: 'r1', pod: podFact('r1') });
    tail.hear({ type: 'synced', what: 'pods' });
    const answer = () => types(tail.hear({ type: 'podsListed', pods: [] }));
    answer();
    return answer().includes('listPods') && answer().includes('readPod');
  },
  'containers-by-last-uid': (mutants) => {
    const again = { ...bound('a-x.2', { phase: 'running' }), node: record.node };
    const rows: JournalEntry[] = [
      { kind: 'released', uid: 'a-x', metadataUid: 'x' },
      {
        ...{ kind: 'accepted', record: again, metadataUid: 'x' },
        name: { namespace: 'default', name: 's' },
      },
      { kind: 'publishIntent', uid: 'a-x.2', incarnation: 90 },
    ];
    const tail = restarted(mutants, rows, { running: ['a-x'] });
    return !types(tail.serve([podFact(null, { metadataUid: 'x', name: 's' })])).includes('stopPod');
  },
  'late-reply-heeded': (mutants) => {
    const tail = serving({ mutants });
    tail.assign(bound('r1'));
    const orphaned = podFact('r1', { replicaSet: null });
    tail.hear({ type: 'podObserved', pod: orphaned });
    tail.hear({ type: 'podVanished', pod: orphaned });
    tail.hear({ type: 'published', uid: 'r1', pod: podFact('r1') });
    return tail.view.pods.length === 0;
  },
  'publish-again': (mutants) => {
    const tail = restarted(mutants, [accepted, intent], { running: ['r1'] });
    return only(tail.serve(), 'publish').length === 0;
  },
  'node-crash-kept': (mutants) => {
    const tail = restarted(mutants, [accepted, intent]);
    return types(tail.serve([podFact('r1')])).includes('deletePod');
  },
  'start-in-flight-ignored': (mutants) => {
    const tail = restarted(mutants, [accepted]);
    tail.serve();
    return !tail.journal.ended.has('r1');
  },
  'unknown-containers-left': (mutants) => {
    const tail = restarted(mutants, [], { running: ['x'] });
    return types(tail.serve()).includes('stopPod');
  },
  'terminated-before-stop': (mutants) => {
    const tail = withPod(mutants, 'runs');
    tail.terminate('r1');
    return !confirms(tail.hear({ type: 'podVanished', pod: podFact('r1') }));
  },
  'confirm-create-in-flight': (mutants) => {
    const tail = serving({ mutants });
    tail.assign(bound('r1'));
    return !confirms(tail.terminate('r1'));
  },
  'confirm-without-read': (mutants) => {
    const tail = withPod(mutants);
    tail.terminate('r1');
    return !confirms(tail.hear({ type: 'podVanished', pod: podFact('r1') }));
  },
  'grace-zero': (mutants) =>
    only(withPod(mutants).terminate('r1'), 'deletePod').every(({ graceSeconds }) => graceSeconds >= 1),
  'ended-accepted': (mutants) => {
    const tail = restarted(mutants, [accepted, { kind: 'ended', uid: 'r1' }]);
    tail.serve();
    tail.open();
    return types(tail.assign(bound('r1'))).every((type) => type !== 'startPod');
  },
  'no-room-check': (mutants) => {
    const big = bound('r1', { requests: { cpu: 5000, memory: 1, pods: 1 } });
    return sent(serving({ mutants }).assign(big)).some(({ kind }) => kind === 'Refused');
  },
  'old-mark-drains': (mutants) => !types(marked(withPod(mutants), 49, 1)).includes('deletePod'),
  'drain-keeps-session': (mutants) => {
    const tail = withPod(mutants);
    marked(tail, 50, 7);
    return sent(tail.terminate('r9')).length === 0;
  },
  'drain-not-awaited': (mutants) => !kinds(marked(withPod(mutants), 50, 7)).includes('drained'),
  'acknowledge-early': (mutants) => {
    const tail = serving({ mutants });
    tail.assign(bound('r1'));
    return only(toStock(tail), 'acknowledgeOwner').length === 0;
  },
  'tombstone-held-at-release': (mutants) => {
    const tail = withPod(mutants);
    tail.terminate('r1');
    tail.hear({ type: 'deleteAnswered', uid: 'r1', outcome: 'switch' });
    return kinds(toStock(tail)).includes('released');
  },
  'shown-node-forgotten': (mutants) => {
    const tail = new Tail({ mutants });
    tail.hear({ type: 'nodeObserved', node: nodeFact({ uid: 'another' }) });
    return types(tail.hear({ type: 'registered', node: nodeFact() })).includes('register');
  },
  'newer-agent-unheeded': (mutants) => {
    const tail = new Tail({ mutants });
    const newer = { type: 'nodeObserved', node: nodeFact({ agent: tail.incarnation + 1 }) } as const;
    const early = new Tail({ mutants });
    early.hear(newer);
    tail.hear({ type: 'registered', node: nodeFact({ agent: tail.incarnation }) });
    const asks = (effects: ReturnType<Tail['hear']>) => types(effects).includes('register');
    return asks(tail.hear(newer)) && asks(early.hear({ type: 'registered', node: nodeFact() }));
  },
  'lost-journal-trusted': (mutants) => {
    const tail = serving({ mutants, found: 90 });
    return sent(tail.terminate('r9')).length === 0;
  },
  'object-not-awaited': (mutants) => {
    const tail = serving({ mutants, runtime: 'runs' });
    tail.assign(bound('r1'));
    return only(tail.hear({ type: 'podNeedsObject', uid: 'r1' }), 'publish').length === 1;
  },
  'publish-before-running': (mutants) => {
    const tail = serving({ mutants, runtime: 'runs' });
    return only(tail.assign(bound('r1')), 'publish').length === 0;
  },
};

describe('teeth of the Kubelet stage', () => {
  it.each(Object.entries(RULES))('%s is seen', (name, holds) => {
    expect(MUTANTS.map((mutant) => mutant.name)).toContain(name);
    expect(holds(new Set())).toBe(true);
    expect(holds(new Set([name]))).toBe(false);
  });
});
