/**
 * Whether recorded traces are behaviours of the spec. Each trace is judged three times: its lines stand in order; the machines, stepped
 * again, ask for the same; and TLC finds each line a step of the TLA+ modules, as far as they cover it. What no module covers is counted.
 */
import { KubedirectError } from '../../spec/errors.ts';
import type { Toolchain } from '../tlc/resolve.ts';
import type { PlacedLine, TraceFile } from '../trace/parse.ts';
import { Words } from './encode.ts';
import type { Track } from './ends.ts';
import { judgeTracks, type TrackVerdict } from './judge.ts';
import { type Fault, type LifeTrace, replayLives } from './lives.ts';
import { MODULES, tracksOf } from './tracks.ts';

/** One trace to be judged: files of one run. @public */
export interface TraceToJudge {
  readonly name: string;
  readonly files: readonly TraceFile[];
}

/** How many lines a judge has seen. @public */
export interface Share {
  readonly judge: string;
  readonly lines: number;
}

/** What came of one trace. @public */
export interface Judgement {
  readonly name: string;
  readonly lines: number;
  readonly lives: number;
  readonly notes: number;
  readonly unfinished: number;
  readonly shares: readonly Share[];
  /** Lines that no TLA+ module saw, by event. */
  readonly unseen: Readonly<Record<string, number>>;
  /** Connections of which one end is not in the trace. */
  readonly halfWires: number;
  /** In the order of the lines; empty if the trace is accepted. */
  readonly faults: readonly Fault[];
}

/** Lines that may be judged at once. @public */
export const MAX_LINES = 200_000;

interface Prepared {
  readonly trace: TraceToJudge;
  readonly lines: readonly PlacedLine[];
  readonly lives: readonly LifeTrace[];
  readonly faults: readonly Fault[];
  readonly tracks: readonly Track[];
  readonly halfWires: number;
}

function prepare(words: Words, trace: TraceToJudge): Prepared {
  const lines = trace.files.flatMap((file) => file.lines);
  const { lives, faults } = replayLives(lines);
  const { tracks, halves } = tracksOf(words, lives);
  return { trace, lines, lives, faults, tracks, halfWires: halves };
}

function faultOf({ track, accepted, why }: TrackVerdict): readonly Fault[] {
  if (why.length === 0) return [];
  const { place } = track.lines[accepted] as Track['lines'][number];
  return [{ place, by: `TLC (${MODULES[track.kind]})`, why: `${track.name}: ${why.join('; ')}` }];
}

const inOrder = (a: Fault, b: Fault) => a.place.line.at - b.place.line.at || a.place.number - b.place.number;

function judgementOf(prepared: Prepared, verdicts: readonly TrackVerdict[]): Judgement {
  const { trace, lines, lives, faults, tracks, halfWires } = prepared;
  const kinds = Object.keys(MODULES) as readonly Track['kind'][];
  const seen = new Map(kinds.map((kind) => [kind, new Set<PlacedLine>()]));
  for (const track of tracks) for (const { place } of track.lines) seen.get(track.kind)?.add(place);
  const all = new Set([...seen.values()].flatMap((places) => [...places]));
  const unseen: Record<string, number> = {};
  for (const place of lines) {
    if (all.has(place)) continue;
    const { type } = place.line.event;
    unseen[type] = (unseen[type] ?? 0) + 1;
  }
  return {
    name: trace.name,
    lines: lines.length,
    lives: lives.length,
    notes: trace.files.reduce((sum, { world }) => sum + world.length, 0),
    unfinished: trace.files.reduce((sum, { unfinished }) => sum + unfinished.length, 0),
    shares: [
      { judge: 'the machines', lines: lives.reduce((sum, { steps }) => sum + steps.length, 0) },
      ...kinds.map((kind) => ({ judge: `TLC, ${MODULES[kind]}`, lines: seen.get(kind)?.size ?? 0 })),
      { judge: 'TLC, any module', lines: all.size },
    ],
    unseen,
    halfWires,
    faults: [...faults, ...verdicts.flatMap(faultOf)].sort(inOrder),
  };
}

/**
 * Judges traces, with one run of TLC for all.
 * @throws KubedirectError `TRACE_TOO_LARGE`, `TRACE_INVALID`, and what `runTlc` throws
 * @public
 */
export async function validateTraces(
  toolchain: Toolchain,
  traces: readonly TraceToJudge[],
  options: { readonly heap?: string; readonly keep?: string; readonly maxLines?: number } = {},
): Promise<readonly Judgement[]> {
  const { maxLines = MAX_LINES, ...rest } = options;
  const total = traces.reduce(
    (sum, { files }) => sum + files.reduce((n, { lines }) => n + lines.length, 0),
    0,
  );
  if (total > maxLines)
    throw new KubedirectError('TRACE_TOO_LARGE', `expected at most ${maxLines} lines in all, got ${total}`);
  const words = new Words();
  const prepared = traces.map((trace) => prepare(words, trace));
  for (const { trace, lines } of prepared)
    if (lines.length === 0) throw new KubedirectError('TRACE_INVALID', `${trace.name}: it holds no step`);
  const verdicts = await judgeTracks(
    toolchain,
    words,
    prepared.flatMap(({ tracks }) => tracks),
    rest,
  );
  return prepared.map((one) => {
    const own = new Set(one.tracks);
    return judgementOf(
      one,
      verdicts.filter(({ track }) => own.has(track)),
    );
  });
}
