/**
 * The contract between a stage and any host (explorer, simulator, controller): a pure step.
 *
 * A host holds a state, gives it one event, keeps the new state and carries out the effects in order. A crash
 * forgets the state; a start makes a new one, under a higher incarnation.
 */
import type { Effect } from './effects.ts';
import type { StageEvent } from './events.ts';
import type { JournalState } from './journal.ts';
import type { Incarnation, Owner, StageName } from './vocabulary.ts';

/** A new state and what to do. @public */
export type Step<State> = readonly [State, readonly Effect[]];

/** What a stage is told at a start. @public */
export interface StageConfig {
  readonly incarnation: Incarnation;
  /** R: the owner that it had acknowledged last (`stock`: it has yet to take the Pods back, protocol 9); absent means none. */
  readonly acknowledged?: Owner;
  /** K: its node's name. */
  readonly node?: string;
  /**
   * K: the incarnation that stood on its Node before this one; null or absent: none, or the journal says itself whether an earlier one was
   * lost. For worlds whose journals name no lives.
   */
  readonly found?: Incarnation | null;
  /** K: what was journalled; absent means a new journal. */
  readonly journal?: JournalState;
  /** K: who runs the containers. `publish`: the node's own kubelet, from the object. `runs`: K's runtime (`cri`, `simulated`). */
  readonly runtime?: 'publish' | 'runs';
  /** K, runtime `runs`: uids whose containers run at the start. After the start `podReadiness` tells which of them are ready. */
  readonly running?: readonly string[];
  /** S: Pods that have found no room for a time are published unbound, for stock's scheduler (protocol 7, *No room*). */
  readonly handsOver?: boolean;
  /** Seams for teeth: rules switched off by name (protocol 11). Empty outside of checks. */
  readonly mutants?: ReadonlySet<string>;
}

/** A stage as a host sees it. @public */
export interface Stage<State> {
  readonly name: StageName;
  /** A fresh start: the state and the first effects. */
  start(config: StageConfig): Step<State>;
  /** One event, run to quiescence. Never throws on input from a peer; throws `INVARIANT_BROKEN` on a host's mistake. */
  step(state: State, event: StageEvent): Step<State>;
}
