/**
 * The containers of one Pod, where our agent runs them: the sandbox, the init containers one after the other, sidecars among them, then the
 * others together; and at the end the others, the sidecars from the last to the first, and all of it away. K hears that they have come up, whether they are ready, and that nothing runs any more; what it does
 * about that is `machines/kubelet`.
 */
import { assign, type SnapshotFrom, setup } from 'xstate';
import { NO_RUNTIME_MUTANTS, type RuntimeMutantName } from '../../spec/containers/mutants.ts';
import { begin, step } from '../drive.ts';
import {
  type Container,
  type ContainerEvent,
  findContainer,
  isPassed,
  probeTimer,
  readinessOf,
  restartTimer,
  startContainer,
  stepContainer,
  takeEffects,
} from './container.ts';
import {
  BACKOFF,
  type ContainerNews,
  type FoundContainer,
  type PodPlan,
  PROBES,
  type RuntimeEffect,
  type RuntimeEvent,
} from './plan.ts';

interface Context {
  readonly mutants: ReadonlySet<RuntimeMutantName>;
  readonly containers: readonly Container[];
  /** What K was told last: nothing yet of the readiness of a Pod that was found. */
  readonly told: { readonly started: boolean; readonly ready: boolean | null };
  /** The sandbox ended by itself. */
  readonly failed: boolean;
  readonly out: readonly RuntimeEffect[];
}

const nameOf = ({ context }: Container) => context.plan.name;
const kindOf = ({ context }: Container) => context.plan.kind;

/** Steps one container and takes what it asks for. */
function stepOne(context: Context, name: string, event: ContainerEvent): Context {
  let out = context.out;
  const containers = context.containers.map((container) => {
    if (nameOf(container) !== name) return container;
    const [next, effects] = takeEffects(stepContainer(container, event));
    out = [...out, ...effects];
    return next;
  });
  return { ...context, containers, out };
}

/** Begins who may begin, and tells K what it does not know. */
function settle(context: Context): Context {
  const { containers } = context;
  const open = context.mutants.has('inits-together')
    ? undefined
    : containers.find((one) => kindOf(one) !== 'main' && !isPassed(one));
  const due = open === undefined ? containers : [open];
  let next = context;
  for (const one of due) if (one.value === 'waiting') next = stepOne(next, nameOf(one), { type: 'begin' });
  return tell(next);
}

function tell(context: Context): Context {
  const { mutants } = context;
  const main = context.containers.filter((one) => kindOf(one) === 'main');
  // Sidecars serve, too: a Pod without its proxy is not ready.
  const serving = mutants.has('sidecar-unready-ready')
    ? main
    : context.containers.filter((one) => kindOf(one) !== 'init');
  let { told, out } = context;
  const up = main.filter(({ value }) => value === 'running').length;
  if (!told.started && up >= (mutants.has('started-early') ? 1 : main.length)) {
    told = { ...told, started: true };
    out = [...out, { type: 'tellStarted' }];
  }
  const verdicts = serving.map(readinessOf);
  const isUndecided = told.ready === null && !verdicts.includes(false) && verdicts.includes(null);
  const ready = told.started && verdicts.every((verdict) => verdict === true);
  const isKept = !ready && mutants.has('unready-untold');
  if (ready !== told.ready && !isUndecided && !isKept) {
    told = { ...told, ready };
    out = [...out, { type: 'tellReadiness', ready }];
  }
  return { ...context, told, out };
}

const TOLD: Readonly<Record<ContainerNews['type'], (news: ContainerNews) => ContainerEvent>> = {
  containerStarted: () => ({ type: 'started' }),
  containerFailed: () => ({ type: 'failed' }),
  containerExited: (news) => {
    const { exitCode, ran } = news as Extract<ContainerNews, { type: 'containerExited' }>;
    return { type: 'exited', exitCode, ran };
  },
  probed: (news) => {
    const { kind, ok } = news as Extract<ContainerNews, { type: 'probed' }>;
    return { type: 'probed', kind, ok };
  },
};

