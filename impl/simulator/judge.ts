/**
 * The properties as a world runs (`spec/properties`). History is kept as it happens, and what a step can break is looked at by what the
 * step touched, so that a step costs the same however many Pods there are. All else is judged on the whole view, now and then.
 */
import type { Effect } from '../../spec/effects.ts';
import type { StageEvent } from '../../spec/events.ts';
import type { PodFact, SwitchFact } from '../../spec/facts.ts';
import type { JournalEntry } from '../../spec/journal.ts';
import type { Message } from '../../spec/messages.ts';
import {
  type History,
  NO_HISTORY,
  PROPERTIES,
  type PropertyName,
  type Side,
  type StepView,
  type WorldView,
} from '../../spec/properties/index.ts';
import { undrainedMark } from '../../spec/properties/pods.ts';
import { marksOf } from '../../spec/properties/steps.ts';
import type { Fence, Incarnation, PeerName, Resources, Uid } from '../../spec/vocabulary.ts';
import { isLeftToStock } from '../explorer/history.ts';
import { OwnerJudge } from './judgeOwner.ts';
import { endedUnheld } from './judgeTail.ts';
import { isTail, type Life, nodeOf } from './life.ts';
import { LiveCounts } from './liveCounts.ts';
import { type ContainerState, type Machine, objectOf } from './machine.ts';
import { endedBelowMeant, isRolled, Reached } from './meant.ts';
import { isBusy } from './network.ts';
import { foreignOf, isLeft, isOfItsNode, livesOn, nodeView } from './nodeView.ts';
import type { Simulation } from './simulation.ts';
import { preemptionsOf, recordOf, recordsChanged, stepView, touched } from './touched.ts';
import { acknowledgedBy, worldView } from './view.ts';
import { WantsHistory } from './wantsHistory.ts';

/** What is wrong. */
export interface Finding {
  readonly property: string;
  readonly text: string;
}

/** Properties of states, judged on the whole view. */
const STATES: readonly PropertyName[] = [
  'CacheCoherent',
  'SingleOwner',
  'NoFalseConfirm',
  'NodeCapacity',
  'RoomKept',
  'SupersededUnserved',
];
const COUNTS: readonly PropertyName[] = ['NoNeedlessEnd', 'NoDipOnModeChange'];
const NOTHING: Resources = { cpu: 0, memory: 0, pods: 0 };

/** Watches one world. */
export class Judge {
  readonly #sim: Simulation;
  readonly accepted = new Map<Uid, Set<string>>();
  readonly collected = new Map<Uid, string>();
  /** The same in the form that the properties read, but for what was taken away by force. */
  readonly #collectedBy: Record<Uid, readonly string[]> = {};
  readonly #ended = new Map<Uid, Set<'confirmed' | 'shown'>>();
  readonly #cancelled = new Map<string, { readonly mark: Fence; readonly uids: ReadonlySet<Uid> }>();
  readonly #victims = new Map<Uid, Set<Uid>>();
  readonly #created = new Set<Uid>();
  readonly #wants = new WantsHistory();
  readonly #live = new LiveCounts();
  readonly #reached = new Reached();
  readonly #owner: OwnerJudge;
  readonly #external = new Map<string, number>();
  readonly #reappeared = new Set<string>();
  readonly #stopped: string[] = [];
  /** K → the highest number that S had borne when it registered itself. */
  readonly #superseded = new Map<string, Incarnation>();
  /** K → the uid of the Node on which it registered itself last. */
  readonly #registeredOn = new Map<string, string>();
  /** The highest number that a life of each stage bore. */
  readonly #numbers = new Map<PeerName, Incarnation>();
  /** Objects that were taken away by force while their containers ran: nobody who looks at objects can know. */
  readonly #forced = new Set<Uid>();
  readonly #requests = new Map<Uid, Resources>();
  /** What each node runs of ours. */
  readonly #used = new Map<string, Resources>();
  #sinceWhole = 0;
  readonly history = this.#drawHistory();
  finding: Finding | null = null;

  constructor(sim: Simulation) {
    this.#sim = sim;
    this.#owner = new OwnerJudge(sim);
  }

  /** The first thing that is wrong is what counts. */
  found(property: string, text: string | null): void {
    if (text !== null) this.finding ??= { property, text };
  }

  // ---- history ------------------------------------------------------------------------------------------

  /** How many Pods were created, ever. */
  get created(): number {
    return this.#created.size;
  }

  asked(deployment: string, replicas: number): void {
    this.#wants.asked(deployment, replicas);
  }

