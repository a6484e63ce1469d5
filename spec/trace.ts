/**
 * What a trace is: NDJSON, a header, then a line a step. The same lines come from the simulator and from the running controller.
 *
 * A life begins with `started`, which holds all that the stage was told; every later line holds the event given and the effects asked for.
 * So the states in between need not be written: the stage is a pure function, and whoever reads the trace steps it again.
 * Whoever ran the stages may say what was done to them: `{"at": …, "world": {"fault": …}}` is a line that is no step.
 * A line is written before its effects are carried out: no step is hidden, and a last line without its end has changed nothing.
 */
import type { Effect } from './effects.ts';
import type { StageEvent } from './events.ts';
import type { JournalPod, JournalState } from './journal.ts';
import type { StageConfig } from './stage.ts';
import type { Incarnation, PeerName, Uid } from './vocabulary.ts';

/** Raised when lines change their meaning. @public */
export const TRACE_VERSION = 1;

/** First line of each file. @public */
export interface TraceHeader {
  readonly kubedirect: 'trace';
  readonly version: number;
}

/** The header of what is written now. @public */
export const TRACE_HEADER: TraceHeader = { kubedirect: 'trace', version: TRACE_VERSION };

/** What a stage was told at its start, as plain JSON. @public */
export interface RecordedConfig extends Omit<StageConfig, 'journal' | 'mutants'> {
  readonly mutants?: readonly string[];
  readonly journal?: Omit<JournalState, 'pods' | 'ended' | 'released'> & {
    readonly pods: readonly (readonly [Uid, JournalPod])[];
    readonly ended: readonly Uid[];
    readonly released: readonly string[];
  };
}

/** The first line of a life. @public */
export interface Started {
  readonly type: 'started';
  readonly config: RecordedConfig;
}

/** A step: what happened and what was asked. @public */
export interface StepRecord {
  readonly stage: PeerName;
  readonly incarnation: Incarnation;
  /** Counts the steps of this life from 1. */
  readonly step: number;
  readonly event: StageEvent | Started;
  readonly effects: readonly Effect[];
  /** The life ended in this step, after so many of its effects. */
  readonly crashedAfter?: number;
}

/** What a stage is told at a start, to be written. @public */
export function recordedConfig({ journal, mutants, ...config }: StageConfig): RecordedConfig {
  return {
    ...config,
    ...(mutants !== undefined && mutants.size > 0 && { mutants: [...mutants] }),
    ...(journal !== undefined && {
      journal: {
        ...journal,
        pods: [...journal.pods],
        ended: [...journal.ended],
        released: [...journal.released],
      },
    }),
  };
}

/** What was written, as the stage was told it. @public */
export function configOf({ journal, mutants, ...config }: RecordedConfig): StageConfig {
  return {
    ...config,
    ...(mutants !== undefined && { mutants: new Set(mutants) }),
    ...(journal !== undefined && {
      journal: {
        ...journal,
        pods: new Map(journal.pods),
        ended: new Set(journal.ended),
        released: new Set(journal.released),
      },
    }),
  };
}
