/**
 * A small world around one Kubelet stage: API Server, watch that lags, stock kubelet or runtime, an upstream, crashes.
 *
 * It is driven by choices: each takes one of the moves that are possible now. It checks the tail's rules after every
 * step (protocol 4, 5, 7), against what really happened, not against what K believes.
 */

import {
  type KubeletState,
  kubeletStage,
  replayJournal,
  viewOfKubelet,
} from '../../machines/kubelet/index.ts';
import type { Effect } from '../../spec/effects.ts';
import type { Refusal, StageEvent } from '../../spec/events.ts';
import type { PodFact } from '../../spec/facts.ts';
import { EMPTY_JOURNAL, type JournalEntry, type JournalState } from '../../spec/journal.ts';
import type { Message } from '../../spec/messages.ts';
import {
  compareFences,
  type Fence,
  type PodRecord,
  type Resources,
  type Uid,
} from '../../spec/vocabulary.ts';
import { nodeFact } from './kubelet.support.ts';

type Request = Extract<
  Effect,
  { type: 'publish' | 'deletePod' | 'readPod' | 'listPods' | 'failPod' | 'writePodStatus' }
>;
interface Container {
  state: 'starting' | 'running' | 'stopping';
  readonly requests: Resources;
}
export interface Move {
  readonly name: string;
  run(): void;
}
/** How often a move is drawn: what goes on by itself is likelier than a fault. */
function weightOf(name: string): number {
  if (/^(crash|node crash|node replaced|break|mark|switch|another)/.test(name)) return 1;
  if (/^(lose|refuse|user|orphaned|unmanaged|stock Pod|kubelet refuses|terminate|ready)/.test(name)) return 3;
  return 16;
}

/** The move that a number stands for. */
export function draw(moves: readonly Move[], choice: number): Move | undefined {
  const total = moves.reduce((sum, { name }) => sum + weightOf(name), 0);
  let left = total === 0 ? 0 : choice % total;
  for (const move of moves) {
    left -= weightOf(move.name);
    if (left < 0) return move;
  }
  return undefined;
}

/** What the world may do; a fault left out is never drawn. */
export interface Faults {
  readonly crash: boolean;
  readonly lose: boolean;
  readonly users: boolean;
  readonly release: boolean;
  readonly marks: boolean;
}

const ROOM = { cpu: 300, memory: 300, pods: 3 };
const ONE = { cpu: 100, memory: 100, pods: 1 };

export class World {
  readonly runtime: 'publish' | 'runs';
  readonly mutants: ReadonlySet<string>;
  readonly faults: Faults;
  state: KubeletState;
  journal: JournalState = EMPTY_JOURNAL;
  incarnation = 99;
  readonly objects = new Map<string, PodFact>();
  /** By metadata.uid where the stock kubelet runs them, else by our uid. */
  readonly containers = new Map<string, Container>();
  requests: Request[] = [];
  /** Requests of connections that are closed: each may still land, or never. */
  ghosts: Request[] = [];
  replies: StageEvent[] = [];
  watch: StageEvent[] = [];
  nodeWatch: StageEvent[] = [];
  timers = new Set<string>();
  owner: 'direct' | 'stock' = 'direct';
  mark: Fence | null = null;
  drained: Fence | null = null;
  upstream = 50;
  session: { upstream: number; downstream: number; n: number } | null = null;
  nextN = 1;
  open = false;
  readonly assigned = new Set<Uid>();
  readonly publishedEver = new Map<Uid, number>();
  readonly over = new Set<Uid>();
  /** metadata.uid of objects that were let go: their stamp says nothing more. */
  readonly released = new Set<string>();
  readonly log: string[] = [];
  acknowledged: string | null = null;
  crashAfter: number | null = null;
  /** What came about, so that a run that shows nothing is known for one. */
  readonly witnesses = new Set<string>();
  nodeUid = 'node-uid';
  registeredOn = '';
  /** Pods that a mark or the end of a Node has given up. */
  private doomed = new Set<Uid>();
  private numbers = 0;

