/**
 * What the API Server shows of an installation: the owner switch, the leaders of the stages, the agents, the managed Deployments; and what of it needs
 * somebody's attention. Read only; it asks no stage, so that it tells of dead ones too.
 */
import { LED_STAGES, type Owner } from '../../spec/vocabulary.ts';
import { isManaged } from '../controller/host/facts.ts';
import type { DeploymentObject } from '../controller/host/objects.ts';
import type { KubernetesClient } from '../controller/kubernetes/client.ts';
import { pathOf } from '../controller/kubernetes/paths.ts';
import type { KubernetesObject, Lease } from '../controller/kubernetes/types.ts';
import {
  ACKNOWLEDGED_OWNER_ANNOTATION,
  AGENT_ADDRESS_ANNOTATION,
  AGENT_INCARNATION_ANNOTATION,
  acknowledgedOwner,
  INCARNATION_ANNOTATION,
  parseFence,
  parseIncarnation,
  STAGE_ADDRESS_ANNOTATION,
  WAITS_FOR_ANNOTATION,
  WRITTEN_ANNOTATION,
} from '../controller/names.ts';
import { isCancelled } from './acknowledgements.ts';
import { type LedStage, readLeases } from './leases.ts';
import { readOwner } from './owner.ts';

/** The leader of a stage, by its Lease. @public */
export interface StageStatus {
  readonly stage: LedStage;
  /** Who holds the Lease; null if nobody does. */
  readonly holder: string | null;
  readonly incarnation: number | null;
  /** Where it listens, `host:port`. */
  readonly address: string | null;
  /** Since the last renewal, seconds; null if there was none. */
  readonly renewedSecondsAgo: number | null;
  /** What it waits for before it can do its part, as its `/readyz` tells, a few seconds ago at most; empty of one that nobody leads. */
  readonly waitsFor: readonly string[];
}

/** The agent of a Node, by its annotations. @public */
export interface AgentStatus {
  readonly node: string;
  readonly incarnation: number;
  readonly address: string | null;
  /** The Scheduler stage has cancelled the Node, and the agent has not drained since. */
  readonly cancelled: boolean;
  /** The owner that it has acknowledged last. */
  readonly acknowledged: Owner | null;
}

/** A managed Deployment. @public */
export interface DeploymentStatus {
  readonly name: string;
  readonly namespace: string;
  /** `spec.replicas`. */
  readonly replicas: number;
  readonly ready: number;
  /** What the Deployment stage wrote last; null if it has written nothing yet. */
  readonly written: number | null;
}

/** All of it. @public */
export interface InstallationStatus {
  /** null if there is no owner switch: nothing is installed. */
  readonly owner: Owner | null;
  /** The one namespace whose Deployments are managed; null: all. */
  readonly scope: string | null;
  readonly stages: readonly StageStatus[];
  readonly agents: readonly AgentStatus[];
  readonly deployments: readonly DeploymentStatus[];
  /** What is out of order, a sentence each, with what to do; empty if all is well. */
  readonly attention: readonly string[];
}

interface Shown extends DeploymentObject {
  readonly status?: { readonly readyReplicas?: number };
}

/** What the status is made of, as consistent reads show it. @internal */
export interface StatusInputs {
  readonly namespace: string;
  readonly owner: Owner | null;
  readonly scope: string | null;
  readonly leases: ReadonlyMap<LedStage, Lease>;
  readonly nodes: readonly KubernetesObject[];
  readonly deployments: readonly Shown[];
  readonly nowMs: number;
}

/** What is written there, or null if it can not be read: a status must not fail over an annotation that somebody edited. */
function legible<T>(read: () => T | null): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

function stageStatus(stage: StageStatus['stage'], lease: Lease | undefined, nowMs: number): StageStatus {
  const annotations = lease?.metadata.annotations ?? {};
  const renewed = Date.parse(lease?.spec?.renewTime ?? '');
  const holder = lease?.spec?.holderIdentity || null;
  const waitsFor = legible(() => JSON.parse(annotations[WAITS_FOR_ANNOTATION] ?? '[]') as unknown);
  return {
    stage,
    holder,
    waitsFor: holder !== null && Array.isArray(waitsFor) ? waitsFor.map(String) : [],
    incarnation: legible(() => parseIncarnation(annotations[INCARNATION_ANNOTATION])),
    address: annotations[STAGE_ADDRESS_ANNOTATION] ?? null,
    renewedSecondsAgo: Number.isNaN(renewed) ? null : Math.max(0, Math.round((nowMs - renewed) / 1000)),
  };
}

