import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  emptyMap,
  entriesFrom,
  entriesWith,
  firstOf,
  getIn,
  type OrderedMap,
  removeIn,
  setIn,
  sizeOf,
} from '../../machines/environment/orderedMap.ts';

const key = fc.stringMatching(/^[abc/]{1,4}$/);
const step = fc.oneof(
  fc.record({ set: fc.constant(true), key, value: fc.nat(9) }),
  fc.record({ set: fc.constant(false), key, value: fc.constant(0) }),
);

function build(
  steps: readonly { set: boolean; key: string; value: number }[],
): [OrderedMap<number>, Map<string, number>] {
  let map = emptyMap<number>();
  const model = new Map<string, number>();
  for (const { set, key: at, value } of steps) {
    map = set ? setIn(map, at, value) : removeIn(map, at);
    if (set) model.set(at, value);
    else model.delete(at);
  }
  return [map, model];
}

const sorted = (model: Map<string, number>) => [...model].sort(([a], [b]) => (a < b ? -1 : 1));

describe('the ordered persistent map', () => {
  it('holds what a Map holds, in key order', () => {
    fc.assert(
      fc.property(fc.array(step), key, (steps, from) => {
        const [map, model] = build(steps);
        expect([...entriesFrom(map)]).toEqual(sorted(model));
        expect([...entriesFrom(map, from)]).toEqual(sorted(model).filter(([at]) => at >= from));
        expect([...entriesWith(map, from)]).toEqual(sorted(model).filter(([at]) => at.startsWith(from)));
        expect(sizeOf(map)).toBe(model.size);
        expect(getIn(map, from)).toBe(model.get(from));
        expect(firstOf(map)).toEqual(sorted(model)[0]);
      }),
    );
  });

  it('has one shape for one content, whatever the history', () => {
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const [map, model] = build(steps);
        const [again] = build([...model].reverse().map(([at, value]) => ({ set: true, key: at, value })));
        expect(map).toEqual(again);
      }),
    );
  });

  it('leaves older versions as they were', () => {
    const before = setIn(setIn(emptyMap<number>(), 'a', 1), 'b', 2);
    const copy = structuredClone([...entriesFrom(before)]);
    removeIn(setIn(before, 'c', 3), 'a');
    expect([...entriesFrom(before)]).toEqual(copy);
  });

  it('stays shallow with keys that count up, as revisions do', () => {
    let map = emptyMap<number>();
    for (let i = 0; i < 20_000; i++) map = setIn(map, String(i).padStart(16, '0'), i);
    const depth = (at: typeof map.root): number =>
      at === undefined ? 0 : 1 + Math.max(depth(at.left), depth(at.right));
    expect(depth(map.root)).toBeLessThan(60);
  });
});
