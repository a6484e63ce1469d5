/** The machines of a Pod's containers, in every order of what a runtime may answer: explored to the end. */
import { describe, expect, it } from 'vitest';
import {
  BACKOFF,
  hasStarted,
  type Pod,
  type PodPlan,
  type RuntimeEffect,
  type RuntimeEvent,
  restartDelay,
  startPod,
  stepPod,
} from '../../machines/runtime/index.ts';

const probe = { initialDelay: 0, period: 1_000, successThreshold: 1, failureThreshold: 1 };
const container = (name: string, isInit = false, probes: PodPlan['containers'][number]['probes'] = {}) => {
  return { name, isInit, probes };
};

/** What runs, what is in flight, and which timers are set: all that may happen next follows from it. */
interface World {
  readonly pod: Pod;
  readonly sandbox: 'none' | 'making' | 'there' | 'removing';
  /** By `<name>/<attempt>`. */
  readonly containers: Readonly<Record<string, 'starting' | 'running' | 'stopping' | 'startingToStop'>>;
  readonly probes: readonly string[];
  readonly timers: readonly string[];
  readonly isStopped: boolean;
  readonly told: readonly string[];
}

/** Tries of one container: later ones are like the second. */
const TRIES = 2;

function carryOut(world: World, effects: readonly RuntimeEffect[], plan: PodPlan): World {
  let { sandbox, containers, probes, timers, told } = world;
  const without = (list: readonly string[], item: string) => list.filter((each) => each !== item);
  for (const effect of effects) {
    const key = 'name' in effect ? `${effect.name}/${effect.attempt}` : '';
    switch (effect.type) {
      case 'runSandbox':
        expect(sandbox, 'one sandbox at a time').toBe('none');
        sandbox = 'making';
        break;
      case 'removeSandbox':
        expect(Object.keys(containers), 'removed with nothing in it').toEqual([]);
        sandbox = 'removing';
        break;
      case 'startContainer':
        expect(sandbox).toBe('there');
        expect(Object.keys(containers).filter((one) => one.startsWith(`${effect.name}/`))).toEqual([]);
        containers = { ...containers, [key]: 'starting' };
        break;
      case 'stopContainer':
        expect(['running', 'stopping']).toContain(containers[key]);
        containers = { ...containers, [key]: 'stopping' };
        break;
      case 'probe':
        probes = [...without(probes, `${key}/${effect.kind}`), `${key}/${effect.kind}`];
        break;
      case 'setTimer':
        timers = [...without(timers, effect.timer), effect.timer];
        break;
      case 'cancelTimer':
        timers = without(timers, effect.timer);
        break;
      case 'tellStarted': {
        const main = plan.containers.filter(({ isInit }) => !isInit);
        for (const { name } of main)
          expect(
            Object.entries(containers).some(
              ([one, state]) => one.startsWith(`${name}/`) && state === 'running',
            ),
          ).toBe(true);
        expect(told).not.toContain('started');
        told = [...told, 'started'];
        break;
      }
      case 'tellReadiness':
        told = [...without(without(told, 'ready'), 'unready'), effect.ready ? 'ready' : 'unready'];
        break;
      case 'tellStopped':
        expect(Object.keys(containers), 'nothing runs, no start is in flight').toEqual([]);
        expect(sandbox).toBe('none');
        told = [...told, `stopped:${effect.failed}`];
    }
  }
  return { ...world, sandbox, containers, probes, timers, told };
}

type Next = readonly [event: RuntimeEvent, change: Partial<World>];

function nexts(world: World): readonly Next[] {
  const { sandbox, containers, probes, timers, isStopped, told } = world;
  if (told.some((one) => one.startsWith('stopped'))) return [];
  const all: Next[] = isStopped ? [] : [[{ type: 'stop' }, { isStopped: true }]];
  const without = (key: string) =>
    Object.fromEntries(Object.entries(containers).filter(([one]) => one !== key)) as World['containers'];
  if (sandbox === 'making') {
    all.push([{ type: 'sandboxRan' }, { sandbox: 'there' }]);
    all.push([{ type: 'sandboxFailed' }, { sandbox: 'none' }]);
  }
  if (sandbox === 'removing') {
    all.push([{ type: 'sandboxRemoved' }, { sandbox: 'none' }]);
    all.push([{ type: 'removeFailed' }, { sandbox: 'there' }]);
  }
  if (sandbox === 'there') all.push([{ type: 'sandboxExited' }, {}]);
  for (const [key, state] of Object.entries(containers)) {
    const [name = '', number] = key.split('/');
    const attempt = Number(number);
    if (state === 'starting') {
      all.push([
        { type: 'containerStarted', name, attempt },
        { containers: { ...containers, [key]: 'running' } },
      ]);
      if (attempt < TRIES)
        all.push([{ type: 'containerFailed', name, attempt }, { containers: without(key) }]);
    } else
      for (const exitCode of [0, 1])
        if (attempt < TRIES || state === 'stopping')
          all.push([
            { type: 'containerExited', name, attempt, exitCode, ran: 0 },
            { containers: without(key) },
          ]);
  }
  for (const each of probes) {
    const [name = '', attempt, kind] = each.split('/');
    const rest = probes.filter((one) => one !== each);
    for (const ok of Number(attempt) < TRIES ? [true, false] : [true])
      all.push([
        { type: 'probed', name, attempt: Number(attempt), kind: kind as 'readiness', ok },
        { probes: rest },
      ]);
  }
  for (const timer of timers)
    all.push([{ type: 'timerFired', timer }, { timers: timers.filter((one) => one !== timer) }]);
  return all;
}

