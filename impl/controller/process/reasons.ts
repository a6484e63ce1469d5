/** Out of what several stages hold: for each Pod that is asked for, the stage that it waits at. Pure. */
import type { HeldPod } from './pods.ts';

/** One Pod by its uid or the name of its object, or those of some ReplicaSets. @public */
export type Asked = { readonly pod: string } | { readonly replicaSets: ReadonlySet<string> };

const DOWNWARDS = ['replicaset', 'scheduler', 'kubelet'];
const depthOf = ({ stage }: HeldPod) => DOWNWARDS.indexOf(stage.split('/')[0] as string);

/**
 * One line a Pod: the stage furthest down that holds it; what that waits for, or else what one above it waits for. Those that wait come first.
 */
export function reasonsOf(held: readonly HeldPod[], asked: Asked): readonly HeldPod[] {
  const isAsked = ({ uid, replicaSet }: HeldPod) =>
    'pod' in asked ? asked.pod === uid || asked.pod.endsWith(`-${uid}`) : asked.replicaSets.has(replicaSet);
  const reasons = [...Map.groupBy(held.filter(isAsked), ({ uid }) => uid).values()].map((all) => {
    const [lowest, ...above] = all.toSorted((a, b) => depthOf(b) - depthOf(a)) as [HeldPod, ...HeldPod[]];
    return lowest.waitsFor !== '' ? lowest : (above.find(({ waitsFor }) => waitsFor !== '') ?? lowest);
  });
  return reasons.toSorted((a, b) => Number(a.waitsFor === '') - Number(b.waitsFor === ''));
}