  constructor(runtime: 'publish' | 'runs', faults: Faults, mutants: ReadonlySet<string> = new Set()) {
    this.runtime = runtime;
    this.faults = faults;
    this.mutants = mutants;
    this.state = undefined as unknown as KubeletState;
    this.start();
  }

  get view() {
    return viewOfKubelet(this.state);
  }
  private number() {
    this.numbers += 1;
    return this.numbers;
  }

  // ---- K ------------------------------------------------------------------------------------------------
  start() {
    this.incarnation += 1;
    this.ghosts.push(...this.requests);
    this.requests = [];
    this.replies = [];
    this.timers = new Set();
    this.watch = [...this.objects.values()].map((pod) => ({ type: 'podObserved', pod }));
    this.watch.push({ type: 'synced', what: 'pods' });
    this.nodeWatch = [
      { type: 'switchObserved', switch: { owner: this.owner, resourceVersion: `${this.number()}` } },
    ];
    this.session = null;
    this.open = false;
    const running =
      this.runtime === 'publish'
        ? []
        : [...this.containers].filter(([, { state }]) => state === 'running').map(([uid]) => uid);
    const { incarnation, journal, runtime, mutants } = this;
    const [state, effects] = kubeletStage.start({
      incarnation,
      journal,
      runtime,
      mutants,
      node: 'n1',
      running,
    });
    this.state = state;
    this.perform(effects);
  }

  hear(event: StageEvent) {
    const [state, effects] = kubeletStage.step(this.state, event);
    this.state = state;
    this.perform(effects);
    this.check();
  }

  private perform(effects: readonly Effect[]) {
    for (const effect of effects) {
      if (this.crashAfter !== null) {
        this.crashAfter -= 1;
        if (this.crashAfter < 0) {
          this.crashAfter = null;
          this.start();
          return;
        }
      }
      this.performOne(effect);
    }
  }

  private fact() {
    const { incarnation, mark, drained } = this;
    return nodeFact({ uid: this.nodeUid, agent: incarnation, capacity: ROOM, mark, drained });
  }

  private performOne(effect: Effect) {
    switch (effect.type) {
      case 'register':
        this.registeredOn = this.nodeUid;
        this.replies.push({ type: 'registered', node: this.fact() });
        return;
      case 'readLease':
        this.replies.push({
          ...{ type: 'leaseRead', subject: effect.subject, token: effect.token },
          incarnation: this.upstream,
        });
        return;
      case 'readNode':
        this.replies.push({ type: 'nodeRead', name: 'n1', token: effect.token, node: this.fact() });
        return;
      case 'reportDrain':
        this.drained = effect.mark;
        return;
      case 'journal':
        for (const entry of effect.entries) this.journalled(entry);
        return;
      case 'publish': {
        const { uid } = effect.record;
        this.must(this.journal.pods.get(uid)?.publishIntent === true, `publish of ${uid} without intent`);
        this.publishedEver.set(uid, (this.publishedEver.get(uid) ?? 0) + 1);
        this.must(this.publishedEver.get(uid) === 1, `${uid} is published twice`);
        this.requests.push(effect);
        return;
      }
      case 'deletePod':
        this.mustBeMarked(effect.uid, 'delete');
        this.requests.push(effect);
        return;
      case 'readPod':
      case 'listPods':
      case 'failPod':
      case 'writePodStatus':
        this.witnesses.add(effect.type);
        this.requests.push(effect);
        return;
      case 'startPod':
        this.startContainers(effect.record);
        return;
      case 'stopPod':
        this.stopContainers(effect.uid);
        return;
      case 'setTimer':
        this.witnesses.add(effect.timer.replace(/\/.*/, ''));
        this.timers.add(effect.timer);
        return;
      case 'cancelTimer':
        this.timers.delete(effect.timer);
        return;
      case 'acknowledgeOwner':
        this.acknowledged = effect.owner;
        this.witnesses.add(`acknowledged ${effect.owner}`);
        if (effect.owner === 'stock') this.checkSettled();
        return;
      case 'send':
        this.sent(effect.message);
        return;
      default:
    }
  }

