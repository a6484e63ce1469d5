/** Worlds of *No room* (protocol 7): a Pod that finds no node goes the stock way, and comes back to the K of the node that it gets. */
import { chainWorld, SAFETY } from './chain.ts';
import type { StageChoice, UserAct, WorldDescription } from './description.ts';
import { CHAIN_SAFETY, exactWorld, scaleTo } from './exact.ts';
import { ONE, room } from './objects.ts';
import { alert, familyOf, RELEASE, scale, TAKE_BACK } from './scripted.ts';

const NEW_NODE: UserAct = { act: 'makeNode', node: 'n2', uid: 'uid-n2', capacity: ONE };

const STAGES: readonly StageChoice[] = [
  { peer: 'deployment', use: 'stub/deployment', deaf: ['synced', 'switchObserved'] },
  { peer: 'replicaset', use: 'replicaset', deaf: ['podObserved'] },
  { peer: 'scheduler', use: 'scheduler', handsOver: true },
  { peer: 'kubelet/n1', use: 'kubelet' },
];
const SECOND: StageChoice = { peer: 'kubelet/n2', use: 'kubelet' };

const RELEASED: Partial<WorldDescription> = {
  stages: alert(STAGES),
  // Under stock S knows nothing of what has no room.
  eventually: ['TombstonesCollected', 'NoLeak', 'UnplacedShown', 'ReleaseAcknowledged', 'TakenBack'],
};

/** A node with room for one Pod, which it has. */
const noRoomWorld = familyOf((options) => chainWorld({ runtime: 'publish', ...options }), {
  stages: STAGES,
  nodes: [{ name: 'n1', capacity: ONE, known: true }],
  quiet: ['deployment', 'replicaset'],
  always: [...SAFETY, 'FenceHolds'],
  eventually: ['Converges', 'TombstonesCollected', 'NoLeak', 'UnplacedShown'],
});

const EXACT: readonly StageChoice[] = [
  { peer: 'replicaset', use: 'replicaset', deaf: ['podObserved'] },
  { peer: 'scheduler', use: 'scheduler', deaf: ['nodeObserved'], handsOver: true },
  { peer: 'kubelet/n1', use: 'kubelet', deaf: ['nodeObserved', 'synced'] },
];

/** With nothing left out, of R, S and K alone: TLA+ worlds too. */
const exactNoRoom = familyOf(exactWorld, {
  spec: 'MCSwitch',
  stages: EXACT,
  nodes: [{ name: 'n1', capacity: ONE, known: true }],
  always: [...CHAIN_SAFETY, 'FenceHolds', 'OneSide'],
  eventually: ['Converges', 'TombstonesCollected', 'NoLeak', 'UnplacedShown'],
});

/** A second Node with an agent, and no room. */
const MADE_ANEW: Partial<WorldDescription> = {
  nodes: [
    { name: 'n1', capacity: ONE, known: true },
    { name: 'n2', capacity: room(0), known: true },
  ],
  eventually: ['TombstonesCollected', 'NoLeak', 'UnplacedShown'],
};

