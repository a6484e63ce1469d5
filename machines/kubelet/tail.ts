/** What K hears of Pods, by watch, reply and runtime. Before recovery it is kept, and heard then in the same order. */
import { KubedirectError } from '../../spec/errors.ts';
import type { StageEvent } from '../../spec/events.ts';
import type { KubeletContext } from './context.ts';
import { doubtPassed } from './doubt.ts';
import { askForList, vanish, watched } from './observe.ts';
import {
  ambiguityPassed,
  deleteAnswered,
  podRead,
  published,
  publishFailed,
  retryPassed,
} from './replies.ts';
import { podNeedsObject, podReadiness, podStarted, podStopped } from './runtime.ts';

/** One event about Pods. */
export function hearTail(context: KubeletContext, event: StageEvent): KubeletContext {
  // Of a wait for a leader that is over: K was shown another Node meanwhile.
  if (event.type === 'timerFired' && event.timer === 'leader') return context;
  if (context.journal !== null) return { ...context, early: context.early.push(event) };
  switch (event.type) {
    case 'podObserved':
      return watched(context, event.pod);
    case 'podVanished':
      return vanish(context, event.pod);
    case 'published':
      return published(context, event);
    case 'publishFailed':
      return publishFailed(context, event);
    case 'deleteAnswered':
      return deleteAnswered(context, event);
    case 'podRead':
      return podRead(context, event);
    case 'podStarted':
      return podStarted(context, event);
    case 'podNeedsObject':
      return podNeedsObject(context, event);
    case 'podReadiness':
      return podReadiness(context, event);
    case 'podStopped':
      return podStopped(context, event);
    case 'timerFired':
      return timerFired(context, event.timer);
    case 'synced':
      // The watch may have begun after what K knows from lists and replies: see what it can not tell any more.
      return event.what === 'pods' ? askForList(context) : context;
    default:
      throw new KubedirectError('INVARIANT_BROKEN', `the tail hears of Pods; got ${event.type}`);
  }
}

function timerFired(context: KubeletContext, timer: string): KubeletContext {
  if (timer === 'doubt') return doubtPassed(context);
  const slash = timer.indexOf('/');
  const uid = timer.slice(slash + 1);
  if (timer.startsWith('ambiguous/')) return ambiguityPassed(context, uid);
  if (timer.startsWith('retry/')) return retryPassed(context, uid);
  return context;
}
