/**
 * One container of a Pod, where our agent runs the containers: it is started, asked how it is, started again when it has ended, and stopped.
 * The restart policy is `Always`: a Deployment's template has no other; an init container that is no sidecar is through once it has ended with 0.
 */
import { assign, initialTransition, type SnapshotFrom, setup } from 'xstate';
import type { RuntimeMutantName } from '../../spec/containers/mutants.ts';
import { step } from '../drive.ts';
import {
  BACKOFF,
  type ContainerPlan,
  type FoundContainer,
  PROBES,
  type ProbeKind,
  type ProbePlan,
  type RuntimeEffect,
} from './plan.ts';

type Mutants = ReadonlySet<RuntimeMutantName>;

/** What happens to a container: its own news, without its name. */
export type ContainerEvent =
  | { readonly type: 'begin' }
  | { readonly type: 'started' }
  | { readonly type: 'failed' }
  | { readonly type: 'exited'; readonly exitCode: number; readonly ran: number }
  | { readonly type: 'probed'; readonly kind: ProbeKind; readonly ok: boolean }
  | { readonly type: 'probeDue'; readonly kind: ProbeKind }
  | { readonly type: 'restartDue' }
  | { readonly type: 'stop' };

/** Answers of one kind: how many in a row, and what they came to. */
interface Answers {
  readonly ok: boolean;
  readonly inRow: number;
  /** The last verdict; null before the first. */
  readonly verdict: boolean | null;
}

interface Context {
  readonly mutants: Mutants;
  readonly plan: ContainerPlan;
  /** Number of the container that is meant now: how many were started before it. */
  readonly attempt: number;
  /** Tries in a row that came to nothing, or not to much. */
  readonly failures: number;
  readonly answers: Readonly<Partial<Record<ProbeKind, Answers>>>;
  /** It has come up once: it ran, and its startup probe, if it has one, had succeeded. */
  readonly cameUp: boolean;
  readonly out: readonly RuntimeEffect[];
}

/** Of a timer of a container. */
export const restartTimer = (name: string) => `restart/${name}`;
/** Of a timer of a probe. */
export const probeTimer = (name: string, kind: ProbeKind) => `probe/${kind}/${name}`;

const NONE: Answers = { ok: false, inRow: 0, verdict: null };

/** The kinds that are asked now: the others wait until the startup probe has succeeded. */
function asked({ plan, answers, mutants }: Context): readonly ProbeKind[] {
  const all = PROBES.filter((kind) => plan.probes[kind] !== undefined);
  if (!all.includes('startup') || mutants.has('startup-ignored')) return all;
  return answers.startup?.verdict === true ? all.filter((kind) => kind !== 'startup') : ['startup'];
}

const timerOf = ({ plan }: Context, kind: ProbeKind, milliseconds: number): RuntimeEffect => {
  return { type: 'setTimer', timer: probeTimer(plan.name, kind), milliseconds };
};

/** Begins to ask what is not asked yet. */
function ask(context: Context, before: readonly ProbeKind[]): readonly RuntimeEffect[] {
  return asked(context)
    .filter((kind) => !before.includes(kind))
    .map((kind) => timerOf(context, kind, (context.plan.probes[kind] as ProbePlan).initialDelay));
}

function heard(
  { answers }: Context,
  { successThreshold, failureThreshold }: ProbePlan,
  kind: ProbeKind,
  ok: boolean,
) {
  const before = answers[kind] ?? NONE;
  const enough = ok ? successThreshold : failureThreshold;
  const inRow = Math.min(before.ok === ok ? before.inRow + 1 : 1, enough);
  const isEnough = inRow === enough;
  return { ok, inRow, verdict: isEnough ? ok : before.verdict };
}

