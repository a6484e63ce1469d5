/** Runs the queue: rooms and groups out of the state, the pass, and its decisions into the state. */
import { Set as ISet } from 'immutable';
import type { Effect } from '../../spec/effects.ts';
import { TIMERS } from '../../spec/timers.ts';
import type { PodRecord, Uid } from '../../spec/vocabulary.ts';
import { isCleared, type Preemption } from '../ownership/preemption.ts';
import { admits } from './constraints.ts';
import { type Context, emit, post, STILL, tell, version } from './context.ts';
import { hold } from './holdings.ts';
import { PassRooms, refreshRoster, roomOf, takesPods } from './passRooms.ts';
import { type Group, place } from './placement.ts';
import { endReservations, keepRoom } from './preempting.ts';
import { dequeue, enqueue, markTried, type Shape } from './queue.ts';
import { bindsNothing } from './released.ts';
import { minus } from './resources.ts';
import { hasRoom, type PlacementRules } from './rooms.ts';
import { evict, statusOf } from './tombstones.ts';

function rulesOf(context: Context): PlacementRules {
  return {
    tombstonesFree: context.mutants.has('tombstones-free'),
    noReservation: context.mutants.has('no-reservation'),
  };
}

/** Passes until nothing more can be placed: a preemptor that waits anew makes another one. */
export function runQueue(context: Context): Context {
  if (bindsNothing(context)) return context;
  let next = assignCleared(context, context.mutants.has('preemptor-early'));
  for (let shapes = due(next); shapes.length > 0; shapes = due(next)) {
    const { everywhere, nodes } = next.stirred;
    next = assignCleared(runPass({ ...next, stirred: STILL }, shapes, everywhere ? null : nodes), false);
  }
  return next.stirred === STILL ? next : { ...next, stirred: STILL };
}

/** Who is to be tried: new shapes, and if room may have appeared, all. A template not yet seen is waited for. */
function due({ queue, stirred, templates }: Context): readonly Shape[] {
  if (queue.shapes.isEmpty()) return [];
  const moved = stirred.everywhere || !stirred.nodes.isEmpty();
  return [...queue.shapes.values()].filter(
    (shape) => (moved || !shape.tried) && templates.has(shape.replicaSet),
  );
}

/** @param stirred - where room may have appeared for those that were tried; null: everywhere */
function runPass(before: Context, shapes: readonly Shape[], stirred: ISet<string> | null): Context {
  const context = refreshRoster(before);
  const rooms = new PassRooms(context);
  const groups = shapes.map((shape): Group => {
    const cools = (node: string) => context.cooling.has(`${node}/${shape.replicaSet}`);
    return {
      ...shape,
      waiting: shape.waiting.order,
      constraints: (context.templates.get(shape.replicaSet) as { constraints: Group['constraints'] })
        .constraints,
      rooms: shape.tried && stirred !== null ? rooms.some(stirred, cools) : rooms.open(cools),
    };
  });
  const lowest = context.priorities.isEmpty() ? null : Math.min(...context.priorities.keys());
  const { binds, nominations } = place(
    groups,
    (priority) => lowest !== null && lowest < priority,
    rulesOf(context),
  );
  let next = bind(context, binds);
  for (const { preemptor, node, victims, awaited } of nominations) {
    const record = next.records.get(preemptor) as PodRecord;
    next = { ...next, queue: dequeue(next.queue, [record]) };
    next = keepRoom(next, { preemptor, node, requests: record.requests, awaited });
    next = evict(next, victims);
    next = emit(next, {
      type: 'report',
      reason: 'Preempted',
      subject: preemptor,
      on: { replicaSet: record.replicaSet },
      text: `room is made on ${node}: ${victims.length} Pods of lower priority end, ${awaited.length} are awaited`,
    });
  }
  next = {
    ...next,
    queue: markTried(
      next.queue,
      shapes.map(({ key }) => key),
      true,
    ),
  };
  return next;
}

/** Binds: a version of S, `Assign` to the node in one batch, news for R. */
function bind(context: Context, binds: readonly { uid: Uid; node: string }[]): Context {
  if (binds.length === 0) return context;
  let { counter } = context;
  const before = binds.map(({ uid }) => context.records.get(uid) as PodRecord);
  const records = binds.map(
    ({ node }, i): PodRecord => ({
      ...(before[i] as PodRecord),
      node,
      phase: 'bound',
      version: version(context, ++counter),
    }),
  );
  let next = hold({ ...context, counter, queue: dequeue(context.queue, before) }, records);
  for (const [node, group] of Map.groupBy(records, (record) => record.node as string))
    next = post(next, node, { assign: group });
  const arrived = new Set(context.arrived);
  return tell(next, { changed: records.filter(({ uid }) => !arrived.has(uid)).map(statusOf) });
}