  private journalled(entry: JournalEntry) {
    this.journal = replayJournal([entry], this.journal);
    this.witnesses.add(entry.kind === 'accepted' && entry.metadataUid !== null ? 'adopted' : entry.kind);
    if (entry.kind === 'accepted') {
      const { uid } = entry.record;
      this.must(!this.over.has(uid), `${uid} is accepted after its end`);
      if (entry.metadataUid === null) {
        const { used } = this.view;
        this.must(used.cpu <= ROOM.cpu && used.pods <= ROOM.pods, `${uid} is accepted without room`);
      }
    }
    if (entry.kind === 'ended') {
      this.over.add(entry.uid);
      this.must(
        this.containersOf(entry.uid).length === 0,
        `${entry.uid} is confirmed while its containers run`,
      );
      this.must(
        !this.requests.some((one) => one.type === 'publish' && one.record.uid === entry.uid),
        `${entry.uid} is confirmed with a create in flight`,
      );
    }
    if (entry.kind === 'released') {
      this.released.add(entry.metadataUid);
      this.over.add(entry.uid);
    }
  }

  /** Containers that run for a uid, whoever runs them. */
  private containersOf(uid: Uid): string[] {
    if (this.runtime === 'runs') {
      const pod = this.view.pods.find((one) => one.containerUid === uid);
      const released = [...this.objects.values()].some(
        (one) => one.uid === uid && this.released.has(one.metadataUid),
      );
      return this.containers.has(uid) && !released && (pod === undefined || pod.uid === uid) ? [uid] : [];
    }
    return [...this.containers.keys()].filter((metadataUid) => {
      const stamp = this.stamps.get(metadataUid) ?? null;
      const adopted = this.view.pods.some((pod) => pod.metadataUid === metadataUid && pod.uid !== uid);
      return !adopted && stamp === uid && !this.released.has(metadataUid);
    });
  }
  private readonly stamps = new Map<string, Uid | null>();

  private mustBeMarked(uid: Uid, what: string) {
    const pod = this.journal.pods.get(uid);
    this.must(pod === undefined || pod.terminating, `${what} of ${uid} without a journalled termination`);
  }

  // ---- the runtime ---------------------------------------------------------------------------------------
  private startContainers({ uid, requests }: PodRecord) {
    const held = [...this.journal.pods.keys()];
    this.must(
      held.includes(uid) || this.view.pods.some((pod) => pod.containerUid === uid),
      `start of ${uid}, which is not journalled as accepted`,
    );
    this.must(!this.over.has(uid) || this.isReleased(uid), `start of ${uid} after its end`);
    if (!this.containers.has(uid)) this.containers.set(uid, { state: 'starting', requests });
  }
  private isReleased(uid: Uid) {
    return [...this.objects.values()].some((one) => one.uid === uid && this.released.has(one.metadataUid));
  }
  private stopContainers(uid: Uid) {
    const held = this.view.pods.find((pod) => pod.containerUid === uid);
    if (held !== undefined) this.mustBeMarked(held.uid, 'stop');
    const container = this.containers.get(uid);
    if (container === undefined) this.replies.push({ type: 'podStopped', uid, failed: false });
    else container.state = 'stopping';
  }

  // ---- the API Server ------------------------------------------------------------------------------------
  private set(name: string, fact: PodFact) {
    this.objects.set(name, { ...fact, resourceVersion: `${this.number()}` });
    this.watch.push({ type: 'podObserved', pod: this.objects.get(name) as PodFact });
  }
  private remove(name: string) {
    const fact = this.objects.get(name);
    if (fact === undefined) return;
    this.objects.delete(name);
    this.watch.push({ type: 'podVanished', pod: fact });
  }
  private find(metadataUid: string): PodFact | undefined {
    return [...this.objects.values()].find((one) => one.metadataUid === metadataUid);
  }

