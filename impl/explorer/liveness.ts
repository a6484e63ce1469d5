/**
 * Liveness on the graph of states. A strongly connected component by fair steps that holds a state outside of the
 * goal, and that fair scheduling does not force to leave, is a counterexample (a lasso).
 *
 * Fairness is weak, per action: an action that stays possible is taken. So a component is fair if each action is,
 * somewhere in it, taken inside or not possible. Faults and people owe nothing: their edges never leave.
 */
import type { Graph } from './search.ts';

/** How edges are told apart. */
export interface Fairness<Label> {
  /** Edges of faults and of people: they need not happen. */
  readonly optional: (label: Label) => boolean;
  /** The action that an edge belongs to. */
  readonly action: (label: Label) => string;
}

/** A fair component that stays outside of the goal. */
export interface Lasso {
  /** A state of it outside of the goal. */
  readonly state: number;
  readonly component: readonly number[];
}

/** The steps that must happen, each with the action that it belongs to. */
export interface Obligations {
  readonly size: number;
  degreeOf(state: number): number;
  targetOf(state: number, at: number): number;
  actionOf(state: number, at: number): string | number;
}

function obligationsOf<Label>(graph: Graph<Label>, fairness: Fairness<Label>): Obligations {
  const owed = graph.edges.map((out) => out.filter(({ label }) => !fairness.optional(label)));
  const edge = (state: number, at: number) =>
    (owed[state] as (typeof owed)[number])[at] as (typeof owed)[number][number];
  return {
    size: owed.length,
    degreeOf: (state) => owed[state]?.length ?? 0,
    targetOf: (state, at) => edge(state, at).to,
    actionOf: (state, at) => fairness.action(edge(state, at).label),
  };
}

/** Tarjan's algorithm without recursion. */
function components(graph: Obligations): number[][] {
  const { size } = graph;
  const index = new Int32Array(size).fill(-1);
  const low = new Int32Array(size);
  const onStack = new Uint8Array(size);
  const stack: number[] = [];
  const found: number[][] = [];
  let counter = 0;
  for (let root = 0; root < size; root += 1) {
    if (index[root] !== -1) continue;
    const work: { node: number; at: number }[] = [{ node: root, at: 0 }];
    while (work.length > 0) {
      const top = work[work.length - 1] as { node: number; at: number };
      const { node } = top;
      if (top.at === 0 && index[node] === -1) {
        index[node] = counter;
        low[node] = counter;
        counter += 1;
        stack.push(node);
        onStack[node] = 1;
      }
      if (top.at < graph.degreeOf(node)) {
        const to = graph.targetOf(node, top.at);
        top.at += 1;
        if (index[to] === -1) work.push({ node: to, at: 0 });
        else if (onStack[to] === 1) low[node] = Math.min(low[node] as number, index[to] as number);
        continue;
      }
      work.pop();
      const parent = work[work.length - 1]?.node;
      if (parent !== undefined) low[parent] = Math.min(low[parent] as number, low[node] as number);
      if (low[node] !== index[node]) continue;
      const component: number[] = [];
      let member: number;
      do {
        member = stack.pop() as number;
        onStack[member] = 0;
        component.push(member);
      } while (member !== node);
      found.push(component);
    }
  }
  return found;
}

/**
 * A counterexample to "always, in the end, for good: the goal", or null.
 *
 * @param goal - by state number: whether the goal holds there
 */
export function findLasso<Label>(
  graph: Graph<Label>,
  goal: (state: number) => boolean,
  fairness: Fairness<Label>,
): Lasso | null {
  return findLassoIn(obligationsOf(graph, fairness), goal);
}

/** The same, where only what must happen is known. */
export function findLassoIn(graph: Obligations, goal: (state: number) => boolean): Lasso | null {
  for (const component of components(graph)) {
    const outside = component.find((state) => !goal(state));
    if (outside === undefined) continue;
    if (isFair(graph, new Set(component))) return { state: outside, component };
  }
  return null;
}

function isFair(graph: Obligations, inside: ReadonlySet<number>): boolean {
  const taken = new Set<string | number>();
  let alwaysPossible: Set<string | number> | null = null;
  let hasInnerEdge = false;
  for (const state of inside) {
    const possible = new Set<string | number>();
    for (let at = 0; at < graph.degreeOf(state); at += 1) {
      const action = graph.actionOf(state, at);
      possible.add(action);
      if (!inside.has(graph.targetOf(state, at))) continue;
      taken.add(action);
      hasInnerEdge = true;
    }
    alwaysPossible = new Set([...(alwaysPossible ?? possible)].filter((action) => possible.has(action)));
  }
  for (const action of alwaysPossible ?? []) if (!taken.has(action)) return false;
  // A single state without a step: it rests there, which is fair if nothing was possible.
  return hasInnerEdge || (alwaysPossible?.size ?? 0) === 0;
}

/** One way round: from the state of a lasso, within its component, back to it. Empty: it rests there. */
export function roundOf<Label>(
  graph: Graph<Label>,
  { state, component }: Lasso,
  { optional }: Pick<Fairness<Label>, 'optional'>,
): readonly Label[] {
  const inside = new Set(component);
  const came = new Map<number, { readonly from: number; readonly label: Label }>();
  for (let ring = [state]; ring.length > 0 && !came.has(state); ) {
    const next: number[] = [];
    for (const from of ring)
      for (const { to, label } of graph.edges[from] ?? []) {
        if (!inside.has(to) || came.has(to) || optional(label)) continue;
        came.set(to, { from, label });
        next.push(to);
      }
    ring = next;
  }
  const round: Label[] = [];
  for (let at: number | null = state; at !== null; ) {
    const step = came.get(at);
    if (step === undefined) return [];
    round.unshift(step.label);
    at = step.from === state ? null : step.from;
  }
  return round;
}
