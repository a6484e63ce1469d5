/** A life of K as each of its Pods sees it: tracks for `TracePod.tla`. */
import type { KubeletState } from '../../machines/kubelet/index.ts';
import type { Effect } from '../../spec/effects.ts';
import { configOf } from '../../spec/trace.ts';
import type { Uid } from '../../spec/vocabulary.ts';
import type { Track, TrackLine } from './ends.ts';
import type { LifeStep, LifeTrace } from './lives.ts';
import { actsOn, entriesOf, podOf, toldOf } from './podLines.ts';

type Context = KubeletState['context'];
const contextOf = (state: unknown): Context => (state as KubeletState).context;

/** What K held of each Pod in this life: under which `metadata.uid`s. */
function podsOf({ steps }: LifeTrace): ReadonlyMap<Uid, ReadonlySet<string>> {
  const metas = new Map<Uid, Set<string>>();
  const known = (uid: Uid) => {
    const mine = metas.get(uid) ?? new Set();
    metas.set(uid, mine);
    return mine;
  };
  for (const { place, after } of steps) {
    const { event, effects } = place.line;
    if (event.type === 'started')
      for (const [uid, { metadataUid }] of configOf(event.config).journal?.pods ?? [])
        known(uid).add(metadataUid ?? '');
    for (const [uid, { metadataUid }] of contextOf(after).pods) known(uid).add(metadataUid ?? '');
    for (const effect of effects)
      if (effect.type === 'journal')
        for (const entry of effect.entries)
          if (entry.kind === 'accepted') known(entry.record.uid).add(entry.metadataUid ?? '');
  }
  for (const each of metas.values()) each.delete('');
  return metas;
}

/** What K knew of the Pod at its start. */
function bornOf({ steps }: LifeTrace, uid: Uid): object {
  const { event } = (steps[0] as LifeStep).place.line;
  const { journal, running = [] } = event.type === 'started' ? configOf(event.config) : {};
  const kept = journal?.pods.get(uid);
  if (kept === undefined) return { journal: [], runs: false };
  const { publishIntent, terminating, metadataUid } = kept;
  return {
    journal: [{ intent: publishIntent, terminating, meta: metadataUid === null ? [] : [metadataUid] }],
    runs: running.includes(uid),
  };
}

const drains = (before: Context, after: Context, effects: readonly Effect[]) =>
  before.draining !== null ||
  after.draining !== null ||
  effects.some(
    (effect) => effect.type === 'journal' && effect.entries.some(({ kind }) => kind === 'drained'),
  );

function lineOf(step: LifeStep, uid: Uid, metas: ReadonlySet<string>): TrackLine | null {
  const before = contextOf(step.before);
  const after = contextOf(step.after);
  const { effects } = step.place.line;
  const recovers = before.journal !== null && after.journal === null;
  const event = toldOf(before, step.place.line.event, uid, metas);
  const [was, is] = [before.pods.get(uid), after.pods.get(uid)];
  const isRecovered = recovers && before.journal?.pods.has(uid) === true;
  const isKnown = was !== undefined || is !== undefined || isRecovered;
  const entries = entriesOf(effects, uid, isKnown);
  const isHeld = isKnown || entries.length > 0;
  const concerns =
    was !== is || entries.length > 0 || (event.kind !== 'other' && event.kind !== 'listed') || recovers;
  if (!concerns && !(event.kind === 'listed' && isHeld)) return null;
  return {
    place: step.place,
    value: {
      event,
      runtime: after.runtime,
      owner: [before.owner, after.owner],
      recovers,
      drains: drains(before, after, effects),
      pod: is === undefined ? [] : [podOf(is)],
      acts: isHeld ? actsOn(effects, uid, metas, (was ?? is)?.containerUid ?? uid) : [],
      entries,
    },
  };
}

/** Tracks of all Pods of a life of K. */
export function podTracks(life: LifeTrace): readonly Track[] {
  if (!life.stage.startsWith('kubelet/')) return [];
  return [...podsOf(life)].map(([uid, metas]): Track => {
    const lines = life.steps.slice(1).flatMap((step) => lineOf(step, uid, metas) ?? []);
    return { name: `${life.stage} ${life.incarnation}, ${uid}`, kind: 'pod', me: bornOf(life, uid), lines };
  });
}
