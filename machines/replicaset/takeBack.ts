/**
 * Taking the Pods back from the stock controllers (`spec/protocol.md` 9): R compares what stands at the API Server with what it
 * knows from below, before it decides anything.
 *
 * A Pod that no record covers is a *stray*. An unbound one is deleted at once: it runs nowhere. One on a Node whose K reports
 * is waited for. One on a Node without an agent, which no K will ever see, is deleted once enough others run; one on a cancelled
 * Node is ended by that node's drain.
 *
 * The other way round, R waits for the end of what it holds and the list does not show standing: else it counts that, and ends another.
 */
import { Map as PMap } from 'immutable';
import type { Effect } from '../../spec/effects.ts';
import type { NodeFact, PodFact } from '../../spec/facts.ts';
import { isUndrained, type Phase, type PodRecord } from '../../spec/vocabulary.ts';
import { emit, type ReplicaSetContext } from './context.ts';
import { EMPTY_INDEX, knownAs } from './records.ts';

/** The Nodes of a consistent list: which of those with an agent are cancelled. */
export function noteAgents(context: ReplicaSetContext, nodes: readonly NodeFact[]): ReplicaSetContext {
  const agents = nodes.filter(({ agent }) => agent !== null);
  return {
    ...context,
    agents: PMap(agents.map(({ name, mark, drained }) => [name, isUndrained(mark, drained)])),
  };
}

const stands = ({ managed, replicaSet, deleting, phase }: PodFact) =>
  managed && replicaSet !== null && !deleting && phase !== 'Failed' && phase !== 'Succeeded';

/** Pods of a consistent list that live and that no record covers. */
export function noteStrays(context: ReplicaSetContext, pods: readonly PodFact[]): ReplicaSetContext {
  const strays = pods.filter(
    (pod) =>
      stands(pod) &&
      knownAs(context, pod) === null &&
      !(pod.node !== null && context.agents.get(pod.node) === true),
  );
  return { ...context, strays };
}

/** Whether no K will ever see it. */
const isUnseen = (context: ReplicaSetContext, { node }: PodFact) =>
  node !== null && !context.agents.has(node) && !context.config.mutants?.has('strays-block');

/** Phases of what no K has taken: it may have no object. */
const UNACCEPTED: ReadonlySet<Phase> = new Set<Phase>(['created', 'bound']);

/** Pods here that a K has accepted and that do not stand in the list (†): each K has acknowledged that nothing of its is unpublished. */
function absentFrom(context: ReplicaSetContext, pods: readonly PodFact[]): readonly PodRecord[] {
  if (context.config.mutants?.has('listed-end-ignored')) return [];
  const standing = new Set(pods.filter(stands).map((pod) => knownAs(context, pod)));
  return [...context.records.values()].filter(
    ({ uid, phase }) => phase !== 'terminating' && !UNACCEPTED.has(phase) && !standing.has(uid),
  );
}

/** Tells people what the Pods can not be taken back for: what no K has told of, and what a K holds and the API Server does not show. */
export function reportWaiting(context: ReplicaSetContext, pods: readonly PodFact[]): ReplicaSetContext {
  const unknown = noteStrays(context, pods)
    .strays.filter((pod) => !isUnseen(context, pod))
    .map(({ name, node, replicaSet }) => [replicaSet ?? '', `${name} on ${node ?? 'no node'}`] as const);
  const absent = absentFrom(context, pods).map(
    ({ uid, node, replicaSet }) => [replicaSet, `the end of ${uid} on ${node}`] as const,
  );
  const waiting = Map.groupBy([...unknown, ...absent], ([replicaSet]) => replicaSet);
  const reports = [...waiting].map(([subject, each]): Effect => {
    const text = `not taken back yet: no agent has told of ${each.map(([, what]) => what).join(', ')}`;
    return { type: 'report', reason: 'TakeBackWaits', subject, text };
  });
  return emit(context, ...reports);
}

/** Nothing is left to wait for: each stray is one that no K will see, and what R holds stands. */
export function isCompared(context: ReplicaSetContext, pods: readonly PodFact[]): boolean {
  return (
    noteStrays(context, pods).strays.every((pod) => isUnseen(context, pod)) &&
    absentFrom(context, pods).length === 0
  );
}

const deletion = ({ namespace, name, metadataUid, resourceVersion, node }: PodFact): Effect => ({
  type: 'deleteStray',
  namespace,
  name,
  metadataUid,
  // One that is unbound might be bound meanwhile, by stock's scheduler, to a node whose K then answers for it.
  resourceVersion: node === null ? resourceVersion : null,
  graceSeconds: 1,
});

/** Deletes the strays that are not bound. */
export function deleteUnbound(context: ReplicaSetContext): ReplicaSetContext {
  return emit(context, ...context.strays.filter(({ node }) => node === null).map(deletion));
}

/** Deletes a ReplicaSet's strays once as many others as it asks for are ready. */
export function deleteUnseen(context: ReplicaSetContext, replicaSet: string): ReplicaSetContext {
  if (context.strays.length === 0) return context;
  const fact = context.replicaSets.get(replicaSet);
  const { ready } = context.index.get(replicaSet) ?? EMPTY_INDEX;
  if (fact === undefined || ready < fact.replicas) return context;
  const mine = context.strays.filter((pod) => pod.replicaSet === replicaSet);
  if (mine.length === 0) return context;
  const strays = context.strays.filter((pod) => pod.replicaSet !== replicaSet);
  const due = mine.filter((pod) => knownAs(context, pod) === null);
  return emit({ ...context, strays }, ...due.map(deletion));
}

/** R knows what stands below and above: it owns the Pods, and its Lease says so. */
export function acknowledgeTakeBack(context: ReplicaSetContext): ReplicaSetContext {
  const { takenBackAt } = context;
  if (takenBackAt === null) return context;
  return emit(
    { ...context, takenBackAt: null },
    { type: 'acknowledgeOwner', owner: 'direct', switchVersion: takenBackAt },
  );
}
