/** The constants of `Wants.tla`: what people do, and its budgets. */
import type { PeerName } from '../../../spec/vocabulary.ts';
import type { UserAct, WorldDescription } from '../../../spec/worlds/description.ts';

function actOf(act: UserAct | undefined, unmanaged: readonly string[]): string {
  if (act === undefined) return 'nothing';
  if (act.act === 'scale' || act.act === 'request') return `${act.act} ${act.replicas}`;
  if (act.act === 'rollout') return unmanaged.includes(act.template) ? 'leave' : 'edit';
  if (act.act === 'flush') return 'flush';
  if (act.act === 'deleteDeployment' && act.cascade === 'background') return 'delete';
  if (act.act === 'makeDeployment' && act.paused && act.replicas === 2) return 'make';
  throw new Error(`nobody does "${act.act}" in a world of versions`);
}

/** Whether D hears of ReplicaSets: elsewhere what becomes of them changes nothing. */
export const seesSets = ({ stages }: WorldDescription): boolean =>
  stages.every(({ peer, deaf }) => peer !== 'deployment' || deaf?.includes('replicaSetObserved') !== true);

/** How much A hears of Deployments: 1: of what its watch tells, 2: and of the end of a list. */
function heardBy(peer: PeerName, { stages }: WorldDescription): number {
  const { deaf = [] } = stages.find((one) => one.peer === peer) ?? {};
  if (deaf.includes('deploymentObserved')) return 0;
  return deaf.includes('synced') ? 1 : 2;
}

/** What a world may spend, its script, what stands at first, and who hears of it. */
export function wantsConstants(world: WorldDescription): Record<string, number | string> {
  const { script = [], faults, deployments = [], replicaSets = [], unmanaged = [], stages } = world;
  const { crash, usurp, timers } = faults;
  if (script.length > 3) throw new Error('Wants.tla has room for three acts');
  return {
    Act1: actOf(script[0], unmanaged),
    Act2: actOf(script[1], unmanaged),
    Act3: actOf(script[2], unmanaged),
    Stands: deployments.length,
    Sets: seesSets(world) ? replicaSets.length : 0,
    Annotated: deployments[0]?.written === null ? 0 : 1,
    Hears: heardBy('autoscaler', world),
    Gaps: stages.some(({ gaps }) => gaps) ? 1 : 0,
    Relists: faults.relist ?? 0,
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
