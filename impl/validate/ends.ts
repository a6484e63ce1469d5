/** A life as the ends of its links see it: tracks for `TraceUpper.tla` and `TraceLower.tla`. */

import type { Effect } from '../../spec/effects.ts';
import { type LinkName, type PodRecord, stageOf, type Uid } from '../../spec/vocabulary.ts';
import type { PlacedLine } from '../trace/parse.ts';
import type { Words } from './encode.ts';
import { askedOn, type EndKind, eventOf, sideOf } from './endLines.ts';
import type { LifeStep, LifeTrace } from './lives.ts';
import { type End, endsOf } from './stageEnds.ts';

/** A line for a module, and the place that it came from. */
export interface TrackLine {
  readonly place: PlacedLine;
  readonly value: object;
}

/** Whose track of the owner switch it is. */
export type OwnerKind = `owner/${'deployment' | 'replicaset' | 'scheduler'}`;

/** Lines for a module. */
export interface Track {
  /** For people. */
  readonly name: string;
  readonly kind:
    | EndKind
    | 'wire'
    | 'pod'
    | 'deployment'
    | 'autoscaler'
    | 'sets'
    | 'agent'
    | 'mark'
    | OwnerKind;
  readonly me: unknown;
  readonly lines: readonly TrackLine[];
}

function changesOf(before: ReadonlyMap<Uid, PodRecord>, records: Iterable<PodRecord>) {
  const after = new Map<Uid, PodRecord>();
  const put: PodRecord[] = [];
  for (const record of records) {
    after.set(record.uid, record);
    if (before.get(record.uid) !== record) put.push(record);
  }
  return { after, put, drop: [...before.keys()].filter((uid) => !after.has(uid)) };
}

const isCancelled = (link: LinkName, effects: readonly Effect[]) =>
  effects.some(
    (effect) =>
      effect.type === 'report' && effect.reason === 'NodeCancelled' && `node/${effect.subject}` === link,
  );

/** One end through its life; it begins with the step in which its stage comes to have it. */
class EndTrack {
  readonly #words: Words;
  readonly #life: LifeTrace;
  readonly #kind: EndKind;
  readonly #link: LinkName;
  readonly #lines: TrackLine[] = [];
  #records: ReadonlyMap<Uid, PodRecord> = new Map();
  #side: unknown = null;

  constructor(words: Words, life: LifeTrace, kind: EndKind, link: LinkName) {
    this.#words = words;
    this.#life = life;
    this.#kind = kind;
    this.#link = link;
  }

  /** A step; it is left out if it does not concern this end. */
  look(step: LifeStep, { side, records }: End): void {
    const words = this.#words;
    const link = this.#link;
    const { effects } = step.place.line;
    const event = this.#lines.length === 0 ? { kind: 'started' } : eventOf(words, this.#kind, link, step);
    const asked = askedOn(words, this.#kind, link, effects, event.kind);
    const { after, put, drop } = changesOf(this.#records, records);
    const isQuiet =
      event.kind === 'other' &&
      side === this.#side &&
      put.length + drop.length === 0 &&
      Object.values(asked).every((list) => list.length === 0);
    if (isQuiet) return;
    this.#records = after;
    this.#side = side;
    this.#lines.push({
      place: step.place,
      value: {
        event,
        ...asked,
        put: put.map((record) => words.record(record)),
        drop: drop.map((uid) => words.uid(uid)),
        node: stageOf(this.#life.stage) === 'kubelet' || link.startsWith('node/'),
        mints: this.#life.stage === 'replicaset',
        cancelled: isCancelled(link, effects),
        ...sideOf(words, side),
      },
    });
  }

  get track(): Track {
    const { stage, incarnation } = this.#life;
    const name = `${stage} ${incarnation}, ${this.#link}`;
    return { name, kind: this.#kind, me: this.#words.incarnation(incarnation), lines: this.#lines };
  }
}

/** Tracks of all ends of a life. */
export function endTracks(words: Words, life: LifeTrace): readonly Track[] {
  const tracks = new Map<string, EndTrack>();
  const look = (kind: EndKind, step: LifeStep, end: End) => {
    const key = `${kind} ${end.link}`;
    const track = tracks.get(key) ?? new EndTrack(words, life, kind, end.link);
    tracks.set(key, track);
    track.look(step, end);
  };
  for (const step of life.steps) {
    const { upper, lower } = endsOf(life.stage, step.after);
    for (const end of upper) look('upper', step, end);
    for (const end of lower) look('lower', step, end);
  }
  return [...tracks.values()].map(({ track }) => track);
}
