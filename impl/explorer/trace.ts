/**
 * A run as NDJSON: one line a step, in the form that the running controller records (stage, incarnation, step, event,
 * effects), with a digest of the state after; and a line for each move of the environment between them.
 */
import { hash } from 'node:crypto';
import type { Effect } from '../../spec/effects.ts';
import { changes, describeMove } from './describe.ts';
import { stateText } from './encode.ts';
import type { Move } from './moves.ts';
import { snapshot } from './snapshot.ts';
import { type Edge, retrace } from './system.ts';
import type { Setting, StepRecord, World } from './world.ts';

/** A line of a trace. */
export type TraceLine =
  | {
      readonly stage: string;
      readonly incarnation: number;
      readonly step: number;
      readonly event: unknown;
      readonly effects: readonly Effect[];
      readonly crashedAfter?: number;
      /** Of the state after the step; null if the process ended in it. */
      readonly digest: string | null;
    }
  | { readonly move: Move };

/** One move of a run, for people. */
export interface Row {
  readonly step: number;
  readonly what: string;
  readonly changed: readonly string[];
}

function lineOf(setting: Setting, after: World, counts: Map<string, number>, step: StepRecord): TraceLine {
  const number = (counts.get(step.process) ?? 0) + 1;
  counts.set(step.process, number);
  const process = after.processes[step.process];
  return {
    stage: step.peer,
    incarnation: step.incarnation,
    step: number,
    event: step.event ?? { type: 'started' },
    effects: step.effects,
    ...(step.crashedAfter === undefined ? {} : { crashedAfter: step.crashedAfter }),
    digest: process === undefined ? null : hash('sha256', stateText(setting, process)).slice(0, 16),
  };
}

/** The run as lines. The last move may be one that a stage could not bear; it is left out. */
export function traceOf(setting: Setting, moves: readonly Move[]): readonly TraceLine[] {
  const counts = new Map<string, number>();
  const lines: TraceLine[] = [];
  for (const [, { move, steps }, after] of bearable(setting, moves)) {
    if (steps.length === 0) lines.push({ move });
    for (const step of steps) lines.push(lineOf(setting, after, counts, step));
  }
  return lines;
}

/** The run as a table: what each move changed. */
export function tableOf(setting: Setting, moves: readonly Move[]): readonly Row[] {
  const rows: Row[] = [];
  for (const [before, edge, after] of bearable(setting, moves)) {
    const changed = changes(snapshot(setting, before), snapshot(setting, after));
    rows.push({ step: rows.length + 1, what: describeMove(edge), changed });
  }
  return rows;
}

function* bearable(setting: Setting, moves: readonly Move[]): Generator<[World, Edge, World]> {
  try {
    yield* retrace(setting, moves);
  } catch {
    // The move that broke an invariant is the counterexample's last; what it broke is said with it.
  }
}
