/**
 * Follows a scale-out through the stages: which step came of which, over all processes, as spans of one trace. A step that tells somebody below, because
 * of a message that is traced or because somebody asked it to scale, is a span; what it sends bears its context. Machines know nothing of it, and where
 * nobody traces nothing is sent, kept or looked up.
 */
import type { Effect } from '../../../spec/effects.ts';
import type { StageEvent } from '../../../spec/events.ts';
import type { Message, Traced } from '../../../spec/messages.ts';
import type { Incarnation, PeerName, Uid } from '../../../spec/vocabulary.ts';

/** A span that is open. @public */
export interface OpenSpan {
  /** W3C `traceparent`. */
  readonly trace: string;
  end(): void;
}

/** Opens spans; told to whoever collects them. @public */
export type OpenSpanOf = (
  name: string,
  /** W3C `traceparent` of what it came of; undefined: a trace begins. */
  parent: string | undefined,
  attributes: Readonly<Record<string, string | number | readonly string[]>>,
) => OpenSpan;

/** Contexts of the events that were received with one. */
const contexts = new WeakMap<StageEvent, string>();

/** An event, of this trace. @public */
export function traced(event: StageEvent, trace: string): StageEvent {
  contexts.set(event, trace);
  return event;
}

type Down = Extract<Message, { readonly kind: 'Scale' | 'Assign' | 'Terminate' }>;
const isDown = (effect: Effect): effect is Extract<Effect, { type: 'send' }> & { readonly message: Down } =>
  effect.type === 'send' &&
  (effect.message.kind === 'Scale' ||
    effect.message.kind === 'Assign' ||
    effect.message.kind === 'Terminate');

/** As many of them are named. */
const NAMED = 20;
/** Pods that wait for a node, or for their object, of which the trace is remembered. */
const MOST_WAITING = 10_000;

const uidsOf = (message: Down): readonly Uid[] =>
  message.kind === 'Assign'
    ? message.records.map(({ uid }) => uid)
    : message.kind === 'Terminate'
      ? message.uids
      : [];

/** The spans of one life of a stage. @public */
export class StepTracer {
  readonly #open: OpenSpanOf;
  readonly #stage: PeerName;
  readonly #incarnation: Incarnation;
  /** Of Pods that came with a trace and are not passed on yet. */
  readonly #waiting = new Map<Uid, string>();
  /** Of Pods whose object is being created. */
  readonly #publishing = new Map<Uid, OpenSpan>();

  constructor(open: OpenSpanOf, stage: PeerName, incarnation: Incarnation) {
    this.#open = open;
    this.#stage = stage;
    this.#incarnation = incarnation;
  }

  /** A step was made: its effects, with what they send marked; and its span, to be ended when they were carried out. */
  step(event: StageEvent, effects: readonly Effect[]): { effects: readonly Effect[]; end: () => void } {
    this.#note(event);
    const down = effects.filter(isDown);
    const published = effects.filter((effect) => effect.type === 'publish');
    const parent = this.#parent(event, down, published);
    const begins = event.type === 'scaleRequested' || down.some(({ message }) => message.kind === 'Scale');
    const isPart = parent !== undefined && (down.length > 0 || published.length > 0);
    if (!isPart && !(begins && down.length > 0)) return { effects, end: () => {} };
    const span = this.#open(`${this.#stage.split('/')[0]} ${nameOf(down, published.length)}`, parent, {
      'kubedirect.stage': this.#stage,
      'kubedirect.incarnation': this.#incarnation,
      ...attributesOf(
        down.map(({ message }) => message),
        published.map(({ record }) => record.uid),
      ),
    });
    for (const { record } of published) {
      const name = `${this.#stage.split('/')[0]} publish`;
      this.#publishing.set(record.uid, this.#open(name, span.trace, { 'kubedirect.pod': record.uid }));
    }
    return {
      effects: effects.map((effect) =>
        isDown(effect)
          ? { ...effect, message: { ...effect.message, trace: span.trace } as Message & Traced }
          : effect,
      ),
      end: () => span.end(),
    };
  }

  /** The life is over. */
  end(): void {
    for (const span of this.#publishing.values()) span.end();
    this.#publishing.clear();
  }

  #note(event: StageEvent): void {
    if (event.type === 'published' || event.type === 'publishFailed') {
      this.#publishing.get(event.uid)?.end();
      this.#publishing.delete(event.uid);
      return;
    }
    const trace = contexts.get(event);
    if (trace === undefined || event.type !== 'received' || event.message.kind !== 'Assign') return;
    for (const { uid } of event.message.records)
      if (this.#waiting.size < MOST_WAITING) this.#waiting.set(uid, trace);
  }

  #parent(
    event: StageEvent,
    down: readonly { readonly message: Down }[],
    published: readonly Extract<Effect, { type: 'publish' }>[],
  ): string | undefined {
    const uids = [
      ...down.flatMap(({ message }) => uidsOf(message)),
      ...published.map(({ record }) => record.uid),
    ];
    const waited = uids.map((uid) => this.#waiting.get(uid)).find((trace) => trace !== undefined);
    for (const uid of uids) this.#waiting.delete(uid);
    return contexts.get(event) ?? waited;
  }
}

function nameOf(down: readonly { readonly message: Down }[], published: number): string {
  const kinds = new Set(down.map(({ message }) => message.kind));
  if (kinds.has('Assign')) return 'assign';
  if (kinds.has('Scale')) return 'scale';
  return published > 0 ? 'accept' : 'terminate';
}

function attributesOf(messages: readonly Down[], published: readonly Uid[]) {
  const pods = [...messages.flatMap(uidsOf), ...published];
  const wants = messages.flatMap((message) => (message.kind === 'Scale' ? message.wants : []));
  return {
    ...(pods.length > 0 && {
      'kubedirect.pods': pods.length,
      'kubedirect.pod.uids': pods.slice(0, NAMED),
    }),
    ...(wants.length > 0 && {
      'kubedirect.deployments': wants.slice(0, NAMED).map(({ deployment }) => deployment),
      'kubedirect.replicas': wants.reduce((sum, { value }) => sum + value, 0),
    }),
  };
}
