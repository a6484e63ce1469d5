/** Worlds of the tail: Pods that come, go and are disturbed while K crashes, publishes, or is short of room. */
import { chainWorld } from './chain.ts';
import type { UserAct, WorldDescription } from './description.ts';
import { ONE } from './objects.ts';
import { scale } from './scripted.ts';

const sees = (...sometimes: WorldDescription['sometimes']) => ({ sometimes });

const DELETE: UserAct = { act: 'deletePod', replicaSet: 'rs-t1' };
/** Only K has a choice: what is above serves at once. */
const TAIL_ALONE = { quiet: ['deployment', 'replicaset', 'scheduler'] } as const;

const SCALED = ['user', 'watch deployment~1', 'deliver deployment~1:downstream#1 down'] as const;
/** K is told of a Pod and creates it; its journal is lost before the create lands; the Pod is ended; the next K registers and offers. */
const LOST_JOURNAL_OFFERED = [
  ...SCALED,
  'deliver replicaset~1:downstream#1 down',
  'deliver scheduler~1:node/n1#1 down',
  'journalLost kubelet/n1~1',
  'start kubelet/n1',
  ...SCALED,
  'deliver replicaset~1:downstream#1 down',
  'told scheduler~1:node/n1#1 up',
  'land 1',
  'answer kubelet/n1~2 0 0',
  'connect scheduler~1 node/n1 kubelet/n1~2',
  'answer kubelet/n1~2 0 0',
  'deliver scheduler~1:node/n1#2 down',
  'answer kubelet/n1~2 0 0',
  'answer kubelet/n1~2 0 0',
  'answer kubelet/n1~2 0 0',
] as const;

