/**
 * The Kubelet stage K as hosts see it: a pure step over {@link kubeletMachine}.
 *
 * In the effects of a step the journal entry comes first, as one for all Pods of the batch: everything else may
 * rely on it. The reads of the host must be consistent where the effect says so.
 */
import type { SnapshotFrom } from 'xstate';
import type { Effect } from '../../spec/effects.ts';
import { KubedirectError } from '../../spec/errors.ts';
import { HEARS, type StageEvent } from '../../spec/events.ts';
import type { Stage, StageConfig, Step } from '../../spec/stage.ts';
import { begin, step } from '../drive.ts';
import { completeDrain, verifyHello } from './cancel.ts';
import { initialContext, type KubeletContext } from './context.ts';
import { confirmDoubted, endDoubt } from './doubt.ts';
import { acknowledge } from './handover.ts';
import { kubeletMachine } from './machine.ts';
import { flush } from './upward.ts';
import { viewOfContext } from './view.ts';

export {
  claimedJournal,
  isLatestJournal,
  journalEntriesOf,
  type NamedJournal,
  replayJournal,
} from './journal.ts';
export { kubeletMachine } from './machine.ts';

/** A state of K. Plain view: {@link viewOfKubelet}. @public */
export type KubeletState = SnapshotFrom<typeof kubeletMachine>;

const HEARD: ReadonlySet<string> = new Set(HEARS.kubelet);

/** What follows from any step: a doubt that has passed, a drain that is complete, a release that is settled, a `Hello` that can go on. */
function settle(context: KubeletContext): KubeletContext {
  return flush(verifyHello(acknowledge(completeDrain(confirmDoubted(endDoubt(context))))));
}

/** Takes the effects out of a state. */
function take(snapshot: KubeletState): Step<KubeletState> {
  const context = settle(snapshot.context);
  const { entries, acts } = context;
  if (entries.isEmpty() && acts.isEmpty())
    return [context === snapshot.context ? snapshot : ({ ...snapshot, context } as KubeletState), []];
  const effects: Effect[] = acts.toArray();
  if (!entries.isEmpty()) {
    const journal: Effect = { type: 'journal', entries: entries.toArray() };
    if (context.mutants.has('journal-after-effects')) effects.push(journal);
    else effects.unshift(journal);
  }
  const kept = { ...context, entries: entries.clear(), acts: acts.clear() };
  return [{ ...snapshot, context: kept } as KubeletState, effects];
}

/** The tail. @public */
export const kubeletStage: Stage<KubeletState> = {
  name: 'kubelet',
  start(config: StageConfig) {
    return take(begin(kubeletMachine, initialContext(config)));
  },
  step(state: KubeletState, event: StageEvent) {
    if (!HEARD.has(event.type))
      throw new KubedirectError('INVARIANT_BROKEN', `a Kubelet stage does not hear ${event.type}`);
    return take(step(kubeletMachine, state, event));
  },
};

/** Plain JSON of the state, canonical. @public */
export function viewOfKubelet(state: KubeletState) {
  return { state: state.value, ...viewOfContext(state.context) };
}
/** As all stages export it. @public */
export const view = viewOfKubelet;
