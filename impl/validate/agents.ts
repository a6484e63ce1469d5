/** Lives of K as their Node, its mark and the owner switch see them: tracks for `TraceAgent.tla`. */
import type { KubeletState } from '../../machines/kubelet/index.ts';
import type { Effect } from '../../spec/effects.ts';
import type { NodeFact } from '../../spec/facts.ts';
import type { JournalEntry } from '../../spec/journal.ts';
import { configOf, type StepRecord } from '../../spec/trace.ts';
import type { Fence } from '../../spec/vocabulary.ts';
import type { Words } from './encode.ts';
import type { Track, TrackLine } from './ends.ts';
import type { LifeStep, LifeTrace } from './lives.ts';

type Context = KubeletState['context'];
interface Told {
  readonly kind: string;
  readonly [field: string]: unknown;
}
const OTHER: Told = { kind: 'other' };
const TIMERS: ReadonlySet<string> = new Set(['leader', 'propagation', 'doubt']);

const fenceOf = (words: Words, fence: Fence | null) => (fence === null ? [] : [words.fence(fence)]);

const factOf = (words: Words, { uid, agent, mark, drained }: NodeFact): object => ({
  uid,
  agent: agent === null ? [] : [words.incarnation(agent)],
  mark: fenceOf(words, mark),
  drained: fenceOf(words, drained),
});

/** `hello/7` as `<<"hello", 7>>`. */
function tokenOf(token: string): readonly [string, number] {
  const [what = '', number] = token.split('/');
  return [what, Number(number)];
}

/** What an event tells K of its Node, its lists and the switch. */
function toldTo(words: Words, { node }: Context, event: StepRecord['event']): Told {
  switch (event.type) {
    case 'started':
      return { kind: 'started' };
    case 'registered':
      return { kind: 'registered', fact: factOf(words, event.node) };
    case 'leaseRead': {
      const [what, read] = tokenOf(event.token);
      if (what !== 'minimum') return OTHER;
      const lease = event.incarnation === null ? [] : [words.incarnation(event.incarnation)];
      return { kind: 'minimum', read, lease };
    }
    case 'nodeRead': {
      if (event.name !== node) return OTHER;
      const fact = event.node === null ? [] : [factOf(words, event.node)];
      return { kind: 'nodeRead', token: tokenOf(event.token), fact };
    }
    case 'nodeObserved':
      return event.node.name === node ? { kind: 'shown', fact: factOf(words, event.node) } : OTHER;
    case 'nodeVanished':
      return event.name === node ? { kind: 'goes', uid: event.uid } : OTHER;
    case 'podsListed':
      return { kind: 'listed' };
    case 'synced':
      return event.what === 'pods' ? { kind: 'synced' } : OTHER;
    case 'timerFired':
      return TIMERS.has(event.timer) ? { kind: 'fired', timer: event.timer } : OTHER;
    case 'switchObserved': {
      const { owner, resourceVersion: version } = event.switch;
      return { kind: 'switch', owner, version };
    }
    default:
      return OTHER;
  }
}

/** `verify/upstream/7/1` as a fence. */
function helloOf(words: Words, token: string): readonly unknown[] {
  const [incarnation, n] = token.split('/').slice(-2).map(Number);
  return words.fence({ incarnation: incarnation as number, n: n as number });
}

const numberOf = (token: string | null) => (token === null ? 0 : tokenOf(token)[1]);

/** What K keeps of it. */
function agentOf(words: Words, { value, context }: KubeletState): object {
  const { registered, draining, waiting, early } = context;
  const { agent, owner } = value;
  return {
    state: agent,
    serving: context.serving,
    recovered: context.journal === null,
    early: early.count((event) => event.type === 'synced' && event.what === 'pods'),
    node: context.nodeUid ?? '',
    journalled: context.journalledNode ?? '',
    registered: registered === null ? [] : [factOf(words, registered)],
    shown: context.shown ?? '',
    fence: words.fence(context.side.context.fence),
    accepted: words.fence(context.accepted),
    drained: fenceOf(words, context.drained),
    draining: draining === null ? [] : [fenceOf(words, draining.mark)],
    waiting: waiting === null ? [] : [{ hello: helloOf(words, waiting.token), read: numberOf(waiting.read) }],
    nodeRead: numberOf(context.nodeRead),
    reads: context.reads,
    lists: context.lists,
    again: context.listAgain,
    doubt: context.doubt ?? '',
    owner,
    version: context.switchVersion ?? '',
    said: context.acknowledged,
  };
}

