/** The host of the built-in autoscalers: who is told what, when each decides, and what A is given. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Deciders } from '../../impl/controller/process/deciders.ts';
import { DEFAULT_POLICY } from '../../spec/autoscaling.ts';

const POLICY = { ...DEFAULT_POLICY, target: 10 };
const open: Deciders[] = [];
afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

function setUp() {
  const world = {
    now: 0,
    incarnation: 1 as number | null,
    wants: new Map([['u', 0]]),
    scaled: [] as [string, number][],
  };
  const deciders = new Deciders({
    incarnation: () => world.incarnation,
    standing: (deployment) => {
      const want = world.wants.get(deployment);
      return want === undefined ? null : { want, ready: want };
    },
    scale: (deployment, replicas) => {
      world.scaled.push([deployment, replicas]);
      world.wants.set(deployment, replicas);
    },
    now: () => world.now,
  });
  open.push(deciders);
  deciders.observe('u', POLICY);
  return { world, deciders };
}

describe('the built-in autoscalers of a process', () => {
  it('decide at the first report, and give A a count once', () => {
    const { world, deciders } = setUp();
    expect(deciders.report('u', 'g', 95)).toBe(true);
    world.now += 1_000;
    deciders.report('u', 'g', 95);
    expect(world.scaled).toEqual([['u', 10]]);
  });

  it('do not decide on each of many reports, but all of them count', () => {
    const { world, deciders } = setUp();
    for (let i = 0; i < 10; i++) deciders.report('u', `g${i}`, 10);
    expect(world.scaled).toEqual([['u', 1]]);
    world.now += 60_000;
    for (let i = 0; i < 10; i++) deciders.report('u', `g${i}`, 10);
    deciders.tick();
    expect(world.scaled.at(-1)).toEqual(['u', 10]);
  });

  it('decide on a report that came too soon once it is time, without another', async () => {
    const { world, deciders } = setUp();
    deciders.report('u', 'g', 10);
    world.now += 100;
    deciders.report('u', 'g', 95);
    deciders.report('u', 'h', 5);
    world.now += 100;
    expect(world.scaled).toEqual([['u', 1]]);
    await vi.waitFor(() => expect(world.scaled).toHaveLength(2));
    // The average over the panic window so far: 10 for half of it, then 100.
    expect(world.scaled.at(-1)).toEqual(['u', 6]);
  });

  it('take no report of a Deployment that is not scaled here, or without a life of A', () => {
    const { world, deciders } = setUp();
    expect(deciders.report('other', 'g', 1)).toBe(false);
    deciders.observe('u', null);
    expect(deciders.report('u', 'g', 1)).toBe(false);
    deciders.observe('u', POLICY);
    world.incarnation = null;
    expect(deciders.report('u', 'g', 1)).toBe(false);
    deciders.tick();
    expect(world.scaled).toEqual([]);
  });

  it('wait until A has been told a want', () => {
    const { world, deciders } = setUp();
    world.wants.clear();
    expect(deciders.report('u', 'g', 50)).toBe(true);
    expect(world.scaled).toEqual([]);
    world.wants.set('u', 2);
    deciders.tick();
    expect(world.scaled).toEqual([['u', 5]]);
  });

  it('begin anew with a new life of A: what was reported is forgotten, and nothing is lowered', () => {
    const { world, deciders } = setUp();
    deciders.report('u', 'g', 95);
    world.incarnation = 2;
    world.now += 1_000;
    deciders.report('u', 'g', 1);
    world.now += 30_000;
    deciders.tick();
    expect(world.scaled).toEqual([['u', 10]]);
  });

  it('a policy that is edited holds from the next decision on, and keeps what was reported', () => {
    const { world, deciders } = setUp();
    deciders.report('u', 'g', 40);
    deciders.observe('u', { ...POLICY, target: 2 });
    deciders.tick();
    expect(world.scaled).toEqual([
      ['u', 4],
      ['u', 20],
    ]);
  });
});
