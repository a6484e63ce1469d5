/** The constants of `Rollout.tla`: the template at the start, what people do, and its budget. */
import type { UserAct, WorldDescription } from '../../../spec/worlds/description.ts';

function actOf(act: UserAct | undefined): string {
  if (act === undefined) return 'nothing';
  if (act.act === 'scale') return `scale ${act.replicas}`;
  if (act.act === 'rollout') return `to ${act.template}`;
  if (act.act === 'pause') return act.paused ? 'pause' : 'resume';
  throw new Error(`nobody does "${act.act}" in a world of a rollout`);
}

/** What a world may spend, and its script. */
export function rolloutConstants(world: WorldDescription): Record<string, number | string> {
  const { script = [], faults, deployments = [], replicaSets = [] } = world;
  if (script.length > 3) throw new Error('Rollout.tla has room for three acts');
  return {
    First: deployments[0]?.template ?? '',
    ByHand: replicaSets[0]?.desired === null ? 1 : 0,
    Patient: world.patient ? 1 : 0,
    Act1: actOf(script[0]),
    Act2: actOf(script[1]),
    Act3: actOf(script[2]),
    Asks: faults.prompts?.ask ?? 0,
  };
}
