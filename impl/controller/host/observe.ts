/** What each stage hears of the API Server: shared watches projected to events. */
import type { KubedirectError } from '../../../spec/errors.ts';
import type { StageEvent } from '../../../spec/events.ts';
import type { PodFact } from '../../../spec/facts.ts';
import type { StageName } from '../../../spec/vocabulary.ts';
import { type EventRecorder, ownerReference } from '../kubernetes/events.ts';
import { pathOf } from '../kubernetes/paths.ts';
import type { ConfigMap, KubernetesObject } from '../kubernetes/types.ts';
import { MANAGED_LABEL, OWNER_SWITCH } from '../names.ts';
import { ineligibleOf } from './eligible.ts';
import {
  deploymentFact,
  isManaged,
  isShown,
  nodeFact,
  podFact,
  replicaSetFact,
  switchFact,
} from './facts.ts';
import type { DeploymentObject, NodeObject, PodObject, ReplicaSetObject } from './objects.ts';
import { watchWithPriorities } from './priorities.ts';
import { foreignScope } from './scope.ts';
import type { Templates } from './templates.ts';
import type { WatchHub } from './watchHub.ts';

/** Who hears. @public */
export interface Audience {
  readonly stage: StageName;
  readonly node: string | null;
  readonly namespace: string;
  readonly hub: WatchHub;
  readonly events: EventRecorder;
  readonly give: (event: StageEvent) => void;
  readonly log: (text: string, fields: Readonly<Record<string, unknown>>) => void;
  /** The installation manages something else: nothing more may be done. */
  readonly refused: (error: KubedirectError) => void;
  /** K: one shared watch of all Pods serves many nodes of this process. */
  readonly manyNodes: boolean;
  /** S: it publishes unbound what finds no room, and hears of the managed Pods that bear no stamp. */
  readonly handsOver: boolean;
}

type End = () => void;
const ALL: Readonly<Record<string, string>> = {};
const MANAGED = { labelSelector: `${MANAGED_LABEL}=true` };

function watchSwitch({ hub, namespace, give, log, refused }: Audience): End {
  const query = { fieldSelector: `metadata.name=${OWNER_SWITCH}` };
  return hub.subscribe<ConfigMap>(pathOf({ resource: 'configmaps', namespace }), query, {
    observed: (object) => {
      const foreign = foreignScope(hub.scope, object.data?.scope);
      if (foreign !== null) return refused(foreign);
      const fact = switchFact(object);
      if (fact === null)
        log('the owner switch says neither direct nor stock: keeping what it said before', {
          data: object.data,
        });
      else give({ type: 'switchObserved', switch: fact });
    },
    vanished: () => log('the owner switch is deleted: keeping what it said before', {}),
    synced: () => {},
  });
}

function watchDeployments({ hub, give }: Audience): End {
  const shown = new Set<string>();
  const gone = (uid: string) => {
    if (shown.delete(uid)) give({ type: 'deploymentVanished', uid });
  };
  return hub.subscribe<DeploymentObject>(
    pathOf({ resource: 'deployments', namespace: hub.scope }),
    {},
    {
      observed: (object) => {
        if (!isShown(object)) return gone(object.metadata.uid);
        shown.add(object.metadata.uid);
        give({ type: 'deploymentObserved', deployment: deploymentFact(object) });
      },
      vanished: (object) => gone(object.metadata.uid),
      synced: () => give({ type: 'synced', what: 'deployments' }),
    },
  );
}

/** Tells people once of each ReplicaSet that R creates nothing for. A template never changes. */
function tellIneligible({ stage, log, events }: Audience) {
  const told = new Set<string>();
  return {
    observed: (object: ReplicaSetObject, why: readonly string[]) => {
      const { uid, namespace, name } = object.metadata;
      if (stage !== 'replicaset' || why.length === 0 || told.has(uid) || !isManaged(object)) return;
      told.add(uid);
      const text = 'a managed ReplicaSet is not eligible: nothing is created for it';
      log(text, { code: 'DEPLOYMENT_NOT_ELIGIBLE', replicaSet: `${namespace}/${name}`, why });
      events.tell(ownerReference(object), {
        ...{ reason: 'NotEligible', by: 'kubedirect-replicaset' },
        text: `no Pod is created for ReplicaSet ${name}: ${why.join('; ')}`,
      });
    },
    vanished: (uid: string) => void told.delete(uid),
  };
}

function watchReplicaSets(audience: Audience): End {
  const { hub, give, stage } = audience;
  const path = pathOf({ resource: 'replicasets', namespace: hub.scope });
  const people = tellIneligible(audience);
  const subscriber = {
    observed: (object: ReplicaSetObject, priority = 0) => {
      const why = ineligibleOf(object);
      people.observed(object, why);
      give({ type: 'replicaSetObserved', replicaSet: replicaSetFact(object, why, priority) });
    },
    vanished: ({ metadata: { uid } }: ReplicaSetObject) => {
      people.vanished(uid);
      give({ type: 'replicaSetVanished', uid });
    },
    synced: () => give({ type: 'synced', what: 'replicaSets' }),
  };
  // D holds counts, never Pods: priorities do not concern it.
  if (stage === 'deployment')
    return hub.subscribe<ReplicaSetObject>(path, ALL, {
      ...subscriber,
      observed: (object) => subscriber.observed(object),
    });
  // R looks whether a rollout has left the unmanaged ones; S has no Pods of theirs to place.
  return watchWithPriorities(hub, path, stage === 'replicaset' ? ALL : MANAGED, subscriber);
}

