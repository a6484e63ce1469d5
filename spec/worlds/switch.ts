/**
 * Worlds of the owner switch (protocol 9) with nothing left out: R, S, the K of each node, and the stock controllers. Each is also a TLA+
 * world, of `proofs-tla/Switch.tla`. Those of `owner.ts` are of the same machines, larger and reduced.
 */
import type { StageChoice, WorldDescription } from './description.ts';
import { CHAIN_SAFETY, exactWorld, scaleTo } from './exact.ts';
import { ONE, replicaSet } from './objects.ts';
import { alert, familyOf, RELEASE, TAKE_BACK } from './scripted.ts';

const STAGES: readonly StageChoice[] = [
  { peer: 'replicaset', use: 'replicaset', deaf: ['podObserved'] },
  { peer: 'scheduler', use: 'scheduler', deaf: ['nodeObserved', 'synced'] },
  { peer: 'kubelet/n1', use: 'kubelet', deaf: ['nodeObserved', 'synced'] },
];

const ALERT: Partial<WorldDescription> = { stages: alert(STAGES) };

const TWO_SETS = [
  replicaSet(1, { deployment: null }),
  replicaSet(0, { uid: 'rs-e', name: 'e', deployment: null }),
];

const switchWorld = familyOf(exactWorld, {
  spec: 'MCSwitch',
  stages: STAGES,
  always: [...CHAIN_SAFETY, 'FenceHolds', 'OneSide'],
  eventually: ['ReleaseAcknowledged', 'TakenBack', 'Converges', 'TombstonesCollected', 'NoLeak'],
});

/** K hears of the release, R does not; K has adopted and started a Pod of stock's. */
const ADOPTED: readonly string[] = [
  'user',
  'watch kubelet/n1~1',
  'watch scheduler~1 switch',
  'user',
  'stock',
  'bind',
  'watch kubelet/n1~1 pods',
  'container',
  'answer kubelet/n1~1',
  'answer kubelet/n1~1',
  'watch kubelet/n1~1 pods',
];

/** R, which has not heard of the release, ends it, and K lets it go; then R hears. */
const LET_GO: readonly string[] = [
  ...ADOPTED,
  'deliver scheduler~1:node/n1#1 up',
  'deliver scheduler~1:node/n1#1 up',
  'deliver scheduler~1:node/n1#1 up',
  'deliver replicaset~1:downstream#1 up',
  'deliver replicaset~1:downstream#1 up',
  'deliver replicaset~1:downstream#1 up',
  'deliver replicaset~1:downstream#1 down',
  'deliver replicaset~1:downstream#1 down',
  'deliver replicaset~1:downstream#1 down',
  'deliver scheduler~1:node/n1#1 down',
  'deliver scheduler~1:node/n1#1 down',
  'deliver scheduler~1:node/n1#1 down',
  'deliver scheduler~1:node/n1#1 down',
  'watch replicaset~1 replicaSets',
  'watch replicaset~1 switch',
];

