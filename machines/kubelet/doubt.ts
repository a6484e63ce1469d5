/**
 * A lost journal (`spec/protocol.md` 5): K does not know what the life before had under way. Until the API Server's request timeout has
 * passed, and a list begun after it has come, what K does not hold may still come to be: it says so in its `Offer`, and confirms no such uid.
 */
import { TIMERS } from '../../spec/timers.ts';
import type { Uid } from '../../spec/vocabulary.ts';
import { isOffered } from '../ownership/link/index.ts';
import { act, type KubeletContext, persist, tell } from './context.ts';
import { withEnded } from './ended.ts';
import { closeSessions } from './link.ts';
import { askForList } from './observe.ts';

/** K serves, and is in doubt: its next life is, too, until it is over. */
export function beginDoubt(context: KubeletContext): KubeletContext {
  if (context.doubt === null) return context;
  return act(persist(context, { kind: 'doubt', over: false }), {
    type: 'setTimer',
    timer: 'doubt',
    milliseconds: TIMERS.ambiguous,
  });
}

/** Nothing lands any more; a consistent list shows what did. */
export function doubtPassed(context: KubeletContext): KubeletContext {
  return context.doubt === null ? context : askForList({ ...context, doubt: 'listing' });
}

/** The list is there. An upstream that waits with its session for the doubt to pass begins another. */
export function endDoubt(context: KubeletContext): KubeletContext {
  if (context.doubt !== 'listing' || context.lists > 0) return context;
  const over = persist({ ...context, doubt: null }, { kind: 'doubt', over: true });
  return isOffered(over.side) ? closeSessions(over) : over;
}

/** Whether K may say of a uid that it does not hold that it is gone. */
export function isGone({ doubt, strays, doubted }: KubeletContext, uid: Uid): boolean {
  return doubt === null && !(doubted.has(uid) && strays.has(uid));
}

/** Confirms what is certain by now. */
export function confirmDoubted(context: KubeletContext): KubeletContext {
  if (context.doubted.isEmpty() || context.doubt !== null) return context;
  let now = context;
  for (const uid of context.doubted) {
    if (!isGone(now, uid)) continue;
    const known = persist(now, { kind: 'ended', uid });
    now = tell({ ...known, ended: withEnded(known.ended, uid), doubted: known.doubted.delete(uid) }, [
      'terminated',
      uid,
    ]);
  }
  return now;
}
