/** Has TLC judge tracks, all in one run: a module that holds them is made beside `TraceLink.tla`. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubedirectError } from '../../spec/errors.ts';
import type { Toolchain } from '../tlc/resolve.ts';
import { runTlc } from '../tlc/run.ts';
import { tlaSyntax } from '../tlc/syntax.ts';
import type { Words } from './encode.ts';
import type { Track } from './ends.ts';

const MODULE = 'RecordedLinks';
const CONFIG = [
  'SPECIFICATION Spec',
  'CONSTANTS',
  '  Mutants = {}',
  '  Tracks <- RecordedTracks',
  '  Sorted <- Listed',
  '',
].join('\n');

/** What TLC said of a track. */
export interface TrackVerdict {
  readonly track: Track;
  /** Lines that the spec allows. */
  readonly accepted: number;
  /** Why the next line is not allowed; empty if all are. */
  readonly why: readonly string[];
}

/** Lines that stand in several tracks (a test corrupts one in many ways) are written once. */
function namedLines(tracks: readonly Track[]): ReadonlyMap<object, string> {
  const met = new Set<object>();
  const names = new Map<object, string>();
  for (const { lines } of tracks)
    for (const { value } of lines)
      if (!met.has(value)) met.add(value);
      else if (!names.has(value)) names.set(value, `L${names.size + 1}`);
  return names;
}

/** Text of the module. */
function moduleOf(words: Words, tracks: readonly Track[]): string {
  const names = namedLines(tracks);
  const shared = [...names].map(([value, name]) => `${name} == ${tlaSyntax(value)}`);
  const named = tracks.map(({ kind, me, lines }, i) => {
    const values = lines.map(({ value }) => names.get(value) ?? tlaSyntax(value)).join(',\n');
    return `T${i + 1} == [kind |-> ${JSON.stringify(kind)}, me |-> ${tlaSyntax(me)}, lines |-> <<\n${values}>>]`;
  });
  return [
    `---- MODULE ${MODULE} ----`,
    'EXTENDS TraceLink',
    ...words.definitions(),
    ...shared,
    ...named,
    `RecordedTracks == <<${tracks.map((_, i) => `T${i + 1}`).join(',')}>>`,
    '====',
    '',
  ].join('\n');
}

const SAID = /^<<\s*"VALIDATE",\s*"(accepted|rejected)",\s*(\d+),\s*(\d+),\s*(.*?)\s*>>$/s;

/** A set of faults as TLC prints it: each a tuple that begins with a sentence. */
function sentences(text: string): readonly string[] {
  const inner = text
    .trim()
    .replace(/^\{\s*/, '')
    .replace(/\s*\}$/, '');
  const parts = inner.split(/>>, (?=<<"it |<<"a |<<"an |<<"on |<<"State|<<"Offer|<<"the )/);
  return parts.map((part) =>
    part
      .replace(/^<<\s*/, '')
      .replace(/>>$/, '')
      .replace(/\s+/g, ' ')
      .replaceAll('"', '')
      .trim(),
  );
}

/**
 * Judges tracks.
 * @throws KubedirectError as `runTlc`, and `TLC_FAILED` if TLC did not come to the end of every track
 */
export async function judgeTracks(
  toolchain: Toolchain,
  words: Words,
  tracks: readonly Track[],
  options: { readonly heap?: string; readonly keep?: string } = {},
): Promise<readonly TrackVerdict[]> {
  if (tracks.length === 0) return [];
  const folder = options.keep ?? (await mkdtemp(join(tmpdir(), 'kubedirect-validate-')));
  try {
    // The words are complete only when all tracks are written: definitions come last.
    await writeFile(join(folder, `${MODULE}.tla`), moduleOf(words, tracks));
    const { heap } = options;
    const { printed } = await runTlc(toolchain, {
      module: MODULE,
      config: CONFIG,
      folder,
      ...(heap !== undefined && { heap }),
    });
    const verdicts = new Map<number, TrackVerdict>();
    for (const text of printed) {
      const [, what, number, line, faults] = SAID.exec(text) ?? [];
      if (what === undefined) continue;
      const track = tracks[Number(number) - 1] as Track;
      const why = what === 'accepted' ? [] : sentences(faults as string);
      verdicts.set(Number(number), { track, accepted: Number(line) - (what === 'accepted' ? 0 : 1), why });
    }
    if (verdicts.size !== tracks.length)
      throw new KubedirectError(
        'TLC_FAILED',
        `TLC judged ${verdicts.size} of ${tracks.length} tracks of the trace`,
      );
    return [...verdicts].sort(([a], [b]) => a - b).map(([, verdict]) => verdict);
  } finally {
    if (options.keep === undefined) await rm(folder, { recursive: true, force: true });
  }
}
