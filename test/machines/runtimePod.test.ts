/** The machines of a Pod's containers, in every order of what a runtime may answer: explored to the end. */
import { describe, expect, it } from 'vitest';
import {
  BACKOFF,
  hasStarted,
  type PodPlan,
  type RuntimeEffect,
  restartDelay,
  startPod,
  stepPod,
} from '../../machines/runtime/index.ts';
import {
  RUNTIME_MUTANTS,
  RUNTIME_PROPERTIES,
  type RuntimeMutantName,
} from '../../spec/containers/mutants.ts';
import { explore } from './runtime.world.ts';

const probe = { initialDelay: 0, period: 1_000, successThreshold: 1, failureThreshold: 1 };
type Plan = PodPlan['containers'][number];
const container = (name: string, kind: Plan['kind'] = 'main', probes: Plan['probes'] = {}) => {
  return { name, kind, probes };
};

const PLANS: Readonly<Record<string, PodPlan>> = {
  one: { containers: [container('a')] },
  'two together': { containers: [container('a'), container('b')] },
  'one after another': { containers: [container('i', 'init'), container('a')] },
  'beside a sidecar that is asked': {
    containers: [container('s', 'sidecar', { startup: probe }), container('a')],
  },
  'after a sidecar': { containers: [container('s', 'sidecar'), container('i', 'init'), container('a')] },
  'after an init container and a sidecar': {
    containers: [container('i', 'init'), container('s', 'sidecar'), container('a')],
  },
  'one that is asked how it is': {
    containers: [container('a', 'main', { startup: probe, readiness: probe, liveness: probe })],
  },
  // The largest, last: a mutant is looked for in one after the other.
  'beside two sidecars': {
    containers: [container('s', 'sidecar'), container('t', 'sidecar'), container('a')],
  },
};

describe('the containers of a Pod', () => {
  it.each(Object.keys(PLANS))('%s: come up, are kept, and can always be ended', (name) => {
    const { seen, broken } = explore(PLANS[name] as PodPlan);
    expect([...broken]).toEqual([]);
    for (const said of ['started', 'ready', 'unready', 'stopped:false', 'stopped:true'])
      expect(
        seen.some(({ told }) => told.includes(said)),
        said,
      ).toBe(true);
  });

  it.each(Object.entries(RUNTIME_MUTANTS))('%s is caught', (name, { breaks }) => {
    const off = new Set([name as RuntimeMutantName]);
    const isCaught = Object.values(PLANS).some((plan) => explore(plan, off, breaks).broken.has(breaks));
    expect(isCaught).toBe(true);
  });

  it('every property is broken by a mutant', () => {
    const all = new Set(Object.values(RUNTIME_MUTANTS).map(({ breaks }) => breaks));
    expect([...all].sort()).toEqual(Object.keys(RUNTIME_PROPERTIES).sort());
  });

  describe('that an agent finds at its start', () => {
    const plan = { containers: [container('a', 'main', { readiness: probe })] };
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
