/**
 * The `replicas` field of one Deployment: when D writes its highest want back (protocol 8, *Order of writing*; 12).
 *
 * A raise is written at once and further changes rest for the coalescing time; a lowering waits until the victims are
 * marked, or for its timer. One request at a time, always with the resourceVersion of an object that was processed.
 * A conflict waits for the object that it lost against; a reply that was lost is asked again, under the same
 * precondition, so that at most one of the two lands.
 */
import { assign, type SnapshotFrom, setup } from 'xstate';
import type { Effect } from '../../../spec/effects.ts';
import type { Refusal } from '../../../spec/events.ts';
import type { DeploymentFact, Written } from '../../../spec/facts.ts';
import { TIMERS, type TimerName } from '../../../spec/timers.ts';
import { compareWantVersions, type WantVersion } from '../../../spec/vocabulary.ts';
import { begin, step } from '../../drive.ts';
import { writtenOf } from './base.ts';

/** What D wants of a Deployment, before it decided for which ReplicaSet and in which mode. @public */
export interface Wanted {
  readonly version: WantVersion;
  readonly value: number;
}

/** What the field is compared and written by. @public */
export interface FieldInputs {
  /** The object as last processed. */
  readonly fact: DeploymentFact;
  /** D's highest want. */
  readonly want: Wanted;
  /** No coalescing and no waiting for victims: *follow*, and release. */
  readonly hurry: boolean;
  /** The API Server shows no more Pods standing than wanted: the victims are marked. */
  readonly marked: boolean;
  /** The Deployment leaves, and no want comes any more: the want is written, and the annotation removed. */
  readonly last?: boolean;
}

type Kind = 'writeBack' | 'lower' | 'retry';
/** Events of the field. @public */
export type FieldEvent =
  | { readonly type: 'updated'; readonly inputs: FieldInputs }
  | { readonly type: 'written'; readonly refusal: Refusal | null }
  | { readonly type: 'timerFired'; readonly kind: Kind };

interface Context {
  readonly deployment: string;
  readonly mutants: ReadonlySet<string>;
  readonly inputs: FieldInputs | null;
  /** resourceVersion that the last request named. */
  readonly used: string;
  readonly failures: number;
  readonly effects: readonly Effect[];
}
type Args = { context: Context; event: FieldEvent };

/** Whether an object shows a want: value and annotation. @public */
export function shows(
  fact: DeploymentFact,
  { value, version }: Wanted,
  mutants?: ReadonlySet<string>,
): boolean {
  const written = mutants?.has('copied-annotation-shows') ? fact.written : writtenOf(fact, mutants);
  if (written === null || fact.replicas !== value || written.value !== value) return false;
  return compareWantVersions(written.version, version) === 0;
}

/** The object does not show the want yet, or still bears the annotation of a Deployment that has left. */
function isUnwritten({ context: { inputs, mutants } }: Args): boolean {
  if (inputs === null || inputs.fact.deleting) return false;
  return inputs.last === true || !shows(inputs.fact, inputs.want, mutants);
}

function mustWait({ context: { inputs } }: Args): boolean {
  return inputs !== null && inputs.want.value < inputs.fact.replicas && !inputs.hurry && !inputs.marked;
}

const refusalOf = (event: FieldEvent) => (event.type === 'written' ? event.refusal : null);
const isTimer = (event: FieldEvent, kind: Kind) => event.type === 'timerFired' && event.kind === kind;
const hasMoved = ({ context }: Args) => context.inputs?.fact.resourceVersion !== context.used;
const push = (context: Context, effect: Effect) => ({ effects: [...context.effects, effect] });

function setTimer(context: Context, kind: Kind, milliseconds: number) {
  return push(context, { type: 'setTimer', timer: `${kind}/${context.deployment}`, milliseconds });
}
function cancelTimer(context: Context, kind: Kind) {
  return push(context, { type: 'cancelTimer', timer: `${kind}/${context.deployment}` });
}

