/** A Kubelet stage under test: steps, the journal that its effects make, and facts to give it. */

import {
  type KubeletState,
  kubeletStage,
  replayJournal,
  viewOfKubelet,
} from '../../machines/kubelet/index.ts';
import type { Effect } from '../../spec/effects.ts';
import type { StageEvent } from '../../spec/events.ts';
import type { NodeFact, PodFact } from '../../spec/facts.ts';
import { EMPTY_JOURNAL, type JournalState } from '../../spec/journal.ts';
import type { Message } from '../../spec/messages.ts';
import type { StageConfig } from '../../spec/stage.ts';
import type { Fence, PodRecord, SessionId, Uid } from '../../spec/vocabulary.ts';

export const K = 100;
export const S = 50;

export const nodeFact = (over: Partial<NodeFact> = {}): NodeFact => ({
  name: 'n1',
  uid: 'node-uid',
  resourceVersion: '1',
  capacity: { cpu: 1000, memory: 1000, pods: 10 },
  labels: {},
  taints: [],
  unschedulable: false,
  ready: true,
  agent: K,
  address: 'a:1',
  mark: null,
  drained: null,
  ...over,
});

export const podFact = (uid: Uid | null, over: Partial<PodFact> = {}): PodFact => ({
  namespace: 'default',
  name: `rs-${uid}`,
  metadataUid: `m-${uid}`,
  resourceVersion: '1',
  uid,
  managed: true,
  replicaSet: 'rs',
  revision: 'h',
  node: 'n1',
  phase: 'Pending',
  ready: false,
  deleting: false,
  requests: { cpu: 100, memory: 100, pods: 1 },
  priority: 0,
  deletionCost: 0,
  ...over,
});

export const bound = (uid: Uid, over: Partial<PodRecord> = {}): PodRecord => ({
  uid,
  replicaSet: 'rs',
  revision: 'h',
  requests: { cpu: 100, memory: 100, pods: 1 },
  priority: 0,
  node: 'n1',
  phase: 'bound',
  ready: false,
  version: { stage: 'scheduler', incarnation: S, counter: 1 },
  ...over,
});

/** One K over its lives: what it did, and its journal. */
export class Tail {
  state: KubeletState;
  /** Effects of the last step. */
  effects: readonly Effect[];
  journal: JournalState = EMPTY_JOURNAL;
  incarnation = K;
  config: Omit<StageConfig, 'incarnation' | 'journal'>;
  session: SessionId = { upstream: S, downstream: K, n: 0 };

  constructor(config: Partial<StageConfig> = {}) {
    this.config = { node: 'n1', runtime: 'publish', ...config };
    const { incarnation = K, journal = EMPTY_JOURNAL } = config;
    this.incarnation = incarnation;
    this.journal = journal;
    [this.state, this.effects] = kubeletStage.start({ ...this.config, incarnation, journal });
  }

  hear(event: StageEvent): readonly Effect[] {
    const [state, effects] = kubeletStage.step(this.state, event);
    this.state = state;
    this.effects = effects;
    for (const effect of effects)
      if (effect.type === 'journal') this.journal = replayJournal(effect.entries, this.journal);
    return effects;
  }

  /** Forgets everything but the journal. */
  crash(over: Partial<StageConfig> = {}): readonly Effect[] {
    this.incarnation += 1;
    const config = { ...this.config, ...over, incarnation: this.incarnation, journal: this.journal };
    [this.state, this.effects] = kubeletStage.start(config);
    return this.effects;
  }

  /** Registers, reads S's Lease, lists: as far as serving. */
  serve(
    pods: readonly PodFact[] = [],
    node: NodeFact = nodeFact(),
    leader: number | null = S,
  ): readonly Effect[] {
    this.hear({ type: 'registered', node: { ...node, agent: this.incarnation } });
    const read = this.effects.find((effect) => effect.type === 'readLease');
    if (read?.type !== 'readLease') throw new Error('no read of the Lease');
    this.hear({ type: 'leaseRead', subject: 'scheduler', token: read.token, incarnation: leader });
    return this.hear({ type: 'podsListed', pods });
  }

  hello(upstream = S, n = this.session.n + 1): readonly Effect[] {
    const session = { upstream, downstream: 0, n };
    this.session = { upstream, downstream: this.incarnation, n };
    return this.receive({ kind: 'Hello', session, role: 'scheduler', peer: 'kubelet/n1', wants: [] });
  }

  receive(message: Message): readonly Effect[] {
    return this.hear({ type: 'received', link: 'upstream', message });
  }

  /** Answers the read of the Node that is under way. */
  nodeRead(over: Partial<NodeFact> | null = {}): readonly Effect[] {
    const read = this.effects.findLast((effect) => effect.type === 'readNode');
    if (read?.type !== 'readNode') throw new Error('no read of the Node');
    const node = over === null ? null : nodeFact({ agent: this.incarnation, ...over });
    return this.hear({ type: 'nodeRead', name: 'n1', token: read.token, node });
  }

  /** Opens a session; returns the effects of the `State`. */
  open(uids: readonly Uid[] = [], tombstones: readonly Uid[] = [], upstream = S): readonly Effect[] {
    this.hello(upstream, upstream === this.session.upstream ? this.session.n + 1 : 1);
    this.nodeRead();
    return this.receive({ kind: 'Fetch', session: this.session, uids, tombstones });
  }

  assign(...records: readonly PodRecord[]): readonly Effect[] {
    return this.receive({ kind: 'Assign', session: this.session, records });
  }
  terminate(...uids: readonly Uid[]): readonly Effect[] {
    return this.receive({ kind: 'Terminate', session: this.session, uids });
  }

  get view() {
    return viewOfKubelet(this.state);
  }
  pod(uid: Uid) {
    return this.view.pods.find((pod) => pod.uid === uid);
  }
  record(uid: Uid) {
    return this.view.records.find((record) => record.uid === uid);
  }
}

/** A K that serves, with an open link. */
export function serving(config: Partial<StageConfig> = {}, pods: readonly PodFact[] = []): Tail {
  const tail = new Tail(config);
  tail.serve(pods);
  tail.open();
  return tail;
}

export const types = (effects: readonly Effect[]) => effects.map(({ type }) => type);
export const sent = (effects: readonly Effect[]): Message[] =>
  effects.flatMap((effect) => (effect.type === 'send' ? [effect.message] : []));
export const only = <T extends Effect['type']>(effects: readonly Effect[], type: T) =>
  effects.filter((effect): effect is Extract<Effect, { type: T }> => effect.type === type);
export const entries = (effects: readonly Effect[]) =>
  only(effects, 'journal').flatMap((effect) => effect.entries);
export const markOf = (incarnation: number, n: number): Fence => ({ incarnation, n });
