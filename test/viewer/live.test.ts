/** Looking on at what runs: the last steps of processes, bounded, for those who may see them. */
import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import type { Callers } from '../../impl/controller/process/callers.ts';
import type { Listening } from '../../impl/controller/process/listen.ts';
import { Recent } from '../../impl/controller/process/recent.ts';
import { serveStatus } from '../../impl/controller/process/statusServer.ts';
import { everythingOnce } from '../../impl/simulator/points.ts';
import { isStep } from '../../impl/viewer/film.ts';
import { Live } from '../../impl/viewer/live.ts';
import { filmOfPlan } from '../../impl/viewer/ofPlan.ts';
import { serveLive } from '../../impl/viewer/serve.ts';

const steps = filmOfPlan('everything', everythingOnce(3, 'runs')).frames.filter(isStep);
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

/** A process that keeps so many steps, and who may read them. */
async function processOf(recent: Recent, callers: Callers | null = null): Promise<Listening> {
  const sources = {
    readiness: () => [],
    pods: () => [],
    steps: (after: number) => recent.after(after),
    callers,
  };
  const listening = await serveStatus('127.0.0.1:0', new Registry(), sources);
  open.push(listening);
  return listening;
}

async function lookAt(addresses: readonly string[], token?: string): Promise<Live> {
  const live = new Live(addresses, token);
  await live.follow();
  live.stop();
  return live;
}

describe('the last steps of a process', () => {
  it('are so many and no more, each once, in pages', () => {
    const recent = new Recent(100);
    for (let i = 0; i < 5; i += 1) for (const step of steps.slice(0, 50)) recent.record(step);
    const { first, next, steps: kept } = recent.after(0);
    expect(next).toBe(250);
    expect(kept).toHaveLength(250 - first);
    expect(kept.length).toBeGreaterThan(50);
    expect(kept.length).toBeLessThanOrEqual(125);
    expect(kept).toMatchObject(Array.from(kept, (_, i) => ({ step: steps[(first + i) % 50]?.step })));
    expect(recent.after(240).steps).toHaveLength(10);
    expect(recent.after(9_999)).toMatchObject({ first: 250, next: 250, steps: [] });
    const many = new Recent();
    for (let i = 0; i < 5_000; i += 1) many.record(steps[0] as never);
    expect([many.after(0).next, many.after(4_000).next]).toEqual([2_000, 5_000]);
  });

  it('are fewer where they speak of many Pods, and the last one is always there', () => {
    const event = { type: 'podsListed', pods: Array.from({ length: 1_000 }) };
    const large = { ...steps[0], event } as never;
    const recent = new Recent(1_000);
    for (let i = 0; i < 500; i += 1) recent.record(large);
    expect(recent.after(0).steps.length).toBeGreaterThan(5);
    expect(recent.after(0).steps.length).toBeLessThan(13);
    const one = new Recent(10);
    one.record(large);
    one.record(large);
    expect(one.after(0)).toMatchObject({ first: 1, next: 2, steps: [{}] });
  });

  it('of several processes come together; one that is not there, or begins anew, is told', async () => {
    const [one, two] = [new Recent(), new Recent()];
    for (const step of steps) (step.stage === 'scheduler' ? one : two).record(step);
    const [first, second] = [await processOf(one), await processOf(two)];
    const live = await lookAt([first.address, second.address, '127.0.0.1:1']);
    expect(live.after(0).steps).toHaveLength(steps.length);
    expect(live.after(0).notes).toEqual([expect.stringMatching(/^127\.0\.0\.1:1: /)]);
    expect(live.after(live.after(0).next).steps).toEqual([]);
  });

  it('are for those alone who may list Pods', async () => {
    const recent = new Recent();
    for (const step of steps) recent.record(step);
    const callers: Callers = {
      judge: async (token) =>
        token === 'mine'
          ? { allowed: true, user: 'me' }
          : { allowed: false, status: 403, code: 'CALLER_FORBIDDEN', message: 'not you' },
    };
    const { address } = await processOf(recent, callers);
    expect((await lookAt([address], 'another')).after(0)).toMatchObject({
      steps: [],
      notes: [expect.stringContaining('CALLER_FORBIDDEN: not you')],
    });
    expect((await lookAt([address], 'mine')).after(0).steps).toHaveLength(steps.length);
  });

  it('are served to whoever knows the address alone', async () => {
    const served = await serveLive('<p>page</p>', (number) => ({ number }), 0);
    open.push(served);
    const { origin, pathname } = new URL(served.url);
    expect(pathname.length).toBeGreaterThan(20);
    expect((await fetch(origin)).status).toBe(404);
    expect((await fetch(`${origin}/steps`)).status).toBe(404);
    expect(await (await fetch(`${served.url}steps?after=7`)).json()).toEqual({ number: 7 });
    expect((await fetch(`${served.url}steps`, { method: 'POST' })).status).toBe(403);
  });
});
