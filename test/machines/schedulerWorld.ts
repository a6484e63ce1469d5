/**
 * A world around the Scheduler stage for its tests: R and one K per node as small honest models on the real link
 * machines, Leases, Nodes with marks. Every message and every answer waits in a queue until the test delivers it, so
 * that a test, or fast-check, chooses the interleaving. Ghosts of what truly runs check the properties.
 */

import { applyState, merge, reset } from '../../machines/ownership/handshake.ts';
import {
  type DownstreamSide,
  downstreamSession,
  type LinkOutput,
  startDownstreamSide,
  startUpstreamSide,
  stepDownstreamSide,
  stepUpstreamSide,
  type UpstreamSide,
} from '../../machines/ownership/link/index.ts';
import { type SchedulerState, schedulerStage } from '../../machines/scheduler/index.ts';
import type { Effect } from '../../spec/effects.ts';
import type { StageEvent } from '../../spec/events.ts';
import type { NodeFact, PodFact, ReplicaSetFact } from '../../spec/facts.ts';
import type { Message } from '../../spec/messages.ts';
import type { TimerName } from '../../spec/timers.ts';
import {
  compareFences,
  type Fence,
  type PodRecord,
  type Resources,
  type SessionId,
  type Uid,
} from '../../spec/vocabulary.ts';
import { foreignPod } from '../../spec/worlds/objects.ts';

/** Requests of `cpu` thousandths of a core, as much memory, one Pod. */
export const size = (cpu: number): Resources => ({ cpu, memory: cpu, pods: 1 });

/** A registered Node. */
export function nodeFact(name: string, more: Partial<NodeFact> = {}): NodeFact {
  return {
    name,
    uid: `uid-${name}`,
    resourceVersion: '1',
    capacity: { cpu: 1000, memory: 1000, pods: 10 },
    labels: {},
    taints: [],
    unschedulable: false,
    ready: true,
    agent: 100,
    address: `${name}:1`,
    mark: null,
    drained: null,
    ...more,
  };
}

/** An eligible ReplicaSet. */
export function replicaSetFact(uid: string, more: Partial<ReplicaSetFact> = {}): ReplicaSetFact {
  return {
    uid,
    namespace: 'default',
    name: uid,
    deployment: null,
    revisionNumber: 1,
    revision: 'rev',
    resourceVersion: '1',
    replicas: 0,
    desired: null,
    written: null,
    template: '',
    deleting: false,
    requests: size(100),
    priority: 0,
    constraints: { nodeSelector: {}, tolerations: [], nodeAffinity: [] },
    ineligible: [],
    ...more,
  };
}

/** An unmanaged Pod on a node. */
export function strangerFact(
  name: string,
  node: string,
  requests: Resources,
  more: Partial<PodFact> = {},
): PodFact {
  return foreignPod(name, { metadataUid: `m-${name}`, node, requests, ...more });
}

interface Tail {
  fact: NodeFact;
  incarnation: number;
  link: DownstreamSide;
  pods: Map<Uid, PodRecord>;
  /** Told since `Offer`. */
  queued: Message[];
  counter: number;
  drained: Fence | null;
}
interface Head {
  incarnation: number;
  link: UpstreamSide;
  pods: Map<Uid, PodRecord>;
  counter: number;
}

/** A thing that waits to happen; `about` names it for tests that pick. */
interface Pending {
  readonly about: string;
  readonly happen: () => void;
}

/** See the file's comment. */
export class SchedulerWorld {
  state!: SchedulerState;
  incarnation = 1000;
  readonly tails = new Map<string, Tail>();
  readonly head: Head;
  readonly effects: Effect[] = [];
  readonly timers = new Set<TimerName>();
  pending: Pending[] = [];
  ended: 'stop' | 'restart' | null = null;
  /** Nodes that no message reaches. */
  readonly cut = new Set<string>();
  /** Nodes whose K has lost its journal, and is not sure yet of what it does not hold. */
  readonly doubtful = new Set<string>();
  /** uid → node, of every acceptance ever. */
  readonly accepted = new Map<Uid, string>();
  /** Violations of properties, by name. */
  readonly broken: string[] = [];
  readonly mutants: ReadonlySet<string>;
  readonly told: string[] = [];
  /** What the watches show beside Nodes, for a restarted S. */
  readonly shown = new Map<string, StageEvent>();
  /** The session that each link tries. */
  readonly dials = new Map<string, number>();
  /** Victims of each preemptor (told by the machine's state when it appears). */
  readonly awaited = new Map<Uid, Set<Uid>>();
  /** What a read of S's Lease shows, if not S's own incarnation. */
  leaseOverride: number | null = null;

