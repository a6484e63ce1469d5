/**
 * Compiles a machine without context into a flat table, for places that judge thousands of records in one step.
 *
 * The table is made from the machine by stepping it once from every state with every event, so the two cannot
 * differ; a state in which an event is neither a change nor named as without effect fails at load time.
 */
import { type AnyStateMachine, transition } from 'xstate';
import { KubedirectError } from '../../spec/errors.ts';

/** Name of the action by which a machine says that an event changes nothing, on purpose. */
export const WITHOUT_EFFECT = 'withoutEffect';

/** state → event → next state. */
export type FlatTable<State extends string, Event extends string> = Readonly<
  Record<State, Readonly<Record<Event, State>>>
>;

/**
 * @param machine - flat, without context; pairs that change nothing carry the action {@link WITHOUT_EFFECT}
 * @throws KubedirectError `INVARIANT_BROKEN` for a pair that the machine does not mention
 */
export function compileTable<State extends string, Event extends string>(
  machine: AnyStateMachine,
  states: readonly State[],
  events: readonly Event[],
): FlatTable<State, Event> {
  const table = {} as Record<State, Record<Event, State>>;
  for (const state of states) {
    const row = {} as Record<Event, State>;
    for (const event of events) {
      const at = machine.resolveState({ value: state, context: {} });
      const [next, actions] = transition(machine, at, { type: event });
      const to = next.value as State;
      const said = actions.some(({ type }) => (type as string) === WITHOUT_EFFECT);
      if (to === state && !said)
        throw new KubedirectError(
          'INVARIANT_BROKEN',
          `${machine.id}: ${state} does not say what ${event} does`,
        );
      row[event] = to;
    }
    table[state] = row;
  }
  return table;
}
