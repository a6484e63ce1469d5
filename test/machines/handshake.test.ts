/** The table of protocol 3, row by row, and its laws. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyState, merge, reset } from '../../machines/ownership/handshake.ts';
import type { Phase, PodRecord, Uid } from '../../spec/vocabulary.ts';

function pod(uid: Uid, phase: Phase, counter: number, incarnation = 7): PodRecord {
  return {
    uid,
    replicaSet: 'rs',
    revision: 'abc',
    requests: { cpu: 100, memory: 100, pods: 1 },
    priority: 0,
    node: 'n1',
    phase,
    ready: phase === 'running',
    version: { stage: 'kubelet/n1', incarnation, counter },
  };
}
const mapOf = (records: readonly PodRecord[]) => new Map(records.map((record) => [record.uid, record]));
const heldOf = (records: readonly PodRecord[]) => records.map(({ uid, version }) => ({ uid, version }));

/** A whole handshake: the records of the upstream after it, and the outcome. */
function handshake(mine: readonly PodRecord[], theirs: readonly PodRecord[], mutants?: ReadonlySet<string>) {
  const held = heldOf(theirs);
  const asked = reset(mapOf(mine), held);
  const sent = theirs.filter(({ uid }) => asked.fetch.includes(uid));
  const outcome = applyState(mapOf(mine), held, sent, mutants);
  const after = mapOf(mine);
  for (const uid of [...outcome.lost, ...outcome.confirm]) after.delete(uid);
  for (const record of [...outcome.take, ...outcome.adopt]) after.set(record.uid, record);
  return { asked, outcome, after };
}

describe('the table of the handshake', () => {
  it('keeps a live record of the same version, and does not fetch it', () => {
    const { asked, outcome } = handshake([pod('a', 'running', 1)], [pod('a', 'running', 1)]);
    expect(asked).toEqual({ fetch: [], tombstones: [] });
    expect(outcome).toEqual({ keep: ['a'], take: [], lost: [], confirm: [], adopt: [] });
  });
  it("takes the downstream's record of another version", () => {
    const { asked, outcome } = handshake([pod('a', 'accepted', 1)], [pod('a', 'running', 2)]);
    expect(asked.fetch).toEqual(['a']);
    expect(outcome.take).toEqual([pod('a', 'running', 2)]);
  });
  it('drops a live record that the downstream does not hold, and calls it lost', () => {
    expect(handshake([pod('a', 'bound', 1)], []).outcome.lost).toEqual(['a']);
  });
  it('keeps a tombstone that the downstream holds live, names it in Fetch, and updates it', () => {
    const { asked, after } = handshake([pod('a', 'terminating', 1)], [{ ...pod('a', 'running', 2) }]);
    expect(asked).toEqual({ fetch: ['a'], tombstones: ['a'] });
    expect(after.get('a')).toMatchObject({ phase: 'terminating', ready: true });
  });
  it('confirms a tombstone that the downstream does not hold', () => {
    expect(handshake([pod('a', 'terminating', 1)], []).outcome.confirm).toEqual(['a']);
  });
  it('adopts what it does not hold; a tombstone reported upward is a tombstone', () => {
    const { outcome } = handshake([], [pod('a', 'running', 1), pod('b', 'terminating', 2)]);
    expect(outcome.adopt.map(({ uid, phase }) => [uid, phase])).toEqual([
      ['a', 'running'],
      ['b', 'terminating'],
    ]);
  });
  it('counts a tombstone made between Fetch and State', () => {
    const theirs = [pod('a', 'running', 2)];
    const asked = reset(mapOf([pod('a', 'accepted', 1)]), heldOf(theirs));
    expect(asked).toEqual({ fetch: ['a'], tombstones: [] });
    const outcome = applyState(mapOf([pod('a', 'terminating', 1)]), heldOf(theirs), theirs);
    expect(outcome.take[0]?.phase).toBe('terminating');
  });
  it('keeps a record that was offered and went between Offer and State: Terminated follows', () => {
    const outcome = applyState(mapOf([pod('a', 'running', 1)]), heldOf([pod('a', 'running', 2)]), []);
    expect(outcome.keep).toEqual(['a']);
  });
});

describe('merging what the downstream says', () => {
  it('ignores an older version of the same owner', () => {
    const mine = pod('a', 'running', 5);
    expect(merge(mine, pod('a', 'accepted', 4))).toBe(mine);
  });
  it('takes a lower counter of another life', () => {
    expect(merge(pod('a', 'accepted', 5), pod('a', 'running', 1, 8)).phase).toBe('running');
  });
  it('takes the version of a downstream that has the mark too', () => {
    expect(merge(pod('a', 'terminating', 1), pod('a', 'terminating', 3)).version.counter).toBe(3);
  });
});

const phases: readonly Phase[] = ['bound', 'accepted', 'running', 'terminating'];
/** Versions that differ in phase differ: a downstream raises the counter with every change of its own. */
const side = fc
  .uniqueArray(
    fc.record({
      uid: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      step: fc.nat(3),
      life: fc.constantFrom(7, 8),
    }),
    { selector: ({ uid }) => uid },
  )
  .map((rows) => rows.map(({ uid, step, life }) => pod(uid, phases[step] as Phase, step, life)));
