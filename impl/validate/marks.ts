/** Lives of S as the cancellation of each node goes: tracks for `TraceMark.tla`. */
import { stepUpstreamSide, upstreamSession } from '../../machines/ownership/link/index.ts';
import type { SchedulerState } from '../../machines/scheduler/index.ts';
import type { StageEvent } from '../../spec/events.ts';
import type { NodeFact } from '../../spec/facts.ts';
import type { Offer } from '../../spec/messages.ts';
import { TIMERS } from '../../spec/timers.ts';
import type { Fence } from '../../spec/vocabulary.ts';
import type { Words } from './encode.ts';
import type { Track, TrackLine } from './ends.ts';
import type { LifeStep, LifeTrace } from './lives.ts';

type Context = SchedulerState['context'];
type Entry = NonNullable<ReturnType<Context['nodes']['get']>>;
interface Told {
  readonly kind: string;
  readonly [field: string]: unknown;
}
const GONE: Told = { kind: 'gone' };

const fenceOf = (words: Words, fence: Fence | null) => (fence === null ? [] : [words.fence(fence)]);
const offerOf = (words: Words, { session, drained, held }: Offer): object => ({
  n: session.n,
  drained: fenceOf(words, drained),
  minted: held.some(({ uid }) => !uid.startsWith('a-')),
});
const numberOf = (token: string, prefix: string) =>
  token.startsWith(`${prefix}/`) ? Number(token.slice(prefix.length + 1)) : 0;

/** What the link says to the cancellation: its own machine is asked again, its judge is another. */
function byLink(words: Words, was: Context, name: string, entry: Entry, event: StageEvent): readonly Told[] {
  switch (event.type) {
    case 'connected':
    case 'broken':
    case 'received':
    case 'leaseRead':
      break;
    default:
      return [];
  }
  return stepUpstreamSide(entry.link, event)[1].flatMap((output): readonly Told[] => {
    switch (output.type) {
      case 'offered':
        if (output.offer.doubtful === true && !was.reached.has(name)) return [];
        return [{ kind: 'offered', offer: offerOf(words, output.offer) }];
      case 'stateArrived':
        return [{ kind: 'opened' }];
      case 'closed':
        return [{ kind: 'closed' }];
      default:
        return [];
    }
  });
}

/** A Node as it is shown. */
function byNode(entry: Entry, fact: NodeFact): readonly Told[] {
  const isCancelled = entry.cancellation.value === 'cancelled';
  if (entry.fact.uid !== fact.uid) {
    if (isCancelled) return [{ kind: 'replaced', uid: fact.uid, ready: fact.ready }];
    return entry.vanished ? [] : [GONE];
  }
  const again: readonly Told[] = entry.vanished ? [{ kind: 'again' }] : [];
  return entry.fact.ready === fact.ready ? again : [...again, { kind: 'ready', ready: fact.ready }];
}

/** A Node of the first list: the watch has the last word on another one, and on how it is for Pods. */
function byList(entry: Entry, fact: NodeFact | undefined): readonly Told[] {
  if (fact === undefined || entry.vanished || entry.fact.uid !== fact.uid) return [];
  return byNode(entry, { ...fact, ready: entry.fact.ready });
}

function byLease(
  words: Words,
  was: Context,
  name: string,
  entry: Entry,
  event: Extract<StageEvent, { type: 'leaseRead' }>,
): readonly Told[] {
  const { token, incarnation, nodeUid } = event;
  const read = numberOf(token, `confirm/${name}`);
  if (read > 0) return [{ kind: 'lease', read, holder: words.incarnation(incarnation ?? 0) }];
  if (!token.startsWith(`peer/node/${name}/`) && !token.startsWith(`own/node/${name}/`)) return [];
  if (nodeUid === undefined || nodeUid === entry.fact.uid) return byLink(words, was, name, entry, event);
  return entry.vanished ? [] : [GONE];
}

/** What of an event reaches the cancellation, in order. */
function hears(words: Words, step: LifeStep, name: string, entry: Entry): readonly Told[] {
  const { event } = step.place.line;
  const was = (step.before as SchedulerState).context;
  switch (event.type) {
    case 'timerFired':
      return event.timer === `unreachable/${name}` ? [{ kind: 'fired' }] : [];
    case 'nodeRead': {
      if (event.name !== name) return [];
      const number = numberOf(event.token, `cancel/${name}`);
      const { node } = event;
      const fact =
        node === null ? [] : [{ uid: node.uid, mark: fenceOf(words, node.mark), rv: node.resourceVersion }];
      return [{ kind: 'read', number, fact, n: entry.link.context.n, free: was.newerMark === null }];
    }
    case 'marked':
      if (event.node !== name) return [];
      return [{ kind: 'marked', mark: words.fence(event.mark), outcome: event.outcome }];
    case 'leaseRead':
      return byLease(words, was, name, entry, event);
    case 'nodeObserved':
      return event.node.name === name ? byNode(entry, event.node) : [];
    case 'nodesListed':
      return byList(
        entry,
        event.nodes.find((node) => node.name === name),
      );
    case 'nodeVanished':
      return event.name === name && event.uid === entry.fact.uid && entry.successor?.uid !== event.uid
        ? [GONE]
        : [];
    case 'switchObserved': {
      const { owner } = event.switch;
      if (owner === was.owner) return [];
      return [{ kind: 'owner', owner }, ...(entry.vanished ? [GONE] : [])];
    }
    default:
      return 'link' in event && event.link === `node/${name}` ? byLink(words, was, name, entry, event) : [];
  }
}

