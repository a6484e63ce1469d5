/**
 * Handing the managed Pods to the stock controllers, and taking them back (protocol 9).
 *
 * Release: D is asked to write its wants back (an annotation on the switch; D acknowledges that version of it on its Lease; a D that
 * does not answer in time is not waited for: this is the emergency exit); the switch goes to `stock`; and each managed ReplicaSet is
 * touched until its Pods match its `spec.replicas`, since the stock controller may sit in a long backoff. The stages watch the switch
 * and do their part by themselves.
 *
 * Take back: only after R and every K that is not cancelled have acknowledged `stock` at this version of the switch.
 */
import { randomBytes } from 'node:crypto';
import { KubedirectError } from '../../spec/errors.ts';
import { isManaged } from '../controller/host/facts.ts';
import type { DeploymentObject } from '../controller/host/objects.ts';
import { pause } from '../controller/kubernetes/backoff.ts';
import type { KubernetesClient } from '../controller/kubernetes/client.ts';
import { isKubernetesError } from '../controller/kubernetes/errors.ts';
import { deploymentReference, writeEvent } from '../controller/kubernetes/events.ts';
import { pathOf } from '../controller/kubernetes/paths.ts';
import type { KubernetesObject, Lease } from '../controller/kubernetes/types.ts';
import {
  ACKNOWLEDGED_OWNER_ANNOTATION,
  FLUSH_ANNOTATION,
  formatAcknowledgement,
  leaseName,
  MANAGED_LABEL,
  TOUCHED_ANNOTATION,
} from '../controller/names.ts';
import { unacknowledged } from './acknowledgements.ts';
import { FIELD_MANAGER } from './apply.ts';
import { type OwnerSwitch, patchSwitch, readOwner, writeOwner } from './owner.ts';

const RELEASED = {
  reason: 'Released',
  text: 'its Pods are owned by the stock controllers now (kubedirect release): they go on running',
};
const TAKEN_BACK = {
  reason: 'TakenBack',
  text: 'its Pods are taken back from the stock controllers (kubedirect release --take-back)',
};

/** An Event on each managed Deployment: a help, which no release waits for long, nor fails over. */
async function tellDeployments(
  client: KubernetesClient,
  told: { readonly reason: string; readonly text: string },
): Promise<void> {
  try {
    const { items } = await client.list<DeploymentObject>(
      pathOf({ resource: 'deployments', namespace: client.scope }),
    );
    const by = 'kubedirect';
    await Promise.allSettled(
      items.filter(isManaged).map((each) => writeEvent(client, deploymentReference(each), { ...told, by })),
    );
  } catch {
    // The API Server has other things to do.
  }
}

const NEVER = new AbortController().signal;

/** How to release or take back. @public */
export interface ReleaseOptions {
  readonly client: KubernetesClient;
  readonly namespace: string;
  /** Longest wait for the end, ms; default 120,000. */
  readonly timeoutMs?: number;
  /** Longest wait for D to write its wants back, ms; default 1,000: ten times what it coalesces writes for. */
  readonly flushTimeoutMs?: number;
  readonly onProgress?: (line: string) => void;
}

/** What a release came to. @public */
export interface Released {
  /** Whether D has said that all wants are written; false if no D answered in time. */
  readonly flushed: boolean;
  readonly switchVersion: string;
  /** ms from the switch until every managed ReplicaSet's Pods matched. */
  readonly settledMs: number;
  readonly replicaSets: number;
  /** Rounds of touches. */
  readonly touches: number;
}

interface ReplicaSet extends KubernetesObject {
  readonly spec?: { readonly replicas?: number };
}
interface Pod extends KubernetesObject {
  readonly status?: { readonly phase?: string };
}

const LEASE_OF_D = { resource: 'leases', name: leaseName('deployment') } as const;

/** Ask D to write all wants back; false if it does not answer in time. */
async function flushWants(options: ReleaseOptions): Promise<boolean> {
  const { client, namespace, flushTimeoutMs = 1_000 } = options;
  const path = pathOf({ ...LEASE_OF_D, namespace });
  const lease = await client.get<Lease>(path);
  if (!lease?.spec?.holderIdentity) return false;
  const annotations = { [FLUSH_ANNOTATION]: randomBytes(8).toString('hex') };
  const asked = await patchSwitch(client, namespace, { metadata: { annotations } });
  const answer = formatAcknowledgement('direct', asked.metadata.resourceVersion);
  const end = performance.now() + flushTimeoutMs;
  while (performance.now() < end) {
    const now = await client.get<Lease>(path);
    if (now?.metadata.annotations?.[ACKNOWLEDGED_OWNER_ANNOTATION] === answer) return true;
    await pause(20, NEVER);
  }
  return false;
}

/** Managed ReplicaSets whose Pods do not match, and how many there are in all. */
async function unsettled(
  client: KubernetesClient,
): Promise<{ readonly all: number; readonly off: ReplicaSet[] }> {
  const query = { labelSelector: `${MANAGED_LABEL}=true` };
  const [sets, pods] = await Promise.all([
    client.list<ReplicaSet>(pathOf({ resource: 'replicasets', namespace: client.scope }), query),
    client.list<Pod>(pathOf({ resource: 'pods', namespace: client.scope }), query),
  ]);
  const active = new Map<string, number>();
  for (const pod of pods.items) {
    const owner = pod.metadata.ownerReferences?.find((one) => one.controller)?.uid;
    const phase = pod.status?.phase;
    if (owner === undefined || pod.metadata.deletionTimestamp !== undefined) continue;
    if (phase !== 'Failed' && phase !== 'Succeeded') active.set(owner, (active.get(owner) ?? 0) + 1);
  }
  const off = sets.items.filter(
    (set) =>
      set.metadata.deletionTimestamp === undefined &&
      (active.get(set.metadata.uid) ?? 0) !== (set.spec?.replicas ?? 1),
  );
  return { all: sets.items.length, off };
}