  /** Carries a request out; the answer, if its connection is still open. */
  serve(request: Request): StageEvent | null {
    switch (request.type) {
      case 'publish': {
        const { uid } = request.record;
        const refusal = this.create(request.record);
        if (refusal !== null) return { type: 'publishFailed', uid, refusal, text: refusal };
        return { type: 'published', uid, pod: this.objects.get(`rs-${uid}`) as PodFact };
      }
      case 'deletePod':
        return { type: 'deleteAnswered', uid: request.uid, outcome: this.delete(request) };
      case 'readPod': {
        const pod = this.objects.get(request.name?.name ?? `rs-${request.uid}`) ?? null;
        return { type: 'podRead', uid: request.uid, pod };
      }
      case 'listPods':
        return { type: 'podsListed', pods: [...this.objects.values()] };
      case 'failPod': {
        const fact = this.find(request.metadataUid);
        if (fact !== undefined) this.set(fact.name, { ...fact, phase: 'Failed', ready: false });
        return null;
      }
      case 'writePodStatus': {
        const fact = this.find(request.metadataUid);
        if (fact !== undefined) this.set(fact.name, { ...fact, phase: 'Running', ready: request.ready });
        return null;
      }
    }
  }

  private create(record: PodRecord): Refusal | null {
    const name = `rs-${record.uid}`;
    if (this.owner === 'stock') return 'switch';
    if (this.objects.has(name)) return 'alreadyExists';
    this.add(name, record.uid, true);
    return null;
  }
  private add(name: string, uid: Uid | null, managed: boolean, requests: Resources = ONE) {
    const metadataUid = `m${this.number()}`;
    this.stamps.set(metadataUid, uid);
    const fact: PodFact = {
      ...{ namespace: 'default', name, metadataUid, resourceVersion: '0', uid, managed, revision: 'h' },
      ...{ replicaSet: managed ? 'rs' : null, node: 'n1', phase: 'Pending', ready: false, deleting: false },
      ...{ requests, priority: 0, deletionCost: 0 },
    };
    this.set(name, fact);
    if (this.runtime === 'publish') this.containers.set(metadataUid, { state: 'starting', requests });
  }
  private delete({
    metadataUid,
    graceSeconds,
  }: Extract<Request, { type: 'deletePod' }>): 'accepted' | Refusal {
    const fact = this.find(metadataUid);
    if (fact === undefined) return 'notFound';
    if (this.owner === 'stock' && fact.managed && !fact.deleting) return 'switch';
    if (graceSeconds === 0) this.remove(fact.name);
    else if (!fact.deleting) this.set(fact.name, { ...fact, deleting: true });
    return 'accepted';
  }

  // ---- the upstream --------------------------------------------------------------------------------------
  private sent(message: Message) {
    this.witnesses.add(message.kind);
    if (message.kind === 'Offer' && message.held.length > 0 && this.incarnation > 100)
      this.witnesses.add('recovered');
    if (message.kind === 'Offer') {
      const { session, drained, held } = message;
      // S hears only the session it has, from an agent registered on the Node that is.
      if (this.session?.n !== session.n || this.registeredOn !== this.nodeUid) return;
      for (const { uid } of held)
        this.must(!this.doomed.has(uid), `${uid} is offered after its node was given up`);
      const fence = { incarnation: session.upstream, n: session.n };
      this.must(compareFences(this.journal.fence, fence) >= 0, 'Offer before the fence is persisted');
      if (this.mark !== null && this.mark.incarnation >= session.upstream) {
        if (drained === null || compareFences(drained, this.mark) < 0) return;
      }
      this.session = session;
      this.receive({ kind: 'Fetch', session, uids: [], tombstones: [] });
      this.open = true;
    }
    if (message.kind === 'Assigned')
      for (const { uid } of message.pods)
        this.must(this.journal.pods.has(uid), `${uid} is Assigned and not journalled`);
  }
  private inbox: StageEvent[] = [];
  private receive(message: Message) {
    this.inbox.push({ type: 'received', link: 'upstream', message });
  }

