/**
 * The stock scheduler, simply: filters the Nodes, takes the least used one, binds. A Pod that fits nowhere is marked
 * Unschedulable and tried again when something changed. No preemption, no inter-Pod affinity, no spreading.
 */
import type { Node, Pod } from '../../apiserver/kube.ts';
import { conditionOf } from '../../apiserver/kube.ts';
import { nodes as nodeResource, pods as podResource } from '../../apiserver/registry.ts';
import { objectAt, objectsOf } from '../../apiserver/store.ts';
import type { ApiState } from '../../apiserver/types.ts';
import { timestamp } from '../../mint.ts';
import type { SyncOutcome } from '../replicaSet/sync.ts';
import { type Amounts, allocatable, plus, podRequests, podsOn } from '../resources.ts';
import { call, record, type Session, succeeded, target } from '../session.ts';
import { refusal } from './filters.ts';

/** What Pods on each Node ask for, summed once a step and kept up to date by the bindings of the step. @internal */
export class NodeUsage {
  readonly #api: ApiState;
  readonly #used = new Map<string, Amounts>();

  constructor(api: ApiState) {
    this.#api = api;
  }

  /** What is taken on a Node. */
  of(node: string): Amounts {
    let used = this.#used.get(node);
    if (used === undefined) {
      used = podsOn(this.#api, node).map(podRequests).reduce(plus, {});
      this.#used.set(node, used);
    }
    return used;
  }

  /** Notes a binding. */
  add(node: string, requests: Amounts): void {
    this.#used.set(node, plus(this.of(node), requests));
  }
}

/** `LeastAllocated`: the mean share of cpu and memory that is left. */
function score(node: Node, used: Amounts): number {
  const have = allocatable(node);
  const left = (name: string) =>
    have[name] === undefined || have[name] === 0 ? 0 : 1 - (used[name] ?? 0) / have[name];
  return (left('cpu') + left('memory') + left('pods')) / 3;
}

/** True if this scheduler is to place the Pod. */
export function isWaiting(pod: Pod): boolean {
  return (
    (pod.spec.nodeName ?? '') === '' &&
    pod.metadata.deletionTimestamp === undefined &&
    (pod.spec.schedulerName ?? 'default-scheduler') === 'default-scheduler' &&
    (pod.spec.schedulingGates ?? []).length === 0 &&
    pod.status?.phase === 'Pending'
  );
}

function reasonsText(total: number, reasons: ReadonlyMap<string, number>): string {
  const parts = [...reasons].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${total} nodes are available${parts.length === 0 ? '' : `: ${parts.join(', ')}`}.`;
}

function say(
  session: Session,
  about: Pod,
  type: 'Normal' | 'Warning',
  reason: string,
  message: string,
): void {
  record(session, {
    about,
    kind: 'Pod',
    apiVersion: 'v1',
    type,
    reason,
    message,
    component: 'default-scheduler',
  });
}

function markUnschedulable(session: Session, pod: Pod, message: string): void {
  const known = conditionOf(pod.status, 'PodScheduled');
  if (known?.reason === 'Unschedulable' && known.message === message) return;
  const condition = {
    type: 'PodScheduled',
    status: 'False',
    reason: 'Unschedulable',
    message,
    lastProbeTime: null,
    lastTransitionTime: known?.lastTransitionTime ?? timestamp(session.now),
  };
  const body = { status: { conditions: [condition] } };
  call(session, {
    verb: 'patch',
    ...target(podResource, pod),
    subresource: 'status',
    body,
    patchType: 'strategic',
  });
  say(session, pod, 'Warning', 'FailedScheduling', message);
}

function place(session: Session, pod: Pod, usage: NodeUsage): { node: string } | { message: string } {
  let best: { node: string; score: number } | undefined;
  const reasons = new Map<string, number>();
  let total = 0;
  for (const node of objectsOf(session.api, nodeResource.storage) as Iterable<Node>) {
    total += 1;
    const used = usage.of(node.metadata.name);
    const reason = refusal(pod, node, used);
    if (reason !== undefined) {
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      continue;
    }
    const own = score(node, used);
    if (best === undefined || own > best.score) best = { node: node.metadata.name, score: own };
  }
  return best === undefined ? { message: reasonsText(total, reasons) } : { node: best.node };
}

/** Places one Pod. `usage` is shared by the Pods of a step. */
export function schedulePod(
  session: Session,
  key: string,
  usage: NodeUsage,
): SyncOutcome & { waiting: boolean } {
  const pod = objectAt(session.api, key) as Pod | undefined;
  if (pod === undefined || !isWaiting(pod)) return { failed: false, waiting: false };
  const placed = place(session, pod, usage);
  if ('message' in placed) {
    markUnschedulable(session, pod, placed.message);
    return { failed: false, waiting: true };
  }
  const { name, namespace, uid } = pod.metadata;
  const body = { metadata: { name, namespace, uid }, target: { kind: 'Node', name: placed.node } };
  const response = call(session, {
    verb: 'create',
    ...target(podResource, pod),
    subresource: 'binding',
    body,
  });
  if (!succeeded(response)) return { failed: true, waiting: false };
  usage.add(placed.node, podRequests(pod));
  say(session, pod, 'Normal', 'Scheduled', `Successfully assigned ${namespace}/${name} to ${placed.node}`);
  return { failed: false, waiting: false };
}
