/** Reads records, links and wants off the states of the stages, for the properties. */

import type { AutoscalerState } from '../../machines/autoscaler/index.ts';
import type { DeploymentState } from '../../machines/deployment/index.ts';
import type { KubeletState } from '../../machines/kubelet/index.ts';
import {
  type DownstreamSide,
  downstreamSession,
  fenceOf,
  isDownstreamOpen,
  isUpstreamOpen,
  type UpstreamSide,
  upstreamSession,
} from '../../machines/ownership/link/index.ts';
import type { ReplicaSetState } from '../../machines/replicaset/index.ts';
import type { SchedulerState } from '../../machines/scheduler/index.ts';
import type { LinkEnd } from '../../spec/properties/index.ts';
import type { Fence, PeerName, PodRecord, SessionId } from '../../spec/vocabulary.ts';
import type { Observation } from './world.ts';

/** A downstream end. */
export function downEnd(
  peer: PeerName,
  seen: { open: boolean; session: SessionId | null; fence: Fence },
): LinkEnd {
  const state = seen.open ? 'open' : seen.session === null ? 'closed' : 'offered';
  return { peer, side: 'down', state, session: seen.session, fence: seen.fence };
}

/** The end that a downstream side holds. */
export function downEndOf(peer: PeerName, side: DownstreamSide): LinkEnd {
  return downEnd(peer, {
    open: isDownstreamOpen(side),
    session: downstreamSession(side),
    fence: fenceOf(side),
  });
}

/** The end that an upstream side holds. */
export function upEndOf(side: UpstreamSide): LinkEnd {
  const open = isUpstreamOpen(side);
  const session = upstreamSession(side);
  const state = open ? 'open' : session === null ? 'closed' : 'offered';
  return { peer: side.context.peer, side: 'up', state, session, fence: null };
}

const asRecord = (record: PodRecord, owned: boolean) => ({ ...record, owned });

/** R: what it minted it has assigned in the same step, so it owns nothing between steps. */
export function observeReplicaSet(state: ReplicaSetState): Observation {
  const { records, up, down, wants, replicaSets } = state.context;
  return {
    records: [...records.values()].map((record) => asRecord(record, false)),
    wants: [...wants.values()],
    replicaSets: [...replicaSets.values()],
    preemptions: new Map(),
    links: [downEndOf('deployment', up), upEndOf(down)],
  };
}

const NONE: ReadonlyMap<string, readonly string[]> = new Map();

/** A: it holds wants only. */
export function observeAutoscaler(state: AutoscalerState): Observation {
  const { wants: held, pending, down, config } = state.context;
  const wants = [...held.values()];
  const minted = wants.filter(({ version }) => version.incarnation === config.incarnation);
  const waiting = new Map([...pending].map(([uid, { generation }]) => [uid, generation ?? Infinity]));
  return { records: [], wants, minted, waiting, preemptions: NONE, links: [upEndOf(down)] };
}

/** D: it holds wants only; what it last sent is what it wants. */
export function observeDeployment(state: DeploymentState): Observation {
  const { entries, up, down } = state.context;
  const wants = [...entries.values()].flatMap(({ sent }) => (sent === null || sent === 'gone' ? [] : [sent]));
  return { records: [], wants, preemptions: NONE, links: [downEndOf('autoscaler', up), upEndOf(down)] };
}

/** S: it owns what it has not bound, but for what stands unbound at the API Server: that is stock's scheduler's to place, and then its K's. */
export function observeScheduler(state: SchedulerState): Observation {
  const { records, nodes, upstream, preemptions, handOver } = state.context;
  const standing = new Set(handOver.held.values());
  return {
    records: [...records.values()].map((record) =>
      asRecord(record, record.node === null && !standing.has(record.uid)),
    ),
    wants: [],
    preemptions: new Map([...preemptions].map(([uid, { context }]) => [uid, context.awaited])),
    links: [downEndOf('replicaset', upstream), ...[...nodes.values()].map(({ link }) => upEndOf(link))],
  };
}

/** K: it owns all that it holds. */
export function observeKubelet(state: KubeletState): Observation {
  const { pods, side, doubted } = state.context;
  const end = downEndOf('scheduler', side);
  return {
    records: [...pods.values()].map(({ record }) => asRecord(record, true)),
    wants: [],
    preemptions: NONE,
    links: [doubted.isEmpty() ? end : { ...end, doubted: new Set(doubted) }],
  };
}