  constructor(nodes: readonly NodeFact[], mutants: readonly string[] = []) {
    this.mutants = new Set(mutants);
    for (const fact of nodes) this.tails.set(fact.name, this.#tail(fact));
    const [link, outputs] = startUpstreamSide({
      self: 'replicaset',
      peer: 'scheduler',
      link: 'downstream',
      incarnation: 50,
    });
    this.head = { incarnation: 50, link, pods: new Map(), counter: 0 };
    this.boot();
    this.#headOutputs(outputs);
  }

  #tail(fact: NodeFact): Tail {
    const incarnation = fact.agent ?? 100;
    const [link] = stepDownstreamSide(
      startDownstreamSide({
        self: `kubelet/${fact.name}`,
        upstreamStage: 'scheduler',
        link: 'upstream',
        incarnation,
      })[0],
      { type: 'barrierPassed' },
    );
    return { fact, incarnation, link, pods: new Map(), queued: [], counter: 0, drained: null };
  }

  /** Starts S, with empty memory. */
  boot(): void {
    const [state, effects] = schedulerStage.start({ incarnation: this.incarnation, mutants: this.mutants });
    this.state = state;
    this.ended = null;
    this.#carryOut(effects);
  }

  /** S crashes and comes back under a higher incarnation: every session breaks. */
  crash(): void {
    this.incarnation += 1;
    this.timers.clear();
    for (const name of this.tails.keys()) this.#breakTail(name);
    const { n } = this.head.link.context;
    this.boot();
    for (const event of this.shown.values()) this.give(event);
    this.#headStep({ type: 'broken', link: 'downstream', upstream: this.head.incarnation, n });
  }

