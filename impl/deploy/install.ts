/**
 * Installing: everything is applied with the switch at `stock`, which changes nothing for anybody; the fence is probed; only then the
 * switch goes to `direct`, and the fence is probed again, against the stock controller itself. Any failure leaves it at `stock`.
 *
 * Installing again over a running system keeps the switch as it is, and probes for that owner. Where there has been a switch, which the
 * namespace says, and it was lost, it is made again as `stock`, and stays so: `release --take-back` is the way from there, since stages
 * must acknowledge first. (That stages have run says nothing: those of Helm and kustomize run before there is a switch.)
 */
import { mayRescope, scopeWritten, writtenScope } from '../../machines/ownership/scope.ts';
import { KubedirectError } from '../../spec/errors.ts';
import type { Owner } from '../../spec/vocabulary.ts';
import { pause } from '../controller/kubernetes/backoff.ts';
import {
  createKubernetesClient,
  type KubernetesClient,
  type KubernetesClientOptions,
} from '../controller/kubernetes/client.ts';
import { pathOf } from '../controller/kubernetes/paths.ts';
import type { KubernetesObject } from '../controller/kubernetes/types.ts';
import { AGENT_TAINT, MANAGED_LABEL, SWITCH_MADE_ANNOTATION } from '../controller/names.ts';
import { unacknowledged } from './acknowledgements.ts';
import { apply } from './apply.ts';
import { allManifests, isSwitch } from './manifests.ts';
import { findOffenders } from './offenders.ts';
import { type OwnerSwitch, readOwner, writeOwner } from './owner.ts';
import { NAMESPACE_NAME, POLICIES } from './policies.ts';
import { createScratch, probeController, probeOwner } from './probe.ts';
import { retractGrants } from './retract.ts';

const NEVER = new AbortController().signal;

/** How to install. @public */
export interface InstallOptions {
  readonly connection: KubernetesClientOptions;
  readonly namespace: string;
  /** The owner at the end of a first installation; default `direct`. */
  readonly owner?: Owner;
  /** With the account that simulates nodes. */
  readonly simulator?: boolean;
  /** The objects are there already, by Helm or kustomize: apply none, but the switch. */
  readonly existing?: boolean;
  /** Longest wait for each probe, ms; default 30,000. */
  readonly timeoutMs?: number;
  readonly onProgress?: (line: string) => void;
}

/** What was installed. @public */
export interface Installed {
  readonly namespace: string;
  readonly owner: Owner;
  readonly objects: number;
  /** Kubernetes version of the server. */
  readonly version: string;
  /** ms from the write of `direct` until the API server told the sides apart by it; null if the switch was not changed. */
  readonly propagationMs: number | null;
}

async function checkServer(client: KubernetesClient): Promise<string> {
  const { gitVersion } = await client.request<{ gitVersion: string }>({ method: 'GET', path: '/version' });
  const group = await client
    .request<{ resources?: readonly { name: string }[] }>({
      method: 'GET',
      path: '/apis/admissionregistration.k8s.io/v1',
    })
    .catch(() => undefined);
  if (!group?.resources?.some((resource) => resource.name === 'validatingadmissionpolicies')) {
    throw new KubedirectError(
      'CLUSTER_UNSUPPORTED',
      `The cluster has no ValidatingAdmissionPolicy in admissionregistration.k8s.io/v1: expected Kubernetes 1.30 or newer, got ${gitVersion}.`,
    );
  }
  return gitVersion;
}

async function refuseOffenders(client: KubernetesClient): Promise<void> {
  const offenders = await findOffenders(client);
  if (offenders.length === 0) return;
  const lines = offenders.map(
    (one) => `  ${one.kind} ${one.namespace}/${one.name}: ${one.reasons.join('; ')}`,
  );
  throw new KubedirectError(
    'INSTALL_REFUSED',
    `${offenders.length} labelled ${offenders.length === 1 ? 'object is' : 'objects are'} not eligible, and would be left without an owner: expected none, got:\n${lines.join('\n')}\nRemove the label from their templates, or what they ask for.`,
  );
}

