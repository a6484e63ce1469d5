/**
 * What a K that begins anew finds on its Node and does not hold (`spec/protocol.md` 5): what was let go, and, with a lost journal, all there is.
 *
 * Containers bear the stamp of the object, or the uid that follows from it, whatever the Pod was called since: by that they are found among
 * what runs, and go on.
 */
import type { PodFact } from '../../spec/facts.ts';
import type { Uid } from '../../spec/vocabulary.ts';
import { uidOfObject } from '../ownership/adoption.ts';
import { act, type KubeletContext, persist } from './context.ts';
import { withEnded } from './ended.ts';
import { endGone } from './life.ts';
import { adopt, keepOrphan, seenOf } from './observe.ts';
import { sayOfOrphan } from './runtime.ts';

const NOTHING = { cpu: 0, memory: 0, pods: 0 };
const isOurs = ({ managed, replicaSet }: PodFact) => managed && replicaSet !== null;

/**
 * Takes what is found out of what runs.
 *
 * @param isLost - the journal is empty: it was lost, or there was none
 */
export function takeFound(
  context: KubeletContext,
  isLost: boolean,
  facts: readonly PodFact[],
  running: Set<Uid>,
): KubeletContext {
  let now = context;
  // A copy of a Pod may bear its stamp, and not its label: what bears both goes first (†).
  const isFirst = (fact: PodFact) => isOurs(fact) && !context.mutants.has('copies-first');
  for (const fact of [...facts.filter(isFirst), ...facts.filter((fact) => !isFirst(fact))]) {
    if (now.byObject.has(fact.metadataUid)) continue;
    now = isLost && isOurs(fact) ? adoptFound(now, fact, running) : keepFound(now, isLost, fact, running);
  }
  return now;
}

/** Adopts what the journal had, under the uid of its containers; one that is being deleted too, since they may still run. */
function adoptFound(context: KubeletContext, fact: PodFact, running: Set<Uid>): KubeletContext {
  if (seenOf(fact) === 'seenFailed') return context;
  if (context.runtime === 'publish')
    return fact.uid === null ? context : adopt(context, fact, fact.uid, null, 'none');
  if (fact.uid === null && context.mutants.has('lost-adopted-ended')) return context;
  const uid = uidOfObject(fact);
  const runs = running.delete(uid);
  // One of stock's that was never shown to run, or from before the first agent here, may have to be started yet: as any that is new.
  const isUnstarted = context.doubt === null || (fact.phase === 'Pending' && !fact.deleting);
  if (fact.uid === null && !runs && isUnstarted) return context;
  const held = adopt(context, fact, uid, uid, runs ? 'running' : 'starting');
  return runs ? held : endGone(held, uid, { tell: 'lost', reason: 'ContainersGone' });
}

/**
 * What was let go goes on (†). Where nothing runs a start may still be in flight: it is stopped, and then the object is said to have failed.
 */
function keepFound(
  context: KubeletContext,
  isLost: boolean,
  fact: PodFact,
  running: Set<Uid>,
): KubeletContext {
  if (context.mutants.has('let-go-killed')) return context;
  const { metadataUid } = fact;
  const containerUid = uidOfObject(fact);
  const isKnown = context.released.has(metadataUid);
  // With a lost journal what bears a stamp, or has containers, was let go.
  if (!isKnown && !(isLost && wasOurs(context, fact, running))) return context;
  // What another object has is not this one's: it is a copy.
  if (context.pods.has(containerUid) || context.orphans.has(containerUid)) return context;
  const runs = running.delete(containerUid);
  const known = isKnown ? context : release(context, containerUid, metadataUid);
  if (context.runtime === 'publish') return known;
  if (!runs && seenOf(fact) === 'seenFailed') return keepOrphan(known, fact, NOTHING, null, 'quiet', 'yes');
  const kept = keepOrphan(known, fact, fact.requests, containerUid, runs ? 'running' : 'stopping');
  if (!runs) return act(kept, { type: 'stopPod', uid: containerUid });
  // It came up when nobody was there to say so.
  const isUnsaid = fact.phase === 'Pending' && !fact.deleting;
  return isUnsaid ? sayOfOrphan(kept, containerUid, false) : kept;
}

const wasOurs = ({ mutants }: KubeletContext, fact: PodFact, running: ReadonlySet<Uid>) =>
  (fact.uid !== null || running.has(uidOfObject(fact))) && !mutants.has('lost-let-go-killed');

/** Its stamp no longer counts. */
function release(context: KubeletContext, uid: Uid, metadataUid: string): KubeletContext {
  const over = persist(context, { kind: 'released', uid, metadataUid });
  return { ...over, ended: withEnded(over.ended, uid), released: over.released.add(metadataUid) };
}
