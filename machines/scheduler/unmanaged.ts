/** Pods that are not ours and take room all the same: unmanaged ones, and managed ones that lost their owner (`spec/protocol.md` 5, 7). */
import type { PodFact } from '../../spec/facts.ts';
import { type Context, stir } from './context.ts';
import { minus, NOTHING, plus } from './resources.ts';

function takesRoom(pod: PodFact): boolean {
  const ours = pod.managed && pod.replicaSet !== null;
  return !ours && pod.node !== null && pod.phase !== 'Succeeded' && pod.phase !== 'Failed';
}

/** A Pod as it is now. */
export function observePod(context: Context, pod: PodFact): Context {
  const before = context.unmanaged.get(pod.metadataUid);
  if (context.mutants.has('strangers-take-no-room')) return context;
  if (!takesRoom(pod) || pod.node === null) return before === undefined ? context : forgetPod(context, pod);
  return takeRoom(context, pod, pod.node);
}

/** A Pod takes room on a node. */
export function takeRoom(context: Context, pod: PodFact, node: string): Context {
  const before = context.unmanaged.get(pod.metadataUid);
  const { requests } = pod;
  if (before !== undefined) {
    const { cpu, memory, pods } = before.requests;
    if (before.node === node && cpu === requests.cpu && memory === requests.memory && pods === requests.pods)
      return context;
  }
  const cleared = before === undefined ? context : forgetPod(context, pod);
  return {
    ...cleared,
    unmanaged: cleared.unmanaged.set(pod.metadataUid, { node, requests }),
    moved: cleared.moved.add(node),
    unmanagedRoom: cleared.unmanagedRoom.set(
      node,
      plus(cleared.unmanagedRoom.get(node) ?? NOTHING, requests),
    ),
  };
}

/** A Pod is gone, or takes no room any more. */
export function forgetPod(context: Context, { metadataUid }: Pick<PodFact, 'metadataUid'>): Context {
  const before = context.unmanaged.get(metadataUid);
  if (before === undefined) return context;
  const left = minus(context.unmanagedRoom.get(before.node) ?? NOTHING, before.requests);
  const none = left.cpu === 0 && left.memory === 0 && left.pods === 0;
  const next = {
    ...context,
    unmanaged: context.unmanaged.delete(metadataUid),
    moved: context.moved.add(before.node),
    unmanagedRoom: none
      ? context.unmanagedRoom.delete(before.node)
      : context.unmanagedRoom.set(before.node, left),
  };
  return stir(next, before.node);
}
