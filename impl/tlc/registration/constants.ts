/** The constants of `Registration.tla`: its budgets. */
import type { WorldDescription } from '../../../spec/worlds/description.ts';

const K = 'kubelet/n1';

/** What a world may spend. */
export function registrationConstants(world: WorldDescription): Readonly<Record<string, number>> {
  const { faults, script = [] } = world;
  return {
    // Nobody asks for a Pod.
    ...{ Capacity: 1, Strangers: 0, SetCount: 0, SizeE: 1, SizeF: 1, PriorityE: 0, PriorityF: 0 },
    Usurps: faults.usurp?.scheduler ?? 0,
    Crashes: faults.crash?.scheduler ?? 0,
    Agents: faults.usurp?.[K] ?? 0,
    AgentCrashes: faults.crash?.[K] ?? 0,
    Backs: faults.clockBack ?? 0,
    Losses: faults.lostReply ?? 0,
    Deletes: script.filter(({ act }) => act === 'deleteLease').length,
  };
}
