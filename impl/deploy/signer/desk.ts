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
/** Answered at once: of all accounts, and of one, so that nobody who asks without an end keeps the others waiting. */
const AT_ONCE = { all: 16, account: 4 };

/** What waits. @public */
export class Desk {
  readonly #options: DeskOptions;
  /** By uid, as shown last. */
  readonly #waiting = new Map<string, SigningRequest>();
  /** By uid, whose. */
  readonly #underWay = new Map<string, string>();
  /** Could not be answered a moment ago. */
  readonly #resting = new Set<string>();
  readonly #backoffs = new Map<string, Backoff>();
  /** Settled: what a watch that is behind shows of them is old. */
  readonly #settled = new Set<string>();
  #isOpen = false;

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  /** From now on it answers. */
  open(): void {
    this.#isOpen = true;
    this.#next();
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
    this.#next();
  }

  /** The API Server shows it no more. */
  gone(uid: string): void {
    this.#waiting.delete(uid);
    this.#settled.delete(uid);
    this.#backoffs.delete(uid);
  }

  /** Begins with those that may be, in the order in which they came. */
  #next(): void {
    if (!this.#isOpen || this.#options.signal.aborted || this.#underWay.size >= AT_ONCE.all) return;
    const ofAccount = Map.groupBy(this.#underWay.values(), (account) => account);
    const counts = new Map([...ofAccount].map(([account, all]) => [account, all.length]));
    for (const [uid, { spec }] of this.#waiting) {
      const { username = '' } = spec;
      const count = counts.get(username) ?? 0;
      if (this.#underWay.has(uid) || this.#resting.has(uid) || count >= AT_ONCE.account) continue;
      counts.set(username, count + 1);
      void this.#attend(uid, username);
      if (this.#underWay.size >= AT_ONCE.all) return;
    }
  }

  /** Once. What could not be answered waits without holding up another. */
  async #attend(uid: string, account: string): Promise<void> {
    const { answer, signal, log, backoff = BACKOFF } = this.#options;
    const request = this.#waiting.get(uid);
    if (request === undefined) return;
    this.#underWay.set(uid, account);
    try {
      await answer(request);
      this.#backoffs.delete(uid);
      if (this.#waiting.delete(uid)) this.#settled.add(uid);
    } catch (error) {
      // By a conflict somebody else has written it: the watch shows what.
      if (!isKubernetesError(error, 'Conflict', 'NotFound'))
        log('a request could not be answered; trying again', {
          request: request.metadata.name,
          error: String(error),
        });
      const wait = this.#backoffs.get(uid) ?? new Backoff(backoff);
      this.#backoffs.set(uid, wait);
      this.#resting.add(uid);
      void pause(wait.next(error), signal).then(() => {
        this.#resting.delete(uid);
        this.#next();
      });
    }
    this.#underWay.delete(uid);
    this.#next();
  }
}
