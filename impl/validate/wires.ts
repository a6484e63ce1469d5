/** Connections of a trace: what each end sent and received, in one order that both allow; tracks for `TraceWire.tla`. */
import { isDeepStrictEqual } from 'node:util';
import { gathered, mayWait } from '../../machines/ownership/upward.ts';
import type { Message } from '../../spec/messages.ts';
import type { LinkName, PeerName } from '../../spec/vocabulary.ts';
import type { PlacedLine } from '../trace/read.ts';
import type { Words } from './encode.ts';
import type { Track } from './ends.ts';
import type { LifeTrace } from './lives.ts';

interface Passage {
  readonly place: PlacedLine;
  readonly sent: boolean;
  readonly to: 'down' | 'up';
  readonly message: Message;
}

const BELOW: Readonly<Record<string, string>> = {
  autoscaler: 'deployment',
  deployment: 'replicaset',
  replicaset: 'scheduler',
};

/** The downstream of a link: it names the link. */
function lowerOf(stage: PeerName, link: LinkName): string {
  if (link === 'upstream') return stage;
  return link === 'downstream' ? (BELOW[stage] ?? '') : `kubelet/${link.slice('node/'.length)}`;
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

type Queue = readonly Message[];

/** What the queue may be after this message was taken from it: nobody knows how much was gathered in it, if less says the same. */
function taken(queue: Queue, message: Message): readonly Queue[] {
  const [first, second, ...rest] = queue;
  if (first === undefined) return [];
  const alone = isDeepStrictEqual(first, message) ? [queue.slice(1)] : [];
  if (second === undefined || !mayWait(first) || !mayWait(second)) return alone;
  return [...alone, ...taken([gathered(first, second), ...rest], message)];
}

/** Different ways of gathering may leave the same behind. */
function distinct(queues: readonly Queue[]): readonly Queue[] {
  if (queues.length < 2) return queues;
  return [...new Map(queues.map((queue) => [JSON.stringify(queue), queue])).values()];
}

/** What was sent comes before what arrived, and what arrived in the order of the clocks: so all is there that may have been gathered. */
const bySooner = ([a]: readonly Passage[], [b]: readonly Passage[]) =>
  Number((b as Passage).sent) - Number((a as Passage).sent) ||
  (a as Passage).place.line.at - (b as Passage).place.line.at;

/** One order that keeps that of each life; what can have arrived from nowhere stands as early as it came. */
function merged(lists: Iterable<readonly Passage[]>): readonly Passage[] {
  let waiting = [...lists].map((list) => [...list]);
  const queues: Record<Passage['to'], readonly Queue[]> = { down: [[]], up: [[]] };
  const order: Passage[] = [];
  const advance = (list: Passage[]): boolean => {
    const { sent, to, message } = list[0] as Passage;
    const after = distinct(
      queues[to].flatMap((queue) => (sent ? [[...queue, message]] : taken(queue, message))),
    );
    if (after.length === 0) return false;
    queues[to] = after;
    order.push(list.shift() as Passage);
    return true;
  };
  for (;;) {
    waiting = waiting.filter((list) => list.length > 0).sort(bySooner);
    if (waiting.length === 0) return order;
    if (!waiting.some(advance)) order.push((waiting[0] as Passage[]).shift() as Passage);
  }
}

/** Whether somebody in the trace could have sent what arrived: else its sender's log is not in the trace. */
function isWhole(
  lists: ReadonlyMap<LifeTrace, readonly Passage[]>,
  stages: ReadonlySet<PeerName>,
  link: string,
): boolean {
  const upper = Object.entries(BELOW).find(([, below]) => below === link)?.[0] ?? 'scheduler';
  const ends = { down: link, up: upper } as const;
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
      lines: merged(lists.values()).map(({ place, sent, to, message }) => ({
        place,
        value: { sent, to, message: words.message(message) },
      })),
    }),
  );
  return { tracks, halves: all.length - whole.length };
}