/** Worlds of no room. @public */
export const NO_ROOM_WORLDS: readonly WorldDescription[] = [
  exactNoRoom({
    name: 'no-room-exact',
    title: 'a second Pod finds no room, is handed over, and is given up again',
    script: [scaleTo(2), scaleTo(1)],
    sometimes: ['handedOver'],
  }),
  exactNoRoom({
    name: 'no-room-exact-bare',
    title: 'stock binds it to a Node without an agent',
    script: [scaleTo(2)],
    sometimes: ['handedOver', 'stockBinds'],
    change: {
      nodes: [
        { name: 'n1', capacity: ONE, known: true },
        { name: 'n2', capacity: ONE, known: false },
      ],
      // Nobody runs what is bound there, in this runtime.
      eventually: ['TombstonesCollected', 'NoLeak', 'UnplacedShown'],
    },
  }),
  exactNoRoom({
    name: 'no-room-exact-ended',
    title: 'stock is given the Pods while one that was handed over is being deleted',
    script: [scaleTo(2), scaleTo(1), RELEASE],
    sometimes: ['handedOver', 'released'],
    change: {
      stages: alert(EXACT),
      deep: true,
      eventually: ['ReleaseAcknowledged', 'TombstonesCollected', 'NoLeak', 'UnplacedShown'],
    },
  }),
  noRoomWorld({
    name: 'no-room',
    title: 'a second Pod finds no room, is handed over, and is given up again',
    script: [scale(2), scale(1)],
    sometimes: ['handedOver'],
  }),
  noRoomWorld({
    name: 'no-room-unseen',
    title:
      'a second Pod finds no room while the create of the first is under way: it is not handed over before that shows',
    pods: 0,
    script: [scale(2)],
    faults: { timers: { handOver: 1 } },
    sometimes: ['handedOver'],
    change: {
      quiet: ['deployment', 'replicaset'],
      always: [...SAFETY, 'FenceHolds', 'BoundFits'],
    },
  }),
  noRoomWorld({
    name: 'no-room-freed',
    title:
      'the Pod that has the room is deleted: stock binds the one that was handed over, or S its replacement',
    script: [scale(2), { act: 'deletePod', replicaSet: 'rs-t1' }],
    sometimes: ['handedOver', 'stockBinds', 'handedOverRuns'],
    change: { deep: true },
  }),
  noRoomWorld({
    name: 'no-room-node',
    title: 'a Node comes, stock binds to it, then an agent registers itself there',
    script: [scale(2), NEW_NODE],
    sometimes: ['handedOver', 'stockBinds', 'handedOverRuns'],
    change: { stages: [...STAGES, SECOND], deep: true },
  }),
  noRoomWorld({
    name: 'no-room-bare',
    title: 'a Node without an agent comes, stock binds to it, and the Pod is given up',
    script: [scale(2), NEW_NODE, scale(1)],
    sometimes: ['handedOver', 'stockBinds'],
    // What runs where there is no agent is no tail's.
    change: { eventually: ['TombstonesCollected', 'NoLeak', 'UnplacedShown'] },
  }),
  noRoomWorld({
    name: 'no-room-crash',
    title: 'S crashes between any two effects while it hands a Pod over',
    script: [scale(2)],
    faults: { crash: { scheduler: 1 } },
    sometimes: ['handedOver'],
  }),
  noRoomWorld({
    name: 'no-room-reply',
    title: 'the reply to the create is lost, and a link breaks',
    script: [scale(2)],
    faults: { lostReply: 1, break: 1 },
    sometimes: ['handedOver'],
  }),
  noRoomWorld({
    name: 'no-room-bare-crash',
    title: 'S begins anew while one that stock has bound runs where there is no agent',
    script: [scale(2), NEW_NODE],
    faults: { crash: { scheduler: 1 } },
    sometimes: ['handedOver', 'stockBinds'],
    change: { eventually: ['TombstonesCollected', 'NoLeak', 'UnplacedShown'] },
  }),
  noRoomWorld({
    name: 'no-room-anew',
    title: 'a Node whose agent is gone is made anew without one, stock binds to it, and the Pod is given up',
    script: [scale(2), { act: 'deleteNode', node: 'n2' }, NEW_NODE, scale(1)],
    sometimes: ['handedOver', 'stockBinds'],
    change: { ...MADE_ANEW, deep: true },
  }),
  noRoomWorld({
    name: 'no-room-anew-late',
    title: 'the same, from where the Node has been made anew',
    script: [scale(2), { act: 'deleteNode', node: 'n2' }, NEW_NODE, scale(1)],
    sometimes: ['handedOver', 'stockBinds'],
    change: { ...MADE_ANEW, begins: ['user', 'rest', 'user', 'rest', 'user', 'rest'] },
  }),
  noRoomWorld({
    name: 'no-room-ended',
    title: 'stock is given the Pods while one that was handed over is being deleted, and gives them back',
    script: [scale(2), scale(1), RELEASE, TAKE_BACK],
    sometimes: ['handedOver', 'released', 'takenBack'],
    change: { ...RELEASED, deep: true },
  }),
  noRoomWorld({
    name: 'no-room-release',
    title: 'stock is given the Pods while one is handed over, and gives them back',
    script: [scale(2), RELEASE, TAKE_BACK],
    sometimes: ['handedOver', 'released', 'takenBack'],
    change: RELEASED,
  }),
];
