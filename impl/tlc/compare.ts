/**
 * Whether two graphs are the same: the same states, and the same edges (source, action, target) between them. A
 * difference is told by the shortest way to it.
 */

/** A graph of states, each known by a key. */
export interface StateGraph {
  readonly initial: readonly number[];
  readonly keys: readonly string[];
  readonly edges: readonly (readonly { readonly action: string; readonly to: number }[])[];
}

/** Where two graphs part. */
export interface Difference {
  /** Which of the two has what the other has not: the first or the second. */
  readonly side: 0 | 1;
  readonly what: 'state' | 'edge' | 'twin';
  /** State numbers in the graph of that side, from an initial one; for an edge, its target is the last. */
  readonly states: readonly number[];
  /** Actions between them. */
  readonly actions: readonly string[];
}

/** What the comparison saw. */
export interface Comparison {
  readonly states: readonly [number, number];
  /** Different (source, action, target). */
  readonly edges: readonly [number, number];
  readonly difference: Difference | null;
}

interface Way {
  readonly states: readonly number[];
  readonly actions: readonly string[];
}

/** Breadth first, the shortest way to each state: from where, and by what. */
class Ways {
  readonly depths: number[] = [];
  readonly order: number[] = [];
  readonly #from: number[] = [];
  readonly #by: string[] = [];

  constructor(graph: StateGraph) {
    for (const state of graph.initial) this.#reach(state, -1, '', 0);
    for (let at = 0; at < this.order.length; at += 1) {
      const state = this.order[at] as number;
      for (const { action, to } of graph.edges[state] ?? [])
        if (this.depths[to] === undefined) this.#reach(to, state, action, (this.depths[state] as number) + 1);
    }
  }

  #reach(state: number, from: number, by: string, depth: number): void {
    this.depths[state] = depth;
    this.#from[state] = from;
    this.#by[state] = by;
    this.order.push(state);
  }

  to(state: number): Way {
    const states: number[] = [];
    const actions: string[] = [];
    for (let at = state; at >= 0; at = this.#from[at] as number) {
      states.push(at);
      if ((this.#from[at] as number) >= 0) actions.push(this.#by[at] as string);
    }
    return { states: states.reverse(), actions: actions.reverse() };
  }
}

/** States of a graph by key; of twins the last. */
const numbersOf = ({ keys }: StateGraph) => new Map(keys.map((key, number) => [key, number]));

/** Different edges of a graph, each once. */
function countEdges({ edges, keys }: StateGraph): number {
  const distinct = (out: StateGraph['edges'][number]) =>
    new Set(out.map(({ action, to }) => `${action} ${keys[to]}`)).size;
  return edges.reduce((sum, out) => sum + distinct(out), 0);
}

/** The first state, breadth first, that the other has not; or that this one has twice. */
function oddState(
  graph: StateGraph,
  ways: Ways,
  others: ReadonlySet<string>,
): [number, 'state' | 'twin'] | null {
  const seen = new Set<string>();
  for (const state of ways.order) {
    const key = graph.keys[state] as string;
    if (!others.has(key)) return [state, 'state'];
    if (seen.has(key)) return [state, 'twin'];
    seen.add(key);
  }
  return null;
}

/** The first edge, breadth first, that the other has not; both have the same states. */
function oddEdge(graph: StateGraph, ways: Ways, other: StateGraph): [number, string, number] | null {
  const numbers = numbersOf(other);
  const numberIn = (state: number) => numbers.get(graph.keys[state] as string) as number;
  for (const from of ways.order) {
    const out = other.edges[numberIn(from)] ?? [];
    const there = new Set(out.map(({ action, to }) => `${action} ${to}`));
    for (const { action, to } of graph.edges[from] ?? [])
      if (!there.has(`${action} ${numberIn(to)}`)) return [from, action, to];
  }
  return null;
}

const shortest = (found: readonly Difference[]) =>
  [...found].sort((a, b) => a.states.length - b.states.length)[0] ?? null;

/** Compares states first, then edges. */
export function compareGraphs(graphs: readonly [StateGraph, StateGraph]): Comparison {
  const ways = graphs.map((graph) => new Ways(graph)) as [Ways, Ways];
  const keys = graphs.map((graph) => new Set(graph.keys)) as [Set<string>, Set<string>];
  const counts = {
    states: [graphs[0].keys.length, graphs[1].keys.length],
    edges: [countEdges(graphs[0]), countEdges(graphs[1])],
  } as const;
  const states = ([0, 1] as const).flatMap((side): Difference[] => {
    const odd = oddState(graphs[side], ways[side], keys[1 - side] as Set<string>);
    return odd === null ? [] : [{ side, what: odd[1], ...ways[side].to(odd[0]) }];
  });
  if (states.length > 0) return { ...counts, difference: shortest(states) };
  const odd = ([0, 1] as const).flatMap((side): Difference[] => {
    const edge = oddEdge(graphs[side], ways[side], graphs[1 - side] as StateGraph);
    if (edge === null) return [];
    const way = ways[side].to(edge[0]);
    return [{ side, what: 'edge', states: [...way.states, edge[2]], actions: [...way.actions, edge[1]] }];
  });
  return { ...counts, difference: shortest(odd) };
}
