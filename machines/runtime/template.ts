/**
 * A template (a revision) of Pods whose containers our agent starts before the API Server has their objects: what admission would do with them
 * is asked by a dry run before the first one is started. What would not be admitted as it is, is published first: then admission is asked in earnest, and what it makes of the Pod
 * is what runs.
 */
import { assign, type SnapshotFrom, setup } from 'xstate';
import type { TemplateMutantName } from '../../spec/containers/admission.ts';
import type { Uid } from '../../spec/vocabulary.ts';
import { begin, step } from '../drive.ts';

/** What a dry run of a Pod came to: it came back as it went; admission changed it; was refused; or nobody knows. @public */
export type DryRunOutcome = 'asGiven' | 'changed' | 'denied' | 'unanswered';

/** What is heard. @public */
export type TemplateEvent =
  /** A Pod of it is to be started. */
  | { readonly type: 'wanted'; readonly uid: Uid }
  /** It is not wanted any more. */
  | { readonly type: 'unwanted'; readonly uid: Uid }
  | { readonly type: 'dryRun'; readonly outcome: DryRunOutcome }
  /** A Pod of it was not admitted when it was published. */
  | { readonly type: 'refused' };

/** What is asked for. @public */
export type TemplateEffect =
  /** Of this Pod's object. */
  | { readonly type: 'askDryRun'; readonly uid: Uid }
  | { readonly type: 'startPod'; readonly uid: Uid }
  | { readonly type: 'publishFirst'; readonly uid: Uid };

interface Context {
  readonly mutants: ReadonlySet<TemplateMutantName>;
  readonly waiting: readonly Uid[];
  /** Since the dry run was asked for a Pod was refused: what it says may be older. */
  readonly isStale: boolean;
  readonly out: readonly TemplateEffect[];
}

type Args = { context: Context; event: TemplateEvent };

const uidOf = (event: TemplateEvent) => ('uid' in event ? event.uid : '');

/** Of all that wait. */
const all = (type: 'startPod' | 'publishFirst') =>
  assign<Context, TemplateEvent, undefined, TemplateEvent, never>(
    ({ context: { waiting, out, mutants } }) => {
      const [first] = waiting;
      const told = mutants.has('first-only') && first !== undefined ? [first] : waiting;
      const act = mutants.has('judged-published') ? 'publishFirst' : type;
      return { waiting: [], out: [...out, ...told.map((uid) => ({ type: act, uid }))] };
    },
  );
/** Of the one that is meant. */
const one = (type: TemplateEffect['type']) =>
  assign<Context, TemplateEvent, undefined, TemplateEvent, never>(({ context, event }) => ({
    out: [...context.out, { type, uid: uidOf(event) }],
  }));

/** The machine. Drive it with {@link startTemplate} and {@link stepTemplate}. @public */
export const templateMachine = setup({
  types: { context: {} as Context, events: {} as TemplateEvent, input: {} as Context },
  guards: {
    isBlind: ({ context }: Args) => context.mutants.has('unjudged-started'),
    isAsGiven: ({ context: { isStale, mutants }, event }: Args) =>
      event.type === 'dryRun' &&
      (event.outcome === 'asGiven' ||
        (event.outcome === 'changed' && mutants.has('changed-started')) ||
        (event.outcome === 'unanswered' && mutants.has('unanswered-started'))) &&
      (!isStale || mutants.has('stale-believed')),
    isChanged: ({ event }: Args) => event.type === 'dryRun' && event.outcome === 'changed',
    isHeeded: ({ context }: Args) => !context.mutants.has('refusal-unheeded'),
  },
  actions: {
    wait: assign(({ context, event }) => ({ waiting: [...context.waiting, uidOf(event)] })),
    leave: assign(({ context, event }) => ({
      waiting: context.waiting.filter((uid) => uid !== uidOf(event)),
    })),
    ask: assign(({ context, event }) => ({
      isStale: false,
      out: [...context.out, { type: 'askDryRun', uid: uidOf(event) } as const],
    })),
    askEach: assign(({ context, event }) => ({
      out: context.mutants.has('asked-for-each')
        ? [...context.out, { type: 'askDryRun', uid: uidOf(event) } as const]
        : context.out,
    })),
    doubt: assign({ isStale: true }),
    startAll: all('startPod'),
    publishAll: all('publishFirst'),
    start: one('startPod'),
    publish: one('publishFirst'),
  },
}).createMachine({
  id: 'template',
  description:
    'A template of Pods whose containers our agent runs: whether they may start before their objects stand',
  context: ({ input }) => input,
  initial: 'unjudged',
  states: {
    unjudged: {
      description: 'What admission makes of it is not known, or was not good the last time',
      on: {
        wanted: [
          { guard: 'isBlind', actions: 'start' },
          { target: 'asking', actions: ['wait', 'ask'] },
        ],
      },
    },
    asking: {
      description: 'A dry run is under way: its Pods wait',
      on: {
        wanted: { actions: ['wait', 'askEach'] },
        unwanted: { actions: 'leave' },
        refused: { actions: 'doubt' },
        dryRun: [
          { guard: 'isAsGiven', target: 'admitted', actions: 'startAll' },
          { guard: 'isChanged', target: 'changed', actions: 'publishAll' },
          { target: 'unjudged', actions: 'publishAll' },
        ],
      },
    },
    admitted: {
      description: 'Its Pods are started first, and published after',
      on: { wanted: { actions: 'start' }, refused: { guard: 'isHeeded', target: 'unjudged' } },
    },
    changed: {
      description: 'Admission adds to its Pods: they are published first, and run as they come back',
      on: { wanted: { actions: 'publish' } },
    },
  },
});

/** A state of a template. @public */
export type Template = SnapshotFrom<typeof templateMachine>;

/** One of which nothing is known. @public */
export function startTemplate(mutants: ReadonlySet<TemplateMutantName> = new Set()): Template {
  return begin(templateMachine, { mutants, waiting: [], isStale: false, out: [] });
}

/** One event. @public */
export function stepTemplate(
  template: Template,
  event: TemplateEvent,
): readonly [Template, readonly TemplateEffect[]] {
  const next = step(templateMachine, template, event);
  return [{ ...next, context: { ...next.context, out: [] } } as Template, next.context.out];
}
