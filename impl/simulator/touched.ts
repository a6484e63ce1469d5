/** What a step can have changed, read off its event and its effects, so that nobody has to walk all records. */
import type { KubeletState } from '../../machines/kubelet/index.ts';
import type { ReplicaSetState } from '../../machines/replicaset/index.ts';
import type { SchedulerState } from '../../machines/scheduler/index.ts';
import type { Effect } from '../../spec/effects.ts';
import type { StageEvent } from '../../spec/events.ts';
import type { Message } from '../../spec/messages.ts';
import type { LinkEnd, RecordView, StageView, StepView, WorldView } from '../../spec/properties/index.ts';
import type { Owner, PeerName, PodRecord, Uid } from '../../spec/vocabulary.ts';
import { downEndOf, upEndOf } from '../explorer/observers.ts';
import { isTail, type Life } from './life.ts';
import { textOf } from './view.ts';

/** The map that holds the records of a state, by uid; null where a stage holds none. */
function heldIn(peer: string, state: unknown): { keys(): IterableIterator<Uid> } | null {
  if (peer === 'replicaset' || peer === 'scheduler')
    return (state as ReplicaSetState | SchedulerState).context.records;
  return isTail(peer) ? (state as KubeletState).context.pods : null;
}

/** The uids of the records of a state. */
export function uidsIn(peer: string, state: unknown): Iterable<Uid> {
  return heldIn(peer, state)?.keys() ?? [];
}

/** The record of a uid. */
export function recordOf(peer: string, state: unknown, uid: Uid): PodRecord | undefined {
  if (peer === 'replicaset' || peer === 'scheduler')
    return (state as ReplicaSetState | SchedulerState).context.records.get(uid);
  return isTail(peer) ? (state as KubeletState).context.pods.get(uid)?.record : undefined;
}

/** Whether any record is another. */
export function recordsChanged(peer: string, before: unknown, after: unknown): boolean {
  return before !== after && heldIn(peer, before) !== heldIn(peer, after);
}

/** The preemptions under way at S. */
export function preemptionsOf(state: unknown) {
  return (state as SchedulerState).context.preemptions;
}

/** Adds those that a message is about. */
function addUids(uids: Set<Uid>, message: Message): void {
  switch (message.kind) {
    case 'Assign':
      for (const { uid } of message.records) uids.add(uid);
      return;
    case 'Assigned':
    case 'Refused':
      for (const { uid } of message.pods) uids.add(uid);
      return;
    case 'Terminate':
    case 'Terminated':
      for (const uid of message.uids) uids.add(uid);
      return;
    case 'Invalidate':
      for (const { uid } of message.changed) uids.add(uid);
      for (const { uid } of message.adopted) uids.add(uid);
      for (const { uid } of message.lost) uids.add(uid);
  }
}

/** Events after which any record may be another: handshakes, cancellations, lists. */
const SWEEPING: ReadonlySet<string> = new Set([
  'marked',
  'nodeRead',
  'leaseRead',
  'registered',
  'podsListed',
  'broken',
  'nodeObserved',
  'nodeVanished',
  'replicaSetVanished',
  'switchObserved',
  'synced',
]);

const HANDSHAKE: ReadonlySet<string> = new Set(['State', 'Offer', 'Hello', 'Fetch']);

/** All uids that are held before or after. */
export function allUids(peer: string, before: unknown, after: unknown): ReadonlySet<Uid> {
  const uids = new Set<Uid>();
  for (const state of [before, after]) for (const uid of uidsIn(peer, state)) uids.add(uid);
  return uids;
}

/** Whether R tells nobody below what it changes: its link is not open. */
const isSilent = (peer: string, state: unknown): boolean =>
  peer === 'replicaset' && upEndOf((state as ReplicaSetState).context.down).state !== 'open';

const NO_UIDS: ReadonlySet<Uid> = new Set();

/** uids whose records a step may have changed. */
export function touched(
  peer: string,
  event: StageEvent,
  effects: readonly Effect[],
  before: unknown,
  after: unknown,
): ReadonlySet<Uid> {
  if (!recordsChanged(peer, before, after)) return NO_UIDS;
  const uids = new Set<Uid>();
  const isHandshake = event.type === 'received' && HANDSHAKE.has(event.message.kind);
  if (SWEEPING.has(event.type) || isHandshake || isSilent(peer, after)) return allUids(peer, before, after);
  if (event.type === 'received') addUids(uids, event.message);
  if ('uid' in event) uids.add(event.uid);
  for (const effect of effects) {
    if (effect.type === 'send') addUids(uids, effect.message);
    if (effect.type === 'journal')
      for (const entry of effect.entries) {
        if ('uid' in entry) uids.add(entry.uid);
        if (entry.kind === 'accepted') uids.add(entry.record.uid);
      }
    if (effect.type === 'stopPod') uids.add(effect.uid);
  }
  return uids;
}

