/** Conditions in a status: set, removed, with the times that Kubernetes gives them. */
import type { Condition } from '../apiserver/kube.ts';

/** `lastTransitionTime` moves with the status only; one with the same status and reason stays, whatever its message. */
export function withCondition(conditions: readonly Condition[], next: Condition): Condition[] {
  const before = conditions.find((one) => one.type === next.type);
  if (before?.status === next.status && before.reason === next.reason) return [...conditions];
  const others = conditions.filter((one) => one.type !== next.type);
  if (before?.status !== next.status || before.lastTransitionTime === undefined) return [...others, next];
  return [...others, { ...next, lastTransitionTime: before.lastTransitionTime }];
}

/** Without the condition of that type. */
export function withoutCondition(conditions: readonly Condition[], type: string): Condition[] {
  return conditions.filter((one) => one.type !== type);
}
