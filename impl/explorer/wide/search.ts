/**
 * Breadth-first search by several threads, level by level. What is kept of a state is some thirty bytes (a hash, the way back, the
 * edges that liveness needs); worlds are kept as far as there is room for them, and made again where they are missing. So memory is
 * bounded, and numbers, counts and the counterexample (the shortest) do not depend on how many threads there are.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { isLiveness, type Report, restText } from '../check.ts';
import { hashOf } from '../fingerprint.ts';
import { findLassoIn } from '../liveness.ts';
import type { Move } from '../moves.ts';
import { firstWorld, successors } from '../system.ts';
import type { Setting } from '../world.ts';
import { type Broken, type Expansion, OPTIONAL } from './expand.ts';
import { CompactGraph } from './graph.ts';
import type { Order } from './thread.ts';
import { Tree } from './tree.ts';
import { Visited } from './visited.ts';

/** How to search. */
export interface WideEffort {
  readonly maxStates: number;
  readonly threads: number;
  /** Worlds that each thread keeps at most. */
  readonly worldsKept: number;
}

/** What it found, and how often a world had to be made again. */
export type WideReport = Report & { readonly remade: number };

/** States looked at in one order. */
const CHUNK = 64;

/** One thread, and what it has to be told with its next order. */
class Thread {
  readonly worker: Worker;
  fresh: [number, Uint8Array][] = [];
  remade = 0;
  /** Its numbers of actions → ours. */
  readonly actions: number[] = [];

  constructor(worker: Worker) {
    this.worker = worker;
  }

  async expand(from: number, to: number): Promise<Expansion> {
    const order: Order = { from, to, fresh: this.fresh };
    this.fresh = [];
    this.worker.postMessage(order);
    const [{ expansion, remade }] = (await once(this.worker, 'message')) as [
      { expansion: Expansion; remade: number },
    ];
    this.remade = remade;
    return expansion;
  }
}

/** All that is known of a search under way. */
class Search {
  readonly #setting: Setting;
  readonly #tree: Tree;
  readonly #visited: Visited;
  readonly #graph: CompactGraph | null;
  readonly #owners: Uint8Array;
  readonly #outside: Uint8Array;
  readonly #actions = new Map<string, number>();
  readonly #threads: readonly Thread[];
  readonly #broken: Broken[] = [];
  readonly witnessed = new Set<string>();
  size = 1;
  transitions = 0;
  depth = 0;
  complete = true;

  constructor(setting: Setting, capacity: number, tree: Tree, threads: readonly Thread[]) {
    this.#setting = setting;
    this.#tree = tree;
    this.#threads = threads;
    this.#visited = new Visited(capacity);
    this.#graph = setting.description.eventually.length > 0 ? new CompactGraph(capacity) : null;
    this.#owners = new Uint8Array(capacity);
    this.#outside = new Uint8Array(capacity);
    tree.add(0, -1, 0);
    this.#visited.meet(...hashOf(setting, firstWorld(setting)), 0);
  }

  async run(): Promise<void> {
    let from = 0;
    while (from < this.size && this.complete && this.#broken.length === 0) {
      const to = this.size;
      await this.#level(from, to);
      if (this.size > to) this.depth += 1;
      from = to;
    }
  }

