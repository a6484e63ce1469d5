/** ReplicaSets, wants, and what D and R know of a Deployment, as `Targets.tla`, `DecidingEnd.tla` and `FollowingEnd.tla` write them. */
import type { Hold } from '../../../machines/ownership/wants/targets.ts';
import type { ReplicaSetFact } from '../../../spec/facts.ts';
import type { Want } from '../../../spec/vocabulary.ts';
import type { DeciderEntry } from '../../explorer/stubs/decider.ts';
import type { FollowerState } from '../../explorer/stubs/follower.ts';
import { baseOf, objectOf, versionOf, wantOf, writtenOf } from '../field/objects.ts';
import { option } from '../text.ts';

/** `rs-t1` is `"t1"`. */
export const templateOf = (uid: string) => uid.slice('rs-'.length);

export const setOf = (set: ReplicaSetFact) => ({
  template: set.template,
  rv: Number(set.resourceVersion),
  number: set.revisionNumber,
  replicas: set.replicas,
  desired: set.desired ?? -1,
  written: option(set.written, writtenOf),
});

export const stampedOf = ({ version, value, replicaSet, mode }: Want) => ({
  version: versionOf(version),
  value,
  set: replicaSet === null ? '' : templateOf(replicaSet),
  mode,
});

/** Undefined: D has not seen it, or no longer knows it. */
export const entryOf = (entry: DeciderEntry | undefined) => ({
  object: option(entry?.fact, objectOf),
  base: option(entry?.base, baseOf),
  want: option(entry?.want, wantOf),
  sent: option(entry?.sent, stampedOf),
  writing: entry?.writing ?? false,
  lost: Number(entry?.lost ?? ''),
});

export const holdOf = ({ held, obeyed }: Hold) => ({
  held,
  obeyed: new Map(obeyed.map(([uid, many]) => [templateOf(uid), many])),
});

export const podsOf = (pods: FollowerState['pods']) =>
  new Map(Object.entries(pods).map(([number, uid]) => [Number(number), templateOf(uid)]));
