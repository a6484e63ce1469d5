/** The constants of `Deletion.tla`: what people do, and its budget. */
import type { UserAct, WorldDescription } from '../../../spec/worlds/description.ts';

function actOf(act: UserAct | undefined): string {
  if (act === undefined) return 'nothing';
  if (act.act === 'scale') return `scale ${act.replicas}`;
  if (act.act === 'deleteDeployment') return act.cascade;
  if (act.act === 'makeDeployment') return `make ${act.template}`;
  throw new Error(`nobody does "${act.act}" in a world of deletion`);
}

/** What a world may spend, and its script. */
export function deletionConstants(world: WorldDescription): Record<string, number | string> {
  const { script = [], faults } = world;
  if (script.length > 3) throw new Error('Deletion.tla has room for three acts');
  const [made] = script.flatMap((one) => (one.act === 'makeDeployment' ? [one.replicas] : []));
  return {
    Act1: actOf(script[0]),
    Act2: actOf(script[1]),
    Act3: actOf(script[2]),
    Made: made ?? 0,
    Asks: faults.prompts?.ask ?? 0,
  };
}
