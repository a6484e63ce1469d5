/** Films: of a replay file and of recorded traces; their arrows, their order, their states. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { worldNamed } from '../../impl/cli/check/choose.ts';
import { checkWorld, DEFAULT_EFFORT } from '../../impl/explorer/check.ts';
import { REAL_STAGES } from '../../impl/explorer/realStages.ts';
import { settingOf } from '../../impl/explorer/stages.ts';
import { everythingOnce } from '../../impl/simulator/points.ts';
import { arrowsOf } from '../../impl/viewer/arrows.ts';
import { captionOf } from '../../impl/viewer/captions.ts';
import { differencesOf } from '../../impl/viewer/differences.ts';
import { type Frame, filmOf, isStep, type StepFrame } from '../../impl/viewer/film.ts';
import { filmOfMoves } from '../../impl/viewer/ofMoves.ts';
import { filmOfPlan } from '../../impl/viewer/ofPlan.ts';
import { type Life, Rerun } from '../../impl/viewer/rerun.ts';
import { filmOfFile } from '../../impl/viewer/source.ts';
import type { StageEvent } from '../../spec/events.ts';
import { configOf, TRACE_HEADER } from '../../spec/trace.ts';
import { stageOf } from '../../spec/vocabulary.ts';

const REPLAY = path.join(import.meta.dirname, '../../docs/replay/terminated-before-stop.json');
const CLUSTER = path.join(import.meta.dirname, '../validate/fixtures/cluster.ndjson.gz');

/** The whole chain with rollout and preemption, without a fault, as the simulator tells it. */
const everything = () => filmOfPlan('everything', everythingOnce(10, 'runs'));

let folder: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-film-'));
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

/** A trace file of these frames, in an order of its own. */
function traceFile(frames: readonly StepFrame[]): string {
  const file = path.join(folder, 'trace.ndjson');
  const lines = frames.map(({ cause: _, ...line }) => JSON.stringify(line));
  fs.writeFileSync(file, `${[JSON.stringify(TRACE_HEADER), ...lines].join('\n')}\n`);
  return file;
}

