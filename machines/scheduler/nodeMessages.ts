/** What each K says on an open link: taken, changed, refused, gone (`spec/protocol.md` 3, 4). */
import type { Invalidate, Message, PodReason } from '../../spec/messages.ts';
import { TIMERS } from '../../spec/timers.ts';
import type { PodRecord, PodStatus, Uid } from '../../spec/vocabulary.ts';
import { merge } from '../ownership/handshake.ts';
import { type LinkOutput, refusal } from '../ownership/link/index.ts';
import { type Context, emit, post, tell } from './context.ts';
import { hold, recordsOf } from './holdings.ts';
import { letGo } from './preempting.ts';
import { statusOf } from './tombstones.ts';
import { claim } from './unplaced.ts';

/** One message of a node's current session. */
export function onNodeMessage(context: Context, node: string, message: Message): Context {
  switch (message.kind) {
    case 'Assigned':
      return changed(context, node, message.pods);
    case 'Refused':
      return refused(context, node, message.pods);
    case 'Terminated':
      return terminated(context, node, message.uids);
    case 'Invalidate':
      return invalidated(context, node, message);
    default:
      return refuse(context, refusal(`node/${node}`, message, 'the Scheduler stage takes no such message'));
  }
}

function refuse(context: Context, output: LinkOutput): Context {
  return output.type === 'effect' ? emit(context, output.effect) : context;
}

/** A uid that S holds elsewhere is not taken a second time: that would break `UniquePlacement`; the node must end it. */
export function mineOf(context: Context, adopted: readonly PodRecord[]) {
  const elsewhere = adopted.filter(({ uid }) => context.records.has(uid)).map(({ uid }) => uid);
  return { mine: adopted.filter(({ uid }) => !context.records.has(uid)), elsewhere };
}

/** What K says of Pods that S holds on that node; of any other uid, nothing. */
function changed(context: Context, node: string, pods: readonly PodStatus[]): Context {
  const mine = recordsOf(context, node);
  const latest = new Map<Uid, PodRecord>();
  for (const status of pods) {
    const before = latest.get(status.uid) ?? mine.get(status.uid);
    if (before === undefined) continue;
    const after = merge(before, { ...status, node }, context.mutants);
    if (after !== before) latest.set(status.uid, after);
  }
  const records = [...latest.values()];
  const next = tell(hold(context, records), { changed: records.map(statusOf) });
  if (!context.mutants.has('collect-tombstone-early')) return next;
  const ending = records.filter(({ phase }) => phase === 'terminating').map(({ uid }) => uid);
  return tell(letGo(next, ending), { terminated: ending });
}

function knownOf<T extends { readonly uid: Uid }>(
  context: Context,
  node: string,
  pods: readonly T[],
): readonly T[] {
  const mine = recordsOf(context, node);
  return pods.filter(({ uid }) => mine.get(uid) !== undefined);
}

function terminated(context: Context, node: string, uids: readonly Uid[]): Context {
  const known = knownOf(
    context,
    node,
    uids.map((uid) => ({ uid })),
  ).map(({ uid }) => uid);
  return tell(letGo(context, known), { terminated: known });
}

/** Refused Pods are gone; that node is left alone for a while by their ReplicaSets. */
function refused(context: Context, node: string, pods: readonly PodReason[]): Context {
  const known = knownOf(context, node, pods);
  const keys = new Set(known.map(({ uid }) => `${node}/${context.records.get(uid)?.replicaSet}`));
  const next = emit(
    {
      ...letGo(
        context,
        known.map(({ uid }) => uid),
      ),
      cooling: context.cooling.union(keys),
    },
    ...[...keys].map((key) => ({
      type: 'setTimer' as const,
      timer: `coolDown/${key}` as const,
      milliseconds: TIMERS.coolDown,
    })),
  );
  return tell(next, { refused: known });
}

/** What was adopted is taken first: that it changed since may be in the same message. */
function invalidated(context: Context, node: string, message: Invalidate): Context {
  const isEarly = context.mutants.has('changed-before-adopted');
  const before = isEarly ? changed(context, node, message.changed) : context;
  const told = message.adopted.map((record) => ({ ...record, node }));
  const [claimed, here] = claim(before, node, told);
  const { mine: adopted, elsewhere } = mineOf(claimed, here);
  const again = here.filter(({ uid }) => elsewhere.includes(uid));
  let next = tell(hold(claimed, adopted), { adopted });
  next = changed(next, node, isEarly ? again : [...again, ...message.changed]);
  const lost = knownOf(next, node, message.lost);
  next = tell(
    letGo(
      next,
      lost.map(({ uid }) => uid),
    ),
    { lost },
  );
  return post(next, node, { invalidated: 1 });
}
