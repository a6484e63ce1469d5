/**
 * The requests that wait for an answer: each has one at a time, by the newest object that was shown, and is tried again until it is settled. So what
 * was approved and not yet signed, by this process or by one that has ended, is signed.
 */
import { Backoff, pause } from '../../controller/kubernetes/backoff.ts';
import { isKubernetesError } from '../../controller/kubernetes/errors.ts';
import { isSettled, type SigningRequest } from './answer.ts';

/** How it answers. @public */
export interface DeskOptions {
  readonly answer: (request: SigningRequest) => Promise<void>;
  readonly signal: AbortSignal;
  readonly log: (text: string, fields: Readonly<Record<string, unknown>>) => void;
  /** First and longest wait after a failure, ms. */
  readonly backoff?: { readonly baseMs: number; readonly maxMs: number };
}

const BACKOFF = { baseMs: 200, maxMs: 10_000 };

/** What waits. @public */
export class Desk {
  readonly #options: DeskOptions;
  /** By uid, as shown last. */
  readonly #waiting = new Map<string, SigningRequest>();
  readonly #underWay = new Set<string>();
  /** Settled: what a watch that is behind shows of them is old. */
  readonly #settled = new Set<string>();
  #isOpen = false;

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  /** From now on it answers. */
  open(): void {
    this.#isOpen = true;
    for (const uid of this.#waiting.keys()) void this.#attend(uid);
  }

  /** The API Server shows this. */
  shown(request: SigningRequest): void {
    const { uid } = request.metadata;
    if (this.#settled.has(uid)) return;
    if (isSettled(request)) {
      this.#waiting.delete(uid);
      this.#settled.add(uid);
      return;
    }
    this.#waiting.set(uid, request);
    if (this.#isOpen) void this.#attend(uid);
  }

  /** The API Server shows it no more. */
  gone(uid: string): void {
    this.#waiting.delete(uid);
    this.#settled.delete(uid);
  }

  async #attend(uid: string): Promise<void> {
    if (this.#underWay.has(uid)) return;
    this.#underWay.add(uid);
    const { answer, signal, log, backoff = BACKOFF } = this.#options;
    const wait = new Backoff(backoff);
    while (!signal.aborted) {
      const request = this.#waiting.get(uid);
      if (request === undefined) break;
      try {
        await answer(request);
        if (this.#waiting.delete(uid)) this.#settled.add(uid);
        break;
      } catch (error) {
        // By a conflict somebody else has written it: the watch shows what.
        if (!isKubernetesError(error, 'Conflict', 'NotFound'))
          log('a request could not be answered; trying again', {
            request: request.metadata.name,
            error: String(error),
          });
        await pause(wait.next(error), signal);
      }
    }
    this.#underWay.delete(uid);
  }
}
