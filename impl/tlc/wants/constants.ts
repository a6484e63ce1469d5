/** The constants of `Wants.tla`: what people do, and its budgets. */
import type { UserAct, WorldDescription } from '../../../spec/worlds/description.ts';

function actOf(act: UserAct | undefined): string {
  if (act === undefined) return 'nothing';
  if (act.act === 'scale' || act.act === 'request') return `${act.act} ${act.replicas}`;
  if (act.act === 'rollout') return 'edit';
  if (act.act === 'flush') return 'flush';
  throw new Error(`nobody does "${act.act}" in a world of versions`);
}

/** What a world may spend, its script, and whether its object is annotated. */
export function wantsConstants(world: WorldDescription): Record<string, number | string> {
  const { script = [], faults, deployments = [] } = world;
  const { crash, usurp, timers } = faults;
  if (script.length > 3) throw new Error('Wants.tla has room for three acts');
  return {
    Act1: actOf(script[0]),
    Act2: actOf(script[1]),
    Act3: actOf(script[2]),
    Annotated: deployments[0]?.written === null ? 0 : 1,
    Breaks: faults.break ?? 0,
    Lingers: faults.linger ?? 0,
    LostReplies: faults.lostReply ?? 0,
    UpCrashes: crash?.autoscaler ?? 0,
    DownCrashes: crash?.deployment ?? 0,
    UpUsurps: usurp?.autoscaler ?? 0,
    DownUsurps: usurp?.deployment ?? 0,
    EarlyWriteBacks: timers?.writeBack ?? 0,
    EarlyLowers: timers?.lower ?? 0,
    EarlyRetries: timers?.retry ?? 0,
    EarlyUnconfirmeds: timers?.unconfirmed ?? 0,
  };
}