/** What a step asks for in these matters. */
function actsOf(words: Words, { place }: LifeStep, name: string): readonly object[] {
  const { event, effects } = place.line;
  const isOf = (text: string, ...what: readonly string[]) => what.some((one) => text === `${one}/${name}`);
  const isNode = (link: string) => isOf(link, 'node');
  return effects.flatMap((effect): readonly object[] => {
    switch (effect.type) {
      case 'setTimer':
        if (!isOf(effect.timer, 'unreachable')) return [];
        return [{ do: 'setTimer', detail: [effect.milliseconds === TIMERS.unreachable] }];
      case 'cancelTimer':
        return isOf(effect.timer, 'unreachable') ? [{ do: 'cancelTimer', detail: [] }] : [];
      case 'readNode':
        return effect.node === name
          ? [{ do: 'readNode', detail: [numberOf(effect.token, `cancel/${name}`)] }]
          : [];
      case 'readLease': {
        const read = numberOf(effect.token, `confirm/${name}`);
        if (read > 0) return [{ do: 'readLease', detail: [read] }];
        if (event.type !== 'nodeRead' || event.name !== name || !effect.token.startsWith('newer/')) return [];
        const [incarnation, n] = effect.token.split('/').slice(-2).map(Number);
        return [
          { do: 'newer', detail: [words.fence({ incarnation: incarnation as number, n: n as number })] },
        ];
      }
      case 'mark':
        if (effect.node !== name) return [];
        return [{ do: 'mark', detail: [words.fence(effect.mark), effect.nodeUid, effect.resourceVersion] }];
      case 'disconnect':
        if (!isNode(effect.link)) return [];
        if (effect.reason === 'cancellation') return [{ do: 'hangUp', detail: [] }];
        return effect.reason === 'the Node is gone' ? [{ do: 'forget', detail: [] }] : [];
      case 'report':
        return effect.reason === 'NodeCancelled' && effect.subject === name
          ? [{ do: 'giveUp', detail: [] }]
          : [];
      case 'send':
        if (!isNode(effect.link) || effect.message.kind !== 'Fetch') return [];
        return [{ do: 'fetch', detail: [effect.message.session.n] }];
      case 'stop':
        return event.type === 'leaseRead' && numberOf(event.token, `confirm/${name}`) > 0
          ? [{ do: 'stop', detail: [] }]
          : [];
      default:
        return [];
    }
  });
}

function stateOf(words: Words, { value, context }: Entry['cancellation']): object {
  const { nodeUid: uid, ready, owner, read, mark, held } = context;
  return {
    state: value,
    ...{ uid, ready, owner, read },
    mark: fenceOf(words, mark),
    held: held === null ? [] : [offerOf(words, held)],
  };
}

/** The session that waits for its `Fetch`, if one does. */
const tryingOf = (entry: Entry | undefined) =>
  entry?.link.value === 'fetching' ? (upstreamSession(entry.link)?.n ?? 0) : 0;

function lineOf(words: Words, step: LifeStep, name: string, was: Entry | undefined, is: Entry): TrackLine {
  const { event } = step.place.line;
  const successor = was?.successor ?? null;
  const value = {
    event: { kind: was === undefined ? 'started' : event.type },
    hears: was === undefined ? [] : hears(words, step, name, was),
    is: stateOf(words, is.cancellation),
    trying: tryingOf(was),
    next: successor === null ? [] : [{ uid: successor.uid, ready: successor.ready }],
    gone: was?.vanished ?? false,
    acts: actsOf(words, step, name),
  };
  return { place: step.place, value };
}

/** A track for each node of a life of S: a line where something is heard or asked for, or all is not as it was. */
export function markTracks(words: Words, life: LifeTrace): readonly Track[] {
  const { stage, incarnation, steps } = life;
  if (stage !== 'scheduler') return [];
  const tracks = new Map<string, { readonly me: object; readonly lines: TrackLine[] }>();
  for (const step of steps) {
    const was = (step.before as SchedulerState | undefined)?.context.nodes;
    for (const [name, is] of (step.after as SchedulerState).context.nodes) {
      const before = was?.get(name);
      if (before === is && !mayConcern(step.place.line.event, name)) continue;
      const { nodeUid: uid, ready, owner } = is.cancellation.context;
      const track = tracks.get(name) ?? {
        me: { incarnation: words.incarnation(incarnation), uid, ready, owner },
        lines: [],
      };
      tracks.set(name, track);
      const line = lineOf(words, step, name, before, is);
      const { hears: told, acts } = line.value as Record<'hears' | 'acts', []>;
      if (told.length + acts.length > 0 || before?.cancellation !== is.cancellation) track.lines.push(line);
    }
  }
  return [...tracks].map(([name, { me, lines }]) => ({
    name: `${stage} ${incarnation}, the mark of ${name}`,
    kind: 'mark',
    me,
    lines,
  }));
}

/** Events that change nothing of a node may still be heard by it: an answer that comes late. */
function mayConcern(event: LifeStep['place']['line']['event'], name: string): boolean {
  if (event.type === 'nodeRead') return event.name === name;
  return event.type === 'marked' && event.node === name;
}
