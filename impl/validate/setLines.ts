/** A step of R as the ReplicaSets of one Deployment see it, in the words of `TraceSets.tla`. */
import { downstreamSession, isDownstreamOpen, isUpstreamOpen } from '../../machines/ownership/link/index.ts';
import { NO_HOLD } from '../../machines/ownership/wants/targets.ts';
import type { ReplicaSetState } from '../../machines/replicaset/index.ts';
import { standingOf } from '../../machines/replicaset/ranking.ts';
import type { Effect } from '../../spec/effects.ts';
import type { ReplicaSetFact } from '../../spec/facts.ts';
import type { Message } from '../../spec/messages.ts';
import { type PodRecord, type SessionId, sameSession, type Uid, type Want } from '../../spec/vocabulary.ts';
import type { Written } from '../tlc/syntax.ts';
import { tlaSyntax } from '../tlc/syntax.ts';
import type { Words } from './encode.ts';
import type { LifeStep } from './lives.ts';

type R = ReplicaSetState['context'];

/** ReplicaSets of one track, by short names that are fields in TLA+, and their order where two have one revision. */
export class SetNames {
  readonly #names = new Map<string, string>();

  constructor(uids: Iterable<string>) {
    for (const uid of [...new Set(uids)].sort()) this.#names.set(uid, `s${this.#names.size + 1}`);
  }

  of(uid: string | null | undefined): string {
    return this.#names.get(uid ?? '') ?? '';
  }

  /** The higher is the newer. */
  number({ uid, revisionNumber }: ReplicaSetFact): number {
    return revisionNumber * 1_000 + Number(this.of(uid).slice(1));
  }
}

/** A function by names; TLA+ has no empty record. */
function table(entries: Iterable<readonly [string, unknown]>): Written {
  const all = Object.fromEntries(entries);
  return { tla: () => (Object.keys(all).length === 0 ? 'None' : tlaSyntax(all)) };
}

const factOf = (words: Words, names: SetNames, fact: ReplicaSetFact): object => ({
  number: names.number(fact),
  managed: fact.unmanaged !== true,
  owned: fact.deployment !== null,
  deleting: fact.deleting,
  replicas: fact.replicas,
  desired: fact.desired ?? -1,
  written: fact.written === null ? [] : [{ version: words.wantVersion(fact.written.version) }],
  revision: fact.revision,
  eligible: fact.ineligible.length === 0,
});

const wantOf = (words: Words, names: SetNames, want: Want): object => ({
  version: words.wantVersion(want.version),
  value: want.value,
  set: names.of(want.replicaSet),
  mode: want.mode,
  revision: want.revision,
  confirmed: want.confirmed,
});

const isOf = ({ session }: Message, current: SessionId | null) =>
  current !== null && sameSession(session, current);

function ofMessage(words: Words, names: SetNames, message: Message, group: string): object {
  if (message.kind === 'Gone' && message.deployments.includes(group)) return { kind: 'gone' };
  if (message.kind !== 'Scale') return { kind: 'other' };
  const want = message.wants.find(({ deployment }) => deployment === group);
  return want === undefined ? { kind: 'other' } : { kind: 'scale', want: wantOf(words, names, want) };
}

/** What R heard of the group. */
function eventOf(words: Words, names: SetNames, { place, before, after }: LifeStep, group: string): object {
  const { event } = place.line;
  const [was, is] = [(before as ReplicaSetState).context, (after as ReplicaSetState).context];
  if (event.type === 'replicaSetObserved') {
    const { uid } = event.replicaSet;
    if (is.groupOf.get(uid) === group)
      return { kind: 'saw', set: names.of(uid), fact: factOf(words, names, event.replicaSet) };
    if (was.groupOf.get(uid) === group) return { kind: 'left', set: names.of(uid) };
  }
  if (event.type === 'replicaSetVanished' && was.groupOf.get(event.uid) === group)
    return { kind: 'left', set: names.of(event.uid) };
  if (event.type === 'synced') {
    const left = [...(was.groups.get(group) ?? [])].filter(
      (uid) => was.replicaSets.has(uid) && !is.replicaSets.has(uid),
    );
    if (left.length > 0) return { kind: 'listed', left: left.map((uid) => names.of(uid)) };
  }
  const isHeeded =
    event.type === 'received' &&
    event.link === 'upstream' &&
    isDownstreamOpen(was.up) &&
    isOf(event.message, downstreamSession(was.up));
  return isHeeded ? ofMessage(words, names, event.message, group) : { kind: 'other' };
}

