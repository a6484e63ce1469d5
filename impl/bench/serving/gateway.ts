/**
 * The gateway of the serving figure: holds what has no instance yet, and gives each instance one request at a time, the oldest first. Bodies
 * are timers. It says how many requests each function has under way, those that wait among them, whenever that changes and again and again
 * (`docs/autoscaling.md`); who scales by that is another's.
 */
import type { Invocation, ServingTrace } from './trace.ts';

/** One invocation, as it went. */
export interface Served {
  readonly of: number;
  /** ms from its arrival to its start. */
  readonly latency: number;
  /** Of its body. */
  readonly ms: number;
  /** It began on an instance that was not there when it arrived. */
  readonly cold: boolean;
}

interface Waiting {
  readonly invocation: Invocation;
  readonly at: number;
}
interface Instance {
  readonly since: number;
  isBusy: boolean;
  isGone: boolean;
}
interface Known {
  readonly waiting: Waiting[];
  readonly instances: Map<string, Instance>;
  under: number;
  saidAt: number;
}

/** Again so long after the last word, ms: while somebody waits, and else. */
const AGAIN_MS = { waiting: 250, quiet: 2_500 };

/** Serves a trace. */
export class Gateway {
  readonly #functions: readonly Known[];
  readonly #report: (of: number, concurrency: number) => void;
  readonly #served: Served[] = [];
  readonly #ticking: NodeJS.Timeout;
  #peak = 0;
  #instances = 0;

  /** @param report - what of a function is under way */
  constructor({ functions }: ServingTrace, report: (of: number, concurrency: number) => void) {
    this.#functions = functions.map(() => ({ waiting: [], instances: new Map(), under: 0, saidAt: 0 }));
    this.#report = report;
    this.#ticking = setInterval(() => this.#sayAgain(), 50);
  }

  get served(): readonly Served[] {
    return this.#served;
  }

  /** Invocations that have not ended. */
  get under(): number {
    return this.#functions.reduce((sum, { under }) => sum + under, 0);
  }

  /** Instances that were there at once, at most; and ever. */
  get instances(): { readonly peak: number; readonly ever: number } {
    return { peak: this.#peak, ever: this.#instances };
  }

  /** Instances of one function that are there. */
  readyOf(of: number): number {
    return this.#of(of).instances.size;
  }

  arrive(invocation: Invocation): void {
    const known = this.#of(invocation.of);
    known.under += 1;
    known.waiting.push({ invocation, at: performance.now() });
    this.#assign(invocation.of);
    this.#say(invocation.of);
  }

  /** An instance is there. */
  up(of: number, id: string): void {
    const { instances } = this.#of(of);
    if (instances.has(id)) return;
    instances.set(id, { since: performance.now(), isBusy: false, isGone: false });
    this.#instances += 1;
    this.#peak = Math.max(
      this.#peak,
      this.#functions.reduce((sum, each) => sum + each.instances.size, 0),
    );
    this.#assign(of);
  }

  /** It ends: what it has under way is finished, as a graceful shutdown does. */
  down(of: number, id: string): void {
    const { instances } = this.#of(of);
    const instance = instances.get(id);
    if (instance !== undefined) instance.isGone = true;
    instances.delete(id);
  }

  /** Those that still wait are counted as if they began now, and wait no longer. */
  giveUp(): void {
    const now = performance.now();
    for (const [of, known] of this.#functions.entries()) {
      const waiting = known.waiting.splice(0);
      if (waiting.length === 0) continue;
      for (const { invocation, at } of waiting)
        this.#served.push({ of, latency: now - at, ms: invocation.ms, cold: true });
      known.under -= waiting.length;
      this.#say(of);
    }
  }

  /** It says nothing any more. */
  close(): void {
    clearInterval(this.#ticking);
  }

  #of(of: number): Known {
    return this.#functions[of] as Known;
  }

  #assign(of: number): void {
    const known = this.#of(of);
    for (const instance of known.instances.values()) {
      if (known.waiting.length === 0) return;
      if (!instance.isBusy) this.#begin(of, instance, known.waiting.shift() as Waiting);
    }
  }

  #begin(of: number, instance: Instance, { invocation, at }: Waiting): void {
    instance.isBusy = true;
    const { ms } = invocation;
    this.#served.push({ of, latency: performance.now() - at, ms, cold: instance.since > at });
    setTimeout(() => {
      instance.isBusy = false;
      const known = this.#of(of);
      known.under -= 1;
      const next = instance.isGone ? undefined : known.waiting.shift();
      if (next !== undefined) this.#begin(of, instance, next);
      this.#say(of);
    }, ms);
  }

  #say(of: number): void {
    const known = this.#of(of);
    known.saidAt = performance.now();
    this.#report(of, known.under);
  }

  /** Of what was ever said: who is silent is taken for gone. */
  #sayAgain(): void {
    const now = performance.now();
    for (const [of, { waiting, saidAt }] of this.#functions.entries()) {
      const after = waiting.length > 0 ? AGAIN_MS.waiting : AGAIN_MS.quiet;
      if (saidAt > 0 && now - saidAt >= after) this.#say(of);
    }
  }
}
