/** D and A with many Deployments: they hold no Pods, so it is by Deployments that they grow. */
import { autoscalerStage } from '../../../machines/autoscaler/index.ts';
import { deploymentStage } from '../../../machines/deployment/index.ts';
import type { StageEvent } from '../../../spec/events.ts';
import type { Message } from '../../../spec/messages.ts';
import type { ReplicaCount, SessionId, Want } from '../../../spec/vocabulary.ts';
import { deploymentFact, replicaSetFact, uidOf } from './facts.ts';
import { batches, Driven, type GrownStage, leaseHolds, overWire, PEER, SELF, sample } from './world.ts';

const of = (link: 'upstream' | 'downstream', message: Message): StageEvent => ({
  ...{ type: 'received', link, message: overWire(message) },
});
const count = (i: number, live: number): ReplicaCount => ({
  ...{ deployment: uidOf('d', i), replicaSet: uidOf('rs', i), live, ready: live, terminating: 0 },
});
const want = (i: number, value: number, incarnation: number, counter: number): Want => ({
  ...{ deployment: uidOf('d', i), version: { generation: 1, incarnation, counter }, value },
  ...{ replicaSet: uidOf('rs', i), revision: '6d4cf56db6', mode: 'direct', confirmed: true },
});
const invalidate = (
  session: SessionId,
  wants: readonly Want[],
  counts: readonly ReplicaCount[],
): Message => ({
  ...{ kind: 'Invalidate', session, changed: [], adopted: [], lost: [], wants, counts },
});
const numbers = (size: number) => Array.from({ length: size }, (_, i) => i);

/** D with this many Deployments of one ReplicaSet each, all at rest. */
export function growDeployment(size: number): GrownStage {
  const d = new Driven(deploymentStage, { incarnation: SELF });
  const all = numbers(size);
  for (const i of all) {
    d.give({ type: 'deploymentObserved', deployment: deploymentFact(i) });
    d.give({ type: 'replicaSetObserved', replicaSet: replicaSetFact(i) });
  }
  d.give({ type: 'synced', what: 'deployments' });
  d.give({ type: 'synced', what: 'replicaSets' });
  d.give({ type: 'switchObserved', switch: { owner: 'direct', resourceVersion: '1' } });
  const down = d.openDownstream('downstream', 'replicaset');
  const up = d.openUpstream('autoscaler', 'deployment', leaseHolds);
  d.receive('upstream', { kind: 'Scale', session: up, wants: [] });
  for (const batch of batches(all, 10))
    d.receive(
      'downstream',
      invalidate(
        down,
        [],
        batch.map((i) => count(i, 0)),
      ),
    );
  const { state } = d;
  const some = sample(all);
  return d.grown([
    {
      name: 'scaled by A',
      state,
      events: some.map((i) =>
        of('upstream', { kind: 'Scale', session: up, wants: [want(i, 5, PEER, i + 1)] }),
      ),
    },
    {
      name: 'counted by R',
      state,
      events: some.map((i) => of('downstream', invalidate(down, [], [count(i, 1)]))),
    },
    {
      name: 'scaled by a user',
      state,
      events: some.map((i) => ({
        type: 'deploymentObserved',
        deployment: deploymentFact(i, { generation: 2, replicas: 3, resourceVersion: '999999' }),
      })),
    },
    {
      name: 'a ReplicaSet observed',
      state,
      events: some.map((i) => ({
        type: 'replicaSetObserved',
        replicaSet: replicaSetFact(i, { replicas: 3, desired: 3, resourceVersion: '999999' }),
      })),
    },
    {
      name: 'a Deployment gone',
      state,
      events: some.map((i) => ({ type: 'deploymentVanished', uid: uidOf('d', i) })),
    },
  ]);
}

/** A with the wants and counts of this many Deployments. */
export function growAutoscaler(size: number): GrownStage {
  const a = new Driven(autoscalerStage, { incarnation: SELF });
  const down = a.openDownstream('downstream', 'deployment');
  const all = numbers(size);
  for (const batch of batches(all, 10))
    a.receive(
      'downstream',
      invalidate(
        down,
        batch.map((i) => want(i, 3, 0, 0)),
        batch.map((i) => count(i, 3)),
      ),
    );
  const { state } = a;
  const some = sample(all);
  return a.grown([
    {
      name: 'scale asked for',
      state,
      events: some.map((i) => ({ type: 'scaleRequested', deployment: uidOf('d', i), replicas: 5 })),
    },
    {
      name: 'counted',
      state,
      events: some.map((i) => of('downstream', invalidate(down, [], [count(i, 4)]))),
    },
    {
      name: 'a Deployment gone',
      state,
      events: some.map((i) => ({ type: 'deploymentVanished', uid: uidOf('d', i) })),
    },
  ]);
}
