/** Which Pods a scale-in ends first (`ActivePodsWithRanks`, `pkg/controller/controller_utils.go`). */
import { conditionOf, isPodReady, type Pod } from '../../apiserver/kube.ts';

const PHASE_RANK: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

function readySince(pod: Pod): number {
  const ready = conditionOf(pod.status, 'Ready');
  return ready?.status === 'True' ? Date.parse(ready.lastTransitionTime ?? '') || 0 : 0;
}

function restarts(pod: Pod): number {
  return (pod.status?.containerStatuses ?? []).reduce((most, one) => Math.max(most, one.restartCount), 0);
}

function deletionCost(pod: Pod): number {
  const cost = Number(pod.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0);
  return Number.isInteger(cost) ? cost : 0;
}

/** Ages are compared by their order of magnitude, so that a scale-in spreads over generations. */
function logarithm(time: number, now: number): number {
  return time === 0 ? 0 : Math.floor(Math.log2(Math.max(1, now - time)));
}

/**
 * The Pods in the order in which they go: unassigned, pending, not ready, cheap by `pod-deletion-cost`, doubled up on a
 * node, young, often restarted.
 * @param onNode - how many Pods of the same owner are active on a node
 */
export function byDeletionOrder(pods: readonly Pod[], onNode: (node: string) => number, now: number): Pod[] {
  const rank = (pod: Pod) => onNode(pod.spec.nodeName ?? '');
  const compare = (a: Pod, b: Pod): number => {
    const steps = [
      Number(a.spec.nodeName !== undefined) - Number(b.spec.nodeName !== undefined),
      (PHASE_RANK[a.status?.phase ?? ''] ?? 0) - (PHASE_RANK[b.status?.phase ?? ''] ?? 0),
      Number(isPodReady(a)) - Number(isPodReady(b)),
      deletionCost(a) - deletionCost(b),
      rank(b) - rank(a),
      isPodReady(a) && isPodReady(b) ? logarithm(readySince(a), now) - logarithm(readySince(b), now) : 0,
      restarts(b) - restarts(a),
      logarithm(Date.parse(a.metadata.creationTimestamp), now) -
        logarithm(Date.parse(b.metadata.creationTimestamp), now),
    ];
    const first = steps.find((step) => step !== 0);
    return first ?? (a.metadata.uid < b.metadata.uid ? -1 : 1);
  };
  return [...pods].sort(compare);
}
