/**
 * A tiny API Server for one Deployment and the stock Deployment controller (protocol 8, *Tried on 1.36.3*): generation,
 * who owns `replicas`, the annotation *written* and its copy on the ReplicaSets. Every version is kept, so that watches lag,
 * skip, and lists are stale.
 */
import type { Effect } from '../../../spec/effects.ts';
import type { DeploymentFact, ReplicaSetFact } from '../../../spec/facts.ts';

export const DEPLOYMENT = 'web-uid';

export interface Snapshot {
  readonly deployment: DeploymentFact | null;
  readonly replicaSets: readonly ReplicaSetFact[];
}

export const deploymentFact = (over: Partial<DeploymentFact> = {}): DeploymentFact => ({
  uid: DEPLOYMENT,
  namespace: 'default',
  name: 'web',
  resourceVersion: '1',
  generation: 1,
  replicas: 0,
  replicasOwner: 'kubectl/Update/',
  rest: 'rest-0',
  written: null,
  template: 'template-0',
  deleting: false,
  paused: false,
  ...over,
});

export const replicaSetFact = (over: Partial<ReplicaSetFact> = {}): ReplicaSetFact => ({
  uid: 'rs-1',
  namespace: 'default',
  name: 'web-1',
  deployment: DEPLOYMENT,
  revisionNumber: 1,
  revision: 'hash-0',
  resourceVersion: '1',
  replicas: 0,
  desired: 0,
  written: null,
  template: 'template-0',
  deleting: false,
  requests: { cpu: 100, memory: 0, pods: 1 },
  priority: 0,
  constraints: { nodeSelector: {}, tolerations: [], nodeAffinity: [] },
  ineligible: [],
  ...over,
});

export class Api {
  readonly history: Snapshot[] = [{ deployment: deploymentFact(), replicaSets: [] }];
  rv = 1;
  edits = 0;
  /** Generation of the last external write that changed replicas, and its value. */
  external = { generation: 1, value: 0 };
  /** Write-backs that changed replicas without having seen the last external write. */
  readonly lost: string[] = [];

  get latest(): Snapshot {
    return this.history.at(-1)!;
  }

  get object(): DeploymentFact {
    return this.latest.deployment!;
  }

  private save(change: Partial<Snapshot>): void {
    this.history.push({ ...this.latest, ...change });
  }

  private update(change: Partial<DeploymentFact>): void {
    this.rv++;
    const resourceVersion = String(this.rv);
    this.save({ deployment: { ...this.object, ...change, resourceVersion } });
  }

  /** `kubectl scale`, an HPA: to the same value it changes nothing. */
  scale(value: number, who: number): void {
    if (value === this.object.replicas) return;
    const generation = this.object.generation + 1;
    this.external = { generation, value };
    this.update({ generation, replicas: value, replicasOwner: `someone-${this.edits}-${who}/Update/scale` });
  }

  /** Whether an edit would hide a write there and back by the same manager, which no rule can see (`base.ts`). */
  get mayEdit(): boolean {
    return (this.object.written?.generation ?? 0) > this.external.generation;
  }

  /** A template edit: not an external write of replicas. */
  edit(): void {
    this.edits++;
    const generation = this.object.generation + 1;
    this.update({ generation, rest: `rest-${this.edits}`, template: `template-${this.edits}` });
  }

  delete(): void {
    this.save({ deployment: null, replicaSets: [] });
  }

  /** D's patch: `null` on a conflict. */
  write(effect: Extract<Effect, { type: 'writeReplicas' }>): DeploymentFact | null {
    const { object } = this;
    if (effect.resourceVersion !== '' && effect.resourceVersion !== object.resourceVersion) return null;
    const changes = effect.value !== null && effect.value !== object.replicas;
    if (changes && effect.written.version.generation < this.external.generation)
      this.lost.push(`${effect.value} over ${object.replicas}`);
    this.update({
      generation: object.generation + 1,
      replicas: effect.value ?? object.replicas,
      replicasOwner: changes ? 'kubedirect-d/Update/' : object.replicasOwner,
      written: effect.written,
    });
    return this.object;
  }

  /** One sync of the stock Deployment controller: maxSurge 1, maxUnavailable 0. */
  sync(live: ReadonlyMap<string, number>): boolean {
    const { deployment, replicaSets } = this.latest;
    if (deployment === null) return false;
    const next = syncReplicaSets(deployment, replicaSets, live);
    if (JSON.stringify(next) === JSON.stringify(replicaSets)) return false;
    this.save({ replicaSets: next });
    return true;
  }
}

function syncReplicaSets(
  deployment: DeploymentFact,
  before: readonly ReplicaSetFact[],
  live: ReadonlyMap<string, number>,
): readonly ReplicaSetFact[] {
  const sets = before.map((each) => ({ ...each }));
  let newest = sets.find((each) => each.template === deployment.template);
  if (newest === undefined) {
    const number = sets.length + 1;
    const { template } = deployment;
    newest = {
      ...replicaSetFact({ uid: `rs-${number}`, name: `web-${number}`, revisionNumber: number }),
      ...{ revision: `hash-${number}`, template },
    };
    sets.push(newest);
  }
  newest.written = deployment.written;
  const others = sets.filter((each) => each !== newest);
  const sum = () => sets.reduce((total, each) => total + each.replicas, 0);
  const active = sets.filter((each) => each.replicas > 0);
  const isScaling = active.some((each) => each.desired !== deployment.replicas);
  if (isScaling) {
    const excess = sum() - deployment.replicas;
    let left = excess;
    for (const each of [...others, newest]) {
      const change = excess < 0 ? (each === newest ? -left : 0) : -Math.min(left, each.replicas);
      each.replicas += change;
      left += change;
    }
    for (const each of active) each.desired = deployment.replicas;
    newest.desired = deployment.replicas;
    return sets;
  }
  const surge = others.some((each) => each.replicas > 0) ? 1 : 0;
  const room = deployment.replicas + surge - sum();
  newest.replicas += Math.max(0, Math.min(room, deployment.replicas - newest.replicas));
  if (newest.replicas > 0 || deployment.replicas === 0) newest.desired = deployment.replicas;
  const ready = sets.reduce((total, each) => total + Math.min(each.replicas, live.get(each.uid) ?? 0), 0);
  let spare = Math.min(ready, sum()) - deployment.replicas;
  for (const each of others) {
    const down = Math.min(Math.max(0, spare), each.replicas);
    each.replicas -= down;
    spare -= down;
  }
  return sets;
}
