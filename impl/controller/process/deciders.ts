/**
 * The built-in autoscalers of the process that A runs in: one for each Deployment whose annotations name a target. A host of
 * `machines/autoscaler/decider`: it tells each what was reported and what the time is, and gives A what it decides.
 */
import {
  type DeciderState,
  desiredOf,
  startDecider,
  stepDecider,
} from '../../../machines/autoscaler/decider/index.ts';
import type { ConcurrencyPolicy } from '../../../spec/autoscaling.ts';

/** How often each decides though nothing is reported: windows move on, ms. */
const TICK_MS = 2_000;
/** A report is decided on at once; one that comes sooner than this after a decision, then. ms. */
const REACT_MS = 200;

/** What deciders ask of their process. @public */
export interface DecidersHost {
  /** The life of A that runs; null between two. */
  incarnation(): number | null;
  /** What A wants and R counts; null as long as A has not been told. */
  standing(deployment: string): { readonly want: number; readonly ready: number } | null;
  scale(deployment: string, replicas: number): void;
  /** ms, of a clock that does not go back. */
  now(): number;
}

interface Decider {
  policy: ConcurrencyPolicy;
  state: DeciderState;
  decidedAt: number;
  /** A report came too soon after a decision: it is decided on then. */
  due: NodeJS.Timeout | null;
}

/** The deciders of a process, by Deployment. @public */
export class Deciders {
  readonly #host: DecidersHost;
  readonly #deciders = new Map<string, Decider>();
  #incarnation: number | null = null;
  #ticking: NodeJS.Timeout | null = null;

  constructor(host: DecidersHost) {
    this.#host = host;
  }

  /** A Deployment was seen; null: it is not, or no longer, scaled here. */
  observe(deployment: string, policy: ConcurrencyPolicy | null): void {
    const known = this.#deciders.get(deployment);
    if (policy === null) {
      settle(known);
      this.#deciders.delete(deployment);
    } else if (known === undefined) this.#deciders.set(deployment, fresh(policy));
    else {
      known.policy = policy;
      known.state = stepDecider(known.state, { type: 'policyChanged', policy });
    }
    this.#tickIfNeeded();
  }

  /** A report; false if no life of A runs, or the Deployment is not scaled here. */
  report(deployment: string, reporter: string, concurrency: number): boolean {
    const decider = this.#ofThisLife() ? this.#deciders.get(deployment) : undefined;
    if (decider === undefined) return false;
    const at = this.#host.now();
    decider.state = stepDecider(decider.state, { type: 'reported', at, reporter, concurrency });
    const wait = decider.decidedAt + REACT_MS - at;
    if (wait <= 0) this.#decide(deployment, decider, at);
    else decider.due ??= setTimeout(() => this.#decideLate(deployment, decider), wait);
    return true;
  }

  /** Each decides, as from time to time. */
  tick(): void {
    if (!this.#ofThisLife()) return;
    const at = this.#host.now();
    for (const [deployment, decider] of this.#deciders) this.#decide(deployment, decider, at);
  }

  /** The process is over. */
  close(): void {
    for (const decider of this.#deciders.values()) settle(decider);
    this.#deciders.clear();
    this.#tickIfNeeded();
  }

  #decideLate(deployment: string, decider: Decider): void {
    decider.due = null;
    // Another life, or another policy's: a fresh decider has heard nothing.
    if (this.#ofThisLife() && this.#deciders.get(deployment) === decider)
      this.#decide(deployment, decider, this.#host.now());
  }

  #decide(deployment: string, decider: Decider, at: number): void {
    const standing = this.#host.standing(deployment);
    if (standing === null) return;
    decider.decidedAt = at;
    decider.state = stepDecider(decider.state, { type: 'decide', at, ...standing });
    const desired = desiredOf(decider.state);
    if (desired !== null && desired !== standing.want) this.#host.scale(deployment, desired);
  }

  /** A new life of A begins with fresh deciders: what was reported meanwhile, another leader has heard. */
  #ofThisLife(): boolean {
    const incarnation = this.#host.incarnation();
    if (incarnation !== this.#incarnation) {
      this.#incarnation = incarnation;
      for (const [deployment, decider] of this.#deciders) {
        settle(decider);
        this.#deciders.set(deployment, fresh(decider.policy));
      }
    }
    return incarnation !== null;
  }

  #tickIfNeeded(): void {
    if (this.#deciders.size > 0) this.#ticking ??= setInterval(() => this.tick(), TICK_MS);
    else if (this.#ticking !== null) {
      clearInterval(this.#ticking);
      this.#ticking = null;
    }
  }
}

const fresh = (policy: ConcurrencyPolicy): Decider => ({
  policy,
  state: startDecider({ policy }),
  decidedAt: -Infinity,
  due: null,
});

function settle(decider: Decider | undefined): void {
  if (decider?.due != null) clearTimeout(decider.due);
}
