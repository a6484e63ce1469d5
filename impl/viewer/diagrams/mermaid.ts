/** A machine's states and transitions as a Mermaid diagram, read off the machine itself. */
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { labelOf } from './graph.ts';

const INDENT = '  ';

/** Mermaid's name of a node: unique, without dots. */
const idOf = (node: AnyStateNode) => node.path.join('_') || node.key;

/** Lines of the transitions that leave their state: those from one state to another share an arrow. */
function arrowsOf(node: AnyStateNode): readonly string[] {
  const labels = new Map<string, string[]>();
  const all = [...node.transitions.values()].flat().concat(node.always ?? []);
  for (const transition of all)
    for (const target of transition.target ?? []) {
      const list = labels.get(idOf(target)) ?? [];
      labels.set(idOf(target), [...list, labelOf(transition)]);
    }
  return [...labels].map(
    ([target, list]) => `${idOf(node)} --> ${target} : ${[...new Set(list)].join('<br/>')}`,
  );
}

function* linesOf(node: AnyStateNode): Generator<string> {
  const children = Object.values(node.states) as AnyStateNode[];
  if (node.type === 'final') yield `${idOf(node)} --> [*]`;
  yield* arrowsOf(node);
  if (children.length === 0) return;
  const isRoot = node.parent === undefined;
  if (!isRoot) yield `state ${idOf(node)} {`;
  const indent = isRoot ? '' : INDENT;
  if (node.type === 'parallel') {
    for (const [at, region] of children.entries()) {
      if (at > 0 && !isRoot) yield `${indent}--`;
      for (const line of linesOf(region)) yield `${indent}${line}`;
    }
  } else {
    const [first] = node.initial?.target ?? [];
    if (first !== undefined) yield `${indent}[*] --> ${idOf(first)}`;
    for (const child of children) for (const line of linesOf(child)) yield `${indent}${line}`;
  }
  if (!isRoot) yield '}';
}

/** The diagram. Events that change no state are left out. */
export function mermaidOf(machine: AnyStateMachine): string {
  return ['stateDiagram-v2', ...[...linesOf(machine.root)].map((line) => `${INDENT}${line}`)].join('\n');
}

/** States with what is said of them. */
export function statesOf(
  machine: AnyStateMachine,
): readonly { readonly state: string; readonly says: string }[] {
  const all = (node: AnyStateNode): readonly AnyStateNode[] => [
    node,
    ...(Object.values(node.states) as AnyStateNode[]).flatMap(all),
  ];
  return all(machine.root)
    .slice(1)
    .map((node) => ({ state: node.path.join('.'), says: node.description ?? '' }));
}