/** Worlds of the owner switch. @public */
export const SWITCH_WORLDS: readonly WorldDescription[] = [
  switchWorld({
    name: 'switch-release',
    title: 'one Pod runs; stock is given the Pods, and gives them back',
    script: [RELEASE, TAKE_BACK],
    sometimes: ['released', 'takenBack'],
  }),
  switchWorld({
    name: 'switch-no-room',
    title: 'a second Pod is asked for, finds no room, and stock is given the Pods',
    script: [scaleTo(2), RELEASE],
    sometimes: ['released'],
    change: {
      nodes: [{ name: 'n1', capacity: ONE, known: true }],
      // What stock makes in its place waits too, and nobody of ours knows it.
      eventually: ['ReleaseAcknowledged', 'TakenBack', 'TombstonesCollected', 'NoLeak'],
    },
  }),
  switchWorld({
    name: 'switch-adopts',
    title: 'stock makes a Pod, which is adopted',
    pods: 0,
    script: [RELEASE, scaleTo(1)],
    sometimes: ['released', 'stockActs'],
    // A second ReplicaSet (`switch-sets`) adds no new kind of step, and has all of these.
    change: { ...ALERT, deep: true },
  }),
  switchWorld({
    name: 'switch-starting',
    title: 'stock is given the Pods while one is being started',
    pods: 0,
    script: [scaleTo(1), RELEASE],
    sometimes: ['released', 'stockActs'],
    change: { ...ALERT, deep: true },
  }),
  switchWorld({
    name: 'switch-ending',
    title: 'stock is given the Pods while one is being ended',
    script: [scaleTo(0), RELEASE],
    sometimes: ['released', 'tombstoneHeld'],
    change: { ...ALERT },
  }),
  switchWorld({
    name: 'switch-then-scaled',
    title: 'stock is given the Pods, gives them back, and the ReplicaSet is scaled',
    script: [RELEASE, TAKE_BACK, scaleTo(0)],
    sometimes: ['released', 'takenBack'],
  }),
  switchWorld({
    name: 'switch-crash-replicaset',
    title: 'stock is given the Pods while one is being ended, and R crashes between any two effects',
    script: [scaleTo(0), RELEASE],
    faults: { crash: { replicaset: 1 } },
    sometimes: ['released', 'tombstoneHeld'],
    change: { ...ALERT, deep: true },
  }),
  switchWorld({
    name: 'switch-scales',
    title: 'stock makes a Pod, which is adopted, and gives the Pods back',
    pods: 0,
    script: [RELEASE, scaleTo(1), TAKE_BACK],
    sometimes: ['released', 'takenBack', 'stockActs'],
    change: { ...ALERT, deep: true },
  }),
  switchWorld({
    name: 'switch-sets',
    title: 'a Pod of one ReplicaSet runs, and stock makes one of another',
    script: [RELEASE, scaleTo(1, 'rs-e')],
    sometimes: ['released', 'stockActs'],
    change: { ...ALERT, replicaSets: TWO_SETS },
  }),
  switchWorld({
    name: 'switch-sets-both',
    title: 'stock brings one ReplicaSet up and the other down, as in a rollout',
    script: [RELEASE, scaleTo(1, 'rs-e'), scaleTo(0)],
    sometimes: ['released', 'stockActs'],
    change: { ...ALERT, replicaSets: TWO_SETS, deep: true },
  }),
  switchWorld({
    name: 'switch-stray',
    title: 'stock makes a Pod on a Node without an agent, and gives the Pods back',
    pods: 0,
    script: [RELEASE, scaleTo(1), TAKE_BACK],
    sometimes: ['released', 'takenBack', 'stockActs'],
    change: {
      ...ALERT,
      nodes: [
        { name: 'n1', capacity: ONE, known: true },
        { name: 'n2', capacity: ONE, known: false },
      ],
      foreign: [{ name: 'foreign', node: 'n1', requests: ONE, priority: 0 }],
      // The room that R finds is the stranger's: the stray stays, and nothing waits for it.
      eventually: ['TakenBack'],
    },
  }),
  switchWorld({
    name: 'switch-let-go-crash',
    title:
      'an R that had not heard of the release ended a Pod of stock, K let it go, adopted it again, and begins anew',
    pods: 0,
    script: [RELEASE, scaleTo(1)],
    faults: { crash: { 'kubelet/n1': 1 } },
    sometimes: ['released', 'stockActs'],
    change: { begins: [...LET_GO, 'crash kubelet/n1~1 false'] },
  }),
  switchWorld({
    name: 'switch-adopted-crash',
    title: 'K has adopted and started a Pod of stock, and begins anew',
    pods: 0,
    script: [RELEASE, scaleTo(1)],
    faults: { crash: { 'kubelet/n1': 1 } },
    sometimes: ['released', 'stockActs'],
    change: {
      begins: [
        ...ADOPTED,
        'watch replicaset~1 replicaSets',
        'watch replicaset~1 switch',
        'crash kubelet/n1~1 false',
      ],
    },
  }),
  switchWorld({
    name: 'switch-let-go-back',
    title:
      'an R that had not heard of the release ended a Pod of stock, K let it go and adopted it again; the Pods are given back',
    pods: 0,
    script: [RELEASE, scaleTo(1), TAKE_BACK],
    sometimes: ['released', 'takenBack', 'stockActs'],
    // One alone: of several TLC does not say which of them a loop breaks.
    change: { begins: LET_GO, eventually: ['TakenBack'] },
  }),
  switchWorld({
    name: 'switch-cut-off',
    title: 'a node is out of reach while stock owns the Pods',
    script: [RELEASE],
    faults: { break: 1, timers: { unreachable: 1 } },
    sometimes: ['released', 'nodeMarked'],
    change: {
      ...ALERT,
      deep: true,
      // An S that has not heard of the release gives the node up; its K may not drain before the Pods are taken back.
      eventually: ['ReleaseAcknowledged', 'TakenBack', 'TombstonesCollected', 'NoLeak'],
    },
  }),
];
