/** Which stage of this process holds which Pod, and for what it waits: for `/pods` and `kubedirect why`. Read off the machines, not decided here. */
import type { KubeletState } from '../../../machines/kubelet/index.ts';
import { isUpstreamOpen } from '../../../machines/ownership/link/index.ts';
import type { ReplicaSetState } from '../../../machines/replicaset/index.ts';
import type { SchedulerState } from '../../../machines/scheduler/index.ts';
import { type PodRecord, stageOf, type Uid } from '../../../spec/vocabulary.ts';
import type { StageProcess } from '../host/stageProcess.ts';

/** A Pod as one stage holds it. @public */
export interface HeldPod {
  readonly stage: string;
  readonly incarnation: number;
  readonly uid: Uid;
  /** uid of its ReplicaSet. */
  readonly replicaSet: string;
  readonly phase: string;
  readonly node: string | null;
  readonly ready: boolean;
  /** What it waits for here; empty if for nothing: it runs, or is with a stage further down. */
  readonly waitsFor: string;
}

function atReplicaSet({ context }: ReplicaSetState, { phase, node }: PodRecord): string {
  if (!isUpstreamOpen(context.down)) return 'the link to the scheduler is not open';
  return phase === 'terminating' ? `${node ?? 'the scheduler'} to confirm that it is gone` : '';
}

function atScheduler({ context }: SchedulerState, { uid, phase, node, replicaSet }: PodRecord): string {
  const { handOver, nodes, preemptions, queue, templates } = context;
  if (node !== null) {
    const entry = nodes.get(node);
    if (entry === undefined || !isUpstreamOpen(entry.link)) return `the link to ${node}, which is not open`;
    if (phase === 'terminating') return `${node} to confirm that it is gone`;
    return phase === 'bound' ? `${node} to accept it` : '';
  }
  const object = [...handOver.held].find(([, held]) => held === uid)?.[0];
  if (object !== undefined) {
    const { namespace, name, node: bound } = handOver.shown.get(object) ?? {};
    if (phase === 'terminating') return `Pod ${namespace}/${name} to be gone`;
    return bound == null
      ? `the stock scheduler to place Pod ${namespace}/${name}, which stands unbound`
      : `the agent of ${bound} to adopt Pod ${namespace}/${name}`;
  }
  if (handOver.handing.has(uid)) return 'its object, which is being published unbound';
  const preemption = preemptions.get(uid)?.context;
  if (preemption !== undefined)
    return `room on ${preemption.node}: ${preemption.awaited.length} Pods are being ended for it`;
  if (!templates.has(replicaSet)) return 'its ReplicaSet, which has not been seen';
  const shape = [...queue.shapes.values()].find(({ waiting }) => waiting.places.has(uid));
  return shape === undefined ? '' : 'a node that takes Pods, admits it and has room: there is none';
}

function atKubelet({ context }: KubeletState, { uid, phase, ready }: PodRecord): string {
  const pod = context.pods.get(uid);
  if (pod === undefined || (phase === 'running' && ready)) return '';
  const containers = pod.containers === 'none' ? '' : `, containers ${pod.containers}`;
  if (phase === 'terminating') return `its end: object ${pod.object}${containers}`;
  return phase === 'running'
    ? 'its containers to be ready'
    : `its containers to run: object ${pod.object}${containers}`;
}

type Life = NonNullable<StageProcess['life']>;

/** The Pods that a life holds, and why each waits there. */
interface Holding {
  readonly records: readonly PodRecord[];
  readonly why: (record: PodRecord) => string;
}

function holdingOf(self: StageProcess['self'], { state }: Life): Holding {
  switch (stageOf(self)) {
    case 'replicaset': {
      const replicaSet = state as ReplicaSetState;
      const records = [...replicaSet.context.records.values()];
      return { records, why: (record) => atReplicaSet(replicaSet, record) };
    }
    case 'scheduler': {
      const scheduler = state as SchedulerState;
      const records = [...scheduler.context.records.values()];
      return { records, why: (record) => atScheduler(scheduler, record) };
    }
    case 'kubelet': {
      const kubelet = state as KubeletState;
      const records = [...kubelet.context.pods.values()].map(({ record }) => record);
      return { records, why: (record) => atKubelet(kubelet, record) };
    }
    default:
      return { records: [], why: () => '' };
  }
}

/** The records of one stage of this process, as they are, without a word on what each waits for. @public */
export function recordsOf({ self, life }: Pick<StageProcess, 'self' | 'life'>): readonly PodRecord[] {
  return life === null ? [] : holdingOf(self, life).records;
}

/** Of all stages of a process. @public */
export function podsOf(stages: readonly Pick<StageProcess, 'self' | 'life'>[]): readonly HeldPod[] {
  return stages.flatMap(({ self, life }) => {
    if (life === null) return [];
    const { incarnation } = life;
    const { records, why } = holdingOf(self, life);
    return records.map((record) => {
      const { uid, replicaSet, phase, node, ready } = record;
      return { stage: self, incarnation, uid, replicaSet, phase, node, ready, waitsFor: why(record) };
    });
  });
}
