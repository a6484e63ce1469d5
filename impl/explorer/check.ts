/** Checks one world: searched to the end, its liveness on the graph; or walked at random, where it is too wide for that. */
import { PROPERTIES, type PropertyName } from '../../spec/properties/index.ts';
import { findLasso, roundOf } from './liveness.ts';
import { isOptional, type Move } from './moves.ts';
import { type Checks, search } from './search.ts';
import { snapshot } from './snapshot.ts';
import { type Edge, firstWorld, retrace, worldChecks } from './system.ts';
import { walk } from './walk.ts';
import type { Setting, World } from './world.ts';
import { worldSystem } from './worldSystem.ts';

/** What a check found. */
export interface Report {
  readonly world: string;
  readonly how: 'searched' | 'walked';
  /** States, or moves of walks. */
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  readonly complete: boolean;
  readonly milliseconds: number;
  readonly violation: {
    readonly property: string;
    readonly text: string;
    readonly moves: readonly Move[];
    /** It goes on for ever: one way round, from the last of the moves on. */
    readonly round?: readonly Move[];
  } | null;
  /** Witnesses that were never seen. */
  readonly unseen: readonly string[];
}

/** How far to go. */
export interface Effort {
  readonly maxStates: number;
  readonly walks: number;
  readonly seed: number;
  readonly steps: number;
}

/** Enough for every world that CI searches. */
export const DEFAULT_EFFORT: Effort = { maxStates: 400_000, walks: 20, seed: 1, steps: 200 };

/** Whether the broken property is about what happens in the end. */
export function isLiveness(property: string): boolean {
  return PROPERTIES[property as keyof typeof PROPERTIES]?.kind === 'rest';
}

/** What must hold for good, said of the states at rest: broken there, it is broken, and the shortest way is known. */
export function restChecks(setting: Setting): NonNullable<Checks<World, Edge>['rest']> {
  const check = (name: PropertyName) => (world: World) =>
    PROPERTIES[name].check(snapshot(setting, world) as never);
  return {
    optional: ({ move }) => isOptional(move),
    states: Object.fromEntries(setting.description.eventually.map((name) => [name, check(name)])),
  };
}

const movesOf = (edges: readonly Edge[]) => edges.map(({ move }) => move);

/** What names an action for fairness: who acts on what. Which of several answers a read gives is not up to fairness. */
export function actionOf({ move }: Edge): string {
  if (move.kind === 'answer') return `answer ${move.process}`;
  const { kind, ...rest } = move;
  return `${kind} ${Object.values(rest).join(' ')}`;
}

function searchWorld(setting: Setting, maxStates: number): Omit<Report, 'milliseconds'> {
  const { description } = setting;
  const system = worldSystem(setting);
  const live = description.eventually.length > 0;
  const outside = new Map<number, string>();
  let number = 0;
  const checks = worldChecks(setting);
  // Goals are looked at once a state, in the order of discovery, which is that of the states' numbers.
  const goalOf = (world: World): null => {
    const view = snapshot(setting, world);
    for (const name of description.eventually)
      if (PROPERTIES[name].check(view as never) !== null) outside.set(number, name);
    number += 1;
    return null;
  };
  const states = live ? { '': goalOf, ...checks.states } : checks.states;
  const rest = restChecks(setting);
  const result = search(system, { ...checks, states, rest }, { maxStates, keepGraph: live });
  const unseen = description.sometimes.filter((name) => result.witnessed[name] === undefined);
  const { states: size, transitions, depth, complete } = result;
  const report = {
    world: description.name,
    how: 'searched' as const,
    states: size,
    transitions,
    depth,
    complete,
    unseen,
  };
  if (result.violation !== null) {
    const { property, text, path } = result.violation;
    return { ...report, violation: { property, text, moves: movesOf(path) } };
  }
  const fairness = { optional: ({ move }: Edge) => isOptional(move), action: actionOf };
  const { graph } = result;
  const lasso =
    graph !== null && complete ? findLasso(graph, (state) => !outside.has(state), fairness) : null;
  if (graph === null || lasso === null) return { ...report, violation: null };
  const moves = movesOf(result.pathTo(lasso.state));
  const property = outside.get(lasso.state) ?? '';
  const text = `${restText(setting, moves, property)} (for ever, in ${lasso.component.length} states)`;
  const round = movesOf(roundOf(graph, lasso, fairness));
  return { ...report, violation: { property, text, moves, ...(round.length > 0 && { round }) } };
}

/** What is wrong with the state that moves lead to. */
export function restText(setting: Setting, moves: readonly Move[], property: string): string {
  let world = firstWorld(setting);
  for (const [, , after] of retrace(setting, moves)) world = after;
  return PROPERTIES[property as keyof typeof PROPERTIES].check(snapshot(setting, world) as never) ?? '';
}

function walkWorld(setting: Setting, { walks, seed, steps }: Effort): Omit<Report, 'milliseconds'> {
  const { description } = setting;
  const seen = new Set<string>();
  let moves = 0;
  let depth = 0;
  const report = { world: description.name, how: 'walked' as const, complete: true };
  for (let at = 0; at < walks; at += 1) {
    const { edges, violation, witnessed } = walk(setting, { seed: seed + at, steps });
    moves += edges.length;
    depth = Math.max(depth, edges.length);
    for (const name of witnessed) seen.add(name);
    if (violation !== null) {
      const text = `${violation.text} (seed ${seed + at})`;
      const found = { property: violation.property, text, moves: movesOf(edges) };
      return { ...report, states: moves, transitions: moves, depth, violation: found, unseen: [] };
    }
  }
  const unseen = description.sometimes.filter((name) => !seen.has(name));
  return { ...report, states: moves, transitions: moves, depth, violation: null, unseen };
}

/** Checks a world as its description says. */
export function checkWorld(setting: Setting, effort: Effort = DEFAULT_EFFORT): Report {
  const begin = performance.now();
  const report = setting.description.walkOnly
    ? walkWorld(setting, effort)
    : searchWorld(setting, effort.maxStates);
  return { ...report, milliseconds: Math.round(performance.now() - begin) };
}
