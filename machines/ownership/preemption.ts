/**
 * One preemption, at S (`spec/protocol.md` 7): the room of the victims is kept for the preemptor from their
 * tombstones on, and the preemptor is assigned only after each of them is truly gone.
 *
 * Terminations that were under way already are awaited like victims. The reservation ends when the preemptor is
 * assigned, refused or gone, and with the node.
 */
import { assign, type SnapshotFrom, setup } from 'xstate';
import type { Resources, Uid } from '../../spec/vocabulary.ts';
import { begin, step } from '../drive.ts';

/** What a preemption is made from. @public */
export interface PreemptionInput {
  readonly preemptor: Uid;
  readonly node: string;
  readonly requests: Resources;
  /** Victims, and terminations under way that were counted. */
  readonly awaited: readonly Uid[];
}

/** What happens to a preemption. @public */
export type PreemptionEvent =
  /** Confirmed by K, or given up with its node. */
  | { readonly type: 'gone'; readonly uid: Uid }
  /** Assigned, refused, ended, or its node died. */
  | { readonly type: 'released' };

type Context = PreemptionInput;

/** The machine. Drive it with {@link startPreemption} and {@link stepPreemption}. @public */
export const preemptionMachine = setup({
  types: { context: {} as Context, events: {} as PreemptionEvent, input: {} as PreemptionInput },
  guards: {
    allAreGone: ({ context }) => context.awaited.length === 0,
  },
  actions: {
    strike: assign(({ context, event }) =>
      event.type === 'gone' ? { awaited: context.awaited.filter((uid) => uid !== event.uid) } : {},
    ),
  },
}).createMachine({
  id: 'preemption',
  description: 'A preemptor, the node it will run on, and those who must be gone first (protocol 7)',
  context: ({ input }) => input,
  initial: 'awaiting',
  states: {
    awaiting: {
      description: 'Victims are tombstoned; not all are gone; the room is reserved',
      always: { guard: 'allAreGone', target: 'cleared' },
      on: {
        gone: { target: 'awaiting', reenter: true, actions: 'strike' },
        released: { target: 'ended' },
      },
    },
    cleared: {
      description: 'All are gone: the preemptor may be assigned; the room is still reserved',
      on: { gone: { actions: 'strike' }, released: { target: 'ended' } },
    },
    ended: { description: 'The reservation is over', type: 'final' },
  },
});

/** A state of a preemption. @public */
export type Preemption = SnapshotFrom<typeof preemptionMachine>;

/** Victims chosen. @public */
export function startPreemption(input: PreemptionInput): Preemption {
  return begin(preemptionMachine, input);
}

/** One event. @public */
export function stepPreemption(preemption: Preemption, event: PreemptionEvent): Preemption {
  return step(preemptionMachine, preemption, event);
}

/** Whether the preemptor may be assigned. @public */
export function isCleared(preemption: Preemption): boolean {
  return preemption.value === 'cleared';
}
