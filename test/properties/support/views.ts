/** Small views of the world: a sound one, and changes of it. */
import {
  type LinkEnd,
  NO_HISTORY,
  type NodeView,
  type RecordView,
  type StageView,
  type WorldView,
} from '../../../spec/properties/index.ts';
import type { PeerName, Phase } from '../../../spec/vocabulary.ts';

export const ONE = { cpu: 1, memory: 1, pods: 1 };
export const SESSION = { upstream: 1, downstream: 1, n: 1 };

export const record = (uid: string, phase: Phase, change: Partial<RecordView> = {}): RecordView => ({
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
export const link = (peer: PeerName, side: 'up' | 'down'): LinkEnd => ({
  peer,
  side,
  state: 'open',
  session: SESSION,
  fence: side === 'down' ? { incarnation: 1, n: 1 } : null,
});
export const stage = (
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
  replicaSets: [],
  owner: 'direct',
  text: JSON.stringify(records),
  ...change,
});
export const node = (change: Partial<NodeView> = {}): NodeView => ({
  name: 'n1',
  capacity: { cpu: 2, memory: 2, pods: 2 },
  mark: null,
  drained: null,
  fence: { incarnation: 1, n: 1 },
  running: new Map([['a', ONE]]),
  foreign: { cpu: 0, memory: 0, pods: 0 },
  ...change,
});
export const running = [record('a', 'running')];
export const sound: WorldView = {
  stages: [
    stage('replicaset', running, { links: [link('scheduler', 'up')] }),
    stage('scheduler', running, { links: [link('replicaset', 'down'), link('kubelet/n1', 'up')] }),
    stage('kubelet/n1', [record('a', 'running', { owned: true })], { links: [link('scheduler', 'down')] }),
  ],
  nodes: [node()],
  withoutNodes: false,
  traffic: [
    { up: 'replicaset~1', down: 'scheduler~1', session: SESSION, broken: false, underWay: 0, gone: [] },
    { up: 'scheduler~1', down: 'kubelet/n1~1', session: SESSION, broken: false, underWay: 0, gone: [] },
  ],
  objects: [],
  replicas: { d: 1 },
  written: { d: null },
  switch: { owner: 'direct', resourceVersion: '1' },
  acknowledged: {},
  down: [],
  history: { ...NO_HISTORY, accepted: { a: ['n1'] }, ran: ['a'], everAsked: [1] },
};
export const want = {
  deployment: 'd',
  version: { generation: 1, incarnation: 0, counter: 0 },
  value: 1,
  replicaSet: 'rs',
  revision: 't',
  mode: 'direct',
  confirmed: true,
} as const;
export const wanting = (world: WorldView): WorldView => ({
  ...world,
  stages: [...world.stages, stage('deployment', [], { wants: [want] })],
});
export const replaced = (peer: PeerName, change: Partial<StageView>): WorldView => ({
  ...sound,
  stages: sound.stages.map((one) => (one.peer === peer ? { ...one, ...change } : one)),
});
export const past = (change: Partial<WorldView['history']>): WorldView => ({
  ...sound,
  history: { ...sound.history, ...change },
});