const keyOf = ({ pod, ...rest }: World) =>
  JSON.stringify([
    rest,
    pod.value,
    pod.context.containers.map(({ value, context }) => [value, context.attempt, context.answers]),
  ]);

/** Every state that can be reached, and whether from each the end can be. */
function explore(plan: PodPlan) {
  const [pod, effects] = startPod(plan);
  const nothing = {
    sandbox: 'none',
    containers: {},
    probes: [],
    timers: [],
    isStopped: false,
    told: [],
  } as const;
  const first = carryOut({ pod, ...nothing }, effects, plan);
  const seen = new Map([[keyOf(first), first]]);
  const before = new Map<string, string[]>();
  const queue = [first];
  for (let world = queue.shift(); world !== undefined; world = queue.shift()) {
    for (const [event, change] of nexts(world)) {
      const [next, asked] = stepPod(world.pod, event);
      const after = carryOut({ ...world, ...change, pod: next }, asked, plan);
      const key = keyOf(after);
      before.set(key, [...(before.get(key) ?? []), keyOf(world)]);
      if (seen.has(key)) continue;
      seen.set(key, after);
      queue.push(after);
    }
  }
  const ends = [...seen].filter(([, { told }]) => told.some((one) => one.startsWith('stopped')));
  const reach = new Set(ends.map(([key]) => key));
  const back = [...reach];
  for (let key = back.pop(); key !== undefined; key = back.pop())
    for (const earlier of before.get(key) ?? [])
      if (!reach.has(earlier)) {
        reach.add(earlier);
        back.push(earlier);
      }
  return { seen: [...seen.values()], stuck: [...seen.keys()].filter((key) => !reach.has(key)) };
}

describe('the containers of a Pod', () => {
  it.each([
    ['one', [container('a')]],
    ['two together', [container('a'), container('b')]],
    ['one after another', [container('i', true), container('a')]],
    [
      'one that is asked how it is',
      [container('a', false, { startup: probe, readiness: probe, liveness: probe })],
    ],
  ])('%s: come up, are kept, and can always be ended', (_name, containers) => {
    const { seen, stuck } = explore({ containers });
    expect(stuck).toEqual([]);
    for (const said of ['started', 'ready', 'unready', 'stopped:false', 'stopped:true'])
      expect(
        seen.some(({ told }) => told.includes(said)),
        said,
      ).toBe(true);
  });

  describe('that an agent finds at its start', () => {
    const plan = { containers: [container('a', false, { readiness: probe })] };
    const told = (effects: readonly RuntimeEffect[]) => effects.filter(({ type }) => type.startsWith('tell'));
    const found = (running: boolean) => {
      return startPod(plan, [{ name: 'a', attempt: 0, running, exitCode: running ? null : 1 }]);
    };

    it.each([true, false])('run: K hears how they are at the first answer (%s)', (ok) => {
      const [pod, effects] = found(true);
      expect([hasStarted(pod), told(effects)]).toEqual([true, []]);
      const [, heard] = stepPod(pod, { type: 'probed', name: 'a', attempt: 0, kind: 'readiness', ok });
      expect(told(heard)).toEqual([{ type: 'tellReadiness', ready: ok }]);
    });

    it('have ended: K hears at once that the Pod is not ready, and they are started again', () => {
      const [pod, effects] = found(false);
      expect([hasStarted(pod), told(effects)]).toEqual([true, [{ type: 'tellReadiness', ready: false }]]);
      expect(effects).toContainEqual({ type: 'setTimer', timer: 'restart/a', milliseconds: 0 });
    });

    it('were only being made: that is no Pod that has come up', () => {
      const [pod] = startPod(plan, []);
      expect(hasStarted(pod)).toBe(false);
    });
  });

  it('waits as a kubelet does before it starts one again', () => {
    expect([1, 2, 3, 4, 7, 20].map(restartDelay)).toEqual([
      0,
      10_000,
      20_000,
      40_000,
      300_000,
      BACKOFF.longest,
    ]);
  });
});
