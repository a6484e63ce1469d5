/**
 * Sends, and gathers what may wait (`spec/protocol.md` 3): after one invalidation (downward: one acknowledgement) those that follow
 * within a moment go as one. The first goes at once, so a change that comes alone is not delayed.
 */
import { type Gatherable, gatheredAll, mayWait } from '../../../machines/ownership/upward.ts';
import type { Message } from '../../../spec/messages.ts';
import { TIMERS } from '../../../spec/timers.ts';

/** Does something after a while, ms; returns how to forget it. */
export type After = (milliseconds: number, act: () => void) => () => void;

/** By Node's timers. */
export const inRealTime: After = (milliseconds, act) => {
  const timer = setTimeout(act, milliseconds);
  return () => clearTimeout(timer);
};

/** What is sent on one connection. @public */
export class Gather {
  readonly #send: (message: Message) => void;
  readonly #after: After;
  #held: [Gatherable, ...Gatherable[]] | null = null;
  #forget: (() => void) | null = null;

  /**
   * @param send - hands a message to the connection
   * @param after - the clock: real time, or that of a simulation
   */
  constructor(send: (message: Message) => void, after: After = inRealTime) {
    this.#send = send;
    this.#after = after;
  }

  /** Whether anything is held. */
  get isHolding(): boolean {
    return this.#held !== null;
  }

  /** Sends a message, in its order; one that may wait soon. */
  send(message: Message): void {
    if (!mayWait(message)) {
      this.release();
      this.#send(message);
    } else if (this.#held !== null) this.#held.push(message);
    else if (this.#forget !== null) this.#held = [message];
    else {
      this.#send(message);
      this.#wait();
    }
  }

  /** The connection is over: what is held is dropped, as the network might. */
  end(): void {
    this.#held = null;
    this.#forget?.();
    this.#forget = null;
  }

  /** Sends what is held now. @returns whether anything was */
  release(): boolean {
    const held = this.#held;
    this.#held = null;
    if (held !== null) this.#send(gatheredAll(held));
    return held !== null;
  }

  #wait(): void {
    this.#forget = this.#after(TIMERS.gather, () => {
      this.#forget = null;
      if (this.release()) this.#wait();
    });
  }
}
