/** A Deployment that asks for all that a container may be given of other objects, and bounds what it may do; and what its Pod is found with. */
import fs from 'node:fs';
import { expect } from 'vitest';
import { MANAGED_LABEL } from '../../../impl/controller/names.ts';
import { ECHO_IMAGE, type RealContainerd } from '../../../impl/controlplane/realnode.ts';
import { NODE_TAINT } from '../../../impl/cri/node.ts';
import type { DeploymentShape, RealWaist } from './realWaist.ts';

/** The objects that {@link settings} names. */
export const SETTINGS_OBJECTS = {
  apiVersion: 'v1',
  kind: 'List',
  items: [
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'colours' },
      data: { sky: 'blue', sun: 'gold' },
    },
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'hidden' }, stringData: { key: 'sesame' } },
  ],
};

/** Where its volumes are. */
const MOUNTS = ['colours', 'hidden', 'all', 'scratch'];

/** The Pod: as one user, with a read-only root, no rights, and bounds. */
export const settings: DeploymentShape = {
  requests: { cpu: '100m', memory: '16Mi' },
  pod: {
    ...{ automountServiceAccountToken: true, enableServiceLinks: false, terminationGracePeriodSeconds: 1 },
    tolerations: [NODE_TAINT],
    securityContext: { supplementalGroups: [4242] },
    volumes: [
      { name: 'colours', configMap: { name: 'colours' } },
      { name: 'hidden', secret: { secretName: 'hidden' } },
      {
        name: 'all',
        projected: {
          sources: [
            { serviceAccountToken: { path: 'token', audience: 'somebody', expirationSeconds: 600 } },
            { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
          ],
        },
      },
      { name: 'scratch', emptyDir: {} },
    ],
  },
  container: {
    ...{ image: ECHO_IMAGE, imagePullPolicy: 'Never' },
    env: [
      { name: 'KEY', valueFrom: { secretKeyRef: { name: 'hidden', key: 'key' } } },
      { name: 'POD_UID', valueFrom: { fieldRef: { fieldPath: 'metadata.uid' } } },
    ],
    envFrom: [{ prefix: 'AT_', configMapRef: { name: 'colours' } }],
    volumeMounts: MOUNTS.map((name) => ({ name, mountPath: `/mnt/${name}` })),
    resources: { requests: { cpu: '100m', memory: '16Mi' }, limits: { cpu: '250m', memory: '64Mi' } },
    securityContext: {
      ...{ runAsUser: 1234, runAsGroup: 5678, readOnlyRootFilesystem: true, allowPrivilegeEscalation: false },
      capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] },
      seccompProfile: { type: 'RuntimeDefault' },
    },
  },
};

const payloadOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
    readonly aud: readonly string[];
    readonly 'kubernetes.io': { readonly pod: { readonly name: string } };
  };

/** What is found in the container. */
export async function found({ kubectl, cluster }: RealWaist, pod: string) {
  const run = (...args: string[]) => kubectl('exec', pod, '--', '/program', ...args);
  const [env, files, own, status] = await Promise.all([
    run('env'),
    run('cat', '/mnt/colours/sky', '/mnt/hidden/key', '/mnt/all/labels'),
    run('cat', '/var/run/secrets/kubernetes.io/serviceaccount/token'),
    run('cat', '/proc/self/status'),
  ]);
  const token = payloadOf(await run('cat', '/mnt/all/token'));
  const writes = async (file: string) =>
    (await cluster.kubectl(['exec', pod, '--', '/program', 'write', file, 'x'])).code === 0;
  const field = (name: string) => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1];
  return {
    variables: ['KEY', 'AT_sky', 'AT_sun'].map((name) => new RegExp(`^${name}=(.*)$`, 'm').exec(env)?.[1]),
    files,
    tokens: [token.aud, token['kubernetes.io'].pod.name, payloadOf(own)['kubernetes.io'].pod.name],
    user: [field('Uid'), field('Gid'), /^Groups:\s*(.*?)\s*$/m.exec(status)?.[1]],
    rights: [field('CapBnd'), field('NoNewPrivs'), field('Seccomp')],
    writes: [await writes('/x'), await writes('/mnt/scratch/x')],
  };
}

/** What it must be found with. */
export const expectedOf = (pod: string) => ({
  variables: ['sesame', 'blue', 'gold'],
  files: expect.stringMatching(
    new RegExp(`^bluesesameapp="settings"\\n${MANAGED_LABEL}="true"\\npod-template-hash=".*"\\n$`),
  ),
  tokens: [['somebody'], pod, pod],
  user: ['1234', '5678', '4242 5678'],
  // Only binding to low ports (bit 10), and nothing beyond by any program.
  rights: ['0000000000000400', '1', '2'],
  writes: [false, true],
});

/** A value of a cgroup of the container, whichever version the machine has. */
export async function bounds({ ctr }: RealContainerd, id: string) {
  const pid = (await ctr(['-n', 'k8s.io', 'tasks', 'list']))
    .split('\n')
    .find((line) => line.startsWith(id))
    ?.split(/\s+/)[1];
  const groups = fs
    .readFileSync(`/proc/${pid}/cgroup`, 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const read = (controller: string, one: string, two: string) => {
    const [, , group] = groups.find(([, names = '']) => names.split(',').includes(controller)) ?? [];
    const [, , unified] = groups.find(([number]) => number === '0') ?? [];
    const file =
      group === undefined ? `/sys/fs/cgroup${unified}/${two}` : `/sys/fs/cgroup/${controller}${group}/${one}`;
    return fs.readFileSync(file, 'utf8').trim().split(' ')[0];
  };
  return {
    memory: read('memory', 'memory.limit_in_bytes', 'memory.max'),
    cpu: read('cpu', 'cpu.cfs_quota_us', 'cpu.max'),
  };
}