const toldOf = (context: Context, event: ContainerEvent): Context => {
  if (event.type !== 'probed' || !asked(context).includes(event.kind)) return context;
  const { kind, ok } = event;
  const plan = context.plan.probes[kind] as ProbePlan;
  const answers = { ...context.answers, [kind]: heard(context, plan, kind, ok) };
  const next = { ...context, answers, cameUp: context.cameUp || answers.startup?.verdict === true };
  const again = asked(next).includes(kind) ? [timerOf(next, kind, plan.period)] : [];
  return { ...next, out: [...context.out, ...again, ...ask(next, asked(context))] };
};

/** As long as the next start waits: the kubelet's. */
export function restartDelay(failures: number): number {
  return failures <= 1 ? 0 : Math.min(BACKOFF.first * 2 ** (failures - 2), BACKOFF.longest);
}

type Args = { context: Context; event: ContainerEvent };

/** The machine. Drive it with {@link startContainer} and {@link stepContainer}. @public */
export const containerMachine = setup({
  types: { context: {} as Context, events: {} as ContainerEvent, input: {} as Context },
  guards: {
    isThrough: ({ context, event }: Args) =>
      (context.plan.kind === 'init' ||
        (context.plan.kind === 'sidecar' && context.mutants.has('sidecar-through'))) &&
      event.type === 'exited' &&
      (event.exitCode === 0 || context.mutants.has('init-failed-through')),
    isSick: ({ context, event }: Args) => {
      const { answers, mutants } = toldOf(context, event);
      if (mutants.has('sick-kept')) return false;
      return answers.startup?.verdict === false || answers.liveness?.verdict === false;
    },
  },
  actions: {
    start: assign(({ context }) => ({
      out: [
        ...context.out,
        { type: 'startContainer', name: context.plan.name, attempt: context.attempt } as const,
      ],
    })),
    stop: assign(({ context }) => ({
      out: [
        ...context.out,
        { type: 'stopContainer', name: context.plan.name, attempt: context.attempt } as const,
      ],
    })),
    beginAsking: assign(({ context }) => {
      const cameUp = context.cameUp || context.plan.probes.startup === undefined;
      const fresh = { ...context, answers: {}, cameUp };
      return { ...fresh, out: [...context.out, ...ask(fresh, [])] };
    }),
    note: assign(({ context, event }) => toldOf(context, event)),
    probe: assign(({ context, event }) => {
      if (event.type !== 'probeDue') return {};
      const { plan, attempt } = context;
      return {
        out: [...context.out, { type: 'probe', name: plan.name, attempt, kind: event.kind } as const],
      };
    }),
    endAsking: assign(({ context }) => ({
      answers: {},
      out: [
        ...context.out,
        ...(context.mutants.has('asked-on') ? [] : asked(context)).map((kind): RuntimeEffect => {
          return { type: 'cancelTimer', timer: probeTimer(context.plan.name, kind) };
        }),
      ],
    })),
    countFailure: assign(({ context, event }) => {
      const ranLong = event.type === 'exited' && event.ran >= BACKOFF.forgottenAfter;
      return { failures: ranLong ? 1 : context.failures + 1, attempt: context.attempt + 1 };
    }),
    rest: assign(({ context }) => ({
      out: [
        ...context.out,
        {
          type: 'setTimer',
          timer: restartTimer(context.plan.name),
          milliseconds: context.mutants.has('no-backoff') ? 0 : restartDelay(context.failures),
        } as const,
      ],
    })),
    wake: assign(({ context }) => ({
      out: [...context.out, { type: 'cancelTimer', timer: restartTimer(context.plan.name) } as const],
    })),
  },
}).createMachine({
  id: 'container',
  description: 'One container of a Pod of a node whose containers our agent runs',
  context: ({ input }) => input,
  initial: 'waiting',
  states: {
    waiting: {
      description: 'Those before it are not through yet',
      on: { begin: 'starting', stop: 'stopped' },
    },
    starting: {
      description: 'Its image is looked for, it is created and started',
      entry: 'start',
      on: {
        started: 'running',
        failed: { target: 'resting', actions: 'countFailure' },
        exited: { target: 'resting', actions: 'countFailure' },
        stop: 'abandoned',
      },
    },
    abandoned: {
      description: 'To be stopped, and its start is still in flight',
      on: { started: 'stopping', failed: 'stopped', exited: 'stopped' },
    },
    running: {
      description: 'It runs, and is asked how it is',
      entry: 'beginAsking',
      exit: 'endAsking',
      on: {
        probed: [{ guard: 'isSick', target: 'sick' }, { actions: 'note' }],
        probeDue: { actions: 'probe' },
        exited: [
          { guard: 'isThrough', target: 'through' },
          { target: 'resting', actions: 'countFailure' },
        ],
        stop: 'stopping',
      },
    },
    sick: {
      description: 'It is stopped because it does not answer as it should, and started again',
      entry: 'stop',
      on: { exited: { target: 'resting', actions: 'countFailure' }, stop: 'stopping' },
    },
    resting: {
      description: 'Until it is started again',
      entry: 'rest',
      on: { restartDue: 'starting', stop: { target: 'stopped', actions: 'wake' } },
    },
    through: { description: 'An init container that has done its work', on: { stop: 'stopped' } },
    stopping: {
      description: 'Its preStop, SIGTERM, and after the grace period SIGKILL',
      entry: 'stop',
      on: { exited: 'stopped' },
    },
    stopped: { description: 'Nothing of it runs, and nothing will' },
  },
});

