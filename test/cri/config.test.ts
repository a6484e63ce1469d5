/** A Pod in a container runtime's words; what is not heeded is named. */
import { describe, expect, it } from 'vitest';
import { containerConfig, sandboxConfig } from '../../impl/cri/config.ts';
import { expanded } from '../../impl/cri/environment.ts';
import { planOf } from '../../impl/cri/plan.ts';
import type { ContainerSpec, KeptPod } from '../../impl/cri/podSpec.ts';
import { unheeded } from '../../spec/containers/heeded.ts';

const FOLDERS = { logs: '/logs', volumes: '/volumes', secrets: '/secrets', cgroupParent: '/pods' };
const PLACE = { node: 'n', hostAddress: '10.0.0.1', podAddress: '10.1.0.7' };
const main: ContainerSpec = {
  name: 'main',
  image: 'echo:1',
  command: ['serve', '--as=$(NAME)', '$$(NAME)', '$(UNKNOWN)'],
  env: [
    { name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    { name: 'APP', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
    { name: 'WHERE', value: '$(NAME) on $(NODE)' },
    { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
    { name: 'ADDRESS', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
  ],
  resources: { requests: { cpu: '250m', memory: '64Mi' }, limits: { cpu: '500m', memory: '128Mi' } },
  volumeMounts: [{ name: 'scratch', mountPath: '/tmp' }],
  readinessProbe: { httpGet: { path: '/', port: 80 }, periodSeconds: 1 },
  securityContext: { runAsUser: 7, allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
};
const pod: KeptPod = {
  uid: 'r1-1',
  namespace: 'default',
  name: 'echo-r1-1',
  labels: { app: 'echo' },
  annotations: {},
  spec: {
    containers: [main],
    initContainers: [
      { name: 'first', image: 'echo:1' },
      { name: 'proxy', image: 'echo:1', restartPolicy: 'Always' },
    ],
    volumes: [{ name: 'scratch', emptyDir: {} }],
  },
};

describe('a Pod in CRI', () => {
  const config = containerConfig(pod, main, 3, PLACE, FOLDERS);

  it('has its variables, in their order, and its arguments by them', () => {
    expect(config.envs.map(({ key, value }) => [key, value.toString()])).toEqual([
      ['NAME', 'echo-r1-1'],
      ['APP', 'echo'],
      ['WHERE', 'echo-r1-1 on $(NODE)'],
      ['NODE', 'n'],
      ['ADDRESS', '10.1.0.7'],
    ]);
    expect(config.command).toEqual(['serve', '--as=echo-r1-1', '$(NAME)', '$(UNKNOWN)']);
    expect(expanded('$$$(A)', new Map([['A', '1']]))).toBe('$1');
  });

  it('has the weight and the bounds of its resources', () => {
    expect(config.linux.resources).toMatchObject({
      cpu_shares: 256,
      cpu_quota: 50_000,
      cpu_period: 100_000,
      memory_limit_in_bytes: 128 * 2 ** 20,
    });
  });

  it('has its volumes, its user and no more rights than it asks for', () => {
    expect(config.mounts).toEqual([
      { container_path: '/tmp', host_path: '/volumes/r1-1/scratch', readonly: false },
    ]);
    expect(config.linux.security_context).toMatchObject({
      run_as_user: { value: 7 },
      no_new_privs: true,
      capabilities: { add_capabilities: [], drop_capabilities: ['ALL'] },
    });
  });

  it('writes into no volume that is filled from objects, whatever its mount says', () => {
    const volumes = [
      { name: 'c', configMap: { name: 'c' } },
      { name: 'e', emptyDir: {} },
    ];
    const volumeMounts = volumes.map(({ name }) => ({ name, mountPath: `/${name}`, readOnly: false }));
    const filled = { ...pod, spec: { ...pod.spec, volumes } };
    const { mounts } = containerConfig(filled, { ...main, volumeMounts }, 0, PLACE, FOLDERS);
    expect(mounts.map(({ readonly }) => readonly)).toEqual([true, false]);
  });

  it('keeps the whole Pod with its sandbox, for the next life of the agent', () => {
    const { annotations, labels, log_directory } = sandboxConfig(pod, 'n', FOLDERS);
    expect(JSON.parse(annotations['kubedirect.dev/pod'] ?? '')).toEqual(pod);
    expect(labels).toMatchObject({ 'kubedirect.dev/node': 'n', 'kubedirect.dev/uid': 'r1-1' });
    expect(log_directory).toBe('/logs/default_echo-r1-1_r1-1');
  });

  it('is planned with its init containers first, and Kubernetes’ defaults for probes', () => {
    expect(planOf(pod)).toEqual({
      containers: [
        { name: 'first', kind: 'init', probes: {} },
        { name: 'proxy', kind: 'sidecar', probes: {} },
        {
          name: 'main',
          kind: 'main',
          probes: {
            readiness: { initialDelay: 0, period: 1_000, successThreshold: 1, failureThreshold: 3 },
          },
        },
      ],
    });
  });
});

describe('what is not heeded', () => {
  const heeded = {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    hostPID: false,
    containers: [main],
    volumes: [{ name: 'scratch', emptyDir: {} }],
  };

  it('is nothing of what the runtime carries out', () => {
    expect(unheeded(heeded)).toEqual([]);
  });

  it.each<[string, object, string]>([
    ['a host namespace', { hostPID: true }, 'spec.hostPID'],
    ['a user namespace', { hostUsers: false }, 'spec.hostUsers'],
    [
      'a volume in memory',
      { volumes: [{ name: 'v', emptyDir: { medium: 'HugePages' } }] },
      'spec.volumes[v].emptyDir.medium',
    ],
    [
      'a file of a resource',
      { volumes: [{ name: 'v', downwardAPI: { items: [{ path: 'p', resourceFieldRef: {} }] } }] },
      'spec.volumes[v].downwardAPI.items[p]',
    ],
    [
      'a trust bundle',
      { volumes: [{ name: 'v', projected: { sources: [{ clusterTrustBundle: {} }] } }] },
      'spec.volumes[v].projected.sources[0].clusterTrustBundle',
    ],
    ['variables of Services', { enableServiceLinks: true }, 'spec.enableServiceLinks'],
    [
      'a volume of another kind',
      { volumes: [{ name: 'v', hostPath: { path: '/' } }] },
      'spec.volumes[v].hostPath',
    ],
    [
      'a privileged container',
      { containers: [{ ...main, securityContext: { privileged: true } }] },
      'spec.containers[0].securityContext.privileged',
    ],
    [
      'an init container with a restart policy of its own that makes it no sidecar',
      { initContainers: [{ name: 's', image: 'i', restartPolicy: 'OnFailure' }] },
      'spec.initContainers[0].restartPolicy',
    ],
    [
      'a container with a restart policy of its own',
      { containers: [{ ...main, restartPolicy: 'Always' }] },
      'spec.containers[0].restartPolicy',
    ],
    [
      'a probe by gRPC',
      { containers: [{ ...main, livenessProbe: { grpc: { port: 1 } } }] },
      'spec.containers[0].livenessProbe.grpc',
    ],
    [
      'a variable of a resource',
      { containers: [{ ...main, env: [{ name: 'A', valueFrom: { resourceFieldRef: {} } }] }] },
      'spec.containers[0].env[A].valueFrom.resourceFieldRef',
    ],
    [
      'a hook after the start',
      { containers: [{ ...main, lifecycle: { postStart: { tcpSocket: {} } } }] },
      'spec.containers[0].lifecycle.postStart.tcpSocket',
    ],
    [
      'nobody is root, and nobody says who it is',
      { securityContext: { runAsNonRoot: true }, containers: [{ name: 'a', image: 'i' }] },
      'spec.containers[0].securityContext.runAsNonRoot',
    ],
  ])('%s', (_name, more, path) => {
    expect(unheeded({ ...heeded, ...more })).toEqual([path]);
  });
});
