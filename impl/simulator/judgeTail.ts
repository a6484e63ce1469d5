/** What a K ends, looked at before it is done (`ShownRuns`): only of steps that end something, and only at its own node. */
import type { Effect } from '../../spec/effects.ts';
import type { StageEvent } from '../../spec/events.ts';
import { PROPERTIES, type RestProperty } from '../../spec/properties/index.ts';
import { type Life, nodeOf } from './life.ts';
import { isOfItsNode, nodeView } from './nodeView.ts';
import type { Simulation } from './simulation.ts';
import { allUids, stepView } from './touched.ts';
import { isUnlabelled } from './unlabelled.ts';

const ShownRuns: RestProperty = PROPERTIES.ShownRuns;

/** What is wrong with a step of a K; null if nothing is. */
export function endedUnheld(
  sim: Simulation,
  life: Life,
  event: StageEvent,
  before: unknown,
  effects: readonly Effect[],
): string | null {
  // Where a kubelet of stock's runs them, a create that landed late runs until K has seen and deleted it.
  if (sim.plan.runtime !== 'runs') return null;
  if (!effects.some(({ type }) => type === 'stopPod' || type === 'deletePod')) return null;
  const machine = sim.machineOf(nodeOf(life.peer));
  // What is of a Node that was made anew counts as given up.
  if (!isOfItsNode(sim, machine)) return null;
  const pods = sim.api.podsOn(machine.name);
  const around = {
    switch: sim.owner.fact,
    acknowledged: {},
    get history() {
      return sim.judge.history;
    },
    nodes: [nodeView(sim, machine)],
    objects: pods.filter(({ managed }) => managed),
    unlabelled: pods.filter((pod) => isUnlabelled(sim, pod)),
  };
  const step = stepView(life, event, effects, before, allUids(life.peer, before, before), around);
  return ShownRuns.onTheWay?.(step) ?? null;
}
