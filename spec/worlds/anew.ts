/**
 * Worlds of R, S and K with nothing left out of their links, in which a stage begins anew with less than it knew: the explorer's alone, since
 * `proofs-tla/Chain.tla` has no journal that is lost, and no watch of Nodes.
 */
import type { UserAct, WorldDescription } from './description.ts';
import { CHAIN_SAFETY, CREATED, exactWorld, scaleTo } from './exact.ts';
import { alert, RELEASE } from './scripted.ts';

/** The abstract manager (`Refines`) has what is in the journals: it knows of none that are lost. */
const { spec: _, ...JOURNAL_LOST } = exactWorld({
  name: 'anew-journal-lost',
  title: 'K loses its journal while its create of a Pod is in flight, which is ended',
  pods: 0,
  script: [scaleTo(1), scaleTo(0)],
  faults: { journalLost: { n1: 1 } },
  change: {
    begins: [...CREATED, 'user', 'watch replicaset~1', 'journalLost kubelet/n1~1'],
    always: CHAIN_SAFETY,
    sometimes: ['podRuns', 'tombstoneCollected'],
  },
});

const cordon = (unschedulable: boolean): UserAct => ({ act: 'cordon', node: 'n1', unschedulable });

const { spec: __, ...uncordoned } = exactWorld({
  name: 'anew-uncordoned',
  title:
    'S begins anew and lists a Node that is cordoned; its watch tells that it is no longer; then one Pod is wanted',
  pods: 0,
  script: [cordon(true), cordon(false), scaleTo(1)],
  faults: { crash: { scheduler: 1 } },
  change: {
    begins: [
      'user',
      'watch scheduler~1 nodes',
      'crash scheduler~1 false',
      'start scheduler',
      'user',
      'watch scheduler~2 nodes',
    ],
  },
});
const UNCORDONED: WorldDescription = {
  ...uncordoned,
  stages: uncordoned.stages.map((one) =>
    one.peer === 'scheduler' ? { ...one, deaf: ['switchObserved', 'synced'] } : one,
  ),
};

const { spec: ___, ...containersGone } = exactWorld({
  name: 'anew-containers-gone',
  title:
    'under stock a machine dies while a Pod of its own is being started; K begins anew, finds nothing, and ends it',
  pods: 0,
  script: [RELEASE, scaleTo(1)],
  faults: { nodeCrash: { n1: 1 } },
  change: {
    deep: true,
    begins: ['user', 'rest', 'user', 'stock', 'bind', 'watch kubelet/n1~1', 'nodeCrash kubelet/n1~1'],
    // `OneSide` is not asked: that K ends what it finds gone (9), though the life before it had acknowledged.
    always: [...CHAIN_SAFETY, 'FenceHolds'],
    eventually: ['ReleaseAcknowledged', 'Converges', 'TombstonesCollected', 'NoLeak'],
    sometimes: ['released', 'stockActs'],
  },
});
const CONTAINERS_GONE: WorldDescription = {
  ...containersGone,
  stages: alert(
    containersGone.stages.map((one) => ({
      ...one,
      deaf: (one.deaf ?? []).filter((event) => event !== 'switchObserved'),
    })),
  ),
};

/** Worlds of a stage that begins anew. @public */
export const ANEW_WORLDS: readonly WorldDescription[] = [JOURNAL_LOST, UNCORDONED, CONTAINERS_GONE];
