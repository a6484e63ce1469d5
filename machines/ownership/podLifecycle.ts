/**
 * The life of a Pod as every stage sees it (`spec/protocol.md` 2): created, bound, accepted, running, terminating, gone.
 *
 * R, S and K ask {@link phaseAfter} what a view becomes when somebody names a phase: it may skip ahead, it never goes
 * back (`PhaseMonotonic`), and a tombstone is never made live again (3, 4.1).
 */
import { setup } from 'xstate';
import { PHASES, type Phase } from '../../spec/vocabulary.ts';
import { compileTable, WITHOUT_EFFECT } from './flatTable.ts';

/** A phase, or gone. */
export type Life = Phase | 'gone';
/** All lives, in order. */
export const LIVES: readonly Life[] = [...PHASES, 'gone'];

const withoutEffect = { actions: WITHOUT_EFFECT } as const;

/** The machine: an event names the phase that was told. Drive it with {@link phaseAfter}. @public */
export const podLifecycleMachine = setup({
  types: { events: {} as { type: Life } },
  actions: { withoutEffect: () => undefined },
}).createMachine({
  id: 'podLifecycle',
  description: 'The life of a Pod (protocol 2): it may skip ahead and never goes back',
  initial: 'created',
  states: {
    created: {
      description: 'Minted by R, not yet placed',
      on: {
        created: withoutEffect,
        bound: 'bound',
        accepted: 'accepted',
        running: 'running',
        terminating: 'terminating',
        gone: 'gone',
      },
    },
    bound: {
      description: 'S has chosen a node',
      on: {
        created: withoutEffect,
        bound: withoutEffect,
        accepted: 'accepted',
        running: 'running',
        terminating: 'terminating',
        gone: 'gone',
      },
    },
    accepted: {
      description: 'K has taken it: K alone may start, refuse or end it',
      on: {
        created: withoutEffect,
        bound: withoutEffect,
        accepted: withoutEffect,
        running: 'running',
        terminating: 'terminating',
        gone: 'gone',
      },
    },
    running: {
      description: 'Its containers run; ready stands beside it',
      on: {
        created: withoutEffect,
        bound: withoutEffect,
        accepted: withoutEffect,
        running: withoutEffect,
        terminating: 'terminating',
        gone: 'gone',
      },
    },
    terminating: {
      description: 'The tombstone: marked for termination until the downstream confirms',
      on: {
        created: withoutEffect,
        bound: withoutEffect,
        accepted: withoutEffect,
        running: withoutEffect,
        terminating: withoutEffect,
        gone: 'gone',
      },
    },
    gone: {
      description: 'Ended or failed; the uid is never used again',
      on: {
        created: withoutEffect,
        bound: withoutEffect,
        accepted: withoutEffect,
        running: withoutEffect,
        terminating: withoutEffect,
        gone: withoutEffect,
      },
    },
  },
});

/** Compiled from {@link podLifecycleMachine}. */
export const LIFE_TABLE = compileTable<Life, Life>(podLifecycleMachine, LIVES, LIVES);

/** What a view of a Pod becomes when `told` is said of it; itself if that would go back. @public */
export function phaseAfter(held: Phase, told: Phase): Phase {
  return LIFE_TABLE[held][told] as Phase;
}

/** Whether `told` would take the view back: it is then refused. @public */
export function goesBack(held: Life, told: Life): boolean {
  return told !== held && LIFE_TABLE[held][told] === held;
}
