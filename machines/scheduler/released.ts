/** The owner switch at S (`spec/protocol.md` 9): what `stock` leaves it to do. */
import { type Context, tell } from './context.ts';
import { letGo } from './preempting.ts';
import { isLeft } from './unplaced.ts';

/** Under `stock` S binds and preempts nothing. */
export function bindsNothing({ owner, mutants }: Context): boolean {
  return owner === 'stock' && !mutants.has('stock-binds');
}

/** Under `stock` S takes no Pod: it could not bind it. */
export function takesNothing(context: Context): boolean {
  return bindsNothing(context) && !context.mutants.has('stock-keeps-unbound');
}

/**
 * Gives up what waits for a node, or for the room of its victims: nobody would ever bind it, and R would wait for ever. A tombstone stays
 * while its object is being deleted, or may be (†): else the delete lands after take back, on a Pod that stock had counted.
 */
export function giveUpUnbound(context: Context): Context {
  if (!takesNothing(context)) return context;
  const waiting = [...context.queue.shapes.values()].flatMap((shape) => [...shape.waiting.places.keys()]);
  const { handing, held } = context.handOver;
  const left = held.filter((_, metadataUid) => isLeft(context, metadataUid));
  const uids = [...waiting, ...context.preemptions.keys(), ...handing, ...left.values()];
  if (uids.length === 0) return context;
  const forgotten = { ...context, handOver: { ...context.handOver, held: held.deleteAll(left.keys()) } };
  return tell(letGo(forgotten, uids), { lost: uids.map((uid) => ({ uid, reason: 'OwnedByStock' })) });
}