function agentStatus(node: KubernetesObject): readonly AgentStatus[] {
  const annotations = node.metadata.annotations ?? {};
  const incarnation = legible(() => parseIncarnation(annotations[AGENT_INCARNATION_ANNOTATION]));
  if (incarnation === null) return [];
  return [
    {
      node: node.metadata.name,
      incarnation,
      address: annotations[AGENT_ADDRESS_ANNOTATION] ?? null,
      cancelled: isCancelled(node, (text) => legible(() => parseFence(text))),
      acknowledged: acknowledgedOwner(annotations[ACKNOWLEDGED_OWNER_ANNOTATION]) ?? null,
    },
  ];
}

function deploymentStatus({ metadata, spec, status }: Shown): DeploymentStatus {
  const written = legible(() => JSON.parse(metadata.annotations?.[WRITTEN_ANNOTATION] ?? 'null')?.value);
  return {
    name: metadata.name,
    namespace: metadata.namespace ?? '',
    replicas: spec?.replicas ?? 1,
    ready: status?.readyReplicas ?? 0,
    written: typeof written === 'number' ? written : null,
  };
}

function attentionTo(
  { owner, stages, agents }: Omit<InstallationStatus, 'attention'>,
  { leases, namespace }: Pick<StatusInputs, 'leases' | 'namespace'>,
) {
  if (owner === null)
    return [
      'nothing is installed here: there is no owner switch. kubedirect install makes one (after Helm or kustomize: kubedirect install --existing)',
    ];
  const start = (stage: string) =>
    `Start it: kubedirect run --stages ${stage}; in the cluster: kubectl -n ${namespace} get deployment kubedirect-${stage}`;
  const late = ({ stage, holder, renewedSecondsAgo: ago, waitsFor }: StageStatus): readonly string[] => {
    const lease = leases.get(stage);
    if (lease === undefined) return [`${stage}: has never run. ${start(stage)}`];
    if (holder === null) return [`${stage}: nobody holds its Lease. ${start(stage)}`];
    const duration = lease.spec?.leaseDurationSeconds ?? 15;
    if (ago !== null && ago <= duration) return waitsFor.map((what) => `${stage}: waits: ${what}`);
    return [
      `${stage}: ${holder} has not renewed its Lease for ${ago ?? '?'} s: it is gone, or can not reach the API Server`,
    ];
  };
  return [
    ...(owner === 'stock'
      ? ['the stock controllers own the managed Pods. kubedirect release --take-back returns them']
      : []),
    ...stages.flatMap(late),
    ...(agents.length === 0
      ? [
          `no Node has an agent: no managed Pod can run. Start one: kubedirect agent; in the cluster: kubectl -n ${namespace} get daemonset kubedirect-agent`,
        ]
      : []),
    ...agents
      .filter(({ cancelled }) => cancelled)
      .map(
        ({ node }) =>
          `${node}: cancelled, and not drained since: its agent is not reached. Its Pods were replaced elsewhere`,
      ),
  ];
}

/** The status out of what was read. @internal */
export function statusOf({
  namespace,
  owner,
  scope,
  leases,
  nodes,
  deployments,
  nowMs,
}: StatusInputs): InstallationStatus {
  const status = {
    owner,
    scope,
    stages: LED_STAGES.map((stage) => stageStatus(stage, leases.get(stage), nowMs)),
    agents: nodes.flatMap(agentStatus),
    deployments: deployments.filter(isManaged).map(deploymentStatus),
  };
  return { ...status, attention: attentionTo(status, { leases, namespace }) };
}

/**
 * Reads it.
 * @throws KubedirectError `CLUSTER_UNSUPPORTED` if the switch says neither `direct` nor `stock`
 * @throws KubernetesError if the API Server can not be asked
 * @public
 */
export async function readStatus(client: KubernetesClient, namespace: string): Promise<InstallationStatus> {
  const [owner, leases, nodes, deployments] = await Promise.all([
    readOwner(client, namespace),
    readLeases(client, namespace),
    client.list(pathOf({ resource: 'nodes' })),
    client.list<Shown>(pathOf({ resource: 'deployments', namespace: client.scope })),
  ]);
  return statusOf({
    namespace,
    owner: owner?.owner ?? null,
    scope: client.scope ?? null,
    leases,
    nodes: nodes.items,
    deployments: deployments.items,
    nowMs: Date.now(),
  });
}
