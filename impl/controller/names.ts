/** Every label, annotation and object name of ours at the API Server, and those of Kubernetes that we read, once. */
import type { Fence, Owner, StageName } from '../../spec/vocabulary.ts';

/** Taint of a Node whose agent runs the containers itself. */
export const AGENT_TAINT = 'kubedirect.dev/agent';
/** Label on a Pod template, and so on its Pods: `"true"` makes the Deployment managed (protocol 9). @public */
export const MANAGED_LABEL = 'kubedirect.dev/managed';

/** On a stage's Lease: its incarnation, a decimal number (protocol 1). @public */
export const INCARNATION_ANNOTATION = 'kubedirect.dev/incarnation';
/** On a stage's Lease: what its leader waits for before it can do its part, a JSON list of sentences; absent: nothing. For people. @public */
export const WAITS_FOR_ANNOTATION = 'kubedirect.dev/waits-for';
/** On a Node: the incarnation of the agent that registered itself there. Its presence is the registration. @public */
export const AGENT_INCARNATION_ANNOTATION = 'kubedirect.dev/agent-incarnation';
/** On a Node: where the agent listens, `host:port`. @public */
export const AGENT_ADDRESS_ANNOTATION = 'kubedirect.dev/agent-address';
/** On a Node: the cancellation mark, see {@link formatFence} (protocol 6). @public */
export const MARK_ANNOTATION = 'kubedirect.dev/cancelled-by';
/** On a Node: the last drain that the agent completed, see {@link formatFence}. @public */
export const DRAINED_ANNOTATION = 'kubedirect.dev/drained-for';
/** On a Lease or Node: the owner that the stage has acknowledged, see {@link formatAcknowledgement} (protocol 9). @public */
export const ACKNOWLEDGED_OWNER_ANNOTATION = 'kubedirect.dev/acknowledged-owner';
/** On a Deployment (and, by Kubernetes' copying, its ReplicaSets): D's last write, JSON (protocol 8, *written*). @public */
export const WRITTEN_ANNOTATION = 'kubedirect.dev/written';
/** On a Deployment: the incarnation of the D that wrote last; goes with *written*. The fence of leaders reads it. @public */
export const WRITTEN_BY_ANNOTATION = 'kubedirect.dev/written-by';
/** On a Pod: our uid, the stamp (protocol 5). @public */
export const POD_UID_ANNOTATION = 'kubedirect.dev/uid';
/** On a Pod that S published unbound: the uid of the Pod for which it was made (protocol 7, *No room*). */
export const HANDED_OVER_ANNOTATION = 'kubedirect.dev/handed-over';
/** On a Pod: the incarnation of the K that published it. @public */
export const POD_PUBLISHER_ANNOTATION = 'kubedirect.dev/published-by';
/** On a ReplicaSet: touched by `kubedirect release`, so that the stock controller looks again at once. @public */
export const TOUCHED_ANNOTATION = 'kubedirect.dev/touched';
/** On the owner switch: a release is about to come; D writes its wants back, then acknowledges this version (protocol 9). A token. @public */
export const FLUSH_ANNOTATION = 'kubedirect.dev/flush';

/** Kubernetes' own, on a Pod: ranks victims of a scale-in. @public */
export const DELETION_COST_ANNOTATION = 'controller.kubernetes.io/pod-deletion-cost';

/** Where the stages, their Leases and the owner switch live, by default. @public */
export const SYSTEM_NAMESPACE = 'kubedirect-system';
/** Name of the ConfigMap whose `data.owner` is `direct` or `stock`. @public */
export const OWNER_SWITCH = 'kubedirect-owner-switch';
/** On the namespace of the switch: there has been one. If it is gone, it was lost: it is made again as `stock` (`impl/deploy/install.ts`). @public */
export const SWITCH_MADE_ANNOTATION = 'kubedirect.dev/switch-made';
/** Name of the ValidatingAdmissionPolicy (and binding) that reads the switch. @public */
export const OWNER_POLICY = 'kubedirect-owner-switch';

/** Names of the policies that fence leaders: each has the Lease of its stage as parameter. @public */
export const FENCE_POLICIES = [
  'kubedirect-fence-deployment',
  'kubedirect-fence-replicaset',
  'kubedirect-fence-scheduler',
  'kubedirect-fence-scheduler-pods',
] as const;

/** Who signs the certificates of the links, of CertificateSigningRequests. @public */
export const SIGNER_NAME = 'kubedirect.dev/links';
/** ConfigMap with the certificates that the links trust, `ca.pem`; and the Secret with the signer's keys. @public */
export const LINKS_CA = 'kubedirect-links-ca';

/** Name of a stage's Lease. @public */
export function leaseName(stage: Exclude<StageName, 'kubelet'>): string {
  return `kubedirect-${stage}`;
}

/** A decimal incarnation out of an annotation; null if there is none. Throws RangeError on anything else. @public */
export function parseIncarnation(text: string | undefined): number | null {
  if (text === undefined) return null;
  const value = Number(text);
  if (!/^[0-9]{1,16}$/.test(text) || !Number.isSafeInteger(value)) {
    throw new RangeError(`expected a decimal incarnation, got ${JSON.stringify(text)}`);
  }
  return value;
}

/** A mark or drain as an annotation: `incarnation.n`. @public */
export function formatFence(fence: Fence): string {
  return `${fence.incarnation}.${fence.n}`;
}

/** Inverse of {@link formatFence}; null if there is none. Throws RangeError on anything else. @public */
export function parseFence(text: string | undefined): Fence | null {
  if (text === undefined) return null;
  const match = /^([0-9]{1,16})\.([0-9]{1,16})$/.exec(text);
  if (match === null) throw new RangeError(`expected "incarnation.n", got ${JSON.stringify(text)}`);
  return { incarnation: Number(match[1]), n: Number(match[2]) };
}

/** An acknowledged owner with the version of the switch that it was seen in: `stock@1234`. @public */
export function formatAcknowledgement(owner: Owner, switchVersion: string): string {
  return `${owner}@${switchVersion}`;
}

/** The owner of a {@link formatAcknowledgement}; undefined if there is none, or if somebody has written something else there. @public */
export function acknowledgedOwner(text: string | undefined): Owner | undefined {
  return /^(direct|stock)@/.exec(text ?? '')?.[1] as Owner | undefined;
}

/** On a stage's Lease: where its leader listens for its upstream, `host:port`. @public */
export const STAGE_ADDRESS_ANNOTATION = 'kubedirect.dev/address';
/** On the Autoscaler stage's Lease: where its leader serves the direct scale API, `host:port`; absent if it does not. @public */
export const SCALE_ADDRESS_ANNOTATION = 'kubedirect.dev/scale-address';