  // ---- moves ---------------------------------------------------------------------------------------------
  moves(): Move[] {
    const moves: Move[] = [];
    const add = (name: string, run: () => void) => moves.push({ name, run });
    const [message] = this.inbox;
    if (message !== undefined)
      add('message', () => {
        this.inbox.shift();
        this.hear(message);
      });
    for (const [source, queue] of Object.entries({ watch: this.watch, nodeWatch: this.nodeWatch })) {
      const [event] = queue;
      if (event !== undefined)
        add(source, () => {
          queue.shift();
          this.hear(event);
        });
    }
    this.replies.forEach((reply, i) => {
      add(`reply ${reply.type}`, () => {
        this.replies.splice(i, 1);
        this.hear(reply);
      });
    });
    this.requests.forEach((request, i) => {
      add(`serve ${request.type}`, () => {
        this.requests.splice(i, 1);
        const answer = this.serve(request);
        if (answer !== null) this.replies.push(answer);
      });
      if (this.faults.lose && request.type === 'publish')
        add('lose create', () => {
          this.requests.splice(i, 1);
          this.ghosts.push(request);
          this.replies.push({
            type: 'publishFailed',
            uid: request.record.uid,
            refusal: 'ambiguous',
            text: '',
          });
        });
    });
    this.ghosts.forEach((ghost, i) => {
      add(`ghost ${ghost.type} lands`, () => {
        this.ghosts.splice(i, 1);
        this.serve(ghost);
      });
      add('ghost vanishes', () => {
        this.ghosts.splice(i, 1);
      });
    });
    for (const timer of this.timers) {
      const uid = timer.slice(timer.indexOf('/') + 1);
      const waits = this.ghosts.some((ghost) => ghost.type === 'publish' && ghost.record.uid === uid);
      if (timer.startsWith('ambiguous/') && waits) continue;
      add(`timer ${timer}`, () => {
        this.timers.delete(timer);
        this.hear({ type: 'timerFired', timer: timer as never });
      });
    }
    this.containerMoves(add);
    this.upstreamMoves(add);
    this.faultMoves(add);
    return moves;
  }

  private containerMoves(add: (name: string, run: () => void) => void) {
    for (const [key, container] of this.containers) {
      if (this.runtime === 'runs') {
        if (container.state === 'starting')
          add('started', () => {
            container.state = 'running';
            this.hear({ type: 'podStarted', uid: key });
          });
        if (container.state === 'running')
          add('ready', () => this.hear({ type: 'podReadiness', uid: key, ready: true }));
        if (container.state === 'stopping')
          add('stopped', () => {
            this.containers.delete(key);
            this.hear({ type: 'podStopped', uid: key, failed: false });
          });
        continue;
      }
      const fact = this.find(key);
      if (fact === undefined || fact.deleting)
        add('kubelet stops', () => {
          this.containers.delete(key);
          if (fact !== undefined) this.remove(fact.name);
        });
      else if (fact.phase === 'Pending') {
        add('kubelet runs', () => this.set(fact.name, { ...fact, phase: 'Running', ready: true }));
        if (this.faults.users)
          add('kubelet refuses', () => {
            this.containers.delete(key);
            this.set(fact.name, { ...fact, phase: 'Failed' });
          });
      }
    }
    if (this.runtime === 'publish')
      for (const fact of this.objects.values())
        if (fact.deleting && !this.containers.has(fact.metadataUid))
          add('kubelet removes', () => this.remove(fact.name));
  }

