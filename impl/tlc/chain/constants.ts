/** The constants of `Chain.tla`: its sizes, its script and its budgets. */
import type { UserAct, WorldDescription } from '../../../spec/worlds/description.ts';

/** What people do, as `Scales` names it: `rs-t1` is `d`, `rs-e` is `e`. */
export function actOf(act: UserAct): string {
  if (act.act === 'deletePod') return act.force ? 'force' : 'delete';
  if (act.act === 'deleteReplicaSet') return 'remove';
  if (act.act === 'switch') return act.owner === 'stock' ? 'release' : 'takeBack';
  if (act.act !== 'scaleReplicaSet') throw new Error(`nobody does ${act.act} in a world of the chain`);
  return `${act.replicaSet === 'rs-t1' ? 'd' : act.replicaSet.slice('rs-'.length)}${act.replicas}`;
}

/** How large a world is, what people do, and what it may spend. */
export function chainConstants(world: WorldDescription): Readonly<Record<string, number | string>> {
  const { faults, nodes, stages, replicaSets = [], script = [], foreign = [] } = world;
  const [first, second, third] = script.map(actOf);
  const of = (uid: string) => replicaSets.find((one) => one.uid === uid);
  return {
    NodeCount: nodes.length,
    Agents: nodes.filter(({ known }) => known).length,
    Capacity: nodes[0]?.capacity.pods ?? 0,
    Strangers: foreign.reduce((sum, { requests }) => sum + requests.pods, 0),
    SetCount: replicaSets.length,
    SizeE: of('rs-e')?.requests.pods ?? 1,
    SizeF: of('rs-f')?.requests.pods ?? 1,
    PriorityE: of('rs-e')?.priority ?? 0,
    PriorityF: of('rs-f')?.priority ?? 0,
    Pods: replicaSets[0]?.replicas ?? 0,
    Act1: first ?? 'none',
    Act2: second ?? 'none',
    Act3: third ?? 'none',
    Breaks: faults.break ?? 0,
    Lingers: faults.linger ?? 0,
    RCrashes: faults.crash?.replicaset ?? 0,
    SCrashes: faults.crash?.scheduler ?? 0,
    KCrashes: faults.crash?.['kubelet/n1'] ?? 0,
    RUsurps: faults.usurp?.replicaset ?? 0,
    SUsurps: faults.usurp?.scheduler ?? 0,
    Timers: faults.timers?.unreachable ?? 0,
    HandsOver: stages.some(({ handsOver }) => handsOver) ? 1 : 0,
    Losses: faults.lostReply ?? 0,
    Loses: faults.loses?.includes('deletePod') ? 'delete' : 'publish',
    Refusals: faults.refused ?? 0,
    Gaps: faults.gap?.n1 ?? 0,
    Alerts: stages.some(({ alert }) => alert) ? 1 : 0,
  };
}
