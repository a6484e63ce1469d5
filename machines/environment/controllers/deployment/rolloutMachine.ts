/**
 * How a rollout goes, as the stock Deployment controller tells it in the `Progressing` condition: the states of that condition,
 * and what moves it from one to the next (`pkg/controller/deployment/progress.go`, `sync.go`). Effects say which condition to set.
 */
import { setup } from 'xstate';

/** A fact about the Deployment that may move its rollout. @public */
export type RolloutEvent =
  | { type: 'replicaSetCreated' }
  | { type: 'replicaSetFound' }
  | { type: 'replicaSetRefused' }
  | { type: 'rolloutCompleted'; onlyNew: boolean }
  | { type: 'rolloutProgressed'; onlyNew: boolean }
  | { type: 'deadlinePassed'; onlyNew: boolean }
  | { type: 'pauseSeen' }
  | { type: 'resumeSeen' };

/** @public */
export type RolloutState = 'unknown' | 'progressing' | 'complete' | 'timedOut' | 'createFailed' | 'paused';

const SAID = {
  replicaSetCreated: { target: 'progressing', actions: 'sayCreated' },
  replicaSetRefused: { target: 'createFailed', actions: 'sayRefused' },
} as const;
const MOVED = {
  rolloutCompleted: { target: 'complete', actions: 'sayCompleted' },
  rolloutProgressed: { target: 'progressing', actions: 'sayProgressed' },
} as const;
const FOUND = { target: 'progressing', actions: 'sayFound' } as const;
const LATE = { target: 'timedOut', actions: 'sayTimedOut' } as const;
const PAUSED = { target: 'paused', actions: 'sayPaused' } as const;

/** The machine. It has no context: the condition in the Deployment's status is its memory. @public */
export const rolloutMachine = setup({
  types: { events: {} as RolloutEvent },
  guards: {
    oldRevisionRuns: ({ event }) => 'onlyNew' in event && !event.onlyNew,
  },
  actions: {
    sayCreated: () => {},
    sayFound: () => {},
    sayRefused: () => {},
    sayCompleted: () => {},
    sayProgressed: () => {},
    sayTimedOut: () => {},
    sayPaused: () => {},
    sayResumed: () => {},
  },
}).createMachine({
  id: 'rollout',
  initial: 'unknown',
  states: {
    unknown: {
      description: 'The Deployment has no Progressing condition yet.',
      on: { ...SAID, ...MOVED, replicaSetFound: FOUND, pauseSeen: PAUSED },
    },
    progressing: {
      description: 'The new ReplicaSet was made, or Pods of it became updated, ready or available.',
      on: { ...SAID, ...MOVED, deadlinePassed: LATE, pauseSeen: PAUSED },
    },
    complete: {
      description:
        'All replicas are of the new ReplicaSet and available. A resync without an old revision moves nothing.',
      on: {
        ...SAID,
        rolloutCompleted: { guard: 'oldRevisionRuns', target: 'complete', actions: 'sayCompleted' },
        rolloutProgressed: { guard: 'oldRevisionRuns', target: 'progressing', actions: 'sayProgressed' },
        pauseSeen: PAUSED,
      },
    },
    timedOut: {
      description: 'Nothing moved for progressDeadlineSeconds. A pause is not noted over this.',
      on: { ...SAID, ...MOVED },
    },
    createFailed: {
      description: 'The new ReplicaSet could not be made.',
      on: { ...SAID, ...MOVED, deadlinePassed: LATE, pauseSeen: PAUSED },
    },
    paused: {
      description: 'spec.paused is set: scaled, not rolled.',
      on: {
        ...SAID,
        ...MOVED,
        deadlinePassed: LATE,
        resumeSeen: { target: 'progressing', actions: 'sayResumed' },
      },
    },
  },
});

/** The reasons that the condition gives, by state: how the machine's memory is read back. @public */
export const STATE_OF_REASON: Readonly<Record<string, RolloutState>> = {
  NewReplicaSetCreated: 'progressing',
  FoundNewReplicaSet: 'progressing',
  ReplicaSetUpdated: 'progressing',
  DeploymentResumed: 'progressing',
  NewReplicaSetAvailable: 'complete',
  ProgressDeadlineExceeded: 'timedOut',
  ReplicaSetCreateError: 'createFailed',
  DeploymentPaused: 'paused',
};