/** Retries double from the first to the last of the protocol's table. */
function retryDelay(failures: number): number {
  return Math.min(TIMERS.retryLast, TIMERS.retryFirst * 2 ** Math.min(failures, 20));
}

function writtenBy({ fact, want }: FieldInputs): Written {
  return {
    deployment: fact.uid,
    value: want.value,
    version: want.version,
    generation: fact.generation + 1,
    owner: fact.replicas === want.value ? fact.replicasOwner : null,
    rest: fact.rest,
  };
}

/** The machine. Drive it with {@link startField} and {@link stepField}. @public */
export const replicasFieldMachine = setup({
  types: {
    context: {} as Context,
    events: {} as FieldEvent,
    input: {} as { deployment: string; mutants: ReadonlySet<string> },
  },
  guards: {
    wantIsShown: (args) => !isUnwritten(args),
    lowersBeforeTheVictimsAreMarked: (args) => isUnwritten(args) && mustWait(args),
    wantIsNotShown: isUnwritten,
    mayBeLowered: (args) => !mustWait(args),
    isHurried: (args) => isUnwritten(args) && args.context.inputs?.hurry === true,
    objectHasMoved: hasMoved,
    wasWritten: ({ event }) => event.type === 'written' && event.refusal === null,
    conflicted: ({ event }) => refusalOf(event) === 'conflict' || refusalOf(event) === 'notFound',
    isWriteBackTimer: ({ event }) => isTimer(event, 'writeBack'),
    isLowerTimer: ({ event }) => isTimer(event, 'lower'),
    isRetryTimer: ({ event }) => isTimer(event, 'retry'),
  },
  actions: {
    take: assign(({ event }) => (event.type === 'updated' ? { inputs: event.inputs } : {})),
    write: assign(({ context }) => {
      const inputs = context.inputs as FieldInputs;
      const { fact, want } = inputs;
      const guarded = !context.mutants.has('write-back-unconditional');
      const next = push(context, {
        type: 'writeReplicas',
        deployment: context.deployment,
        namespace: fact.namespace,
        name: fact.name,
        value: fact.replicas === want.value ? null : want.value,
        written: writtenBy(inputs),
        ...(inputs.last ? ({ last: true } as const) : {}),
        resourceVersion: guarded ? fact.resourceVersion : '',
      });
      return { ...next, used: fact.resourceVersion };
    }),
    countFailure: assign(({ context }) => ({ failures: context.failures + 1 })),
    clearFailures: assign({ failures: 0 }),
    startResting: assign(({ context }) => setTimer(context, 'writeBack', TIMERS.writeBack)),
    stopResting: assign(({ context }) => cancelTimer(context, 'writeBack')),
    startLowering: assign(({ context }) => setTimer(context, 'lower', TIMERS.lower)),
    stopLowering: assign(({ context }) => cancelTimer(context, 'lower')),
    startRetrying: assign(({ context }) => setTimer(context, 'retry', retryDelay(context.failures))),
    startAskingAgain: assign(({ context }) =>
      context.mutants.has('lost-reply-forgotten')
        ? {}
        : setTimer(context, 'retry', retryDelay(context.failures)),
    ),
    stopRetrying: assign(({ context }) => cancelTimer(context, 'retry')),
    reportRefusal: assign(({ context, event }) =>
      push(context, {
        type: 'report',
        reason: 'WriteBackRefused',
        subject: context.deployment,
        on: { deployment: context.deployment },
        text: `spec.replicas was not written: ${refusalOf(event)}; it is tried again`,
      }),
    ),
  },
}).createMachine({
  id: 'replicasField',
  description: 'The replicas field of a Deployment, written by D among others (protocol 8)',
  context: ({ input }) => ({ ...input, inputs: null, used: '', failures: 0, effects: [] }),
  initial: 'shown',
  on: { updated: { actions: 'take' } },
  states: {
    shown: {
      description: 'The object shows the want, or there is nothing to compare yet',
      always: [
        { guard: 'lowersBeforeTheVictimsAreMarked', target: 'lowering' },
        { guard: 'wantIsNotShown', target: 'writing' },
      ],
    },
    lowering: {
      description: 'The want is lower: its victims are not all marked yet',
      entry: 'startLowering',
      exit: 'stopLowering',
      always: [
        { guard: 'wantIsShown', target: 'shown' },
        { guard: 'mayBeLowered', target: 'writing' },
      ],
      on: { timerFired: { guard: 'isLowerTimer', target: 'writing' } },
    },
    writing: {
      description: 'A request is under way; its answer may be lost, never missing',
      entry: 'write',
      on: {
        written: [
          { guard: 'wasWritten', target: 'resting', actions: 'clearFailures' },
          { guard: 'conflicted', target: 'outrun', actions: 'countFailure' },
          { target: 'refused', actions: ['countFailure', 'reportRefusal'] },
        ],
      },
    },
    resting: {
      description: 'Just written: changes gather for the coalescing time',
      entry: 'startResting',
      exit: 'stopResting',
      always: { guard: 'isHurried', target: 'shown' },
      on: { timerFired: { guard: 'isWriteBackTimer', target: 'shown' } },
    },
    outrun: {
      description: 'Another write came first: its object must be processed before the next try',
      entry: 'startRetrying',
      exit: 'stopRetrying',
      always: { guard: 'objectHasMoved', target: 'shown' },
      on: { timerFired: { guard: 'isRetryTimer', target: 'shown' } },
    },
    refused: {
      description:
        'Refused, or the reply was lost: asked again later, under the same precondition if nothing moved',
      entry: 'startAskingAgain',
      exit: 'stopRetrying',
      always: { guard: 'wantIsShown', target: 'shown' },
      on: { timerFired: { guard: 'isRetryTimer', target: 'shown' } },
    },
  },
});

