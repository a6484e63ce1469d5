/** Preemptions under way, and the end of a record: the reservation follows the preemptor (`spec/protocol.md` 7). */
import { Set as ISet } from 'immutable';
import type { Uid } from '../../spec/vocabulary.ts';
import { isCleared, type PreemptionInput, startPreemption, stepPreemption } from '../ownership/preemption.ts';
import { type Context, stir, tell } from './context.ts';
import { release } from './holdings.ts';
import { minus, NOTHING, plus } from './resources.ts';

/** Keeps room on a node for a preemptor. Its victims are tombstoned by the caller. */
export function keepRoom(context: Context, input: PreemptionInput): Context {
  const { preemptor, node, requests, awaited } = input;
  const preemption = startPreemption(input);
  const next = {
    ...context,
    preemptions: context.preemptions.set(preemptor, preemption),
    reserved: context.reserved.set(node, plus(context.reserved.get(node) ?? NOTHING, requests)),
    moved: context.moved.add(node),
    awaited: context.awaited.withMutations((map) => {
      for (const uid of awaited) map.set(uid, (map.get(uid) ?? ISet<Uid>()).add(preemptor));
    }),
  };
  return isCleared(preemption) ? stir(next, node) : next;
}

/** Ends reservations: the preemptor is assigned, refused or gone, or the node died. Room may appear. */
export function endReservations(context: Context, preemptors: Iterable<Uid>): Context {
  let next = context;
  for (const preemptor of preemptors) {
    const preemption = next.preemptions.get(preemptor);
    if (preemption === undefined) continue;
    const { node, requests, awaited } = preemption.context;
    stepPreemption(preemption, { type: 'released' });
    const left = minus(next.reserved.get(node) ?? NOTHING, requests);
    const empty = left.cpu === 0 && left.memory === 0 && left.pods === 0;
    next = {
      ...next,
      preemptions: next.preemptions.delete(preemptor),
      reserved: empty ? next.reserved.delete(node) : next.reserved.set(node, left),
      moved: next.moved.add(node),
      awaited: next.awaited.withMutations((map) => {
        for (const uid of awaited) {
          const waiting = map.get(uid)?.delete(preemptor);
          if (waiting === undefined || waiting.isEmpty()) map.delete(uid);
          else map.set(uid, waiting);
        }
      }),
    };
    next = stir(next, node);
  }
  return next;
}

/** Tells the preemptions that these uids are gone. */
function strike(context: Context, uids: Iterable<Uid>): Context {
  let next = context;
  for (const uid of uids) {
    for (const preemptor of next.awaited.get(uid) ?? []) {
      const before = next.preemptions.get(preemptor);
      if (before === undefined) continue;
      const after = stepPreemption(before, { type: 'gone', uid });
      next = { ...next, preemptions: next.preemptions.set(preemptor, after) };
      if (isCleared(after)) next = stir(next, after.context.node);
    }
    if (next.awaited.has(uid)) next = { ...next, awaited: next.awaited.delete(uid) };
  }
  return next;
}

/** Lets go of records in every respect: counters, queue, reservations, who awaits them. */
export function letGo(context: Context, uids: readonly Uid[]): Context {
  if (uids.length === 0) return context;
  let next = release(context, uids);
  if (!next.preemptions.isEmpty()) next = endReservations(next, uids);
  if (!next.awaited.isEmpty()) next = strike(next, uids);
  const { handing } = next.handOver;
  if (!handing.isEmpty()) next = { ...next, handOver: { ...next.handOver, handing: handing.subtract(uids) } };
  return next;
}

/** A reservation dies with its node: the preemptor is refused, and comes again under another uid. */
export function refusePreemptorsOf(context: Context, node: string): Context {
  const preemptors = [...context.preemptions.values()]
    .filter((preemption) => preemption.context.node === node)
    .map((preemption) => preemption.context.preemptor);
  if (preemptors.length === 0) return context;
  const next = letGo(context, preemptors);
  return tell(next, { refused: preemptors.map((uid) => ({ uid, reason: 'ReservationLost' })) });
}
