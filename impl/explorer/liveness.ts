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

/** Tarjan's algorithm without recursion, over the obligatory edges. */
function components<Label>(graph: Graph<Label>, optional: (label: Label) => boolean): number[][] {
  const size = graph.edges.length;
  const index = new Int32Array(size).fill(-1);
  const low = new Int32Array(size);
  const onStack = new Uint8Array(size);
  const stack: number[] = [];
  const found: number[][] = [];
  const targets = graph.edges.map((out) => out.filter(({ label }) => !optional(label)).map(({ to }) => to));
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
      const to = targets[node]?.[top.at];
      if (to !== undefined) {
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
  for (const component of components(graph, fairness.optional)) {
    const outside = component.find((state) => !goal(state));
    if (outside === undefined) continue;
    if (isFair(graph, new Set(component), fairness)) return { state: outside, component };
  }
  return null;
}

function isFair<Label>(graph: Graph<Label>, inside: ReadonlySet<number>, fairness: Fairness<Label>): boolean {
  const taken = new Set<string>();
  let alwaysPossible: Set<string> | null = null;
  let hasInnerEdge = false;
  for (const state of inside) {
    const possible = new Set<string>();
    for (const { to, label } of graph.edges[state] ?? []) {
      if (fairness.optional(label)) continue;
      const action = fairness.action(label);
      possible.add(action);
      if (!inside.has(to)) continue;
      taken.add(action);
      hasInnerEdge = true;
    }
    alwaysPossible = new Set([...(alwaysPossible ?? possible)].filter((action) => possible.has(action)));
  }
  for (const action of alwaysPossible ?? []) if (!taken.has(action)) return false;
  // A single state without a step: it rests there, which is fair if nothing was possible.
  return hasInnerEdge || (alwaysPossible?.size ?? 0) === 0;
}