/** The switch before this installation. */
type Before = Pick<OwnerSwitch, 'owner' | 'scope'> & Partial<Pick<OwnerSwitch, 'resourceVersion'>>;

/** What a switch that is gone counts as, if there has been one. */
async function lostSwitch(client: KubernetesClient, namespace: string): Promise<Before | undefined> {
  const path = pathOf({ resource: 'namespaces', name: namespace });
  const { annotations } = (await client.get<KubernetesObject>(path))?.metadata ?? {};
  return annotations?.[SWITCH_MADE_ANNOTATION] === undefined
    ? undefined
    : { owner: 'stock', scope: undefined };
}

/** The scope that policies which are applied already speak of; null if there are none. */
async function appliedScope(
  client: KubernetesClient,
): Promise<{ readonly scope: string | undefined } | null> {
  type Policy = KubernetesObject & {
    readonly spec?: {
      readonly matchConstraints?: {
        readonly namespaceSelector?: { readonly matchLabels?: Readonly<Record<string, string>> };
      };
    };
  };
  const path = `/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/${POLICIES.owner}`;
  const found = await client.get<Policy>(path);
  if (found === undefined) return null;
  return { scope: found.spec?.matchConstraints?.namespaceSelector?.matchLabels?.[NAMESPACE_NAME] };
}

/** With `--existing` that of the objects that are there counts: a flag may only say the same. */
async function existingScope(client: KubernetesClient): Promise<string | undefined> {
  const applied = await appliedScope(client);
  if (applied === null)
    throw new KubedirectError(
      'INSTALL_REFUSED',
      `--existing: expected the objects of the Helm chart or of the kustomize base in the cluster, got no policy ${POLICIES.owner}. Apply them first, or leave --existing out.`,
    );
  if (client.scope === undefined || client.scope === applied.scope) return applied.scope;
  throw new KubedirectError(
    'INSTALL_REFUSED',
    `--existing: the objects that are applied are for ${inWords(applied.scope)}: expected the same of --watch-namespace, got ${inWords(client.scope)}. Apply them with the other (Helm: --set watchNamespace=…), or leave the flag out.`,
  );
}

const inWords = (one: string | undefined) => (one === undefined ? 'all namespaces' : `namespace ${one}`);

/** Managed Pods that an agent runs itself, and no stage would see in another scope. */
async function ranOutside(client: KubernetesClient, scope: string): Promise<readonly string[]> {
  type Node = KubernetesObject & {
    readonly spec?: { readonly taints?: readonly { readonly key: string }[] };
  };
  type Pod = KubernetesObject & { readonly spec?: { readonly nodeName?: string } };
  const [nodes, pods] = await Promise.all([
    client.list<Node>(pathOf({ resource: 'nodes' })),
    client.list<Pod>(pathOf({ resource: 'pods' }), { labelSelector: `${MANAGED_LABEL}=true` }),
  ]);
  const isOurs = ({ spec }: Node) => spec?.taints?.some(({ key }) => key === AGENT_TAINT) === true;
  const own = new Set(nodes.items.filter(isOurs).map(({ metadata }) => metadata.name));
  return pods.items
    .filter(({ metadata, spec }) => metadata.namespace !== scope && own.has(spec?.nodeName ?? ''))
    .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
}

/** Another scope than that of an installation whose stages own Pods, or have not let go of them yet. */
async function refuseRescope(
  client: KubernetesClient,
  namespace: string,
  before: Before | undefined,
  timeoutMs: number,
): Promise<void> {
  const { scope } = client;
  if (mayRescope(before, scope, false)) return;
  const refused = (why: string) =>
    new KubedirectError(
      'INSTALL_REFUSED',
      `${inWords(scopeWritten(before?.scope))} is managed here, ${why}: expected the same --watch-namespace, got ${inWords(scope)}. To change it: kubedirect release, while the stages run; install with the new one; start the stages with it; kubedirect release --take-back.`,
    );
  if (before?.owner !== 'stock') throw refused('under direct');
  const outside = scope === undefined ? [] : await ranOutside(client, scope);
  if (outside.length > 0)
    throw refused(
      `and ${outside.length} Pods outside of the new one are run by our agents themselves, which would end them (${outside.slice(0, 3).join(', ')})`,
    );
  // Stages that were just released are about to.
  for (const end = performance.now() + timeoutMs; ; await pause(200, NEVER)) {
    const missing = await unacknowledged(client, namespace, before.resourceVersion ?? '');
    if (mayRescope(before, scope, missing.length === 0)) return;
    if (performance.now() > end)
      throw refused(`and ${missing.slice(0, 5).join(', ')} have not acknowledged that stock owns the Pods`);
  }
}

