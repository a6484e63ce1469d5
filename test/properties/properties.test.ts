/** Each property (protocol 10) holds in a sound world and says what is wrong in one that breaks it. */
import { describe, expect, it } from 'vitest';
import { type NodeView, PROPERTIES, type RecordView, type WorldView } from '../../spec/properties/index.ts';
import type { Phase } from '../../spec/vocabulary.ts';
import { node, ONE, past, record, replaced, SESSION, sound, wanting } from './support/views.ts';

const states = Object.entries(PROPERTIES).filter(([, { kind }]) => kind !== 'step');
const none = new Map<string, RecordView>();
const kept = (phase: Phase) => new Map([['a', record('a', phase)]]);

describe('properties', () => {
  it.each(states.map(([name]) => name))('%s holds in a sound world', (name) => {
    const property = PROPERTIES[name as 'UniquePlacement'];
    const shown = [{ uid: 'a', name: 'd-a', node: 'n1' } as WorldView['objects'][number]];
    expect(property.check(wanting({ ...sound, objects: shown }))).toBeNull();
  });

  const broken: Readonly<Record<string, WorldView>> = {
    UniquePlacement: past({ accepted: { a: ['n1', 'n2'] } }),
    TerminationIrreversible: past({ revived: ['a'] }),
    NoFalseConfirm: past({ collected: { a: ['replicaset'] } }),
    SingleOwner: replaced('scheduler', {
      records: new Map([['a', record('a', 'created', { owned: true })]]),
    }),
    TailPublishes: {
      ...sound,
      objects: [{ uid: 'b', name: 'd-b', node: 'n1' } as WorldView['objects'][number]],
    },
    NodeCapacity: { ...sound, nodes: [node({ foreign: { cpu: 2, memory: 2, pods: 2 } })] },
    PreemptionOrdered: past({ overtook: ['a'] }),
    ScaleNotLost: past({ overwritten: { d: [3] } }),
    FenceHolds: past({ trespassed: ['d-a'] }),
    ReleaseAcknowledged: { ...sound, switch: { owner: 'stock', resourceVersion: '2' } },
    TakenBack: {
      ...sound,
      switch: { owner: 'direct', resourceVersion: '3' },
      acknowledged: { replicaset: { owner: 'stock', switchVersion: '2' } },
    },
    Converges: wanting({ ...sound, nodes: [node({ running: new Map() })] }),
    TombstonesCollected: replaced('replicaset', { records: kept('terminating') }),
    NoLeak: { ...sound, nodes: [node({ running: new Map([['b', ONE]]) })] },
    RunningShown: sound,
    PreemptorRuns: replaced('scheduler', {
      records: new Map([
        ['a', record('a', 'running')],
        ['b', record('b', 'created', { priority: 9, node: null, owned: true })],
      ]),
    }),
  };
  it.each(Object.keys(broken))('%s fails in a world that breaks it', (name) => {
    const property = PROPERTIES[name as 'UniquePlacement'];
    expect(property.check(broken[name] as WorldView)).not.toBeNull();
  });

  it.each([
    ['a uid above only', replaced('scheduler', { records: none })],
    ['another mark', replaced('replicaset', { records: kept('terminating') })],
    ['another phase', replaced('replicaset', { records: kept('accepted') })],
    [
      'another version',
      replaced('scheduler', {
        records: new Map([
          [
            'a',
            {
              ...record('a', 'running'),
              version: { stage: 'scheduler', incarnation: 1, counter: 1 } as const,
            },
          ],
        ]),
      }),
    ],
  ])('CacheCoherent fails with %s', (_, world) => {
    expect(PROPERTIES.CacheCoherent.check(world)).not.toBeNull();
  });

  it('CacheCoherent is not put off by an older connection of the same two, broken and not yet learnt of', () => {
    const world = replaced('replicaset', { records: kept('accepted') });
    const session = { ...SESSION, n: SESSION.n - 1 };
    const old = { ...world.traffic[0]!, session, broken: true };
    expect(PROPERTIES.CacheCoherent.check({ ...world, traffic: [old, ...world.traffic] })).not.toBeNull();
  });

  it('CacheCoherent says nothing while a message is under way', () => {
    const world = replaced('replicaset', { records: kept('accepted') });
    const traffic = world.traffic.map((one) => ({ ...one, underWay: 1 }));
    expect(PROPERTIES.CacheCoherent.check({ ...world, traffic })).toBeNull();
  });

  it('NoFalseConfirm allows what runs under an undrained mark, and not under a void or a drained one', () => {
    const collected = past({ collected: { a: ['scheduler'] } });
    const with_ = (change: Partial<NodeView>) =>
      PROPERTIES.NoFalseConfirm.check({ ...collected, nodes: [node(change)] });
    expect(with_({ mark: { incarnation: 1, n: 2 } })).toBeNull();
    expect(with_({ mark: { incarnation: 1, n: 2 }, drained: { incarnation: 1, n: 2 } })).not.toBeNull();
    expect(with_({ mark: { incarnation: 1, n: 2 }, fence: { incarnation: 2, n: 1 } })).not.toBeNull();
  });

  it('NoFalseConfirm goes by the owner of a record in a world without nodes; a Node that is deleted is another thing', () => {
    const owner = replaced('scheduler', {
      records: new Map([['a', record('a', 'running', { owned: true })]]),
    });
    const { history } = past({ collected: { a: ['replicaset'] } });
    const check = (withoutNodes: boolean) =>
      PROPERTIES.NoFalseConfirm.check({ ...owner, nodes: [], withoutNodes, history });
    expect(check(true)).not.toBeNull();
    expect(check(false)).toBeNull();
  });
});

