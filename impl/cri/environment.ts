/** The variables of a container: values, and fields of its Pod. */
import type { ContainerSpec, KeptPod } from './podSpec.ts';

/** Where a Pod runs. */
export interface Place {
  readonly node: string;
  readonly hostAddress: string;
  /** Of its sandbox. */
  readonly podAddress: string;
}

const KEYED = /^metadata\.(labels|annotations)\['([^']+)'\]$/;

/** A field of the Pod; empty if it is not set. */
export function fieldOf(pod: KeptPod, place: Place, path: string): string {
  const keyed = KEYED.exec(path);
  if (keyed !== null) return pod[keyed[1] as 'labels' | 'annotations'][keyed[2] as string] ?? '';
  const known: Readonly<Record<string, string | undefined>> = {
    'metadata.name': pod.name,
    'metadata.namespace': pod.namespace,
    'spec.nodeName': place.node,
    'spec.serviceAccountName': pod.spec.serviceAccountName ?? 'default',
    'status.hostIP': place.hostAddress,
    'status.podIP': place.podAddress,
  };
  return known[path] ?? '';
}

/** The variables, in their order: a later one may name an earlier one. */
export function environmentOf(pod: KeptPod, container: ContainerSpec, place: Place): Map<string, string> {
  const variables = new Map<string, string>();
  for (const { name, value = '', valueFrom } of container.env ?? []) {
    const path = valueFrom?.fieldRef?.fieldPath;
    variables.set(name, path === undefined ? expanded(value, variables) : fieldOf(pod, place, path));
  }
  return variables;
}

/** `$(NAME)` by the variable's value, if there is one; `$$` is a dollar. */
export function expanded(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replaceAll(/\$\$|\$\(([^)]*)\)/g, (whole, name: string | undefined) =>
    name === undefined ? '$' : (variables.get(name) ?? whole),
  );
}
