/** Which nodes a template admits: what the Scheduler stage honours of scheduling (`cluster.md`, Eligibility). Pure. */
import type { Constraints, NodeExpression, NodeFact, Taint, Toleration } from '../../spec/facts.ts';

/** Taint by which stock Kubernetes stands for `spec.unschedulable`. */
const UNSCHEDULABLE: Taint = { key: 'node.kubernetes.io/unschedulable', value: '', effect: 'NoSchedule' };

function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect !== '' && toleration.effect !== taint.effect) return false;
  if (toleration.operator === 'Exists') return toleration.key === '' || toleration.key === taint.key;
  return toleration.key === taint.key && toleration.value === taint.value;
}

function tolerated({ tolerations }: Constraints, taint: Taint): boolean {
  return tolerations.some((each) => tolerates(each, taint));
}

/** As `Gt` and `Lt` of Kubernetes: whole numbers, or no match. */
function number(text: string | undefined): number {
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
}

function matches(
  { key, operator, values }: NodeExpression,
  labels: Readonly<Record<string, string>>,
): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return number(value) > number(values[0]);
    case 'Lt':
      return number(value) < number(values[0]);
    default:
      return operator satisfies never;
  }
}

/**
 * Whether a node may take Pods of a template at all, room aside. A taint with `PreferNoSchedule` does not limit; no
 * term of required affinity means no limit.
 */
export function admits(constraints: Constraints, node: NodeFact): boolean {
  if (!node.ready) return false;
  if (node.unschedulable && !tolerated(constraints, UNSCHEDULABLE)) return false;
  for (const taint of node.taints)
    if (taint.effect !== 'PreferNoSchedule' && !tolerated(constraints, taint)) return false;
  for (const key in constraints.nodeSelector)
    if (!Object.hasOwn(node.labels, key) || node.labels[key] !== constraints.nodeSelector[key]) return false;
  if (constraints.nodeAffinity.length === 0) return true;
  return constraints.nodeAffinity.some(
    (term) => term.length > 0 && term.every((expression) => matches(expression, node.labels)),
  );
}
