/** The ends of links that a stage has, in one of its states. */
import type { AutoscalerState } from '../../machines/autoscaler/index.ts';
import type { DeploymentState } from '../../machines/deployment/index.ts';
import type { KubeletState } from '../../machines/kubelet/index.ts';
import type { DownstreamSide, UpstreamSide } from '../../machines/ownership/link/index.ts';
import type { ReplicaSetState } from '../../machines/replicaset/index.ts';
import { recordsOf } from '../../machines/scheduler/holdings.ts';
import type { SchedulerState } from '../../machines/scheduler/index.ts';
import { type LinkName, type PeerName, type PodRecord, stageOf } from '../../spec/vocabulary.ts';

/** One end of a link in one state. */
export interface End {
  readonly link: LinkName;
  readonly side: UpstreamSide | DownstreamSide;
  readonly records: Iterable<PodRecord>;
}

const NONE: Iterable<PodRecord> = [];

/** The ends that a stage has in a state. */
export function endsOf(stage: PeerName, state: unknown): { upper: readonly End[]; lower: readonly End[] } {
  switch (stageOf(stage)) {
    case 'autoscaler': {
      const { down } = (state as AutoscalerState).context;
      return { upper: [{ link: 'downstream', side: down, records: NONE }], lower: [] };
    }
    case 'deployment': {
      const { up, down } = (state as DeploymentState).context;
      return {
        upper: [{ link: 'downstream', side: down, records: NONE }],
        lower: [{ link: 'upstream', side: up, records: NONE }],
      };
    }
    case 'replicaset': {
      const { up, down, records } = (state as ReplicaSetState).context;
      return {
        upper: [{ link: 'downstream', side: down, records: records.values() }],
        lower: [{ link: 'upstream', side: up, records: NONE }],
      };
    }
    case 'scheduler': {
      const { context } = state as SchedulerState;
      const nodes = [...context.nodes].map(([node, { link }]): End => {
        return { link: `node/${node}`, side: link, records: recordsOf(context, node).values() };
      });
      const up: End = { link: 'upstream', side: context.upstream, records: context.records.values() };
      return { upper: nodes, lower: [up] };
    }
    case 'kubelet': {
      const { side, pods } = (state as KubeletState).context;
      return {
        upper: [],
        lower: [{ link: 'upstream', side, records: pods.map(({ record }) => record).values() }],
      };
    }
  }
}
