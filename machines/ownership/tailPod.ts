/**
 * One Pod at the tail (`spec/protocol.md` 4, 5): what is known of its object at the API Server, and of its containers.
 *
 * Two machines, since the two live and die apart: a create in flight outlives its Pod, a start in flight outlives it
 * too. Facts drive them; what K does next follows from the two states and the phase (`machines/kubelet/next.ts`).
 */
import { setup } from 'xstate';
import { compileTable, WITHOUT_EFFECT } from './flatTable.ts';

/** What can be learned about the object, as facts. */
export const OBJECT_EVENTS = [
  'createSent',
  'created',
  'createRefused',
  'createLost',
  'nameTaken',
  'waited',
  'seenLive',
  'seenDeleting',
  'seenFailed',
  'vanished',
  'deleteSent',
  'deleteAccepted',
  'deleteDenied',
  'deleteFailed',
  'failSent',
  'finishSent',
  'retried',
  'switchedBack',
  'readSent',
  'readNone',
] as const;
/** One of {@link OBJECT_EVENTS}. */
export type ObjectEvent = (typeof OBJECT_EVENTS)[number];

const withoutEffect = { actions: WITHOUT_EFFECT } as const;
/** Names the events that change nothing here, on purpose. */
function stale<E extends string>(...events: readonly E[]): Record<E, typeof withoutEffect> {
  return Object.fromEntries(events.map((event) => [event, withoutEffect])) as Record<E, typeof withoutEffect>;
}
const seen = { seenLive: 'standing', seenDeleting: 'deleting', seenFailed: 'failed' } as const;

