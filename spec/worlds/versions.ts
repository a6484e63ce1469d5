/**
 * Worlds of the versions of wants: A, D and the API Server, over an R that takes every want. Each is also a TLA+ world
 * (`proofs-tla/Wants.tla`), state for state and step for step.
 */
import { deleted } from './deletion.ts';
import type { UserAct, WorldDescription } from './description.ts';
import { deployment, replicaSet } from './objects.ts';
import { scale } from './scripted.ts';

const request = (replicas: number): UserAct => ({ act: 'request', deployment: 'd', replicas });
const edit: UserAct = { act: 'rollout', deployment: 'd', template: 't2' };
const leave: UserAct = { act: 'rollout', deployment: 'd', template: 't0' };

/** What the stock controller does is not this subject. An earlier D has written the object. */
const OBJECT = {
  ...deployment(2),
  paused: true,
  generation: 2,
  written: {
    deployment: 'd',
    value: 2,
    version: { generation: 1, incarnation: 0, counter: 0 },
    generation: 2,
    owner: '',
    rest: 't1',
  },
};

const base = {
  stages: [
    { peer: 'autoscaler', use: 'autoscaler', deaf: ['deploymentObserved', 'switchObserved', 'synced'] },
    { peer: 'deployment', use: 'stub/withR', deaf: ['switchObserved'] },
  ],
  nodes: [],
  runtime: 'runs',
  reduce: false,
  renews: true,
  spec: 'MCWants',
  deployments: [OBJECT],
  replicaSets: [replicaSet(2)],
  always: ['ScaleNotLost'],
  eventually: ['Converges'],
  sometimes: ['linkOpens', 'wantWrittenBack'],
} as const satisfies Omit<WorldDescription, 'name' | 'title' | 'faults'>;

/** A hears of the label too. */
const LEAVES = {
  ...base,
  stages: [
    { peer: 'autoscaler', use: 'autoscaler', deaf: ['switchObserved', 'synced'] },
    { peer: 'deployment', use: 'stub/withR', deaf: ['switchObserved'] },
  ],
  unmanaged: ['t0'],
  script: [request(3), leave],
} as const satisfies Omit<WorldDescription, 'name' | 'title' | 'faults'>;

/** And of the end of a list. */
const HEARS_ALL = {
  ...LEAVES,
  stages: [{ peer: 'autoscaler', use: 'autoscaler', deaf: ['switchObserved'] }, LEAVES.stages[1]],
  unmanaged: [],
} as const satisfies Omit<WorldDescription, 'name' | 'title' | 'faults'>;

/** In TLA+ nothing stands with a deletionTimestamp. */
const { spec: _, ...machines } = HEARS_ALL;

/** What becomes of the ReplicaSets is not this subject. */
const SETS_UNSEEN = {
  ...HEARS_ALL,
  stages: [
    HEARS_ALL.stages[0],
    { peer: 'deployment', use: 'stub/withR', deaf: ['switchObserved', 'replicaSetObserved'] },
  ],
} as const satisfies Omit<WorldDescription, 'name' | 'title' | 'faults'>;

/** Nothing is there when they begin. */
const APPEARS = {
  ...SETS_UNSEEN,
  deployments: [],
  replicaSets: [],
  begins: ['rest'],
  script: [{ act: 'makeDeployment', uid: 'd', template: 't1', replicas: 2, paused: true }, request(3)],
  faults: { misdial: 0, relist: 1 },
  sometimes: ['linkOpens', 'wantMinted', 'wantWrittenBack'],
} as const satisfies Omit<WorldDescription, 'name' | 'title'>;

