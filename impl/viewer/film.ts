/**
 * A film: what the viewer shows of any run, as plain JSON. A frame is a step of a stage, or something that the world did.
 *
 * States need not be in it: a stage is a pure function, so whoever looks at a frame steps its machine again (`rerun.ts`).
 */
import type { RecordView } from '../../spec/properties/index.ts';
import type { StepRecord } from '../../spec/trace.ts';
import { type PeerName, STAGES, stageOf } from '../../spec/vocabulary.ts';
import type { WorldDescription } from '../../spec/worlds/description.ts';
import type { Move } from '../explorer/moves.ts';
import type { Plan } from '../simulator/plan.ts';

/** What a stage holds after a step. */
export interface HeldState {
  /** Plain JSON. */
  readonly view: unknown;
  readonly records: readonly RecordView[];
}

/** A step of a stage, as a trace has it. */
export type StepFrame = StepRecord & {
  /** ms of virtual time, ms since 1970, or a count of moves: see {@link Film.clock}. */
  readonly at: number;
  /** The frame that led to this one; null if that is not known, or nothing did. */
  readonly cause: number | null;
  /** The state after it, where the machine can not be stepped again: in bounded worlds, of which some stages are stubs. */
  readonly held?: HeldState;
  /** In bounded worlds that TLA+ has too: the module and the action, `Chain HearR`. */
  readonly action?: string;
};

/** What people, faults, or the API Server did. */
export interface WorldFrame {
  readonly at: number;
  readonly world: object;
  readonly cause: number | null;
  /** As of a step. */
  readonly action?: string;
}

/** One row of the viewer. */
export type Frame = StepFrame | WorldFrame;

/** What a run broke. */
export interface Verdict {
  readonly property: string;
  readonly text: string;
}

/** A run through a bounded world: enough to make it again, or to go on. */
export interface WorldRun {
  readonly description: WorldDescription;
  /** Rules that are off. */
  readonly mutants: readonly string[];
  readonly moves: readonly Move[];
}

/** A run to look at. */
export interface Film {
  readonly kubedirect: 'film';
  readonly version: 1;
  /** What it is of, in a line. */
  readonly title: string;
  readonly clock: 'virtual' | 'unix' | 'moves';
  /** Who has a lane of its own, upstream first. */
  readonly lanes: readonly PeerName[];
  readonly frames: readonly Frame[];
  /** Null: nothing was broken, or nobody looked. */
  readonly verdict: Verdict | null;
  /** The frame that broke it; absent: the last. */
  readonly brokeAt?: number;
  /** Of a simulated run: what decided it, and can be changed. */
  readonly plan?: Plan;
  /** Of a run through a bounded world. */
  readonly world?: WorldRun;
  /** It goes on for ever from this frame to the last, and round again: a counterexample to what must hold in the end. */
  readonly loop?: number;
  /** What whoever looks must know: of lines that were cut off, and the like. */
  readonly notes?: readonly string[];
  /** Where the plan was found; '' if unknown. */
  readonly commit?: string;
}

/** Whether a frame is a step of a stage. */
export const isStep = (frame: Frame): frame is StepFrame => 'stage' in frame;

/** The frame that broke a property; null if none did. */
export const brokenFrame = ({ verdict, brokeAt, frames }: Film): number | null =>
  verdict === null ? null : (brokeAt ?? frames.length - 1);

/** Lanes of the stages that take steps: down the chain, nodes by name. */
export function lanesOf(frames: readonly Frame[]): readonly PeerName[] {
  const names = new Set(frames.filter(isStep).map(({ stage }) => stage));
  const rank = (peer: PeerName) => STAGES.indexOf(stageOf(peer));
  return [...names].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b, 'en', { numeric: true }));
}

/** A film of these frames. */
export function filmOf(film: Pick<Film, 'title' | 'clock' | 'frames' | 'verdict'>): Film {
  return { kubedirect: 'film', version: 1, lanes: lanesOf(film.frames), ...film };
}
