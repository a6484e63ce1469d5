/** What was asked for of each Deployment, what A minted for it, and what R came to by a direct want: for the properties of wants (protocol 8). */
import type { AutoscalerState } from '../../machines/autoscaler/index.ts';
import type { ReplicaSetState } from '../../machines/replicaset/index.ts';
import { type History, NO_HISTORY } from '../../spec/properties/index.ts';
import { recordMinted, recordReached } from '../explorer/history.ts';
import type { Life } from './life.ts';

const wantsOf = (state: unknown) => (state as AutoscalerState).context.wants;

type Kept = Pick<History, 'asked' | 'due' | 'reached' | 'everAsked'>;

/** Of one world. */
export class WantsHistory {
  #kept: History = NO_HISTORY;
  /** What {@link recordReached} was last asked about, of each R. */
  readonly #looked = new WeakMap<Life, readonly unknown[]>();

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
  stepped(life: Life, before: unknown, live: ReadonlyMap<string, number>): void {
    const { peer, under, state } = life;
    if (before === state) return;
    if (peer === 'autoscaler') {
      // What was minted before is no news.
      if (wantsOf(before) === wantsOf(state)) return;
      const [was, is] = [under.observe(before as never), under.observe(state as never)];
      this.#kept = recordMinted(this.#kept, was, is);
    }
    if (peer !== 'replicaset') return;
    const { wants, replicaSets } = (state as ReplicaSetState).context;
    const looked = [wants, replicaSets, live, this.#kept.reached];
    const last = this.#looked.get(life);
    if (last !== undefined && looked.every((one, at) => one === last[at])) return;
    this.#kept = recordReached(this.#kept, [...wants.values()], [...replicaSets.values()], live);
    this.#looked.set(life, looked.with(-1, this.#kept.reached));
  }
}
