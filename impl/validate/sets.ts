/** Lives of R as the ReplicaSets of each Deployment see them: tracks for `TraceSets.tla`. */
import type { ReplicaSetState } from '../../machines/replicaset/index.ts';
import type { Words } from './encode.ts';
import type { Track } from './ends.ts';
import type { LifeTrace } from './lives.ts';
import { decisionsOf, SetNames, setLineOf } from './setLines.ts';

/** Groups that R came to know, each with its ReplicaSets. */
function groupsOf({ steps }: LifeTrace): ReadonlyMap<string, ReadonlySet<string>> {
  const groups = new Map<string, Set<string>>();
  const known = (group: string) => {
    const mine = groups.get(group) ?? new Set();
    groups.set(group, mine);
    return mine;
  };
  for (const { after } of steps) {
    const { groupOf, wants } = (after as ReplicaSetState).context;
    for (const [uid, group] of groupOf) known(group).add(uid);
    for (const group of wants.keys()) known(group);
  }
  return groups;
}

/** Tracks of all Deployments of a life of R. */
export function setTracks(words: Words, life: LifeTrace): readonly Track[] {
  const { stage, incarnation, steps } = life;
  if (stage !== 'replicaset') return [];
  const decided = steps.slice(1).map((step) => [step, decisionsOf(step)] as const);
  return [...groupsOf(life)].map(([group, uids]): Track => {
    const names = new SetNames(uids);
    const lines = decided.flatMap(([step, decisions]) => {
      const value = setLineOf(words, names, step, group, decisions);
      return value === null ? [] : [{ place: step.place, value }];
    });
    return { name: `${stage} ${incarnation}, ${group}`, kind: 'sets', me: 0, lines };
  });
}
