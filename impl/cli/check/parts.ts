/**
 * A long check looks at a world in two parts, each for itself: its states and steps, with what is said of them and whether both engines have
 * the same; and, later, what is said of all that is to come, which costs several times as much.
 */
import { WORLDS, type WorldDescription } from '../../../spec/worlds/index.ts';
import { SIZES } from '../../../spec/worlds/sizes.ts';
import type { Record } from './records.ts';

/** A part of a world. */
export type Part = 'graph' | 'liveness';

/** Under which a part's record is known. */
export const partKey = (world: string, part: Part = 'graph') =>
  part === 'graph' ? world : `${world} ${part}`;

/** The parts of a world; of a shape the first. */
export function partsOf(name: string): readonly Part[] {
  const world = WORLDS.find((one) => one.name === name);
  return (world?.eventually ?? []).length === 0 || world?.walkOnly ? ['graph'] : ['graph', 'liveness'];
}

/** The world of which that part alone is said. */
export function partOf(world: WorldDescription, part: Part | undefined): WorldDescription {
  if (part === undefined) return world;
  return part === 'graph' ? { ...world, eventually: [] } : { ...world, always: [], sometimes: [] };
}

const LATE = /^not ended within ([\d.]+) min$/;

/** Milliseconds that a state may take where nobody has measured, and those of a world of which not even the size is known. */
const A_STATE = 10;
const UNKNOWN = 10_000_000;

/** What a part will cost: what it did the last time, else by its size; liveness comes after all graphs. */
export function costOf(name: string, part: Part, records: ReadonlyMap<string, Record>): number {
  const rows = records.get(partKey(name, part))?.rows ?? [];
  const took = rows.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const isWhole = rows.length > 0 && !rows.some(({ verdict }) => LATE.test(verdict));
  const size = SIZES[name];
  const guess = size === undefined ? UNKNOWN : size * A_STATE;
  return (isWhole ? took : guess) + (part === 'graph' ? 0 : 1e9);
}

/** Whether the rows tell all of a world's states: what is to come is not asked of half a graph. */
export const isWhole = (rows: Record['rows']): boolean =>
  rows.some(({ engine, how, verdict }) => engine === 'explorer' && how === 'searched' && verdict === 'held');

/** What is said of a world that was given up. */
export const lateText = (minutes: number | undefined) => `not ended within ${minutes} min`;

/** Whether a world was given up that would have more time now. */
export const wasHurried = (rows: Record['rows'], minutes = Number.POSITIVE_INFINITY): boolean =>
  rows.some(({ verdict }) => Number(LATE.exec(verdict)?.[1] ?? minutes) < minutes);
