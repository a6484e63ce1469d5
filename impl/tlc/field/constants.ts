/** The constants of `Field.tla`: what people do, and its budgets. */
import type { UserAct, WorldDescription } from '../../../spec/worlds/description.ts';

function actOf(act: UserAct | undefined): string {
  if (act === undefined) return 'nothing';
  if (act.act === 'scale') return `scale ${act.replicas}`;
  if (act.act === 'rollout') return 'edit';
  throw new Error(`nobody does "${act.act}" in a world of the replicas field`);
}

/** What a world may spend, and its script. */
export function fieldConstants({
  script = [],
  deployments = [],
  faults,
}: WorldDescription): Record<string, number | string> {
  const { prompts, timers } = faults;
  if (script.length > 3) throw new Error('Field.tla has room for three acts');
  return {
    Act1: actOf(script[0]),
    Act2: actOf(script[1]),
    Act3: actOf(script[2]),
    Copied: deployments.some(({ written }) => written !== null) ? 1 : 0,
    Asks: prompts?.ask ?? 0,
    Marks: prompts?.mark ?? 0,
    Hurries: prompts?.hurry ?? 0,
    LostReplies: faults.lostReply ?? 0,
    Crashes: faults.crash?.deployment ?? 0,
    Usurps: faults.usurp?.deployment ?? 0,
    EarlyWriteBacks: timers?.writeBack ?? 0,
    EarlyLowers: timers?.lower ?? 0,
    EarlyRetries: timers?.retry ?? 0,
  };
}
