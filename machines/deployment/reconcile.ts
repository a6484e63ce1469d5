/** Ends a step of D: R is sent what changed, the replicas fields are stepped, A is told (protocol 8). */
import type { Effect } from '../../spec/effects.ts';
import type { Refusal } from '../../spec/events.ts';
import type { DeploymentFact } from '../../spec/facts.ts';
import type { Message } from '../../spec/messages.ts';
import { compareWantVersions, type SessionId, type Want } from '../../spec/vocabulary.ts';
import { isUpstreamOpen, upstreamSession } from '../ownership/link/index.ts';
import { flushUpward, NO_NEWS } from '../ownership/upward.ts';
import { type FieldEvent, isFlushed, shows, stepField } from '../ownership/wants/field.ts';
import { type DeploymentContext, DOWN, type Entry, emit, UP } from './context.ts';
import { stamp } from './wants.ts';
import { seeDeployment } from './workloads.ts';

/** Sends a message of the current session to R; nothing if the link is not open. */
export function toReplicaSets(
  context: DeploymentContext,
  message: (session: SessionId) => Message,
): DeploymentContext {
  const session = isUpstreamOpen(context.down) ? upstreamSession(context.down) : null;
  return session === null ? context : emit(context, { type: 'send', link: DOWN, message: message(session) });
}

function sameWant(a: Entry['sent'], b: Want): boolean {
  return (
    a !== null &&
    a !== 'gone' &&
    compareWantVersions(a.version, b.version) === 0 &&
    a.value === b.value &&
    a.replicaSet === b.replicaSet &&
    a.revision === b.revision &&
    a.mode === b.mode &&
    a.confirmed === b.confirmed
  );
}

/** Everything that was touched: first the wants to R, then the write-back, so that R never waits for the API Server. */
export function reconcile(context: DeploymentContext): DeploymentContext {
  if (context.dirty.isEmpty()) return acknowledge(context);
  let next: DeploymentContext = context;
  const wants: Want[] = [];
  for (const uid of [...context.dirty].sort()) {
    const entry = next.entries.get(uid);
    if (entry === undefined || entry.fact === null) continue;
    if (hasLeft(entry, next.mutants)) {
      next = sayLeft(next, uid, entry);
      continue;
    }
    const want = stamp(next, uid, entry);
    if (want === null || !isUpstreamOpen(next.down) || sameWant(entry.sent, want)) continue;
    wants.push(want);
    next = { ...next, entries: next.entries.set(uid, { ...entry, sent: want }) };
  }
  if (wants.length > 0) next = toReplicaSets(next, (session) => ({ kind: 'Scale', session, wants }));
  const gone = [...context.dirty].filter((uid) => next.gone.has(uid)).sort();
  if (gone.length > 0 && !next.mutants.has('gone-untold'))
    next = toReplicaSets(next, (session) => ({ kind: 'Gone', session, deployments: gone }));
  for (const uid of [...context.dirty].sort()) next = updateField(next, uid);
  return acknowledge({ ...next, dirty: next.dirty.clear() });
}

/** Whether R has nothing more to hear of a Deployment that leaves: it is at its want. */
function hasLeft({ fact, want, sent }: Entry, mutants: ReadonlySet<string>): boolean {
  if (fact === null || !fact.unmanaged) return false;
  return sent === 'gone' || want === null || shows(fact, want, mutants);
}

/** From now on R obeys the ReplicaSets alone, as the stock Deployment controller writes them. */
function sayLeft(context: DeploymentContext, uid: string, entry: Entry): DeploymentContext {
  if (entry.sent === 'gone' || !isUpstreamOpen(context.down)) return context;
  const entries = context.entries.set(uid, { ...entry, sent: 'gone' });
  return { ...context, entries, gone: context.gone.add(uid) };
}

/** Gives the field what it is written by. */
function updateField(context: DeploymentContext, uid: string): DeploymentContext {
  const entry = context.entries.get(uid);
  if (entry === undefined || entry.fact === null || entry.want === null) return context;
  const mode = stamp(context, uid, entry)?.mode;
  const hurry = isFlushing(context) || mode === 'follow';
  const last = entry.fact.unmanaged === true && isLastWord(context, uid);
  const marked = areVictimsMarked(context, uid, entry);
  const inputs = { fact: entry.fact, want: entry.want, hurry, marked, last };
  return tellField(context, uid, { type: 'updated', inputs });
}

/** A has said that it makes no want of it any more. */
const isLastWord = ({ goneAsked, mutants }: DeploymentContext, uid: string) =>
  goneAsked.has(uid) || mutants.has('want-parting-unheard');

/**
 * R counts no more Pods than wanted: neither live nor terminating, of which it counts those whose object the API Server does
 * not yet show deleting. Not known: not marked, and the timer decides.
 */
function areVictimsMarked(context: DeploymentContext, uid: string, entry: Entry): boolean {
  const counts = context.counts.get(uid);
  if (counts === undefined || entry.want === null) return false;
  const standing = counts.reduce((sum, { live, terminating }) => sum + live + terminating, 0);
  return standing <= entry.want.value;
}

/** One event of a field, with its effects. */
export function tellField(context: DeploymentContext, uid: string, event: FieldEvent): DeploymentContext {
  const entry = context.entries.get(uid);
  if (entry === undefined) return context;
  const [field, effects] = stepField(entry.field, event);
  const unflushed = isFlushed(field) ? context.unflushed.delete(uid) : context.unflushed.add(uid);
  return emit({ ...context, unflushed, entries: context.entries.set(uid, { ...entry, field }) }, ...effects);
}

/** The answer to a write: the object first, so that the field knows it when it hears the answer. */
export function takeWritten(
  context: DeploymentContext,
  uid: string,
  after: DeploymentFact | null,
  refusal: Refusal | null,
): DeploymentContext {
  if (!context.entries.has(uid)) return context;
  const seen = after === null ? context : seeDeployment(context, after, 'own');
  const known = after === null ? seen : updateField(seen, uid);
  return tellField(known, uid, {
    type: 'written',
    refusal: after === null ? (refusal ?? 'ambiguous') : null,
  });
}

/** Stock owns the Pods, or is about to: no want is kept back (protocol 9). */
const isFlushing = ({ owner, flush }: DeploymentContext) => owner === 'stock' || flush;

/** Acknowledged on the own Lease; where wants are flushed, once every one is written. */
function acknowledge(context: DeploymentContext): DeploymentContext {
  const { owner, switchVersion } = context;
  const isEarly = isFlushing(context) && context.unflushed.size > 0;
  if (switchVersion === context.acknowledged || (isEarly && !context.mutants.has('flush-unawaited')))
    return context;
  const effect: Effect = { type: 'acknowledgeOwner', owner, switchVersion };
  return emit({ ...context, acknowledged: switchVersion, flush: false }, effect);
}

/** Tells A the news of this step. */
export function tellAutoscaler(context: DeploymentContext): DeploymentContext {
  if (context.news === NO_NEWS && context.queued === NO_NEWS) return context;
  const [queued, effects] = flushUpward(context.up, UP, context.queued, context.news);
  return emit({ ...context, queued, news: NO_NEWS }, ...effects);
}
