/**
 * A run through a bounded world (a counterexample of the explorer or of TLC, or one driven by hand), as a film: the moves are made again,
 * and each frame holds its stage's state (it may be a stub's). Runs in the page too.
 */
import { changes, describeMove } from '../explorer/describe.ts';
import { observe, stageOfPeer } from '../explorer/host.ts';
import type { Move } from '../explorer/moves.ts';
import { snapshot } from '../explorer/snapshot.ts';
import { settingOf } from '../explorer/stages.ts';
import { firstWorld, retrace } from '../explorer/system.ts';
import type { Process, Setting, World } from '../explorer/world.ts';
import { ACTIONS } from '../tlc/actions.ts';
import { withCauses } from './arrows.ts';
import {
  type Film,
  type Frame,
  filmOf,
  type HeldState,
  type StepFrame,
  type Verdict,
  type WorldRun,
} from './film.ts';

function heldBy(setting: Setting, process: Process | undefined): { readonly held?: HeldState } {
  if (process === undefined) return {};
  const view = stageOfPeer(setting, process.peer).view(process.state as never);
  return { held: { view, records: observe(setting, process).records } };
}

/** What each stage holds when the world begins. */
function beginnings(setting: Setting, world: World): readonly StepFrame[] {
  return Object.values(world.processes).map((process) => ({
    ...{ at: 0, cause: null, stage: process.peer, incarnation: process.incarnation, step: 0 },
    event: { type: 'started', config: { incarnation: process.incarnation } },
    effects: [],
    ...heldBy(setting, process),
  }));
}

/** The module and the action of TLA+ that a move is, where there are any. */
function actionOf({ description: { spec } }: Setting, move: Move): { readonly action?: string } {
  return spec === undefined ? {} : { action: `${spec.slice('MC'.length)} ${ACTIONS[spec](move)}` };
}

/** The setting of a run through a bounded world. */
export const settingOfRun = ({ description, mutants }: WorldRun): Setting =>
  settingOf(description, new Set(mutants));

/**
 * The film of a run through a bounded world. Its clock counts moves.
 * @param verdict - what its last move broke, or the move that it names
 * @param loopFrom - it goes on for ever: the number of moves after which the loop begins
 */
export function filmOfMoves(
  title: string,
  setting: Setting,
  moves: readonly Move[],
  broken: (Verdict & { readonly move?: number }) | null,
  loopFrom: number | null = null,
): Film {
  const frames: Frame[] = [...beginnings(setting, firstWorld(setting))];
  const counts = new Map<string, number>();
  let at = 0;
  for (const [before, edge, after] of retrace(setting, moves)) {
    at += 1;
    const action = actionOf(setting, edge.move);
    if (edge.steps.length === 0) {
      const changed = changes(snapshot(setting, before), snapshot(setting, after));
      const act = [describeMove(edge), ...(changed.length === 0 ? [] : [changed.join('; ')])].join(': ');
      frames.push({ at, cause: null, world: { act }, ...action });
    }
    for (const { process, peer, incarnation, event, effects, crashedAfter } of edge.steps) {
      const step = (counts.get(process) ?? 0) + 1;
      counts.set(process, step);
      frames.push({
        ...{ at, cause: null, stage: peer, incarnation, step, effects },
        event: event ?? { type: 'started', config: { incarnation } },
        ...(crashedAfter !== undefined && { crashedAfter }),
        ...heldBy(setting, after.processes[process]),
        ...action,
      });
    }
  }
  const loop = loopFrom === null ? -1 : frames.findIndex((frame) => frame.at > loopFrom);
  const { description, mutants } = setting;
  const verdict = broken === null ? null : { property: broken.property, text: broken.text };
  const brokeAt = broken?.move === undefined ? -1 : frames.findLastIndex((frame) => frame.at === broken.move);
  return {
    ...filmOf({ title, clock: 'moves', frames: withCauses(frames), verdict }),
    world: { description, mutants: [...mutants], moves },
    ...(loop >= 0 && { loop }),
    ...(brokeAt >= 0 && { brokeAt }),
  };
}
