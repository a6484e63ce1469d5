/** A runtime that may answer a Pod's containers in any order: every state of the machines with it, and which properties each breaks. */
import {
  BACKOFF,
  type Pod,
  type PodPlan,
  type RuntimeEffect,
  type RuntimeEvent,
  startPod,
  stepPod,
} from '../../machines/runtime/index.ts';
import type { RuntimeMutantName, RuntimeProperty } from '../../spec/containers/mutants.ts';

/** What runs, what is in flight, and which timers are set: all that may happen next follows from it. */
export interface World {
  readonly pod: Pod;
  readonly sandbox: 'none' | 'making' | 'there' | 'removing';
  /** It has ended by itself. */
  readonly isLost: boolean;
  /** By `<name>/<attempt>`. */
  readonly containers: Readonly<Record<string, 'starting' | 'running' | 'stopping'>>;
  /** Ended, and their end may be told again. */
  readonly late: readonly string[];
  /** Init containers that ended with 0, and sidecars that have come up once. */
  readonly passed: readonly string[];
  /** Probes in flight, as `<name>/<attempt>/<kind>`. */
  readonly probes: readonly string[];
  /** Of these the last answer was good. */
  readonly good: readonly string[];
  readonly timers: readonly string[];
  readonly isStopped: boolean;
  readonly told: readonly string[];
}

/** Tries of one container: later ones are like the second. */
const TRIES = 2;

const NOTHING: Omit<World, 'pod'> = {
  ...{ sandbox: 'none', isLost: false, containers: {}, late: [], passed: [], probes: [], good: [] },
  ...{ timers: [], isStopped: false, told: [] },
};

const without = (list: readonly string[], ...items: readonly string[]) =>
  list.filter((each) => !items.includes(each));
/** The containers of a name. */
const of = ({ containers }: Pick<World, 'containers'>, name: string) =>
  Object.entries(containers).filter(([key]) => key.startsWith(`${name}/`));
const runs = (world: Pick<World, 'containers'>, name: string) =>
  of(world, name).some(([, state]) => state === 'running');
const mainOf = ({ containers }: PodPlan) => containers.filter(({ kind }) => kind === 'main');
const servingOf = ({ containers }: PodPlan) => containers.filter(({ kind }) => kind !== 'init');

/** What the world is after the effects, and what they break. */
class Step {
  readonly broken: RuntimeProperty[] = [];
  readonly #plan: PodPlan;
  world: World;

  constructor(world: World, plan: PodPlan) {
    this.world = world;
    this.#plan = plan;
  }

