/** What Pods ask for and what Nodes have, in thousandths (cpu: millicores). */
import type { Container, Node, Pod } from '../apiserver/kube.ts';
import { isPodFinished } from '../apiserver/kube.ts';
import { thousandths } from '../apiserver/quantity.ts';
import { boundTo, objectAt } from '../apiserver/store.ts';
import type { ApiState } from '../apiserver/types.ts';

/** Resource name → thousandths; `pods` counts Pods. @public */
export type Amounts = Readonly<Record<string, number>>;

function requestsOf(container: Container): Amounts {
  const amounts: Record<string, number> = {};
  for (const [name, amount] of Object.entries(container.resources?.requests ?? {}))
    amounts[name] = thousandths(amount);
  return amounts;
}

/** The sum of two. */
export function plus(a: Amounts, b: Amounts): Amounts {
  const sum: Record<string, number> = { ...a };
  for (const name in b) sum[name] = (sum[name] ?? 0) + (b[name] ?? 0);
  return sum;
}

const cache = new WeakMap<object, Amounts>();

/** What a Pod asks for: its containers together, or its largest init container where that is more; its overhead; its place. */
export function podRequests(pod: Pod): Amounts {
  const known = cache.get(pod.spec);
  if (known !== undefined) return known;
  let sum: Amounts = { pods: 1000 };
  for (const container of pod.spec.containers) sum = plus(sum, requestsOf(container));
  const most: Record<string, number> = { ...sum };
  for (const container of pod.spec.initContainers ?? []) {
    for (const [name, amount] of Object.entries(requestsOf(container)))
      most[name] = Math.max(most[name] ?? 0, amount);
  }
  const overhead: Record<string, number> = {};
  for (const [name, amount] of Object.entries(pod.spec.overhead ?? {})) overhead[name] = thousandths(amount);
  const made = plus(most, overhead);
  cache.set(pod.spec, made);
  return made;
}

/** What a Node can give. */
export function allocatable(node: Node): Amounts {
  const amounts: Record<string, number> = {};
  for (const [name, amount] of Object.entries(node.status.allocatable ?? node.status.capacity ?? {}))
    amounts[name] = thousandths(amount);
  return amounts;
}

/** The Pods of a Node that take room: all but the finished; terminating ones still do. */
export function podsOn(api: ApiState, node: string): Pod[] {
  const found: Pod[] = [];
  for (const key of boundTo(api, node)) {
    const pod = objectAt(api, key) as Pod | undefined;
    if (pod !== undefined && !isPodFinished(pod)) found.push(pod);
  }
  return found;
}

/** The first resource of which there is not enough, with the numbers; undefined if all fits. */
export function lacking(
  have: Amounts,
  used: Amounts,
  wanted: Amounts,
): { name: string; requested: number; used: number; capacity: number } | undefined {
  for (const [name, requested] of Object.entries(wanted)) {
    if (requested === 0) continue;
    const capacity = have[name] ?? 0;
    const taken = used[name] ?? 0;
    if (taken + requested > capacity) return { name, requested, used: taken, capacity };
  }
  return undefined;
}
