/** What the serving figure is made of: the trace follows from its seed, and the gateway gives an instance one request at a time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Gateway } from '../../impl/bench/serving/gateway.ts';
import { drawTrace, type ServingTrace } from '../../impl/bench/serving/trace.ts';
import { cdfSvg } from '../../impl/bench/svg.ts';

const PARAMETERS = {
  seed: 7,
  functions: 60,
  seconds: 60,
  invocations: 3_000,
  skew: 1.1,
  bodyMs: 150,
  burst: 50,
};

describe('drawTrace', () => {
  it('follows from the seed', () => {
    expect(drawTrace(PARAMETERS)).toEqual(drawTrace(PARAMETERS));
    expect(drawTrace({ ...PARAMETERS, seed: 8 })).not.toEqual(drawTrace(PARAMETERS));
  });

  it('has few functions with most of the invocations, all shapes, and times in order within its length', () => {
    const { functions, invocations } = drawTrace(PARAMETERS);
    const most = invocations.filter(({ of }) => of < 6).length;
    expect(most).toBeGreaterThan(invocations.length / 2);
    expect(new Set(functions.map(({ shape }) => shape))).toEqual(new Set(['steady', 'bursty', 'rare']));
    expect(new Set(invocations.map(({ of }) => of)).size).toBe(60);
    const times = invocations.map(({ at }) => at);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times.at(-1)).toBeLessThanOrEqual(60_000);
  });
});

describe('Gateway', () => {
  const trace: ServingTrace = { functions: [{ name: 'f', shape: 'steady', medianMs: 5 }], invocations: [] };
  const invocation = { at: 0, of: 0, ms: 5 };

  it('holds what has no instance, gives each one at a time, and says what is under way', async () => {
    const said: number[] = [];
    const gateway = new Gateway(trace, (_of, concurrency) => said.push(concurrency));
    gateway.arrive(invocation);
    gateway.arrive(invocation);
    expect(gateway.served).toEqual([]);
    expect(said).toEqual([1, 2]);
    gateway.up(0, 'a');
    expect(gateway.served).toHaveLength(1);
    while (gateway.under > 0) await sleep(5);
    expect(gateway.served.map(({ cold }) => cold)).toEqual([true, true]);
    gateway.arrive(invocation);
    expect(gateway.served.at(-1)).toMatchObject({ cold: false });
    while (gateway.under > 0) await sleep(5);
    expect(said.at(-1)).toBe(0);
    expect(gateway.instances).toEqual({ peak: 1, ever: 1 });
    gateway.close();
  });

  it('gives an instance that ends nothing more, and gives up what waits', async () => {
    const said: number[] = [];
    const gateway = new Gateway(trace, (_of, concurrency) => said.push(concurrency));
    gateway.up(0, 'a');
    gateway.arrive(invocation);
    gateway.arrive(invocation);
    gateway.down(0, 'a');
    while (gateway.under > 1) await sleep(5);
    expect(gateway.served).toHaveLength(1);
    gateway.giveUp();
    expect(gateway.served).toHaveLength(2);
    expect(said.at(-1)).toBe(0);
    gateway.close();
  });
});

it('cdfSvg draws a line for each, from its least to its greatest', () => {
  const svg = cdfSvg('a < b', 'ms', [
    { name: 'one', values: [1, 10, 100] },
    { name: 'two', values: [2] },
  ]);
  expect(svg.match(/<polyline/g)).toHaveLength(2);
  expect(svg).toContain('a &lt; b');
  expect(svg).toContain('60.0,230.0 300.0,130.0 540.0,30.0');
});