  #holds(property: RuntimeProperty, condition: boolean): void {
    if (!condition) this.broken.push(property);
  }

  #put(change: Partial<World>): void {
    this.world = { ...this.world, ...change };
  }

  carryOut(effect: RuntimeEffect): void {
    const { world } = this;
    const { containers, timers, told } = world;
    const key = 'name' in effect ? `${effect.name}/${effect.attempt}` : '';
    switch (effect.type) {
      case 'runSandbox':
        this.#holds('OneAtATime', world.sandbox === 'none');
        return this.#put({ sandbox: 'making' });
      case 'removeSandbox':
        this.#holds('RemovedQuiet', Object.keys(containers).length === 0);
        return this.#put({ sandbox: 'removing' });
      case 'startContainer':
        this.#holds('OneAtATime', world.sandbox === 'there' && of(world, effect.name).length === 0);
        this.#holds(
          'InitsFirst',
          this.#initsBefore(effect.name).every((name) => world.passed.includes(name)),
        );
        this.#holds('LostIsEnded', !world.isLost);
        return this.#put({ containers: { ...containers, [key]: 'starting' } });
      case 'stopContainer':
        this.#holds('AsksWhatRuns', ['running', 'stopping'].includes(containers[key] ?? ''));
        this.#holds(
          'SidecarsLast',
          this.#after(effect.name).every((name) => of(world, name).length === 0),
        );
        return this.#put({ containers: { ...containers, [key]: 'stopping' } });
      case 'probe': {
        const probe = `${key}/${effect.kind}`;
        this.#holds('AsksWhatRuns', containers[key] === 'running');
        return this.#put({ probes: [...without(world.probes, probe), probe] });
      }
      case 'setTimer': {
        const [what, name = ''] = effect.timer.split('/');
        const failures = Math.max(
          0,
          ...world.late
            .filter((one) => one.startsWith(`${name}/`))
            .map((one) => Number(one.split('/')[1]) + 1),
        );
        this.#holds('BacksOff', what !== 'restart' || failures < 2 || effect.milliseconds >= BACKOFF.first);
        return this.#put({ timers: [...without(timers, effect.timer), effect.timer] });
      }
      case 'cancelTimer':
        return this.#put({ timers: without(timers, effect.timer) });
      case 'tellStarted':
        this.#holds('StartedIsUp', !told.includes('started'));
        this.#holds(
          'StartedIsUp',
          mainOf(this.#plan).every(({ name }) => runs(world, name)),
        );
        return this.#put({ told: [...told, 'started'] });
      case 'tellReadiness':
        return this.#put({
          told: [...without(told, 'ready', 'unready'), effect.ready ? 'ready' : 'unready'],
        });
      case 'tellStopped':
        this.#holds('StoppedIsQuiet', world.sandbox === 'none' && Object.keys(containers).length === 0);
        return this.#put({ told: [...told, `stopped:${effect.failed}`] });
    }
  }

  /** What must hold once all effects are carried out. */
  settle(before: World | null, event: RuntimeEvent | null): void {
    const { world } = this;
    const isKept = !world.isStopped && !world.isLost;
    if (isKept && world.told.includes('ready'))
      this.#holds(
        'ReadyIsTrue',
        servingOf(this.#plan).every((container) => this.#saidReady(container)),
      );
    const states = Object.values(world.containers);
    this.#holds(
      'EndIsAsked',
      !world.isStopped || states.length === 0 || states.some((one) => one !== 'running'),
    );
    for (const name of isKept ? this.#ended() : [])
      this.#holds('KeptUp', of(world, name).length > 0 || world.timers.includes(`restart/${name}`));
    for (const timer of world.timers) {
      const [what, kind = '', name = ''] = timer.split('/');
      if (what !== 'probe') continue;
      this.#holds('AsksWhatRuns', runs(world, name));
      const { startup } = this.#plan.containers.find((one) => one.name === name)?.probes ?? {};
      const [key = ''] = of(world, name).map(([each]) => each);
      if (startup !== undefined && kind !== 'startup')
        this.#holds('StartupFirst', world.good.includes(`${key}/startup`));
    }
    if (event?.type === 'probed' && event.kind !== 'readiness' && !event.ok && isKept) {
      const key = `${event.name}/${event.attempt}`;
      if (before?.containers[key] === 'running')
        this.#holds('SickIsStopped', world.containers[key] === 'stopping');
    }
  }

  #initsBefore(name: string): readonly string[] {
    const all = this.#plan.containers;
    const at = all.findIndex((one) => one.name === name);
    return all
      .slice(0, at)
      .filter(({ kind }) => kind !== 'main')
      .map((one) => one.name);
  }

  /** What must have ended before a sidecar is stopped where the whole Pod ends. */
  #after(name: string): readonly string[] {
    const all = this.#plan.containers;
    const at = all.findIndex((one) => one.name === name);
    if (all[at]?.kind !== 'sidecar' || !(this.world.isStopped || this.world.isLost)) return [];
    return all.filter(({ kind }, index) => kind !== 'sidecar' || index > at).map((one) => one.name);
  }

  /** Names of what has ended and is not through. */
  #ended(): readonly string[] {
    return this.#plan.containers
      .filter(({ name, kind }) => kind !== 'init' || !this.world.passed.includes(name))
      .map(({ name }) => name)
      .filter((name) => this.world.late.some((key) => key.startsWith(`${name}/`)));
  }

  #saidReady({ name, probes }: PodPlan['containers'][number]): boolean {
    const running = of(this.world, name).find(([, state]) => state === 'running');
    return (
      running !== undefined &&
      (['startup', 'readiness'] as const)
        .filter((kind) => probes[kind] !== undefined)
        .every((kind) => this.world.good.includes(`${running[0]}/${kind}`))
    );
  }
}

/** With this name among those that let what comes after them begin. */
const passing = ({ passed }: World, name: string) => ({ passed: [...without(passed, name), name] });

type Next = readonly [event: RuntimeEvent, change: Partial<World>];

/** What may come of one container. */
function ofContainer(world: World, key: string, plan: PodPlan): readonly Next[] {
  const [name = '', number] = key.split('/');
  const attempt = Number(number);
  const { [key]: state, ...others } = world.containers;
  const isLast = attempt >= TRIES;
  const good = world.good.filter((probe) => !probe.startsWith(`${key}/`));
  const ended = { containers: others, late: [...world.late, key], good };
  const { kind = 'main', probes = {} } = plan.containers.find((one) => one.name === name) ?? {};
  const isUp = kind === 'sidecar' && probes.startup === undefined;
  if (state === 'starting')
    return [
      [
        { type: 'containerStarted', name, attempt },
        { containers: { ...others, [key]: 'running' }, ...(isUp && passing(world, name)) },
      ],
      ...(isLast ? [] : [[{ type: 'containerFailed', name, attempt }, ended] as const]),
    ];
  if (isLast && state === 'running') return [];
  return [0, 1].map((exitCode) => [
    { type: 'containerExited', name, attempt, exitCode, ran: 0 },
    { ...ended, ...(kind === 'init' && exitCode === 0 && passing(world, name)) },
  ]);
}

