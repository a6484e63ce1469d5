/**
 * What the growth figure and its test measure: a stage that was led to many records by real events, and steps from there.
 *
 * Messages go over the wire's codec and facts over JSON, in small batches, so that what a record shares with its neighbours in
 * memory is what it would share in a cluster.
 */
import type { Effect } from '../../../spec/effects.ts';
import { KubedirectError } from '../../../spec/errors.ts';
import type { StageEvent } from '../../../spec/events.ts';
import type { Message } from '../../../spec/messages.ts';
import type { Stage, StageConfig } from '../../../spec/stage.ts';
import type { LinkName, PeerName, SessionId } from '../../../spec/vocabulary.ts';
import { decodeFrame, encodeFrame } from '../../../spec/wire/codec.ts';

/** One ordinary step: the same kind of event, of different Pods, each given to the same state. */
export interface Case {
  readonly name: string;
  /** Where the steps start from. */
  readonly state: unknown;
  readonly events: readonly StageEvent[];
}

/** A stage with its records. */
export interface GrownStage {
  readonly stage: Stage<unknown>;
  /** Keeps the state alive. */
  readonly state: unknown;
  readonly cases: readonly Case[];
  /** Bytes of a handshake with an upstream that comes again and differs in {@link DIFFERING} Pods, where it was looked at. */
  readonly reconnectBytes?: number;
}

/** Pods in which the two ends of a link differ that opens again. */
export const DIFFERING = 10;

/** Incarnation of each peer. */
export const PEER = 1_790_000_000_000;
/** Incarnation of the stage that is measured. */
export const SELF = 1_800_000_000_000;

/** A message as it comes out of a frame. */
export function overWire<M extends Message>(message: M): M {
  return decodeFrame(encodeFrame([message]))[0] as M;
}

/** A fact as it comes out of a watch. */
export function overJson<T>(fact: T): T {
  return JSON.parse(JSON.stringify(fact)) as T;
}

/** Lists of at most `size`. */
export function batches<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  );
}

/** At most `count` items, spread evenly. */
export function spread<T>(items: readonly T[], count: number): readonly T[] {
  const every = Math.max(1, items.length / count);
  return Array.from({ length: Math.min(count, items.length) }, (_, i) => items[Math.floor(i * every)] as T);
}

/** The part of a list that is left without settling, so that steps of it can be measured: a fifth, 500 at most. */
export function sample<T>(items: readonly T[]): readonly T[] {
  return spread(items, Math.min(500, Math.max(1, Math.floor(items.length / 5))));
}

/** A stage as it is driven. */
export class Driven<State> {
  readonly stage: Stage<State>;
  state: State;
  /** Of the last step. */
  effects: readonly Effect[];

  constructor(stage: Stage<State>, config: StageConfig) {
    this.stage = stage;
    [this.state, this.effects] = stage.start(config);
  }

  give(event: StageEvent): void {
    [this.state, this.effects] = this.stage.step(this.state, event);
  }

  receive(link: LinkName, message: Message): void {
    this.give({ type: 'received', link, message: overWire(message) });
  }

  /** An effect of the last step. @throws KubedirectError `INVARIANT_BROKEN` if there is none */
  asked<T extends Effect['type']>(type: T): Extract<Effect, { type: T }> {
    const found = this.effects.find((effect) => effect.type === type);
    if (found === undefined)
      throw new KubedirectError(
        'INVARIANT_BROKEN',
        `${this.stage.name} was expected to ask for ${type}; it asked for ${this.effects.map((effect) => effect.type).join(', ') || 'nothing'}`,
      );
    return found as Extract<Effect, { type: T }>;
  }

  /** The messages of the last step of one kind. */
  sent<K extends Message['kind']>(kind: K): readonly Extract<Message, { kind: K }>[] {
    return this.effects.flatMap((effect) =>
      effect.type === 'send' && effect.message.kind === kind
        ? [effect.message as Extract<Message, { kind: K }>]
        : [],
    );
  }

  /** A step from a state that is left as it is. */
  after(event: StageEvent): State {
    return this.stage.step(this.state, event)[0];
  }

  /** The handshake as the upstream end, with a downstream that holds nothing. */
  openDownstream(link: LinkName, peer: PeerName, n = 1): SessionId {
    const session = { upstream: SELF, downstream: PEER, n };
    this.give({ type: 'connected', link, n });
    this.receive(link, {
      ...{ kind: 'Offer', session, incarnation: PEER, held: [], wants: [], drained: null },
    });
    const { token } = this.asked('readLease');
    this.give({ type: 'leaseRead', subject: peer, token, incarnation: PEER });
    this.receive(link, { kind: 'State', session, records: [], wants: [], counts: [] });
    return session;
  }

  /** The handshake as the downstream end; `verify` answers what the stage reads. */
  openUpstream(role: PeerName, self: PeerName, verify: (effect: Effect) => StageEvent): SessionId {
    const link = 'upstream';
    const session = { upstream: PEER, downstream: SELF, n: 1 };
    this.receive(link, {
      kind: 'Hello',
      session: { ...session, downstream: 0 },
      role,
      peer: self,
      wants: [],
    });
    const read = this.effects.find(({ type }) => type === 'readLease' || type === 'readNode');
    if (read === undefined)
      throw new KubedirectError('INVARIANT_BROKEN', `${self} was expected to verify a Hello; it did not`);
    this.give(verify(read));
    this.receive(link, { kind: 'Fetch', session, uids: [], tombstones: [] });
    return session;
  }

  /** Bytes of all frames of a handshake when `role` comes again and {@link DIFFERING} of its Pods are not as here. The state stays. */
  reconnectBytes(role: PeerName, self: PeerName, verify: (effect: Effect) => StageEvent): number {
    const { state } = this;
    const link = 'upstream';
    const session = { upstream: PEER, downstream: SELF, n: 2 };
    const hello: Message = {
      ...{ kind: 'Hello', session: { ...session, downstream: 0 }, role, peer: self, wants: [] },
    };
    this.receive(link, hello);
    this.give(verify(this.asked('readLease')));
    const offers = this.sent('Offer');
    const held = offers.flatMap((offer) => offer.held);
    const fetch: Message = {
      ...{ kind: 'Fetch', session, uids: spread(held, DIFFERING).map(({ uid }) => uid), tombstones: [] },
    };
    this.receive(link, fetch);
    const answers = this.sent('State');
    this.state = state;
    return encodeFrame([hello, ...offers, fetch, ...answers]).length;
  }

  /** What a case starts from and what belongs to it. */
  grown(cases: readonly Case[]): GrownStage {
    return { stage: this.stage as Stage<unknown>, state: this.state, cases };
  }
}

/** A Lease of the upstream peer is as it should be. */
export function leaseHolds(effect: Effect): StageEvent {
  if (effect.type !== 'readLease')
    throw new KubedirectError('INVARIANT_BROKEN', `expected readLease, got ${effect.type}`);
  return { type: 'leaseRead', subject: effect.subject, token: effect.token, incarnation: PEER };
}
