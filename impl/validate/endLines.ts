/** A step as one end of a link sees it, in the words of `TraceUpper.tla` and `TraceLower.tla`. */
import type { DownstreamSide, UpstreamSide } from '../../machines/ownership/link/index.ts';
import type { SchedulerState } from '../../machines/scheduler/index.ts';
import type { Effect } from '../../spec/effects.ts';
import type { StageEvent } from '../../spec/events.ts';
import type { Hello } from '../../spec/messages.ts';
import { type LinkName, type PeerName, stageOf } from '../../spec/vocabulary.ts';
import type { Words } from './encode.ts';
import type { LifeStep } from './lives.ts';

/** Which end of its link it is. */
export type EndKind = 'upper' | 'lower';

/** `peer/<link>/<n>` as `<<"peer", n>>`; null for a token of another link or purpose. */
function tokenOf(words: Words, end: EndKind, link: LinkName, token: string): readonly unknown[] | null {
  for (const what of ['peer', 'own', 'verify'] as const) {
    if (!token.startsWith(`${what}/${link}/`)) continue;
    const numbers = token.slice(`${what}/${link}/`.length).split('/').map(Number);
    if (numbers.some(Number.isNaN)) continue;
    const [first = 0, n = 0] = numbers;
    if (what === 'verify' && end === 'lower') return [what, words.incarnation(first), n];
    if (what === 'own' && end === 'lower') return [what, words.incarnation(first)];
    if (end === 'upper' && what !== 'verify') return [what, first];
  }
  return null;
}

const UPSTREAM_OF = {
  deployment: 'autoscaler',
  replicaset: 'deployment',
  scheduler: 'replicaset',
  kubelet: 'scheduler',
  autoscaler: '',
} as const;
const isWrong = (self: PeerName, hello: Hello) =>
  stageOf(hello.role) !== UPSTREAM_OF[stageOf(self)] || hello.peer !== self;

/** The read that verifies an `Offer` shows another Node than the one S knows: the link does not hear of it (protocol 3). */
function isOfAnotherNode(
  link: LinkName,
  { nodeUid }: Extract<StageEvent, { type: 'leaseRead' }>,
  before: unknown,
): boolean {
  if (!link.startsWith('node/') || nodeUid === undefined) return false;
  const known = (before as SchedulerState).context.nodes.get(link.slice('node/'.length));
  return known !== undefined && known.fact.uid !== nodeUid;
}

/** The event, as far as it is one of this end. */
export function eventOf(
  words: Words,
  end: EndKind,
  link: LinkName,
  { place, before }: LifeStep,
): { readonly kind: string; readonly [field: string]: unknown } {
  const { stage, event } = place.line;
  switch (event.type) {
    case 'started':
      return { kind: 'started' };
    case 'connected':
      if (event.link === link) return { kind: 'connected', n: event.n };
      break;
    case 'broken':
      if (event.link === link)
        return { kind: 'broken', upstream: words.incarnation(event.upstream), n: event.n };
      break;
    case 'received':
      if (event.link === link) {
        const { message } = event;
        const wrong = message.kind === 'Hello' && isWrong(stage, message);
        return { kind: 'received', message: words.message(message), wrong };
      }
      break;
    case 'leaseRead': {
      const token = tokenOf(words, end, link, event.token);
      if (token === null) break;
      if (isOfAnotherNode(link, event, before)) return { kind: 'unheeded', token };
      return { kind: 'answered', token, lease: words.incarnation(event.incarnation ?? 0) };
    }
  }
  return { kind: 'other' };
}

/** What the step asked for on this link. A life that is over is so by its link only where that heard of its own Lease. */
export function askedOn(
  words: Words,
  end: EndKind,
  link: LinkName,
  effects: readonly Effect[],
  kind: string,
) {
  const sends: unknown[] = [];
  const hangups: unknown[] = [];
  const dials: unknown[] = [];
  const reads: unknown[] = [];
  const over: unknown[] = [];
  for (const effect of effects) {
    if (effect.type === 'send' && effect.link === link) sends.push(words.message(effect.message));
    if (effect.type === 'disconnect' && effect.link === link) hangups.push(words.session(effect.session));
    if (effect.type === 'connect' && effect.link === link) dials.push(effect.n);
    if (effect.type === 'readLease') {
      const token = tokenOf(words, end, link, effect.token);
      if (token !== null) reads.push(token);
    }
    if (kind === 'answered' && effect.type === 'restart')
      over.push({ type: 'restart', above: words.incarnation(effect.above) });
    if (kind === 'answered' && effect.type === 'stop') over.push({ type: 'stop' });
  }
  return { sends, hangups, dials, reads, over };
}

export function sideOf(words: Words, side: UpstreamSide | DownstreamSide): object {
  const state = side.value === 'waiting' ? 'verifying' : (side.value as string);
  if ('n' in side.context) return { state, n: side.context.n, fence: words.fence(side.context.fence) };
  const { fence, hello, seen } = side.context;
  return {
    state,
    fence: words.fence(fence),
    hello: hello === null ? [] : [words.session(hello.session)],
    seen: words.incarnation(seen),
  };
}