  external(deployment: string, generation: number, replicas: number): void {
    this.#external.set(deployment, generation);
    this.#wants.external(deployment, generation, replicas);
  }

  /** A side makes or ends a managed Pod. */
  acted(side: Side, pod: PodFact): void {
    this.#owner.acted(side, pod);
  }

  /** Every API server has seen the switch as it stands. */
  reign(): void {
    this.#owner.reign();
  }

  /** A write-back replaced a value; it must have seen the last external write. */
  overwrote(deployment: string, value: number, generation: number): void {
    if (generation < (this.#external.get(deployment) ?? 0))
      this.found('ScaleNotLost', `${deployment}: ${value} was overwritten unseen`);
  }

  stopped(life: Life): void {
    this.#stopped.push(life.id);
  }

  /** A Node gets its first agent: what stock has made there comes to be known, beside what R has made in its place if we own the Pods. */
  firstAgent(node: string): void {
    const { api } = this.#sim;
    if (this.switch.owner === 'stock') return;
    for (const { managed, replicaSet } of api.podsOn(node)) {
      const deployment = managed ? api.replicaSets.get(replicaSet ?? '')?.deployment : null;
      if (deployment) this.#reappeared.add(deployment);
    }
  }

  /** A Pod has its label back: R has made another in its place. */
  reappears(deployment: string): void {
    this.#reappeared.add(deployment);
  }

  /** A life bears a number: above all of its stage before it. */
  numbered(peer: PeerName, incarnation: Incarnation): void {
    const highest = this.#numbers.get(peer) ?? 0;
    if (incarnation <= highest)
      this.found('IncarnationsGrow', `${peer} bears ${incarnation}, and a life before it bore ${highest}`);
    this.#numbers.set(peer, Math.max(highest, incarnation));
  }

  /** A uid was shown ending, or confirmed. */
  ended(uid: Uid, how: 'confirmed' | 'shown'): void {
    const hows = this.#ended.get(uid) ?? new Set();
    this.#ended.set(uid, hows.add(how));
  }

  /** S wrote a mark: what the node holds by its journal is given up, unless the mark turns out void. */
  marked(node: string, mark: Fence): void {
    this.#cancelled.set(node, { mark, uids: new Set(this.#sim.machineOf(node).journal.pods.keys()) });
  }

  /** Its object is gone: by force, if its containers still run. */
  removed(uid: Uid, node: string | null): void {
    const machine = this.#sim.machines.get(node ?? '');
    if (machine === undefined || !machine.containers.has(uid) || this.#forced.has(uid)) return;
    this.#used.set(machine.name, this.#sum(machine, uid, -1));
    this.#forced.add(uid);
    delete this.#collectedBy[uid];
  }

  /** Whether its containers run though its object was taken away: nobody who looks at objects can count them. */
  isForced(uid: Uid): boolean {
    return this.#forced.has(uid);
  }

  /** A K stands on its Node: whoever of S had been superseded by then must not be served by it. */
  registered(life: Life, nodeUid: string): void {
    // One that is answered again, since its reply was late or lost, was made when it was first done.
    if (this.#registeredOn.get(life.id) === nodeUid) return;
    this.#registeredOn.set(life.id, nodeUid);
    this.#superseded.set(life.id, this.#numbers.get('scheduler') ?? 0);
  }

  /** Before they are durable. */
  journalled(life: Life, entries: readonly JournalEntry[]): void {
    for (const entry of entries) {
      if (entry.kind === 'drained') this.#judgeDrained(life, entry.mark);
      if (entry.kind !== 'accepted') continue;
      const { uid, requests } = entry.record;
      this.#requests.set(uid, requests);
      const nodes = (this.accepted.get(uid) ?? new Set()).add(nodeOf(life.peer));
      this.accepted.set(uid, nodes);
      if (nodes.size > 1) this.found('UniquePlacement', `${uid} was accepted by ${[...nodes].join(' and ')}`);
    }
  }

  /** A drain is complete: not for a leader that was succeeded. */
  #judgeDrained({ peer }: Life, mark: Fence): void {
    const node = nodeOf(peer);
    const { fence, drained } = this.#sim.machineOf(node).journal;
    const isOld = drained !== null && compare(drained, mark) >= 0;
    if (!isOld && mark.incarnation < fence.incarnation)
      this.found('NoNeedlessEnd', `${node} was drained for a mark older than the leader that it serves`);
  }

  sent(life: Life, message: Message): void {
    if (message.kind === 'Offer' && isTail(life.peer)) this.#judgeOffered(life, message.session.upstream);
    if (message.kind === 'Terminated' && isTail(life.peer))
      for (const uid of message.uids) this.ended(uid, 'confirmed');
  }

  /** A K offers itself to nobody that had been superseded before it registered itself. */
  #judgeOffered({ id }: Life, upstream: Incarnation): void {
    const least = this.#superseded.get(id) ?? 0;
    if (upstream < least)
      this.found('SupersededUnserved', `${id}, registered under ${least}, serves ${upstream}`);
  }

  /** A start, or a create that leads to one, was asked for. */
  starting(uid: Uid, node: string): void {
    if (this.#ended.get(uid)?.has('shown'))
      this.found('TerminationIrreversible', `${uid} starts after it was shown ending`);
    const { containers } = this.#sim.machineOf(node);
    for (const victim of this.#victims.get(uid) ?? [])
      if (containers.has(victim)) this.found('PreemptionOrdered', `${uid} was started while ${victim} ran`);
  }

  /** Where K runs the containers it asks for the create when they have come to run. */
  publishing(uid: Uid, node: string): void {
    const { containers } = this.#sim.machineOf(node);
    if (this.#sim.plan.runtime === 'runs' && containers.get(uid) === 'starting')
      this.found('PublishedRunning', `${uid} is published before its containers run`);
  }

  /** A Pod object was created by this node's K: once, whatever became of the reply. */
  published(uid: Uid, node: string): void {
    this.found('CreatedOnce', this.#created.has(uid) ? `${uid} was created a second time` : null);
    this.#created.add(uid);
    if (this.accepted.get(uid)?.has(node) !== true)
      this.found('TailPublishes', `${uid} on ${node} was never accepted there`);
  }

  containers(machine: Machine, uid: Uid, was: ContainerState | null, is: ContainerState | null): void {
    // The node's own kubelet may finish a start that it began before it heard of the end. What K has let go and adopted has not ended: its
    // containers keep their name, and it lives on under another uid, which K may confirm.
    const has = (one: Uid, how: 'confirmed' | 'shown') => this.#ended.get(one)?.has(how) === true;
    const again =
      was === null
        ? has(uid, 'shown')
        : has(uid, 'confirmed') && has(livesOn(this.#sim, machine, uid), 'confirmed');
    if (is !== null && is !== 'stopping' && again && (was !== null || this.#sim.plan.runtime === 'publish'))
      this.found('TerminationIrreversible', `${uid} runs again after its end`);
    if ((was === null) === (is === null) || this.#forced.has(uid)) return;
    // Where the node's own kubelet runs what stock has made, K may hear of it later.
    const made = this.#requests.has(uid) ? undefined : objectOf(this.#sim, uid);
    if (made !== undefined) this.#requests.set(uid, made.requests);
    this.#used.set(machine.name, this.#sum(machine, uid, is === null ? -1 : 1));
    if (is === null) return;
    this.#judgeCollected(uid, machine);
    const ours = this.#used.get(machine.name) ?? NOTHING;
    const others = foreignOf(this.#sim, machine.name);
    const [cpu, memory] = [ours.cpu + others.cpu, ours.memory + others.memory];
    const pods = ours.pods + others.pods;
    const { capacity } = machine;
    if (cpu > capacity.cpu || memory > capacity.memory || pods > capacity.pods)
      this.found(
        'NodeCapacity',
        `${machine.name} holds cpu ${cpu} of ${capacity.cpu}, Pods ${pods} of ${capacity.pods}`,
      );
  }

  /** Whether a Pod fits beside what runs. */
  hasRoom({ name, capacity }: Machine, { requests }: PodFact): boolean {
    const ours = this.#used.get(name) ?? NOTHING;
    const others = foreignOf(this.#sim, name);
    const parts = ['cpu', 'memory', 'pods'] as const;
    return parts.every((part) => ours[part] + others[part] + requests[part] <= capacity[part]);
  }

  /** What the node runs of ours, after a change by one Pod. */
  #sum(machine: Machine, uid: Uid, by: 1 | -1): Resources {
    const { cpu, memory, pods } = this.#used.get(machine.name) ?? NOTHING;
    const one = this.#requests.get(uid) ?? NOTHING;
    return { cpu: cpu + by * one.cpu, memory: memory + by * one.memory, pods: pods + by * one.pods };
  }

  #judgeCollected(uid: Uid, machine: Machine): void {
    if (this.#forced.has(uid) || !isOfItsNode(this.#sim, machine)) return;
    if (livesOn(this.#sim, machine, uid) !== uid || isLeft(this.#sim, uid)) return;
    const by = this.collected.get(uid);
    if (by === undefined || undrainedMark(nodeView(this.#sim, machine))) return;
    this.found('NoFalseConfirm', `${uid} runs on ${machine.name}; its tombstone was collected by ${by}`);
  }

  // ---- steps --------------------------------------------------------------------------------------------

  /** A step of a stage, before anything of what it asks for is done. */
  steps(life: Life, event: StageEvent, before: unknown, effects: readonly Effect[]): void {
    if (isTail(life.peer)) this.found('ShownRuns', endedUnheld(this.#sim, life, event, before, effects));
  }

  /** A step of a stage. */
  stepped(life: Life, event: StageEvent, before: unknown, effects: readonly Effect[]): void {
    this.#sinceWhole += 1;
    if (isTail(life.peer)) this.#judgeFenced(life, event, before);
    if (recordsChanged(life.peer, before, life.state) || event.type === 'received') {
      const uids = touched(life.peer, event, effects, before, life.state);
      this.#judgeRecords(life, before, uids);
      const was = this.#live.of(life);
      if (life.peer === 'replicaset') this.#live.stepped(life, before, uids);
      const live = { before: was, after: this.#live.of(life) };
      const view = stepView(life, event, effects, before, uids, this, live);
      // Of no record that changed nothing can have gone back; and nothing but a message is of a session.
      if (uids.size > 0) this.#check('PhaseMonotonic', view);
      if (event.type === 'received') this.#check('SessionFenced', view);
      if (life.peer === 'replicaset' && actsByItself(life, effects, before, uids))
        this.#judgeCounts(life, view);
    }
    this.#reached.stepped(life, this.#live.of(life));
    this.#wants.stepped(life, before, this.#live.of(life));
    this.#owner.stepped(life, event, before, effects);
    if (life.peer === 'scheduler') this.#notePreemptions(before, life.state);
    if (this.#sinceWhole * 4 >= this.accepted.size + 40 * this.#sim.lives.size) this.whole();
  }

  /** K heeds no message of a session that is below its fence. */
  #judgeFenced(life: Life, event: StageEvent, before: unknown): void {
    if (event.type !== 'received' || event.message.kind === 'Hello') return;
    if (!recordsChanged(life.peer, before, life.state)) return;
    const { upstream: incarnation, n } = event.message.session;
    const { fence } = this.#sim.machineOf(nodeOf(life.peer)).journal;
    if (compare({ incarnation, n }, fence) < 0)
      this.found('SessionFenced', `${life.id} heeds ${event.message.kind} of a session below its fence`);
  }

  /** R ended or made Pods for the sake of a count. */
  #judgeCounts(life: Life, view: StepView): void {
    this.#check('NoStaleDirect', view);
    this.#check('NoneForDeleted', view);
    const marked = marksOf(view);
    if (marked.length > 0)
      this.found('NoNeedlessEnd', endedBelowMeant(this.#sim, this.#reached, view, marked));
    // An R that has not heard of a release yet ends what stock makes.
    const isUnaware = life.owner !== 'stock' && this.switch.owner === 'stock';
    if (isUnaware || this.#liveOn(marked) || isRolled(this.#sim, view, marked)) return;
    for (const name of COUNTS) this.#check(name, view);
  }

  /** Their objects live on under other uids: a K has told of those before S was shown that they are the ones it had handed over (7). */
  #liveOn(marked: readonly Uid[]): boolean {
    if (marked.length === 0) return false;
    const handedOver = new Set([...this.#sim.api.pods.values()].map((pod) => pod.handedOver));
    return marked.every((uid) => handedOver.has(uid));
  }

  get #standing() {
    const { api, owner } = this.#sim;
    return {
      isAccepted: (uid: Uid) => this.accepted.has(uid),
      owner: owner.fact.owner,
      objectOf: (metadataUid: string) => api.podsByObject.get(metadataUid),
    };
  }

  #judgeRecords(life: Life, before: unknown, uids: Iterable<Uid>): void {
    const { peer } = life;
    if (peer !== 'replicaset' && peer !== 'scheduler') return;
    for (const uid of uids) {
      const was = recordOf(peer, before, uid);
      const is = recordOf(peer, life.state, uid);
      const isOver = was?.phase === 'terminating' && is === undefined;
      if (isOver && !isLeftToStock(this.#standing, uid)) {
        this.collected.set(uid, peer);
        if (!this.#forced.has(uid)) this.#collectedBy[uid] = [peer];
        for (const node of this.accepted.get(uid) ?? []) {
          const machine = this.#sim.machineOf(node);
          if (machine.containers.has(uid)) this.#judgeCollected(uid, machine);
        }
      }
      if (was === undefined && is !== undefined && is.phase !== 'created') this.#judgeAdopted(life, uid);
    }
  }

  /** A uid that a cancellation gave up must not come back, if nobody upstream holds it any more. */
  #judgeAdopted(life: Life, uid: Uid): void {
    const others = (['replicaset', 'scheduler'] as const)
      .flatMap((peer) => this.#sim.lives.get(peer) ?? [])
      .some((other) => other !== life && recordOf(other.peer, other.state, uid) !== undefined);
    if (others) return;
    // R may still be told that it is gone.
    const below = life.ups.get('downstream');
    if (life.peer === 'replicaset' && (below === undefined || isBusy(below.toUp))) return;
    for (const node of this.accepted.get(uid) ?? []) {
      const cancelled = this.#cancelled.get(node);
      if (cancelled === undefined || !cancelled.uids.has(uid)) continue;
      if (life.peer === 'scheduler' && life.incarnation < cancelled.mark.incarnation) continue;
      const { journal } = this.#sim.machineOf(node);
      const answered = journal.drained !== null && compare(journal.drained, cancelled.mark) >= 0;
      if (!answered && cancelled.mark.incarnation < journal.fence.incarnation) continue;
      this.found('CancelledStaysOut', `${life.peer} adopted ${uid} of ${node}, which was cancelled`);
    }
  }

  #notePreemptions(before: unknown, after: unknown): void {
    const now = preemptionsOf(after);
    if (now === preemptionsOf(before)) return;
    for (const [uid, { context }] of now) {
      const victims = this.#victims.get(uid) ?? new Set();
      for (const victim of context.awaited) victims.add(victim);
      this.#victims.set(uid, victims);
    }
  }

  /** The whole view. */
  whole(): void {
    this.#sinceWhole = 0;
    const view = worldView(this.#sim);
    for (const name of STATES) this.#check(name, view);
  }

  #check(name: PropertyName, view: StepView | WorldView): void {
    this.found(name, (PROPERTIES[name] as { check(view: StepView | WorldView): string | null }).check(view));
  }

  get switch(): SwitchFact {
    return this.#sim.owner.fact;
  }

  get acknowledged(): WorldView['acknowledged'] {
    return acknowledgedBy(this.#sim);
  }

  get objects(): readonly PodFact[] {
    return [...this.#sim.api.pods.values()].filter(({ managed }) => managed);
  }

  /** What the properties read of the past: it is as it is now, and each part is drawn when it is read. */
  #drawHistory(): History {
    const judge = this;
    const lists = <T>(map: ReadonlyMap<string, ReadonlySet<T>>) =>
      Object.fromEntries([...map].map(([key, set]) => [key, [...set]]));
    return {
      ...NO_HISTORY,
      get accepted() {
        return lists(judge.accepted);
      },
      get collected() {
        return judge.#collectedBy;
      },
      get ended() {
        return lists(judge.#ended);
      },
      get asked() {
        return judge.#wants.kept.asked;
      },
      get due() {
        return judge.#wants.kept.due;
      },
      get reached() {
        return judge.#wants.kept.reached;
      },
      get everAsked() {
        return judge.#wants.kept.everAsked;
      },
      get acted() {
        return judge.#owner.kept.acted;
      },
      get trespassed() {
        return judge.#owner.kept.trespassed;
      },
      get cancelled() {
        return Object.fromEntries(
          [...judge.#cancelled].map(([node, { mark, uids }]) => [node, { mark, uids: [...uids] }]),
        );
      },
      get reappeared() {
        return [...judge.#reappeared];
      },
      get stopped() {
        return judge.#stopped;
      },
      get superseded() {
        return Object.fromEntries(judge.#superseded);
      },
    };
  }
}

/** Whether R mints, or marks a Pod that was live before, or not there. */
function actsByItself(life: Life, effects: readonly Effect[], before: unknown, uids: Iterable<Uid>): boolean {
  if (effects.some((effect) => effect.type === 'send' && effect.message.kind === 'Assign')) return true;
  for (const uid of uids)
    if (
      recordOf(life.peer, life.state, uid)?.phase === 'terminating' &&
      recordOf(life.peer, before, uid)?.phase !== 'terminating'
    )
      return true;
  return false;
}

const compare = (a: Fence, b: Fence) => a.incarnation - b.incarnation || a.n - b.n;
