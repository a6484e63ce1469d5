/**
 * Garbage collection of a Deployment that people have deleted, as `kubectl delete --cascade` says: each move is one write. The Deployment is
 * gone at once (`background`), or stands with a deletionTimestamp until its ReplicaSets are gone (`foreground`) or let go (`orphan`).
 */
import type { ReplicaSetFact } from '../../spec/facts.ts';
import type { Cascade } from '../../spec/worlds/description.ts';
import type { Move } from './moves.ts';
import { putReplicaSet } from './users.ts';
import { type Setting, type World, withEntry } from './world.ts';

/** How the last Deployment that was deleted is collected; null before that. */
function cascadeOf({ description }: Setting, { acts }: World): Cascade | null {
  const done = (description.script ?? []).slice(0, acts).filter(({ act }) => act === 'deleteDeployment');
  const last = done.at(-1);
  return last?.act === 'deleteDeployment' ? last.cascade : null;
}

/** Whether Pods of it are left: by their objects, or where R has all below it folded in, by what it holds. */
function hasPods(setting: Setting, { api, processes }: World, uid: string): boolean {
  if (setting.description.nodes.length > 0)
    return Object.values(api.pods).some(({ replicaSet }) => replicaSet === uid);
  return Object.values(processes).some(({ peer, state }) =>
    setting.stages[peer]?.observe(state as never).records.some(({ replicaSet }) => replicaSet === uid),
  );
}

type Change = Partial<ReplicaSetFact> | 'removed' | null;

function changeOf(setting: Setting, world: World, set: ReplicaSetFact, cascade: Cascade): Change {
  if (set.deleting) return hasPods(setting, world, set.uid) ? null : 'removed';
  const owner = set.deployment === null ? null : world.api.deployments[set.deployment];
  if (owner === null) return null;
  if (owner === undefined) return 'removed';
  if (!owner.deleting) return null;
  return cascade === 'orphan' ? { deployment: null } : { deleting: true };
}

/** What is to be collected. */
export function* collectionMoves(setting: Setting, world: World): Generator<Move> {
  const cascade = cascadeOf(setting, world);
  if (cascade === null) return;
  const sets = Object.values(world.api.replicaSets);
  for (const set of sets)
    if (changeOf(setting, world, set, cascade) !== null) yield { kind: 'collectSet', replicaSet: set.uid };
  for (const { uid, deleting } of Object.values(world.api.deployments))
    if (deleting && !sets.some(({ deployment }) => deployment === uid))
      yield { kind: 'collectDeployment', deployment: uid };
}

/** One write to a ReplicaSet. */
export function collectSet(setting: Setting, world: World, uid: string): World {
  const set = world.api.replicaSets[uid] as ReplicaSetFact;
  const change = changeOf(setting, world, set, cascadeOf(setting, world) as Cascade);
  if (change === null) return world;
  if (change !== 'removed') return putReplicaSet(world, { ...set, ...change });
  return { ...world, api: { ...world.api, replicaSets: withEntry(world.api.replicaSets, uid, undefined) } };
}

/** Nothing of it is left. */
export function collectDeployment(world: World, uid: string): World {
  return { ...world, api: { ...world.api, deployments: withEntry(world.api.deployments, uid, undefined) } };
}
