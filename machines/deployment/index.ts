/** The Deployment stage for a host: a pure step (see `machine.ts`). */
import type { SnapshotFrom } from 'xstate';
import { KubedirectError } from '../../spec/errors.ts';
import { HEARS, type StageEvent } from '../../spec/events.ts';
import type { Stage, Step } from '../../spec/stage.ts';
import { begin, step } from '../drive.ts';
import { viewOfDownstreamSide, viewOfUpstreamSide } from '../ownership/link/index.ts';
import { viewOfLists } from '../ownership/lists.ts';
import { viewOfField } from '../ownership/wants/field.ts';
import type { Entry } from './context.ts';
import { deploymentMachine } from './machine.ts';

export { deploymentMachine } from './machine.ts';

/** A state of D. @public */
export type DeploymentState = SnapshotFrom<typeof deploymentMachine>;

const HEARD: ReadonlySet<string> = new Set(HEARS.deployment);

function take(snapshot: DeploymentState): Step<DeploymentState> {
  const { effects } = snapshot.context;
  if (effects.length === 0) return [snapshot, effects];
  return [{ ...snapshot, context: { ...snapshot.context, effects: [] } } as DeploymentState, effects];
}

/** The Deployment stage D. @public */
export const deploymentStage: Stage<DeploymentState> = {
  name: 'deployment',
  start: (config) => take(begin(deploymentMachine, config)),
  step(state: DeploymentState, event: StageEvent): Step<DeploymentState> {
    if (!HEARD.has(event.type))
      throw new KubedirectError(
        'INVARIANT_BROKEN',
        `deployment hears ${HEARS.deployment.join(', ')}; it was given ${event.type}`,
      );
    return take(step(deploymentMachine, state, event));
  },
};

const viewOfEntry = ({ field, ...entry }: Entry) => ({ ...entry, field: viewOfField(field) });

/** Plain JSON of a state, keys sorted. @public */
export function viewOfDeployment(state: DeploymentState) {
  const { up, down, entries, replicaSets, counts, gone, suspects, unflushed, dirty, ...rest } = state.context;
  const sorted = <T, U>(map: Iterable<[string, T]>, each: (value: T) => U) =>
    Object.fromEntries(
      [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => [key, each(value)]),
    );
  return {
    state: state.value as string,
    up: viewOfDownstreamSide(up),
    down: viewOfUpstreamSide(down),
    owner: rest.owner,
    switchVersion: rest.switchVersion,
    acknowledged: rest.acknowledged,
    lists: sorted(rest.lists, viewOfLists),
    confirmed: rest.confirmed,
    entries: sorted(entries, viewOfEntry),
    replicaSets: sorted(replicaSets, (fact) => fact),
    counts: sorted(counts, (each) => sorted(each, (count) => count)),
    gone: [...gone].sort(),
    goneAsked: [...rest.goneAsked].sort(),
    suspects: [...suspects].sort(),
    ...(rest.judged.size > 0 && { judged: [...rest.judged].sort() }),
    unflushed: [...unflushed].sort(),
    dirty: [...dirty].sort(),
    queued: rest.queued,
  };
}
