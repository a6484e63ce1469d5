/**
 * The node lifecycle controller (`pkg/controller/nodelifecycle`): a Node whose Lease is not renewed becomes Unknown and its
 * Pods not ready; taints follow conditions. Taint-based eviction (after 300 s) is not simulated.
 */
import { conditionOf, isPodReady, type Node, type Pod, type Taint } from '../apiserver/kube.ts';
import { leases, nodes, pods } from '../apiserver/registry.ts';
import { boundTo, findObject, objectAt } from '../apiserver/store.ts';
import { at, equal } from '../json.ts';
import { timestamp } from '../mint.ts';
import type { SyncOutcome } from './replicaSet/sync.ts';
import { call, type Session, succeeded, target } from './session.ts';

/** `--node-monitor-grace-period`. @public */
export const NODE_GRACE_MS = 50_000;
const LEASE_NAMESPACE = 'kube-node-lease';

const NOT_READY = 'node.kubernetes.io/not-ready';
const UNREACHABLE = 'node.kubernetes.io/unreachable';
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';
const OWN = new Set([NOT_READY, UNREACHABLE, UNSCHEDULABLE]);

function lastHeard(session: Session, node: Node): number {
  const lease = findObject(session.api, leases, LEASE_NAMESPACE, node.metadata.name);
  const times = [
    at(lease, 'spec', 'renewTime'),
    conditionOf(node.status, 'Ready')?.lastHeartbeatTime,
    node.metadata.creationTimestamp,
  ];
  return Math.max(...times.map((time) => (typeof time === 'string' ? Date.parse(time) || 0 : 0)));
}

function wantedTaints(node: Node): Taint[] {
  const kept = (node.spec.taints ?? []).filter((taint) => !OWN.has(taint.key));
  const ready = conditionOf(node.status, 'Ready')?.status;
  const made: Taint[] = [];
  if (node.spec.unschedulable === true) made.push({ key: UNSCHEDULABLE, effect: 'NoSchedule' });
  if (ready === 'Unknown')
    made.push({ key: UNREACHABLE, effect: 'NoSchedule' }, { key: UNREACHABLE, effect: 'NoExecute' });
  // A Node that never was Ready has no condition: it keeps the taint of its creation.
  if (ready === 'False' || ready === undefined) made.push({ key: NOT_READY, effect: 'NoSchedule' });
  if (ready === 'False') made.push({ key: NOT_READY, effect: 'NoExecute' });
  return [...kept, ...made];
}

const bare = (taints: readonly Taint[]) => taints.map(({ key, value, effect }) => ({ key, value, effect }));

function writeTaints(session: Session, node: Node): boolean {
  const wanted = wantedTaints(node);
  if (equal(bare(wanted), bare(node.spec.taints ?? []))) return true;
  const body = { spec: { taints: wanted.length === 0 ? null : wanted } };
  return succeeded(call(session, { verb: 'patch', ...target(nodes, node), body, patchType: 'merge' }));
}

function markUnknown(session: Session, node: Node): void {
  const time = timestamp(session.now);
  const conditions = (node.status.conditions ?? []).map((condition) => ({
    ...condition,
    status: 'Unknown',
    reason: 'NodeStatusUnknown',
    message: 'Kubelet stopped posting node status.',
    lastTransitionTime: condition.status === 'Unknown' ? condition.lastTransitionTime : time,
  }));
  const body = { status: { conditions } };
  call(session, {
    verb: 'patch',
    ...target(nodes, node),
    subresource: 'status',
    body,
    patchType: 'strategic',
  });
  for (const key of boundTo(session.api, node.metadata.name)) {
    const pod = objectAt(session.api, key) as Pod;
    if (!isPodReady(pod)) continue;
    const notReady = { type: 'Ready', status: 'False', reason: 'NodeNotReady', lastTransitionTime: time };
    const asked = { body: { status: { conditions: [notReady] } }, patchType: 'strategic' } as const;
    call(session, { verb: 'patch', ...target(pods, pod), subresource: 'status', ...asked });
  }
}

/** One look at one Node. */
export function watchNode(session: Session, key: string): SyncOutcome {
  const node = objectAt(session.api, key) as Node | undefined;
  if (node === undefined) return { failed: false };
  const silentFrom = lastHeard(session, node) + NODE_GRACE_MS;
  const ready = conditionOf(node.status, 'Ready')?.status;
  if (silentFrom <= session.now && ready !== undefined && ready !== 'Unknown') markUnknown(session, node);
  const live = (objectAt(session.api, key) as Node | undefined) ?? node;
  if (!writeTaints(session, live)) return { failed: true };
  return silentFrom > session.now ? { failed: false, again: silentFrom } : { failed: false };
}
