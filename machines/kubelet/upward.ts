/** Sends, queues or drops what a step has to tell the upstream (`spec/protocol.md` 3, soft invalidation). */
import { addNews, flushUpward, isQuiet, NO_NEWS, type Upward } from '../ownership/upward.ts';
import { act, type KubeletContext, UP } from './context.ts';

/** All news gathered so far, as one batch in the session that is current now. */
export function flush(context: KubeletContext): KubeletContext {
  if (context.news.isEmpty() && isQuiet(context.queued)) return context;
  const batch: Partial<Record<keyof Upward, unknown[]>> = {};
  for (const [field, value] of context.news) {
    const list = batch[field];
    if (list === undefined) batch[field] = [value];
    else list.push(value);
  }
  const news = addNews(NO_NEWS, batch as unknown as Partial<Upward>);
  const [queued, effects] = flushUpward(context.side, UP, context.queued, news);
  return act({ ...context, news: context.news.clear(), queued }, ...effects);
}