  /** States in a row, found by one thread. */
  #chunks(from: number, to: number): readonly (readonly [number, number])[] {
    const chunks: [number, number][] = [];
    for (let at = from; at < to; at += 1) {
      const last = chunks.at(-1);
      const goesOn = last !== undefined && at - last[0] < CHUNK && this.#owners[last[0]] === this.#owners[at];
      if (goesOn) last[1] = at + 1;
      else chunks.push([at, at + 1]);
    }
    return chunks;
  }

  async #level(from: number, to: number): Promise<void> {
    const chunks = this.#chunks(from, to);
    const mine = this.#threads.map((): number[] => []);
    for (const [at, [first]] of chunks.entries()) mine[this.#owners[first] as number]?.push(at);
    const found: ([Expansion, number] | undefined)[] = [];
    let next = 0;
    const work = async (thread: Thread, number: number) => {
      for (;;) {
        // Its own first: it still has those worlds. Then the last of who has most to do.
        const longest = [...mine].sort((a, b) => b.length - a.length)[0];
        const at = mine[number]?.shift() ?? longest?.pop();
        if (at === undefined) return;
        const [first, end] = chunks[at] as [number, number];
        found[at] = [await thread.expand(first, end), number];
        // In the order of the states, so that their successors are numbered alike each time.
        for (let ready = found[next]; ready !== undefined; ready = found[next]) {
          this.#take(...ready);
          found[next] = undefined;
          next += 1;
        }
      }
    };
    await Promise.all(this.#threads.map(work));
  }

  #take(expansion: Expansion, number: number): void {
    const { from, counts, hashes, actions, named, outside, witnessed, broken } = expansion;
    const thread = this.#threads[number] as Thread;
    for (const name of named) thread.actions.push(this.#numberOf(name));
    for (const name of witnessed) this.witnessed.add(name);
    this.#broken.push(...broken);
    const isNew = new Uint8Array(actions.length);
    let edge = 0;
    for (const [offset, count] of counts.entries()) {
      const state = from + offset;
      this.#outside[state] = outside[offset] as number;
      this.#graph?.open();
      for (let ordinal = 0; ordinal < count; ordinal += 1) {
        const to = this.#meet(hashes[edge * 2] as number, hashes[edge * 2 + 1] as number);
        if (to !== null) {
          isNew[edge] = to === this.size ? 1 : 0;
          if (to === this.size) this.#add(state, ordinal, number);
          const action = actions[edge] as number;
          if (action !== OPTIONAL) this.#graph?.add(to, thread.actions[action] as number);
        }
        edge += 1;
      }
    }
    this.transitions += edge;
    thread.fresh.push([from, isNew]);
  }

  /** Null where there is no more room. */
  #meet(high: number, low: number): number | null {
    if (this.size < this.#tree.capacity) return this.#visited.meet(high, low, this.size);
    this.complete = false;
    return null;
  }

  #add(parent: number, ordinal: number, owner: number): void {
    this.#tree.add(this.size, parent, ordinal);
    this.#owners[this.size] = owner;
    this.size += 1;
  }

  #numberOf(name: string): number {
    const known = this.#actions.get(name) ?? this.#actions.size;
    this.#actions.set(name, known);
    return known;
  }

  /** The moves to a state. */
  #movesTo(state: number): readonly Move[] {
    const moves: Move[] = [];
    let world = firstWorld(this.#setting);
    for (const at of this.#tree.wayTo(state).slice(1)) {
      const way = [...successors(this.#setting, world)][this.#tree.ordinalOf(at)];
      if (way === undefined) throw new Error(`no way to state ${at}`);
      moves.push(way.label.move);
      world = way.state;
    }
    return moves;
  }

  /** The first of the shortest. */
  #breach(): Report['violation'] {
    const lengthOf = ({ state, step }: Broken) =>
      this.#tree.wayTo(state).length - 1 + (step === null ? 0 : 1);
    const [first] = [...this.#broken].sort((a, b) => lengthOf(a) - lengthOf(b) || a.state - b.state);
    if (first === undefined) return null;
    const { state, step, property, text } = first;
    const moves = this.#movesTo(state);
    return { property, text, moves: step === null ? moves : [...moves, step] };
  }

  #lasso(): Report['violation'] {
    if (this.#graph === null || !this.complete) return null;
    const lasso = findLassoIn(this.#graph, (state) => this.#outside[state] === 0);
    if (lasso === null) return null;
    const moves = this.#movesTo(lasso.state);
    const index = (this.#outside[lasso.state] as number) - 1;
    const property = this.#setting.description.eventually[index] as string;
    const text = `${restText(this.#setting, moves, property)} (for ever, in ${lasso.component.length} states)`;
    return { property, text, moves };
  }

  violation(): Report['violation'] {
    return this.#breach() ?? this.#lasso();
  }
}

/** Searches a world by several threads. */
export async function searchWide(setting: Setting, effort: WideEffort): Promise<WideReport> {
  const begin = performance.now();
  const { maxStates, threads: count, worldsKept } = effort;
  const tree = new Tree(maxStates);
  const { description, mutants } = setting;
  const workerData = {
    ...{ description, mutants: [...mutants], capacity: maxStates },
    ...{ tree: tree.buffer, worldsKept },
  };
  const program = new URL('./thread.ts', import.meta.url);
  const threads = Array.from({ length: count }, () => new Thread(new Worker(program, { workerData })));
  try {
    const search = new Search(setting, maxStates, tree, threads);
    await search.run();
    const violation = search.violation();
    const isSafety = violation !== null && !isLiveness(violation.property);
    return {
      world: description.name,
      how: 'searched',
      states: search.size,
      transitions: search.transitions,
      depth: search.depth,
      complete: search.complete && !isSafety,
      milliseconds: Math.round(performance.now() - begin),
      violation,
      unseen: description.sometimes.filter((name) => !search.witnessed.has(name)),
      remade: threads.reduce((sum, { remade }) => sum + remade, 0),
    };
  } finally {
    await Promise.all(threads.map(({ worker }) => worker.terminate()));
  }
}
