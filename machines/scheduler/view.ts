/** The state as plain JSON, the same for equal states: for digests, traces and comparisons. */

import { viewOfCancellation } from '../ownership/cancellation.ts';
import { viewOfDownstreamSide, viewOfUpstreamSide } from '../ownership/link/index.ts';
import type { Preemption } from '../ownership/preemption.ts';
import type { HandOver } from './context.ts';
import type { SchedulerState } from './machine.ts';

interface Sorted<T> {
  entries(): Iterable<[string, T]>;
}
function byKey<T, U>(map: Sorted<T>, view: (value: T) => U): readonly (readonly [string, U])[] {
  return [...map.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => [key, view(value)] as const);
}
const same = <T>(value: T): T => value;
const viewOfPreemption = ({ value, context }: Preemption) => ({
  state: value as string,
  node: context.node,
  requests: context.requests,
  awaited: [...context.awaited].sort(),
});

const viewOfHandOver = ({
  handing,
  shown,
  held,
  reported,
  asked,
  bare,
  clocks,
  awaited,
  unseen,
}: HandOver) => ({
  handing: [...handing].sort(),
  ...(!awaited.isEmpty() && { awaited: byKey(awaited, (uids) => [...uids].sort()) }),
  shown: byKey(shown, same),
  held: byKey(held, same),
  reported: [...reported].sort(),
  asked: [...asked].sort(),
  bare: [...bare].sort(),
  clocks: [...clocks].sort(),
  unseen,
});

/**
 * Plain JSON of the state. What can be counted from the rest (ledgers, priorities, reservations) is left out, and so is
 * what lives for one step only.
 *
 * @public
 */
export function viewOfScheduler({ value, context }: SchedulerState) {
  return {
    state: value,
    incarnation: context.incarnation,
    owner: context.owner,
    counter: context.counter,
    records: byKey(context.records, same),
    nodes: byKey(context.nodes, ({ fact, successor, vanished, link, cancellation }) => ({
      fact,
      successor,
      vanished,
      link: viewOfUpstreamSide(link),
      cancellation: viewOfCancellation(cancellation),
    })),
    templates: byKey(context.templates, same),
    queue: {
      arrivals: context.queue.arrivals,
      shapes: byKey(context.queue.shapes, ({ waiting, tried }) => ({ waiting: [...waiting.order], tried })),
    },
    preemptions: byKey(context.preemptions, viewOfPreemption),
    unmanaged: byKey(context.unmanaged, same),
    cooling: [...context.cooling].sort(),
    noRoom: [...context.noRoom].sort(),
    ...(context.handOver.isOn && { handOver: viewOfHandOver(context.handOver) }),
    stirred: { everywhere: context.stirred.everywhere, nodes: [...context.stirred.nodes].sort() },
    reached: [...context.reached].sort(),
    barrier: context.barrier === null ? null : [...context.barrier].sort(),
    upstream: viewOfDownstreamSide(context.upstream),
    queued: context.queued,
    newerMark: context.newerMark,
  };
}
