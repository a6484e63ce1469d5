/** R with one ReplicaSet of many Pods: the most that its records can be in one place. */
import { replicaSetStage } from '../../../machines/replicaset/index.ts';
import type { StageEvent } from '../../../spec/events.ts';
import type { PodRecord, PodStatus, SessionId, Want } from '../../../spec/vocabulary.ts';
import { podFact, replicaSetFact, uidOf } from './facts.ts';
import { batches, Driven, type GrownStage, leaseHolds, overWire, SELF, sample } from './world.ts';

const NODES = 100;
const RS = uidOf('rs', 0);

/** What S says of a record. */
function status(record: PodRecord, i: number, phase: PodStatus['phase'], ready = false): PodStatus {
  const node = `worker-${i % NODES}`;
  return {
    uid: record.uid,
    node,
    phase,
    ready,
    version: { stage: `kubelet/${node}`, incarnation: SELF, counter: i + 1 },
  };
}

function want(value: number, counter: number): Want {
  const version = { generation: 1, incarnation: SELF, counter };
  return {
    ...{ deployment: uidOf('d', 0), version, value, replicaSet: RS, revision: '6d4cf56db6' },
    mode: 'direct',
    confirmed: true,
  };
}

const invalidate = (session: SessionId, changed: readonly PodStatus[]) =>
  ({ kind: 'Invalidate', session, changed, adopted: [], lost: [], wants: [], counts: [] }) as const;

/** R with this many records, nearly all ready; S has answered for all but a sample, another sample is not ready yet. */
export function growReplicaSet(records: number): GrownStage {
  const r = new Driven(replicaSetStage, { incarnation: SELF });
  r.give({ type: 'replicaSetObserved', replicaSet: replicaSetFact(0) });
  r.give({ type: 'synced', what: 'replicaSets' });
  r.give({ type: 'switchObserved', switch: { owner: 'direct', resourceVersion: '1' } });
  const down = r.openDownstream('downstream', 'scheduler');
  const up = r.openUpstream('deployment', 'replicaset', leaseHolds);
  r.receive('upstream', { kind: 'Scale', session: up, wants: [want(records, 1)] });
  const minted = r.sent('Assign').flatMap((message) => message.records);
  const numbers = new Map(minted.map(({ uid }, i) => [uid, i]));
  const created = sample(minted);
  const rest = minted.filter((record) => !created.includes(record));
  const accepted = sample(rest);
  const fromBelow = (record: PodRecord, phase: PodStatus['phase'], ready = false) =>
    status(record, numbers.get(record.uid) as number, phase, ready);
  for (const batch of batches(rest, 10))
    r.receive('downstream', {
      kind: 'Assigned',
      session: down,
      pods: batch.map((each) => fromBelow(each, 'accepted')),
    });
  const settled = new Set(accepted);
  for (const batch of batches(
    rest.filter((record) => !settled.has(record)),
    10,
  ))
    r.receive(
      'downstream',
      invalidate(
        down,
        batch.map((each) => fromBelow(each, 'running', true)),
      ),
    );

  const below = (message: Parameters<typeof overWire>[0]): StageEvent => ({
    ...{ type: 'received', link: 'downstream', message: overWire(message) },
  });
  const scale = (value: number): StageEvent => ({
    ...{ type: 'received', link: 'upstream' },
    message: overWire({ kind: 'Scale', session: up, wants: [want(value, 2)] }),
  });
  const ready = accepted.map((each) => below(invalidate(down, [fromBelow(each, 'running', true)])));
  const ended = sample(rest).map(({ uid }) => below({ kind: 'Terminated', session: down, uids: [uid] }));
  const { state } = r;
  const released = r.after({ type: 'switchObserved', switch: { owner: 'stock', resourceVersion: '2' } });
  const deleted = r.after({
    type: 'replicaSetObserved',
    replicaSet: replicaSetFact(0, { deleting: true, resourceVersion: '2000' }),
  });
  return r.grown([
    { name: 'one more wanted', state, events: sample(rest).map(() => scale(records + 1)) },
    {
      name: 'assigned',
      state,
      events: created.map((each) =>
        below({ kind: 'Assigned', session: down, pods: [fromBelow(each, 'bound')] }),
      ),
    },
    { name: 'ready', state, events: ready },
    { name: 'gone, and replaced', state, events: ended },
    {
      name: 'observed at the API',
      state,
      events: sample(rest).map((each) => ({
        type: 'podObserved',
        pod: podFact(each, { node: 'worker-0', deletionCost: 5 }),
      })),
    },
    { name: 'ready, while released', state: released, events: ready },
    { name: 'gone, its ReplicaSet deleted', state: deleted, events: ended },
    {
      name: 'one fewer wanted',
      state,
      events: sample(rest)
        .slice(0, 20)
        .map(() => scale(records - 1)),
    },
  ]);
}
