/** A simulated run that goes otherwise at a frame. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../impl/simulator/plan.ts';
import { everythingOnce } from '../../impl/simulator/points.ts';
import { captionOf } from '../../impl/viewer/captions.ts';
import { type Frame, isStep } from '../../impl/viewer/film.ts';
import { filmOfPlan } from '../../impl/viewer/ofPlan.ts';
import { filmOfFile } from '../../impl/viewer/source.ts';
import { otherwiseAt, partingOf, switched } from '../../impl/viewer/whatIf.ts';

const film = filmOfPlan('everything', everythingOnce(3, 'runs'));
const runs = (plan: Plan) => filmOfPlan('otherwise', plan);

describe('what if', () => {
  it('the stage ends at this very frame, after so many effects', () => {
    const at = film.frames.findIndex(
      (frame) => isStep(frame) && frame.stage === 'replicaset' && frame.effects.length > 1,
    );
    const choices = otherwiseAt(film, at).filter(({ text }) => text.includes('ended here'));
    expect(choices.length).toBeGreaterThan(2);
    for (const [index, { plan }] of choices.entries()) {
      const other = runs(plan);
      const parting = other.frames[partingOf(film, other) ?? -1] as Frame;
      expect(captionOf(parting), choices[index]?.text).toMatch(/✕ ends after \d of/);
      expect(other.verdict).toBeNull();
    }
  });

  it('each choice at each kind of frame is a plan that runs, and by these rules all hold', () => {
    const kinds = new Map<string, number>();
    for (const [at, frame] of film.frames.entries())
      kinds.set(isStep(frame) ? `${frame.stage} ${frame.event.type}` : Object.keys(frame.world).join(), at);
    let tried = 0;
    for (const at of [...kinds.values()].filter((_, i) => i % 5 === 0))
      for (const { text, plan } of otherwiseAt(film, at).filter((_, i) => i % 4 === 0)) {
        const { verdict } = runs(plan);
        expect({ text, verdict }).toEqual({ text, verdict: null });
        tried += 1;
      }
    expect(tried).toBeGreaterThan(5);
  });

  it('an act is left out, a rule is off, or on again', () => {
    const broken = filmOfFile(
      path.join(import.meta.dirname, '../../docs/replay/terminated-before-stop.json'),
    );
    const { plan } = broken as { plan: Plan };
    const on = runs(switched(plan, 'terminated-before-stop'));
    expect(on.verdict).toBeNull();
    // Not at the start, though that says which rules are off.
    expect(captionOf(on.frames[partingOf(broken, on) as number] as Frame)).not.toMatch(/^started/);
    expect(partingOf(on, runs(switched(plan, 'terminated-before-stop')))).toBeNull();
    expect(
      runs(switched(switched(plan, 'terminated-before-stop'), 'terminated-before-stop')).verdict,
    ).toEqual(broken.verdict);
    const act = broken.frames.findIndex((frame) => !isStep(frame) && 'act' in frame.world);
    const [left] = otherwiseAt(broken, act);
    expect(left?.plan.acts).toHaveLength(plan.acts.length - 1);
  });

  it('is not asked of a recorded trace', () => {
    const { plan: _, ...recorded } = film;
    expect(otherwiseAt(recorded, 3)).toEqual([]);
  });
});
