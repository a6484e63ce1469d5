/**
 * A fresh cluster, by the packages: `kubectl apply -k` (the chart renders to the same objects: `packages.test.ts`), `install --existing`, a labelled Deployment, and its ten Pods are Ready. The Deployments and the DaemonSet of
 * the chart are made and bound by the stock controllers; their containers are processes of this machine, out of the layers of the image, by the arguments, the environment, the user
 * and the account that the chart gives them (`support/processKubelet.ts`). While something is missing, `/readyz` of the Pods and `kubedirect status` say what, and why.
 */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { createKubernetesClient, type KubernetesClient } from '../../impl/controller/kubernetes/client.ts';
import { pathOf } from '../../impl/controller/kubernetes/paths.ts';
import type { KubernetesObject, Lease } from '../../impl/controller/kubernetes/types.ts';
import { createAuthority } from '../../impl/controller/links/certificates.ts';
import { leaseName, SYSTEM_NAMESPACE } from '../../impl/controller/names.ts';
import {
  type BinaryName,
  binariesSupported,
  type ControlPlane,
  resolveBinaries,
  startControlPlane,
} from '../../impl/controlplane/index.ts';
import { type InstallationStatus, readStatus } from '../../impl/deploy/status.ts';
import { STATUS_PORT } from '../../impl/deploy/workloads/pods.ts';
import { LED_STAGES, type StageName } from '../../spec/vocabulary.ts';
import { layOutImage } from '../support/image.ts';
import { kubectlOnPath } from './support/portForward.ts';
import { ProcessKubelet } from './support/processKubelet.ts';
import { BUILD_MS, CASE_MS, deploymentManifest, until } from './support/realWaist.ts';

const NEEDED: readonly BinaryName[] = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kwok',
  'kubectl',
];
const support = await binariesSupported(NEEDED);
if (!support.ok) console.warn(`SKIPPED, a fresh cluster: ${support.reason}`);

const BASE = path.join(import.meta.dirname, '../../deploy/kustomize/base');
const NODES = ['node-0', 'node-1'];
const PODS = 10;
const run = promisify(execFile);
type Waiting = {
  readonly stages: readonly { readonly stage: string; readonly missing: readonly string[] }[];
};