/** After these R considers all that it has. */
function isStirred({ place, before, after }: LifeStep, sets: readonly string[]): boolean {
  const { event } = place.line;
  const [was, is] = [before as ReplicaSetState, after as ReplicaSetState];
  return (
    (isUpstreamOpen(is.context.down) && !isUpstreamOpen(was.context.down)) ||
    (isDownstreamOpen(is.context.up) && !isDownstreamOpen(was.context.up)) ||
    was.value !== is.value ||
    event.type === 'synced' ||
    (event.type === 'timerFired' && sets.some((uid) => event.timer === `retry/${uid}`))
  );
}

/** Pods that the message itself says are ending: R did not mark them. */
function markedBy(message: Message): readonly Uid[] {
  const told =
    message.kind === 'Assigned'
      ? message.pods
      : message.kind === 'State'
        ? message.records
        : message.kind === 'Invalidate'
          ? [...message.changed, ...message.adopted]
          : [];
  return told.filter(({ phase }) => phase === 'terminating').map(({ uid }) => uid);
}

const terminated = (effects: readonly Effect[]): readonly Uid[] =>
  effects.flatMap((effect) =>
    effect.type === 'send' && effect.message.kind === 'Terminate' ? effect.message.uids : [],
  );

/** What R did to its records in a step by its own decision, by ReplicaSet. */
export interface Decisions {
  readonly minted: ReadonlyMap<string, number>;
  readonly ended: ReadonlyMap<string, readonly PodRecord[]>;
}

/** What R decided in a step: records that are its own and new, and those that it marked. */
export function decisionsOf({ place, before, after }: LifeStep): Decisions {
  const { event, effects } = place.line;
  const [was, is] = [(before as ReplicaSetState).context, (after as ReplicaSetState).context];
  const minted = new Map<string, number>();
  const ended = new Map<string, PodRecord[]>();
  if (was.records === is.records) return { minted, ended };
  const marked = new Set(event.type === 'received' ? markedBy(event.message) : []);
  const own = `r${is.config.incarnation.toString(36)}-`;
  for (const record of is.records.values()) {
    const old = was.records.get(record.uid);
    if (old === record) continue;
    const { uid, replicaSet, phase } = record;
    if (old === undefined && uid.startsWith(own) && Number.parseInt(uid.slice(own.length), 36) > was.minted)
      minted.set(replicaSet, (minted.get(replicaSet) ?? 0) + 1);
    else if (phase === 'terminating' && old?.phase !== 'terminating' && !marked.has(uid))
      ended.set(replicaSet, [...(ended.get(replicaSet) ?? []), record]);
  }
  const order = new Map(terminated(effects).map((uid, i) => [uid, i]));
  for (const victims of ended.values())
    victims.sort((a, b) => (order.get(a.uid) ?? 0) - (order.get(b.uid) ?? 0));
  return { minted, ended };
}

/** Where a Pod stood before R marked it. What R heard of it in the same step is in its record, but for its phase and readiness. */
function standing(words: Words, is: R, record: PodRecord, before: PodRecord | undefined): object {
  const { uid, node, keys } = standingOf(before ?? record, is.costs.get(record.uid) ?? 0);
  return { keys, node: node ?? 'none', uid: words.uid(uid) };
}

function rankedOf(words: Words, step: LifeStep, { ended }: Decisions) {
  const [was, is] = [(step.before as ReplicaSetState).context, (step.after as ReplicaSetState).context];
  const sent = new Set(terminated(step.place.line.effects));
  // Where the message that led to it changes Pods too, or nothing was sent, their order is not known from here.
  const { event } = step.place.line;
  const isClear = !(event.type === 'received' && event.link === 'downstream');
  const mine = [...ended];
  const spared = mine
    .filter(
      ([uid, victims]) =>
        isClear && is.replicaSets.get(uid)?.deleting === false && victims.every((each) => sent.has(each.uid)),
    )
    .map(([uid]) => {
      const rest = [...is.records.values()].filter(
        (each) => each.replicaSet === uid && each.phase !== 'terminating',
      );
      return [uid, rest.map((record) => standing(words, is, record, undefined))] as const;
    });
  return {
    ended: mine.map(
      ([uid, victims]) =>
        [uid, victims.map((each) => standing(words, is, each, was.records.get(each.uid)))] as const,
    ),
    spared,
  };
}

