/** The five stages, each with what may be seen of its state. */
import { autoscalerStage, viewOfAutoscaler } from '../../machines/autoscaler/index.ts';
import { deploymentStage, viewOfDeployment } from '../../machines/deployment/index.ts';
import { kubeletStage, viewOfKubelet } from '../../machines/kubelet/index.ts';
import { replicaSetStage, viewOfReplicaSet } from '../../machines/replicaset/index.ts';
import { schedulerStage, viewOfScheduler } from '../../machines/scheduler/index.ts';
import type { StageName } from '../../spec/vocabulary.ts';
import {
  observeAutoscaler,
  observeDeployment,
  observeKubelet,
  observeReplicaSet,
  observeScheduler,
} from './observers.ts';
import type { StageUnderTest } from './world.ts';

/** The stages that run in a cluster, by name. */
export const REAL_STAGES: Readonly<Record<StageName, StageUnderTest>> = {
  autoscaler: { stage: autoscalerStage, view: viewOfAutoscaler, observe: observeAutoscaler },
  deployment: { stage: deploymentStage, view: viewOfDeployment, observe: observeDeployment },
  scheduler: { stage: schedulerStage, view: viewOfScheduler, observe: observeScheduler },
  kubelet: { stage: kubeletStage, view: viewOfKubelet, observe: observeKubelet },
  replicaset: { stage: replicaSetStage, view: viewOfReplicaSet, observe: observeReplicaSet },
};
