/** Plans for real processes: the simulator's (`impl/simulator/plan.ts`), drawn by the same dice and made to fit into seconds. */
import { drawPlan } from '../simulator/draw.ts';
import type { Plan, PlannedFault } from '../simulator/plan.ts';

/** How large and how long. @public */
export interface ChaosEnvelope {
  readonly nodes: number;
  readonly pods: number;
  /** From the first act to the end of the faults. */
  readonly milliseconds: number;
}

/** No fault lasts longer than this, ms: a run is seconds. */
const LONGEST = 4_000;
const shorter = (milliseconds: number) => Math.min(milliseconds, LONGEST);

function fitted(fault: PlannedFault, at: number): PlannedFault {
  switch (fault.fault) {
    case 'crash':
    case 'nodeCrash':
    case 'journalLost':
      return { ...fault, at, down: shorter(fault.down) };
    case 'api':
      // Somebody must get through, or nothing happens.
      return { ...fault, at, for: shorter(fault.for), chance: Math.min(fault.chance, 0.6) };
    case 'cutOff':
    case 'watchLost':
    case 'notReady':
    case 'slowDisk':
      return { ...fault, at, for: shorter(fault.for) };
    default:
      return { ...fault, at };
  }
}

/** The plan of a seed, in real time. @public */
export function drawChaos(seed: number, { nodes, pods, milliseconds }: ChaosEnvelope): Plan {
  const plan = drawPlan(seed, { nodes, pods });
  const at = (moment: number) => Math.round((moment / plan.healAt) * milliseconds);
  return {
    ...plan,
    runtime: 'publish',
    acts: plan.acts.map((act) => ({ ...act, at: at(act.at) })),
    faults: plan.faults.map((fault) => fitted(fault, at(fault.at))),
    healAt: milliseconds,
  };
}
