/** The built-in autoscaler's decisions: scenes, and properties over arbitrary loads that each switched-off rule breaks. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type DeciderMutant,
  type DeciderState,
  desiredOf,
  SILENT_MS,
  startDecider,
  stepDecider,
} from '../../machines/autoscaler/decider/index.ts';
import {
  AUTOSCALING_PREFIX,
  type ConcurrencyPolicy,
  DEFAULT_POLICY,
  policyOf,
} from '../../spec/autoscaling.ts';

const TICK = 2_000;
const policyWith = (over: Partial<ConcurrencyPolicy> = {}): ConcurrencyPolicy => ({
  ...DEFAULT_POLICY,
  target: 10,
  ...over,
});

/** A Deployment whose Pods are ready at the next tick; each tick its load is reported, then decided on. */
class Scene {
  readonly policy: ConcurrencyPolicy;
  state: DeciderState;
  at = 0;
  want: number;
  ready: number;
  readonly wants: number[] = [];
  readonly modes: string[] = [];

  constructor(policy: Partial<ConcurrencyPolicy> = {}, want = 0, mutants: readonly DeciderMutant[] = []) {
    this.policy = policyWith(policy);
    this.state = startDecider({ policy: this.policy, mutants: new Set(mutants) });
    this.want = want;
    this.ready = want;
  }

  report(concurrency: number, reporter = 'gateway'): this {
    this.state = stepDecider(this.state, { type: 'reported', at: this.at, reporter, concurrency });
    return this;
  }

  decide(): this {
    const { at, want, ready } = this;
    this.state = stepDecider(this.state, { type: 'decide', at, want, ready });
    this.want = desiredOf(this.state) ?? this.want;
    this.wants.push(this.want);
    this.modes.push(this.state.value as string);
    return this;
  }

  /** Time passes under a load; null: nobody reports. */
  for(milliseconds: number, concurrency: number | null): this {
    for (const end = this.at + milliseconds; this.at < end; this.at += TICK) {
      this.ready = this.want;
      if (concurrency !== null) this.report(concurrency);
      this.decide();
    }
    return this;
  }
}

describe('the built-in autoscaler', () => {
  it('wants nothing, and does not speak, before anything was reported', () => {
    const scene = new Scene({ minScale: 3 }, 7).for(200_000, null);
    expect(desiredOf(scene.state)).toBeNull();
    expect(scene.want).toBe(7);
  });

  it('from zero at the first report: what its load asks for, at once', () => {
    expect(new Scene().report(95).decide().want).toBe(10);
  });

  it('a constant load: as many as it asks for, to the unit, in stable mode', () => {
    const scene = new Scene().for(200_000, 100);
    expect([scene.want, scene.state.value]).toEqual([10, 'stable']);
  });

  it('adds what several report', () => {
    const scene = new Scene();
    for (let i = 0; i < 4; i++) scene.report(25, `gateway-${i}`);
    expect(scene.decide().want).toBe(10);
  });

  it('a burst: panic, by the short window, until a whole long one has passed without alarm', () => {
    const scene = new Scene().for(200_000, 100);
    scene.for(8_000, 1_000);
    expect([scene.want, scene.state.value]).toEqual([100, 'panicking']);
    scene.for(30_000, 100);
    expect([scene.want, scene.state.value]).toEqual([100, 'panicking']);
    scene.for(200_000, 100);
    expect([scene.want, scene.state.value]).toEqual([10, 'stable']);
  });

  it('to zero once there was no load for a whole window, halving at most at once', () => {
    const scene = new Scene().for(200_000, 80).for(90_000, 0);
    expect(scene.want).toBe(0);
    const last = scene.wants.slice(scene.wants.lastIndexOf(8));
    for (const [i, wanted] of last.entries())
      if (i > 0) expect(wanted).toBeGreaterThanOrEqual(Math.floor((last[i - 1] as number) / 2));
  });

  it('a reporter that falls silent is gone after a while', () => {
    const scene = new Scene().for(200_000, 100);
    scene.report(100, 'another');
    scene.for(SILENT_MS + 2 * TICK, 100);
    expect(scene.state.context.load.reporters.size).toBe(1);
    expect(scene.for(200_000, 100).want).toBe(10);
  });

  it('nothing is lowered because nobody reports any more, nor for a window after somebody does again', () => {
    const scene = new Scene().for(200_000, 100).for(300_000, null);
    expect(scene.want).toBe(10);
    scene.for(50_000, 10);
    expect([scene.want, scene.state.value]).toEqual([10, 'panicking']);
    expect(scene.for(100_000, 10).want).toBe(1);
  });

  it('the window of a fresh one begins with the first report, however long it waited for that', () => {
    const scene = new Scene({}, 100).for(120_000, null).for(50_000, 5);
    expect(scene.want).toBe(100);
  });

  it('the bounds: min-scale, max-scale, activation-scale', () => {
    expect(new Scene({ minScale: 4 }).for(200_000, 1).want).toBe(4);
    expect(new Scene({ maxScale: 5 }).for(200_000, 1_000).want).toBe(5);
    expect(new Scene({ activationScale: 3 }).for(200_000, 1).want).toBe(3);
    expect(new Scene({ activationScale: 3 }).for(200_000, 0).want).toBe(0);
  });

  it('no more at once than max-scale-up-rate times the ready', () => {
    const scene = new Scene({ maxScaleUpRate: 2 });
    scene.for(8_000, 1_000);
    expect(scene.wants).toEqual([2, 4, 8, 16]);
  });

  it('a policy that changes holds from the next decision on', () => {
    const scene = new Scene().for(200_000, 100);
    scene.state = stepDecider(scene.state, { type: 'policyChanged', policy: policyWith({ target: 50 }) });
    expect(scene.for(4_000, 100).want).toBeLessThanOrEqual(5);
  });

  it('keeps no more than a window of what was reported, however much is', () => {
    const scene = new Scene();
    for (let i = 0; i < 20_000; i++) {
      scene.at = i * 10;
      scene.report(i % 7);
    }
    expect(scene.state.context.load.points.length).toBeLessThanOrEqual(602);
  });
});