  private upstreamMoves(add: (name: string, run: () => void) => void) {
    if (this.session === null) {
      add('hello', () => {
        const n = this.nextN;
        this.nextN += 1;
        this.session = { upstream: this.upstream, downstream: this.incarnation, n };
        const session = { ...this.session, downstream: 0 };
        this.receive({ kind: 'Hello', session, role: 'scheduler', peer: 'kubelet/n1', wants: [] });
      });
      return;
    }
    const { session } = this;
    add('break', () => {
      this.session = null;
      this.open = false;
      this.inbox = [];
      this.hear({ type: 'broken', link: 'upstream', upstream: session.upstream, n: session.n });
    });
    if (!this.open) return;
    if (this.assigned.size < 6)
      add('assign', () => {
        const uid = `r${this.assigned.size + 1}`;
        this.assigned.add(uid);
        const record: PodRecord = {
          ...{ uid, replicaSet: 'rs', revision: 'h', requests: ONE, priority: 0, node: 'n1', phase: 'bound' },
          ...{ ready: false, version: { stage: 'scheduler', incarnation: this.upstream, counter: 1 } },
        };
        this.receive({ kind: 'Assign', session, records: [record] });
      });
    for (const uid of this.assigned)
      add('terminate', () => this.receive({ kind: 'Terminate', session, uids: [uid] }));
  }

  private faultMoves(add: (name: string, run: () => void) => void) {
    const { faults } = this;
    if (faults.crash) {
      add('crash', () => this.start());
      for (const after of [0, 1, 2])
        if (this.crashAfter === null) add('crash soon', () => (this.crashAfter = after));
      if (this.runtime === 'runs')
        add('node crash', () => {
          this.containers.clear();
          this.start();
        });
    }
    if (faults.users) {
      for (const fact of this.objects.values()) {
        if (!fact.deleting) add('user deletes', () => this.set(fact.name, { ...fact, deleting: true }));
        if (fact.replicaSet !== null && fact.managed) {
          add('orphaned', () => this.set(fact.name, { ...fact, replicaSet: null }));
          add('orphaned, by its label', () => this.set(fact.name, { ...fact, managed: false }));
        }
      }
      if (this.runtime === 'publish' && this.objects.size < 6)
        add('unmanaged Pod', () => this.add(`u${this.number()}`, null, false));
    }
    if (faults.release) {
      add('switch', () => {
        this.owner = this.owner === 'direct' ? 'stock' : 'direct';
        const fact = { owner: this.owner, resourceVersion: `${this.number()}` };
        this.nodeWatch.push({ type: 'switchObserved', switch: fact });
      });
      if (this.owner === 'stock' && this.runtime === 'publish' && this.objects.size < 6)
        add('stock Pod', () => this.add(`s${this.number()}`, null, true));
    }
    if (faults.marks)
      add('mark', () => {
        this.mark = { incarnation: this.upstream, n: this.nextN };
        this.nextN += 1;
        this.session = null;
        this.open = false;
        this.inbox = [];
        this.giveUp();
        this.nodeWatch.push({ type: 'nodeObserved', node: this.fact() });
      });
    if (faults.marks)
      add('node replaced', () => {
        this.nodeWatch.push({ type: 'nodeVanished', name: 'n1', uid: this.nodeUid });
        this.nodeUid = `node-${this.number()}`;
        this.mark = null;
        this.drained = null;
        this.giveUp();
        this.nodeWatch.push({ type: 'nodeObserved', node: this.fact() });
      });
    if (faults.lose)
      for (const [i, request] of this.requests.entries()) {
        if (request.type === 'publish')
          add('refuse create', () => {
            this.requests.splice(i, 1);
            const { uid } = request.record;
            this.replies.push({ type: 'publishFailed', uid, refusal: 'quota', text: '' });
          });
        if (request.type === 'deletePod')
          add('lose delete', () => {
            this.requests.splice(i, 1);
            this.ghosts.push(request);
            this.replies.push({ type: 'deleteAnswered', uid: request.uid, outcome: 'ambiguous' });
          });
      }
    if (faults.crash)
      add('another leader', () => {
        this.upstream += 1;
        this.session = null;
        this.open = false;
        this.inbox = [];
      });
  }

  private giveUp() {
    this.session = null;
    this.open = false;
    this.inbox = [];
    for (const uid of this.journal.pods.keys()) this.doomed.add(uid);
  }

