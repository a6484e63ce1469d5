/** Connections of a trace: what each end sent and received, in one order that both allow; tracks for `TraceWire.tla`. */
import { isDeepStrictEqual } from 'node:util';
import { gathered, mayWait } from '../../machines/ownership/upward.ts';
import type { Message } from '../../spec/messages.ts';
import type { LinkName, PeerName } from '../../spec/vocabulary.ts';
import type { PlacedLine } from '../trace/parse.ts';
import { lowerOf, upperOf } from '../trace/peers.ts';
import type { Words } from './encode.ts';
import type { Track } from './ends.ts';
import type { LifeTrace } from './lives.ts';

interface Passage {
  readonly place: PlacedLine;
  readonly sent: boolean;
  readonly to: 'down' | 'up';
  readonly message: Message;
}

/** Passages by connection, then by the life that saw them. */
function passagesOf(lives: readonly LifeTrace[]): ReadonlyMap<string, ReadonlyMap<LifeTrace, Passage[]>> {
  const connections = new Map<string, Map<LifeTrace, Passage[]>>();
  const note = (life: LifeTrace, link: LinkName, passage: Passage) => {
    const { upstream, n } = passage.message.session;
    const key = `${lowerOf(life.stage, link)}, session ${n} of ${upstream}`;
    const lists = connections.get(key) ?? new Map<LifeTrace, Passage[]>();
    connections.set(key, lists.set(life, [...(lists.get(life) ?? []), passage]));
  };
  for (const life of lives)
    for (const { place } of life.steps) {
      const { event, effects } = place.line;
      if (event.type === 'received') {
        const to = event.link === 'upstream' ? 'down' : 'up';
        note(life, event.link, { place, sent: false, to, message: event.message });
      }
      for (const effect of effects)
        if (effect.type === 'send') {
          const to = effect.link === 'upstream' ? 'up' : 'down';
          note(life, effect.link, { place, sent: true, to, message: effect.message });
        }
    }
  return connections;
}

/** A way in which all that arrived may have been gathered so far: how many of the sent messages are taken, and of how many each arrival was. */
interface Way {
  readonly taken: number;
  readonly last: { readonly of: number; readonly before: Way } | null;
}
const UNTAKEN: Way = { taken: 0, last: null };

/** What one direction has carried so far. Two ways that have taken as many are the same from then on. */
class Direction {
  readonly #sent: Message[] = [];
  #ways: readonly Way[] = [UNTAKEN];

  send(message: Message): void {
    this.#sent.push(message);
  }

  /** False if nothing under way may have arrived as this. */
  take(message: Message): boolean {
    const after = new Map<number, Way>();
    for (const way of this.#ways)
      for (const of of this.#fitting(way.taken, message))
        if (!after.has(way.taken + of))
          after.set(way.taken + of, { taken: way.taken + of, last: { of, before: way } });
    if (after.size > 0) this.#ways = [...after.values()];
    return after.size > 0;
  }

  /** It arrived from nowhere, or a second time. */
  pass(): void {
    this.#ways = this.#ways.map((way) => ({ taken: way.taken, last: { of: 1, before: way } }));
  }

  /** How many of those from `taken` on, gathered, may be the message: nobody knows how much was gathered, if less says the same. */
  #fitting(taken: number, message: Message): readonly number[] {
    const fitting: number[] = [];
    let all = this.#sent[taken];
    for (let of = 1; all !== undefined; of += 1) {
      if (isDeepStrictEqual(all, message)) fitting.push(of);
      const next = this.#sent[taken + of];
      all = next !== undefined && mayWait(all) && mayWait(next) ? gathered(all, next) : undefined;
    }
    return fitting;
  }

  /** Of how many messages each arrival was gathered. */
  get arrivals(): readonly number[] {
    const list: number[] = [];
    for (let { last } = this.#ways[0] as Way; last !== null; last = last.before.last) list.push(last.of);
    return list.reverse();
  }
}

/** What was sent comes before what arrived, and what arrived in the order of the clocks: so all is there that may have been gathered. */
const bySooner = ([a]: readonly Passage[], [b]: readonly Passage[]) =>
  Number((b as Passage).sent) - Number((a as Passage).sent) ||
  (a as Passage).place.line.at - (b as Passage).place.line.at;

/** A passage in its place; `of` is how many messages of the other end were gathered in one that arrived. */
interface Placed {
  readonly passage: Passage;
  readonly of: number;
}

/** One order that keeps that of each life; what can have arrived from nowhere stands as early as it came. */
function merged(lists: Iterable<readonly Passage[]>): readonly Placed[] {
  let waiting = [...lists].map((list) => [...list]);
  const ways = { down: new Direction(), up: new Direction() };
  const order: Passage[] = [];
  const advance = (list: Passage[]): boolean => {
    const { sent, to, message } = list[0] as Passage;
    if (sent) ways[to].send(message);
    else if (!ways[to].take(message)) return false;
    order.push(list.shift() as Passage);
    return true;
  };
  for (;;) {
    waiting = waiting.filter((list) => list.length > 0).sort(bySooner);
    const [first] = waiting;
    if (first === undefined) break;
    if (waiting.some(advance)) continue;
    const stray = first.shift() as Passage;
    ways[stray.to].pass();
    order.push(stray);
  }
  const arrivals = { down: [...ways.down.arrivals], up: [...ways.up.arrivals] };
  return order.map((passage) => ({
    passage,
    of: passage.sent ? 0 : (arrivals[passage.to].shift() as number),
  }));
}

/** Whether somebody in the trace could have sent what arrived: else its sender's log is not in the trace. */
function isWhole(
  lists: ReadonlyMap<LifeTrace, readonly Passage[]>,
  stages: ReadonlySet<PeerName>,
  link: string,
): boolean {
  const ends = { down: link, up: upperOf(link) } as const;
  for (const passages of lists.values())
    for (const { sent, to } of passages)
      if (!sent && !stages.has(ends[to === 'down' ? 'up' : 'down'] as PeerName)) return false;
  return true;
}

/** Tracks of all connections; `halves` have but one end in the trace, and are left out. */
export function wireTracks(
  words: Words,
  lives: readonly LifeTrace[],
): { readonly tracks: readonly Track[]; readonly halves: number } {
  const stages = new Set(lives.map(({ stage }) => stage));
  const all = [...passagesOf(lives)];
  const whole = all.filter(([name, lists]) => isWhole(lists, stages, name.slice(0, name.indexOf(','))));
  const tracks = whole.map(
    ([name, lists]): Track => ({
      name: `the connection to ${name}`,
      kind: 'wire',
      me: 0,
      lines: merged(lists.values()).map(({ passage: { place, sent, to, message }, of }) => ({
        place,
        value: { sent, to, of, message: words.message(message) },
      })),
    }),
  );
  return { tracks, halves: all.length - whole.length };
}
