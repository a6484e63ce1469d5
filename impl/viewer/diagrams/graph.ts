/** A machine's states and transitions as a graph, read off the machine itself: what diagrams are drawn from. */
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';

/** A state, with those within it. */
export interface StateBox {
  /** Its path from the root, with dots; '': the machine. */
  readonly path: string;
  /** Its own name. */
  readonly name: string;
  readonly isFinal: boolean;
  /** States within it are all active at once. */
  readonly isParallel: boolean;
  /** Path of the one that it begins in; null: there is none, or they are parallel. */
  readonly initial: string | null;
  readonly children: readonly StateBox[];
}

/** All transitions from one state to another. */
export interface StateArrow {
  readonly from: string;
  readonly to: string;
  /** Events, each with its guard if it has one: `connected [isFirst]`. */
  readonly labels: readonly string[];
}

const pathOf = (node: AnyStateNode) => node.path.join('.');
const childrenOf = (node: AnyStateNode) => Object.values(node.states) as AnyStateNode[];

/** The states. */
export function boxOf(node: AnyStateNode): StateBox {
  const [initial] = node.type === 'parallel' ? [] : (node.initial?.target ?? []);
  return {
    path: pathOf(node),
    name: node.key,
    isFinal: node.type === 'final',
    isParallel: node.type === 'parallel',
    initial: initial === undefined ? null : pathOf(initial),
    children: childrenOf(node).map(boxOf),
  };
}

/** Event and guard; an empty event is one that follows by itself. */
export function labelOf({ eventType, guard }: AnyTransitionDefinition): string {
  const asked = typeof guard === 'string' ? guard : (guard as { type?: string } | undefined)?.type;
  return `${eventType || 'always'}${guard === undefined ? '' : ` [${asked ?? 'guard'}]`}`;
}

/** The transitions that change the state. */
export function stateArrowsOf({ root }: AnyStateMachine): readonly StateArrow[] {
  const all = (node: AnyStateNode): readonly AnyStateNode[] => [node, ...childrenOf(node).flatMap(all)];
  return all(root).flatMap((node) => {
    const labels = new Map<string, Set<string>>();
    for (const transition of [...node.transitions.values()].flat().concat(node.always ?? []))
      for (const target of transition.target ?? []) {
        const to = pathOf(target);
        labels.set(to, (labels.get(to) ?? new Set()).add(labelOf(transition)));
      }
    return [...labels].map(([to, list]) => ({ from: pathOf(node), to, labels: [...list] }));
  });
}
