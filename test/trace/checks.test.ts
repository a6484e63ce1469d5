/** Each check of a recorded trace holds on a good one, and catches the fault it is for. */
import { describe, expect, it } from 'vitest';
import { judgeTrace } from '../../impl/trace/checks.ts';
import type { Trace, TraceLine } from '../../impl/trace/parse.ts';
import type { Effect } from '../../spec/effects.ts';
import type { Message } from '../../spec/messages.ts';
import type { PeerName, Phase, PodRecord } from '../../spec/vocabulary.ts';

const session = { upstream: 5, downstream: 7, n: 1 };
const record: PodRecord = {
  uid: 'r1-1',
  replicaSet: 'rs',
  revision: 'a',
  requests: { cpu: 1, memory: 1, pods: 1 },
  priority: 0,
  node: 'n',
  phase: 'accepted',
  ready: false,
  version: { stage: 'kubelet/n', incarnation: 7, counter: 1 },
};
const accepted: Effect = {
  type: 'journal',
  entries: [
    { kind: 'accepted', record, metadataUid: null, name: null },
    { kind: 'publishIntent', uid: record.uid, incarnation: 7 },
  ],
};
const publish: Effect = { type: 'publish', record };
const ended: Effect = { type: 'journal', entries: [{ kind: 'ended', uid: record.uid }] };
const confirm: Effect = {
  type: 'send',
  link: 'upstream',
  message: { kind: 'Terminated', session, uids: [record.uid] },
};
const terminate: Effect = {
  type: 'send',
  link: 'downstream',
  message: { kind: 'Terminate', session, uids: [record.uid] },
};

const line = (stage: PeerName, effects: readonly Effect[], message?: Message): TraceLine => ({
  at: 0,
  stage,
  incarnation: stage === 'replicaset' ? 5 : 7,
  step: 1,
  event:
    message === undefined
      ? { type: 'started', config: { incarnation: 7 } }
      : { type: 'received', link: stage === 'replicaset' ? 'downstream' : 'upstream', message },
  effects,
});
const told = (phase: Phase): Message => ({ kind: 'Assigned', session, pods: [{ ...record, phase }] });
const trace = (...lines: readonly TraceLine[]): Trace => {
  const map = new Map<string, TraceLine[]>();
  for (const each of lines) map.set(each.stage, [...(map.get(each.stage) ?? []), each]);
  return map;
};
const brokenIn = (of: Trace) =>
  judgeTrace(of)
    .filter(({ broken }) => broken.length > 0)
    .map(({ property }) => property);

const GOOD = [
  line('replicaset', [], told('bound')),
  line('kubelet/n', [accepted, publish], { kind: 'Assign', session, records: [record] }),
  line('replicaset', [terminate], told('accepted')),
  line('kubelet/n', [ended, confirm], { kind: 'Terminate', session, uids: [record.uid] }),
];

describe('the checks of a recorded trace', () => {
  it('all hold, each tested at least once, on a Pod that came and went', () => {
    const verdicts = judgeTrace(trace(...GOOD));
    expect(verdicts.filter(({ tested }) => tested === 0)).toEqual([]);
    expect(verdicts.flatMap(({ broken }) => broken)).toEqual([]);
  });

  it.each<[string, readonly TraceLine[]]>([
    ['UniquePlacement', [...GOOD, line('kubelet/m', [accepted])]],
    ['TerminationIrreversible', [...GOOD, line('kubelet/n', [accepted, publish])]],
    ['NoFalseConfirm', [line('kubelet/n', [accepted, publish, confirm])]],
    ['PhaseMonotonic', [line('replicaset', [], told('running')), line('replicaset', [], told('bound'))]],
    [
      'SessionFenced',
      [
        line('kubelet/n', [accepted], {
          kind: 'Assign',
          session: { ...session, downstream: 6 },
          records: [record],
        }),
      ],
    ],
    ['TailPublishes', [line('kubelet/n', [publish])]],
    ['TombstonesCollected', [line('replicaset', [terminate])]],
  ])('%s is found broken where it is', (property, lines) => {
    expect(brokenIn(trace(...lines))).toContain(property);
  });

  it('a tombstone is collected by its absence in a handshake, unless that is in doubt', () => {
    const reset = (doubtful: boolean, held: readonly string[]) => {
      const offer = { kind: 'Offer', session, incarnation: 7, wants: [], drained: null } as const;
      const versions = held.map((uid) => ({ uid, version: record.version }));
      return [
        line('replicaset', [terminate]),
        line('replicaset', [], { ...offer, held: versions, ...(doubtful && { doubtful }) }),
        line('replicaset', [], { kind: 'State', session, records: [], wants: [], counts: [] }),
      ];
    };
    expect(brokenIn(trace(...reset(false, [])))).toEqual([]);
    expect(brokenIn(trace(...reset(false, [record.uid])))).toEqual(['TombstonesCollected']);
    expect(brokenIn(trace(...reset(true, [])))).toEqual(['TombstonesCollected']);
  });
});