/** State of one field. @public */
export type Field = SnapshotFrom<typeof replicasFieldMachine>;

function take(snapshot: Field): readonly [Field, readonly Effect[]] {
  const { effects } = snapshot.context;
  if (effects.length === 0) return [snapshot, effects];
  return [{ ...snapshot, context: { ...snapshot.context, effects: [] } } as Field, effects];
}

/** A field of which nothing is known. @public */
export function startField(deployment: string, mutants: ReadonlySet<string>): Field {
  return begin(replicasFieldMachine, { deployment, mutants });
}

/** One event, run to quiescence. What a state does not expect (late timers, answers) changes nothing. @public */
export function stepField(field: Field, event: FieldEvent): readonly [Field, readonly Effect[]] {
  return take(step(replicasFieldMachine, field, event));
}

/** Timers that may run: to be cancelled when the Deployment goes. @public */
export function timersOfField(field: Field): readonly TimerName[] {
  const uid = field.context.deployment;
  switch (field.value) {
    case 'lowering':
      return [`lower/${uid}`];
    case 'resting':
      return [`writeBack/${uid}`];
    case 'outrun':
    case 'refused':
      return [`retry/${uid}`];
    default:
      return [];
  }
}

/** Whether the object shows the want, and no request is under way. @public */
export function isFlushed(field: Field): boolean {
  return (
    (field.value === 'shown' || field.value === 'resting') &&
    !isUnwritten({
      context: field.context,
      event: { type: 'timerFired', kind: 'retry' },
    })
  );
}

/** Plain JSON of the state. @public */
export function viewOfField(field: Field) {
  const { inputs, used, failures } = field.context;
  return {
    state: field.value as string,
    used,
    failures,
    // Where the want is shown, what is not hurried any more is heard with the next update.
    hurry: !isFlushed(field) && (inputs?.hurry ?? false),
    marked: inputs?.marked ?? false,
  };
}