/** Says on the namespace that there has been a switch. */
function noteSwitch(client: KubernetesClient, namespace: string): Promise<unknown> {
  const path = pathOf({ resource: 'namespaces', name: namespace });
  const body = { metadata: { annotations: { [SWITCH_MADE_ANNOTATION]: 'true' } } };
  return client.request({ method: 'PATCH', path, patchType: 'merge', body });
}

/**
 * Install, and prove that the owner switch bites.
 * @throws KubedirectError `API_SERVER_UNREACHABLE`, `CLUSTER_UNSUPPORTED`, `INSTALL_REFUSED`, `POLICY_INEFFECTIVE`
 * @public
 */
export async function install(options: InstallOptions): Promise<Installed> {
  const {
    connection,
    namespace,
    owner = 'direct',
    timeoutMs = 30_000,
    onProgress = () => undefined,
  } = options;
  let client = createKubernetesClient(connection);
  try {
    const version = await checkServer(client);
    if (options.existing === true) {
      const scope = await existingScope(client);
      await client.close();
      client = createKubernetesClient({ ...connection, scope });
    }
    await refuseOffenders(client);
    const found = (await readOwner(client, namespace)) ?? (await lostSwitch(client, namespace));
    // What an older version has not written its policies say.
    const applied = found === undefined || found.scope !== undefined ? null : await appliedScope(client);
    const before = found && { ...found, ...(applied !== null && { scope: writtenScope(applied.scope) }) };
    await refuseRescope(client, namespace, before, timeoutMs);
    const simulator = options.simulator ?? false;
    const all = allManifests({
      ...{ namespace, simulator, scope: client.scope },
      owner: before?.owner ?? 'stock',
    });
    const manifests = options.existing === true ? all.filter(isSwitch) : all;
    for (const manifest of manifests) await apply(client, manifest);
    await noteSwitch(client, namespace);
    const retracted = await retractGrants(client, all);
    if (retracted > 0) onProgress(`took back ${retracted} roles and bindings of an earlier installation`);
    onProgress(`applied ${manifests.length} objects to ${client.server} (${version})`);
    const propagationMs = await prove({ ...options, timeoutMs, onProgress }, client, before?.owner, owner);
    return { namespace, owner: before?.owner ?? owner, objects: manifests.length, version, propagationMs };
  } finally {
    await client.close();
  }
}

async function prove(
  options: InstallOptions & { readonly timeoutMs: number; readonly onProgress: (line: string) => void },
  client: KubernetesClient,
  before: Owner | undefined,
  wanted: Owner,
): Promise<number | null> {
  const { namespace, timeoutMs, onProgress } = options;
  const scratch = await createScratch(client);
  let turned = false;
  let propagationMs: number | null = null;
  try {
    await probeOwner(options, scratch, before ?? 'stock');
    onProgress(`the switch at ${before ?? 'stock'} admits one side only`);
    if (before === undefined && wanted === 'direct') {
      turned = true;
      await writeOwner(client, namespace, 'direct');
      propagationMs = await probeOwner(options, scratch, 'direct');
      onProgress(`the switch at direct admits one side only, after ${Math.round(propagationMs)} ms`);
    }
    if ((before ?? wanted) === 'direct') {
      await probeController(client, scratch, timeoutMs);
      onProgress('the stock ReplicaSet controller was denied');
    }
    return propagationMs;
  } catch (error) {
    if (turned) await writeOwner(client, namespace, 'stock');
    throw error;
  } finally {
    await scratch.remove().catch(() => undefined);
  }
}
