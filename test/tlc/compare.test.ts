/** Comparison of graphs: what differs is told by the shortest way to it. */
import { describe, expect, it } from 'vitest';
import { compareGraphs, type StateGraph } from '../../impl/tlc/compare.ts';

/** `a go b`: an edge; the first state named is the initial one. */
function graph(...lines: readonly string[]): StateGraph {
  const keys: string[] = [];
  const edges: { action: string; to: number }[][] = [];
  const numberOf = (key: string) => {
    const known = keys.indexOf(key);
    if (known >= 0) return known;
    edges.push([]);
    return keys.push(key) - 1;
  };
  for (const line of lines) {
    const [from, action, to] = line.split(' ') as [string, string, string];
    const source = numberOf(from);
    edges[source]?.push({ action, to: numberOf(to) });
  }
  return { initial: [0], keys, edges };
}
const RING = ['a go b', 'b go c', 'c back a'];

describe('comparison', () => {
  it('takes graphs for equal whatever the numbers of their states, and however often an edge is told', () => {
    const other = { ...graph('b go c', 'c back a', 'a go b', 'a go b'), initial: [2] };
    expect(compareGraphs([graph(...RING), other])).toEqual({
      states: [3, 3],
      edges: [3, 3],
      difference: null,
    });
  });

  it('tells the shortest way to a state that only one has', () => {
    const longer = graph(...RING, 'b go d', 'd go e');
    const expected = { what: 'state', actions: ['go', 'go'] };
    expect(compareGraphs([graph(...RING), longer]).difference).toMatchObject({ side: 1, ...expected });
    expect(compareGraphs([longer, graph(...RING)]).difference).toMatchObject({ side: 0, ...expected });
  });

  it('tells an edge that only one has, though the states are the same', () => {
    const more = graph(...RING, 'b back a');
    expect(compareGraphs([graph(...RING), more]).difference).toMatchObject({
      side: 1,
      what: 'edge',
      actions: ['go', 'back'],
    });
  });

  it('an edge of another name is another edge', () => {
    const renamed = graph('a go b', 'b jump c', 'c back a');
    expect(compareGraphs([graph(...RING), renamed]).difference).toMatchObject({ what: 'edge' });
  });

  it('two states of one key are twins: the encoding hides a difference', () => {
    const blurred = graph('a go b', 'b go c', 'c go d');
    const keys = ['a', 'b', 'b', 'd'];
    expect(
      compareGraphs([{ ...blurred, keys }, graph('a go b', 'b go b', 'b go d')]).difference,
    ).toMatchObject({
      side: 0,
      what: 'twin',
      actions: ['go', 'go'],
    });
  });
});
