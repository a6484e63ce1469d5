/**
 * The Helm chart and the kustomize base, rendered by Helm and kustomize themselves, are the objects that they were written from; and they
 * install into the real control plane.
 */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { createKubernetesClient, type KubernetesClient } from '../../impl/controller/kubernetes/client.ts';
import type { KubernetesError } from '../../impl/controller/kubernetes/errors.ts';
import type { KubernetesObject } from '../../impl/controller/kubernetes/types.ts';
import { SYSTEM_NAMESPACE } from '../../impl/controller/names.ts';
import {
  type BinaryName,
  binariesSupported,
  type ControlPlane,
  resolveBinaries,
  startControlPlane,
} from '../../impl/controlplane/index.ts';
import { apply, manifestPath } from '../../impl/deploy/apply.ts';
import { install } from '../../impl/deploy/install.ts';
import { namespaceManifest } from '../../impl/deploy/manifests.ts';
import { readOwner } from '../../impl/deploy/owner.ts';
import { packagedParts } from '../../impl/deploy/packages/index.ts';
import type { Manifest } from '../../impl/deploy/policies.ts';
import { defaultValues, type Values } from '../../impl/deploy/workloads/values.ts';
import { LED_STAGES } from '../../spec/vocabulary.ts';
import { BUILD_MS, until } from './support/realWaist.ts';

const NEEDED: readonly BinaryName[] = [
  ...(['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kwok', 'kubectl'] as const),
  'helm',
];
const support = await binariesSupported(NEEDED);
if (!support.ok) console.warn(`SKIPPED, Helm chart and kustomize base: ${support.reason}`);

const DEPLOY = path.join(import.meta.dirname, '../../deploy');
const CHART = path.join(DEPLOY, 'helm/kubedirect');
const OPTIONAL = ['serviceMonitor', 'dashboard'];
const run = promisify(execFile);

/** Objects by path, as plain data. */
function byPath(manifests: readonly Manifest[]): Readonly<Record<string, unknown>> {
  return JSON.parse(JSON.stringify(Object.fromEntries(manifests.map((one) => [manifestPath(one), one]))));
}
const parsed = (text: string) =>
  parseAllDocuments(text)
    .map((document) => document.toJS() as Manifest | null)
    .filter((one) => one !== null);
const from = (values: Values, without: readonly string[]) =>
  packagedParts(values)
    .filter(({ when }) => when === undefined || !without.includes(when))
    .map(({ manifest }) => manifest);