/** What a step asks for in these matters; a stop is the link's where a Lease was read. */
function actsOf(words: Words, { event, effects }: StepRecord): readonly object[] {
  return effects.flatMap((effect): readonly object[] => {
    const { type } = effect;
    switch (type) {
      case 'register':
      case 'listPods':
        return [{ do: type, detail: [] }];
      case 'stop':
        return event.type === 'leaseRead' ? [] : [{ do: type, detail: [] }];
      case 'readLease': {
        const [what, read] = tokenOf(effect.token);
        return what === 'minimum' ? [{ do: type, detail: [read] }] : [];
      }
      case 'readNode':
        return [{ do: type, detail: tokenOf(effect.token) }];
      case 'reportDrain':
        return [{ do: type, detail: fenceOf(words, effect.mark) }];
      case 'acknowledgeOwner':
        return [{ do: type, detail: [effect.owner, effect.switchVersion] }];
      case 'setTimer':
      case 'cancelTimer':
        return TIMERS.has(effect.timer) ? [{ do: type, detail: [effect.timer] }] : [];
      default:
        return [];
    }
  });
}

function entryOf(words: Words, entry: JournalEntry): readonly object[] {
  const { kind } = entry;
  switch (kind) {
    case 'node':
      return [{ kind, what: [entry.nodeUid] }];
    case 'fence':
      return [{ kind, what: fenceOf(words, entry.fence) }];
    case 'drained':
      return [{ kind, what: fenceOf(words, entry.mark) }];
    case 'doubt':
      return [{ kind, what: [entry.over] }];
    default:
      return [];
  }
}

function offersOf(words: Words, effects: readonly Effect[]): readonly object[] {
  return effects.flatMap((effect) => {
    if (effect.type !== 'send' || effect.message.kind !== 'Offer') return [];
    const { session, drained, doubtful } = effect.message;
    const hello = words.fence({ incarnation: session.upstream, n: session.n });
    return [{ hello, drained: fenceOf(words, drained), doubtful: doubtful === true }];
  });
}

/** A `Hello` that the link wants to have verified since this step. */
function asksOf(words: Words, before: Context | null, { side }: Context): readonly unknown[] {
  const { hello } = side.context;
  const isNew = before?.side.value !== 'verifying' || before.side.context.hello !== hello;
  if (side.value !== 'verifying' || hello === null || !isNew) return [];
  return [words.fence({ incarnation: hello.session.upstream, n: hello.session.n })];
}

function lineOf(words: Words, { place, before, after }: LifeStep): TrackLine | null {
  const was = (before as KubeletState | undefined) ?? null;
  const is = after as KubeletState;
  const { context } = is;
  const event = toldTo(words, context, place.line.event);
  const { effects } = place.line;
  const entries = effects.flatMap((effect) => (effect.type === 'journal' ? effect.entries : []));
  const value = {
    event,
    agent: agentOf(words, is),
    asks: asksOf(words, was?.context ?? null, context),
    offered: offersOf(words, effects),
    left: {
      empty: context.pods.isEmpty() && context.strays.isEmpty() && context.killing.isEmpty(),
      killing: !context.killing.isEmpty(),
      unsettled: !context.unsettled.isEmpty(),
    },
    acts: actsOf(words, place.line),
    entries: entries.flatMap((entry) => entryOf(words, entry)),
  };
  const isQuiet =
    event.kind === 'other' &&
    was !== null &&
    [value.asks, value.offered, value.acts, value.entries].every((list) => list.length === 0) &&
    JSON.stringify(plainOf(was)) === JSON.stringify(plainOf(is));
  return isQuiet ? null : { place, value };
}

/** What can differ without an event of its own. */
function plainOf({ value, context }: KubeletState): readonly unknown[] {
  const { accepted, drained, draining, waiting, reads, lists, doubt, acknowledged, side } = context;
  return [value, accepted, drained, draining, waiting, reads, lists, doubt, acknowledged, side.context.fence];
}

/** The track of a life of K. */
export function agentTracks(words: Words, life: LifeTrace): readonly Track[] {
  const { stage, incarnation, steps } = life;
  const start = steps[0]?.place.line.event;
  if (!stage.startsWith('kubelet/') || start?.type !== 'started') return [];
  const { journal, found } = configOf(start.config);
  const nodeUid = journal?.nodeUid ?? null;
  const me = {
    incarnation: words.incarnation(incarnation),
    node: nodeUid ?? '',
    fence: words.fence(journal?.fence ?? { incarnation: 0, n: 0 }),
    drained: fenceOf(words, journal?.drained ?? null),
    doubtful: journal?.doubtful === true || (nodeUid === null && found != null),
  };
  const lines = steps.flatMap((step) => lineOf(words, step) ?? []);
  return [{ name: `${stage} ${incarnation}`, kind: 'agent', me, lines }];
}
