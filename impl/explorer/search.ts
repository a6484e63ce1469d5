/**
 * Breadth-first search of a system: every state once, the shortest way to each, properties on the way.
 *
 * Only fingerprints of visited states are kept, with the way back; the states themselves are kept while they wait
 * to be expanded. A counterexample is found again by replaying its moves.
 */

/** One way to go on. */
export interface Successor<State, Label> {
  readonly label: Label;
  readonly state: State;
}

/** Anything that can be searched. */
export interface System<State, Label> {
  readonly initial: State;
  readonly successors: (state: State) => Iterable<Successor<State, Label>>;
  /** Equal for states that need not be told apart. */
  readonly fingerprint: (state: State) => string;
}

/** Properties to check. A check says what is wrong, or null. */
export interface Checks<State, Label> {
  readonly states: Readonly<Record<string, (state: State) => string | null>>;
  readonly steps: Readonly<Record<string, (before: State, label: Label, after: State) => string | null>>;
  readonly witnesses: Readonly<Record<string, (state: State) => boolean>>;
  /** Of states from which only what is optional leads on. */
  readonly rest?: {
    readonly optional: (label: Label) => boolean;
    readonly states: Readonly<Record<string, (state: State) => string | null>>;
  };
}

/** What to stop at. */
export interface Limits {
  readonly maxStates: number;
  /** Keep edges for {@link Result.graph}. */
  readonly keepGraph?: boolean;
}

/** How to make what is kept of each edge small. */
export type Slim<Label> = (label: Label) => Label;

/** A property that does not hold, and the shortest way to see it. */
export interface Violation<Label> {
  readonly property: string;
  readonly text: string;
  readonly path: readonly Label[];
}

/** Edges between states by number, in the order of discovery. */
export interface Graph<Label> {
  readonly edges: readonly (readonly { readonly to: number; readonly label: Label }[])[];
}

/** What a search found. */
export interface Result<Label> {
  readonly states: number;
  readonly transitions: number;
  /** Length of the longest shortest path. */
  readonly depth: number;
  /** False if the limit cut it short. */
  readonly complete: boolean;
  readonly violation: Violation<Label> | null;
  /** Witness → length of the shortest path to it; absent if never seen. */
  readonly witnessed: Readonly<Record<string, number>>;
  readonly graph: Graph<Label> | null;
  /** The way to a state by number. */
  readonly pathTo: (state: number) => readonly Label[];
}

/** Visited states: fingerprint → number, and for each the state it was found from. */
class Visited<Label> {
  readonly #numbers = new Map<string, number>();
  readonly #parents: number[] = [];
  readonly #labels: (Label | null)[] = [];
  readonly depths: number[] = [];

  get size(): number {
    return this.#parents.length;
  }
  numberOf(fingerprint: string): number | undefined {
    return this.#numbers.get(fingerprint);
  }
  add(fingerprint: string, parent: number, label: Label | null): number {
    const number = this.#parents.length;
    this.#numbers.set(fingerprint, number);
    this.#parents.push(parent);
    this.#labels.push(label);
    this.depths.push(parent < 0 ? 0 : (this.depths[parent] as number) + 1);
    return number;
  }
  pathTo(state: number): readonly Label[] {
    const path: Label[] = [];
    for (let at = state; (this.#parents[at] as number) >= 0; at = this.#parents[at] as number)
      path.push(this.#labels[at] as Label);
    return path.reverse();
  }
}

/** First check that fails. */
export function failing<Args extends readonly unknown[]>(
  checks: Readonly<Record<string, (...args: Args) => string | null>>,
  ...args: Args
): { property: string; text: string } | null {
  for (const property of Object.keys(checks)) {
    const text = checks[property]?.(...args) ?? null;
    if (text !== null) return { property, text };
  }
  return null;
}

/**
 * Searches breadth first until all is seen, the limit is met, or a check fails.
 * An error thrown by the system (a broken invariant) is a violation of `NoInvariantBroken`.
 *
 * @param slim - makes the labels that are kept smaller
 */
export function search<State, Label>(
  system: System<State, Label>,
  checks: Checks<State, Label>,
  limits: Limits,
  slim: Slim<Label> = (label) => label,
): Result<Label> {
  const visited = new Visited<Label>();
  const witnessed: Record<string, number> = {};
  const edges: { to: number; label: Label }[][] = [];
  let transitions = 0;
  let complete = true;
  let violation: Violation<Label> | null = null;

  const meet = (number: number, state: State) => {
    for (const [name, sees] of Object.entries(checks.witnesses))
      if (witnessed[name] === undefined && sees(state)) witnessed[name] = visited.depths[number] as number;
    const failed = failing(checks.states, state);
    if (failed !== null) violation = { ...failed, path: visited.pathTo(number) };
  };

  let frontier: { number: number; state: State }[] = [
    { number: visited.add(system.fingerprint(system.initial), -1, null), state: system.initial },
  ];
  meet(0, system.initial);
  while (frontier.length > 0 && violation === null && complete) {
    const next: { number: number; state: State }[] = [];
    for (const { number, state } of frontier) {
      const out: { to: number; label: Label }[] = [];
      let isAtRest = true;
      if (limits.keepGraph) edges[number] = out;
      for (const successor of guarded(system, state)) {
        if ('error' in successor) {
          const path = [...visited.pathTo(number), successor.label];
          violation = { property: 'NoInvariantBroken', text: successor.error, path };
          break;
        }
        transitions += 1;
        isAtRest &&= checks.rest?.optional(successor.label) ?? false;
        const failed = failing(checks.steps, state, successor.label, successor.state);
        if (failed !== null) {
          violation = { ...failed, path: [...visited.pathTo(number), successor.label] };
          break;
        }
        const key = system.fingerprint(successor.state);
        let to = visited.numberOf(key);
        if (to === undefined) {
          to = visited.add(key, number, slim(successor.label));
          meet(to, successor.state);
          next.push({ number: to, state: successor.state });
        }
        if (limits.keepGraph) out.push({ to, label: slim(successor.label) });
        if (violation !== null) break;
      }
      if (violation !== null) break;
      const restless = checks.rest && isAtRest ? failing(checks.rest.states, state) : null;
      if (restless !== null) {
        violation = { ...restless, path: visited.pathTo(number) };
        break;
      }
      if (visited.size >= limits.maxStates) {
        complete = false;
        break;
      }
    }
    frontier = next;
  }
  return {
    states: visited.size,
    transitions,
    depth: visited.depths.at(-1) ?? 0,
    complete: complete && violation === null,
    violation,
    witnessed,
    graph: limits.keepGraph ? { edges } : null,
    pathTo: (state) => visited.pathTo(state),
  };
}

/** An error that a move led to. */
export class MoveError<Label> extends Error {
  readonly label: Label;
  constructor(label: Label, cause: unknown) {
    super(cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause), { cause });
    this.label = label;
  }
}

function* guarded<State, Label>(
  system: System<State, Label>,
  state: State,
): Generator<Successor<State, Label> | { label: Label; error: string }> {
  try {
    yield* system.successors(state);
  } catch (error) {
    if (!(error instanceof MoveError)) throw error;
    yield { label: error.label as Label, error: error.message };
  }
}
