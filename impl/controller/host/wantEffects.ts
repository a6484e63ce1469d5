/** Effects of D: the write-back, and lists anew. */
import type { Effect } from '../../../spec/effects.ts';
import type { StageEvent } from '../../../spec/events.ts';
import { pathOf } from '../kubernetes/paths.ts';
import { WRITTEN_ANNOTATION, WRITTEN_BY_ANNOTATION } from '../names.ts';
import { ineligibleOf } from './eligible.ts';
import { deploymentFact, isShown, replicaSetFact } from './facts.ts';
import { fenced } from './fenced.ts';
import type { DeploymentObject, ReplicaSetObject } from './objects.ts';
import { ask, tell } from './persist.ts';
import { refusalOf } from './podEffects.ts';
import { PRIORITY_CLASSES, type PriorityClass, priorityOf } from './priorities.ts';
import type { Life } from './runner.ts';

type Of<T extends Effect['type']> = Extract<Effect, { type: T }>;

/** Patches `spec.replicas` and *written*, or takes it away, if the Deployment is still of this resourceVersion. */
export function writeReplicas(life: Life, effect: Of<'writeReplicas'>): void {
  const { deployment, namespace, name, value, written, last, resourceVersion } = effect;
  const patch = {
    metadata: {
      uid: deployment,
      resourceVersion,
      annotations: {
        [WRITTEN_ANNOTATION]: last ? null : JSON.stringify(written),
        [WRITTEN_BY_ANNOTATION]: last ? null : String(life.incarnation),
      },
    },
    ...(value !== null && { spec: { replicas: value } }),
  };
  fenced(life, () => life.client.patchDeployment<DeploymentObject>(namespace, name, patch, 'kubedirect-d'))
    .then(
      (object): StageEvent => ({
        type: 'replicasWritten',
        deployment,
        after: deploymentFact(object),
        refusal: null,
      }),
    )
    .catch((error: unknown): StageEvent => {
      const refusal = refusalOf(error);
      if (refusal !== 'conflict') tell(life, `write of replicas of ${namespace}/${name}`)(error);
      return { type: 'replicasWritten', deployment, after: null, refusal };
    })
    .then((event) => life.give(event));
}

async function listed(life: Life, what: Of<'relist'>['what']): Promise<readonly StageEvent[]> {
  const { client } = life;
  switch (what) {
    case 'deployments': {
      const { items } = await client.list<DeploymentObject>(
        pathOf({ resource: 'deployments', namespace: client.scope }),
      );
      return items
        .filter(isShown)
        .map((each) => ({ type: 'deploymentObserved', deployment: deploymentFact(each) }) as const);
    }
    case 'replicaSets': {
      const { items } = await client.list<ReplicaSetObject>(
        pathOf({ resource: 'replicasets', namespace: client.scope }),
      );
      const classes =
        life.self === 'deployment' ? [] : (await client.list<PriorityClass>(PRIORITY_CLASSES)).items;
      return items.map((each) => {
        const replicaSet = replicaSetFact(each, ineligibleOf(each), priorityOf(each, classes));
        return { type: 'replicaSetObserved', replicaSet } as const;
      });
    }
  }
}

/** A consistent list anew: each object as observed, then `synced`. What vanished is told by the watch. */
export function relist(life: Life, { what, token }: Of<'relist'>): void {
  ask(
    life,
    `list of ${what}`,
    () => listed(life, what),
    (events) => {
      for (const event of events) life.give(event);
      life.give({ type: 'synced', what, token });
    },
  );
}
