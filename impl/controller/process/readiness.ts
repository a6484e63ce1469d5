/** Whether a stage can do its part, and what it waits for if not: for `/readyz`. Read off the machines, not decided here. */
import type { AutoscalerState } from '../../../machines/autoscaler/index.ts';
import type { DeploymentState } from '../../../machines/deployment/index.ts';
import { isUpstreamOpen, type UpstreamSide } from '../../../machines/ownership/link/index.ts';
import type { ReplicaSetState } from '../../../machines/replicaset/index.ts';
import type { SchedulerState } from '../../../machines/scheduler/index.ts';
import { stageOf } from '../../../spec/vocabulary.ts';
import type { StageProcess } from '../host/stageProcess.ts';

/** One stage of a process. @public */
export interface StageReadiness {
  readonly stage: string;
  /** null while no life runs. */
  readonly incarnation: number | null;
  /** Who leads, where this one stands by: then it is ready to take over. */
  readonly standsBehind?: string;
  /** What is waited for; empty if the stage is ready. */
  readonly missing: readonly string[];
}

const linkBelow = (side: UpstreamSide) =>
  isUpstreamOpen(side) ? [] : [`the link to ${side.context.peer} is not open`];

function barrier({ context: { barrier: waits } }: SchedulerState): readonly string[] {
  if (waits === null) return ['the Nodes are not listed yet'];
  return [...waits].sort().map((node) => `the agent of ${node} has not been reached, nor its Node cancelled`);
}

type Looked = Pick<StageProcess, 'self' | 'life' | 'standsBehind'>;

function missingOf({ self, life, standsBehind }: Looked): readonly string[] {
  if (standsBehind !== null) return [];
  if (life === null) return ['no life runs: the Lease, or the Node, is waited for'];
  switch (stageOf(self)) {
    case 'autoscaler':
      return linkBelow((life.state as AutoscalerState).context.down);
    case 'deployment':
      return linkBelow((life.state as DeploymentState).context.down);
    case 'replicaset':
      return linkBelow((life.state as ReplicaSetState).context.down);
    case 'scheduler':
      return barrier(life.state as SchedulerState);
    case 'kubelet':
      return [];
  }
}

/** Of all stages of a process. @public */
export function readinessOf(stages: readonly Looked[]): readonly StageReadiness[] {
  return stages.map((stage) => ({
    stage: stage.self,
    incarnation: stage.life?.incarnation ?? null,
    ...(stage.standsBehind !== null && { standsBehind: stage.standsBehind }),
    missing: missingOf(stage),
  }));
}