function watchNodes({ hub, give, node, manyNodes }: Audience): End {
  const isMine = (object: NodeObject) => node === null || object.metadata.name === node;
  const query: Record<string, string> =
    node === null || manyNodes ? {} : { fieldSelector: `metadata.name=${node}` };
  return hub.subscribe<NodeObject>(pathOf({ resource: 'nodes' }), query, {
    observed: (object) => {
      if (isMine(object)) give({ type: 'nodeObserved', node: nodeFact(object) });
    },
    vanished: (object) => {
      const { name, uid } = object.metadata;
      if (isMine(object)) give({ type: 'nodeVanished', name, uid });
    },
    synced: () => give({ type: 'synced', what: 'nodes' }),
  });
}

/** What is kept of a Pod: its fact, not the whole object, which is ten times as large. */
interface KeptPod extends KubernetesObject {
  readonly fact: PodFact;
}

function keptPod(object: KubernetesObject): KeptPod {
  const { apiVersion, kind } = object;
  const { name, namespace, uid, resourceVersion } = object.metadata;
  const metadata = { name, uid, resourceVersion, ...(namespace !== undefined && { namespace }) };
  return { apiVersion, kind, metadata, fact: podFact(object as PodObject) };
}

function watchPods(
  { hub, give }: Audience,
  query: Record<string, string>,
  isMine: (pod: PodFact) => boolean,
): End {
  return hub.subscribe<KeptPod>(
    pathOf({ resource: 'pods', namespace: hub.scope }),
    query,
    {
      observed: ({ fact }) => {
        if (isMine(fact)) give({ type: 'podObserved', pod: fact });
      },
      vanished: ({ fact }) => {
        if (isMine(fact)) give({ type: 'podVanished', pod: fact });
      },
      synced: () => give({ type: 'synced', what: 'pods' }),
    },
    keptPod,
  );
}

/** R hears of a Pod only for its deletion cost: of those that have, or had, one. */
function watchCosts({ hub, give }: Audience): End {
  const costly = new Set<string>();
  return hub.subscribe<KeptPod>(
    pathOf({ resource: 'pods', namespace: hub.scope }),
    MANAGED,
    {
      observed: ({ fact }) => {
        const isCostly = fact.deletionCost !== 0;
        if (!isCostly && !costly.has(fact.metadataUid)) return;
        if (isCostly) costly.add(fact.metadataUid);
        give({ type: 'podObserved', pod: fact });
      },
      vanished: ({ fact }) => void costly.delete(fact.metadataUid),
      synced: () => give({ type: 'synced', what: 'pods' }),
    },
    keptPod,
  );
}

/** Keeps the templates that the tail publishes from. */
export function watchTemplates(hub: WatchHub, templates: Templates): End {
  return hub.subscribe<ReplicaSetObject>(pathOf({ resource: 'replicasets', namespace: hub.scope }), MANAGED, {
    observed: (object) => templates.observed(object),
    vanished: (object) => templates.vanished(object),
    synced: () => {},
  });
}

const UNMANAGED = { labelSelector: `${MANAGED_LABEL}!=true`, fieldSelector: 'spec.nodeName!=' };
const BOUND = { fieldSelector: 'spec.nodeName!=' };

/** S shares the Nodes with everybody: what is bound there takes room in whichever namespace, and with whichever label, if it is not ours. */
function watchOthers({ hub, give }: Audience): End {
  const { scope } = hub;
  const isOther = (pod: PodFact) => !pod.managed || (scope !== undefined && pod.namespace !== scope);
  const asOther = (pod: PodFact): PodFact => ({ ...pod, managed: false });
  // A Pod whose label is put on or taken off, where the watch shows it all the same.
  const told = new Set<string>();
  const vanished = (pod: PodFact) => {
    told.delete(pod.metadataUid);
    give({ type: 'podVanished', pod: asOther(pod) });
  };
  return hub.subscribe<KeptPod>(
    pathOf({ resource: 'pods' }),
    scope === undefined ? UNMANAGED : BOUND,
    {
      observed: ({ fact }) => {
        if (isOther(fact)) {
          told.add(fact.metadataUid);
          give({ type: 'podObserved', pod: asOther(fact) });
        } else if (told.has(fact.metadataUid)) vanished(fact);
      },
      vanished: ({ fact }) => {
        if (told.has(fact.metadataUid)) vanished(fact);
      },
      synced: () => give({ type: 'synced', what: 'pods' }),
    },
    keptPod,
  );
}

/** Starts to tell a stage what it hears of; returns how to stop. @public */
export function observe(audience: Audience): End {
  const all = () => true;
  const { node, manyNodes, handsOver } = audience;
  const watches: Record<StageName, () => End[]> = {
    autoscaler: () => [watchDeployments(audience)],
    deployment: () => [watchReplicaSets(audience), watchDeployments(audience)],
    replicaset: () => [watchReplicaSets(audience), watchCosts(audience)],
    scheduler: () => [
      watchNodes(audience),
      watchReplicaSets(audience),
      watchOthers(audience),
      ...(handsOver ? [watchPods(audience, MANAGED, (pod) => pod.uid === null)] : []),
    ],
    kubelet: () => [
      watchNodes(audience),
      manyNodes
        ? watchPods(audience, {}, (pod) => pod.node === node)
        : watchPods(audience, { fieldSelector: `spec.nodeName=${node}` }, all),
    ],
  };
  const ends = [watchSwitch(audience), ...watches[audience.stage]()];
  return () => {
    for (const end of ends) end();
  };
}
