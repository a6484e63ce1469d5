/** A behaviour that TLC found, as moves of the explorer: the same states, reached by the machines themselves. */
import type { Move } from '../explorer/moves.ts';
import { firstWorld, successors } from '../explorer/system.ts';
import type { Setting } from '../explorer/world.ts';
import { translationOf } from './modules.ts';
import type { TlcStep } from './output.ts';
import { canonicalState } from './value.ts';

/** The moves; null from the first state on that the machines do not reach. */
export function replay(setting: Setting, behaviour: readonly TlcStep[]): readonly Move[] | null {
  const moves: Move[] = [];
  const { state: encode } = translationOf(setting.description);
  let world = firstWorld(setting);
  for (const { action, state } of behaviour) {
    if (action === null) continue;
    const wanted = canonicalState(state);
    const next = [...successors(setting, world)].find((one) => encode(setting, one.state) === wanted);
    if (next === undefined) return null;
    moves.push(next.label.move);
    world = next.state;
  }
  return moves;
}