describe('properties of steps', () => {
  const step = (
    before: WorldView,
    after: WorldView,
    event: Parameters<typeof PROPERTIES.SessionFenced.check>[0]['event'],
  ) => ({
    process: 'replicaset~1',
    event,
    effects: [],
    before,
    after,
  });
  const late = {
    type: 'received',
    link: 'downstream',
    message: { kind: 'Terminated', session: { ...SESSION, n: 0 }, uids: ['a'] },
  } as const;

  it('SessionFenced fails when a message of an older session changes state, and not when it does not', () => {
    const after = replaced('replicaset', { records: none, text: 'changed' });
    expect(PROPERTIES.SessionFenced.check(step(sound, after, late))).not.toBeNull();
    expect(PROPERTIES.SessionFenced.check(step(sound, sound, late))).toBeNull();
  });

  it('PhaseMonotonic fails when a phase goes back', () => {
    const after = replaced('replicaset', { records: kept('accepted') });
    expect(PROPERTIES.PhaseMonotonic.check(step(sound, after, late))).not.toBeNull();
    expect(PROPERTIES.PhaseMonotonic.check(step(after, sound, late))).toBeNull();
  });

  it('NoNeedlessEnd fails when R ends below every want, and not when it was told of the end', () => {
    const after = replaced('replicaset', { records: kept('terminating') });
    expect(
      PROPERTIES.NoNeedlessEnd.check(step(sound, after, { type: 'synced', what: 'pods' })),
    ).not.toBeNull();
    const told = {
      type: 'received',
      link: 'downstream',
      message: {
        kind: 'Invalidate',
        session: SESSION,
        changed: [record('a', 'terminating')],
        adopted: [],
        lost: [],
        wants: [],
        counts: [],
      },
    } as const;
    expect(PROPERTIES.NoNeedlessEnd.check(step(sound, after, told))).toBeNull();
  });

  it('CancelledStaysOut fails when S adopts what was given up under a mark that is not void', () => {
    const given = past({ cancelled: { n1: { mark: { incarnation: 1, n: 2 }, uids: ['a'] } } });
    const before: WorldView = { ...given, stages: given.stages.map((one) => ({ ...one, records: none })) };
    expect(PROPERTIES.CancelledStaysOut.check(step(before, given, late))).not.toBeNull();
    const voided = { ...given, nodes: [node({ fence: { incarnation: 2, n: 1 } })] };
    expect(PROPERTIES.CancelledStaysOut.check(step(before, voided, late))).toBeNull();
  });

  describe('CancelledStaysOut at R, which takes a Pod that S has given up', () => {
    const cancelled = { n1: { mark: { incarnation: 1, n: 2 }, uids: ['a'] } };
    const given: WorldView = {
      ...replaced('scheduler', { records: none }),
      history: { ...sound.history, cancelled },
    };
    const before = { ...given, stages: given.stages.map((one) => ({ ...one, records: none })) };
    const judge = (traffic: WorldView['traffic']) =>
      PROPERTIES.CancelledStaysOut.check(step(before, { ...given, traffic }, late));
    const [way] = sound.traffic as [WorldView['traffic'][number]];

    it('fails when nothing is under way that takes it back', () => {
      expect(judge([way])).toContain('replicaset adopted a');
    });
    it('holds while `lost` is right behind', () => {
      expect(judge([{ ...way, underWay: 1, gone: ['a'] }])).toBeNull();
    });
    it('holds when the link is broken, since R resets', () => {
      expect(judge([{ ...way, broken: true }])).toBeNull();
    });
    it('does not judge an S that the mark has left behind', () => {
      const mark = { incarnation: 2, n: 1 };
      const after: WorldView = {
        ...sound,
        history: { ...sound.history, cancelled: { n1: { mark, uids: ['a'] } } },
      };
      const empty = { ...after, stages: after.stages.map((one) => ({ ...one, records: none })) };
      expect(PROPERTIES.CancelledStaysOut.check(step(empty, after, late))).toBeNull();
    });
  });

  it('IncarnationsGrow fails when a life bears a number that was borne before', () => {
    expect(PROPERTIES.IncarnationsGrow.check(past({ misnumbered: ['scheduler~2'] }))).toContain(
      'scheduler~2',
    );
  });

  it('SupersededUnserved fails when a K serves an S that was superseded before it registered itself', () => {
    const [process] = sound.stages
      .filter(({ peer }) => peer.startsWith('kubelet/'))
      .map((one) => one.process);
    const judge = (least: number) =>
      PROPERTIES.SupersededUnserved.check(past({ superseded: { [process as string]: least } }));
    expect(judge(1)).toBeNull();
    expect(judge(2)).toContain('registered under 2');
  });

  it('HoldersMeet fails when a K whose Node is there has no link, though nobody dials it', () => {
    const lonely = replaced('kubelet/n1', {
      links: [{ peer: 'scheduler', side: 'down', state: 'closed', session: null, fence: null }],
    });
    const unknown = {
      ...lonely,
      stages: lonely.stages.map((one) => (one.peer === 'scheduler' ? { ...one, links: [] } : one)),
    };
    expect(PROPERTIES.HoldersMeet.check(unknown)).toContain('has no open link');
    expect(PROPERTIES.HoldersMeet.check({ ...unknown, nodes: [] }) ?? '').not.toContain('kubelet');
  });
});