/** Worlds of the tail. @public */
export const TAIL_WORLDS: readonly WorldDescription[] = [
  chainWorld({
    name: 'tail-start',
    title: 'a Pod is started while K crashes between any two effects',
    pods: 0,
    script: [scale(1)],
    faults: { crash: { 'kubelet/n1': 1 } },
    change: { deep: true, ...sees('podRuns', 'podPublished') },
  }),
  chainWorld({
    name: 'tail-start-publish',
    title: "the same where the node's own kubelet runs the containers; a reply may be lost",
    runtime: 'publish',
    pods: 0,
    script: [scale(1)],
    faults: { crash: { 'kubelet/n1': 1 }, lostReply: 1 },
    change: { deep: true, ...sees('podRuns', 'podPublished') },
  }),
  chainWorld({
    name: 'tail-cut-short',
    title: 'a Pod is ended while its containers are being started',
    pods: 0,
    script: [scale(1), scale(0)],
    faults: {},
    change: { deep: true, ...sees('podRuns', 'endedBeforeStart') },
  }),
  chainWorld({
    name: 'tail-cut-short-publish',
    title: 'a Pod is ended while its object is being created; the reply may be lost',
    runtime: 'publish',
    pods: 0,
    script: [scale(1), scale(0)],
    faults: { lostReply: 1 },
    change: { deep: true, ...sees('podRuns', 'endedBeforeStart') },
  }),
  chainWorld({
    name: 'tail-object-first',
    title: 'a Pod whose template needs its object is published, started, and ended at any moment',
    pods: 0,
    script: [scale(1), scale(0)],
    faults: {},
    change: { ...TAIL_ALONE, objectFirst: true, ...sees('podRuns', 'podPublished', 'endedBeforeStart') },
  }),
  chainWorld({
    name: 'tail-object-first-crash',
    title: 'the same, and K crashes between any two effects',
    pods: 0,
    script: [scale(1)],
    faults: { crash: { 'kubelet/n1': 1 } },
    change: { ...TAIL_ALONE, objectFirst: true, deep: true, ...sees('podRuns', 'podPublished') },
  }),
  chainWorld({
    name: 'tail-deleted',
    title: 'a user deletes the Pod; it is replaced under a new uid',
    runtime: 'publish',
    script: [{ act: 'deletePod', replicaSet: 'rs-t1' }],
    faults: {},
    change: sees('podRuns', 'tombstoneHeld'),
  }),
  chainWorld({
    name: 'tail-deleted-crash',
    title: 'a user deletes the Pod while K crashes',
    runtime: 'publish',
    script: [{ act: 'deletePod', replicaSet: 'rs-t1' }],
    faults: { crash: { 'kubelet/n1': 1 } },
    change: { deep: true, ...sees('podRuns', 'tombstoneHeld') },
  }),
  chainWorld({
    name: 'tail-lost-journal',
    title: 'a Pod is ended while its object is being created, and K loses its journal',
    runtime: 'publish',
    pods: 0,
    script: [scale(1), scale(0)],
    faults: { journalLost: { n1: 1 } },
    change: { deep: true, quiet: ['deployment', 'replicaset'], ...sees('podRuns', 'endedBeforeStart') },
  }),
  chainWorld({
    name: 'tail-lost-journal-offered',
    title:
      'the same, from where the next K, which knows nothing, offers; the create of the one before may still land',
    runtime: 'publish',
    pods: 0,
    script: [scale(1), scale(0)],
    faults: { journalLost: { n1: 1 } },
    change: {
      quiet: ['deployment', 'replicaset'],
      begins: LOST_JOURNAL_OFFERED,
      ...sees('podRuns', 'tombstoneCollected'),
    },
  }),
  chainWorld({
    name: 'tail-no-room',
    title: 'S does not see that an unmanaged Pod has taken the room; K does',
    pods: 0,
    script: [scale(1)],
    faults: { timers: { coolDown: 1 } },
    change: {
      nodes: [{ name: 'n1', capacity: ONE, known: true }],
      foreign: [{ name: 'foreign', node: 'n1', requests: ONE, priority: 0 }],
      stages: [
        { peer: 'deployment', use: 'stub/deployment', deaf: ['synced', 'switchObserved'] },
        { peer: 'replicaset', use: 'replicaset', deaf: ['podObserved'] },
        { peer: 'scheduler', use: 'scheduler', deaf: ['podObserved'] },
        { peer: 'kubelet/n1', use: 'kubelet' },
      ],
      eventually: ['NoLeak'],
      deep: true,
      ...sees('linkOpens'),
    },
  }),
  chainWorld({
    name: 'tail-cut-short-crash',
    title: 'a Pod is ended while its containers are being started, and K crashes between any two effects',
    pods: 0,
    script: [scale(1), scale(0)],
    faults: { crash: { 'kubelet/n1': 1 } },
    change: { ...TAIL_ALONE, deep: true, ...sees('podRuns', 'endedBeforeStart') },
  }),
  chainWorld({
    name: 'tail-deleted-twice',
    title: 'a user deletes the Pod while it is scaled to 0; K crashes, and a reply is lost',
    runtime: 'publish',
    script: [DELETE, scale(0)],
    faults: { crash: { 'kubelet/n1': 1 }, lostReply: 1 },
    change: { ...TAIL_ALONE, deep: true, ...sees('podRuns', 'tombstoneHeld') },
  }),
  chainWorld({
    name: 'tail-deleted-break',
    title: 'a user deletes the Pod while K is cut off from S',
    runtime: 'publish',
    script: [DELETE],
    faults: { break: 1 },
    change: { quiet: ['deployment', 'replicaset'], deep: true, ...sees('podRuns', 'tombstoneHeld') },
  }),
  chainWorld({
    name: 'tail-replaced',
    title: 'there is room for one Pod; it is ended, and another one is wanted before it is gone',
    script: [scale(0), scale(1)],
    faults: {},
    change: {
      nodes: [{ name: 'n1', capacity: ONE, known: true }],
      quiet: ['deployment', 'replicaset'],
      ...sees('podRuns', 'tombstoneCollected'),
    },
  }),
  chainWorld({
    name: 'tail-no-room-seen',
    title: 'S sees that an unmanaged Pod has taken the room',
    pods: 0,
    script: [scale(1)],
    faults: { timers: { coolDown: 1 } },
    change: {
      nodes: [{ name: 'n1', capacity: ONE, known: true }],
      foreign: [{ name: 'foreign', node: 'n1', requests: ONE, priority: 0 }],
      eventually: ['NoLeak'],
      ...sees('linkOpens'),
    },
  }),
];
