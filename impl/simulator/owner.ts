/**
 * The owner switch (protocol 9): two API servers that see a change of it at different moments, its policy, and the commands that
 * give the managed Pods to stock and take them back (as `impl/deploy/release.ts` does).
 */
import type { Acknowledgement, Side } from '../../spec/properties/index.ts';
import { isUndrained, type Owner } from '../../spec/vocabulary.ts';
import { admits } from '../explorer/stock.ts';
import type { Simulation } from './simulation.ts';
import { isSettled, syncReplicaSet } from './stockPods.ts';

/** How long the release waits for D, and looks again at what does not match, ms. */
const [FLUSH_WITHIN, LOOKS] = [1000, { first: 200, last: 2000, within: 120_000 }];
const POLL = 100;

/** The switch of one world. */
export class OwnerSwitch {
  readonly #sim: Simulation;
  /** What the API server that hears last still goes by; null: it has seen all. */
  #late: Owner | null = null;
  #changes = 0;

  constructor(sim: Simulation) {
    this.#sim = sim;
  }

  get fact() {
    return this.#sim.api.switch.get('switch') as NonNullable<ReturnType<Simulation['api']['switch']['get']>>;
  }

  /** As {@link admits} reads it. */
  get seen() {
    return { switch: this.fact, lagging: this.#late };
  }

  /** Whether the API server that a request reaches admits a side. */
  admits(side: Side): boolean {
    const late = this.#late !== null && this.#sim.dice('server').chance(0.5);
    return admits(this.seen, side, late, this.#sim.mutants);
  }

  /** Whether any admits stock. */
  get letsStock(): boolean {
    const { mutants } = this.#sim;
    return admits(this.seen, 'stock', false, mutants) || admits(this.seen, 'stock', true, mutants);
  }

  /** Writes the owner; the other API server sees it after a while. */
  write(owner: Owner, propagation: number): void {
    const before = this.#late ?? this.fact.owner;
    this.#changes += 1;
    const change = this.#changes;
    this.#sim.api.put('switch', 'switch', { owner, resourceVersion: '' });
    this.#late = before;
    this.#sim.clock.after(propagation, () => {
      if (change !== this.#changes) return;
      this.#late = null;
      this.#sim.judge.reign();
    });
  }

  /** Asks D to write its wants. */
  askToFlush(): string {
    const { owner } = this.fact;
    return this.#sim.api.put('switch', 'switch', { owner, resourceVersion: '', flush: true }).resourceVersion;
  }
}

const says = (said: Acknowledgement | undefined, owner: Owner, version: string) =>
  said?.owner === owner && said.switchVersion === version;

/** Gives the managed Pods to stock. */
export function release(sim: Simulation, flush: boolean, propagation: number): void {
  const { owner, api, clock } = sim;
  if (owner.fact.owner === 'stock') return;
  if (!flush) return turn();
  const version = owner.askToFlush();
  const end = clock.now + FLUSH_WITHIN;
  look();
  function look(): void {
    const isFlushed = says(api.acknowledged.get('deployment'), 'direct', version);
    if (isFlushed || clock.now >= end) turn();
    else clock.after(POLL, look);
  }
  function turn(): void {
    owner.write('stock', propagation);
    touch(sim, LOOKS.first, clock.now + LOOKS.within);
  }
}

/** Stock's own controller may sit in a long backoff: what does not match is touched until it does. */
function touch(sim: Simulation, wait: number, end: number): void {
  const { owner, api, clock } = sim;
  if (owner.fact.owner !== 'stock' || clock.now > end) return;
  const off = [...api.replicaSets.values()].filter((one) => !one.unmanaged && !isSettled(sim, one));
  if (off.length === 0) return;
  for (const one of off) {
    api.put('replicaSets', one.uid, one);
    syncReplicaSet(sim, one.uid);
  }
  clock.after(wait, () => touch(sim, Math.min(wait * 2, LOOKS.last), end));
}

/** R, if it ever ran, and each K that is not cancelled, as long as they have not acknowledged `stock`. */
function isUnacknowledged(sim: Simulation): boolean {
  const { api, owner } = sim;
  const has = (peer: string) => says(api.acknowledged.get(peer), 'stock', owner.fact.resourceVersion);
  if (api.leases.has('replicaset') && !has('replicaset')) return true;
  return [...api.nodes.values()].some(
    ({ name, agent, mark, drained }) =>
      agent !== null && !isUndrained(mark, drained) && !has(`kubelet/${name}`),
  );
}

/** Takes them back once all have acknowledged; gives up after a while, or never. */
export function takeBack(sim: Simulation, propagation: number, patience = LOOKS.within): void {
  const { owner, clock } = sim;
  const end = clock.now + patience;
  look();
  function look(): void {
    if (owner.fact.owner !== 'stock') return;
    if (!isUnacknowledged(sim)) return owner.write('direct', propagation);
    if (clock.now < end) clock.after(POLL * 2, look);
  }
}
