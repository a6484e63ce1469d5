/** The ReplicaSets whose templates the tail makes Pods of, by uid, from the shared watch. */
import type { PodName } from '../../../spec/facts.ts';
import type { ReplicaSetObject } from './objects.ts';

interface Waiter {
  readonly resolve: (replicaSet: ReplicaSetObject | null) => void;
  readonly timer: NodeJS.Timeout;
}

/** A ReplicaSet that R saw may reach this process's watch a little later: so long it is waited for. */
const PATIENCE_MS = 10_000;

const nameOf = ({ metadata }: ReplicaSetObject) => `${metadata.namespace ?? 'default'}/${metadata.name}`;

/** ReplicaSets by uid. @public */
export class Templates {
  readonly #known = new Map<string, ReplicaSetObject>();
  readonly #byName = new Map<string, ReplicaSetObject>();
  readonly #waiting = new Map<string, Set<Waiter>>();

  observed(replicaSet: ReplicaSetObject): void {
    const { uid } = replicaSet.metadata;
    this.#known.set(uid, replicaSet);
    this.#byName.set(nameOf(replicaSet), replicaSet);
    for (const { resolve, timer } of this.#waiting.get(uid) ?? []) {
      clearTimeout(timer);
      resolve(replicaSet);
    }
    this.#waiting.delete(uid);
  }

  vanished(replicaSet: ReplicaSetObject): void {
    this.#known.delete(replicaSet.metadata.uid);
    this.#byName.delete(nameOf(replicaSet));
  }

  /** The ReplicaSet now, if it is known. */
  peek(uid: string): ReplicaSetObject | undefined {
    return this.#known.get(uid);
  }

  /** The ReplicaSet that a Pod of this name was made of, by the name's beginning: ours end in two parts, stock's in one. Undefined if it is not known. */
  ofPod({ namespace, name }: PodName): ReplicaSetObject | undefined {
    const last = name.lastIndexOf('-');
    const begin = (end: number) => this.#byName.get(`${namespace}/${name.slice(0, end)}`);
    return begin(name.lastIndexOf('-', last - 1)) ?? begin(last);
  }

  /** The ReplicaSet; null if it does not show within 10 s. */
  get(uid: string): Promise<ReplicaSetObject | null> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.get(uid)?.delete(waiter);
        resolve(null);
      }, PATIENCE_MS);
      timer.unref();
      const waiter: Waiter = { resolve, timer };
      const waiters = this.#waiting.get(uid) ?? new Set();
      this.#waiting.set(uid, waiters.add(waiter));
    });
  }
}
