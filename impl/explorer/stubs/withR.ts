/**
 * The real D with an R that is always there: it takes every want at once, and counts nothing. What goes to it and comes from it
 * is constant, and left out.
 */
import {
  type DeploymentState,
  deploymentStage,
  viewOfDeployment,
} from '../../../machines/deployment/index.ts';
import type { Effect } from '../../../spec/effects.ts';
import type { StageEvent } from '../../../spec/events.ts';
import type { Message } from '../../../spec/messages.ts';
import type { StageConfig, Step } from '../../../spec/stage.ts';
import { observeDeployment } from '../observers.ts';
import type { StageUnderTest } from '../world.ts';

/** How R opens its link to a fresh D, which it meets for the first time. */
function openings({ incarnation }: StageConfig): readonly StageEvent[] {
  const session = { upstream: incarnation, downstream: 1, n: 1 };
  const received = (message: Message): StageEvent => ({ type: 'received', link: 'downstream', message });
  return [
    { type: 'connected', link: 'downstream', n: 1 },
    received({ kind: 'Offer', session, incarnation: 1, held: [], wants: [], drained: null }),
    { type: 'leaseRead', subject: 'replicaset', token: 'peer/downstream/1', incarnation: 1 },
    received({ kind: 'State', session, records: [], wants: [], counts: [] }),
  ];
}

const isForR = (effect: Effect) =>
  ('link' in effect && effect.link === 'downstream') ||
  (effect.type === 'readLease' && effect.subject === 'replicaset');
const without = (effects: readonly Effect[]) => effects.filter((effect) => !isForR(effect));

function start(config: StageConfig): Step<DeploymentState> {
  let [state, effects] = deploymentStage.start(config);
  for (const event of openings(config)) {
    const [next, more] = deploymentStage.step(state, event);
    [state, effects] = [next, [...effects, ...more]];
  }
  return [state, without(effects)];
}

/** D, with what the explorer needs. */
export const stubWithR: StageUnderTest = {
  stage: {
    name: 'deployment',
    start,
    step: (state: DeploymentState, event) => {
      const [next, effects] = deploymentStage.step(state, event);
      return [next, without(effects)];
    },
  },
  view: viewOfDeployment,
  observe: observeDeployment,
};
