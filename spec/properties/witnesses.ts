/** What must be *possible* in a world: a `sometimes` beside each `always`, so that none holds for want of events. */
import type { WorldView } from './view.ts';

const some = (view: WorldView, peer: RegExp, test: (stage: WorldView['stages'][number]) => boolean) =>
  view.stages.some((stage) => peer.test(stage.peer) && test(stage));

/** All witnesses by name. @public */
export const WITNESSES = {
  linkOpens: (view: WorldView) =>
    view.stages.some((stage) => stage.links.some((end) => end.state === 'open')),
  podRuns: (view: WorldView) => view.nodes.some((node) => node.running.size > 0),
  twoPodsRun: (view: WorldView) => view.nodes.reduce((sum, node) => sum + node.running.size, 0) > 1,
  tombstoneHeld: (view: WorldView) =>
    view.stages.some((stage) => [...stage.records.values()].some(({ phase }) => phase === 'terminating')),
  tombstoneCollected: (view: WorldView) => Object.keys(view.history.collected).length > 0,
  twoLeaders: (view: WorldView) => new Set(view.stages.map(({ peer }) => peer)).size < view.stages.length,
  secondIncarnation: (view: WorldView) => view.stages.some(({ incarnation }) => incarnation > 1),
  wantMinted: (view: WorldView) =>
    some(view, /./, ({ wants }) => wants.some(({ version }) => version.incarnation > 0)),
  externalAdopted: (view: WorldView) =>
    some(view, /./, ({ wants }) =>
      wants.some(({ deployment, version }) => version.generation === view.history.external[deployment]),
    ),
  wantWrittenBack: (view: WorldView) => Object.values(view.written).some((written) => written !== null),
  /** Of a Deployment that was there, R holds no want. */
  forgotten: (view: WorldView) =>
    Object.keys(view.history.asked).some(
      (uid) =>
        view.replicas[uid] === undefined &&
        !some(view, /./, ({ wants }) => wants.some(({ deployment }) => deployment === uid)),
    ),
  /** A second Deployment is obeyed. */
  madeAnew: (view: WorldView) =>
    Object.keys(view.history.asked).length > 1 &&
    some(view, /^replicaset$/, ({ wants }) =>
      wants.some(
        ({ deployment }) =>
          view.history.asked[deployment] !== undefined && view.replicas[deployment] !== undefined,
      ),
    ),
  nodeMarked: (view: WorldView) => view.nodes.some(({ mark }) => mark !== null),
  nodeDrained: (view: WorldView) => view.nodes.some(({ drained }) => drained !== null),
  leaderStopped: (view: WorldView) => view.history.stopped.length > 0,
  podPublished: (view: WorldView) => view.objects.length > 0,
  endedBeforeStart: (view: WorldView) =>
    Object.keys(view.history.ended).some((uid) => !view.history.ran.includes(uid)),
  released: (view: WorldView) => view.acknowledged.replicaset?.owner === 'stock',
  takenBack: (view: WorldView) => view.acknowledged.replicaset?.owner === 'direct',
  stockActs: (view: WorldView) => Object.values(view.history.acted).some((sides) => sides.includes('stock')),
  handedOver: (view: WorldView) =>
    view.objects.some(({ managed, uid, node }) => managed && uid === null && node === null),
  stockBinds: (view: WorldView) =>
    view.objects.some(({ handedOver, node }) => handedOver !== undefined && node !== null),
  handedOverRuns: (view: WorldView) =>
    view.nodes.some((node) =>
      view.objects.some(
        ({ handedOver, metadataUid }) => handedOver !== undefined && node.running.has(`a-${metadataUid}`),
      ),
    ),
  preemptionWaits: (view: WorldView) => some(view, /^scheduler$/, (stage) => stage.preemptions.size > 0),
  tombstoneAcrossRestart: (view: WorldView) =>
    some(
      view,
      /^scheduler$/,
      (stage) =>
        stage.incarnation > 1 && [...stage.records.values()].some(({ phase }) => phase === 'terminating'),
    ),
} as const satisfies Record<string, (view: WorldView) => boolean>;