/** Gives a container its news; nothing of one that is not meant any more. */
function hear(context: Context, news: ContainerNews): Context {
  const container = context.containers.find((one) => nameOf(one) === news.name);
  const isLate = container?.context.attempt !== news.attempt;
  if (isLate && !context.mutants.has('late-news-heeded')) return context;
  return stepOne(context, news.name, TOLD[news.type](news));
}

function fire(context: Context, timer: string): Context {
  for (const one of context.containers) {
    const name = nameOf(one);
    if (timer === restartTimer(name)) return stepOne(context, name, { type: 'restartDue' });
    for (const kind of PROBES)
      if (timer === probeTimer(name, kind)) return stepOne(context, name, { type: 'probeDue', kind });
  }
  return context;
}

/** Stops whose turn it is: all but the sidecars at once; then of the sidecars each once nothing of what came after it runs. */
function stopDue(context: Context): Context {
  const isLate = (one: Container) =>
    kindOf(one) === 'sidecar' && !context.mutants.has('sidecars-with-the-others');
  const stop = (next: Context, one: Container) => stepOne(next, nameOf(one), { type: 'stop' });
  const isAtOnce = context.mutants.has('sidecars-looked-at-first');
  // First: which of these have nothing to end is known then, and nobody is heard of them.
  const others = isAtOnce ? [] : context.containers.filter((one) => !isLate(one));
  return context.containers.reduceRight(
    (next, one, index) => {
      if (!isLate(one)) return isAtOnce ? stop(next, one) : next;
      const hasTurn = next.containers.every(
        (other, at) => other.value === 'stopped' || (isLate(other) && at <= index),
      );
      return hasTurn ? stop(next, one) : next;
    },
    others.reduce(stop, context),
  );
}

const stoppedOf = ({ failed }: Pick<Context, 'failed'>): RuntimeEffect => ({ type: 'tellStopped', failed });

type Args = { context: Context; event: RuntimeEvent };

const does = (reducer: (context: Context, event: RuntimeEvent) => Context) =>
  assign<Context, RuntimeEvent, undefined, RuntimeEvent, never>(({ context, event }) =>
    reducer(context, event),
  );
const asks = (...effects: readonly RuntimeEffect[]) =>
  does((context) => ({ ...context, out: [...context.out, ...effects] }));

const news = { actions: ['hear', 'settle'] } as const;
const container = {
  containerStarted: news,
  containerFailed: news,
  containerExited: news,
  probed: news,
} as const;

