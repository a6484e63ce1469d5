/** What machines report (`spec/effects.ts`, *report*), told to people: the log, a metric, and an Event on the object that it is about. */
import type { Effect } from '../../../spec/effects.ts';
import { stageOf } from '../../../spec/vocabulary.ts';
import {
  deploymentReference,
  nodeReference,
  type ObjectReference,
  ownerReference,
} from '../kubernetes/events.ts';
import { pathOf } from '../kubernetes/paths.ts';
import { reports } from '../metrics.ts';
import type { DeploymentObject } from './objects.ts';
import type { Life } from './runner.ts';

type Report = Extract<Effect, { type: 'report' }>;

/** null if the object is not known here (any more): then it is logged alone. */
function referenceOf({ templates, hub }: Life, on: NonNullable<Report['on']>): ObjectReference | null {
  if ('node' in on) return nodeReference(on.node);
  if ('replicaSet' in on) {
    const replicaSet = templates.peek(on.replicaSet);
    return replicaSet === undefined ? null : ownerReference(replicaSet);
  }
  const deployment = hub.find<DeploymentObject>(
    pathOf({ resource: 'deployments', namespace: hub.scope }),
    on.deployment,
  );
  return deployment === undefined ? null : deploymentReference(deployment);
}

/** Tells it. */
export function report(life: Life, { reason, subject, text, on }: Report): void {
  life.log(text, { reason, subject });
  const stage = stageOf(life.self);
  reports.inc({ stage, reason });
  const about = on === undefined ? null : referenceOf(life, on);
  if (about !== null) life.events.tell(about, { reason, text, by: `kubedirect-${stage}` });
}
