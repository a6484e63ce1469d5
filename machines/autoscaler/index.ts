/** The Autoscaler stage for a host: a pure step (see `machine.ts`). */
import type { SnapshotFrom } from 'xstate';
import { KubedirectError } from '../../spec/errors.ts';
import { HEARS, type StageEvent } from '../../spec/events.ts';
import type { Stage, Step } from '../../spec/stage.ts';
import { begin, step } from '../drive.ts';
import { isUpstreamOpen, viewOfUpstreamSide } from '../ownership/link/index.ts';
import { viewOfLists } from '../ownership/lists.ts';
import { autoscalerMachine } from './machine.ts';

export { autoscalerMachine } from './machine.ts';

/** A state of A. @public */
export type AutoscalerState = SnapshotFrom<typeof autoscalerMachine>;

const HEARD: ReadonlySet<string> = new Set(HEARS.autoscaler);

function take(snapshot: AutoscalerState): Step<AutoscalerState> {
  const { effects } = snapshot.context;
  if (effects.length === 0) return [snapshot, effects];
  return [{ ...snapshot, context: { ...snapshot.context, effects: [] } } as AutoscalerState, effects];
}

/** The Autoscaler stage A. @public */
export const autoscalerStage: Stage<AutoscalerState> = {
  name: 'autoscaler',
  start: (config) => take(begin(autoscalerMachine, config)),
  step(state: AutoscalerState, event: StageEvent): Step<AutoscalerState> {
    if (!HEARD.has(event.type))
      throw new KubedirectError(
        'INVARIANT_BROKEN',
        `autoscaler hears ${HEARS.autoscaler.join(', ')}; it was given ${event.type}`,
      );
    return take(step(autoscalerMachine, state, event));
  },
};

/** What A wants of a Deployment, and how many Pods of it R counts as ready; null as long as D has told no want of it. @public */
export function standingOf(
  { context }: AutoscalerState,
  deployment: string,
): { readonly want: number; readonly ready: number } | null {
  const want = context.wants.get(deployment);
  if (want === undefined) return null;
  const counts = [...(context.counts.get(deployment)?.values() ?? [])];
  return { want: want.value, ready: counts.reduce((sum, { ready }) => sum + ready, 0) };
}

/**
 * Whether requests may be known to this A alone (protocol 8): some wait for a want of D's, or its link is down and it has minted wants. An A
 * that ends in good order waits a moment, then, for D to be told.
 * @public
 */
export function isAloneWithRequests({ context }: AutoscalerState): boolean {
  const { pending, wants, config, down } = context;
  if (!pending.isEmpty()) return true;
  return !isUpstreamOpen(down) && wants.some(({ version }) => version.incarnation === config.incarnation);
}

/** Plain JSON of a state, keys sorted. @public */
export function viewOfAutoscaler(state: AutoscalerState) {
  const { down, minted, wants, pending, owner, counts, gone, leaving, parting, ...rest } = state.context;
  const sorted = <T>(map: Iterable<[string, T]>) =>
    Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
  return {
    state: state.value as string,
    down: viewOfUpstreamSide(down),
    minted,
    wants: sorted(wants),
    pending: sorted(pending),
    owner,
    counts: sorted([...counts.values()].flatMap((each) => [...each])),
    gone: [...gone].sort(),
    leaving: [...leaving].sort(),
    parting: [...parting].sort(),
    seen: [...rest.seen].sort(),
    suspects: [...rest.suspects].sort(),
    lists: viewOfLists(rest.lists),
  };
}
