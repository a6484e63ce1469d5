/** A newer mark on a Node means that another S leads, or did (`spec/protocol.md` 3): look at the own Lease. */
import type { StageEvent } from '../../spec/events.ts';
import type { Fence } from '../../spec/vocabulary.ts';
import { type Context, emit } from './context.ts';

const tokenOf = (mark: Fence) => `newer/${mark.incarnation}/${mark.n}`;

/** A mark of a higher incarnation was seen: one read at a time. */
export function onNewerMark(context: Context, mark: Fence): Context {
  if (context.newerMark !== null) return context;
  return emit(
    { ...context, newerMark: mark },
    { type: 'readLease', subject: 'scheduler', token: tokenOf(mark) },
  );
}

/** The own Lease: another holds it, stop; we still do, start again above the mark. */
export function onOwnLease(context: Context, event: Extract<StageEvent, { type: 'leaseRead' }>): Context {
  const mark = context.newerMark;
  if (mark === null || event.token !== tokenOf(mark)) return context;
  if (event.incarnation !== context.incarnation)
    return emit(context, { type: 'stop', reason: `incarnation ${context.incarnation} is superseded` });
  return emit(context, {
    type: 'restart',
    above: Math.max(mark.incarnation, context.incarnation),
    reason: `a Node bears a mark of incarnation ${mark.incarnation}`,
  });
}
