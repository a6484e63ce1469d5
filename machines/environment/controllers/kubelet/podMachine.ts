/**
 * One Pod's life on a simulated node: what a stock kubelet (or kwok) makes of a bound Pod object. Events are facts, effects are
 * what the node does next; delays and room are the host's inputs.
 */
import { setup } from 'xstate';

/** @public */
export type PodFact =
  | { type: 'roomFound' }
  | { type: 'roomLacking' }
  | { type: 'timerFired' }
  | { type: 'deletionSeen' }
  | { type: 'objectGone' };

/** @public */
export type PodLifeState = 'assigned' | 'starting' | 'running' | 'refused' | 'stopping' | 'ending' | 'gone';

/** What the machine asks its host to do. @public */
export type PodEffect =
  | 'setStartTimer'
  | 'reportRunning'
  | 'reportFailed'
  | 'setStopTimer'
  | 'deleteObject'
  | 'clearTimer';

const VANISHED = { target: 'gone', actions: 'clearTimer' } as const;

/** The machine. @public */
export const podMachine = setup({
  types: { events: {} as PodFact },
  actions: {
    setStartTimer: () => {},
    reportRunning: () => {},
    reportFailed: () => {},
    setStopTimer: () => {},
    deleteObject: () => {},
    clearTimer: () => {},
  },
}).createMachine({
  id: 'simulatedPod',
  initial: 'assigned',
  states: {
    assigned: {
      description: 'Bound to this node and seen by it; not yet admitted.',
      on: {
        roomFound: { target: 'starting', actions: 'setStartTimer' },
        roomLacking: { target: 'refused', actions: 'reportFailed' },
        deletionSeen: { target: 'ending', actions: 'deleteObject' },
        objectGone: VANISHED,
      },
    },
    starting: {
      description: 'Admitted: takes room; its containers are starting.',
      on: {
        timerFired: { target: 'running', actions: 'reportRunning' },
        deletionSeen: { target: 'stopping', actions: 'setStopTimer' },
        objectGone: VANISHED,
      },
    },
    running: {
      description: 'Its containers run and are ready.',
      on: { deletionSeen: { target: 'stopping', actions: 'setStopTimer' }, objectGone: VANISHED },
    },
    refused: {
      description: 'Did not fit: Failed for good. The object stays until someone deletes it.',
      on: { deletionSeen: { target: 'ending', actions: 'deleteObject' }, objectGone: VANISHED },
    },
    stopping: {
      description: 'Its containers were told to stop, and have the grace period to do so; still takes room.',
      on: { timerFired: { target: 'ending', actions: 'deleteObject' }, objectGone: VANISHED },
    },
    ending: {
      description: 'Nothing runs; its object is deleted with grace 0. A finalizer may keep it.',
      on: { objectGone: VANISHED },
    },
    gone: { type: 'final', description: 'Nothing runs, nothing is left.' },
  },
});
