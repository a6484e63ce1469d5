/**
 * Sends, and gathers what may wait (`spec/protocol.md` 3): after one invalidation (downward: one acknowledgement) those that follow
 * within a moment go as one. The first goes at once, so a change that comes alone is not delayed.
 */
import { type Gatherable, gathered, mayWait } from '../../../machines/ownership/upward.ts';
import type { Message } from '../../../spec/messages.ts';
import { TIMERS } from '../../../spec/timers.ts';

/** What is sent on one connection. @public */
export class Gather {
  readonly #send: (message: Message) => void;
  #held: Gatherable | null = null;
  #timer: NodeJS.Timeout | null = null;

  /** @param send - hands a message to the connection */
  constructor(send: (message: Message) => void) {
    this.#send = send;
  }

  /** Sends a message, in its order; one that may wait soon. */
  send(message: Message): void {
    if (!mayWait(message)) {
      this.#release();
      this.#send(message);
    } else if (this.#held !== null) this.#held = gathered(this.#held, message);
    else if (this.#timer !== null) this.#held = message;
    else {
      this.#send(message);
      this.#wait();
    }
  }

  /** The connection is over: what is held is dropped, as the network might. */
  end(): void {
    this.#held = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #wait(): void {
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (this.#release()) this.#wait();
    }, TIMERS.gather);
  }

  #release(): boolean {
    const held = this.#held;
    this.#held = null;
    if (held !== null) this.#send(held);
    return held !== null;
  }
}
