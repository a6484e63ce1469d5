/** Each property (protocol 10) holds in a sound world and says what is wrong in one that breaks it. */
import { describe, expect, it } from 'vitest';
import {
  type LinkEnd,
  NO_HISTORY,
  type NodeView,
  PROPERTIES,
  type RecordView,
  type StageView,
  type WorldView,
} from '../../spec/properties/index.ts';
import type { PeerName, Phase } from '../../spec/vocabulary.ts';

const ONE = { cpu: 1, memory: 1, pods: 1 };
const SESSION = { upstream: 1, downstream: 1, n: 1 };

const record = (uid: string, phase: Phase, change: Partial<RecordView> = {}): RecordView => ({
  uid,
  replicaSet: 'rs',
  node: 'n1',
  phase,
  ready: phase === 'running',
  version: { stage: 'kubelet/n1', incarnation: 1, counter: 1 },
  requests: ONE,
  priority: 0,
  owned: false,
  ...change,
});
const link = (peer: PeerName, side: 'up' | 'down'): LinkEnd => ({
  peer,
  side,
  state: 'open',
  session: SESSION,
  fence: side === 'down' ? { incarnation: 1, n: 1 } : null,
});
const stage = (
  peer: PeerName,
  records: readonly RecordView[],
  change: Partial<StageView> = {},
): StageView => ({
  process: `${peer}~1`,
  peer,
  incarnation: 1,
  holdsLease: true,
  records: new Map(records.map((one) => [one.uid, one])),
  links: [],
  wants: [],
  preemptions: new Map(),
  text: JSON.stringify(records),
  ...change,
});
const node = (change: Partial<NodeView> = {}): NodeView => ({
  name: 'n1',
  capacity: { cpu: 2, memory: 2, pods: 2 },
  mark: null,
  drained: null,
  fence: { incarnation: 1, n: 1 },
  running: new Map([['a', ONE]]),
  foreign: { cpu: 0, memory: 0, pods: 0 },
  ...change,
});
const running = [record('a', 'running')];
const sound: WorldView = {
  stages: [
    stage('replicaset', running, { links: [link('scheduler', 'up')] }),
    stage('scheduler', running, { links: [link('replicaset', 'down'), link('kubelet/n1', 'up')] }),
    stage('kubelet/n1', [record('a', 'running', { owned: true })], { links: [link('scheduler', 'down')] }),
  ],
  nodes: [node()],
  traffic: [
    { up: 'replicaset~1', down: 'scheduler~1', session: SESSION, broken: false, underWay: 0 },
    { up: 'scheduler~1', down: 'kubelet/n1~1', session: SESSION, broken: false, underWay: 0 },
  ],
  objects: [],
  replicas: { d: 1 },
  down: [],
  history: { ...NO_HISTORY, accepted: { a: ['n1'] }, ran: ['a'], everAsked: [1] },
};
const want = {
  deployment: 'd',
  version: { generation: 1, incarnation: 0, counter: 0 },
  value: 1,
  replicaSet: 'rs',
  revision: 't',
  mode: 'direct',
  confirmed: true,
} as const;
const wanting = (world: WorldView): WorldView => ({
  ...world,
  stages: [...world.stages, stage('deployment', [], { wants: [want] })],
});
const replaced = (peer: PeerName, change: Partial<StageView>): WorldView => ({
  ...sound,
  stages: sound.stages.map((one) => (one.peer === peer ? { ...one, ...change } : one)),
});
const past = (change: Partial<WorldView['history']>): WorldView => ({
  ...sound,
  history: { ...sound.history, ...change },
});
const states = Object.entries(PROPERTIES).filter(([, { kind }]) => kind !== 'step');
const none = new Map<string, RecordView>();
const kept = (phase: Phase) => new Map([['a', record('a', phase)]]);

describe('properties', () => {
  it.each(states.map(([name]) => name))('%s holds in a sound world', (name) => {
    const property = PROPERTIES[name as 'UniquePlacement'];
    expect(property.check(wanting(sound))).toBeNull();
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
    Converges: wanting({ ...sound, nodes: [node({ running: new Map() })] }),
    TombstonesCollected: replaced('replicaset', { records: kept('terminating') }),
    NoLeak: { ...sound, nodes: [node({ running: new Map([['b', ONE]]) })] },
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
});

describe('properties of steps', () => {
  const step = (
    before: WorldView,
    after: WorldView,
    event: Parameters<typeof PROPERTIES.SessionFenced.check>[0]['event'],
  ) => ({
    process: 'replicaset~1',
    event,
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
});
