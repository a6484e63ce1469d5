/** Lives of A and D as each Deployment sees them: tracks for `TraceWants.tla`. */
import type { AutoscalerState } from '../../machines/autoscaler/index.ts';
import type { DeploymentState } from '../../machines/deployment/index.ts';
import { isDownstreamOpen, isUpstreamOpen } from '../../machines/ownership/link/index.ts';
import type { Want } from '../../spec/vocabulary.ts';
import type { Words } from './encode.ts';
import type { Track, TrackLine } from './ends.ts';
import type { LifeStep, LifeTrace } from './lives.ts';
import { askedBy, fieldOf, setsOf, toldTo, UNKNOWN, wantsSent, writesOf } from './wantLines.ts';

type D = DeploymentState['context'];
type A = AutoscalerState['context'];
const contextOf = <C>(state: unknown): C => (state as { readonly context: C }).context;

const plain = (words: Words, want: Pick<Want, 'version' | 'value'> | null | undefined) =>
  want ? [{ version: words.wantVersion(want.version), value: want.value }] : [];

/** States in which D has seen all lists. */
const DECIDING: ReadonlySet<string> = new Set(['serving', 'released']);

function openingOf({ down: was }: D, { down: is }: D): string {
  if (!isUpstreamOpen(is)) return 'closed';
  return isUpstreamOpen(was) ? 'open' : 'opens';
}

/** A step of D; null if it does not concern this Deployment. */
function lineOfD(words: Words, { place, before, after }: LifeStep, uid: string): TrackLine | null {
  const [was, is] = [contextOf<D>(before), contextOf<D>(after)];
  const entry = is.entries.get(uid);
  const event = toldTo(words, was, is, place.line.event, uid);
  const sets = setsOf(is, uid);
  const value = {
    event: entry === undefined ? { kind: 'gone' } : event,
    sets,
    ...fieldOf(words, entry),
    decides: DECIDING.has((after as DeploymentState).value as string),
    confirmed: is.confirmed,
    open: isDownstreamOpen(is.up),
    toR: entry?.sent === 'gone' ? 'left' : openingOf(was, is),
    held: entry !== undefined,
    want: plain(words, entry?.want),
    witnessed: entry?.witnessed ?? false,
    writes: writesOf(words, place.line.effects, uid),
    told: wantsSent(words, place.line.effects, 'upstream', uid),
    sent: wantsSent(words, place.line.effects, 'downstream', uid),
  };
  const isNobodys = entry === undefined && was.entries.get(uid) === undefined;
  const isQuiet =
    event.kind === 'other' &&
    was.entries.get(uid) === entry &&
    openingOf(was, is) !== 'opens' &&
    [value.writes, value.told, value.sent].every((list) => list.length === 0) &&
    JSON.stringify(setsOf(was, uid)) === JSON.stringify(sets);
  return isQuiet || isNobodys ? null : { place, value };
}

/** A step of A. */
function lineOfA(words: Words, { place, before, after }: LifeStep, uid: string): TrackLine | null {
  const [was, is] = [contextOf<A>(before), contextOf<A>(after)];
  const event = askedBy(words, was, is, place.line.event, uid);
  const pending = is.pending.get(uid);
  const sent = wantsSent(words, place.line.effects, 'downstream', uid);
  const isQuiet = event.kind === 'other' && sent.length === 0 && was.wants.get(uid) === is.wants.get(uid);
  if (isQuiet) return null;
  return {
    place,
    value: {
      event,
      opens: isUpstreamOpen(is.down) && !isUpstreamOpen(was.down),
      open: isUpstreamOpen(is.down),
      want: plain(words, is.wants.get(uid)),
      pending:
        pending === undefined ? [] : [{ value: pending.replicas, generation: pending.generation ?? UNKNOWN }],
      sent: sent.map(({ version, value }) => ({ version, value })),
    },
  };
}

function deploymentsOf({ stage, steps }: LifeTrace): ReadonlySet<string> {
  const uids = new Set<string>();
  for (const { after } of steps)
    if (stage === 'deployment') {
      const { entries, owned } = contextOf<D>(after);
      for (const uid of entries.keys()) uids.add(uid);
      for (const uid of owned.keys()) uids.add(uid);
    } else {
      const { wants, pending, gone } = contextOf<A>(after);
      for (const uid of [...wants.keys(), ...pending.keys(), ...gone]) uids.add(uid);
    }
  return uids;
}

/** Tracks of all Deployments of a life of A or D. */
export function wantTracks(words: Words, life: LifeTrace): readonly Track[] {
  const { stage, incarnation, steps } = life;
  if (stage !== 'deployment' && stage !== 'autoscaler') return [];
  const lineOf = stage === 'deployment' ? lineOfD : lineOfA;
  return [...deploymentsOf(life)].map(
    (uid): Track => ({
      name: `${stage} ${incarnation}, ${uid}`,
      kind: stage,
      me: words.incarnation(incarnation),
      lines: steps.slice(1).flatMap((step) => lineOf(words, step, uid) ?? []),
    }),
  );
}