describe('a film', () => {
  it('of a replay file has its lanes down the chain, its verdict, and what led to the end', () => {
    const film = filmOfFile(REPLAY);
    expect(film.lanes).toEqual([
      'autoscaler',
      'deployment',
      'replicaset',
      'scheduler',
      'kubelet/n5',
      'kubelet/n6',
      'kubelet/n7',
    ]);
    expect(film.verdict?.property).toBe('NoFalseConfirm');
    const last = film.frames.at(-1) as StepFrame;
    expect(captionOf(last)).toBe('Terminated uids rmywpiwym-1 → Terminated');
    expect(captionOf(film.frames[last.cause as number] as Frame)).toMatch(
      /^Terminate uids rmywpiwym-1 → journal, stopPod/,
    );
  });

  it('has an arrow for each message, from its sender to its receiver', () => {
    const { frames } = everything();
    const arrows = arrowsOf(frames);
    const received = frames.filter((frame) => isStep(frame) && frame.event.type === 'received').length;
    expect(new Set(arrows.map(({ to }) => to).filter((to) => to !== null)).size).toBe(received);
    expect(arrows.filter(({ from }) => from === null)).toEqual([]);
    for (const { from, to, message } of arrows) {
      if (from === null || to === null) continue;
      expect(to).toBeGreaterThan(from);
      expect(
        (frames[from] as StepFrame).effects.some(
          (effect) => effect.type === 'send' && effect.message.kind === message.kind,
        ),
      ).toBe(true);
    }
    // Several were gathered into one: they all arrive there.
    expect(arrows.filter(({ to }) => to !== null).length).toBeGreaterThan(received);
  });

  it('shows a message that is dropped as lost, and one whose sender is not there as from nowhere', () => {
    const { frames } = everything();
    const at = frames.findIndex(
      (frame) => isStep(frame) && frame.event.type === 'received' && frame.event.message.kind === 'Assign',
    );
    const { from } = arrowsOf(frames).find(({ to }) => to === at) as { from: number };
    const unheard = arrowsOf(frames.filter((_, i) => i !== at));
    expect(unheard.some((arrow) => arrow.kind === 'Assign' && arrow.from === from && arrow.to === null)).toBe(
      true,
    );
    const unsent = arrowsOf(frames.filter((_, i) => i !== from));
    expect(
      unsent.some((arrow) => arrow.kind === 'Assign' && arrow.from === null && arrow.to === at - 1),
    ).toBe(true);
  });

  it('puts what was received after what was sent, whatever the clocks say', () => {
    const steps = everything().frames.filter(isStep);
    const skewed = steps.map((step) => ({
      ...step,
      at: stageOf(step.stage) === 'scheduler' ? Math.max(0, step.at - 40) : step.at,
    }));
    const byStage = [...skewed].sort((a, b) => (a.stage < b.stage ? -1 : a.stage > b.stage ? 1 : 0));
    const film = filmOfFile(traceFile(byStage));
    const arrows = arrowsOf(film.frames);
    expect(arrows.filter(({ from, to }) => from !== null && to !== null && from > to)).toEqual([]);
    expect(arrows.filter(({ from }) => from === null)).toEqual([]);
    expect(film.frames.length).toBe(steps.length);
    expect(film.frames.some(({ cause }) => cause !== null)).toBe(true);
  });

  it('of a real cluster is read too', () => {
    const file = path.join(folder, 'cluster.ndjson');
    fs.writeFileSync(file, gunzipSync(fs.readFileSync(CLUSTER)));
    const film = filmOfFile(file);
    expect(film.clock).toBe('unix');
    expect(
      arrowsOf(film.frames).filter(({ from, to }) => from !== null && to !== null).length,
    ).toBeGreaterThan(50);
  });

  it('of a counterexample has what each stage held, stubs too, and the words of the moves', () => {
    const setting = settingOf(worldNamed('exact-crash-kubelet'), new Set(['terminated-before-stop']));
    const { violation } = checkWorld(setting, DEFAULT_EFFORT);
    const film = filmOfMoves('counterexample', setting, violation?.moves ?? [], {
      property: 'NoFalseConfirm',
      text: '',
    });
    const captions = film.frames.map(captionOf);
    const at = captions.indexOf('Terminate uids r1-1 → Terminate');
    expect(captions.slice(0, 3)).toEqual(['started', 'started', 'started']);
    const rerun = new Rerun(film);
    const scheduler = rerun.lives.find(({ stage }) => stage === 'scheduler') as Life;
    const held = (frame: number) => rerun.after(scheduler, frame)?.records.map(({ phase }) => phase);
    expect([held(at - 1), held(at)]).toEqual([['running'], ['terminating']]);
    expect(captionOf(film.frames[film.frames[at]?.cause as number] as Frame)).toMatch(
      /^replicaSetObserved .* → Terminate$/,
    );
  });

  it('of a file that a kill cut off says so, and has the steps before', () => {
    const steps = everything().frames.filter(isStep);
    const file = traceFile(steps.slice(0, 20));
    fs.appendFileSync(file, '{"at":1,"stage":"sche');
    const film = filmOfFile(file);
    expect(film.frames).toHaveLength(20);
    expect(film.notes).toEqual([expect.stringMatching(/^trace\.ndjson ends within line 22: /)]);
    expect(filmOfFile(traceFile(steps.slice(0, 20))).notes).toBeUndefined();
  });

  it('of a trace that tells of a kill shows it, and that the stage starts again because of it', () => {
    const [first] = everything().frames.filter(
      (frame) => isStep(frame) && frame.stage === 'scheduler',
    ) as StepFrame[];
    const again = { ...(first as StepFrame), at: 30, incarnation: (first as StepFrame).incarnation + 1 };
    const file = traceFile([{ ...(first as StepFrame), at: 10 }, again]);
    fs.appendFileSync(
      file,
      `${JSON.stringify({ at: 20, world: { fault: 'kill -9', peer: 'scheduler' } })}\n`,
    );
    const { frames } = filmOfFile(file);
    expect(frames.map(captionOf)).toEqual([
      expect.stringMatching(/^started/),
      'kill -9 peer scheduler',
      expect.stringMatching(/^started/),
    ]);
    expect(frames.map(({ cause }) => cause)).toEqual([null, null, 1]);
  });

  it('of nothing is refused by name', () => {
    expect(() => filmOfFile(path.join(folder, 'none'))).toThrow(/expected a trace, there is no such file/);
    expect(() => filmOfFile(traceFile([]))).toThrow(/expected steps of a trace, there are none/);
    const damaged = path.join(folder, 'damaged.json');
    fs.writeFileSync(damaged, '{"format":');
    fs.writeFileSync(path.join(folder, 'page.html'), '<!doctype html>');
    expect(() => filmOfFile(path.join(folder, 'page.html'))).toThrow(/got a page: open it in a browser/);
    expect(() => filmOfFile(damaged)).toThrow(/expected a replay file, JSON as fuzz --out/);
  });
});

