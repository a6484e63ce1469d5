/**
 * The Pods that wait for a node: by priority, then age (`spec/protocol.md` 7).
 *
 * Pods of one ReplicaSet revision, size and priority are one *shape*: if the oldest finds no room, none does. So what
 * a step costs grows with the shapes that wait, not with the Pods.
 */
import { Map as IMap } from 'immutable';
import type { PodRecord, Resources, Uid } from '../../spec/vocabulary.ts';
import { EMPTY_LINE, join, type Line, leave } from './line.ts';

/** Waiting Pods that no scheduler could tell apart. */
export interface Shape {
  readonly key: string;
  readonly replicaSet: string;
  readonly priority: number;
  readonly requests: Resources;
  readonly waiting: Line;
  /** No node had room when last tried: only nodes that changed since need trying. */
  readonly tried: boolean;
}

/** The queue. */
export interface Queue {
  readonly shapes: IMap<string, Shape>;
  /** Number of arrivals ever. */
  readonly arrivals: number;
}

/** Nobody waits. */
export const EMPTY_QUEUE: Queue = { shapes: IMap(), arrivals: 0 };

/** What makes two waiting Pods the same to the Scheduler. */
export function shapeOf({ replicaSet, revision, priority, requests }: PodRecord): string {
  return `${replicaSet}/${revision}/${priority}/${requests.cpu}/${requests.memory}/${requests.pods}`;
}

/** Adds records at the end of the queue. */
export function enqueue(queue: Queue, records: readonly PodRecord[]): Queue {
  let { arrivals } = queue;
  const groups = new Map<string, PodRecord[]>();
  for (const record of records) {
    const key = shapeOf(record);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [record]);
    else group.push(record);
  }
  let { shapes } = queue;
  const places = new Map(records.map((record) => [record.uid, arrivals++]));
  for (const [key, group] of groups) {
    const first = group[0] as PodRecord;
    const shape = shapes.get(key) ?? {
      key,
      replicaSet: first.replicaSet,
      priority: first.priority,
      requests: first.requests,
      waiting: EMPTY_LINE,
      tried: false,
    };
    const waiting = join(
      shape.waiting,
      group.map(({ uid }) => [uid, places.get(uid) as number]),
    );
    shapes = shapes.set(key, { ...shape, waiting });
  }
  return { shapes, arrivals };
}

/** Takes records out; those that do not wait are ignored. */
export function dequeue(queue: Queue, records: Iterable<PodRecord>): Queue {
  let { shapes } = queue;
  const groups = new Map<string, Uid[]>();
  for (const record of records) {
    const key = shapeOf(record);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [record.uid]);
    else group.push(record.uid);
  }
  for (const [key, uids] of groups) {
    const shape = shapes.get(key);
    if (shape === undefined) continue;
    const waiting = leave(shape.waiting, uids);
    shapes = waiting.places.isEmpty() ? shapes.delete(key) : shapes.set(key, { ...shape, waiting });
  }
  return { ...queue, shapes };
}

/** Whether a record waits. */
export function isWaiting(queue: Queue, record: PodRecord): boolean {
  return queue.shapes.get(shapeOf(record))?.waiting.places.has(record.uid) ?? false;
}

/** Marks shapes as tried, or as to be tried everywhere again. */
export function markTried(queue: Queue, keys: Iterable<string>, tried: boolean): Queue {
  let { shapes } = queue;
  for (const key of keys) {
    const shape = shapes.get(key);
    if (shape !== undefined && shape.tried !== tried) shapes = shapes.set(key, { ...shape, tried });
  }
  return shapes === queue.shapes ? queue : { ...queue, shapes };
}
