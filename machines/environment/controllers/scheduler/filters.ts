/** On which Nodes a Pod may run: what of scheduling the simulated scheduler honours, and no more. */
import type { LabelRequirement, Node, NodeSelector, Pod, Taint, Toleration } from '../../apiserver/kube.ts';
import { meets } from '../../apiserver/selectors.ts';
import { type Amounts, allocatable, lacking, podRequests } from '../resources.ts';

function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect !== undefined && toleration.effect !== '' && toleration.effect !== taint.effect)
    return false;
  if (toleration.key === undefined || toleration.key === '') return toleration.operator === 'Exists';
  if (toleration.key !== taint.key) return false;
  return toleration.operator === 'Exists' || (toleration.value ?? '') === (taint.value ?? '');
}

function untolerated(pod: Pod, node: Node): Taint | undefined {
  return (node.spec.taints ?? []).find(
    (taint) =>
      taint.effect !== 'PreferNoSchedule' &&
      !(pod.spec.tolerations ?? []).some((one) => tolerates(one, taint)),
  );
}

function matchesTerms(selector: NodeSelector, node: Node): boolean {
  const labels = node.metadata.labels ?? {};
  const fields = { 'metadata.name': node.metadata.name };
  const all = (requirements: readonly LabelRequirement[] | undefined, of: Record<string, string>) =>
    (requirements ?? []).every((requirement) => meets(requirement, of));
  return selector.nodeSelectorTerms.some((term) => {
    const empty = (term.matchExpressions ?? []).length + (term.matchFields ?? []).length === 0;
    return !empty && all(term.matchExpressions, labels) && all(term.matchFields, fields);
  });
}

function matchesAffinity(pod: Pod, node: Node): boolean {
  const labels = node.metadata.labels ?? {};
  for (const [key, value] of Object.entries(pod.spec.nodeSelector ?? {}))
    if (labels[key] !== value) return false;
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || matchesTerms(required, node);
}

/** Why a Pod may not run on a Node, in the scheduler's words; undefined if it may. */
export function refusal(pod: Pod, node: Node, used: Amounts): string | undefined {
  if (node.spec.unschedulable === true) return 'node(s) were unschedulable';
  const taint = untolerated(pod, node);
  if (taint !== undefined) return `node(s) had untolerated taint(s)`;
  if (!matchesAffinity(pod, node)) return "node(s) didn't match Pod's node affinity/selector";
  const lack = lacking(allocatable(node), used, podRequests(pod));
  if (lack === undefined) return undefined;
  return lack.name === 'pods' ? 'Too many pods' : `Insufficient ${lack.name}`;
}