/** The one link that a message came over. */
function endsOf(peer: PeerName, state: unknown, event: StageEvent): readonly LinkEnd[] {
  if (event.type !== 'received') return [];
  const { context } = state as { context: Record<string, never> };
  const { link } = event;
  if (link === 'upstream') {
    const side = context.side ?? context.upstream ?? context.up;
    return side === undefined ? [] : [downEndOf(peer, side)];
  }
  if (link === 'downstream') return [upEndOf(context.down as never)];
  const node = (state as SchedulerState).context.nodes.get(link.slice('node/'.length));
  return node === undefined ? [] : [upEndOf(node.link)];
}

const NO_COUNTS: Live = { before: new Map(), after: new Map() };
const NO_PREEMPTIONS: ReadonlyMap<Uid, readonly Uid[]> = new Map();

/** One stage before or after a step: what the properties ask for is drawn when they ask for it. */
class SteppedStage implements StageView {
  readonly holdsLease = true;
  readonly preemptions = NO_PREEMPTIONS;
  readonly live: ReadonlyMap<string, number>;
  readonly owner: Owner | null;
  readonly #life: Life;
  readonly #event: StageEvent;
  readonly #state: unknown;
  readonly #uids: ReadonlySet<Uid>;
  #records: ReadonlyMap<Uid, RecordView> | null = null;

  constructor(
    life: Life,
    event: StageEvent,
    state: unknown,
    uids: ReadonlySet<Uid>,
    live: ReadonlyMap<string, number>,
  ) {
    this.#life = life;
    this.#event = event;
    this.#state = state;
    this.#uids = uids;
    this.live = live;
    const hears = state === life.state && event.type === 'switchObserved';
    this.owner = hears ? event.switch.owner : life.owner;
  }

  get process() {
    return this.#life.id;
  }
  get peer() {
    return this.#life.peer;
  }
  get incarnation() {
    return this.#life.incarnation;
  }
  get records() {
    this.#records ??= this.#draw();
    return this.#records;
  }
  get wants() {
    return this.peer === 'replicaset' ? [...(this.#state as ReplicaSetState).context.wants.values()] : [];
  }
  get replicaSets() {
    return this.peer === 'replicaset'
      ? [...(this.#state as ReplicaSetState).context.replicaSets.values()]
      : [];
  }
  get links() {
    return endsOf(this.peer, this.#state, this.#event);
  }
  get text() {
    return textOf(this.#life.under, this.#state);
  }

  #draw(): ReadonlyMap<Uid, RecordView> {
    const records = new Map<Uid, RecordView>();
    for (const uid of this.#uids) {
      const record = recordOf(this.peer, this.#state, uid);
      if (record !== undefined) records.set(uid, { ...record, owned: false });
    }
    return records;
  }
}

/** What a step does not change, drawn when a property asks for it. */
export type Around = Pick<WorldView, 'switch' | 'acknowledged' | 'objects' | 'history'> &
  Partial<Pick<WorldView, 'nodes' | 'unlabelled'>>;

const NOTHING = {};
const NOBODY: readonly never[] = [];

/** A world of which a step shows one stage only. */
class SteppedWorld implements WorldView {
  readonly written = NOTHING;
  readonly withoutNodes = false;
  readonly traffic = NOBODY;
  readonly replicas = NOTHING;
  readonly down = NOBODY;
  readonly stages: readonly StageView[];
  readonly #around: Around;

  constructor(stage: StageView, around: Around) {
    this.stages = [stage];
    this.#around = around;
  }

  get switch() {
    return this.#around.switch;
  }
  get acknowledged() {
    return this.#around.acknowledged;
  }
  get objects() {
    return this.#around.objects;
  }
  get nodes() {
    return this.#around.nodes ?? NOBODY;
  }
  get unlabelled() {
    return this.#around.unlabelled ?? NOBODY;
  }
  get history() {
    return this.#around.history;
  }
}

/** Of R: how many of each ReplicaSet were live before and are after. */
export type Live = Readonly<Record<'before' | 'after', ReadonlyMap<string, number>>>;

/** The step as the properties read it, cut down to what it touched. */
export function stepView(
  life: Life,
  event: StageEvent,
  effects: readonly Effect[],
  before: unknown,
  uids: ReadonlySet<Uid>,
  around: Around,
  live: Live = NO_COUNTS,
): StepView {
  const view = (state: unknown, counts: Live['before']) =>
    new SteppedWorld(new SteppedStage(life, event, state, uids, counts), around);
  return {
    ...{ process: life.id, event, effects },
    before: view(before, live.before),
    after: view(life.state, live.after),
  };
}
