/** The stock Deployment controller, one sync (`syncDeployment`, `pkg/controller/deployment/deployment_controller.go`). */
import type { Deployment, ReplicaSet } from '../../apiserver/kube.ts';
import { replicaSets } from '../../apiserver/registry.ts';
import { objectAt } from '../../apiserver/store.ts';
import { claimed } from '../ownership.ts';
import type { SyncOutcome } from '../replicaSet/sync.ts';
import type { Session } from '../session.ts';
import { isRolling } from './amounts.ts';
import { type Sync, SyncFailed, withConditions, writeStatus } from './context.ts';
import { findNew } from './newReplicaSet.ts';
import { afterFact } from './progress.ts';
import { syncStatus } from './status.ts';
import { isScaling, recreate, rollingUpdate, scaleOnly } from './strategies.ts';

function notePause(sync: Sync): void {
  const { deployment, session } = sync;
  if (deployment.spec.progressDeadlineSeconds === undefined) return;
  const type = deployment.spec.paused === true ? 'pauseSeen' : 'resumeSeen';
  const conditions = deployment.status?.conditions ?? [];
  const next = afterFact(deployment, conditions, { type }, { name: undefined, now: session.now });
  if (next.length !== conditions.length || next.some((one) => !conditions.includes(one))) {
    writeStatus(sync, withConditions(deployment, next));
  }
}

function step(sync: Sync): number | undefined {
  const { session, deployment } = sync;
  const claim = {
    owner: deployment,
    kind: 'Deployment',
    selector: deployment.spec.selector,
    of: replicaSets,
  } as const;
  const sets = claimed(session, claim, () => true) as ReplicaSet[];
  if (deployment.metadata.deletionTimestamp !== undefined) {
    syncStatus(sync, sets, findNew(deployment, sets));
    return undefined;
  }
  notePause(sync);
  if (sync.deployment.spec.paused === true || isScaling(sync.deployment, sets)) {
    scaleOnly(sync, sets);
    return undefined;
  }
  return isRolling(deployment) ? rollingUpdate(sync, sets) : recreate(sync, sets);
}

/** One sync of one Deployment. */
export function syncDeployment(session: Session, key: string): SyncOutcome {
  const deployment = objectAt(session.api, key) as Deployment | undefined;
  if (deployment === undefined) return { failed: false };
  try {
    const again = step({ session, deployment });
    return again === undefined ? { failed: false } : { failed: false, again };
  } catch (error) {
    if (error instanceof SyncFailed) return { failed: true };
    throw error;
  }
}
