/** What a check says of a world: one row an engine, and the counterexample as a table. */
import { SIZES } from '../../../spec/worlds/sizes.ts';
import { checkWorld, type Effort, isLiveness, type Report } from '../../explorer/check.ts';
import type { Move } from '../../explorer/moves.ts';
import { tableOf } from '../../explorer/trace.ts';
import { searchWide } from '../../explorer/wide/search.ts';
import type { Setting } from '../../explorer/world.ts';
import { along } from '../../tlc/along.ts';
import { checkByTlc, type TlcEffort, type TlcReport } from '../../tlc/check.ts';
import type { Difference } from '../../tlc/compare.ts';
import { compare, dumpedGraph, exploredGraph } from '../../tlc/equality.ts';
import type { Toolchain } from '../../tlc/resolve.ts';
import { CHECK_EXIT } from '../exit.ts';
import type { Part } from './parts.ts';

/** One line of the table. */
export interface Row {
  readonly world: string;
  readonly engine: 'explorer' | 'tlc' | 'equal';
  readonly how: 'searched' | 'walked';
  /** Of a long check: what of the world it is about. */
  readonly part?: Part;
  readonly states: number;
  readonly edges: number;
  readonly depth: number;
  readonly milliseconds: number;
  /** Most memory that the process held; null where the system does not say. For the explorer, of all it did so far. */
  readonly megabytes: number | null;
  readonly verdict: string;
  /** What the process exits with if this is the worst row. */
  readonly exit: number;
  /** Of a counterexample; null where there is none, or none that the machines can follow. */
  readonly moves: readonly Move[] | null;
  /** Of a counterexample that goes on for ever: the number of moves after which the loop begins. The last of the moves closes it. */
  readonly loop?: number;
  /** More lines for people. */
  readonly details: readonly string[];
}

/** A counterexample as lines: each move, and what it changed. */
function linesOf(setting: Setting, moves: readonly Move[]): readonly string[] {
  return tableOf(setting, moves).flatMap(({ step, what, changed }) => [
    `  ${String(step).padStart(3)}  ${what}`,
    ...changed.map((line) => `         ${line}`),
  ]);
}

/** How many states the world is said to have, if it is said, all were searched, and there were not so many. */
function otherSize({ world, how, complete, states }: Report, isMutated: boolean): number | null {
  const pinned = SIZES[world];
  if (pinned === undefined || isMutated || how === 'walked' || !complete) return null;
  return states === pinned ? null : pinned;
}

/** Of a world that has more states than were to be searched. */
export const UNFINISHED = 'held as far as searched';

function verdictOf(report: Report, isMutated: boolean): string {
  const { violation, complete, unseen } = report;
  if (violation !== null) return `${violation.property} BROKEN in ${violation.moves.length} steps`;
  if (!complete) return UNFINISHED;
  const size = otherSize(report, isMutated);
  const wrong = [
    ...(unseen.length > 0 ? [`never seen: ${unseen.join(', ')}`] : []),
    ...(size === null ? [] : [`not the ${size.toLocaleString('en')} states that are pinned`]),
  ];
  return ['held', ...wrong].join(', but ');
}

function exitOf(report: Report, isMutated: boolean): number {
  const { violation, complete, unseen } = report;
  if (violation !== null) return isLiveness(violation.property) ? CHECK_EXIT.liveness : CHECK_EXIT.invariant;
  // What was not searched to the end may yet be seen.
  if (!complete) return CHECK_EXIT.held;
  if (otherSize(report, isMutated) !== null) return CHECK_EXIT.unseen;
  return unseen.length > 0 && !isMutated ? CHECK_EXIT.unseen : CHECK_EXIT.held;
}

/** Worlds that each thread of a wide search keeps: a level of a large world, in some hundred megabytes. */
const WORLDS_KEPT = 20_000;

/** Most memory that this process has held. */
const ownMegabytes = () => Math.round(process.resourceUsage().maxRSS / 1024);

/** The explorer's row. */
export function explorerRow(setting: Setting, effort: Effort): Row {
  return explorerRowOf(setting, checkWorld(setting, effort));
}

/** The same by a search of several threads in bounded memory; a world that is walked is walked. */
export async function wideRow(setting: Setting, effort: Effort, threads: number): Promise<Row> {
  if (setting.description.walkOnly) return explorerRow(setting, effort);
  const { maxStates } = effort;
  return explorerRowOf(setting, await searchWide(setting, { maxStates, threads, worldsKept: WORLDS_KEPT }));
}

function explorerRowOf(setting: Setting, report: Report): Row {
  const { world, how, states, transitions, depth, milliseconds, violation } = report;
  const isMutated = setting.mutants.size > 0;
  const details =
    violation === null
      ? []
      : [
          `  ${violation.property}: ${violation.text}`,
          '',
          ...linesOf(setting, violation.moves),
          ...(violation.round === undefined
            ? []
            : [`  and round again, for ever: ${violation.round.length} moves`]),
        ];
  const round = violation?.round;
  return {
    world,
    engine: 'explorer',
    how,
    states,
    edges: transitions,
    depth,
    milliseconds,
    megabytes: ownMegabytes(),
    verdict: verdictOf(report, isMutated),
    exit: exitOf(report, isMutated),
    moves: violation === null ? null : [...violation.moves, ...(round ?? [])],
    ...(round !== undefined && { loop: violation?.moves.length as number }),
    details,
  };
}

