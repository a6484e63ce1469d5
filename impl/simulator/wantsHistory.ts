/** What was asked for of each Deployment, what A minted for it, and what R came to by a direct want: for the properties of wants (protocol 8). */
import type { ReplicaSetState } from '../../machines/replicaset/index.ts';
import { type History, NO_HISTORY } from '../../spec/properties/index.ts';
import { recordMinted, recordReached } from '../explorer/history.ts';
import type { Life } from './life.ts';

type Kept = Pick<History, 'asked' | 'due' | 'reached' | 'everAsked'>;

/** Of one world. */
export class WantsHistory {
  #kept: History = NO_HISTORY;

  /** In the form that the properties read. */
  get kept(): Kept {
    const { asked, due, reached, everAsked } = this.#kept;
    return { asked, due, reached, everAsked };
  }

  /** Somebody asks for so many. */
  asked(deployment: string, replicas: number): void {
    const { asked, everAsked } = this.#kept;
    const values = [...(asked[deployment] ?? []), replicas];
    const ever = everAsked.includes(replicas) ? everAsked : [...everAsked, replicas];
    this.#kept = { ...this.#kept, asked: { ...asked, [deployment]: values }, everAsked: ever };
  }

  /** Somebody else writes the value: what was asked for before counts no more. */
  external(deployment: string, generation: number, replicas: number): void {
    const due = { ...this.#kept.due, [deployment]: { generation, values: [replicas] } };
    this.#kept = { ...this.#kept, due };
  }

  /**
   * After a step of A or R.
   *
   * @param live - how many of each ReplicaSet are live at R
   */
  stepped({ peer, under, state }: Life, before: unknown, live: ReadonlyMap<string, number>): void {
    if (before === state) return;
    if (peer === 'autoscaler') {
      const [was, is] = [under.observe(before as never), under.observe(state as never)];
      this.#kept = recordMinted(this.#kept, was, is);
    }
    if (peer !== 'replicaset') return;
    const { wants, replicaSets } = (state as ReplicaSetState).context;
    this.#kept = recordReached(this.#kept, [...wants.values()], [...replicaSets.values()], live);
  }
}