/** Touch what does not match, again and again, until all does. */
async function settle(
  options: ReleaseOptions,
): Promise<Pick<Released, 'settledMs' | 'replicaSets' | 'touches'>> {
  const { client, timeoutMs = 120_000, onProgress = () => undefined } = options;
  const start = performance.now();
  let touchAt = start;
  for (let round = 0, touches = 0; ; round += 1) {
    const asked = performance.now();
    const { all, off } = await unsettled(client);
    const readMs = performance.now() - asked;
    const elapsed = performance.now() - start;
    if (off.length === 0) return { settledMs: elapsed, replicaSets: all, touches };
    if (elapsed > timeoutMs) {
      const names = off.slice(0, 10).map((set) => `${set.metadata.namespace}/${set.metadata.name}`);
      throw new KubedirectError(
        'RELEASE_INCOMPLETE',
        `${off.length} of ${all} managed ReplicaSets do not have the Pods that they ask for after ${timeoutMs} ms: ${names.join(', ')}. The switch is at stock: the stock controllers go on; run the command again to wait on.`,
      );
    }
    if (round % 10 === 0) onProgress(`${all - off.length} of ${all} managed ReplicaSets match`);
    // The lists may be large: they take half of the time at most. Touches become rarer: each makes the stock controller look again.
    await pause(Math.max(100, readMs), NEVER);
    if (performance.now() < touchAt) continue;
    touchAt = performance.now() + Math.min(200 * 2 ** Math.min(touches, 4), 2_000);
    const annotations = { [TOUCHED_ANNOTATION]: String(Date.now()) };
    for (const { metadata } of off) {
      const patch = { metadata: { uid: metadata.uid, annotations } };
      await client
        .patchReplicaSet(metadata.namespace ?? '', metadata.name, patch, FIELD_MANAGER)
        .catch((error: unknown) => {
          if (!isKubernetesError(error, 'NotFound', 'Conflict')) throw error;
        });
    }
    touches += 1;
  }
}

/**
 * Give all managed Pods to stock, and wait until it has them in hand. May be run again at any time; a switch that is gone or damaged is
 * written anew.
 * @throws KubedirectError `RELEASE_INCOMPLETE`, `API_SERVER_UNREACHABLE`
 * @public
 */
export async function release(options: ReleaseOptions): Promise<Released> {
  const { client, namespace, onProgress = () => undefined } = options;
  const before = await readOwner(client, namespace).catch((error: unknown) => {
    if (error instanceof KubedirectError && error.code === 'CLUSTER_UNSUPPORTED') return undefined;
    throw error;
  });
  const flushed = before?.owner === 'direct' && (await flushWants(options));
  if (before?.owner === 'direct')
    onProgress(flushed ? 'all wants are written back' : 'no answer from the Deployment stage');
  const after = before?.owner === 'stock' ? before : await writeOwner(client, namespace, 'stock');
  onProgress(`the switch is at stock (version ${after.resourceVersion})`);
  const told = before?.owner === 'stock' ? undefined : tellDeployments(client, RELEASED);
  const settled = await settle(options);
  await told;
  return { flushed, switchVersion: after.resourceVersion, ...settled };
}

/**
 * Take the managed Pods back: waits for the acknowledgements, then sets the switch to `direct`, if nobody wrote to it meanwhile.
 * @throws KubedirectError `TAKE_BACK_UNACKNOWLEDGED`, `API_SERVER_UNREACHABLE`
 * @public
 */
export async function takeBack(options: ReleaseOptions): Promise<OwnerSwitch> {
  const { client, namespace, timeoutMs = 120_000, onProgress = () => undefined } = options;
  const end = performance.now() + timeoutMs;
  let told = '';
  for (;;) {
    const now = (await readOwner(client, namespace)) ?? (await writeOwner(client, namespace, 'stock'));
    if (now.owner === 'direct') return now;
    const missing = await unacknowledged(client, namespace, now.resourceVersion);
    if (missing.length === 0) {
      try {
        const taken = await writeOwner(client, namespace, 'direct', now);
        await tellDeployments(client, TAKEN_BACK);
        return taken;
      } catch (error) {
        if (!isKubernetesError(error, 'Conflict')) throw error;
        continue;
      }
    }
    const names = `${missing.slice(0, 10).join(', ')}${missing.length > 10 ? ', …' : ''}`;
    if (performance.now() > end) {
      throw new KubedirectError(
        'TAKE_BACK_UNACKNOWLEDGED',
        `${missing.length} stages have not acknowledged that stock owns the managed Pods (switch version ${now.resourceVersion}): expected none after ${timeoutMs} ms, got ${names}. Start them: an agent on each Node named (kubectl get pods shows what holds it up), R by kubedirect run. A Node that is gone for good: kubectl delete node. The switch stays at stock; run the command again.`,
      );
    }
    if (names !== told) onProgress(`waiting for ${names}`);
    told = names;
    await pause(200, NEVER);
  }
}
