/** The eligibility table's verdict on a ReplicaSet's template, in words for people. */
import { ineligible } from '../../../spec/eligibility.ts';
import type { ReplicaSetObject } from './objects.ts';

/** Why the template is not eligible; empty if it is. */
export function ineligibleOf(replicaSet: ReplicaSetObject): readonly string[] {
  return ineligible(replicaSet.spec?.template ?? {}).map(({ path, reason }) => `${path}: ${reason}`);
}
