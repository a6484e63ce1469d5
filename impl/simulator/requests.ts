/** Requests on their way to the API Server and back, and what may become of them. */
import type { StageEvent } from '../../spec/events.ts';
import { isTail, type Life, nodeOf } from './life.ts';
import type { Fault } from './plan.ts';
import type { Simulation } from './simulation.ts';

/** A misbehaviour that goes on now. */
export type Trouble = Extract<Fault, { fault: 'api' }>;
type Fate = Trouble['how'] | 'done';

/** What becomes of a request that arrives now. */
function fateOf(sim: Simulation, life: Life): Fate {
  if (isTail(life.peer) && sim.cutFromApi.has(nodeOf(life.peer))) return 'away';
  for (const { how, chance } of sim.troubles)
    if (how !== 'slow' && (how === 'away' || sim.dice('fate').chance(chance))) return how;
  return 'done';
}

/** The API Server's own limit: a request is done by then, or never. */
const REQUEST_TIMEOUT = 60_000;

function latency(sim: Simulation): number {
  const slow = sim.troubles.some(({ how }) => how === 'slow');
  const drawn = sim.latency('api') * (slow ? sim.dice('fate').between(5, 100) : 1);
  return Math.min(drawn, REQUEST_TIMEOUT / 2);
}

/** Something that is safe to ask again, until it is answered or the life is over. Null: done, and nobody waits for an answer. */
export function ask(sim: Simulation, life: Life, request: () => StageEvent | null, wait = 50): void {
  const again = () =>
    sim.clock.after(latency(sim) + wait * sim.dice('fate').between(0.5, 1.5), () => {
      if (life.alive) ask(sim, life, request, Math.min(wait * 2, 2000));
    });
  sim.clock.after(latency(sim), () => {
    const fate = fateOf(sim, life);
    if (fate === 'away' || fate === 'busy' || fate === 'conflict' || fate === 'late') return again();
    if (fate === 'failing' && sim.dice('fate').chance(0.5)) return again();
    const answer = request();
    if (fate !== 'done') return again();
    if (answer !== null) sim.clock.after(latency(sim), () => sim.give(life, answer));
  });
}

/** How a write is answered if it was not, or not certainly, done. */
export interface Unsure {
  readonly ambiguous: StageEvent;
  /** Null if it has no precondition that somebody else can break. */
  readonly conflict: StageEvent | null;
  /** How long the host waits before it says so, ms. */
  readonly pause?: number;
}

/** A write that is sent again only if it was certainly not done. */
export function write(
  sim: Simulation,
  life: Life,
  request: () => StageEvent,
  unsure: Unsure,
  wait = 20,
): void {
  const answer = (event: StageEvent, pause = 0) =>
    sim.clock.after(latency(sim) + pause, () => sim.give(life, event));
  const { ambiguous, conflict, pause } = unsure;
  sim.clock.after(latency(sim), () => {
    switch (fateOf(sim, life)) {
      case 'away':
      case 'busy':
        return sim.clock.after(wait * sim.dice('fate').between(0.5, 1.5), () => {
          if (life.alive) write(sim, life, request, unsure, Math.min(wait * 2, 2000));
        });
      case 'failing':
        if (sim.dice('fate').chance(0.5)) request();
        return answer(ambiguous, pause);
      case 'replyLost':
        request();
        return answer(ambiguous, pause);
      case 'late':
        sim.clock.after(sim.dice('fate').between(0, REQUEST_TIMEOUT * 0.45), () => void request());
        return answer(ambiguous, pause);
      case 'conflict':
        return answer(conflict ?? request());
      default:
        return answer(request());
    }
  });
}
