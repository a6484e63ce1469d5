/** The five stages, by name. */
import { autoscalerStage } from '../../../machines/autoscaler/index.ts';
import { deploymentStage } from '../../../machines/deployment/index.ts';
import { kubeletStage } from '../../../machines/kubelet/index.ts';
import { replicaSetStage } from '../../../machines/replicaset/index.ts';
import { schedulerStage } from '../../../machines/scheduler/index.ts';
import type { Stage } from '../../../spec/stage.ts';
import type { StageName } from '../../../spec/vocabulary.ts';

/** What a host runs, whichever it is. */
// biome-ignore lint/suspicious/noExplicitAny: a host runs any stage and never looks into its state
export const STAGES: Readonly<Record<StageName, Stage<any>>> = {
  autoscaler: autoscalerStage,
  deployment: deploymentStage,
  replicaset: replicaSetStage,
  scheduler: schedulerStage,
  kubelet: kubeletStage,
};