/** Preemptors whose victims are gone get their room, or wait anew if it went otherwise. */
function assignCleared(context: Context, early: boolean): Context {
  if (context.preemptions.isEmpty()) return context;
  const cleared = [...context.preemptions.values()].filter((preemption) => early || isCleared(preemption));
  return cleared.reduce((next, preemption) => assignPreemptor(next, preemption, early), context);
}

function assignPreemptor(context: Context, preemption: Preemption, early: boolean): Context {
  const { preemptor, node, requests } = preemption.context;
  const entry = context.nodes.get(node);
  const record = context.records.get(preemptor);
  if (entry === undefined || record === undefined || !takesPods(entry)) return context;
  const room = roomOf(context, entry);
  room.reserved = minus(room.reserved, requests);
  const constraints = context.templates.get(record.replicaSet)?.constraints;
  const fits =
    constraints !== undefined && admits(constraints, entry.fact) && hasRoom(room, requests, rulesOf(context));
  const next = endReservations(context, [preemptor]);
  if (fits || early) return bind(next, [{ uid: preemptor, node }]);
  return { ...next, queue: enqueue(next.queue, [record]) };
}

/** Starts the clock by which people hear of a ReplicaSet that finds no room, and stops it when none of its Pods waits. */
export function watchForRoom(context: Context): Context {
  if (context.queue.shapes.isEmpty() && context.noRoom.isEmpty()) return context;
  const waiting = new Set(context.queue.shapes.valueSeq().map(({ replicaSet }) => replicaSet));
  const effects: Effect[] = [];
  for (const replicaSet of waiting)
    if (!context.noRoom.has(replicaSet))
      effects.push({ type: 'setTimer', timer: `noRoom/${replicaSet}`, milliseconds: TIMERS.noRoom });
  for (const replicaSet of context.noRoom)
    if (!waiting.has(replicaSet)) effects.push({ type: 'cancelTimer', timer: `noRoom/${replicaSet}` });
  const next = effects.length === 0 ? context : emit({ ...context, noRoom: ISet(waiting) }, ...effects);
  return context.handOver.isOn ? clockHandOver(next, waiting) : next;
}

/** The clock by which a ReplicaSet's waiting Pods are handed over: it runs from when S knows the ReplicaSet, too (†). */
function clockHandOver(context: Context, waiting: ReadonlySet<string>): Context {
  const { handOver, templates, mutants } = context;
  const isKnown = (replicaSet: string) => templates.has(replicaSet) || mutants.has('clock-before-template');
  const clocks = ISet([...waiting].filter((one) => handOver.clocks.has(one) || isKnown(one)));
  const begun = clocks.subtract(handOver.clocks);
  const stopped = handOver.clocks.subtract(clocks);
  if (begun.isEmpty() && stopped.isEmpty()) return context;
  return emit(
    { ...context, handOver: { ...handOver, clocks, awaited: handOver.awaited.deleteAll(stopped) } },
    ...[...begun].map((one): Effect => {
      return { type: 'setTimer', timer: `handOver/${one}`, milliseconds: TIMERS.handOver };
    }),
    ...[...stopped].map((one): Effect => ({ type: 'cancelTimer', timer: `handOver/${one}` })),
  );
}

/** The clock ran out: says how many wait, and of what size. */
export function reportNoRoom(context: Context, replicaSet: string): Context {
  const waiting = [...context.queue.shapes.values()].filter((shape) => shape.replicaSet === replicaSet);
  const count = waiting.reduce((sum, shape) => sum + shape.waiting.places.size, 0);
  if (count === 0) return context;
  const open = context.nodes.count(takesPods);
  const why = context.templates.has(replicaSet)
    ? `none of ${open} nodes that take Pods admits them and has room`
    : 'their ReplicaSet has not been seen';
  return emit(context, {
    type: 'report',
    reason: 'FailedScheduling',
    subject: replicaSet,
    on: { replicaSet },
    text: `${count} Pods wait for a node: ${why}`,
  });
}
