/**
 * An Indexed Job that runs the seeds of a campaign, a share of them in each Pod (Kubernetes 1.29 or later). An index that finds a
 * failure is over and the others go on; one whose Pod was evicted or killed is tried again. What was found is the Pod's termination message.
 */
import { FUZZ_EXIT } from '../cli/exit.ts';
import type { Shards } from './division.ts';

/** What a Job is made for. @public */
export interface JobOptions extends Shards {
  readonly name: string;
  readonly namespace: string;
  /** Pods at the same time. */
  readonly parallelism: number;
  /** Image of the containers. */
  readonly image: string;
  /** What the container is: the command of an image that has `kubedirect`, or a checkout on each node (`checkout`). */
  readonly command: readonly string[];
  /** Folders of the nodes that the containers see, at the same paths, to read. */
  readonly mounts: readonly string[];
  /** More flags of `fuzz`. */
  readonly flags: readonly string[];
}

/** Where the kubelet looks for what a container leaves. */
export const TERMINATION_LOG = '/dev/termination-log';

const nameOf = (path: string, index: number) => ({ name: `host-${index}`, path });

/** The Job. @public */
export function jobOf(options: JobOptions): object {
  const { name, namespace, shards, parallelism, image, command, mounts, flags, seed, runs } = options;
  const hosts = mounts.map(nameOf);
  const container = {
    name: 'fuzz',
    image,
    imagePullPolicy: mounts.length > 0 ? 'Never' : 'IfNotPresent',
    command: [
      ...command,
      ...['shards', 'run', '--seed', String(seed), '--runs', String(runs), '--shards', String(shards)],
      ...flags,
    ],
    terminationMessagePath: TERMINATION_LOG,
    resources: { requests: { cpu: '500m', memory: '256Mi' } },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    volumeMounts: hosts.map((host) => ({ name: host.name, mountPath: host.path, readOnly: true })),
  };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace },
    spec: {
      completionMode: 'Indexed',
      completions: shards,
      parallelism,
      backoffLimitPerIndex: 2,
      podFailurePolicy: {
        rules: [
          {
            action: 'FailIndex',
            onExitCodes: {
              containerName: container.name,
              operator: 'In',
              values: [FUZZ_EXIT.safety, FUZZ_EXIT.liveness, FUZZ_EXIT.crash],
            },
          },
        ],
      },
      template: {
        spec: {
          restartPolicy: 'Never',
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          containers: [container],
          volumes: hosts.map((host) => ({
            name: host.name,
            hostPath: { path: host.path, type: 'Directory' },
          })),
        },
      },
    },
  };
}

/** What was asked for of a Job, read back from its manifest; null if it is none of ours. @public */
export function campaignOf(job: object): Shards | null {
  const { spec } = job as { spec?: { template?: { spec?: { containers?: { command?: string[] }[] } } } };
  const command = spec?.template?.spec?.containers?.[0]?.command ?? [];
  const flag = (name: string) => Number(command[command.indexOf(name) + 1]);
  const [seed, runs, shards] = [flag('--seed'), flag('--runs'), flag('--shards')];
  return [seed, runs, shards].every((value) => Number.isInteger(value) && value > 0)
    ? { seed, runs, shards }
    : null;
}