/** The object at the API Server, as far as K knows. @public */
export const tailObjectMachine = setup({
  types: { events: {} as { type: ObjectEvent } },
  actions: { withoutEffect: () => undefined },
}).createMachine({
  id: 'tailObject',
  description: 'The Pod object of a Pod at the tail (protocol 4.4, 5)',
  initial: 'unpublished',
  states: {
    unpublished: {
      description: 'No create was ever sent',
      on: {
        ...seen,
        createSent: 'publishing',
        vanished: 'vanished',
        readSent: 'checking',
        ...stale(
          'created',
          'createRefused',
          'createLost',
          'nameTaken',
          'waited',
          'deleteSent',
          'deleteAccepted',
        ),
        ...stale(
          'deleteDenied',
          'deleteFailed',
          'failSent',
          'finishSent',
          'retried',
          'switchedBack',
          'readNone',
        ),
      },
    },
    publishing: {
      description: 'A create is in flight: it may land at any moment',
      on: {
        ...seen,
        created: 'standing',
        createRefused: 'refused',
        createLost: 'unsure',
        nameTaken: 'contested',
        vanished: 'vanished',
        ...stale('createSent', 'waited', 'deleteSent', 'deleteAccepted', 'deleteDenied', 'deleteFailed'),
        ...stale('failSent', 'finishSent', 'retried', 'switchedBack', 'readSent', 'readNone'),
      },
    },
    unsure: {
      description:
        'The reply to the create was lost, with the connection or the process: it may land until the wait ends',
      on: {
        ...seen,
        created: 'standing',
        waited: 'waitedOut',
        vanished: 'vanished',
        ...stale('createSent', 'createRefused', 'createLost', 'nameTaken', 'deleteSent', 'deleteAccepted'),
        ...stale('deleteDenied', 'deleteFailed', 'failSent', 'finishSent', 'retried', 'switchedBack'),
        ...stale('readSent', 'readNone'),
      },
    },
    waitedOut: {
      description: "The API Server's request timeout has passed: what was going to land has landed",
      on: {
        ...seen,
        vanished: 'vanished',
        readSent: 'checking',
        ...stale('createSent', 'created', 'createRefused', 'createLost', 'nameTaken', 'waited', 'deleteSent'),
        ...stale('deleteAccepted', 'deleteDenied', 'deleteFailed', 'failSent', 'finishSent', 'retried'),
        ...stale('switchedBack', 'readNone'),
      },
    },
    contested: {
      description: 'An object of this name was there: reading whose it is',
      on: {
        ...seen,
        readNone: 'refused',
        vanished: 'vanished',
        ...stale('createSent', 'created', 'createRefused', 'createLost', 'nameTaken', 'waited', 'deleteSent'),
        ...stale('deleteAccepted', 'deleteDenied', 'deleteFailed', 'failSent', 'finishSent', 'retried'),
        ...stale('switchedBack', 'readSent'),
      },
    },
    refused: {
      description: 'The API Server refused the create: there is no object of ours, and there will be none',
      on: {
        ...seen,
        vanished: 'vanished',
        readSent: 'checking',
        ...stale('createSent', 'created', 'createRefused', 'createLost', 'nameTaken', 'waited', 'deleteSent'),
        ...stale('deleteAccepted', 'deleteDenied', 'deleteFailed', 'failSent', 'finishSent', 'retried'),
        ...stale('switchedBack', 'readNone'),
      },
    },
    standing: {
      description: 'Published and live',
      on: {
        seenDeleting: 'deleting',
        seenFailed: 'failed',
        vanished: 'vanished',
        deleteSent: 'deleteAsked',
        failSent: 'failAsked',
        ...stale('seenLive', 'createSent', 'created', 'createRefused', 'createLost', 'nameTaken', 'waited'),
        ...stale('deleteAccepted', 'deleteDenied', 'deleteFailed', 'finishSent', 'retried', 'switchedBack'),
        ...stale('readSent', 'readNone'),
      },
    },
    deleteAsked: {
      description: 'Our delete is in flight',
      on: {
        seenDeleting: 'deleting',
        seenFailed: 'failed',
        vanished: 'vanished',
        deleteAccepted: 'deleting',
        deleteDenied: 'denied',
        deleteFailed: 'deleteDelayed',
        ...stale('seenLive', 'createSent', 'created', 'createRefused', 'createLost', 'nameTaken', 'waited'),
        ...stale('deleteSent', 'failSent', 'finishSent', 'retried', 'switchedBack', 'readSent', 'readNone'),
      },
    },
    deleteDelayed: {
      description: 'Our delete failed; it is tried again after a pause',
      on: {
        seenDeleting: 'deleting',
        seenFailed: 'failed',
        vanished: 'vanished',
        retried: 'standing',
        ...stale('seenLive', 'createSent', 'created', 'createRefused', 'createLost', 'nameTaken', 'waited'),
        ...stale('deleteSent', 'deleteAccepted', 'deleteDenied', 'deleteFailed', 'failSent', 'finishSent'),
        ...stale('switchedBack', 'readSent', 'readNone'),
      },
    },
    denied: {
      description: 'The owner switch denied our delete: the Pod is not signalled',
      on: {
        seenDeleting: 'deleting',
        seenFailed: 'failed',
        vanished: 'vanished',
        failSent: 'failAsked',
        retried: 'standing',
        switchedBack: 'standing',
        ...stale('seenLive', 'createSent', 'created', 'createRefused', 'createLost', 'nameTaken', 'waited'),
        ...stale('deleteSent', 'deleteAccepted', 'deleteDenied', 'deleteFailed', 'finishSent'),
        ...stale('readSent', 'readNone'),
      },
    },
    failAsked: {
      description: 'Setting status.phase Failed, since deleting is denied',
      on: {
        seenDeleting: 'deleting',
        seenFailed: 'failed',
        vanished: 'vanished',
        switchedBack: 'standing',
        ...stale('seenLive', 'createSent', 'created', 'createRefused', 'createLost', 'nameTaken', 'waited'),
        ...stale('deleteSent', 'deleteAccepted', 'deleteDenied', 'deleteFailed', 'failSent', 'finishSent'),
        ...stale('retried', 'readSent', 'readNone'),
      },
    },
    failed: {
      description: 'The object says Failed (or Succeeded): nothing runs, and nothing will',
      on: {
        seenDeleting: 'deleting',
        vanished: 'vanished',
        deleteSent: 'deleteAsked',
        deleteAccepted: 'deleting',
        deleteFailed: 'deleteDelayed',
        ...stale(
          'seenLive',
          'seenFailed',
          'createSent',
          'created',
          'createRefused',
          'createLost',
          'nameTaken',
        ),
        ...stale('waited', 'deleteDenied', 'failSent', 'finishSent', 'retried', 'switchedBack'),
        ...stale('readSent', 'readNone'),
      },
    },
    deleting: {
      description: 'It has a deletionTimestamp: no way back (4.5)',
      on: {
        vanished: 'vanished',
        finishSent: 'finishing',
        ...stale(
          'seenLive',
          'seenDeleting',
          'seenFailed',
          'createSent',
          'created',
          'createRefused',
          'createLost',
        ),
        ...stale('nameTaken', 'waited', 'deleteSent', 'deleteAccepted', 'deleteDenied', 'deleteFailed'),
        ...stale('failSent', 'retried', 'switchedBack', 'readSent', 'readNone'),
      },
    },
    finishing: {
      description: 'Its containers are quiet; K, as its kubelet, removes the object',
      on: {
        vanished: 'vanished',
        deleteDenied: 'finishDelayed',
        deleteFailed: 'finishDelayed',
        ...stale(
          'seenLive',
          'seenDeleting',
          'seenFailed',
          'createSent',
          'created',
          'createRefused',
          'createLost',
        ),
        ...stale('nameTaken', 'waited', 'deleteSent', 'deleteAccepted', 'failSent', 'finishSent', 'retried'),
        ...stale('switchedBack', 'readSent', 'readNone'),
      },
    },
    finishDelayed: {
      description: 'Removing the object failed; it is tried again after a pause',
      on: {
        vanished: 'vanished',
        retried: 'deleting',
        switchedBack: 'deleting',
        ...stale(
          'seenLive',
          'seenDeleting',
          'seenFailed',
          'createSent',
          'created',
          'createRefused',
          'createLost',
        ),
        ...stale('nameTaken', 'waited', 'deleteSent', 'deleteAccepted', 'deleteDenied', 'deleteFailed'),
        ...stale('failSent', 'finishSent', 'readSent', 'readNone'),
      },
    },
    vanished: {
      description: 'Seen, and gone: K never publishes it again',
      on: {
        readSent: 'checking',
        ...stale(
          'seenLive',
          'seenDeleting',
          'seenFailed',
          'vanished',
          'createSent',
          'created',
          'createRefused',
        ),
        ...stale('createLost', 'nameTaken', 'waited', 'deleteSent', 'deleteAccepted', 'deleteDenied'),
        ...stale('deleteFailed', 'failSent', 'finishSent', 'retried', 'switchedBack', 'readNone'),
      },
    },
    checking: {
      description: 'A consistent read is under way, as before every confirmation',
      on: {
        ...seen,
        readNone: 'absent',
        ...stale('vanished', 'createSent', 'created', 'createRefused', 'createLost', 'nameTaken', 'waited'),
        ...stale('deleteSent', 'deleteAccepted', 'deleteDenied', 'deleteFailed', 'failSent', 'finishSent'),
        ...stale('retried', 'switchedBack', 'readSent'),
      },
    },
    absent: {
      description: 'A consistent read showed no object',
      on: {
        ...seen,
        vanished: 'vanished',
        ...stale('createSent', 'created', 'createRefused', 'createLost', 'nameTaken', 'waited', 'deleteSent'),
        ...stale('deleteAccepted', 'deleteDenied', 'deleteFailed', 'failSent', 'finishSent', 'retried'),
        ...stale('switchedBack', 'readSent', 'readNone'),
      },
    },
  },
});

