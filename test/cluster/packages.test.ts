/**
 * The Helm chart and the kustomize base, rendered by Helm and kustomize themselves, are the objects that they were written from; and they
 * install into the real control plane.
 */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { createKubernetesClient, type KubernetesClient } from '../../impl/controller/kubernetes/client.ts';
import type { KubernetesError } from '../../impl/controller/kubernetes/errors.ts';
import { pathOf } from '../../impl/controller/kubernetes/paths.ts';
import type { KubernetesObject } from '../../impl/controller/kubernetes/types.ts';
import type { TlsOptions } from '../../impl/controller/links/index.ts';
import { IssuedCertificates } from '../../impl/controller/links/issuedCertificates.ts';
import { LINKS_CA, SYSTEM_NAMESPACE } from '../../impl/controller/names.ts';
import { agentArguments, runArguments, SpawnedStage } from '../../impl/controller/process/spawn.ts';
import {
  type BinaryName,
  binariesSupported,
  type ControlPlane,
  resolveBinaries,
  startControlPlane,
} from '../../impl/controlplane/index.ts';
import { apply, manifestPath } from '../../impl/deploy/apply.ts';
import { ACCOUNTS, serviceAccountUser } from '../../impl/deploy/identities.ts';
import { install } from '../../impl/deploy/install.ts';
import { namespaceManifest } from '../../impl/deploy/manifests.ts';
import { readOwner } from '../../impl/deploy/owner.ts';
import { packagedParts } from '../../impl/deploy/packages/index.ts';
import { ONE_NAMESPACE } from '../../impl/deploy/packages/kustomize.ts';
import type { Manifest } from '../../impl/deploy/policies.ts';
import { sign } from '../../impl/deploy/signer/signer.ts';
import { defaultValues, type Values } from '../../impl/deploy/workloads/values.ts';
import { LED_STAGES, type StageName } from '../../spec/vocabulary.ts';
import { allows, grantsTo, usesOf } from '../deploy/support/recorder.ts';
import { askedBy } from './support/audit.ts';
import { BUILD_MS, until } from './support/realWaist.ts';

const NEEDED: readonly BinaryName[] = [
  ...(['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kwok', 'kubectl'] as const),
  'helm',
];
const support = await binariesSupported(NEEDED);
if (!support.ok) console.warn(`SKIPPED, Helm chart and kustomize base: ${support.reason}`);

