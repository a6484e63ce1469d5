/**
 * The Scheduler stage under any interleaving: Pods come and go with several priorities, links break, nodes are cut
 * off and cancelled, S crashes, messages of old sessions linger. Safety holds at every step; afterwards, healed,
 * all views agree and what fits runs.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { takenOf } from '../../machines/scheduler/candidates.ts';
import { EMPTY_LEDGER } from '../../machines/scheduler/context.ts';
import { roomOf, takesPods } from '../../machines/scheduler/passRooms.ts';
import { NOTHING, plus, within } from '../../machines/scheduler/resources.ts';
import { shareOf } from '../../machines/scheduler/roster.ts';
import type { PodRecord, Resources, Uid } from '../../spec/vocabulary.ts';
import { nodeFact, openWorld, type SchedulerWorld, size, strangerFact } from './schedulerWorld.ts';

const NODES = ['n1', 'n2', 'n3'];
const CAPACITY: Resources = { cpu: 400, memory: 400, pods: 4 };

type Action =
  | { readonly do: 'assign'; readonly count: number; readonly priority: number; readonly cpu: number }
  | { readonly do: 'deliver'; readonly picks: readonly number[] }
  | { readonly do: 'terminate' | 'userDeletes' | 'fire'; readonly pick: number }
  | {
      readonly do: 'breakNode' | 'cutOff' | 'heal' | 'edit' | 'stranger' | 'strangerEnds';
      readonly node: string;
    }
  | { readonly do: 'breakHead' | 'crash' | 'stock' | 'direct' };
const node = fc.constantFrom(...NODES);
const pick = fc.nat(30);
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('deliver' as const), picks: fc.array(pick, { maxLength: 25 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('assign' as const),
      count: fc.integer({ min: 1, max: 4 }),
      priority: fc.nat(2),
      cpu: fc.constantFrom(100, 200, 400),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('terminate' as const, 'userDeletes' as const), pick }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('fire' as const), pick }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'breakNode' as const,
        'cutOff' as const,
        'heal' as const,
        'edit' as const,
        'stranger' as const,
        'strangerEnds' as const,
      ),
      node,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom('breakHead' as const, 'crash' as const, 'stock' as const, 'direct' as const),
    }),
  },
);

function act(world: SchedulerWorld, what: Action): void {
  switch (what.do) {
    case 'assign':
      world.assign(what.count, { priority: what.priority, requests: size(what.cpu) });
      return;
    case 'deliver':
      for (const index of what.picks) world.deliver(index);
      return;
    case 'terminate': {
      const uids = [...world.head.pods.keys()];
      if (uids.length > 0) world.terminate([uids[what.pick % uids.length] as Uid]);
      return;
    }
    case 'userDeletes': {
      const all = [...world.tails].flatMap(([name, { pods }]) =>
        [...pods.keys()].map((uid) => [name, uid] as const),
      );
      const chosen = all[what.pick % Math.max(1, all.length)];
      if (chosen !== undefined) world.userDeletes(...chosen);
      return;
    }
    case 'fire': {
      const timers = [...world.timers].sort();
      const timer = timers[what.pick % Math.max(1, timers.length)];
      if (timer !== undefined) world.fire(timer);
      return;
    }
    case 'edit':
      world.edit(what.node, {});
      return;
    case 'stranger':
      world.give({ type: 'podObserved', pod: strangerFact(what.node, what.node, size(100)) });
      return;
    case 'strangerEnds':
      world.give({ type: 'podVanished', pod: strangerFact(what.node, what.node, size(100)) });
      return;
    case 'stock':
    case 'direct':
      world.give({ type: 'switchObserved', switch: { owner: what.do, resourceVersion: '1' } });
      return;
    case 'breakHead':
    case 'crash':
      world[what.do]();
      return;
    default:
      world[what.do](what.node);
  }
}

/** The roster says of each node what a look at it would say. */
function checkRoster({ state: { context } }: SchedulerWorld): void {
  const { roster } = context;
  for (const [name, entry] of context.nodes) {
    const share = roster.places.get(name)?.standing.share;
    const { capacity } = entry.fact;
    expect(share).toBe(takesPods(entry) ? shareOf(takenOf(roomOf(context, entry)), capacity) : undefined);
  }
  const standing = [...roster.lines.values()].flatMap(({ order }) => [...order].map(({ node }) => node));
  expect(standing.sort()).toEqual([...roster.places.keys()].sort());
}

/** The counters say what a count afresh would say. */
function checkCounters({ state: { context } }: SchedulerWorld): void {
  const used = new Map<string, Resources>();
  for (const { node: on, requests } of context.records.values())
    if (on !== null) used.set(on, plus(used.get(on) ?? NOTHING, requests));
  for (const name of NODES) {
    const ledger = context.ledgers.get(name) ?? EMPTY_LEDGER;
    expect(ledger.used).toEqual(used.get(name) ?? NOTHING);
    const mine = [...ledger.pods].map((uid) => context.records.get(uid) as PodRecord);
    const ending = mine.filter(({ phase }) => phase === 'terminating');
    expect(ledger.ending).toEqual(ending.reduce((sum, { requests }) => plus(sum, requests), NOTHING));
    const kept = [...context.preemptions.values()].filter((one) => one.context.node === name);
    expect(context.reserved.get(name) ?? NOTHING).toEqual(
      kept.reduce((sum, one) => plus(sum, one.context.requests), NOTHING),
    );
  }
  const live = [...context.records.values()].filter(
    (one) => one.node !== null && one.phase !== 'terminating',
  );
  expect(context.priorities.reduce((sum, count) => sum + count, 0)).toBe(live.length);
  const waiting = [...context.records.values()].filter(({ node: on }) => on === null).map(({ uid }) => uid);
  const queued = [...context.queue.shapes.values()].flatMap((shape) => [...shape.waiting.places.keys()]);
  expect([...queued, ...context.preemptions.keys()].sort()).toEqual(waiting.sort());
}

