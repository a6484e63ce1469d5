/** A corrupted line is rejected, whatever kind of line it is, by the order of lines and by the machines (by TLC: `tracks.test.ts`). */
import { describe, expect, it } from 'vitest';
import { STAGES_UNDER_TEST } from '../../impl/explorer/stages.ts';
import type { PlacedLine, TraceLine } from '../../impl/trace/parse.ts';
import { unaskedIn } from '../../impl/validate/answers.ts';
import { type LifeTrace, replayLives } from '../../impl/validate/lives.ts';
import { stageOf } from '../../spec/vocabulary.ts';
import {
  alter,
  kindOf,
  leavesOf,
  missing,
  replaced,
  swapped,
  tracesWithEveryKind,
} from './support/recorded.ts';

const EVERY_KIND = tracesWithEveryKind();

/** Each kind of line, with up to so many places where it stands. */
function placesOf(kind: (line: TraceLine) => readonly string[], most: number) {
  const places = new Map<string, { readonly lines: readonly PlacedLine[]; readonly at: number }[]>();
  for (const lines of EVERY_KIND)
    for (const [at, { line }] of lines.entries())
      for (const each of kind(line)) {
        const known = places.get(each) ?? [];
        if (known.length < most) places.set(each, [...known, { lines, at }]);
      }
  return places;
}

/** The lives of the same stage and incarnation alone: the others are as they were. */
const ownLife = (lines: readonly PlacedLine[], { stage, incarnation }: TraceLine) =>
  lines.filter(({ line }) => line.stage === stage && line.incarnation === incarnation);
const isRejected = (lines: readonly PlacedLine[], near: TraceLine) =>
  replayLives(ownLife(lines, near)).faults.length > 0;
/** What the life came to, as text. */
function endOf(lines: readonly PlacedLine[], near: TraceLine): string {
  const { steps } = replayLives(ownLife(lines, near)).lives[0] as LifeTrace;
  return JSON.stringify(STAGES_UNDER_TEST[stageOf(near.stage)]?.view(steps.at(-1)?.after as never));
}

const ON_LINKS = /^(connected|broken|received .*|leaseRead)$/;
const EVENTS = placesOf((line) => [kindOf(line)], 30);
const EFFECTS = placesOf((line) => [...new Set(line.effects.map(({ type }) => type))], 2);

/** What is told by its event alone after the life has asked for it. */
const ANSWERS =
  /^(connected|leaseRead|nodeRead|nodesListed|podsListed|registered|marked|published|publishFailed|podRead|deleteAnswered|replicasWritten|timerFired)$/;

describe('an answer', () => {
  const kinds = [...EVENTS.keys()].filter((kind) => ANSWERS.test(kind)).sort();

  it('is of every kind in these traces but of refused creates', () => {
    expect(kinds.length).toBeGreaterThan(10);
  });

  it.each(kinds)('%s is rejected before what asked for it', (kind) => {
    for (const { lines, at } of (EVENTS.get(kind) ?? []).slice(0, 6)) {
      const { line } = lines[at] as PlacedLine;
      const own = ownLife(lines, line);
      expect(unaskedIn(own)).toBeNull();
      const [start, ...rest] = own as [PlacedLine, ...PlacedLine[]];
      const others = rest.filter((each) => each.line.step !== line.step);
      // What was asked at the start may be answered next.
      const first = { ...start, line: { ...start.line, effects: [] } };
      expect(unaskedIn([first, lines[at] as PlacedLine, ...others])?.place.line).toBe(line);
    }
  });
});

describe('the machines, stepped again', () => {
  it('accept what they wrote', () => {
    for (const lines of EVERY_KIND) expect(replayLives(lines).faults).toEqual([]);
    expect(EVENTS.size).toBeGreaterThan(30);
    expect(EFFECTS.size).toBeGreaterThan(15);
  });

  it.each([...EVENTS.keys()].sort())('reject a changed field of %s', (kind) => {
    const fields = (EVENTS.get(kind) ?? []).flatMap(({ lines, at }) => {
      const { line } = lines[at] as PlacedLine;
      const leaves = leavesOf(line.event).filter((leaf) => leaf.join() !== 'type');
      return leaves.map((leaf) => () => {
        const change = (each: TraceLine) => {
          alter(each.event, leaf);
          return each;
        };
        return isRejected(replaced(lines, at, change), line);
      });
    });
    if (fields.length > 0) expect(fields.some((tries) => tries())).toBe(true);
  });

  it.each([...EVENTS.keys()].sort())('reject a missing %s', (kind) => {
    for (const { lines, at } of (EVENTS.get(kind) ?? []).slice(0, 6)) {
      const { line } = lines[at] as PlacedLine;
      if (swapped(lines, at) !== null) expect(isRejected(missing(lines, at, false), line)).toBe(true);
    }
  });

  // What the API Server tells in another order is another true run.
  it.each([...EVENTS.keys()].filter((kind) => ON_LINKS.test(kind)).sort())(
    'reject %s in place of what came after it, unless it comes to the same',
    (kind) => {
      for (const { lines, at } of (EVENTS.get(kind) ?? []).slice(0, 6)) {
        const after = swapped(lines, at);
        const { line } = lines[at] as PlacedLine;
        if (after === null || isRejected(after, line)) continue;
        expect(endOf(after, line)).toBe(endOf(lines, line));
      }
    },
  );

  it.each([...EFFECTS.keys()].sort())('reject a changed, a missing and an added %s', (type) => {
    for (const { lines, at } of EFFECTS.get(type) ?? []) {
      const { line } = lines[at] as PlacedLine;
      const which = line.effects.findIndex((effect) => effect.type === type);
      const leaves = leavesOf(line.effects[which]).filter((leaf) => leaf.join() !== 'type');
      for (const leaf of leaves.slice(0, 12)) {
        const change = (each: TraceLine) => {
          alter(each.effects[which] as object, leaf);
          return each;
        };
        expect(isRejected(replaced(lines, at, change), line), leaf.join('.')).toBe(true);
      }
      const without = replaced(lines, at, (each) => ({ ...each, effects: each.effects.toSpliced(which, 1) }));
      expect(isRejected(without, line)).toBe(true);
      const twice = replaced(lines, at, (each) => ({ ...each, effects: [...each.effects, ...each.effects] }));
      expect(isRejected(twice, line)).toBe(true);
    }
  });
});