  #dial(node: string): void {
    this.#later(`dial ${node}`, () => {
      const n = this.dials.get(node);
      if (!this.cut.has(node) && this.tails.has(node) && n !== undefined)
        this.give({ type: 'connected', link: `node/${node}`, n });
    });
  }

  /** Nothing reaches a node any more; both ends notice. */
  cutOff(node: string): void {
    this.cut.add(node);
    this.breakNode(node);
  }

  /** A node can be reached again. */
  heal(node: string): void {
    this.cut.delete(node);
    this.#dial(node);
  }

  /** A Node is deleted at the API Server, with its K and all that runs there. */
  vanish(node: string): void {
    const { uid } = (this.tails.get(node) as Tail).fact;
    this.cutOff(node);
    this.cut.delete(node);
    this.tails.delete(node);
    this.give({ type: 'nodeVanished', name: node, uid });
  }

  /** A Node comes, with an agent. */
  join(fact: NodeFact): void {
    this.tails.set(fact.name, this.#tail(fact));
    this.give({ type: 'nodeObserved', node: fact });
  }

  /** Gives an event to S. */
  give(event: StageEvent): void {
    if (this.ended !== null) return;
    if (event.type === 'replicaSetObserved') this.shown.set(event.replicaSet.uid, event);
    if (event.type === 'podObserved') this.shown.set(event.pod.metadataUid, event);
    if (event.type === 'podVanished') this.shown.delete(event.pod.metadataUid);
    if (event.type === 'switchObserved') this.shown.set('switch', event);
    const [state, effects] = schedulerStage.step(this.state, event);
    this.state = state;
    this.#checkPreemption();
    this.#carryOut(effects);
  }

  /** Lets what waits happen, in order, until nothing waits. */
  run(limit = 10_000): void {
    for (let i = 0; i < limit && this.pending.length > 0; i++) this.deliver(0);
  }

  /** Lets the pending thing of an index happen (modulo); later ones of the same channel stay behind it. */
  deliver(index: number): void {
    if (this.pending.length === 0) return;
    const chosen = this.pending[index % this.pending.length] as Pending;
    const first = this.pending.findIndex(({ about }) => about === chosen.about);
    const [next] = this.pending.splice(first, 1);
    next?.happen();
  }

  #later(about: string, happen: () => void): void {
    this.pending.push({ about, happen });
  }

  /** Answers a question of S, unless it has crashed since. */
  #ask(answer: () => void): void {
    const life = this.incarnation;
    this.#later('api', () => {
      if (life === this.incarnation) answer();
    });
  }

  #carryOut(effects: readonly Effect[]): void {
    for (const effect of effects) {
      this.effects.push(effect);
      this.#carry(effect);
    }
  }

  #carry(effect: Effect): void {
    switch (effect.type) {
      case 'connect': {
        const node = effect.link.slice(5);
        this.dials.set(node, effect.n);
        this.#dial(node);
        return;
      }
      case 'disconnect':
        if (effect.link === 'upstream') return this.breakHead();
        this.#later(`to ${effect.link.slice(5)}`, () =>
          this.#tailStep(effect.link.slice(5), {
            type: 'broken',
            link: 'upstream',
            upstream: effect.session.upstream,
            n: effect.session.n,
          }),
        );
        return;
      case 'send': {
        const { link, message } = effect;
        if (link === 'upstream')
          this.#later('to R', () => this.#headStep({ type: 'received', link: 'downstream', message }));
        else if (!this.cut.has(link.slice(5)))
          this.#later(`to ${link.slice(5)}`, () =>
            this.#tailStep(link.slice(5), { type: 'received', link: 'upstream', message }),
          );
        return;
      }
      case 'readLease':
        this.#ask(() => {
          const { subject, token } = effect;
          let incarnation: number | null;
          if (subject === 'scheduler') incarnation = this.leaseOverride ?? this.incarnation;
          else if (subject === 'replicaset') incarnation = this.head.incarnation;
          else incarnation = this.tails.get(subject.slice(8))?.incarnation ?? null;
          this.give({ type: 'leaseRead', subject, token, incarnation });
        });
        return;
      case 'listNodes':
        this.#ask(() =>
          this.give({ type: 'nodesListed', nodes: [...this.tails.values()].map(({ fact }) => fact) }),
        );
        return;
      case 'readNode':
        this.#ask(() =>
          this.give({
            type: 'nodeRead',
            name: effect.node,
            token: effect.token,
            node: this.tails.get(effect.node)?.fact ?? null,
          }),
        );
        return;
      case 'mark':
        this.#later('api', () => this.#mark(effect));
        return;
      case 'setTimer':
        this.timers.add(effect.timer);
        return;
      case 'cancelTimer':
        this.timers.delete(effect.timer);
        return;
      case 'stop':
      case 'restart':
        this.ended = effect.type;
        return;
      case 'report':
        this.told.push(`${effect.reason} ${effect.subject}: ${effect.text}`);
        return;
      default:
        throw new Error(`the Scheduler stage asked for ${effect.type}`);
    }
  }

  #mark(effect: Extract<Effect, { type: 'mark' }>): void {
    const { node, mark, nodeUid, resourceVersion } = effect;
    const tail = this.tails.get(node);
    const answer = (outcome: 'gone' | 'conflict' | 'written') => {
      if (mark.incarnation === this.incarnation) this.give({ type: 'marked', node, mark, outcome });
    };
    if (tail === undefined || tail.fact.uid !== nodeUid) answer('gone');
    else if (tail.fact.resourceVersion !== resourceVersion) answer('conflict');
    else {
      if (tail.fact.mark !== null && compareFences(tail.fact.mark, mark) > 0)
        this.broken.push('MarkOverHigher');
      this.edit(node, { mark });
      answer('written');
    }
  }

  /** Changes a Node at the API Server. */
  edit(node: string, more: Partial<NodeFact>): void {
    const tail = this.tails.get(node) as Tail;
    const resourceVersion = String(Number(tail.fact.resourceVersion) + 1);
    tail.fact = { ...tail.fact, ...more, resourceVersion };
  }

  /** Lets a timer of S fire. */
  fire(timer: TimerName): void {
    this.timers.delete(timer);
    this.give({ type: 'timerFired', timer });
  }

  /** The network to a node breaks; S and K notice at once. */
  breakNode(node: string): void {
    const { n } = this.state.context.nodes.get(node)?.link.context ?? { n: 0 };
    this.#breakTail(node);
    this.give({ type: 'broken', link: `node/${node}`, upstream: this.incarnation, n });
  }

  #breakTail(node: string): void {
    const tail = this.tails.get(node) as Tail;
    const session = tail.link.context.hello?.session;
    if (session !== undefined)
      this.#tailStep(node, { type: 'broken', link: 'upstream', upstream: session.upstream, n: session.n });
  }

  /** The network to R breaks; both notice at once. */
  breakHead(): void {
    const { n } = this.head.link.context;
    this.#headStep({ type: 'broken', link: 'downstream', upstream: this.head.incarnation, n });
    this.give({ type: 'broken', link: 'upstream', upstream: this.head.incarnation, n });
  }

  // ---- R -----------------------------------------------------------------------------------------------

  #headStep(event: Parameters<typeof stepUpstreamSide>[1]): void {
    const [link, outputs] = stepUpstreamSide(this.head.link, event);
    this.head.link = link;
    this.#headOutputs(outputs);
  }

  #toScheduler(message: Message): void {
    this.#later('from R', () => this.give({ type: 'received', link: 'upstream', message }));
  }

  #headOutputs(outputs: readonly LinkOutput[]): void {
    for (const output of outputs) this.#headOutput(output);
  }

  #headOutput(output: LinkOutput): void {
    const { head } = this;
    if (output.type === 'effect') {
      const { effect } = output;
      if (effect.type === 'connect')
        this.#later('dial S', () => this.#headStep({ type: 'connected', link: 'downstream', n: effect.n }));
      else if (effect.type === 'readLease')
        this.#later('api R', () =>
          this.#headStep({
            type: 'leaseRead',
            subject: effect.subject,
            token: effect.token,
            incarnation: effect.subject === 'scheduler' ? this.incarnation : head.incarnation,
          }),
        );
      else if (effect.type === 'send') this.#toScheduler(effect.message);
      else if (effect.type === 'restart' || effect.type === 'stop') this.broken.push(`R ${effect.type}`);
    } else if (output.type === 'greet')
      this.#toScheduler({
        kind: 'Hello',
        session: output.session,
        role: 'replicaset',
        peer: 'scheduler',
        wants: [],
      });
    else if (output.type === 'offered') {
      const { fetch, tombstones } = reset(head.pods, output.offer.held);
      this.#toScheduler({ kind: 'Fetch', session: output.offer.session, uids: fetch, tombstones });
    } else if (output.type === 'stateArrived') {
      const outcome = applyState(head.pods, output.offer.held, output.state.records);
      for (const uid of [...outcome.lost, ...outcome.confirm]) this.#forget(uid);
      for (const record of [...outcome.take, ...outcome.adopt]) head.pods.set(record.uid, record);
      const tombstones = [...head.pods.values()].filter(({ phase }) => phase === 'terminating');
      if (tombstones.length > 0)
        this.#toScheduler({
          kind: 'Terminate',
          session: output.offer.session,
          uids: tombstones.map(({ uid }) => uid),
        });
    } else if (output.type === 'delivered') this.#headMessage(output.message);
  }

  #forget(uid: Uid): void {
    const record = this.head.pods.get(uid);
    this.head.pods.delete(uid);
    if (record?.phase !== 'terminating') return;
    for (const tail of this.tails.values())
      if (tail.pods.has(uid) && !this.#givenUp(tail)) this.broken.push(`NoFalseConfirm ${uid}`);
  }

  /** Under an undrained mark. */
  #givenUp({ fact, drained }: Tail): boolean {
    return fact.mark !== null && (drained === null || compareFences(drained, fact.mark) < 0);
  }

  #headMessage(message: Message): void {
    const { pods } = this.head;
    if (message.kind === 'Assigned' || message.kind === 'Invalidate') {
      for (const status of message.kind === 'Assigned' ? message.pods : message.changed) {
        const mine = pods.get(status.uid);
        if (mine !== undefined) pods.set(status.uid, merge(mine, status));
      }
    }
    if (message.kind === 'Invalidate') {
      for (const record of message.adopted) {
        const mine = pods.get(record.uid);
        pods.set(record.uid, mine === undefined ? record : merge(mine, record));
      }
      for (const { uid } of message.lost) this.#forget(uid);
    }
    if (message.kind === 'Refused') for (const { uid } of message.pods) this.#forget(uid);
    if (message.kind === 'Terminated') for (const uid of message.uids) this.#forget(uid);
  }

  /** R mints Pods and assigns them. Nothing if the link is not open. */
  assign(count: number, more: Partial<PodRecord> = {}): readonly Uid[] {
    const { head } = this;
    if (head.link.value !== 'open') return [];
    const records = Array.from({ length: count }, (): PodRecord => {
      head.counter += 1;
      return {
        uid: `r${head.incarnation}-${head.counter}`,
        replicaSet: 'rs',
        revision: 'rev',
        requests: size(100),
        priority: 0,
        node: null,
        phase: 'created',
        ready: false,
        version: { stage: 'replicaset', incarnation: head.incarnation, counter: head.counter },
        ...more,
      };
    });
    for (const record of records) head.pods.set(record.uid, record);
    this.#toScheduler({ kind: 'Assign', session: this.headSession(), records });
    return records.map(({ uid }) => uid);
  }

  /** R ends Pods. */
  terminate(uids: readonly Uid[]): void {
    const { head } = this;
    for (const uid of uids) {
      const record = head.pods.get(uid);
      if (record !== undefined) head.pods.set(uid, { ...record, phase: 'terminating' });
    }
    if (head.link.value === 'open')
      this.#toScheduler({ kind: 'Terminate', session: this.headSession(), uids });
  }

  headSession(): SessionId {
    const { offer, n } = this.head.link.context;
    return { upstream: this.head.incarnation, downstream: offer?.incarnation ?? 0, n };
  }

  // ---- K -----------------------------------------------------------------------------------------------

  #tailStep(node: string, event: Parameters<typeof stepDownstreamSide>[1]): void {
    const tail = this.tails.get(node);
    if (tail === undefined) return;
    const [link, outputs] = stepDownstreamSide(tail.link, event);
    tail.link = link;
    for (const output of outputs) this.#tailOutput(node, tail, output);
  }

  #fromTail(node: string, message: Message): void {
    if (this.cut.has(node)) return;
    this.#later(`from ${node}`, () => this.give({ type: 'received', link: `node/${node}`, message }));
  }

  #tailOutput(node: string, tail: Tail, output: LinkOutput): void {
    if (output.type === 'effect') {
      if (output.effect.type === 'send') this.#fromTail(node, output.effect.message);
      if (output.effect.type === 'restart' || output.effect.type === 'stop')
        this.broken.push(`K ${output.effect.type}`);
    } else if (output.type === 'verify') {
      this.#later(`api ${node}`, () => {
        this.#drain(tail);
        this.#tailStep(node, { type: 'verified', token: output.token, accept: true });
      });
    } else if (output.type === 'offer') {
      tail.queued = [];
      const held = [...tail.pods.values()].map(({ uid, version }) => ({ uid, version }));
      const { session } = output;
      const { incarnation, drained } = tail;
      const doubt = this.doubtful.has(node) ? { doubtful: true as const } : {};
      this.#fromTail(node, { kind: 'Offer', session, incarnation, held, wants: [], drained, ...doubt });
    } else if (output.type === 'state') {
      const { session, fetch } = output;
      for (const uid of fetch.tombstones) this.#markTail(node, tail, uid);
      const records = fetch.uids.map((uid) => tail.pods.get(uid)).filter((record) => record !== undefined);
      this.#fromTail(node, { kind: 'State', session, records, wants: [], counts: [] });
      for (const message of tail.queued) this.#fromTail(node, message);
      tail.queued = [];
    } else if (output.type === 'delivered') this.#tailMessage(node, tail, output.message);
  }

  /** Reads the mark; ends everything if it is not void and not drained yet. */
  #drain(tail: Tail): void {
    const { mark } = tail.fact;
    if (mark === null || (tail.drained !== null && compareFences(tail.drained, mark) >= 0)) return;
    if (mark.incarnation >= tail.link.context.fence.incarnation) tail.pods.clear();
    tail.drained = mark;
    tail.fact = { ...tail.fact, drained: mark };
    tail.link = stepDownstreamSide(tail.link, { type: 'fenced', fence: mark })[0];
  }

  #tell(node: string, tail: Tail, build: (session: SessionId) => Message): void {
    const session = downstreamSession(tail.link);
    if (session === null) return;
    if (tail.link.value === 'open') this.#fromTail(node, build(session));
    else tail.queued.push(build(session));
  }

  #change(node: string, tail: Tail, uid: Uid, more: Partial<PodRecord>): void {
    const before = tail.pods.get(uid);
    if (before === undefined) return;
    tail.counter += 1;
    const version = {
      stage: `kubelet/${node}` as const,
      incarnation: tail.incarnation,
      counter: tail.counter,
    };
    const after: PodRecord = { ...before, ...more, version };
    tail.pods.set(uid, after);
    this.#tell(node, tail, (session) => ({
      kind: 'Invalidate',
      session,
      changed: [after],
      adopted: [],
      lost: [],
      wants: [],
      counts: [],
    }));
  }

  #markTail(node: string, tail: Tail, uid: Uid): void {
    if (tail.pods.get(uid)?.phase === 'terminating') return;
    this.#change(node, tail, uid, { phase: 'terminating', ready: false });
    this.#later(`exit ${uid}`, () => this.exit(node, uid));
  }

  /** A Pod's containers are gone. */
  exit(node: string, uid: Uid): void {
    const tail = this.tails.get(node);
    if (tail?.pods.delete(uid))
      this.#tell(node, tail, (session) => ({ kind: 'Terminated', session, uids: [uid] }));
  }

  #tailMessage(node: string, tail: Tail, message: Message): void {
    if (message.kind === 'Assign') for (const record of message.records) this.#accept(node, tail, record);
    if (message.kind === 'Terminate')
      for (const uid of message.uids) {
        if (tail.pods.has(uid)) this.#markTail(node, tail, uid);
        else if (!this.doubtful.has(node))
          this.#tell(node, tail, (session) => ({ kind: 'Terminated', session, uids: [uid] }));
      }
  }

  /** Whether K takes a Pod: by default what fits. A test may set another rule. */
  takes: (node: string, record: PodRecord, used: Resources, capacity: Resources) => boolean = (
    _,
    { requests },
    used,
    capacity,
  ) =>
    used.cpu + requests.cpu <= capacity.cpu &&
    used.memory + requests.memory <= capacity.memory &&
    used.pods + 1 <= capacity.pods;

  usedOf(node: string): Resources {
    let [cpu, memory, pods] = [0, 0, 0];
    for (const { requests } of this.tails.get(node)?.pods.values() ?? []) {
      cpu += requests.cpu;
      memory += requests.memory;
      pods += requests.pods;
    }
    return { cpu, memory, pods };
  }

  #accept(node: string, tail: Tail, record: PodRecord): void {
    const before = this.accepted.get(record.uid);
    if (!this.takes(node, record, this.usedOf(node), tail.fact.capacity)) {
      this.refusals.push(record.uid);
      this.#tell(node, tail, (session) => ({
        kind: 'Refused',
        session,
        pods: [{ uid: record.uid, reason: 'OutOfcpu' }],
      }));
      return;
    }
    if (before !== undefined)
      this.broken.push(before === node ? `AcceptedTwice ${record.uid}` : `UniquePlacement ${record.uid}`);
    for (const victim of this.awaited.get(record.uid) ?? [])
      for (const other of this.tails.values())
        if (other.pods.has(victim) && !this.#givenUp(other))
          this.broken.push(`PreemptionOrdered ${record.uid}`);
    this.accepted.set(record.uid, node);
    tail.counter += 1;
    const version = {
      stage: `kubelet/${node}` as const,
      incarnation: tail.incarnation,
      counter: tail.counter,
    };
    const after: PodRecord = { ...record, node, phase: 'accepted', version };
    tail.pods.set(record.uid, after);
    this.#tell(node, tail, (session) => ({ kind: 'Assigned', session, pods: [after] }));
    this.#later(`start ${record.uid}`, () => {
      if (tail.pods.get(record.uid)?.phase === 'accepted')
        this.#change(node, tail, record.uid, { phase: 'running', ready: true });
    });
  }
  /** Uids that K refused. */
  readonly refusals: Uid[] = [];

  /** A user deletes a Pod on its node. */
  userDeletes(node: string, uid: Uid): void {
    const tail = this.tails.get(node);
    if (tail?.pods.has(uid)) this.#markTail(node, tail, uid);
  }

  #checkPreemption(): void {
    for (const [uid, { context }] of this.state.context.preemptions)
      if (!this.awaited.has(uid)) this.awaited.set(uid, new Set(context.awaited));
  }

  // ---- what a test asks --------------------------------------------------------------------------------

  /** S's record. */
  record(uid: Uid): PodRecord | undefined {
    return this.state.context.records.get(uid);
  }

  /** Records by node and phase, for reading. */
  placed(): Record<string, number> {
    const count: Record<string, number> = {};
    for (const { node, phase } of this.state.context.records.values())
      count[`${node ?? '-'} ${phase}`] = (count[`${node ?? '-'} ${phase}`] ?? 0) + 1;
    return count;
  }
}

/** A world whose links are open and whose ReplicaSet `rs` is known. */
export function openWorld(nodes: readonly NodeFact[], mutants: readonly string[] = []): SchedulerWorld {
  const world = new SchedulerWorld(nodes, mutants);
  world.give({ type: 'replicaSetObserved', replicaSet: replicaSetFact('rs') });
  world.run();
  return world;
}
