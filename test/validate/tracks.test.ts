/**
 * TLC accepts what was recorded, by the simulator and on a real cluster, and rejects each kind of line that it judges when it is changed,
 * missing, or in another's place.
 */
import fs from 'node:fs';
import zlib from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { tlaSyntax } from '../../impl/tlc/syntax.ts';
import type { PlacedLine } from '../../impl/trace/parse.ts';
import { Words } from '../../impl/validate/encode.ts';
import type { Track, TrackLine } from '../../impl/validate/ends.ts';
import { judgeTracks } from '../../impl/validate/judge.ts';
import { replayLives } from '../../impl/validate/lives.ts';
import { tracksOf } from '../../impl/validate/tracks.ts';
import { TOOLCHAIN } from '../tlc/support/toolchain.ts';
import { corruptionsOf } from './support/corrupt.ts';
import { kindOf, linesOf, recorded, tracesWithEveryKind } from './support/recorded.ts';

/** Chaos, seed 8: kill -9 of every stage, SIGSTOP and a second leader, links cut and half-open, an API Server that fails (docs/chaos.md); four of its five agents. */
const CLUSTER = new URL('fixtures/cluster.ndjson.gz', import.meta.url);
const ON_CLUSTER = [linesOf(zlib.gunzipSync(fs.readFileSync(CLUSTER)).toString('utf8'))];

/** Released and taken back: a Pod adopted that changes before it is told, one found without containers, Pods known before their ReplicaSet. */
const RELEASED = [22, 107].map((seed) => linesOf(recorded(seed, 2, 8)));

/** Places of each kind of line that are tried, in each kind of track, and lines after it that may show it. */
const TRIES = 3;
const LATER = 20;

type Fields = Readonly<Record<string, unknown>>;
const kindIn = ({ value }: TrackLine) => ((value as Fields).event as { kind?: string } | undefined)?.kind;

/** Of K's Node and mark, and of the owner switch: each kind of track must reject what it judges, whatever the others do. */
const isOfTheSwitch = (kind: Track['kind']) =>
  kind === 'agent' || kind === 'mark' || kind.startsWith('owner/');

/** R creates or ends some. That it may decide from here on, and what it hears of its Pods, other tracks say. */
const decidesPods = ({ minted, ended }: Fields) => [minted, ended].some((pods) => text(pods) !== 'None');

/** The state of the stage is the one before the line, and what is given too. */
function isAsBefore(lines: readonly TrackLine[], at: number): boolean {
  const [was, is] = [at - 1, at].map((i) => ({ ...lines[i]?.value, event: null, held: null }));
  return text(was) === text(is);
}

/** A line after which all is as before: without it, it would be another true run. */
function changesNothing({ kind, lines }: Track, at: number): boolean {
  const { event, ...is } = (lines[at] as TrackLine).value as Fields;
  if (kind === 'upper' || kind === 'lower') return kindIn(lines[at] as TrackLine) === 'other';
  if (kind === 'wire') return false;
  // What is given there, other tracks judge.
  if (isOfTheSwitch(kind))
    return (
      ['acts', 'entries', 'asks', 'offered'].every((field) => ((is[field] ?? []) as []).length === 0) &&
      (kindIn(lines[at] as TrackLine) === 'other' || isAsBefore(lines, at))
    );
  if (kind === 'sets') return kindIn(lines[at] as TrackLine) === 'other' && !decidesPods(is);
  const asks = ['acts', 'entries', 'writes', 'told', 'sent'].some((field) => (is[field] as [])?.length > 0);
  const was = (lines[at - 1]?.value ?? {}) as Fields;
  return !asks && ['pod', 'want', 'field', 'pending'].every((field) => text(is[field]) === text(was[field]));
}
const text = (value: unknown) => (value === undefined ? '<<>>' : tlaSyntax(value));

/** Some places of each kind of line, corrupted; a line that is the last of its track hides nothing when it is missing. */
function badOf(good: readonly Track[]): readonly { readonly name: string; readonly track: Track }[] {
  const met = new Map<string, number>();
  return good.flatMap((track) =>
    track.lines.slice(0, Math.min(150, track.lines.length - 1)).flatMap((line, at) => {
      if (kindIn(line) === 'started' || changesNothing(track, at)) return [];
      const ofTrack = `${track.kind} ${kindOf(line.place.line)}`;
      const kind = isOfTheSwitch(track.kind) ? ofTrack : kindOf(line.place.line);
      const times = met.get(ofTrack) ?? 0;
      if (times === TRIES) return [];
      met.set(ofTrack, times + 1);
      const part = { ...track, lines: track.lines.slice(0, at + LATER) };
      return Object.entries(corruptionsOf(part, at)).map(([how, one]) => ({
        name: `${kind}: ${how}`,
        track: one,
      }));
    }),
  );
}

/**
 * One acknowledgement less, or later, may be one that was gathered with the next; what a reply tells, the watch tells too; and of what comes
 * at the end of a run (its Deployments are deleted), nothing that follows shows that it is missing. That an `Offer` came, the link's judge says.
 */
const ANOTHER_TRUE_RUN =
  /^(mark leaseRead|received Invalidated|published|deleteAnswered|received GoneAcknowledged|deploymentVanished): (missing|swapped)$/;

async function judged(traces: readonly (readonly PlacedLine[])[]) {
  const words = new Words();
  const good = traces.flatMap((lines) => tracksOf(words, replayLives(lines).lives).tracks);
  const bad = badOf(good);
  const verdicts = await judgeTracks(TOOLCHAIN!, words, [...good, ...bad.map(({ track }) => track)]);
  const rejected = new Set(verdicts.filter(({ why }) => why.length > 0).map(({ track }) => track));
  const names = new Set(bad.map(({ name }) => name));
  const caught = new Set(bad.filter(({ track }) => rejected.has(track)).map(({ name }) => name));
  return {
    refused: good.filter((track) => rejected.has(track)).map(({ name }) => name),
    caught: [...caught],
    passed: [...names].filter((name) => !caught.has(name)).sort(),
  };
}

describe.skipIf(TOOLCHAIN === null)('TLC', () => {
  it.each([
    ['the simulator', [...tracesWithEveryKind(), ...RELEASED]],
    ['a real cluster', ON_CLUSTER],
  ])(
    'accepts traces of %s, and rejects each kind of line changed, missing and swapped',
    async (_, traces) => {
      const { refused, caught, passed } = await judged(traces);
      expect(refused).toEqual([]);
      expect(caught.length).toBeGreaterThan(60);
      expect(passed.filter((name) => !ANOTHER_TRUE_RUN.test(name))).toEqual([]);
    },
    180_000,
  );
});