/** States of {@link tailObjectMachine}. @public */
export const OBJECT_STATES = [
  'unpublished',
  'publishing',
  'unsure',
  'waitedOut',
  'contested',
  'refused',
  'standing',
  'deleteAsked',
  'deleteDelayed',
  'denied',
  'failAsked',
  'failed',
  'deleting',
  'finishing',
  'finishDelayed',
  'vanished',
  'checking',
  'absent',
] as const;
/** One of {@link OBJECT_STATES}. @public */
export type ObjectState = (typeof OBJECT_STATES)[number];
/** Compiled from {@link tailObjectMachine}. */
export const OBJECT_TABLE = compileTable<ObjectState, ObjectEvent>(
  tailObjectMachine,
  OBJECT_STATES,
  OBJECT_EVENTS,
);

/** What can happen to the containers. */
export const CONTAINERS_EVENTS = ['startSent', 'started', 'needsObject', 'stopSent', 'stopped'] as const;
/** One of {@link CONTAINERS_EVENTS}. */
export type ContainersEvent = (typeof CONTAINERS_EVENTS)[number];

/** The containers of a Pod, where K runs them; always `none` in runtime `publish`. @public */
export const tailContainersMachine = setup({
  types: { events: {} as { type: ContainersEvent } },
  actions: { withoutEffect: () => undefined },
}).createMachine({
  id: 'tailContainers',
  description: 'The containers of a Pod at the tail, where K runs them (protocol 4.4, 5)',
  initial: 'none',
  states: {
    none: {
      description: 'Never started',
      on: {
        startSent: 'starting',
        stopSent: 'stopping',
        started: 'running',
        stopped: 'quiet',
        ...stale('needsObject'),
      },
    },
    starting: {
      description: 'A start is in flight, or may be from before a restart',
      on: {
        started: 'running',
        needsObject: 'awaitingObject',
        stopSent: 'stopping',
        stopped: 'quiet',
        ...stale('startSent'),
      },
    },
    awaitingObject: {
      description:
        'Nothing was started: what its template asks for is given for a Pod that stands at the API Server',
      on: {
        startSent: 'starting',
        started: 'running',
        stopSent: 'stopping',
        stopped: 'quiet',
        ...stale('needsObject'),
      },
    },
    running: {
      description: 'They run',
      on: { stopSent: 'stopping', stopped: 'quiet', ...stale('startSent', 'started', 'needsObject') },
    },
    stopping: {
      description: 'Signalled; a start in flight may still come up and be stopped',
      on: { stopped: 'quiet', ...stale('startSent', 'started', 'needsObject', 'stopSent') },
    },
    quiet: {
      description: 'Nothing runs, no start is in flight, and none will be sent',
      on: stale('startSent', 'started', 'needsObject', 'stopSent', 'stopped'),
    },
  },
});

/** States of {@link tailContainersMachine}. @public */
export const CONTAINERS_STATES = [
  'none',
  'starting',
  'awaitingObject',
  'running',
  'stopping',
  'quiet',
] as const;
/** One of {@link CONTAINERS_STATES}. @public */
export type ContainersState = (typeof CONTAINERS_STATES)[number];
/** Compiled from {@link tailContainersMachine}. */
export const CONTAINERS_TABLE = compileTable<ContainersState, ContainersEvent>(
  tailContainersMachine,
  CONTAINERS_STATES,
  CONTAINERS_EVENTS,
);