function ofProbe(world: World, probe: string, plan: PodPlan): readonly Next[] {
  const { probes, good, containers } = world;
  const [name = '', number, kind] = probe.split('/');
  const isSidecar = plan.containers.some((one) => one.name === name && one.kind === 'sidecar');
  const attempt = Number(number);
  return (attempt < TRIES ? [true, false] : [true]).map((ok) => [
    { type: 'probed', name, attempt, kind: kind as 'readiness', ok },
    {
      probes: without(probes, probe),
      good: [...without(good, probe), ...(ok && containers[`${name}/${number}`] ? [probe] : [])],
      ...(ok && isSidecar && kind === 'startup' && passing(world, name)),
    },
  ]);
}

function nexts(world: World, plan: PodPlan): readonly Next[] {
  const { sandbox, containers, late, probes, timers, isStopped, told } = world;
  if (told.some((one) => one.startsWith('stopped'))) return [];
  const all: Next[] = isStopped ? [] : [[{ type: 'stop' }, { isStopped: true }]];
  if (sandbox === 'making')
    all.push(
      [{ type: 'sandboxRan' }, { sandbox: 'there' }],
      [{ type: 'sandboxFailed' }, { sandbox: 'none' }],
    );
  if (sandbox === 'removing')
    all.push(
      [{ type: 'sandboxRemoved' }, { sandbox: 'none' }],
      [{ type: 'removeFailed' }, { sandbox: 'there' }],
    );
  if (sandbox === 'there') all.push([{ type: 'sandboxExited' }, { isLost: true }]);
  for (const key of Object.keys(containers)) all.push(...ofContainer(world, key, plan));
  for (const probe of probes) all.push(...ofProbe(world, probe, plan));
  for (const key of late) {
    const [name = '', number] = key.split('/');
    all.push([{ type: 'containerExited', name, attempt: Number(number), exitCode: 1, ran: 0 }, {}]);
  }
  for (const timer of timers) all.push([{ type: 'timerFired', timer }, { timers: without(timers, timer) }]);
  return all;
}

/** Lists are sets here: in which order they came says nothing. */
const keyOf = ({ pod, ...rest }: World) =>
  JSON.stringify([
    Object.values(rest).map((value) => (Array.isArray(value) ? value.toSorted() : value)),
    pod.value,
    pod.context.containers.map(({ value, context }) => [
      value,
      context.attempt,
      context.answers,
      context.cameUp,
    ]),
  ]);

/** What an exploration has come to. */
export interface Explored {
  readonly seen: readonly World[];
  readonly broken: ReadonlySet<RuntimeProperty>;
}

/** The keys from which one of these can be reached. */
function reaching(ends: readonly string[], before: ReadonlyMap<string, readonly string[]>) {
  const reach = new Set(ends);
  const back = [...ends];
  for (let key = back.pop(); key !== undefined; key = back.pop())
    for (const earlier of before.get(key) ?? [])
      if (!reach.has(earlier)) {
        reach.add(earlier);
        back.push(earlier);
      }
  return reach;
}

/**
 * Every state that can be reached. One that breaks a property is not gone on with.
 * @param enough - once this one is broken, the rest is left
 */
export function explore(
  plan: PodPlan,
  mutants: ReadonlySet<RuntimeMutantName> = new Set(),
  enough: RuntimeProperty | null = null,
): Explored {
  const broken = new Set<RuntimeProperty>();
  const seen = new Map<string, World>();
  const before = new Map<string, string[]>();
  const queue: World[] = [];
  const take = (
    from: World | null,
    world: World,
    effects: readonly RuntimeEffect[],
    event: RuntimeEvent | null,
  ) => {
    const step = new Step(world, plan);
    for (const effect of effects) step.carryOut(effect);
    step.settle(from, event);
    for (const property of step.broken) broken.add(property);
    if (step.broken.length > 0) return;
    const key = keyOf(step.world);
    if (from !== null) before.set(key, [...(before.get(key) ?? []), keyOf(from)]);
    if (seen.has(key)) return;
    seen.set(key, step.world);
    queue.push(step.world);
  };
  const [pod, effects] = startPod(plan, null, mutants);
  take(null, { pod, ...NOTHING }, effects, null);
  const isEnough = () => enough !== null && broken.has(enough);
  for (let world = queue.shift(); world !== undefined && !isEnough(); world = queue.shift())
    for (const [event, change] of nexts(world, plan)) {
      const [next, asked] = stepPod(world.pod, event);
      take(world, { ...world, ...change, pod: next }, asked, event);
    }
  const ends = [...seen].filter(([, { told }]) => told.some((one) => one.startsWith('stopped')));
  const reach = reaching(
    ends.map(([key]) => key),
    before,
  );
  if (broken.size === 0 && seen.size > reach.size) broken.add('CanEnd');
  return { seen: [...seen.values()], broken };
}