/** Worlds of versions. @public */
export const VERSION_WORLDS: readonly WorldDescription[] = [
  {
    ...base,
    name: 'versions',
    title: 'A is asked for more, and then for less',
    script: [request(3), request(1)],
    faults: { misdial: 0 },
    sometimes: [...base.sometimes, 'wantMinted'],
  },
  {
    ...base,
    name: 'versions-external',
    title: 'A is asked for more while a person scales',
    script: [request(3), scale(4)],
    faults: { misdial: 0 },
    sometimes: [...base.sometimes, 'wantMinted', 'externalAdopted'],
  },
  {
    ...base,
    name: 'versions-crash-deployment',
    title: 'A is asked for more, the template is edited, and D crashes',
    script: [request(3), edit],
    faults: { misdial: 0, crash: { deployment: 1 } },
    sometimes: [...base.sometimes, 'wantMinted', 'secondIncarnation'],
  },
  {
    ...base,
    name: 'versions-first',
    title: 'the same, and no D has written the object yet',
    deep: true,
    deployments: [{ ...deployment(2), paused: true }],
    script: [request(3), edit],
    faults: { misdial: 0, crash: { deployment: 1 } },
    sometimes: [...base.sometimes, 'wantMinted', 'secondIncarnation'],
  },
  {
    ...base,
    name: 'versions-crash-external',
    title: 'a person scales, A is asked for another number, the template is edited, and D crashes',
    deep: true,
    script: [scale(4), request(3), edit],
    faults: { misdial: 0, crash: { deployment: 1 } },
    sometimes: [...base.sometimes, 'wantMinted', 'secondIncarnation', 'externalAdopted'],
  },
  {
    ...base,
    name: 'versions-leaders-autoscaler',
    title: 'a second leader of A begins beside the first, and both are asked for more',
    script: [request(3)],
    faults: { misdial: 0, usurp: { autoscaler: 1 } },
    sometimes: [...base.sometimes, 'wantMinted', 'twoLeaders', 'leaderStopped'],
  },
  {
    ...base,
    name: 'versions-leaders-deployment',
    title: 'a second leader of D begins beside the first, while A is asked for more',
    script: [request(3)],
    faults: { misdial: 0, usurp: { deployment: 1 } },
    sometimes: [...base.sometimes, 'wantMinted', 'twoLeaders', 'leaderStopped'],
  },
  {
    ...base,
    name: 'versions-crash-autoscaler',
    title: 'A is asked for more, a person scales, and A crashes',
    script: [request(3), scale(4)],
    faults: { misdial: 0, crash: { autoscaler: 1 } },
    sometimes: [...base.sometimes, 'wantMinted', 'secondIncarnation', 'externalAdopted'],
  },
  {
    ...base,
    name: 'versions-break',
    title: 'the link between A and D breaks, and what was under way may still arrive',
    script: [request(3)],
    faults: { misdial: 0, break: 1, linger: 1 },
    sometimes: [...base.sometimes, 'wantMinted'],
  },
  {
    ...base,
    name: 'versions-break-external',
    title: 'the same, and a person scales',
    deep: true,
    script: [request(3), scale(4)],
    faults: { misdial: 0, break: 1, linger: 1 },
    sometimes: [...base.sometimes, 'wantMinted', 'externalAdopted'],
  },
  {
    ...LEAVES,
    name: 'versions-leave',
    title: 'A is asked for more, and the template loses the label',
    faults: { misdial: 0 },
    sometimes: ['linkOpens', 'wantMinted', 'wantWrittenBack'],
  },
  {
    ...LEAVES,
    name: 'versions-leave-external',
    deep: true,
    title: 'the same, while a person scales',
    script: [request(3), scale(4), leave],
    faults: { misdial: 0 },
    sometimes: ['linkOpens', 'wantMinted', 'externalAdopted'],
  },
  {
    ...LEAVES,
    name: 'versions-leave-crash',
    title: 'the same, and D crashes',
    faults: { misdial: 0, crash: { deployment: 1 } },
    sometimes: ['linkOpens', 'wantMinted', 'secondIncarnation'],
  },
  {
    ...LEAVES,
    name: 'versions-leave-break',
    deep: true,
    title: 'the same, and the link between A and D breaks',
    faults: { misdial: 0, break: 1, linger: 1 },
    sometimes: ['linkOpens', 'wantMinted'],
  },
  {
    ...HEARS_ALL,
    name: 'versions-back',
    title: 'the template loses the label, and the next one has it again',
    unmanaged: ['t0'],
    script: [leave, edit],
    faults: { misdial: 0 },
    sometimes: ['linkOpens', 'wantWrittenBack'],
  },
  {
    ...HEARS_ALL,
    name: 'versions-deleted',
    title: 'A is asked for more, and the Deployment is deleted',
    script: [request(3), deleted('background')],
    faults: { misdial: 0 },
    sometimes: ['linkOpens', 'wantMinted', 'forgotten'],
  },
  {
    ...machines,
    name: 'versions-deleted-crash',
    deep: true,
    title: 'the same, it stands until its Pods are gone, and D crashes',
    script: [request(3), deleted('foreground')],
    faults: { misdial: 0, crash: { deployment: 1 } },
    sometimes: ['linkOpens', 'wantMinted', 'forgotten', 'secondIncarnation'],
  },
  {
    ...APPEARS,
    name: 'versions-appears',
    title:
      'a Deployment is made, A is asked for more of it, and a watch lists anew, from an API server that is behind',
  },
  {
    ...APPEARS,
    name: 'versions-appears-told',
    title: 'the same, from where D has told A of it, and A has asked for a list',
    begins: [
      'rest',
      'user',
      'watch deployment~1',
      'land 0',
      'answer deployment~1',
      'deliver autoscaler~1:downstream#1 up',
    ],
    sometimes: ['wantMinted'],
  },
  {
    ...APPEARS,
    name: 'versions-appears-gone',
    title:
      "a Deployment is made, and deleted in one gap of A's watch, to which a list that A has asked for has shown it",
    stages: [{ ...SETS_UNSEEN.stages[0], gaps: true }, SETS_UNSEEN.stages[1]],
    script: [APPEARS.script[0], deleted('background')],
    faults: { misdial: 0 },
    sometimes: ['linkOpens', 'forgotten'],
  },
  {
    ...base,
    name: 'versions-flush',
    title: 'A is asked for more, and a release is about to come',
    stages: [base.stages[0], { peer: 'deployment', use: 'stub/withR' }],
    script: [request(3), { act: 'flush' }],
    faults: { misdial: 0 },
    eventually: ['Converges', 'ReleaseAcknowledged'],
    sometimes: [...base.sometimes, 'wantMinted'],
  },
];
