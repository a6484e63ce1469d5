/** What is shown of a frame beside its messages: statecharts, verdicts, where it stands in the sources; and worlds driven by hand. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { worldNamed } from '../../impl/cli/check/choose.ts';
import { checkWorld, DEFAULT_EFFORT } from '../../impl/explorer/check.ts';
import { findLasso, type Lasso, roundOf } from '../../impl/explorer/liveness.ts';
import { playScenario, scenarioOf } from '../../impl/explorer/scenario.ts';
import { settingOf } from '../../impl/explorer/stages.ts';
import type { Plan } from '../../impl/simulator/plan.ts';
import { everythingOnce } from '../../impl/simulator/points.ts';
import { choicesAt, filmByHand } from '../../impl/viewer/byHand.ts';
import { captionOf } from '../../impl/viewer/captions.ts';
import { activeOf, chartsOf } from '../../impl/viewer/charts.ts';
import { type Film, isStep } from '../../impl/viewer/film.ts';
import { filmOfMoves, settingOfRun } from '../../impl/viewer/ofMoves.ts';
import { filmOfPlan } from '../../impl/viewer/ofPlan.ts';
import { pairOf } from '../../impl/viewer/pairs.ts';
import { placesOf } from '../../impl/viewer/places.ts';
import { Rerun } from '../../impl/viewer/rerun.ts';
import { filmOfFile } from '../../impl/viewer/source.ts';
import { actionOf, handlerOf } from '../../impl/viewer/steps.ts';
import { verdictsAt } from '../../impl/viewer/verdicts.ts';
import { switched } from '../../impl/viewer/whatIf.ts';
import { MUTANTS } from '../../spec/mutants.ts';
import { stageOf } from '../../spec/vocabulary.ts';
import { WORLDS } from '../../spec/worlds/index.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const REPLAY = path.join(ROOT, 'docs/replay/terminated-before-stop.json');
const film = filmOfPlan('everything', everythingOnce(3, 'runs'));
const places = placesOf();
const lineAt = (place: string) => {
  const [file, line] = place.split(':') as [string, string];
  return fs.readFileSync(path.join(ROOT, file), 'utf8').split('\n')[Number(line) - 1] as string;
};

describe('where a step stands', () => {
  it('each rule of the machines has a line that asks for it', () => {
    for (const { name } of MUTANTS.filter(({ name }) => !name.startsWith('environment/')))
      expect(lineAt(places.rules[name] ?? `${name} is nowhere:0`)).toContain(`'${name}'`);
  });

  it('each step has a line of its machine that names its event, and an action of TLA+ that is defined', () => {
    const rerun = new Rerun(film);
    for (const [frame, step] of film.frames.entries()) {
      if (!isStep(step)) continue;
      const { life, at } = rerun.stepAt(frame) as NonNullable<ReturnType<Rerun['stepAt']>>;
      const action = actionOf(step);
      expect(lineAt(places.actions[action] ?? `${action}:0`)).toMatch(
        new RegExp(`^${action.split(' ')[1]}\\b`),
      );
      if (at === 0) continue;
      const held = rerun.after(life, life.frames[at - 1] as number)?.view as { state: unknown };
      const place = handlerOf(places, stageOf(step.stage), activeOf(held.state), step.event.type);
      expect([step.event.type, lineAt(place ?? 'nowhere:0')]).toEqual([
        step.event.type,
        expect.stringContaining(`${step.event.type}:`),
      ]);
    }
  });

  it('of a world that TLA+ has too it is the action that TLC knows', () => {
    const setting = settingOf(worldNamed('exact-crash-kubelet'), new Set(['terminated-before-stop']));
    const moves = checkWorld(setting, DEFAULT_EFFORT).violation?.moves ?? [];
    const actions = filmOfMoves('', setting, moves, null).frames.flatMap(({ action }) => action ?? []);
    expect(actions.length).toBeGreaterThan(5);
    for (const action of actions) expect(places.actions).toHaveProperty([action]);
  });
});

describe('statecharts', () => {
  it('are of the stage, its links, and what it keeps of each node and Deployment', () => {
    const rerun = new Rerun(film);
    const charts = (stage: string) => {
      const life = rerun.lives.find((one) => one.stage === stage) as never;
      return chartsOf(stageOf(stage as never), rerun.after(life, film.frames.length)?.view).map(
        ({ title, machine, active }) => `${title}: ${machine} ${active.at(-1)}`,
      );
    };
    expect(charts('scheduler')).toEqual([
      'the stage: scheduler leading.serving',
      'the link upstream: downstreamSide open',
      'the link to n1: upstreamSide open',
      'the cancellation of n1: cancellation reachable',
    ]);
    expect(charts('deployment')).toContainEqual(
      expect.stringMatching(/^the replicas field of \w+: replicasField shown/),
    );
    expect(charts('kubelet/n1')[0]).toBe('the stage: kubelet owner.direct');
  });
});

describe('verdicts at a frame', () => {
  const said = (of: Film, at: number, verdict: string) =>
    verdictsAt(of, at).flatMap((one) => (one.verdict === verdict ? [one.property] : []));

  it('of a simulated run: what breaks is broken from its frame on, and not before', () => {
    const broken = filmOfFile(REPLAY);
    const last = broken.frames.length - 1;
    expect(said(broken, last, 'broken')).toEqual(['NoFalseConfirm']);
    expect(said(broken, last - 1, 'broken')).toEqual([]);
    expect(said(film, 0, 'not yet')).toContain('Converges');
    expect(said(film, film.frames.length - 1, 'not yet')).toEqual([]);
    expect(said(film, film.frames.length - 1, 'holds').length).toBeGreaterThan(10);
  });

  it('of a bounded world: all that it names, and the move that breaks one', () => {
    const setting = settingOf(worldNamed('exact-crash-kubelet'), new Set(['terminated-before-stop']));
    const { violation } = checkWorld(setting, DEFAULT_EFFORT);
    const counterexample = filmOfMoves('', setting, violation?.moves ?? [], null);
    const last = counterexample.frames.length - 1;
    expect(said(counterexample, last, 'broken')).toContain(violation?.property);
    expect(said(counterexample, 0, 'broken')).toEqual([]);
    const { always, eventually } = setting.description;
    expect(verdictsAt(counterexample, 0).map(({ property }) => property)).toEqual([...always, ...eventually]);
  });

  it('of a recorded trace: what it alone can show, with what nothing has tested yet', () => {
    const { plan: _, ...recorded } = film;
    expect(said(recorded, 0, 'untested')).toContain('NoFalseConfirm');
    expect(said(recorded, film.frames.length - 1, 'holds')).toContain('NoFalseConfirm');
    expect(said(recorded, film.frames.length - 1, 'broken')).toEqual([]);
  });
});

describe('two films', () => {
  it('go together frame by frame as long as they say the same, and part where one says something else', () => {
    const broken = filmOfFile(REPLAY);
    const held = filmOfPlan('held', switched(broken.plan as Plan, 'terminated-before-stop'));
    const { parting, there } = pairOf([broken, held]);
    const [left, right] = parting as [number, number];
    expect(there[0].slice(0, left)).toEqual([...held.frames.keys()].slice(0, left));
    expect(captionOf(broken.frames[left] as never)).toMatch(/Terminate uids rmywpiwym-1 → .*Terminated/);
    expect(captionOf(held.frames[right] as never)).not.toMatch(/Terminated/);
    expect(pairOf([held, held])).toMatchObject({ parting: [null, null] });
  });
});

describe('what goes on for ever', () => {
  it('is a loop of moves that come back to where they began', () => {
    // a → b → c → b, where the goal is to leave b and c; from b one may leave, by a step that need not happen.
    const graph = {
      edges: [
        [{ to: 1, label: 'a' }],
        [
          { to: 2, label: 'b' },
          { to: 3, label: 'fault' },
        ],
        [{ to: 1, label: 'c' }],
        [],
      ],
    };
    const fairness = { optional: (label: string) => label === 'fault', action: (label: string) => label };
    const lasso = findLasso(graph, (state) => state === 0 || state === 3, fairness) as Lasso;
    expect(roundOf(graph, lasso, fairness).toSorted()).toEqual(['b', 'c']);
    expect(roundOf(graph, { state: 3, component: [3] }, fairness)).toEqual([]);
  });

  it('is shown from its first frame on', () => {
    const setting = settingOf(worldNamed('exact-crash-kubelet'));
    const { moves } = playScenario('> world exact-crash-kubelet\n> user\n> rest', [setting.description]);
    const loop = filmOfMoves('', setting, moves, null, 3).loop as number;
    expect(filmOfMoves('', setting, moves, null, 3).frames[loop]?.at).toBe(4);
    expect(filmOfMoves('', setting, moves, null).loop).toBeUndefined();
  });
});

describe('a world by hand', () => {
  it('goes from its first state to any other, is judged, and is a scenario that plays the same', () => {
    const setting = settingOf(worldNamed('exact-crash-kubelet'), new Set(['terminated-before-stop']));
    const { violation } = checkWorld(setting, DEFAULT_EFFORT);
    const { description } = setting;
    let hand = filmByHand({ description, mutants: ['terminated-before-stop'], moves: [] });
    for (const move of violation?.moves ?? []) {
      expect(hand.verdict).toBeNull();
      const last = hand.frames.length - 1;
      const choice = choicesAt(hand, last).find((one) => JSON.stringify(one.move) === JSON.stringify(move));
      const run = hand.world as NonNullable<Film['world']>;
      hand = filmByHand({ ...run, moves: [...run.moves, (choice as { move: typeof move }).move] });
    }
    expect(hand.verdict?.property).toBe(violation?.property);
    const run = hand.world as NonNullable<Film['world']>;
    const text = scenarioOf(settingOfRun(run), run.moves);
    expect(text).toContain('> without terminated-before-stop\n');
    expect(playScenario(text, WORLDS).moves).toEqual(run.moves);
    expect(() => playScenario('> world none', WORLDS)).toThrow(/no world is named "none"/);
  });
});
