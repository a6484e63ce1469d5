/** Who runs the containers, where K does: the seam behind `startPod` and `stopPod`. */
import type { StageEvent } from '../../../spec/events.ts';
import type { PodRecord, Uid } from '../../../spec/vocabulary.ts';

/** A runtime of one node. It outlives the lives of its K, as containers do. @public */
export interface PodRuntime {
  /** Starts the containers: `podStarted`, then `podReadiness`. Nothing if they run or start already. */
  start(record: PodRecord): void;
  /** Stops the containers, or the start in flight: `podStopped` when the runtime is quiet about it. */
  stop(uid: Uid): void;
  /** Uids whose containers have all come up: not those that are only being started. */
  running(): readonly Uid[];
  /** Says again of each how it is, if that is known: who has just begun has not heard it. */
  tellReadiness(): void;
  /** Where events go: to the life of K that runs now. */
  attach(give: (event: StageEvent) => void): void;
  /** What a Pod's status says beside its phase and conditions: addresses and containers; null of a Pod that it does not know. */
  statusOf?(uid: Uid): object | null;
  /** A Pod was not admitted when it was published. */
  refused?(record: PodRecord): void;
  /** The process ends: the containers run on. */
  close?(): void;
}

/** Nobody runs anything: a start is a delay (`architecture.md`, runtimes). Starts asked for in one turn of the event loop end together. @public */
export class SimulatedRuntime implements PodRuntime {
  readonly #startMs: number;
  /** Of each Pod, whether it is ready. */
  readonly #pods = new Map<Uid, boolean>();
  #asked: Uid[] | null = null;
  #give: (event: StageEvent) => void = () => {};

  /** @param startMs - how long a start takes, ms; 0 is at once */
  constructor(startMs: number) {
    this.#startMs = startMs;
  }

  attach(give: (event: StageEvent) => void): void {
    this.#give = give;
  }

  tellReadiness(): void {
    for (const [uid, ready] of this.#pods) if (ready) this.#give({ type: 'podReadiness', uid, ready });
  }

  start({ uid }: PodRecord): void {
    if (this.#pods.has(uid)) return;
    this.#pods.set(uid, false);
    if (this.#asked !== null) {
      this.#asked.push(uid);
      return;
    }
    const asked = [uid];
    this.#asked = asked;
    setImmediate(() => {
      this.#asked = null;
      if (this.#startMs === 0) this.#end(asked);
      else setTimeout(() => this.#end(asked), this.#startMs);
    });
  }

  stop(uid: Uid): void {
    this.#pods.delete(uid);
    setImmediate(() => this.#give({ type: 'podStopped', uid, failed: false }));
  }

  running(): readonly Uid[] {
    return [...this.#pods].flatMap(([uid, isUp]) => (isUp ? [uid] : []));
  }

  /** The starts are over, but of those that were stopped meanwhile. A uid is never started twice. */
  #end(uids: readonly Uid[]): void {
    for (const uid of uids) {
      if (!this.#pods.has(uid)) continue;
      this.#pods.set(uid, true);
      this.#give({ type: 'podStarted', uid });
      this.#give({ type: 'podReadiness', uid, ready: true });
    }
  }
}
