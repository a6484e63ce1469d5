/** What the machines of a Pod's containers are told of its spec. */
import { type PodPlan, PROBES, type ProbeKind, type ProbePlan } from '../../machines/runtime/index.ts';
import type { ContainerSpec, KeptPod, Probe } from './podSpec.ts';

const plans = (probe: Probe): ProbePlan => ({
  initialDelay: (probe.initialDelaySeconds ?? 0) * 1_000,
  period: (probe.periodSeconds ?? 10) * 1_000,
  successThreshold: probe.successThreshold ?? 1,
  failureThreshold: probe.failureThreshold ?? 3,
});
/** The probe of a kind, if the container has one. */
export const probeOf = (container: ContainerSpec, kind: ProbeKind) => container[`${kind}Probe`];

/** An init container that runs on. */
export const isSidecar = ({ restartPolicy }: ContainerSpec) => restartPolicy === 'Always';

/** What the machine is told of a Pod's spec. */
export function planOf({ spec }: KeptPod): PodPlan {
  const planned = (isInit: boolean) => (container: ContainerSpec) => ({
    name: container.name,
    kind: !isInit ? ('main' as const) : isSidecar(container) ? ('sidecar' as const) : ('init' as const),
    probes: Object.fromEntries(
      PROBES.flatMap((kind) => {
        const probe = probeOf(container, kind);
        return probe === undefined ? [] : [[kind, plans(probe)]];
      }),
    ),
  });
  return {
    containers: [...(spec.initContainers ?? []).map(planned(true)), ...spec.containers.map(planned(false))],
  };
}