/** NodeCapacity, in S's view: what an Assign brings fits beside all that S knows to be there, and what it keeps. */
function watchCapacity(world: SchedulerWorld): void {
  const give = world.give.bind(world);
  world.give = (event) => {
    const from = world.effects.length;
    give(event);
    for (const effect of world.effects.slice(from)) {
      if (effect.type !== 'send' || effect.message.kind !== 'Assign') continue;
      const name = effect.link.slice(5);
      const { ledgers, unmanagedRoom } = world.state.context;
      const used = plus(ledgers.get(name)?.used ?? NOTHING, unmanagedRoom.get(name) ?? NOTHING);
      if (!within(used, CAPACITY)) world.broken.push(`NodeCapacity ${name}`);
    }
  };
}

/** After the faults: everything is reached again, and what waits to happen happens. */
function heal(world: SchedulerWorld): void {
  act(world, { do: 'direct' });
  for (const name of NODES) {
    world.heal(name);
    act(world, { do: 'strangerEnds', node: name });
  }
  world.run();
  for (const timer of [...world.timers]) if (timer.startsWith('coolDown/')) world.fire(timer);
  world.run();
}

/** CacheCoherent: R, S and the nodes hold the same. */
function checkCoherent(world: SchedulerWorld): void {
  const plain = (records: Iterable<PodRecord>) =>
    [...records]
      .sort((a, b) => (a.uid < b.uid ? -1 : 1))
      .map(({ uid, node: on, phase, version }) => [uid, on, phase, version]);
  const held = [...world.state.context.records.values()];
  expect(plain(world.head.pods.values())).toEqual(plain(held));
  const onNodes = [...world.tails.values()].flatMap(({ pods }) => [...pods.values()]);
  expect(plain(onNodes)).toEqual(plain(held.filter(({ node: on }) => on !== null)));
  expect(held.filter(({ phase }) => phase === 'terminating')).toEqual([]);
}

/** What fits runs, and no Pod waits while one of lower priority holds room that would do. */
function checkPlaced(world: SchedulerWorld): void {
  const { records } = world.state.context;
  expect(world.state.context.preemptions.size).toBe(0);
  for (const waiting of records.values()) {
    if (waiting.node !== null) continue;
    for (const name of NODES) {
      const higher = [...records.values()].filter(
        (one) => one.node === name && one.priority >= waiting.priority,
      );
      const used = higher.reduce((sum, { requests }) => plus(sum, requests), waiting.requests);
      expect(within(used, CAPACITY), `${waiting.uid} waits though ${name} would do`).toBe(false);
    }
  }
}

/** Raise it to look longer: `FUZZ_RUNS=2000 npx vitest run test/machines/schedulerProperties.test.ts`. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 60);

const script = fc.array(action, { minLength: 5, maxLength: 40, size: 'max' });
function run(actions: readonly Action[], mutants: readonly string[] = []): SchedulerWorld {
  const world = openWorld(
    NODES.map((name) => nodeFact(name, { capacity: CAPACITY })),
    mutants,
  );
  watchCapacity(world);
  for (const one of actions) {
    act(world, one);
    checkRoster(world);
    expect(world.broken).toEqual([]);
  }
  checkCounters(world);
  heal(world);
  expect(world.broken).toEqual([]);
  checkCounters(world);
  checkCoherent(world);
  checkPlaced(world);
  return world;
}

/** Mutants that need no special scenario: a canary that these runs can fail. */
const CAUGHT = [
  'preemptor-early',
  'tombstones-free',
  'confirm-what-was-sent',
  'collect-tombstone-early',
  'resend-after-reset',
  'rebind-lost',
  'invalidate-before-mark',
];

describe('any interleaving', () => {
  it(
    'UniquePlacement, NoFalseConfirm, NodeCapacity, PreemptionOrdered hold; then CacheCoherent, Converges, PreemptorRuns',
    () => {
      fc.assert(
        fc.property(script, (actions) => {
          run(actions);
        }),
        { numRuns: RUNS, interruptAfterTimeLimit: RUNS * 1_000 },
      );
    },
    RUNS * 1_000 + 60_000,
  );
  it('sometimes: Pods are preempted, nodes are cancelled and come back, R is refused nothing', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(script, (actions) => {
        const world = run(actions);
        if (world.awaited.size > 0) seen.add('preempted');
        if (world.effects.some(({ type }) => type === 'mark')) seen.add('marked');
        if ([...world.tails.values()].some(({ drained }) => drained !== null)) seen.add('drained');
        if (world.incarnation > 1000) seen.add('crashed');
        if (world.told.some((text) => text.startsWith('MessageRefused'))) seen.add('old messages');
      }),
      { numRuns: 40, seed: 7, endOnFailure: true },
    );
    expect([...seen].sort()).toEqual(['crashed', 'drained', 'marked', 'old messages', 'preempted']);
  });
  it.each(CAUGHT)('mutant %s is caught by any interleaving', (mutant) => {
    const found = fc.check(
      fc.property(script, (actions) => {
        run(actions, [mutant]);
      }),
      { numRuns: 300, seed: 7, endOnFailure: true },
    );
    expect(found.failed).toBe(true);
  });
});
