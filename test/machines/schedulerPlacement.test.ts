/** Placement, alone: constraints, order, room, who is preempted (protocol 7). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { takenOf } from '../../machines/scheduler/candidates.ts';
import { admits } from '../../machines/scheduler/constraints.ts';
import type { Level } from '../../machines/scheduler/context.ts';
import { type Group, listed, place, type Rooms } from '../../machines/scheduler/placement.ts';
import { minus, NOTHING, plus, within } from '../../machines/scheduler/resources.ts';
import { hasRoom, type Room } from '../../machines/scheduler/rooms.ts';
import { EMPTY_ROSTER, enter, shareOf } from '../../machines/scheduler/roster.ts';
import type { Constraints, NodeFact } from '../../spec/facts.ts';
import type { PodRecord } from '../../spec/vocabulary.ts';
import { nodeFact, size } from './schedulerWorld.ts';

const ANY: Constraints = { nodeSelector: {}, tolerations: [], nodeAffinity: [] };
const RULES = { tombstonesFree: false, noReservation: false };

function record(uid: string, priority: number, cpu: number, more: Partial<PodRecord> = {}): PodRecord {
  return {
    uid,
    replicaSet: 'rs',
    revision: 'rev',
    requests: size(cpu),
    priority,
    node: 'n1',
    phase: 'running',
    ready: true,
    version: { stage: 'kubelet/n1', incarnation: 1, counter: 1 },
    ...more,
  };
}
function room(fact: NodeFact, pods: readonly PodRecord[] = [], reserved = NOTHING): Room {
  const levels = new Map<number, Level>();
  let [used, ending] = [NOTHING, NOTHING];
  for (const { phase, priority, requests } of pods) {
    used = plus(used, requests);
    if (phase === 'terminating') ending = plus(ending, requests);
    else {
      const level = levels.get(priority) ?? { count: 0, room: NOTHING };
      levels.set(priority, { count: level.count + 1, room: plus(level.room, requests) });
    }
  }
  return {
    fact,
    used,
    ending,
    reserved,
    levels: () => [...levels].sort(([a], [b]) => a - b),
    pods: () => pods,
    victims: null,
  };
}
function group(key: string, count: number, rooms: readonly Room[], more: Partial<Group> = {}): Group {
  const waiting = Array.from({ length: count }, (_, i) => [`${key}${i}`, i] as const);
  return {
    key,
    replicaSet: key,
    priority: 0,
    requests: size(100),
    constraints: ANY,
    waiting,
    rooms: listed(rooms),
    ...more,
  };
}
const always = () => true;

describe('which nodes a template admits', () => {
  it('refuses a node that is not ready, or unschedulable and not tolerated', () => {
    expect(admits(ANY, nodeFact('n', { ready: false }))).toBe(false);
    expect(admits(ANY, nodeFact('n', { unschedulable: true }))).toBe(false);
    const tolerations = [
      {
        key: 'node.kubernetes.io/unschedulable',
        operator: 'Exists' as const,
        value: '',
        effect: 'NoSchedule',
      },
    ];
    expect(admits({ ...ANY, tolerations }, nodeFact('n', { unschedulable: true }))).toBe(true);
  });
  it('honours taints, of which PreferNoSchedule does not limit', () => {
    const taint = (effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute') =>
      nodeFact('n', { taints: [{ key: 'k', value: 'v', effect }] });
    expect(admits(ANY, taint('NoSchedule'))).toBe(false);
    expect(admits(ANY, taint('NoExecute'))).toBe(false);
    expect(admits(ANY, taint('PreferNoSchedule'))).toBe(true);
    for (const [toleration, ok] of [
      [{ key: 'k', operator: 'Equal', value: 'v', effect: 'NoSchedule' }, true],
      [{ key: 'k', operator: 'Equal', value: 'w', effect: 'NoSchedule' }, false],
      [{ key: 'k', operator: 'Exists', value: '', effect: '' }, true],
      [{ key: '', operator: 'Exists', value: '', effect: '' }, true],
      [{ key: 'k', operator: 'Exists', value: '', effect: 'NoExecute' }, false],
      [{ key: 'other', operator: 'Exists', value: '', effect: '' }, false],
    ] as const)
      expect(admits({ ...ANY, tolerations: [toleration] }, taint('NoSchedule'))).toBe(ok);
  });
  it('honours the node selector; labels of Object are no labels', () => {
    expect(admits({ ...ANY, nodeSelector: { zone: 'a' } }, nodeFact('n', { labels: { zone: 'a' } }))).toBe(
      true,
    );
    expect(admits({ ...ANY, nodeSelector: { zone: 'a' } }, nodeFact('n', { labels: { zone: 'b' } }))).toBe(
      false,
    );
    expect(admits({ ...ANY, nodeSelector: { toString: 'a' } }, nodeFact('n'))).toBe(false);
  });
  it.each([
    ['In', ['4', '5'], true, false],
    ['NotIn', ['4'], false, true],
    ['Exists', [], true, false],
    ['DoesNotExist', [], false, true],
    ['Gt', ['3'], true, false],
    ['Gt', ['4'], false, false],
    ['Lt', ['5'], true, false],
    ['Lt', ['x'], false, false],
  ] as const)(
    'required affinity %s %j: with the label %s, without %s',
    (operator, values, withIt, without) => {
      const constraints = { ...ANY, nodeAffinity: [[{ key: 'gen', operator, values }]] };
      expect(admits(constraints, nodeFact('n', { labels: { gen: '4' } }))).toBe(withIt);
      expect(admits(constraints, nodeFact('n'))).toBe(without);
    },
  );
  it('takes any term of affinity whose expressions all match; a term without expressions matches nothing', () => {
    const a = { key: 'a', operator: 'Exists' as const, values: [] };
    const b = { key: 'b', operator: 'Exists' as const, values: [] };
    const constraints = { ...ANY, nodeAffinity: [[a, b], [b]] };
    expect(admits(constraints, nodeFact('n', { labels: { b: '' } }))).toBe(true);
    expect(admits(constraints, nodeFact('n', { labels: { a: '' } }))).toBe(false);
    expect(admits({ ...ANY, nodeAffinity: [[]] }, nodeFact('n'))).toBe(false);
  });
});

describe('order and balance', () => {
  it('spreads over the least allocated; ties go by name', () => {
    const rooms = [room(nodeFact('b')), room(nodeFact('a')), room(nodeFact('c'), [record('x', 0, 500)])];
    const { binds } = place([group('p', 5, rooms)], always, RULES);
    expect(binds.map(({ node }) => node)).toEqual(['a', 'b', 'a', 'b', 'a']);
  });
  it('higher priority first, then age, when room is short', () => {
    const rooms = [room(nodeFact('n', { capacity: { cpu: 300, memory: 300, pods: 10 } }))];
    const old = group('old', 2, rooms);
    const young = group('young', 2, rooms, {
      waiting: [
        ['y0', 10],
        ['y1', 11],
      ],
    });
    const high = group('high', 1, rooms, { priority: 5, waiting: [['h0', 99]] });
    const { binds } = place([young, old, high], () => false, RULES);
    expect(binds.map(({ uid }) => uid)).toEqual(['h0', 'old0', 'old1']);
  });
  it('a Pod too large for any node does not stop a smaller one', () => {
    const rooms = [room(nodeFact('n'))];
    const large = group('large', 1, rooms, { priority: 5, requests: size(2000) });
    const { binds } = place([large, group('small', 1, rooms)], always, RULES);
    expect(binds).toEqual([{ uid: 'small0', node: 'n' }]);
  });
  it('gives the same for any order of nodes and groups', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 }),
        fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
        (nodes, groups) => {
          const run = (order: readonly number[], which: readonly number[]) => {
            const rooms = order.map((i) => room(nodeFact(`n${i}`), [record('x', 0, i * 100)]));
            const all = [0, 1, 2].map((i) =>
              group(`g${i}`, 8, rooms, { priority: i, requests: size(50 + i * 50) }),
            );
            return place(
              which.map((i) => all[i] as Group),
              () => false,
              RULES,
            ).binds;
          };
          expect(run(nodes, groups)).toEqual(run([0, 1, 2, 3, 4, 5], [0, 1, 2]));
        },
      ),
    );
  });
});

describe('NodeCapacity: room', () => {
  it('terminating Pods take room, and so does what is reserved beside them', () => {
    const full = room(nodeFact('n'), [record('x', 0, 900), record('t', 0, 100, { phase: 'terminating' })]);
    expect(hasRoom(full, size(100), RULES)).toBe(false);
    const kept = room(
      nodeFact('n'),
      [record('x', 0, 800), record('t', 0, 100, { phase: 'terminating' })],
      size(200),
    );
    expect(hasRoom(kept, size(100), RULES)).toBe(false);
    expect(hasRoom(room(nodeFact('n'), [record('x', 0, 800)]), size(200), RULES)).toBe(true);
  });
  it('never exceeds capacity with what is used and kept, whatever waits', () => {
    const pods = fc.array(
      fc.record({ cpu: fc.integer({ min: 0, max: 400 }), priority: fc.nat(3), ending: fc.boolean() }),
      {
        maxLength: 6,
      },
    );
    const waits = fc.array(
      fc.record({ cpu: fc.integer({ min: 0, max: 600 }), priority: fc.nat(4), count: fc.nat(5) }),
      {
        maxLength: 5,
      },
    );
    fc.assert(
      fc.property(fc.array(pods, { minLength: 1, maxLength: 4 }), waits, (nodes, groups) => {
        const rooms = nodes.map((list, n) =>
          room(
            nodeFact(`n${n}`),
            list.map(({ cpu, priority, ending }, i) =>
              record(`${n}-${i}`, priority, cpu, ending ? { phase: 'terminating' } : {}),
            ),
          ),
        );
        const overfull = rooms.map(({ used, fact }) => !within(used, fact.capacity));
        const { binds, nominations } = place(
          groups.map(({ cpu, priority, count }, i) =>
            group(`g${i}-`, count, rooms, { priority, requests: size(cpu) }),
          ),
          always,
          RULES,
        );
        for (const [i, each] of rooms.entries()) {
          if (overfull[i]) expect(binds.some(({ node }) => node === each.fact.name)).toBe(false);
          else expect(within(each.used, each.fact.capacity)).toBe(true);
          const kept = nominations.some(({ node }) => node === each.fact.name);
          if (kept || !overfull[i])
            expect(within(plus(minus(each.used, each.ending), each.reserved), each.fact.capacity)).toBe(true);
        }
        const uids = [...binds.map(({ uid }) => uid), ...nominations.map(({ preemptor }) => preemptor)];
        expect(new Set(uids).size).toBe(uids.length);
        const victims = nominations.flatMap((nomination) => nomination.victims);
        expect(new Set(victims).size).toBe(victims.length);
      }),
    );
  });
});

describe('preemption', () => {
  const low = (uid: string, cpu = 500, priority = 1) => record(uid, priority, cpu);
  it('chooses the node whose victims have the lowest priority, and no more victims than needed', () => {
    const rooms = [
      room(nodeFact('a'), [low('a1', 600, 2), low('a2', 400, 2)]),
      room(nodeFact('b'), [low('b1', 200, 1), low('b2', 500, 1), low('b3', 300, 3)]),
    ];
    const { nominations } = place(
      [group('p', 1, rooms, { priority: 9, requests: size(500) })],
      always,
      RULES,
    );
    expect(nominations).toEqual([{ preemptor: 'p0', node: 'b', victims: ['b2'], awaited: ['b2'] }]);
  });
  it('takes none of its own or a higher priority', () => {
    const rooms = [room(nodeFact('a'), [low('a1', 1000, 5)])];
    const { nominations } = place(
      [group('p', 1, rooms, { priority: 5, requests: size(500) })],
      always,
      RULES,
    );
    expect(nominations).toEqual([]);
  });
  it('counts terminations under way before it chooses victims, and awaits them', () => {
    const rooms = [room(nodeFact('a'), [low('a1', 500), { ...low('t', 500), phase: 'terminating' }])];
    const { nominations } = place(
      [group('p', 1, rooms, { priority: 9, requests: size(500) })],
      always,
      RULES,
    );
    expect(nominations).toEqual([{ preemptor: 'p0', node: 'a', victims: [], awaited: ['t'] }]);
  });
  it('a second preemptor does not count on the room of the first', () => {
    const rooms = [room(nodeFact('a'), [low('a1', 500), low('a2', 500)])];
    const { nominations } = place(
      [group('p', 3, rooms, { priority: 9, requests: size(500) })],
      always,
      RULES,
    );
    expect(nominations.map(({ victims }) => victims)).toEqual([['a2'], ['a1']]);
  });
});

describe('the order of the nodes', () => {
  const node = fc.record({
    capacity: fc.constantFrom(
      { cpu: 1000, memory: 1000, pods: 10 },
      { cpu: 3000, memory: 1000, pods: 10 },
      { cpu: 1000, memory: 0, pods: 5 },
    ),
    cpu: fc.integer({ min: 0, max: 10 }).map((tenths) => tenths * 100),
    reserved: fc.constantFrom(0, 200),
    ready: fc.boolean(),
  });
  const asked = fc.record({
    cpu: fc.constantFrom(100, 250, 700),
    count: fc.integer({ min: 1, max: 6 }),
    priority: fc.constantFrom(0, 5),
  });

  /** As the scheduler has them: of each capacity in order, each looked at when it is asked for. */
  function lined(rooms: readonly Room[]): Rooms {
    const roster = rooms.reduce(
      (all, each) => enter(all, each.fact.name, each.fact.capacity, takenOf(each)),
      EMPTY_ROSTER,
    );
    const of = (name: string) => rooms.find(({ fact }) => fact.name === name) as Room;
    const offerings = [...roster.lines.values()].map(({ capacity, order }) => ({
      capacity,
      nodes: [...order].map(({ node: name, share }) => ({ node: name, share, room: () => of(name) })),
    }));
    return { offerings: () => offerings, all: () => rooms };
  }

  /** By definition: each Pod in its turn, each node looked at. */
  function naive(groups: readonly Group[], rooms: readonly Room[]) {
    const turns = groups
      .flatMap((each) => [...each.waiting].map(([uid, place]) => ({ each, uid, place })))
      .sort((a, b) => b.each.priority - a.each.priority || a.place - b.place);
    const stuck = new Set<string>();
    return turns.flatMap(({ each, uid }) => {
      if (stuck.has(each.key)) return [];
      const score = (one: Room) =>
        shareOf(takenOf(one), one.fact.capacity) + shareOf(each.requests, one.fact.capacity);
      const [best] = rooms
        .filter((one) => admits(each.constraints, one.fact) && hasRoom(one, each.requests, RULES))
        .sort((a, b) => score(a) - score(b) || (a.fact.name < b.fact.name ? -1 : 1));
      if (best === undefined) stuck.add(each.key);
      else best.used = plus(best.used, each.requests);
      return best === undefined ? [] : [{ uid, node: best.fact.name }];
    });
  }

  it('is that of a scan of all, however the nodes are offered', () => {
    fc.assert(
      fc.property(fc.array(node, { maxLength: 12 }), fc.array(asked, { maxLength: 4 }), (nodes, asks) => {
        const rooms = () =>
          nodes.map(({ capacity, cpu, reserved, ready }, i) =>
            room(
              nodeFact(`n${i}`, { capacity, ready }),
              cpu === 0 ? [] : [record(`x${i}`, 0, cpu)],
              size(reserved),
            ),
          );
        const groups = (all: readonly Room[], offer: (rooms: readonly Room[]) => Rooms) => {
          let arrivals = 0;
          return asks.map(({ cpu, count, priority }, i) =>
            group(`g${i}`, count, all, {
              priority,
              requests: size(cpu),
              rooms: offer(all),
              waiting: Array.from({ length: count }, (_, k) => [`g${i}-${k}`, arrivals++] as const),
            }),
          );
        };
        const [scanned, inList, inLines] = [rooms(), rooms(), rooms()];
        const expected = naive(groups(scanned, listed), scanned);
        expect(place(groups(inList, listed), () => false, RULES).binds).toEqual(expected);
        expect(place(groups(inLines, lined), () => false, RULES).binds).toEqual(expected);
      }),
    );
  });

  it('looks at few of many nodes', () => {
    const rooms = Array.from({ length: 1_000 }, (_, i) => room(nodeFact(`n${i}`)));
    const looked = new Set<string>();
    const { offerings, all } = lined(rooms);
    const watched: Rooms = {
      all,
      offerings: () =>
        [...offerings()].map(({ capacity, nodes }) => ({
          capacity,
          nodes: [...nodes].map((each) => ({
            ...each,
            room: () => {
              looked.add(each.node);
              return each.room();
            },
          })),
        })),
    };
    const { binds } = place([group('p', 10, rooms, { rooms: watched })], () => false, RULES);
    expect(new Set(binds.map(({ node: name }) => name)).size).toBe(10);
    expect(looked.size).toBeLessThanOrEqual(11);
  });
});
