/** The ReplicaSet stage for a host: a pure step (see `machine.ts`). */
import type { SnapshotFrom } from 'xstate';
import { KubedirectError } from '../../spec/errors.ts';
import { HEARS, type StageEvent } from '../../spec/events.ts';
import type { Stage, Step } from '../../spec/stage.ts';
import { begin, step } from '../drive.ts';
import { viewOfDownstreamSide, viewOfUpstreamSide } from '../ownership/link/index.ts';
import { viewOfLists } from '../ownership/lists.ts';
import { replicaSetMachine } from './machine.ts';

export { replicaSetMachine } from './machine.ts';

/** A state of R. @public */
export type ReplicaSetState = SnapshotFrom<typeof replicaSetMachine>;

const HEARD: ReadonlySet<string> = new Set(HEARS.replicaset);

function take(snapshot: ReplicaSetState): Step<ReplicaSetState> {
  const { effects } = snapshot.context;
  if (effects.length === 0) return [snapshot, effects];
  return [{ ...snapshot, context: { ...snapshot.context, effects: [] } } as ReplicaSetState, effects];
}

/** The ReplicaSet stage R. @public */
export const replicaSetStage: Stage<ReplicaSetState> = {
  name: 'replicaset',
  start: (config) => take(begin(replicaSetMachine, config)),
  step(state: ReplicaSetState, event: StageEvent): Step<ReplicaSetState> {
    if (!HEARD.has(event.type))
      throw new KubedirectError(
        'INVARIANT_BROKEN',
        `replicaset hears ${HEARS.replicaset.join(', ')}; it was given ${event.type}`,
      );
    return take(step(replicaSetMachine, state, event));
  },
};

/** Plain JSON of a state, keys sorted. @public */
export function viewOfReplicaSet(state: ReplicaSetState) {
  const {
    up,
    down,
    minted,
    records,
    wants,
    told,
    unknown,
    lists,
    gone,
    holds,
    backoffs,
    replicaSets,
    unacknowledged,
    takenBackAt,
    agents,
    strays,
    queued,
    config,
  } = state.context;
  const sorted = <T>(map: { entries(): Iterable<[string, T]> }) =>
    Object.fromEntries([...map.entries()].sort(([a], [b]) => (a < b ? -1 : 1)));
  return {
    state: state.value as string,
    up: viewOfDownstreamSide(up),
    down: viewOfUpstreamSide(down),
    minted,
    records: sorted(records),
    replicaSets: sorted(replicaSets),
    wants: sorted(wants),
    told: [...told].sort(),
    gone: [...gone].sort(),
    holds: sorted(holds),
    backoffs: sorted(backoffs),
    unacknowledged,
    ...((lists.asked > 0 || !lists.alone.isEmpty()) && { lists: viewOfLists(lists) }),
    ...(unknown.size > 0 && { unknown: [...unknown].sort() }),
    // A fresh R that has yet to take the Pods back.
    ...(config.acknowledged !== undefined && { acknowledged: config.acknowledged }),
    // Only while and after the Pods are taken back.
    ...(takenBackAt !== null && { takenBackAt }),
    ...(agents.size > 0 && { agents: sorted(agents) }),
    ...(strays.length > 0 && { strays }),
    queued,
  };
}