describe.skipIf(!support.ok)('the packages', () => {
  let programs: Map<BinaryName, string>;
  const program = async (name: BinaryName, ...args: string[]) =>
    (await run(programs.get(name) as string, args, { maxBuffer: 1 << 24 })).stdout;

  beforeAll(async () => {
    programs = await resolveBinaries(NEEDED, { onProgress: console.log });
  }, BUILD_MS);

  it('render to the same objects by Helm and by kustomize: those they were written from', async () => {
    const values = defaultValues();
    const expected = from(values, OPTIONAL);
    const helm = await program('helm', 'template', 'kubedirect', CHART, '--namespace', SYSTEM_NAMESPACE);
    expect(byPath(parsed(helm))).toEqual(byPath(expected));
    const kustomize = await program('kubectl', 'kustomize', path.join(DEPLOY, 'kustomize/base'));
    expect(byPath(parsed(kustomize))).toEqual(byPath([namespaceManifest(SYSTEM_NAMESPACE), ...expected]));
  });

  it('render with other values as the objects are made with them', async () => {
    const placement = {
      // Helm merges maps with those of values.yaml: so every key of theirs is said.
      resources: { requests: { cpu: 1, memory: '2Gi' }, limits: { memory: '2Gi' } },
      nodeSelector: { 'kubernetes.io/os': 'linux', pool: 'system' },
      tolerations: [{ key: 'dedicated', operator: 'Equal', value: 'yes: "really"' }],
    };
    const values: Values = {
      namespace: 'elsewhere',
      image: 'registry.example/kubedirect:v9',
      imagePullPolicy: 'Never',
      replicas: 3,
      logLevel: 'debug',
      envFrom: [{ configMapRef: { name: 'apiserver' } }],
      hostNetwork: true,
      stages: placement,
      agent: { ...placement, tolerations: [] },
      ...{ journals: '/srv/journals', watchdogAfter: 90 },
    };
    const { image, imagePullPolicy, namespace, journals, watchdogAfter, ...same } = values;
    const set = {
      ...same,
      image: { repository: 'registry.example/kubedirect', tag: 'v9', pullPolicy: imagePullPolicy },
      agent: { ...values.agent, journals, enabled: false },
      watchdog: { after: watchdogAfter },
      monitoring: { serviceMonitor: true, dashboard: true },
    };
    const flags = Object.entries(set).flatMap(([name, value]) => [
      '--set-json',
      `${name}=${JSON.stringify(value)}`,
    ]);
    const helm = await program('helm', 'template', 'kubedirect', CHART, '--namespace', namespace, ...flags);
    expect(byPath(parsed(helm))).toEqual(byPath(from(values, ['agent'])));
  });

  it('are a chart without faults', async () => {
    expect(await program('helm', 'lint', '--strict', CHART)).toContain('0 chart(s) failed');
  });

  describe('on the real control plane', () => {
    let cluster: ControlPlane;
    let client: KubernetesClient;
    const helm = (...args: string[]) => program('helm', ...args, '--kubeconfig', cluster.kubeconfig);
    const ready = async (kind: 'deployments' | 'daemonsets', name: string) => {
      const path = `/apis/apps/v1/namespaces/${SYSTEM_NAMESPACE}/${kind}/${name}`;
      const object = await client.get<KubernetesObject & { status?: Readonly<Record<string, number>> }>(path);
      return object?.status?.readyReplicas ?? object?.status?.numberReady ?? 0;
    };

    beforeAll(async () => {
      cluster = await startControlPlane({ nodes: 2, limits: 'lifted' });
      client = createKubernetesClient({ kubeconfig: cluster.kubeconfig });
    }, BUILD_MS);
    afterAll(async () => {
      await client?.close();
      await cluster?.stop();
    });

    it('helm install brings two Pods of each stage and an agent a node; the fence is proved, and owns', async () => {
      const start = performance.now();
      await helm('install', 'kubedirect', CHART, '--namespace', SYSTEM_NAMESPACE, '--create-namespace');
      for (const stage of LED_STAGES)
        await until(
          `two Pods of ${stage}`,
          async () => (await ready('deployments', `kubedirect-${stage}`)) === 2,
        );
      await until('two agents', async () => (await ready('daemonsets', 'kubedirect-agent')) === 2);
      await until('the watchdog', async () => (await ready('deployments', 'kubedirect-watchdog')) === 1);
      expect(await readOwner(client, SYSTEM_NAMESPACE)).toBeUndefined();
      const connection = { kubeconfig: cluster.kubeconfig };
      const installed = await install({ connection, namespace: SYSTEM_NAMESPACE, existing: true });
      expect(installed).toMatchObject({ owner: 'direct', objects: 1 });
      console.log(`helm install to a proved fence: ${Math.round(performance.now() - start)} ms`);
    });

    it('helm upgrade leaves the owner switch as it is', async () => {
      await helm('upgrade', 'kubedirect', CHART, '--namespace', SYSTEM_NAMESPACE, '--set', 'logLevel=debug');
      expect(await readOwner(client, SYSTEM_NAMESPACE)).toMatchObject({ owner: 'direct' });
    });

    it('Pods of the stages pass Pod security "restricted"; the agent fails by its journal alone', async () => {
      const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
      const name = 'restricted';
      await apply(client, { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
      const dryRun = async (component: string) => {
        const values = defaultValues(name);
        const workload = from(values, OPTIONAL).find(
          ({ kind, metadata }) =>
            metadata.name === `kubedirect-${component}` && /Deployment|DaemonSet/.test(kind),
        )?.spec as { template: { spec: object } };
        const {
          serviceAccountName: _,
          priorityClassName: __,
          ...spec
        } = workload.template.spec as Record<string, unknown>;
        const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: component }, spec };
        const created = client.createPod(name, pod, { dryRun: true });
        return created.then(
          () => 'admitted',
          (error: KubernetesError) => error.message,
        );
      };
      for (const stage of LED_STAGES) expect(await dryRun(stage), stage).toBe('admitted');
      const refusal = await dryRun('agent');
      const reasons = /"restricted:latest": (.*)$/s.exec(refusal)?.[1] ?? refusal;
      expect(reasons.split(/\), |, (?=\w+ ?\()/).map((each) => each.split(' (')[0])).toEqual([
        'unrestricted capabilities',
        'restricted volume types',
        'runAsNonRoot != true',
        'runAsUser=0',
      ]);
    });

    it('helm uninstall takes all away but the keepers, the switch and the Leases', async () => {
      await helm('uninstall', 'kubedirect', '--namespace', SYSTEM_NAMESPACE, '--wait');
      expect(await readOwner(client, SYSTEM_NAMESPACE)).toMatchObject({ owner: 'direct' });
      const policies = await client.list('/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies');
      expect(policies.items.map(({ metadata }) => metadata.name)).toEqual([
        'kubedirect-keeper',
        'kubedirect-lease-keeper',
      ]);
    });
  });
});
