/** What the status of a Pod says of its containers and addresses, as a kubelet writes it. */
import type { PodRun } from './pod.ts';

const time = (ms: number) => new Date(ms).toISOString();

/** The part of a Pod's status that its runtime knows. */
export function containerStatuses(run: PodRun, hostIP: string): object {
  const inits = new Set((run.pod.spec.initContainers ?? []).map(({ name }) => name));
  const all = [...run.containers()].map(([{ name, image }, created]) => {
    const containerID = created === null ? '' : `containerd://${created.id}`;
    const isRunning = created !== null && created.exitCode === null;
    const startedAt = created === null ? undefined : time(created.startedAt);
    const ended = {
      exitCode: created?.exitCode ?? 0,
      reason: created?.exitCode === 0 ? 'Completed' : 'Error',
      ...{ startedAt, finishedAt: created?.finishedAt ? time(created.finishedAt) : undefined, containerID },
    };
    return {
      ...{ name, image, imageID: image, containerID, restartCount: created?.attempt ?? 0 },
      ready: inits.has(name) ? created?.exitCode === 0 : run.ready === true,
      started: isRunning,
      state: isRunning
        ? { running: { startedAt } }
        : created === null
          ? { waiting: { reason: 'ContainerCreating' } }
          : { terminated: ended },
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
