/** Worlds of the owner switch (protocol 9): release to the stock controllers, and take back. */
import { chainWorld, SAFETY } from './chain.ts';
import type { FaultBudget, StageChoice, UserAct, WorldDescription } from './description.ts';
import { ONE, room } from './objects.ts';
import { alert, familyOf, RELEASE, scale, TAKE_BACK } from './scripted.ts';

const STAGES: readonly StageChoice[] = [
  { peer: 'deployment', use: 'stub/deployment', deaf: ['synced', 'switchObserved'] },
  { peer: 'replicaset', use: 'replicaset', deaf: ['podObserved'] },
  { peer: 'scheduler', use: 'scheduler' },
  { peer: 'kubelet/n1', use: 'kubelet' },
];
const ALERT = alert(STAGES);

const ownerWorld = familyOf(chainWorld, {
  stages: STAGES,
  quiet: ['deployment', 'scheduler'],
  always: [...SAFETY, 'FenceHolds', 'OneSide', 'NoDipOnModeChange'],
  eventually: ['TombstonesCollected', 'NoLeak', 'ReleaseAcknowledged', 'TakenBack', 'Converges'],
});

const of = { replicaSet: 'rs-t1' } as const;
const UNLABEL: UserAct = { act: 'unlabelPod', ...of };

/** A Pod has lost its label, another is there in its place, and then. */
const unlabelledThen = (name: string, title: string, faults: FaultBudget) =>
  ownerWorld({
    name: `owner-unlabelled-${name}`,
    title: `a Pod has lost its label, and ${title}`,
    script: [{ act: 'unlabelPod', replicaSet: 'rs-t1' }],
    faults,
    sometimes: ['secondIncarnation', 'podRuns'],
    change: {
      nodes: [{ name: 'n1', capacity: room(2), known: true }],
      begins: ['user', 'rest'],
      eventually: ['TombstonesCollected', 'NoLeak', 'Converges', 'ShownRuns'],
    },
  });

/** A Pod was let go, and then. */
const letGoThen = (
  name: string,
  title: string,
  script: readonly UserAct[],
  faults: FaultBudget,
  change: Partial<WorldDescription> = {},
) =>
  ownerWorld({
    name: `owner-unlabelled-${name}`,
    title: `a Pod has lost its label, ${title}`,
    script: [UNLABEL, ...script],
    faults,
    sometimes: ['podRuns'],
    change: {
      nodes: [{ name: 'n1', capacity: room(2), known: true }],
      begins: ['user', 'rest'],
      eventually: ['TombstonesCollected', 'NoLeak', 'Converges', 'ShownRuns', 'RunningShown'],
      ...change,
    },
  });

