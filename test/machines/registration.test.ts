/**
 * Agents that register on one Node: every interleaving of two of them, each of which may read, write, lose the reply and start again; and the
 * counter may be wiped. With the judgement they never take the Node from each other for ever; without it they do.
 */
import { describe, expect, it } from 'vitest';
import {
  isSuperseded,
  nextIncarnation,
  type Registrant,
  type Registration,
} from '../../machines/ownership/registration.ts';

interface Agent extends Registrant {
  /** What it read, and is about to write over. */
  readonly read: { readonly version: number; readonly found: Registration | null } | null;
  readonly stopped: boolean;
}
interface World {
  readonly node: Registration | null;
  readonly version: number;
  readonly agents: readonly Agent[];
  /** Registrations so far, newest last. */
  readonly written: readonly Registration[];
  readonly wipes: number;
  readonly replies: number;
}
type Judge = (found: Registration | null, agent: Registrant) => boolean;

const agent = (address: string): Agent => ({ address, last: null, read: null, stopped: false });
const FIRST: World = {
  node: null,
  version: 0,
  agents: [agent('a'), agent('b')],
  written: [],
  wipes: 1,
  replies: 1,
};
const MOST = 6;

function write(world: World, at: number, judge: Judge, replies: number): World {
  const { address, last, read } = world.agents[at] as Agent;
  const put = (change: Partial<Agent>, rest: Partial<World> = {}): World => ({
    ...world,
    ...rest,
    agents: world.agents.map((one, i) => (i === at ? { ...one, read: null, ...change } : one)),
  });
  const { version, found } = read!;
  if (judge(found, { address, last })) return put({ stopped: true });
  if (version !== world.version) return put({});
  // The clock stands on the number of registrations: it never goes back, and a wiped counter does not turn it back.
  const incarnation = nextIncarnation(found?.incarnation ?? 0, last ?? 0, world.written.length + 1);
  const node = { incarnation, address };
  const done = { node, version: world.version + 1, written: [...world.written, node], replies };
  return put(replies < world.replies ? {} : { last: incarnation }, done);
}

function* next(world: World, judge: Judge): Generator<World> {
  if (world.written.length >= MOST) return;
  if (world.wipes > 0 && world.node !== null)
    yield { ...world, node: null, version: world.version + 1, wipes: world.wipes - 1 };
  for (const [at, { read, stopped }] of world.agents.entries()) {
    if (stopped) continue;
    if (read !== null) {
      yield write(world, at, judge, world.replies);
      if (world.replies > 0) yield write(world, at, judge, world.replies - 1);
      continue;
    }
    const { version, node: found } = world;
    const agents = world.agents.map((one, i) => (i === at ? { ...one, read: { version, found } } : one));
    yield { ...world, agents };
  }
}

function all(judge: Judge): readonly World[] {
  const seen = new Map([[JSON.stringify(FIRST), FIRST]]);
  for (const world of seen.values()) for (const one of next(world, judge)) seen.set(JSON.stringify(one), one);
  return [...seen.values()];
}

/** How often the Node went from one agent to the other. */
const turns = ({ written }: World) =>
  written.filter(({ address }, at) => at > 0 && written[at - 1]?.address !== address).length;
const grows = ({ written }: World) =>
  written.every(({ incarnation }, at) => incarnation > (written[at - 1]?.incarnation ?? 0));

describe('registration of two agents on one Node', () => {
  const worlds = all(isSuperseded);

  it('a number is never used twice, though the counter is wiped', () => {
    expect(worlds.every(grows)).toBe(true);
  });

  it('after one hand-over the Node goes to and fro only as often as something was forgotten', () => {
    expect(Math.max(...worlds.map(turns))).toBe(1 + FIRST.wipes + FIRST.replies);
  });

  it('one of the two is left', () => {
    expect(worlds.every(({ agents }) => agents.some(({ stopped }) => !stopped))).toBe(true);
    expect(worlds.some(({ agents }) => agents.some(({ stopped }) => stopped))).toBe(true);
  });

  it('without the judgement they take it from each other for ever', () => {
    expect(Math.max(...all(() => false).map(turns))).toBe(MOST - 1);
  });

  it('judged by the number alone, an agent whose reply was lost stops itself, and nobody is left', () => {
    const byNumber: Judge = (found, { last }) => found !== null && last !== null && found.incarnation > last;
    expect(all(byNumber).some(({ agents }) => agents.every(({ stopped }) => stopped))).toBe(true);
  });
});
