/** What a step of R did of its own accord, for properties of steps. */
import type { StageEvent } from '../events.ts';
import type { ReplicaSetFact } from '../facts.ts';
import type { PodStatus, Uid, Want } from '../vocabulary.ts';
import type { RecordView, StageView, StepView } from './view.ts';

/** The stage that took the step, before and after it; null if none did, or if it did not survive it. */
export function stageOfStep({
  process,
  before,
  after,
}: StepView): { readonly was: StageView; readonly is: StageView } | null {
  if (process === null) return null;
  const was = before.stages.find((stage) => stage.process === process);
  const is = after.stages.find((stage) => stage.process === process);
  return was === undefined || is === undefined ? null : { was, is };
}

/** uids that the downstream says are terminating. */
function toldEnding(event: StageEvent | null): ReadonlySet<string> {
  if (event?.type !== 'received') return new Set();
  const { message } = event;
  const statuses: readonly PodStatus[] =
    message.kind === 'State'
      ? message.records
      : message.kind === 'Invalidate'
        ? [...message.changed, ...message.adopted]
        : message.kind === 'Assigned'
          ? message.pods
          : [];
  return new Set(statuses.filter(({ phase }) => phase === 'terminating').map(({ uid }) => uid));
}

/** Pods that R marked of its own accord in the step. */
export function marksOf(step: StepView): readonly Uid[] {
  const stage = stageOfStep(step);
  if (stage?.is.peer !== 'replicaset') return [];
  const { was, is } = stage;
  const told = toldEnding(step.event);
  return [...is.records.values()]
    .filter(
      ({ uid, phase }) =>
        phase === 'terminating' && was.records.get(uid)?.phase !== 'terminating' && !told.has(uid),
    )
    .map(({ uid }) => uid);
}

/** How many of each ReplicaSet are not terminating. */
export function liveIn(records: Iterable<RecordView>): ReadonlyMap<string, number> {
  const live = new Map<string, number>();
  for (const { replicaSet, phase } of records)
    if (phase !== 'terminating') live.set(replicaSet, (live.get(replicaSet) ?? 0) + 1);
  return live;
}

/** The same, of a stage. */
export const liveOf = ({ live, records }: StageView): ReadonlyMap<string, number> =>
  live ?? liveIn(records.values());

/** Pods that R minted in the step. */
export function mintedBy(step: StepView): readonly Uid[] {
  const assigned = step.effects.flatMap((effect) =>
    effect.type === 'send' && effect.message.kind === 'Assign' ? effect.message.records : [],
  );
  return stageOfStep(step)?.is.peer === 'replicaset' ? assigned.map(({ uid }) => uid) : [];
}

/** Whether the newest ReplicaSet is the want's, and all others are at 0: then a direct want may change Pods. */
export function isReached(want: Want, replicaSets: readonly ReplicaSetFact[]): boolean {
  const living = replicaSets.filter(({ deleting }) => !deleting);
  const newest = Math.max(...living.map(({ revisionNumber }) => revisionNumber));
  return living.every((one) =>
    one.revisionNumber === newest
      ? one.uid === want.replicaSet && one.revision === want.revision
      : one.replicas === 0,
  );
}
