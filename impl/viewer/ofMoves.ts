/** A counterexample of the explorer or of TLC, as a film: the moves are made again, and each frame holds its stage's state (it may be a stub's). */
import { describeMove } from '../explorer/describe.ts';
import { observe, stageOfPeer } from '../explorer/host.ts';
import type { Move } from '../explorer/moves.ts';
import { firstWorld } from '../explorer/system.ts';
import { retrace } from '../explorer/trace.ts';
import type { Process, Setting, World } from '../explorer/world.ts';
import { withCauses } from './arrows.ts';
import { type Film, type Frame, filmOf, type HeldState, type StepFrame, type Verdict } from './film.ts';

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

/**
 * The film of a run through a bounded world. Its clock counts moves.
 * @param verdict - what its last move broke
 */
export function filmOfMoves(
  title: string,
  setting: Setting,
  moves: readonly Move[],
  verdict: Verdict | null,
): Film {
  const frames: Frame[] = [...beginnings(setting, firstWorld(setting))];
  const counts = new Map<string, number>();
  let at = 0;
  for (const [, edge, after] of retrace(setting, moves)) {
    at += 1;
    if (edge.steps.length === 0) frames.push({ at, cause: null, world: { act: describeMove(edge) } });
    for (const { process, peer, incarnation, event, effects, crashedAfter } of edge.steps) {
      const step = (counts.get(process) ?? 0) + 1;
      counts.set(process, step);
      frames.push({
        ...{ at, cause: null, stage: peer, incarnation, step, effects },
        event: event ?? { type: 'started', config: { incarnation } },
        ...(crashedAfter !== undefined && { crashedAfter }),
        ...heldBy(setting, after.processes[process]),
      });
    }
  }
  return filmOf({ title, clock: 'moves', frames: withCauses(frames), verdict });
}