  // ---- what must hold ------------------------------------------------------------------------------------
  must(holds: boolean, what: string) {
    if (!holds) throw new Error(what);
  }

  check() {
    for (const [key, container] of this.containers) {
      if (container.state !== 'running' && this.runtime === 'runs') continue;
      const uid = this.runtime === 'runs' ? key : (this.stamps.get(key) ?? null);
      const released = this.runtime === 'runs' ? this.isReleased(key) : this.released.has(key);
      if (
        uid !== null &&
        this.over.has(uid) &&
        !released &&
        this.runtime === 'publish' &&
        !this.find(key)?.deleting
      )
        this.must(this.find(key) === undefined, `${uid} runs after its end`);
    }
    if (this.runtime === 'runs') {
      const cpu = [...this.containers.values()].reduce((sum, { requests }) => sum + requests.cpu, 0);
      this.must(cpu <= ROOM.cpu, `the containers take ${cpu} of ${ROOM.cpu}`);
    }
  }

  private checkSettled() {
    for (const record of this.view.records) {
      const pod = this.view.pods.find(({ uid }) => uid === record.uid);
      const object = pod?.metadataUid == null ? undefined : this.find(pod.metadataUid);
      const live = object !== undefined && !object.deleting && object.phase !== 'Failed';
      this.must(
        !(record.phase === 'terminating' && live),
        `stock acknowledged with a live tombstone ${record.uid}`,
      );
      this.must(
        record.phase === 'terminating' || pod?.metadataUid != null,
        `stock acknowledged, ${record.uid} unpublished`,
      );
    }
    this.must(
      !this.requests.some(({ type }) => type === 'publish'),
      'stock acknowledged with a create in flight',
    );
  }

  /** Faults over: everything that is due happens, in turn. */
  settle() {
    if (this.owner === 'stock') {
      this.owner = 'direct';
      this.nodeWatch.push({
        type: 'switchObserved',
        switch: { owner: 'direct', resourceVersion: `${this.number()}` },
      });
    }
    this.crashAfter = null;
    if (this.session !== null && !this.open) this.session = null;
    const avoid =
      /^(break|assign|terminate|lose|refuse|another|crash|node crash|node replaced|user|orphaned|unmanaged|switch|stock Pod|mark|ready|kubelet refuses)/;
    for (let i = 0; i < 2000; i += 1) {
      const [move] = this.moves().filter(({ name }) => !avoid.test(name) || name === 'kubelet stops');
      if (move === undefined) return;
      this.log.push(`settle: ${move.name}`);
      move.run();
    }
    throw new Error(
      `does not settle: ${this.moves()
        .map(({ name }) => name)
        .join(', ')}`,
    );
  }

  /** Once settled: nothing is left over, and K's view is what is. */
  checkSettledWorld() {
    const { records, pods } = this.view;
    this.must(this.open, 'the link does not open again');
    this.must(!records.some(({ phase }) => phase === 'terminating'), 'a tombstone is left');
    for (const fact of this.objects.values()) {
      if (!fact.managed || fact.replicaSet === null || fact.phase === 'Failed') continue;
      this.must(
        pods.some(({ metadataUid }) => metadataUid === fact.metadataUid),
        `${fact.name} is left over`,
      );
    }
    for (const pod of pods)
      this.must(
        pod.metadataUid !== null && this.find(pod.metadataUid) !== undefined,
        `${pod.uid} has no object`,
      );
    for (const [key] of this.containers) {
      const known =
        this.runtime === 'runs'
          ? pods.some(({ containerUid }) => containerUid === key) || this.isReleased(key)
          : this.find(key) !== undefined;
      this.must(known, `containers of ${key} are left over`);
    }
    const room = this.view.used;
    const taken = [...this.objects.values()].filter(({ phase }) => phase !== 'Failed').length;
    this.must(room.pods === taken, `room for ${room.pods} Pods is taken, ${taken} stand`);
  }
}