describe('its states', () => {
  it('are those of the machines: stepped again, each asks for what the film says', () => {
    const { frames } = everything();
    const states = new Map<string, unknown>();
    for (const frame of frames) {
      if (!isStep(frame)) continue;
      const { stage, incarnation, event, effects } = frame;
      const key = `${stage} ${incarnation}`;
      const machine = REAL_STAGES[stageOf(stage)].stage;
      const [state, asked] =
        event.type === 'started'
          ? machine.start(configOf(event.config))
          : machine.step(states.get(key), event as StageEvent);
      states.set(key, state);
      expect(asked).toEqual(effects);
    }
    const rerun = new Rerun(everything());
    for (const life of rerun.lives) {
      const held = rerun.after(life, frames.length);
      const state = states.get(`${life.stage} ${life.incarnation}`);
      expect(held?.view).toEqual(REAL_STAGES[stageOf(life.stage)].view(state as never));
    }
  });

  it('are the same in whatever order they are asked for', () => {
    const film = everything();
    const [there, back] = [new Rerun(film), new Rerun(film)];
    const life = there.lives.find(({ stage }) => stage === 'scheduler');
    const frames = life?.frames ?? [];
    expect(frames.length).toBeGreaterThan(130);
    const views = frames.map((frame) =>
      JSON.stringify(
        there.after(there.lives.find(({ stage }) => stage === 'scheduler') as never, frame)?.view,
      ),
    );
    const other = back.lives.find(({ stage }) => stage === 'scheduler') as never;
    for (const at of [...frames.keys()].reverse())
      expect(JSON.stringify(back.after(other, frames[at] as number)?.view)).toBe(views[at]);
  });

  it('say which rules of the protocol a step came to', () => {
    const film = filmOfFile(REPLAY);
    const rerun = new Rerun(film);
    const at = film.frames.findIndex((frame) =>
      captionOf(frame).startsWith('Terminate uids rmywpiwym-1 → journal'),
    );
    const life = rerun.lives.find(({ frames }) => frames.includes(at)) as Life;
    expect(rerun.rulesAt(life, at)).toContain('terminated-before-stop');
    expect(rerun.rulesAt(life, at)).toEqual(new Rerun(film).rulesAt(life, at));
    expect(rerun.rulesAt(life, life.frames[0] as number)).not.toContain('terminated-before-stop');
  });

  it('are not known where the beginning of a life is not in the film', () => {
    const { frames, ...rest } = everything();
    const film = filmOf({
      ...rest,
      frames: frames.filter((frame) => !isStep(frame) || frame.event.type !== 'started'),
    });
    const rerun = new Rerun(film);
    expect(rerun.lives.length).toBeGreaterThan(0);
    for (const life of rerun.lives) expect(rerun.after(life, film.frames.length)).toBeNull();
  });
});

describe('differences', () => {
  it('are told by path, and of a list by name', () => {
    const before = {
      pods: [
        ['a', { phase: 'bound' }],
        ['b', { phase: 'running' }],
      ],
      n: 1,
    };
    const after = {
      pods: [
        ['b', { phase: 'running' }],
        ['c', { phase: 'bound' }],
      ],
      n: 2,
    };
    expect(differencesOf(before, after)).toEqual([
      { path: 'pods.a', before: '[{"phase":"bound"}]', after: undefined },
      { path: 'pods.c', before: undefined, after: '[{"phase":"bound"}]' },
      { path: 'n', before: '1', after: '2' },
    ]);
    expect(differencesOf(after, after)).toEqual([]);
  });
});
