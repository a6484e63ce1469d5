/** Messages of a film as arrows: from the frame that sent to the frame that received, or into nothing. */
import { gathered, mayWait } from '../../machines/ownership/upward.ts';
import type { Message } from '../../spec/messages.ts';
import { lowerOf } from '../trace/peers.ts';
import { type Frame, isStep } from './film.ts';

/** One message. */
export interface Arrow {
  readonly kind: Message['kind'];
  readonly direction: 'down' | 'up';
  /** Frame that sent it; null: its sender is not in the film. */
  readonly from: number | null;
  /** Frame that received it; null: it never arrived. */
  readonly to: number | null;
  /** The downstream of the link that it went over. */
  readonly lower: string;
  readonly message: Message;
  /** A later session of the same link had begun before it arrived, or was lost. */
  readonly isOld: boolean;
}

/** A session of a link: from its first message to its last. */
export interface Session {
  readonly lower: string;
  /** As messages bear it: the upstream's incarnation, and which of its sessions. */
  readonly upstream: number;
  readonly n: number;
  readonly first: number;
  last: number;
}

interface Sent {
  readonly frame: number;
  readonly message: Message;
}

/** One direction of one session: what was sent, in order, and how much of it has arrived. */
interface Way {
  readonly sent: Sent[];
  taken: number;
}

/** Whether two plain values are equal, whatever the order of their fields: two ends of a link write messages down each in its own. */
function areEqual(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  const [left, right] = [one, other] as readonly Readonly<Record<string, unknown>>[];
  const names = Object.keys(left as object);
  if (names.length !== Object.keys(right as object).length) return false;
  return names.every((name) => Object.hasOwn(right as object, name) && areEqual(left?.[name], right?.[name]));
}

/** How many of those sent from `at` on are this message, gathered; 0: none. */
function fitting(sent: readonly Sent[], at: number, message: Message): number {
  let all = sent[at]?.message;
  for (let of = 1; all !== undefined; of += 1) {
    if (all.kind === message.kind && areEqual(all, message)) return of;
    const next = sent[at + of]?.message;
    all = next !== undefined && mayWait(all) && mayWait(next) ? gathered(all, next) : undefined;
  }
  return 0;
}

/** Takes what arrived from a way, and what was lost before it. Null: it was not sent by anyone in the film. */
function take(
  way: Way,
  message: Message,
): { readonly skipped: readonly Sent[]; readonly these: readonly Sent[] } | null {
  for (let at = way.taken; at < way.sent.length; at += 1) {
    const of = fitting(way.sent, at, message);
    if (of === 0) continue;
    const skipped = way.sent.slice(way.taken, at);
    way.taken = at + of;
    return { skipped, these: way.sent.slice(at, at + of) };
  }
  return null;
}

/** All messages of a film, by the frame that sent them. Clocks of two stages may differ: what arrives may stand before what sent it. */
export function arrowsOf(frames: readonly Frame[]): readonly Arrow[] {
  const arrows = matched(frames);
  const sessions = sessionsOf(arrows);
  const byLink = Map.groupBy(sessions, ({ lower }) => lower);
  return arrows.map((arrow) => {
    const { upstream, n } = arrow.message.session;
    const [, end] = endsOf(arrow);
    const isOld = byLink
      .get(arrow.lower)
      ?.some(
        (one) => one.first < end && (one.upstream > upstream || (one.upstream === upstream && one.n > n)),
      );
    return isOld === true ? { ...arrow, isOld } : arrow;
  });
}

const endsOf = ({ from, to }: Arrow): readonly [number, number] => [
  (from ?? to) as number,
  (to ?? from) as number,
];

/** The sessions that messages were of. */
export function sessionsOf(arrows: readonly Arrow[]): readonly Session[] {
  const sessions = new Map<string, Session & { first: number }>();
  for (const arrow of arrows) {
    const { upstream, n } = arrow.message.session;
    const [first, last] = endsOf(arrow);
    const key = `${arrow.lower} ${upstream} ${n}`;
    const known = sessions.get(key);
    if (known === undefined) sessions.set(key, { lower: arrow.lower, upstream, n, first, last });
    else [known.first, known.last] = [Math.min(known.first, first), Math.max(known.last, last)];
  }
  return [...sessions.values()];
}

/** Each message with the frames that sent and received it. */
function matched(frames: readonly Frame[]): readonly Arrow[] {
  const ways = new Map<string, Way>();
  const arrows: Arrow[] = [];
  const ends = new Map<string, { readonly direction: 'down' | 'up'; readonly lower: string }>();
  const wayOf = (lower: string, direction: 'down' | 'up', { session }: Message): Way => {
    const key = `${direction} ${lower} ${session.upstream} ${session.n}`;
    const way = ways.get(key) ?? { sent: [], taken: 0 };
    ends.set(key, { direction, lower });
    ways.set(key, way);
    return way;
  };
  for (const [frame, step] of frames.entries())
    if (isStep(step))
      for (const effect of step.effects.slice(0, step.crashedAfter))
        if (effect.type === 'send') {
          const direction = effect.link === 'upstream' ? 'up' : 'down';
          const lower = lowerOf(step.stage, effect.link);
          wayOf(lower, direction, effect.message).sent.push({ frame, message: effect.message });
        }
  const put = (
    direction: 'down' | 'up',
    lower: string,
    message: Message,
    from: number | null,
    to: number | null,
  ) => arrows.push({ kind: message.kind, direction, from, to, lower, message, isOld: false });
  for (const [frame, step] of frames.entries()) {
    if (!isStep(step) || step.event.type !== 'received') continue;
    const { link, message } = step.event;
    const direction = link === 'upstream' ? 'down' : 'up';
    const lower = lowerOf(step.stage, link);
    const taken = take(wayOf(lower, direction, message), message);
    if (taken === null) put(direction, lower, message, null, frame);
    for (const one of taken?.skipped ?? []) put(direction, lower, one.message, one.frame, null);
    for (const one of taken?.these ?? []) put(direction, lower, message, one.frame, frame);
  }
  for (const [key, { sent, taken }] of ways) {
    const { direction, lower } = ends.get(key) as { direction: 'down' | 'up'; lower: string };
    for (const one of sent.slice(taken)) put(direction, lower, one.message, one.frame, null);
  }
  return arrows;
}

/** Whom a fault ended, if it says so. */
const victimOf = (frame: Frame) =>
  !isStep(frame) && 'fault' in frame.world && 'peer' in frame.world ? String(frame.world.peer) : null;

/** Each frame that received something was led to by what was sent last of it; a stage that starts again, by the fault that ended it. */
export function withCauses(frames: readonly Frame[]): readonly Frame[] {
  const causes = new Map<number, number>();
  for (const { from, to } of arrowsOf(frames)) if (from !== null && to !== null) causes.set(to, from);
  const ended = new Map<string, number>();
  for (const [at, frame] of frames.entries()) {
    const victim = victimOf(frame);
    if (victim !== null) ended.set(victim, at);
    const fault = isStep(frame) && frame.event.type === 'started' ? ended.get(frame.stage) : undefined;
    if (fault !== undefined) causes.set(at, fault);
  }
  return frames.map((frame, at) => ({ ...frame, cause: causes.get(at) ?? null }));
}
