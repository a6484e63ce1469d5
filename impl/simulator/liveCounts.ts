/** How many Pods of each ReplicaSet each R holds that are not terminating, kept by what its steps touch. */
import type { PodRecord, Uid } from '../../spec/vocabulary.ts';
import type { Life } from './life.ts';
import { recordOf } from './touched.ts';

const NONE: ReadonlyMap<string, number> = new Map();

/** Of one world. */
export class LiveCounts {
  readonly #counts = new WeakMap<Life, ReadonlyMap<string, number>>();

  /** Of one R, as it is now. */
  of(life: Life): ReadonlyMap<string, number> {
    return this.#counts.get(life) ?? NONE;
  }

  /** After a step that touched these. */
  stepped(life: Life, before: unknown, uids: Iterable<Uid>): void {
    const counts = new Map(this.of(life));
    const count = (record: PodRecord | undefined, by: 1 | -1) => {
      if (record === undefined || record.phase === 'terminating') return;
      counts.set(record.replicaSet, (counts.get(record.replicaSet) ?? 0) + by);
    };
    for (const uid of uids) {
      count(recordOf(life.peer, before, uid), -1);
      count(recordOf(life.peer, life.state, uid), 1);
    }
    this.#counts.set(life, counts);
  }
}