/** The machine. Drive it with {@link startPod} and {@link stepPod}. @public */
export const runtimePodMachine = setup({
  types: { context: {} as Context, events: {} as RuntimeEvent, input: {} as Context },
  guards: {
    wasFound: ({ context }: Args) => context.containers.some(({ value }) => value !== 'waiting'),
    isQuiet: ({ context: { containers, mutants } }: Args) =>
      containers.every(
        ({ value }) => value === 'stopped' || (value === 'abandoned' && mutants.has('start-in-flight-left')),
      ),
    isLost: ({ context }: Args) => !context.mutants.has('lost-sandbox-kept'),
  },
  actions: {
    runSandbox: asks({ type: 'runSandbox' }),
    removeSandbox: does(({ out, ...context }) => {
      const early = context.mutants.has('stopped-early') ? [stoppedOf(context)] : [];
      return { ...context, out: [...out, { type: 'removeSandbox' }, ...early] };
    }),
    rest: asks({ type: 'setTimer', timer: 'sandbox', milliseconds: BACKOFF.sandbox }),
    restAgain: does((context) =>
      context.mutants.has('removal-tried-once')
        ? context
        : {
            ...context,
            out: [...context.out, { type: 'setTimer', timer: 'sandbox', milliseconds: BACKOFF.sandbox }],
          },
    ),
    wake: asks({ type: 'cancelTimer', timer: 'sandbox' }),
    hear: does((context, event) => hear(context, event as ContainerNews)),
    fire: does((context, event) => (event.type === 'timerFired' ? fire(context, event.timer) : context)),
    settle: does(settle),
    stopDue: does(stopDue),
    fail: does((context) => ({ ...context, failed: true })),
    tellStopped: does((context) => ({ ...context, out: [...context.out, stoppedOf(context)] })),
  },
}).createMachine({
  id: 'runtimePod',
  description: 'The containers of one Pod, and their sandbox',
  context: ({ input }) => input,
  initial: 'deciding',
  states: {
    deciding: {
      description: 'Whether an earlier life of the agent has left something of it',
      always: [{ guard: 'wasFound', target: 'running' }, { target: 'sandboxing' }],
    },
    sandboxing: {
      description: 'Its network and namespaces are made',
      entry: 'runSandbox',
      on: { sandboxRan: 'running', sandboxFailed: 'resting', stop: 'abandoned' },
    },
    resting: {
      description: 'Until the sandbox is tried again',
      entry: 'rest',
      on: {
        timerFired: 'sandboxing',
        // What a try has left may be there.
        stop: { target: 'removing', actions: 'wake' },
      },
    },
    abandoned: {
      description: 'To be stopped, and its sandbox is still in the making',
      on: { sandboxRan: 'removing', sandboxFailed: 'removing' },
    },
    running: {
      description: 'Its containers are started, one after the other or together, and kept running',
      entry: 'settle',
      on: {
        ...container,
        timerFired: { actions: ['fire', 'settle'] },
        sandboxExited: { guard: 'isLost', target: 'stopping', actions: 'fail' },
        stop: 'stopping',
      },
    },
    stopping: {
      description: 'Its containers are stopped, together; then its sidecars, from the last to the first',
      entry: 'stopDue',
      always: { guard: 'isQuiet', target: 'removing' },
      on: {
        containerStarted: { actions: ['hear', 'stopDue'] },
        containerFailed: { actions: ['hear', 'stopDue'] },
        containerExited: { actions: ['hear', 'stopDue'] },
      },
    },
    removing: {
      description: 'Its sandbox is taken away',
      entry: 'removeSandbox',
      on: { sandboxRemoved: 'stopped', removeFailed: 'removingAgain' },
    },
    removingAgain: {
      description: 'Until that is tried again',
      entry: 'restAgain',
      on: { timerFired: 'removing' },
    },
    stopped: { description: 'Nothing runs, and no start is in flight', entry: 'tellStopped', type: 'final' },
  },
});

/** A state of a Pod's containers. @public */
export type Pod = SnapshotFrom<typeof runtimePodMachine>;

/** What is to be done now, taken out of the state. */
function take(pod: Pod): readonly [Pod, readonly RuntimeEffect[]] {
  const { out } = pod.context;
  return [{ ...pod, context: { ...pod.context, out: [] } } as Pod, out];
}

/**
 * A Pod to be started, or as an agent that has just started finds it.
 * @param found - the containers that are there; null if there is no sandbox
 * @param mutants - rules that are switched off
 * @public
 */
export function startPod(
  { containers: plans }: PodPlan,
  found: readonly FoundContainer[] | null = null,
  mutants: ReadonlySet<RuntimeMutantName> = NO_RUNTIME_MUTANTS,
): readonly [Pod, readonly RuntimeEffect[]] {
  const out: RuntimeEffect[] = [];
  const containers = plans.map((plan) => {
    const there = found?.find(({ name }) => name === plan.name);
    const [container, effects] = takeEffects(
      there === undefined ? startContainer(plan, mutants) : findContainer(plan, there, mutants),
    );
    out.push(...effects);
    return container;
  });
  // One that had come up is K's to know (`running`); how it is now, K is told as soon as that is known.
  const wasUp =
    found !== null &&
    plans.every(({ name, kind }) => kind !== 'main' || found.some((one) => one.name === name));
  const told = { started: wasUp, ready: wasUp ? null : false };
  return take(begin(runtimePodMachine, { mutants, containers, told, failed: false, out }));
}

/** Whether all its containers have come up once. @public */
export const hasStarted = ({ context }: Pod): boolean => context.told.started;

/** Whether one of its containers answers its users, by its probes. @public */
export const isReady = ({ context }: Pod, name: string): boolean =>
  context.containers.some((one) => nameOf(one) === name && readinessOf(one) === true);

/** One event. @public */
export function stepPod(pod: Pod, event: RuntimeEvent): readonly [Pod, readonly RuntimeEffect[]] {
  return take(step(runtimePodMachine, pod, event));
}
