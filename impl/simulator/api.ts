/**
 * The API Server cut down to facts (`spec/facts.ts`): objects by name, indexed, each change told to those who watch. Every write is one
 * change; what a write means is in `writes.ts` and `stock.ts`.
 */
import type { DeploymentFact, NodeFact, PodFact, ReplicaSetFact, SwitchFact } from '../../spec/facts.ts';
import type { Acknowledgement } from '../../spec/properties/index.ts';
import type { Incarnation } from '../../spec/vocabulary.ts';

/** Collections that can be watched. */
export interface Collections {
  nodes: NodeFact;
  deployments: DeploymentFact;
  replicaSets: ReplicaSetFact;
  pods: PodFact;
  switch: SwitchFact;
}
/** Name of a collection. */
export type What = keyof Collections;
/** An object of any collection. */
export type Fact = Collections[What];

/** A change: what was (null: nothing) and what is (null: gone). */
export type Change = (what: What, key: string, before: Fact | null, after: Fact | null) => void;

/** All objects of a moment. */
export type Snapshot = { readonly [W in What]: ReadonlyMap<string, Collections[W]> };

function addTo(index: Map<string, Set<string>>, key: string, name: string): void {
  index.set(key, (index.get(key) ?? new Set()).add(name));
}

/** All objects. */
export class Api {
  readonly leases = new Map<string, Incarnation>();
  /** On each Lease and Node: the owner that the stage acknowledged last, and at which version of the switch. */
  readonly acknowledged = new Map<string, Acknowledgement>();
  readonly nodes = new Map<string, NodeFact>();
  readonly deployments = new Map<string, DeploymentFact>();
  readonly replicaSets = new Map<string, ReplicaSetFact>();
  readonly pods = new Map<string, PodFact>();
  readonly switch = new Map<string, SwitchFact>();
  readonly podsByUid = new Map<string, PodFact>();
  readonly podsByObject = new Map<string, PodFact>();
  /** Ready Pods of each ReplicaSet that are not being deleted. */
  readonly readyOf = new Map<string, number>();
  /** Pods of each ReplicaSet that are not being deleted, by name. */
  readonly #liveOf = new Map<string, Set<string>>();
  readonly #podsOn = new Map<string, Set<string>>();
  readonly #podsOf = new Map<string, Set<string>>();
  readonly #changed: Change;
  #version = 1;

  constructor(changed: Change) {
    this.#changed = changed;
  }

  /** A new resourceVersion. */
  version(): string {
    this.#version += 1;
    return String(this.#version);
  }

  /** Puts an object as it is to be, under a new resourceVersion. */
  put<W extends What>(what: W, key: string, fact: Collections[W]): Collections[W] {
    const objects = this[what] as Map<string, Collections[W]>;
    const before = objects.get(key) ?? null;
    const after = { ...fact, resourceVersion: this.version() };
    objects.set(key, after);
    if (what === 'pods') this.#index(before as PodFact | null, after as PodFact);
    this.#changed(what, key, before, after);
    return after;
  }

  /** Takes an object away. */
  remove(what: What, key: string): void {
    const objects = this[what] as Map<string, Fact>;
    const before = objects.get(key);
    if (before === undefined) return;
    objects.delete(key);
    if (what === 'pods') this.#index(before as PodFact, null);
    this.#changed(what, key, before, null);
  }

  /** All that is, to be looked at later. */
  snapshot(): Snapshot {
    const { nodes, deployments, replicaSets, pods } = this;
    return {
      nodes: new Map(nodes),
      deployments: new Map(deployments),
      replicaSets: new Map(replicaSets),
      pods: new Map(pods),
      switch: new Map(this.switch),
    };
  }

  /** Pods bound to a node, by name. */
  podsOn(node: string): readonly PodFact[] {
    const names = [...(this.#podsOn.get(node) ?? [])].sort();
    return names.map((name) => this.pods.get(name) as PodFact);
  }

  /** Pods that are bound to none. */
  podsUnbound(): readonly PodFact[] {
    return this.podsOn('');
  }

  /** Pods of a ReplicaSet, by name. */
  podsOfReplicaSet(replicaSet: string): readonly PodFact[] {
    const names = [...(this.#podsOf.get(replicaSet) ?? [])].sort();
    return names.map((name) => this.pods.get(name) as PodFact);
  }

  /** Those of them that are not being deleted. */
  livePodsOf(replicaSet: string): readonly PodFact[] {
    const names = [...(this.#liveOf.get(replicaSet) ?? [])].sort();
    return names.map((name) => this.pods.get(name) as PodFact);
  }

  /** Whether any Pod of a ReplicaSet is there. */
  hasPodsOf(replicaSet: string): boolean {
    return (this.#podsOf.get(replicaSet)?.size ?? 0) > 0;
  }

  #count(pod: PodFact | null, by: 1 | -1): void {
    if (pod === null || pod.deleting || pod.replicaSet === null) return;
    if (by === 1) addTo(this.#liveOf, pod.replicaSet, pod.name);
    else this.#liveOf.get(pod.replicaSet)?.delete(pod.name);
    if (pod.ready) this.readyOf.set(pod.replicaSet, (this.readyOf.get(pod.replicaSet) ?? 0) + by);
  }

  #index(before: PodFact | null, after: PodFact | null): void {
    this.#count(before, -1);
    this.#count(after, 1);
    if (before !== null) {
      this.podsByObject.delete(before.metadataUid);
      if (before.uid !== null) this.podsByUid.delete(before.uid);
      if (after === null || before.node !== after.node)
        this.#podsOn.get(before.node ?? '')?.delete(before.name);
      if (after === null) this.#podsOf.get(before.replicaSet ?? '')?.delete(before.name);
    }
    if (after === null) return;
    this.podsByObject.set(after.metadataUid, after);
    if (after.uid !== null) this.podsByUid.set(after.uid, after);
    addTo(this.#podsOn, after.node ?? '', after.name);
    addTo(this.#podsOf, after.replicaSet ?? '', after.name);
  }
}