/** Worlds of two owners. @public */
export const OWNER_WORLDS: readonly WorldDescription[] = [
  ownerWorld({
    name: 'owner-release',
    title: 'one Pod runs; stock is given the Pods, and gives them back',
    script: [RELEASE, TAKE_BACK],
    sometimes: ['released', 'takenBack'],
  }),
  ownerWorld({
    name: 'owner-release-publish',
    title: "the same where the node's own kubelet runs the containers",
    runtime: 'publish',
    script: [RELEASE, TAKE_BACK],
    sometimes: ['released', 'takenBack'],
  }),
  ownerWorld({
    name: 'owner-ending',
    title: 'stock is given the Pods while one is being ended, and gives them back',
    script: [scale(0), RELEASE, TAKE_BACK],
    sometimes: ['released', 'takenBack', 'tombstoneHeld'],
    change: { stages: ALERT, deep: true },
  }),
  ownerWorld({
    name: 'owner-ending-publish',
    title: "the same where the node's own kubelet runs the containers",
    runtime: 'publish',
    script: [scale(0), RELEASE, TAKE_BACK],
    sometimes: ['released', 'takenBack', 'tombstoneHeld'],
    change: { stages: ALERT, deep: true },
  }),
  ownerWorld({
    name: 'owner-starting',
    title: 'stock is given the Pods while one is being started, and gives them back',
    pods: 0,
    script: [scale(1), RELEASE, TAKE_BACK],
    sometimes: ['released', 'takenBack', 'stockActs'],
    change: { stages: ALERT, deep: true },
  }),
  ownerWorld({
    name: 'owner-starting-publish',
    title: "the same where the node's own kubelet runs the containers",
    runtime: 'publish',
    pods: 0,
    script: [scale(1), RELEASE, TAKE_BACK],
    sometimes: ['released', 'takenBack', 'stockActs'],
    change: { stages: ALERT, deep: true },
  }),
  ownerWorld({
    name: 'owner-scales',
    title: 'stock makes a Pod, which is adopted, and gives the Pods back',
    runtime: 'publish',
    script: [RELEASE, scale(2), TAKE_BACK],
    sometimes: ['released', 'takenBack', 'stockActs'],
  }),
  ownerWorld({
    name: 'owner-no-room',
    title: 'stock is given the Pods while one waits for room',
    pods: 2,
    script: [RELEASE],
    sometimes: ['released'],
    change: {
      nodes: [{ name: 'n1', capacity: ONE, known: true }],
      eventually: ['TombstonesCollected', 'NoLeak', 'ReleaseAcknowledged'],
    },
  }),
  ownerWorld({
    name: 'owner-cancel',
    title: 'a node is cut off while stock owns the Pods',
    script: [RELEASE],
    faults: { break: 1, timers: { unreachable: 1 } },
    sometimes: ['released'],
    change: { stages: ALERT, quiet: ['deployment'], deep: true },
  }),
  ownerWorld({
    name: 'owner-unlabelled',
    title: 'a Pod loses its label while stock has it; the Pods are given back',
    script: [RELEASE, { act: 'unlabelPod', replicaSet: 'rs-t1' }, TAKE_BACK],
    sometimes: ['released', 'takenBack'],
    change: {
      nodes: [{ name: 'n1', capacity: room(2), known: true }],
      // Under stock, which counts it still, one fewer of ours runs.
      eventually: ['TombstonesCollected', 'NoLeak', 'ReleaseAcknowledged', 'TakenBack'],
    },
  }),
  unlabelledThen('crash', 'its agent begins anew', { crash: { 'kubelet/n1': 1 } }),
  unlabelledThen('lost', 'its agent begins anew without its journal', { journalLost: { n1: 1 } }),
  ownerWorld({
    name: 'owner-unlabelled-down',
    title: 'a node dies with its containers, and a Pod of it loses its label before its agent begins anew',
    script: [{ act: 'unlabelPod', replicaSet: 'rs-t1' }],
    faults: { nodeCrash: { n1: 1 } },
    sometimes: ['secondIncarnation', 'podRuns'],
    change: {
      nodes: [{ name: 'n1', capacity: room(2), known: true }],
      begins: ['nodeCrash kubelet/n1~1', 'user'],
      eventually: ['TombstonesCollected', 'NoLeak', 'Converges', 'ShownRuns'],
    },
  }),
  ownerWorld({
    name: 'owner-adopted-lost',
    title: 'stock has made a Pod, which runs; the Pods are given back, and the agent loses its journal',
    script: [RELEASE, scale(2), TAKE_BACK],
    faults: { journalLost: { n1: 1 } },
    sometimes: ['takenBack', 'secondIncarnation'],
    change: {
      begins: ['user', 'rest', 'user', 'rest', 'user', 'wait', 'journalLost kubelet/n1~1'],
      eventually: ['TombstonesCollected', 'NoLeak', 'TakenBack', 'Converges', 'ShownRuns'],
    },
  }),
  letGoThen(
    'deleted',
    'its containers exit, and it is deleted before K has said so',
    [{ act: 'deleteUnlabelled', ...of }],
    { exit: 1 },
    { slowStatus: true, begins: ['user', 'rest', 'exit n1 r1-1'] },
  ),
  letGoThen('failed', 'and others say that it has failed', [{ act: 'failPod', ...of }], {}),
  letGoThen(
    'back',
    'its containers exit, it gets its label back before K has said so, and its agent begins anew',
    [{ act: 'labelPod', ...of }],
    { exit: 1, crash: { 'kubelet/n1': 1 } },
    // If it were started again R would end one of two.
    {
      deep: true,
      slowStatus: true,
      quiet: ['deployment', 'replicaset', 'scheduler'],
      begins: ['user', 'rest', 'exit n1 r1-1', 'answer kubelet/n1~1 0 0'],
      always: [...SAFETY, 'FenceHolds', 'OneSide'],
    },
  ),
  ownerWorld({
    name: 'owner-copied-lost',
    title:
      'a Pod is copied with its stamp and without its labels, and its agent begins anew without its journal',
    script: [{ act: 'copyPod', ...of }],
    faults: { journalLost: { n1: 1 } },
    sometimes: ['secondIncarnation', 'podRuns'],
    change: {
      nodes: [{ name: 'n1', capacity: room(2), known: true }],
      begins: ['user', 'rest'],
      eventually: ['TombstonesCollected', 'NoLeak', 'Converges', 'ShownRuns'],
    },
  }),
  letGoThen(
    'back-deleted',
    'its containers have exited, it has its label back and is shown Failed; then it is deleted, and its agent may begin anew before that',
    [
      { act: 'labelPod', ...of },
      { act: 'deletePod', ...of },
    ],
    { exit: 1, crash: { 'kubelet/n1': 1 } },
    {
      quiet: ['deployment', 'replicaset', 'scheduler'],
      begins: ['user', 'rest', 'exit n1 r1-1', 'rest', 'user', 'rest'],
    },
  ),
  ownerWorld({
    name: 'owner-unlabelled-back-lost',
    title:
      "where the node's own kubelet runs the containers: a Pod has lost its label, its agent begins anew without its journal, and it gets its label back",
    runtime: 'publish',
    script: [UNLABEL, { act: 'labelPod', ...of }],
    faults: { journalLost: { n1: 1 } },
    sometimes: ['secondIncarnation', 'podRuns'],
    change: {
      nodes: [{ name: 'n1', capacity: room(2), known: true }],
      begins: ['user', 'rest', 'journalLost kubelet/n1~1'],
      always: [...SAFETY, 'FenceHolds', 'OneSide'],
      eventually: ['TombstonesCollected', 'NoLeak', 'Converges', 'ShownRuns'],
    },
  }),
  ownerWorld({
    name: 'owner-unlabelled-denied',
    title:
      'under stock the containers of a Pod exit, and it is said to have failed; it loses its label, and is deleted',
    script: [RELEASE, UNLABEL, { act: 'deleteUnlabelled', ...of }],
    faults: { exit: 1 },
    sometimes: ['released', 'stockActs'],
    change: {
      stages: ALERT,
      nodes: [{ name: 'n1', capacity: room(2), known: true }],
      begins: ['user', 'rest', 'exit n1 r1-1'],
      eventually: ['TombstonesCollected', 'NoLeak', 'ReleaseAcknowledged', 'ShownRuns', 'RunningShown'],
    },
  }),
  ownerWorld({
    name: 'owner-unlabelled-starting',
    title: 'a Pod that stock has made loses its label while it is being started',
    pods: 0,
    script: [RELEASE, scale(1), UNLABEL],
    sometimes: ['released', 'podRuns'],
    change: {
      stages: ALERT,
      begins: ['user', 'rest', 'user', 'controller', 'stock', 'bind', 'watch kubelet/n1~1'],
      eventually: ['TombstonesCollected', 'NoLeak', 'ReleaseAcknowledged', 'ShownRuns', 'RunningShown'],
    },
  }),
  unlabelledThen('node-crash', 'its node dies with its containers', { nodeCrash: { n1: 1 } }),
  ownerWorld({
    name: 'owner-stray',
    title: 'stock makes a Pod on a Node without an agent, and gives the Pods back',
    runtime: 'publish',
    pods: 0,
    script: [RELEASE, scale(1), TAKE_BACK],
    sometimes: ['released', 'takenBack', 'stockActs'],
    change: {
      nodes: [
        { name: 'n1', capacity: ONE, known: true },
        { name: 'n2', capacity: ONE, known: false },
      ],
      // Under stock nobody of ours knows what runs on a Node without an agent.
      eventually: ['TombstonesCollected', 'ReleaseAcknowledged', 'TakenBack'],
    },
  }),
];