/** Loads with bursts and silence, each held for some ticks. */
const loads = fc.array(
  fc.record({ load: fc.constantFrom(0, 1, 15, 40, 400, 4_000), ticks: fc.integer({ min: 1, max: 40 }) }),
  { minLength: 1, maxLength: 8 },
);
const PROPERTIES = {
  'a panic never lowers': (scene: Scene) => {
    for (const [i, mode] of scene.modes.entries())
      if (i > 0 && mode === 'panicking' && scene.modes[i - 1] === 'panicking')
        expect(scene.wants[i]).toBeGreaterThanOrEqual(scene.wants[i - 1] as number);
  },
  'a fresh one lowers nothing for a window': (scene: Scene) => {
    const ticks = Math.floor(scene.policy.windowMs / TICK);
    for (const wanted of scene.wants.slice(0, ticks)) expect(wanted).toBeGreaterThanOrEqual(20);
  },
  'within the bounds, once something was reported': (scene: Scene) => {
    for (const wanted of scene.wants) {
      expect(wanted).toBeGreaterThanOrEqual(scene.policy.minScale);
      expect(wanted).toBeLessThanOrEqual(scene.policy.maxScale);
    }
  },
} as const;

function check(name: keyof typeof PROPERTIES, mutants: readonly DeciderMutant[] = []) {
  return fc.check(
    fc.property(loads, (pieces) => {
      const scene = new Scene({ minScale: 1, maxScale: 300, scaleDownDelayMs: 20_000 }, 20, mutants);
      for (const { load, ticks } of pieces) scene.for(ticks * TICK, load);
      PROPERTIES[name](scene);
    }),
    { numRuns: 300, seed: 1 },
  );
}

describe('over arbitrary loads', () => {
  it.each(Object.keys(PROPERTIES) as (keyof typeof PROPERTIES)[])('%s', (name) => {
    const { failed, counterexample } = check(name);
    expect([failed, counterexample]).toEqual([false, null]);
  });

  it.each([
    ['panic-lowers', 'a panic never lowers'],
    ['fresh-lowers', 'a fresh one lowers nothing for a window'],
  ] as const)('%s breaks: %s', (mutant, name) => {
    expect(check(name, [mutant]).failed).toBe(true);
  });

  it('a dip that is shorter than the delay lowers nothing; without the delay it does', () => {
    const dip = (mutants: readonly DeciderMutant[] = []) => {
      const scene = new Scene({ scaleDownDelayMs: 60_000, windowMs: 6_000 }, 0, mutants).for(60_000, 100);
      scene.for(20_000, 50).for(40_000, 100);
      return Math.min(...scene.wants.slice(20));
    };
    expect(dip()).toBe(10);
    expect(dip(['delay-ignored'])).toBe(5);
  });
});

describe('the policy of a Deployment', () => {
  const annotated = (fields: Record<string, string>) =>
    policyOf(Object.fromEntries(Object.entries(fields).map(([k, v]) => [`${AUTOSCALING_PREFIX}${k}`, v])));

  it('none without a target', () => {
    expect(policyOf(undefined)).toBeNull();
    expect(policyOf({ 'other.example/target': '3' })).toBeNull();
    expect(annotated({ 'min-scale': '3' })).toBeNull();
  });

  it('Knative-like fields and defaults', () => {
    expect(annotated({ target: '7.5' })).toEqual({ ...DEFAULT_POLICY, target: 7.5 });
    expect(
      annotated({ target: '1', window: '2m', 'max-scale': '9', 'scale-down-delay': '1.5s' }),
    ).toMatchObject({ windowMs: 120_000, maxScale: 9, scaleDownDelayMs: 1_500 });
  });

  it.each([
    [{ target: '0' }, 'target: expected a number from 0.01 to 1000000, got "0"'],
    [{ target: 'many' }, 'got "many"'],
    [{ target: '' }, 'got ""'],
    [{ target: '1', window: '60' }, 'window: expected a duration from 6s to 3600s, got "60"'],
    [{ target: '1', window: '1s' }, 'got "1s"'],
    [{ target: '1', 'min-scale': '1.5' }, 'min-scale: expected a whole from 0'],
    [{ target: '1', 'min-scale': '5', 'max-scale': '4' }, 'min-scale: expected at most max-scale, 4, got 5'],
    [{ target: '1', tarqet: '1' }, 'tarqet: expected one of target,'],
  ])('%j is wrong: %s', (fields, text) => {
    const { wrong } = annotated(fields as Record<string, string>) as { wrong: readonly string[] };
    expect(wrong.join()).toContain(text);
  });
});
