/** D's highest want per Deployment: where it may come from, and who is told (protocol 8). */
import type { DeploymentFact } from '../../spec/facts.ts';
import { compareWantVersions, type Want } from '../../spec/vocabulary.ts';
import { addNews } from '../ownership/upward.ts';
import { baseOf, isFresher, judge, type Verdict, writtenOf } from '../ownership/wants/base.ts';
import { startField, type Wanted } from '../ownership/wants/field.ts';
import { decide } from '../ownership/wants/mode.ts';
import { type DeploymentContext, type Entry, replicaSetsOf, touch } from './context.ts';

/** Where a want came from. A needs no invalidation for its own. */
type Source = 'autoscaler' | 'replicaset' | 'api';

/** The entry of a Deployment, or a new one. */
export function entryOf(context: DeploymentContext, deployment: string): Entry {
  return (
    context.entries.get(deployment) ?? {
      fact: null,
      base: null,
      want: null,
      witnessed: false,
      sent: null,
      field: startField(deployment, context.mutants),
    }
  );
}

/** Replaces an entry and marks it to be reconciled. */
export function put(context: DeploymentContext, deployment: string, entry: Entry): DeploymentContext {
  return touch({ ...context, entries: context.entries.set(deployment, entry) }, deployment);
}

/** The want as it is sent: stamped by D with ReplicaSet, revision, mode, and whether it is confirmed. */
export function stamp(context: DeploymentContext, deployment: string, entry: Entry): Want | null {
  if (entry.want === null) return null;
  const decision =
    entry.fact === null
      ? ({ replicaSet: null, revision: '', mode: 'follow' } as const)
      : decide(entry.fact, replicaSetsOf(context, deployment), context.mutants);
  return {
    deployment,
    version: entry.want.version,
    value: entry.want.value,
    replicaSet: decision.replicaSet,
    revision: decision.revision,
    mode: decision.mode,
    confirmed: context.confirmed || entry.witnessed || context.mutants.has('want-never-unconfirmed'),
  };
}

function isHigher(want: Wanted, than: Wanted | null): boolean {
  return than === null || compareWantVersions(want.version, than.version) > 0;
}

/** Takes a want if it is higher than the one held, wherever it comes from. */
export function adopt(
  context: DeploymentContext,
  deployment: string,
  want: Wanted,
  source: Source,
  witnessed = false,
): DeploymentContext {
  const entry = entryOf(context, deployment);
  if (!isHigher(want, entry.want)) return context;
  if (source === 'replicaset' && context.mutants.has('want-from-below-ignored')) return context;
  const { version, value } = want;
  const next = put(context, deployment, { ...entry, want: { version, value }, witnessed });
  return source === 'replicaset' ? invalidate(next, deployment) : next;
}

/**
 * Whether A may build on the want held: the object is annotated with the external write that it took into account, or a later one. Else
 * a D that begins now and finds another edit of the object takes it for an external write that A's next want had not seen.
 */
function mayBeTold({ mutants }: DeploymentContext, { fact, want }: Entry): boolean {
  if (mutants.has('want-told-unwritten')) return true;
  const written = fact === null ? null : writtenOf(fact, mutants);
  return want !== null && written !== null && written.version.generation >= want.version.generation;
}

/** The want held, as A may be told it. */
export function wantForAutoscaler(context: DeploymentContext, deployment: string, entry: Entry): Want | null {
  return mayBeTold(context, entry) ? stamp(context, deployment, entry) : null;
}

/** Puts the want held into the news for A, if A may be told it. */
function tellWant(context: DeploymentContext, deployment: string): DeploymentContext {
  const want = wantForAutoscaler(context, deployment, entryOf(context, deployment));
  return want === null ? context : { ...context, news: addNews(context.news, { wants: [want] }) };
}

/** Tells A of a change that A did not send. */
function invalidate(context: DeploymentContext, deployment: string): DeploymentContext {
  return context.mutants.has('want-autoscaler-untold') ? context : tellWant(context, deployment);
}

/** A sent wants: it is heard. Those that are older than what D holds are answered with the newer. */
export function takeScale(context: DeploymentContext, wants: readonly Want[]): DeploymentContext {
  // Of what A speaks, it has not said its last word.
  let next = { ...context, goneAsked: context.goneAsked.subtract(wants.map(({ deployment }) => deployment)) };
  for (const want of wants) {
    next = adopt(next, want.deployment, want, 'autoscaler');
    const held = next.entries.get(want.deployment)?.want;
    if (held && compareWantVersions(held.version, want.version) > 0) next = tellWant(next, want.deployment);
  }
  const scaled = wants.flatMap(({ deployment }) => {
    const held = next.entries.get(deployment)?.want;
    return held ? [{ deployment, version: held.version }] : [];
  });
  return { ...next, news: addNews(next.news, { scaled }) };
}

/**
 * An object was seen: whoever wrote it, D knows the highest want afterwards. A stale one (a list behind the watch, a
 * reply behind it) changes nothing.
 *
 * @param known - the verdict, where a reply told it
 */
export function observeDeployment(
  context: DeploymentContext,
  fact: DeploymentFact,
  known?: Verdict,
): DeploymentContext {
  const entry = entryOf(context, fact.uid);
  if (entry.fact !== null && !isFresher(fact, entry.fact)) return context;
  const verdict = known ?? judge(entry.base, fact, context.mutants);
  const seen = put(context, fact.uid, { ...entry, fact, base: baseOf(fact) });
  const next = takeObject(seen, fact, verdict, entry.base !== null);
  const isNews = entryOf(next, fact.uid).want !== entry.want || !mayBeTold(context, entry);
  return isNews ? invalidate(next, fact.uid) : next;
}

/** The want that an object stands for: somebody else's value, or what D wrote with it. */
function takeObject(
  context: DeploymentContext,
  fact: DeploymentFact,
  verdict: Verdict,
  witnessed: boolean,
): DeploymentContext {
  if (verdict === 'external') {
    const version = { generation: fact.generation, incarnation: 0, counter: 0 };
    return adopt(context, fact.uid, { version, value: fact.replicas }, 'api', witnessed);
  }
  const written = writtenOf(fact, context.mutants);
  return written === null ? context : adopt(context, fact.uid, written, 'api');
}
