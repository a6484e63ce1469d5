/** The eligibility table's verdict on the template of a Deployment or ReplicaSet, in words for people. */
import { ineligible } from '../../../spec/eligibility.ts';
import type { PodTemplate } from './objects.ts';

/** Why the template is not eligible; empty if it is. */
export function ineligibleOf(of: { readonly spec?: { readonly template?: PodTemplate } }): readonly string[] {
  return ineligible(of.spec?.template ?? {}).map(({ path, reason }) => `${path}: ${reason}`);
}