/** An upstream may also hold its own tombstones of any version. */
const upstream = fc
  .tuple(side, fc.subarray(['a', 'b', 'c', 'd', 'e']))
  .map(([rows, marked]) =>
    rows.map((row) => (marked.includes(row.uid) ? { ...row, phase: 'terminating' as const } : row)),
  );

/** A downstream is ahead of what its upstream knows, or in another life. */
function notBehind(mine: readonly PodRecord[], theirs: readonly PodRecord[]): boolean {
  return theirs.every((their) => {
    const my = mine.find(({ uid }) => uid === their.uid);
    return (
      my === undefined ||
      my.version.incarnation !== their.version.incarnation ||
      their.version.counter >= my.version.counter
    );
  });
}

/** CacheCoherent after a handshake: the same uids and, of live records, the same content; no tombstone un-marked. */
function coherent(mutants?: ReadonlySet<string>): fc.IProperty<[PodRecord[], PodRecord[]]> {
  return fc.property(upstream, side, (mine, theirs) => {
    fc.pre(notBehind(mine, theirs));
    const { after } = handshake(mine, theirs, mutants);
    expect([...after.keys()].sort()).toEqual(theirs.map(({ uid }) => uid).sort());
    for (const their of theirs) {
      const my = after.get(their.uid);
      const marked = mine.some(({ uid, phase }) => uid === their.uid && phase === 'terminating');
      if (marked) expect(my?.phase).toBe('terminating');
      else expect(my).toEqual(their);
    }
  });
}

describe('laws of the handshake', () => {
  it('CacheCoherent: afterwards both ends hold the same, and no tombstone is un-marked', () => {
    fc.assert(coherent());
  });
  it('mutant unmark-tombstone is caught by CacheCoherent', () => {
    expect(() => fc.assert(coherent(new Set(['unmark-tombstone'])))).toThrow();
  });
  it('is idempotent: a second handshake changes nothing', () => {
    fc.assert(
      fc.property(upstream, side, (mine, theirs) => {
        fc.pre(notBehind(mine, theirs));
        const first = handshake(mine, theirs);
        const second = handshake([...first.after.values()], theirs);
        expect([...second.after]).toEqual([...first.after]);
        expect([
          second.outcome.lost,
          second.outcome.confirm,
          second.outcome.adopt,
          second.outcome.take,
        ]).toEqual([[], [], [], []]);
      }),
    );
  });
  it('recover, then reset, changes nothing', () => {
    fc.assert(
      fc.property(side, (theirs) => {
        const recovered = handshake([], theirs);
        expect(recovered.outcome.adopt).toEqual(theirs);
        const again = handshake([...recovered.after.values()], theirs);
        expect([...again.after]).toEqual([...recovered.after]);
        expect(again.asked.fetch).toEqual([]);
      }),
    );
  });

  /** Each Pod changes on, one time or several; all that is told of it by its owner, in the owner's order. */
  const news = fc.uniqueArray(
    fc.record({ uid: fc.constantFrom('a', 'b', 'c'), changes: fc.integer({ min: 1, max: 3 }) }),
    {
      selector: ({ uid }) => uid,
      minLength: 1,
    },
  );
  const told = (records: readonly PodRecord[], changes: readonly PodRecord[]) =>
    changes.reduce(
      (map, change) => map.set(change.uid, merge(map.get(change.uid) as PodRecord, change)),
      mapOf(records),
    );

  it('the order of invalidations of different Pods does not matter', () => {
    fc.assert(
      fc.property(
        upstream,
        news,
        fc.array(fc.nat(5), { minLength: 9, maxLength: 9 }),
        (mine, changed, picks) => {
          const held = changed.filter(({ uid }) => mine.some((one) => one.uid === uid));
          const rows = held.map(({ uid, changes }) =>
            Array.from({ length: changes }, (_, at) => pod(uid, phases[at] as Phase, 10 + at)),
          );
          const queues = rows.map((row) => [...row]);
          const mixed: PodRecord[] = [];
          for (let at = 0; queues.some((queue) => queue.length > 0); at += 1) {
            const waiting = queues.filter((queue) => queue.length > 0);
            mixed.push(waiting[(picks[at] as number) % waiting.length]?.shift() as PodRecord);
          }
          expect([...told(mine, mixed)].sort()).toEqual([...told(mine, rows.flat())].sort());
        },
      ),
    );
  });

  it('nor that of two of the same Pod by one life of its owner, in what is left at the end', () => {
    fc.assert(
      fc.property(upstream, fc.nat(2), (mine, at) => {
        const [first] = mine;
        fc.pre(first !== undefined);
        const [older, newer] = [
          pod(first!.uid, phases[at] as Phase, 10),
          pod(first!.uid, phases[at + 1] as Phase, 11),
        ];
        const final = (changes: readonly PodRecord[]) => told(mine, changes).get(first!.uid)?.phase;
        expect(final([newer, older])).toBe(final([older, newer]));
      }),
    );
  });

  it('every uid has exactly one outcome', () => {
    fc.assert(
      fc.property(upstream, side, (mine, theirs) => {
        const { outcome } = handshake(mine, theirs);
        const all = [
          ...outcome.keep,
          ...outcome.lost,
          ...outcome.confirm,
          ...outcome.take.map(({ uid }) => uid),
          ...outcome.adopt.map(({ uid }) => uid),
        ];
        expect(new Set(all).size).toBe(all.length);
        expect(new Set(all)).toEqual(new Set([...mine, ...theirs].map(({ uid }) => uid)));
      }),
    );
  });
});
