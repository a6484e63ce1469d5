/** The constants of `Chain.tla`: its sizes and budgets. */
import type { WorldDescription } from '../../../spec/worlds/description.ts';

/** How large a world is, and what it may spend. */
export function chainConstants(world: WorldDescription): Readonly<Record<string, number>> {
  const { faults, nodes, replicaSets = [], script = [] } = world;
  const pods = replicaSets[0]?.replicas ?? 0;
  const scale = script.find(({ act }) => act === 'scaleReplicaSet');
  return {
    NodeCount: nodes.length,
    Capacity: nodes[0]?.capacity.pods ?? 0,
    Pods: pods,
    Scale: scale?.act === 'scaleReplicaSet' ? scale.replicas : pods,
    Deletions: script.filter(({ act }) => act === 'deletePod').length,
    Breaks: faults.break ?? 0,
    Lingers: faults.linger ?? 0,
    RCrashes: faults.crash?.replicaset ?? 0,
    SCrashes: faults.crash?.scheduler ?? 0,
    KCrashes: faults.crash?.['kubelet/n1'] ?? 0,
    RUsurps: faults.usurp?.replicaset ?? 0,
    SUsurps: faults.usurp?.scheduler ?? 0,
    Timers: faults.timers?.unreachable ?? 0,
  };
}
