/** Pods that have lost their label: nobody's of ours any more, and their kubelet runs them on. */
import { adoptedUid } from '../../machines/ownership/adoption.ts';
import type { PodFact } from '../../spec/facts.ts';
import type { Simulation } from './simulation.ts';

/** Whether a Pod was ours, by its stamp, or by what some K has accepted, and has lost its label. */
export const isUnlabelled = ({ judge }: Simulation, { managed, node, uid, metadataUid }: PodFact): boolean =>
  !managed && node !== null && (uid !== null || judge.accepted.has(adoptedUid(metadataUid, null)));