const DEPLOY = path.join(import.meta.dirname, '../../deploy');
const CHART = path.join(DEPLOY, 'helm/kubedirect');
const OPTIONAL = ['cri', 'serviceMonitor', 'rules', 'dashboard'];
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
    // With agents that run the containers the stages are told so.
    const overlay = fs.mkdtempSync(path.join(DEPLOY, 'kustomize/.overlay-'));
    try {
      const kustomization = { resources: ['../base'], components: ['../components/cri'] };
      fs.writeFileSync(path.join(overlay, 'kustomization.yaml'), stringify(kustomization));
      const cri = await program('kubectl', 'kustomize', overlay);
      const stages = { ...values.stages, runtime: 'cri' };
      const told = from({ ...values, stages }, OPTIONAL.slice(1));
      expect(byPath(parsed(cri))).toEqual(byPath([namespaceManifest(SYSTEM_NAMESPACE), ...told]));
    } finally {
      fs.rmSync(overlay, { recursive: true });
    }
    const one = await program('kubectl', 'kustomize', path.join(DEPLOY, 'kustomize/one-namespace'));
    const namespaces = [SYSTEM_NAMESPACE, ONE_NAMESPACE].map(namespaceManifest);
    const limited = from(defaultValues(SYSTEM_NAMESPACE, ONE_NAMESPACE), OPTIONAL);
    expect(byPath(parsed(one))).toEqual(byPath([...namespaces, ...limited]));
    // For a namespace of another name, as docs/install.md says it is made.
    const shop = from(defaultValues(SYSTEM_NAMESPACE, 'shop'), OPTIONAL);
    expect(byPath(parsed(one.replaceAll(ONE_NAMESPACE, 'shop')))).toEqual(
      byPath([namespaceManifest(SYSTEM_NAMESPACE), namespaceManifest('shop'), ...shop]),
    );
  });

  it('render with other values as the objects are made with them', async () => {
    const placement = {
      // Helm merges maps with those of values.yaml: so every key of theirs is said.
      resources: { requests: { cpu: 1, memory: '2Gi' }, limits: { memory: '2Gi' } },
      nodeSelector: { 'kubernetes.io/os': 'linux', pool: 'system' },
      tolerations: [{ key: 'dedicated', operator: 'Equal', value: 'yes: "really"' }],
    };
    const values: Values = {
      ...{ namespace: 'elsewhere', watchNamespace: 'shop' },
      image: 'registry.example/kubedirect:v9',
      imagePullPolicy: 'Never',
      replicas: 3,
      logLevel: 'debug',
      envFrom: [{ configMapRef: { name: 'apiserver' } }],
      hostNetwork: true,
      imagePullSecrets: [{ name: 'registry' }],
      stages: { ...placement, runtime: 'cri', extraArgs: ['--otlp', 'http://collector:4318'] },
      agent: { ...placement, tolerations: [] },
      cri: {
        ...placement,
        nodeSelector: { ...placement.nodeSelector, 'kubedirect.dev/runtime': 'cri' },
        ...{ socketFolder: '/run/other', socket: 's', folder: '/srv/cri', secrets: '/dev/shm/cri' },
        credentials: '/etc/cri',
      },
      ...{ journals: '/srv/journals', watchdogAfter: 90 },
    };
    const { image, imagePullPolicy, namespace, journals, watchdogAfter, ...same } = values;
    const set = {
      ...same,
      image: { repository: 'registry.example/kubedirect', tag: 'v9', pullPolicy: imagePullPolicy },
      agent: { ...values.agent, journals, enabled: false },
      stages: { ...values.stages, runtime: '' },
      cri: { ...values.cri, enabled: true },
      watchdog: { after: watchdogAfter },
      monitoring: { serviceMonitor: true, rules: true, dashboard: true },
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
      cluster = await startControlPlane({ nodes: 2, limits: 'lifted', auditLog: true });
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
      await until('the signers', async () => (await ready('deployments', 'kubedirect-signer')) === 2);
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

    describe('certificates of the links', () => {
      const over = new AbortController();
      const clients: KubernetesClient[] = [];
      let folder: string;
      let agent: string;
      const told: Record<string, unknown>[] = [];
      const log = (text: string, fields: Readonly<Record<string, unknown>>) =>
        void told.push({ text, ...fields });
      const of = (account: string) => cluster.serviceAccountKubeconfig(SYSTEM_NAMESPACE, account);
      const as = (kubeconfig: string) => {
        const one = createKubernetesClient({ kubeconfig });
        clients.push(one);
        return one;
      };
      /** A kubeconfig with the token that the agent's Pod on a node has: bound to it, and so to the node. */
      const agentOf = async (node: string): Promise<string> => {
        const query = {
          labelSelector: 'app.kubernetes.io/component=agent',
          fieldSelector: `spec.nodeName=${node}`,
        };
        const { items } = await client.list(`/api/v1/namespaces/${SYSTEM_NAMESPACE}/pods`, query);
        const { name, uid } = items[0]!.metadata;
        const boundObjectRef = { apiVersion: 'v1', kind: 'Pod', name, uid };
        const { status } = await client.request<{ status: { token: string } }>({
          method: 'POST',
          path: `/api/v1/namespaces/${SYSTEM_NAMESPACE}/serviceaccounts/${ACCOUNTS.agent}/token`,
          body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { boundObjectRef } },
        });
        const config = parse(fs.readFileSync(await of(ACCOUNTS.agent), 'utf8'));
        config.users[0].user = { token: status.token };
        const file = path.join(folder, `agent-${node}.kubeconfig`);
        fs.writeFileSync(file, stringify(config), { mode: 0o600 });
        return file;
      };

      beforeAll(async () => {
        folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-signed-'));
        agent = await agentOf('node-0');
        // As two Pods would.
        for (const _ of [1, 2])
          void sign({
            client: as(await of(ACCOUNTS.signer)),
            namespace: SYSTEM_NAMESPACE,
            signal: over.signal,
            log,
          });
      });
      afterAll(async () => {
        over.abort();
        await Promise.all(clients.map((each) => each.close()));
        fs.rmSync(folder, { recursive: true, force: true });
      });
      const obtain = async (kubeconfig: string, identity: string, more: object = {}) =>
        IssuedCertificates.obtain(
          { client: as(kubeconfig), namespace: SYSTEM_NAMESPACE, signal: over.signal, log, ...more },
          identity,
        );

      it('are issued to each account for what it is; links open by them: R, S and the agent of a node, as processes', async () => {
        const common = (stage: StageName, kubeconfig: string) => {
          return { kubeconfig, holder: `signed-${stage}`, folder, traces: false };
        };
        const more = ['--issued-certificates', '--status', '127.0.0.1:0'];
        const run = async (stage: 'replicaset' | 'scheduler') =>
          runArguments([stage], common(stage, await of(ACCOUNTS[stage])), more);
        const stages = [
          new SpawnedStage('replicaset', await run('replicaset'), path.join(folder, 'r.log')),
          new SpawnedStage('scheduler', await run('scheduler'), path.join(folder, 's.log')),
          new SpawnedStage(
            'kubelet',
            agentArguments(['node-0'], common('kubelet', agent), more),
            path.join(folder, 'k.log'),
          ),
        ];
        try {
          await Promise.all(stages.map((each) => each.start()));
          await until(
            'R is ready: its link to S is open, and that of S to the agent',
            async () => (await fetch(`http://${stages[0]?.status}/readyz`)).ok,
          );
        } finally {
          await Promise.all(stages.map((each) => each.stop()));
        }
      });

      it.each([
        ['the account of S', 'replicaset', () => of(ACCOUNTS.scheduler)],
        ['the agent of one node', 'kubelet/node-1', async () => agent],
        ['an agent whose token names no node', 'kubelet/node-0', () => of(ACCOUNTS.agent)],
        [
          'an account of somebody else',
          'scheduler',
          () => cluster.serviceAccountKubeconfig(SYSTEM_NAMESPACE, 'stranger'),
        ],
      ] as const)('%s is not certified as %s', async (_, identity, kubeconfig) => {
        const giving = new AbortController();
        const denied: string[] = [];
        const refused = obtain(await kubeconfig(), identity, {
          signal: giving.signal,
          log: (__: string, { error }: { error: string }) => {
            denied.push(error);
            giving.abort();
          },
        });
        await expect(refused).rejects.toThrow();
        // A stranger may not even ask.
        expect(denied[0]).toMatch(/was denied: system:serviceaccount:\S+ is not |is forbidden/);
      });

      it('are renewed before they run out, under the eyes of who uses them', async () => {
        let hours = 0;
        const issued = await obtain(await of(ACCOUNTS.scheduler), 'scheduler', {
          ...{ everyMs: 50, now: () => Date.now() + hours * 3_600_000 },
        });
        const before = issued.current;
        await new Promise((resolve) => setTimeout(resolve, 300));
        expect(issued.current).toEqual(before);
        const renewed = new Promise<TlsOptions>((resolve) => issued.onRotated(resolve));
        hours = 17;
        const after = await renewed;
        hours = 0;
        expect(after.ca).toBe(before.ca);
        expect(after.cert).not.toBe(before.cert);
      });

      it('the rights of the signer are what it has asked for: through its first authority and the next, approvals, denials and leaves', async () => {
        // Two months on, the next authority is due.
        const later = new AbortController();
        const signer = sign({
          ...{ client: as(await of(ACCOUNTS.signer)), namespace: SYSTEM_NAMESPACE, log },
          signal: later.signal,
          now: () => Date.now() + 61 * 86_400_000,
          onReady: (isReady) => isReady && later.abort(),
        });
        await signer;
        const asked = askedBy(cluster.dataDir, serviceAccountUser(SYSTEM_NAMESPACE, ACCOUNTS.signer));
        const grants = grantsTo('signer', SYSTEM_NAMESPACE);
        const missing = asked.filter((one) => !grants.some((grant) => allows(grant, one)));
        expect([...new Set(missing.map((one) => JSON.stringify(one)))]).toEqual([]);
        const unused = [...usesOf(grants, asked)].filter(([, isUsed]) => !isUsed).map(([use]) => use);
        // Asked by admission, of whoever approves and signs.
        expect(unused).toEqual(['approve signers', 'sign signers']);
      });
    });

    it('the kubeconfig of a cri agent, as docs/containers.md has it made, is its Node and no more', async () => {
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-node-'));
      const page = fs.readFileSync(path.join(DEPLOY, '../docs/containers.md'), 'utf8');
      const script = /^NODE=[\s\S]*?(?=^```)/m.exec(page)?.[0] ?? '';
      try {
        const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script], {
          cwd: folder,
          env: {
            ...process.env,
            NODE: 'machine-7-cri',
            KUBECONFIG: cluster.kubeconfig,
            PATH: `${path.dirname(programs.get('kubectl') as string)}:${process.env.PATH}`,
          },
        });
        expect(stdout).toMatch(/Username +system:node:machine-7-cri\nGroups +\[system:nodes /);
        expect(fs.readdirSync(folder).sort()).toEqual(['client-ca.crt', 'kubeconfig']);
        const ca = path.join(cluster.dataDir, 'pki/ca.crt');
        expect(fs.readFileSync(path.join(folder, 'client-ca.crt'), 'utf8').trim()).toBe(
          fs.readFileSync(ca, 'utf8').trim(),
        );
        const node = createKubernetesClient({ kubeconfig: path.join(folder, 'kubeconfig') });
        const body = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'machine-7-cri' } };
        await node.request({ method: 'POST', path: '/api/v1/nodes', body });
        // What no Pod of it names.
        const secret = pathOf({ resource: 'secrets', namespace: SYSTEM_NAMESPACE, name: LINKS_CA });
        await expect(node.request({ method: 'GET', path: secret })).rejects.toMatchObject({ status: 403 });
        await node.close();
        await client.request({ method: 'DELETE', path: '/api/v1/nodes/machine-7-cri' });
      } finally {
        fs.rmSync(folder, { recursive: true, force: true });
      }
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