/** What TLC saw that the machines do not do: its actions alone. */
function strangeLines(violation: NonNullable<TlcReport['violation']>): readonly string[] {
  const actions = violation.behaviour.flatMap(({ action }) => action ?? []);
  return [
    '  the machines can not follow this:',
    ...actions.map((name, at) => `  ${String(at + 1).padStart(3)}  ${name}`),
  ];
}

function tlcRowOf(setting: Setting, report: TlcReport): Row {
  const { world, states, transitions, depth, milliseconds, megabytes, violation } = report;
  const base = {
    world,
    engine: 'tlc',
    how: 'searched',
    states,
    edges: transitions,
    depth,
    milliseconds,
    megabytes,
  } as const;
  if (violation === null)
    return { ...base, verdict: 'held', exit: CHECK_EXIT.held, moves: null, details: [] };
  const { property, kind, behaviour, moves, loop } = violation;
  return {
    ...base,
    verdict: `${property} BROKEN in ${behaviour.length - 1} steps`,
    exit: kind === 'liveness' ? CHECK_EXIT.liveness : CHECK_EXIT.invariant,
    moves,
    ...(loop !== undefined && { loop }),
    details: moves === null ? strangeLines(violation) : linesOf(setting, moves),
  };
}

/** TLC's row. */
export async function tlcRow(toolchain: Toolchain, setting: Setting, effort: TlcEffort): Promise<Row> {
  return tlcRowOf(setting, await checkByTlc(toolchain, setting, effort));
}

/** TLC's row, and that of the comparison with the explorer, if TLC saw the whole graph. */
export async function tlcAndEqualRows(
  toolchain: Toolchain,
  setting: Setting,
  effort: TlcEffort,
  maxStates: number,
): Promise<readonly Row[]> {
  const [row, dumped] = await dumpedGraph(
    (dump) => tlcRow(toolchain, setting, { ...effort, dump }),
    (one) => one.exit === CHECK_EXIT.held,
  );
  if (dumped === null) return [row];
  const begin = performance.now();
  const explored = exploredGraph(setting, maxStates);
  const { states, edges, difference } = compare(explored, dumped);
  const base = {
    world: row.world,
    engine: 'equal',
    how: 'searched',
    states: states[0],
    edges: edges[0],
    depth: row.depth,
    milliseconds: Math.round(performance.now() - begin),
    megabytes: ownMegabytes(),
  } as const;
  if (difference === null)
    return [
      row,
      { ...base, verdict: 'same states, same edges', exit: CHECK_EXIT.held, moves: null, details: [] },
    ];
  const moves = difference.side === 0 ? explored.movesTo(difference.states.at(-1) as number) : null;
  const details = differenceLines(setting, difference, moves);
  return [row, { ...base, verdict: 'DIFFERENT', exit: CHECK_EXIT.differ, moves, details }];
}

/** Runs of a world that is too wide to be compared whole, and how long they are. */
const ALONG = { runs: 20, steps: 60 };

/** How TLC goes along with random runs of the machines. */
export async function alongRow(
  toolchain: Toolchain,
  setting: Setting,
  { folder }: TlcEffort,
  seed: number,
): Promise<Row> {
  const begin = performance.now();
  const all = await along(toolchain, setting, { ...ALONG, seed }, folder);
  const parted = all.find(({ moves, run }) => moves < run.length);
  const moves = all.reduce((sum, { run }) => sum + run.length, 0);
  const way = parted?.run.slice(0, parted.moves + 1) ?? null;
  return {
    world: setting.description.name,
    engine: 'equal',
    how: 'walked',
    states: moves,
    edges: moves,
    depth: Math.max(...all.map(({ run }) => run.length)),
    milliseconds: Math.round(performance.now() - begin),
    megabytes: ownMegabytes(),
    verdict: way === null ? `same states along ${all.length} random runs` : 'DIFFERENT',
    exit: way === null ? CHECK_EXIT.held : CHECK_EXIT.differ,
    moves: way,
    details: way === null ? [] : ['  the spec does not go along with:', ...linesOf(setting, way)],
  };
}

const SIDES = ['the machines', 'the spec'] as const;
const WHATS = {
  state: 'reach a state that the other has not',
  edge: 'take a step that the other has not',
  twin: 'tell apart two states that are one to the other',
} as const;

function differenceLines(
  setting: Setting,
  { side, what, actions }: Difference,
  moves: readonly Move[] | null,
): readonly string[] {
  const steps = actions.map((name, at) => `  ${String(at + 1).padStart(3)}  ${name}`);
  const told = moves === null || what === 'edge' ? [] : linesOf(setting, moves);
  return [`  ${SIDES[side]} ${WHATS[what]}, after:`, ...steps, ...(told.length > 0 ? ['', ...told] : [])];
}
