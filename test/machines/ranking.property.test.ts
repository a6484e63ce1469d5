/** R's kept ranking is the ranking: after any history it names the Pods that sorting them all would name (protocol 8). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  EMPTY_RANKING,
  firstAmong,
  firstOf,
  type Move,
  type Ranking,
  rerank,
  type Standing,
} from '../../machines/replicaset/ranking.ts';

const UIDS = [
  ...['r1-1', 'r1-2', 'r1-z', 'r1-10', 'r1-11', 'r2-1', 'r2-a', 'ra-1', 'r10-1', 'r10-2'],
  ...['a-4', 'a-r9', 'a-ffff'],
];

/** Younger first: of a later incarnation, then minted later; adopted Pods last, by their uid downwards. */
function ageOf(uid: string): readonly [number, number] {
  const match = /^r([0-9a-z]+)-([0-9a-z]+)$/.exec(uid);
  return match === null ? [0, 0] : [Number.parseInt(match[1] ?? '', 36), Number.parseInt(match[2] ?? '', 36)];
}

/** The ranking by its definition. */
function sorted(all: readonly Standing[], some = all): readonly string[] {
  const crowd = ({ node }: Standing) => (node === null ? 0 : all.filter((each) => each.node === node).length);
  return some
    .toSorted((a, b) => {
      const [age, other] = [ageOf(a.uid), ageOf(b.uid)];
      const steps = [
        ...a.keys.map((key, i) => key - (b.keys[i] as number)),
        crowd(b) - crowd(a),
        other[0] - age[0],
        other[1] - age[1],
      ];
      return steps.find((step) => step !== 0) ?? (a.uid > b.uid ? -1 : 1);
    })
    .map(({ uid }) => uid);
}

const standing = fc.record({
  uid: fc.constantFrom(...UIDS),
  node: fc.constantFrom(null, 'n0', 'n1', 'n2'),
  keys: fc.tuple(
    fc.constantFrom(0, 1),
    fc.constantFrom(0, 1),
    fc.constantFrom(0, 1),
    fc.constantFrom(-1, 0, 5),
  ),
});
const change = fc.oneof(standing, fc.record({ uid: fc.constantFrom(...UIDS), gone: fc.constant(true) }));

describe('the ranking of a scale-in', () => {
  it('is that of a sort, after any history of Pods that come, change and go', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(change, { maxLength: 8 }), { maxLength: 30 }),
        fc.nat(14),
        (steps, count) => {
          const all = new Map<string, Standing>();
          let ranking: Ranking = EMPTY_RANKING;
          for (const changes of steps) {
            const moves = changes.map((each): Move => {
              const before = all.get(each.uid) ?? null;
              if ('gone' in each) all.delete(each.uid);
              else all.set(each.uid, each);
              return [before, 'gone' in each ? null : each];
            });
            ranking = rerank(ranking, moves);
            expect(firstOf(ranking, count)).toEqual(sorted([...all.values()]).slice(0, count));
          }
          const some = [...all.values()].filter((_, i) => i % 2 === 0);
          expect(firstAmong(ranking, some, count)).toEqual(sorted([...all.values()], some).slice(0, count));
        },
      ),
    );
  });

  it('keeps nothing of Pods that went', () => {
    fc.assert(
      fc.property(fc.uniqueArray(standing, { selector: ({ uid }) => uid }), (all) => {
        const full = all.reduce((ranking, each) => rerank(ranking, [[null, each]]), EMPTY_RANKING);
        const empty = all.reduce((ranking, each) => rerank(ranking, [[each, null]]), full);
        expect([empty.nodes.size, empty.order.size]).toEqual([0, 0]);
      }),
    );
  });
});