describe.skipIf(!support.ok)('a fresh cluster, by the packages', () => {
  let cluster: ControlPlane;
  let client: KubernetesClient;
  let kubelet: ProcessKubelet;
  let folder: string;
  let image: string;
  let programs: Map<BinaryName, string>;

  const kubectl = async (args: readonly string[], input?: string) => {
    const { stdout, stderr, code } = await cluster.kubectl(args, input);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  const kubedirect = (...args: string[]) =>
    run(path.join(image, 'node'), [
      ...[path.join(image, 'impl/cli/main.ts'), ...args, '--kubeconfig', cluster.kubeconfig],
    ]).catch((error: { stdout: string; stderr: string; code: number }) => error);
  /** By the command, once what it reads says so: a process for each look would keep the machine busy. */
  const status = async () => JSON.parse((await kubedirect('status', '--json')).stdout) as InstallationStatus;
  const says = async (what: string, holds: (attention: readonly string[]) => boolean) => {
    await until(what, async () => holds((await readStatus(client, SYSTEM_NAMESPACE)).attention));
    await until(what, async () => holds((await status()).attention));
  };
  const attention = (what: string, told: RegExp) => says(what, (all) => all.some((one) => told.test(one)));
  const scale = (stage: string, replicas: number) =>
    kubectl(['-n', SYSTEM_NAMESPACE, 'scale', 'deployment', `kubedirect-${stage}`, `--replicas=${replicas}`]);
  const podsOf = async (component: string) => {
    const query = { labelSelector: `app.kubernetes.io/component=${component}` };
    const { items } = await client.list(pathOf({ resource: 'pods', namespace: SYSTEM_NAMESPACE }), query);
    return items;
  };
  /** What `/readyz` of a Pod says is missing; null while it does not answer. */
  const missingAt = async ({ metadata }: KubernetesObject) => {
    const address = kubelet.addressOf(metadata.uid);
    const answer = await fetch(`http://${address}:${STATUS_PORT}/readyz`).catch(() => null);
    if (answer === null) return null;
    const { stages } = (await answer.json()) as Waiting;
    const missing = stages.flatMap((one) => one.missing);
    expect([answer.status, missing.length > 0]).toEqual(answer.ok ? [200, false] : [503, true]);
    return missing;
  };
  const leaderOf = async (stage: Exclude<StageName, 'kubelet'>) => {
    const path = pathOf({ resource: 'leases', namespace: SYSTEM_NAMESPACE, name: leaseName(stage) });
    const holder = (await client.get<Lease>(path))?.spec?.holderIdentity;
    return (await podsOf(stage)).find(({ metadata }) => metadata.name === holder);
  };
  const readyReplicas = async (namespace: string, name: string) => {
    type Seen = KubernetesObject & { readonly status?: { readonly readyReplicas?: number } };
    const found = await client.get<Seen>(pathOf({ resource: 'deployments', namespace, name }));
    return found?.status?.readyReplicas ?? 0;
  };
  const readyNow = (namespace: string, name: string, count: number) =>
    until(`${count} of ${name}`, async () => (await readyReplicas(namespace, name)) === count, CASE_MS / 2);

  beforeAll(async () => {
    programs = await resolveBinaries(NEEDED, { onProgress: console.log });
    image = layOutImage();
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-fresh-'));
    cluster = await startControlPlane({ limits: 'lifted' });
    client = createKubernetesClient({ kubeconfig: cluster.kubeconfig });
    const rendered = await kubectl(['kustomize', BASE]);
    const images = parseAllDocuments(rendered).flatMap((one) => {
      const { kind, spec } = (one.toJS() ?? {}) as {
        kind?: string;
        spec?: { template?: { spec: { containers: { image: string }[] } } };
      };
      return kind === 'Deployment' ? (spec?.template?.spec.containers.map((each) => each.image) ?? []) : [];
    });
    expect(new Set(images).size).toBe(1);
    kubelet = new ProcessKubelet({
      ...{ client, kubeconfig: cluster.kubeconfig, image, imageName: images[0] as string },
      ...{ folder, nodes: NODES },
    });
    await kubelet.start();
  }, BUILD_MS);
  afterAll(async () => {
    await kubelet?.stop();
    await client?.close();
    await cluster?.stop();
    for (const one of [image, folder])
      if (one !== undefined) fs.rmSync(one, { recursive: true, force: true });
  }, CASE_MS);

  it('is told to be one', async () => {
    expect(await status()).toMatchObject({
      ...{ owner: null, attention: [expect.stringContaining('nothing is installed here')] },
    });
  });

  it(
    'ten managed Pods are Ready: the time is told',
    async () => {
      const start = performance.now();
      const since = () => `${((performance.now() - start) / 1000).toFixed(1)} s`;
      const { cert, key } = await (await createAuthority()).issue('autoscaler');
      const data = { 'tls.crt': cert, 'tls.key': key };
      const secret = {
        metadata: { name: 'kubedirect-scale-tls' },
        type: 'kubernetes.io/tls',
        stringData: data,
      };
      await kubectl(['apply', '--server-side', '-k', BASE]);
      const path = pathOf({ resource: 'secrets', namespace: SYSTEM_NAMESPACE });
      await client.request({ method: 'POST', path, body: secret });
      const applied = since();
      const { stdout } = await kubedirect('install', '--existing', '--json', '--timeout', '120');
      expect(JSON.parse(stdout)).toMatchObject({ owner: 'direct' });
      const proved = since();
      const web = JSON.stringify(deploymentManifest('web', { replicas: PODS }));
      await kubectl(['apply', '-f', '-'], web);
      await readyNow('default', 'web', PODS);
      const ready = since();
      for (const stage of LED_STAGES) await readyNow(SYSTEM_NAMESPACE, `kubedirect-${stage}`, 2);
      console.log(
        `a fresh cluster: applied after ${applied}, the fence proved after ${proved}, ${PODS} managed Pods Ready after ${ready}, two Pods of every stage Ready after ${since()} (${os.availableParallelism()} cores)`,
      );
      const pods = await client.list(pathOf({ resource: 'pods', namespace: 'default' }));
      expect(
        pods.items.filter(({ metadata }) => 'kubedirect.dev/uid' in (metadata.annotations ?? {})),
      ).toHaveLength(PODS);
      await says('all is well', (all) => all.length === 0);
    },
    2 * CASE_MS,
  );

  it(
    'why a Pod waits, as docs/install.md has it asked: by the Pods that the Leases name, and a token',
    async () => {
      await kubectl(['create', 'serviceaccount', 'looker']);
      await kubectl([
        'create',
        'clusterrolebinding',
        'looker',
        '--clusterrole=view',
        '--serviceaccount=default:looker',
      ]);
      const large = deploymentManifest('large', { replicas: 1, requests: { cpu: '64' } });
      await kubectl(['apply', '-f', '-'], JSON.stringify(large));
      await until('it finds no node', async () =>
        /FailedScheduling/.test(await kubectl(['describe', 'deployment', 'large'])),
      );
      const bin = kubectlOnPath(folder, programs.get('kubectl') as string);
      const command = `exec '${image}/node' '${image}/impl/cli/main.ts' "$@"\n`;
      fs.writeFileSync(path.join(bin, 'kubedirect'), `#!/bin/sh\n${command}`, { mode: 0o755 });
      const page = fs.readFileSync(path.join(import.meta.dirname, '../../docs/install.md'), 'utf8');
      const block = /^leader\(\)[\s\S]*?(?=^```)/m.exec(page)?.[0] ?? '';
      const script = block
        .replaceAll('SERVICEACCOUNT', 'looker')
        .replaceAll('=NODE', `=${NODES[0]}`)
        .replaceAll('deployment/web', 'deployment/large');
      const { stdout } = await run('bash', ['-euc', `trap 'kill $(jobs -p)' EXIT\n${script}`], {
        env: { ...process.env, KUBECONFIG: cluster.kubeconfig, PATH: `${bin}:${process.env.PATH}` },
      });
      expect(stdout).toMatch(/ scheduler .*(there is none|the stock scheduler to place Pod default\/large)/);
      expect(stdout).toMatch(/^pod\/kubedirect-agent-/m);
      await kubectl(['delete', 'deployment', 'large']);
    },
    CASE_MS,
  );

  it(
    'without the Secret of the scale API: its Pod says so',
    async () => {
      await kubectl(['-n', SYSTEM_NAMESPACE, 'delete', 'secret', 'kubedirect-scale-tls']);
      await scale('autoscaler', 0);
      await attention('status names the stage', /^autoscaler: nobody holds its Lease/);
      await scale('autoscaler', 2);
      await until('the Pod names the Secret', async () => {
        const described = await kubectl(['-n', SYSTEM_NAMESPACE, 'get', 'pods', '-o', 'json']);
        return described.includes('secret \\"kubedirect-scale-tls\\" not found');
      });
    },
    CASE_MS,
  );

  it(
    'without the signer: who has no certificate says so',
    async () => {
      await scale('signer', 0);
      await until('it is gone', async () => (await podsOf('signer')).length === 0);
      await scale('deployment', 0);
      await attention('status names the stage', /^deployment: nobody holds its Lease/);
      await scale('deployment', 1);
      await until('/readyz names the signer', async () => {
        const [pod] = await podsOf('deployment');
        const missing = pod === undefined ? null : await missingAt(pod);
        return missing?.some((one) => /certificate of the links: kubedirect signer/.test(one));
      });
      await scale('signer', 2);
      await readyNow(SYSTEM_NAMESPACE, 'kubedirect-deployment', 1);
    },
    CASE_MS,
  );

  it(
    'without S: R names its link; without the agents S names each; and status says both',
    async () => {
      const agents = ['-n', SYSTEM_NAMESPACE, 'patch', 'daemonset', 'kubedirect-agent', '--type=merge', '-p'];
      const agentsOn = (nodeSelector: object) =>
        kubectl([...agents, JSON.stringify({ spec: { template: { spec: { nodeSelector } } } })]);
      await agentsOn({ none: 'such' });
      await until('the agents are gone', async () => (await podsOf('agent')).length === 0);
      await scale('scheduler', 0);
      await attention('status names S', /^scheduler: nobody holds its Lease/);
      await until('/readyz of R names its link', async () => {
        const leader = await leaderOf('replicaset');
        const missing = leader === undefined ? null : await missingAt(leader);
        return missing?.includes('the link to scheduler is not open');
      });
      await attention(
        'status says what R waits for',
        /^replicaset: waits: the link to scheduler is not open$/,
      );
      await scale('scheduler', 1);
      await until('/readyz of S names the agents', async () => {
        const leader = await leaderOf('scheduler');
        const missing = leader === undefined ? null : await missingAt(leader);
        return NODES.every((node) =>
          missing?.some((one) => one.startsWith(`the agent of ${node} has not been reached`)),
        );
      });
      for (const node of NODES)
        await attention(
          'status says it too',
          new RegExp(`^scheduler: waits: the agent of ${node} has not been reached`),
        );
      await agentsOn({ none: null } as never);
      await says('all is well but for A', (all) => all.every((one) => one.startsWith('autoscaler')));
      expect(await readyReplicas('default', 'web')).toBe(PODS);
    },
    2 * CASE_MS,
  );
});
