/** What a mark on its Node means to K (`spec/protocol.md` 6): nothing new, void, or that every Pod must end. */
import { compareFences, type Fence } from '../../spec/vocabulary.ts';

/** What K knows when it meets a mark. @public */
export interface MarkKnowledge {
  /** The highest `Hello` that was accepted before. */
  readonly accepted: Fence;
  /** The mark of the last drain that was completed. */
  readonly drained: Fence | null;
  /** That of the drain under way. */
  readonly draining: Fence | null;
  /** See `spec/mutants.ts`. */
  readonly mutants: ReadonlySet<string>;
}

const later = (a: Fence, b: Fence | null): boolean => b === null || compareFences(a, b) > 0;

/** Whether a mark must be drained for: newer than the last drain, and not by a leader that has been succeeded (†). @public */
export function mustDrain(mark: Fence, { accepted, drained, draining, mutants }: MarkKnowledge): boolean {
  const isVoid = mark.incarnation < accepted.incarnation && !mutants.has('old-mark-drains');
  return !isVoid && later(mark, drained) && later(mark, draining);
}
