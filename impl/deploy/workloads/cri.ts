/**
 * The Pod of an agent that runs containers itself, by a container runtime of its own on the machine. What it needs beyond the others, and why:
 *
 * - root: the runtime's socket is root's, and so are the files that it writes; `DAC_OVERRIDE` and `FOWNER`, to remove what containers wrote as
 *   other users, in sticky folders too;
 * - the machine's network: the API Server asks it for logs and exec at its Node's address, and probes go to Pods from there;
 * - folders of the machine, under the same paths, since the runtime is told them: the socket's, logs and volumes, Secrets; and its credentials.
 *
 * It is not privileged by name, but root with the runtime's socket can have anything run: it is as trusted as a kubelet.
 */
import { ACCOUNTS, CRI_NODE_SUFFIX } from '../identities.ts';
import { container, labelsOf, podSpec, SCRATCH, SCRATCH_MOUNT, scopeOf, UNPRIVILEGED } from './pods.ts';
import type { Values } from './values.ts';

const NODE = `$(NODE_NAME)${CRI_NODE_SUFFIX}`;

/** Its Pod template. */
export function criPod(values: Values) {
  const placement = values.cri;
  const { socketFolder, socket, folder, secrets, credentials } = placement;
  const folders = [
    { name: 'runtime', path: socketFolder, type: 'Directory' },
    { name: 'pods', path: folder, type: 'DirectoryOrCreate' },
    { name: 'secrets', path: secrets, type: 'DirectoryOrCreate' },
    { name: 'credentials', path: credentials, type: 'Directory', readOnly: true },
  ];
  const args = [
    ...['agent', '--runtime', 'cri', '--nodes', NODE, '--journals', `${folder}/journals`],
    ...['--namespace', '$(POD_NAMESPACE)', '--host', '$(POD_IP)', '--issued-certificates'],
    ...['--cri-socket', `${socketFolder}/${socket}`, '--cri-folder', folder, '--secret-folder', secrets],
    ...['--node-kubeconfig', `${credentials}/kubeconfig`, '--client-ca', `${credentials}/client-ca.crt`],
    ...scopeOf(values),
  ];
  const main = container({
    ...{ name: 'cri', values, placement, args },
    volumeMounts: [
      SCRATCH_MOUNT,
      ...folders.map(({ name, path, readOnly }) => ({
        ...{ name, mountPath: path },
        ...(readOnly === true && { readOnly }),
      })),
    ],
  });
  return {
    metadata: { labels: labelsOf('cri') },
    spec: podSpec(values, placement, ACCOUNTS.cri, {
      priorityClassName: 'system-node-critical',
      hostNetwork: true,
      securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          ...main,
          securityContext: {
            ...UNPRIVILEGED,
            capabilities: { drop: ['ALL'], add: ['DAC_OVERRIDE', 'FOWNER'] },
            ...{ runAsNonRoot: false, runAsUser: 0 },
          },
        },
      ],
      volumes: [SCRATCH, ...folders.map(({ name, path, type }) => ({ name, hostPath: { path, type } }))],
    }),
  };
}