/** Counts that a step tells D. */
function toldCounts(effects: readonly Effect[]): ReadonlyMap<string, readonly number[]> {
  const counts = effects.flatMap((effect) => {
    if (effect.type !== 'send' || effect.link !== 'upstream') return [];
    const { message } = effect;
    return message.kind === 'Invalidate' || message.kind === 'State' ? message.counts : [];
  });
  return new Map(
    counts.map(({ replicaSet, live, ready, terminating }) => [replicaSet, [live, ready, terminating]]),
  );
}

/** A step as the group sees it; null if it does not concern it. */
export function setLineOf(
  words: Words,
  names: SetNames,
  step: LifeStep,
  group: string,
  decisions: Decisions,
): object | null {
  const [before, after] = [step.before as ReplicaSetState, step.after as ReplicaSetState];
  const [was, is] = [before.context, after.context];
  const sets = [...new Set([...(was.groups.get(group) ?? []), ...(is.groups.get(group) ?? [])])];
  const event = eventOf(words, names, step, group) as { kind: string };
  const { effects } = step.place.line;
  const isTouched = sets.some((uid) => was.index.get(uid) !== is.index.get(uid));
  const stirred = isStirred(step, sets);
  const told = toldCounts(effects);
  const isSame =
    was.wants.get(group) === is.wants.get(group) &&
    was.told.has(group) === is.told.has(group) &&
    was.gone.has(group) === is.gone.has(group) &&
    was.holds.get(group) === is.holds.get(group) &&
    isDownstreamOpen(was.up) === isDownstreamOpen(is.up);
  if (event.kind === 'other' && !isTouched && !stirred && isSame && !sets.some((uid) => told.has(uid)))
    return null;
  const named = <T, U>(map: Iterable<readonly [string, T]>, value: (item: T) => U) =>
    table([...map].filter(([uid]) => sets.includes(uid)).map(([uid, item]) => [names.of(uid), value(item)]));
  const { ended, spared } = rankedOf(words, step, decisions);
  const hold = is.holds.get(group) ?? NO_HOLD;
  const counts = sets.map((uid) => [uid, is.index.get(uid)] as const);
  const { type } = step.place.line.event;
  return {
    event,
    known: is.groups.has(group),
    sets: named(
      [...(is.groups.get(group) ?? [])].flatMap((uid) => {
        const fact = is.replicaSets.get(uid);
        return fact === undefined ? [] : [[uid, fact] as const];
      }),
      (fact) => factOf(words, names, fact),
    ),
    want: [is.wants.get(group)].flatMap((want) => (want === undefined ? [] : [wantOf(words, names, want)])),
    told: is.told.has(group),
    gone: is.gone.has(group),
    hold: { held: hold.held, obeyed: table(hold.obeyed.map(([uid, count]) => [names.of(uid), count])) },
    open: isDownstreamOpen(is.up),
    canMint: isUpstreamOpen(is.down),
    decides: after.value === 'serving',
    stirred,
    touched: isTouched && type === 'received' && event.kind === 'other',
    waiting: new Set(
      sets.filter((uid) => is.backoffs.get(uid)?.waiting === true).map((uid) => names.of(uid)),
    ),
    stands: named(counts, (index) => ({ live: index?.live ?? 0, unpublished: index?.unpublished.size ?? 0 })),
    minted: named(decisions.minted, (count) => count),
    ended: named(ended, (victims) => victims),
    spared: named(spared, (pods) => pods),
    is: named(counts, (index) => [index?.live ?? 0, index?.ready ?? 0, index?.terminating.size ?? 0]),
    tellable: isDownstreamOpen(is.up),
    tells: named(told, (count) => count),
  };
}
