/** S with many records on a fixed number of nodes, and with as many waiting for room. */
import { schedulerStage } from '../../../machines/scheduler/index.ts';
import type { StageEvent } from '../../../spec/events.ts';
import type { Message } from '../../../spec/messages.ts';
import type { PodRecord, PodStatus, SessionId } from '../../../spec/vocabulary.ts';
import { nodeFact, REQUESTS, replicaSetFact, strangerFact, uidOf } from './facts.ts';
import { batches, Driven, type GrownStage, leaseHolds, overWire, PEER, SELF, sample } from './world.ts';

function record(i: number): PodRecord {
  return {
    ...{
      uid: `r${PEER.toString(36)}-${(i + 1).toString(36)}`,
      replicaSet: uidOf('rs', 0),
      revision: '6d4cf56db6',
    },
    ...{ requests: REQUESTS, priority: 0, node: null, phase: 'created', ready: false },
    version: { stage: 'replicaset', incarnation: PEER, counter: i + 1 },
  };
}
const of = (link: 'upstream' | `node/${string}`, message: Message): StageEvent => ({
  ...{ type: 'received', link, message: overWire(message) },
});
const invalidate = (session: SessionId, changed: readonly PodStatus[]): Message => ({
  ...{ kind: 'Invalidate', session, changed, adopted: [], lost: [], wants: [], counts: [] },
});

/** S with its links open. */
function connected(nodes: number, podsPerNode: number) {
  const s = new Driven(schedulerStage, { incarnation: SELF });
  const names = Array.from({ length: nodes }, (_, i) => `worker-${i}`);
  s.give({ type: 'nodesListed', nodes: names.map((name) => nodeFact(name, PEER, podsPerNode)) });
  const down = { upstream: SELF, downstream: PEER, n: 1 };
  for (const name of names) s.openDownstream(`node/${name}`, `kubelet/${name}`);
  s.give({ type: 'replicaSetObserved', replicaSet: replicaSetFact(0) });
  const up = s.openUpstream('replicaset', 'scheduler', leaseHolds);
  return { s, up, down };
}

function assign(s: Driven<unknown>, up: SessionId, records: readonly PodRecord[]): Map<string, string> {
  const placed = new Map<string, string>();
  for (const batch of batches(records, 100)) {
    s.receive('upstream', { kind: 'Assign', session: up, records: batch });
    for (const message of s.sent('Assign'))
      for (const { uid, node } of message.records) placed.set(uid, node as string);
  }
  return placed;
}

/** S with this many records bound, nearly all ready, on `nodes` nodes. */
export function growScheduler(records: number, nodes: number): GrownStage {
  const { s, up, down } = connected(nodes, Math.ceil(records / nodes) + 1000);
  const all = Array.from({ length: records }, (_, i) => record(i));
  const placed = assign(s as Driven<unknown>, up, all);
  const numbers = new Map(all.map(({ uid }, i) => [uid, i]));
  const status = ({ uid }: PodRecord, phase: PodStatus['phase'], ready: boolean): PodStatus => {
    const node = placed.get(uid) as string;
    const counter = (numbers.get(uid) as number) * 2 + (ready ? 2 : 1);
    return { uid, node, phase, ready, version: { stage: `kubelet/${node}`, incarnation: PEER, counter } };
  };
  const linkOf = ({ uid }: PodRecord) => `node/${placed.get(uid)}` as const;
  const bound = new Set(sample(all));
  const rest = all.filter((each) => !bound.has(each));
  const accepted = new Set(sample(rest));
  for (const group of Map.groupBy(rest, linkOf).values())
    for (const batch of batches(group, 10)) {
      const link = linkOf(batch[0] as PodRecord);
      const pods = batch.map((each) => status(each, 'accepted', false));
      s.receive(link, { kind: 'Assigned', session: down, pods });
      const ready = batch.filter((each) => !accepted.has(each));
      s.receive(
        link,
        invalidate(
          down,
          ready.map((each) => status(each, 'running', true)),
        ),
      );
    }
  const { state } = s;
  const reconnectBytes = s.reconnectBytes('replicaset', 'scheduler', leaseHolds);
  const grown = s.grown([
    {
      name: 'assigned by R, and bound',
      state,
      events: sample(all).map((_, i) =>
        of('upstream', { kind: 'Assign', session: up, records: [record(records + i)] }),
      ),
    },
    {
      name: 'accepted',
      state,
      events: [...bound].map((each) =>
        of(linkOf(each), { kind: 'Assigned', session: down, pods: [status(each, 'accepted', false)] }),
      ),
    },
    {
      name: 'ready',
      state,
      events: [...accepted].map((each) =>
        of(linkOf(each), invalidate(down, [status(each, 'running', true)])),
      ),
    },
    {
      name: 'to be terminated',
      state,
      events: sample(rest).map(({ uid }) => of('upstream', { kind: 'Terminate', session: up, uids: [uid] })),
    },
    {
      name: 'gone',
      state,
      events: sample(rest).map((each) =>
        of(linkOf(each), { kind: 'Terminated', session: down, uids: [each.uid] }),
      ),
    },
    {
      name: 'observed at the API',
      state,
      events: sample(all).map((_, i) => ({
        type: 'podObserved',
        pod: strangerFact(i, `worker-${i % nodes}`),
      })),
    },
  ]);
  return { ...grown, reconnectBytes };
}

/** S on ten full nodes, where this many Pods wait: an eighth was served and has gone before. */
export function growQueue(records: number): GrownStage {
  const { s, up, down } = connected(10, 1);
  const placed = assign(
    s as Driven<unknown>,
    up,
    Array.from({ length: records + 10 }, (_, i) => record(i)),
  );
  const serve = ([uid, node]: readonly [string, string]): StageEvent =>
    of(`node/${node}`, { kind: 'Terminated', session: down, uids: [uid] });
  for (let i = 0; i < records / 8; i++) {
    const first = placed.entries().next().value as [string, string];
    s.give(serve(first));
    placed.delete(first[0]);
    for (const message of s.sent('Assign'))
      for (const { uid, node } of message.records) placed.set(uid, node as string);
  }
  const { state } = s;
  const waits = sample(Array.from({ length: records }, (_, i) => i));
  return s.grown([
    {
      name: 'gone, the oldest of the queue bound',
      state,
      events: waits.map((i) => serve([...placed][i % placed.size] as [string, string])),
    },
    {
      name: 'assigned by R, and queued',
      state,
      events: waits.map((i) =>
        of('upstream', { kind: 'Assign', session: up, records: [record(2 * records + i)] }),
      ),
    },
  ]);
}
