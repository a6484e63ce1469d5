/** How many Pods a load asks for (terms of Knative's KPA; `spec/autoscaling.ts`). */
import type { ConcurrencyPolicy } from '../../../spec/autoscaling.ts';

/** So that an average that is a hair above a whole number of Pods does not ask for one more. */
const EPSILON = 1e-6;

/** Pods for a load, before any bound. */
export function podsFor(policy: ConcurrencyPolicy, load: number): number {
  return Math.max(0, Math.ceil(load / policy.target - EPSILON));
}

/** No more and no fewer at once than the rates allow. */
export function rateLimited(policy: ConcurrencyPolicy, pods: number, ready: number): number {
  const some = Math.max(ready, 1);
  const least = Math.floor(some / policy.maxScaleDownRate);
  return Math.min(Math.max(pods, least), Math.ceil(some * policy.maxScaleUpRate));
}

/** Within `min-scale` and `max-scale`; if there is any Pod, `activation-scale` of them. */
export function bounded(policy: ConcurrencyPolicy, pods: number): number {
  const active = pods > 0 ? Math.max(pods, policy.activationScale) : 0;
  const most = policy.maxScale === 0 ? Infinity : policy.maxScale;
  return Math.min(Math.max(active, policy.minScale), most);
}
