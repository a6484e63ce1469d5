/** What no Pod of a run may ever be seen to do at the API Server (protocol 10), judged as each is shown. */
import type { PodFact } from '../../spec/facts.ts';

/** A Pod as it was shown. @public */
export interface ShownPod
  extends Pick<
    PodFact,
    'metadataUid' | 'name' | 'uid' | 'managed' | 'node' | 'phase' | 'ready' | 'deleting'
  > {
  readonly app: string;
  /** It was shown for the last time. */
  readonly gone: boolean;
}

const isOver = ({ phase }: ShownPod) => phase === 'Failed' || phase === 'Succeeded';

/** How a Pod may not follow on what was shown of it before: the property, and in words. */
const STEPS: readonly [property: string, isSo: (was: ShownPod, is: ShownPod) => boolean, text: string][] = [
  ['TerminationIrreversible', (was, is) => was.gone && !is.gone, 'is there again after its end'],
  ['TerminationIrreversible', (was, is) => was.deleting && !is.deleting, 'is no longer being deleted'],
  ['TerminationIrreversible', (was, is) => isOver(was) && !isOver(is), 'lives again after it had failed'],
  ['UniquePlacement', (was, is) => was.node !== null && was.node !== is.node, 'moved to another node'],
  ['UniquePlacement', (was, is) => was.uid !== is.uid, 'goes by another uid'],
  [
    'PhaseMonotonic',
    (was, is) => was.phase === 'Running' && is.phase === 'Pending',
    'waits again after it ran',
  ],
];

/** A judge of one run, in which the owner switch stays at `direct`. @public */
export class PodJudge {
  readonly #pods = new Map<string, ShownPod>();
  /** Objects by our uid. */
  readonly #published = new Map<string, Set<string>>();
  readonly broken: string[] = [];

  /** A Pod is shown. */
  take(is: ShownPod): void {
    const was = this.#pods.get(is.metadataUid);
    this.#pods.set(is.metadataUid, is);
    const say = (property: string, text: string) =>
      this.broken.push(`${property}: ${is.name} (${is.uid}) ${text}`);
    if (was === undefined) this.#judgeNew(is, say);
    else for (const [property, isSo, text] of STEPS) if (isSo(was, is)) say(property, text);
  }

  #judgeNew(
    { uid, managed, node, metadataUid }: ShownPod,
    say: (property: string, text: string) => void,
  ): void {
    if (managed && uid === null) say('FenceHolds', 'is managed, and none of ours made it');
    if (uid === null) return;
    const objects = (this.#published.get(uid) ?? new Set<string>()).add(metadataUid);
    this.#published.set(uid, objects);
    if (objects.size > 1) say('TailPublishes', `is object ${objects.size} of this uid`);
    if (node === null) say('TailPublishes', 'was published before it was bound');
  }

  /** Pods at the API Server, and those of them that are Ready, of one Deployment. */
  count(app: string): { readonly present: number; readonly ready: number } {
    const mine = [...this.#pods.values()].filter((pod) => pod.app === app && !pod.gone);
    return { present: mine.length, ready: mine.filter(({ ready, deleting }) => ready && !deleting).length };
  }

  /** All Pods that were ever seen. */
  get seen(): number {
    return this.#pods.size;
  }
}