/** A state of a container. @public */
export type Container = SnapshotFrom<typeof containerMachine>;

/** A container that nobody has begun. @public */
export function startContainer(plan: ContainerPlan, mutants: Mutants): Container {
  const [container] = initialTransition(containerMachine, {
    ...{ plan, mutants },
    attempt: 0,
    failures: 0,
    answers: {},
    cameUp: false,
    out: [],
  });
  return container;
}

/** A container as an agent that has just started finds it; it is asked how it is from now on. @public */
export function findContainer(plan: ContainerPlan, found: FoundContainer, mutants: Mutants): Container {
  const { attempt } = found;
  const fresh = { plan, mutants, attempt, failures: attempt, answers: {}, cameUp: false, out: [] };
  const begun = stepContainer(initialTransition(containerMachine, fresh)[0], { type: 'begin' });
  // Its start was asked for by the life before.
  const asked = { ...begun, context: { ...begun.context, out: [] } } as Container;
  const running = stepContainer(asked, { type: 'started' });
  return found.running
    ? running
    : stepContainer(running, { type: 'exited', exitCode: found.exitCode ?? -1, ran: 0 });
}

/** One event. @public */
export function stepContainer(container: Container, event: ContainerEvent): Container {
  return step(containerMachine, container, event);
}

/** Without what it asked for, which is given apart. */
export function takeEffects(container: Container): readonly [Container, readonly RuntimeEffect[]] {
  const { out } = container.context;
  if (out.length === 0) return [container, out];
  return [{ ...container, context: { ...container.context, out: [] } } as Container, out];
}

/** Whether those after it may begin: an init container has done its work; a sidecar has come up once, whatever became of it since. */
export function isPassed({ value, context: { plan, cameUp, mutants } }: Container): boolean {
  if (plan.kind === 'init') return value === 'through';
  return cameUp || (value === 'running' && mutants.has('sidecar-unawaited'));
}

/** Whether its users may be sent to it: it runs, and its probes say so; null while they have not said. */
export function readinessOf({ value, context: { plan, answers, mutants } }: Container): boolean | null {
  if (value !== 'running') return false;
  const verdicts = (['startup', 'readiness'] as const)
    .filter((kind) => plan.probes[kind] !== undefined)
    .map((kind) => answers[kind]?.verdict ?? (mutants.has('unasked-ready') ? true : null));
  return verdicts.includes(false) ? false : verdicts.includes(null) ? null : true;
}
