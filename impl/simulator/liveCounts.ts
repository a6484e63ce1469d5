/** How many Pods of each ReplicaSet each R holds that are not terminating, kept by what its steps touch. */
import type { PodRecord, Uid } from '../../spec/vocabulary.ts';
import type { Life } from './life.ts';
import { recordOf } from './touched.ts';

const NONE: ReadonlyMap<string, number> = new Map();

/** The ReplicaSet of a record that counts; null of one that does not. */
const setOfLive = (record: PodRecord | undefined) =>
  record === undefined || record.phase === 'terminating' ? null : record.replicaSet;

/** Of one world. */
export class LiveCounts {
  readonly #counts = new WeakMap<Life, ReadonlyMap<string, number>>();

  /** Of one R, as it is now. */
  of(life: Life): ReadonlyMap<string, number> {
    return life.peer === 'replicaset' ? (this.#counts.get(life) ?? NONE) : NONE;
  }

  /** After a step that touched these: another map only if a count is another. */
  stepped(life: Life, before: unknown, uids: Iterable<Uid>): void {
    let counts: Map<string, number> | null = null;
    for (const uid of uids) {
      const was = setOfLive(recordOf(life.peer, before, uid));
      const is = setOfLive(recordOf(life.peer, life.state, uid));
      if (was === is) continue;
      counts ??= new Map(this.of(life));
      if (was !== null) counts.set(was, (counts.get(was) ?? 0) - 1);
      if (is !== null) counts.set(is, (counts.get(is) ?? 0) + 1);
    }
    if (counts !== null) this.#counts.set(life, counts);
  }
}
