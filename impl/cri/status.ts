/** What the status of a Pod says of its containers and addresses, as a kubelet writes it. */
import type { Created } from './calls.ts';
import { isSidecar } from './plan.ts';
import type { PodRun } from './pod.ts';

const time = (ms: number) => new Date(ms).toISOString();

function ended({ id, exitCode, startedAt, finishedAt }: Omit<Created, 'before'>): object {
  return {
    exitCode: exitCode ?? 0,
    reason: exitCode === 0 ? 'Completed' : 'Error',
    startedAt: time(startedAt),
    ...(finishedAt !== null && { finishedAt: time(finishedAt) }),
    containerID: `containerd://${id}`,
  };
}

/** The part of a Pod's status that its runtime knows. */
export function containerStatuses(run: PodRun, hostIP: string): object {
  const inits = new Set((run.pod.spec.initContainers ?? []).map(({ name }) => name));
  const all = [...run.containers()].map(([container, created]) => {
    const { name, image } = container;
    const isThrough = inits.has(name) && !isSidecar(container) && created?.exitCode === 0;
    const containerID = created === null ? '' : `containerd://${created.id}`;
    const isRunning = created !== null && created.exitCode === null;
    const startedAt = created === null ? undefined : time(created.startedAt);
    return {
      ...{ name, image, imageID: image, containerID, restartCount: created?.attempt ?? 0 },
      ready: isThrough || run.isReady(name),
      started: isRunning,
      state: isRunning
        ? { running: { startedAt } }
        : created === null
          ? { waiting: { reason: 'ContainerCreating' } }
          : { terminated: ended(created) },
      ...(created?.before && { lastState: { terminated: ended(created.before) } }),
    };
  });
  return {
    hostIP,
    hostIPs: [{ ip: hostIP }],
    ...(run.address !== '' && { podIP: run.address, podIPs: [{ ip: run.address }] }),
    containerStatuses: all.filter(({ name }) => !inits.has(name)),
    ...(inits.size > 0 && { initContainerStatuses: all.filter(({ name }) => inits.has(name)) }),
  };
}
