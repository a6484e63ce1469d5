/**
 * What an installation manages stands on the owner switch: `install` writes it, and takes back what it had granted elsewhere; stages, the watchdog and
 * commands that were told something else are refused by name. On the real control plane: `test/cluster/namespaced.test.ts`.
 */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKubernetesClient, type KubernetesClient } from '../../impl/controller/kubernetes/client.ts';
import { denyingPolicy } from '../../impl/controller/kubernetes/errors.ts';
import { pathOf } from '../../impl/controller/kubernetes/paths.ts';
import type { KubernetesObject } from '../../impl/controller/kubernetes/types.ts';
import { leaseName, OWNER_SWITCH, SYSTEM_NAMESPACE } from '../../impl/controller/names.ts';
import {
  type ProcessOptions,
  type RunningProcess,
  startProcess,
} from '../../impl/controller/process/process.ts';
import { NODE_TAINT } from '../../impl/cri/node.ts';
import { apply, removePath } from '../../impl/deploy/apply.ts';
import { install } from '../../impl/deploy/install.ts';
import { allManifests, namespaceManifest } from '../../impl/deploy/manifests.ts';
import { readOwner, writeOwner } from '../../impl/deploy/owner.ts';
import { packagedParts } from '../../impl/deploy/packages/index.ts';
import { POLICIES } from '../../impl/deploy/policies.ts';
import { release } from '../../impl/deploy/release.ts';
import { watchdog } from '../../impl/deploy/watchdog.ts';
import { defaultValues } from '../../impl/deploy/workloads/values.ts';
import { type Embedded, startEmbedded } from '../../impl/embedded/index.ts';
import { until } from '../controller/support/kubedirect.ts';

const [HERE, THERE] = ['shop', 'bank'];
const VAP = '/apis/admissionregistration.k8s.io/v1';
const SWITCH = pathOf({ resource: 'configmaps', namespace: SYSTEM_NAMESPACE, name: OWNER_SWITCH });
const MAIN = path.join(import.meta.dirname, '../../impl/cli/main.ts');
const run = promisify(execFile);

let folder: string;
let embedded: Embedded;
let client: KubernetesClient;
const running: RunningProcess[] = [];

const installFor = (scope?: string) =>
  install({ connection: { kubeconfig: embedded.kubeconfig, scope }, namespace: SYSTEM_NAMESPACE });
/** A process, and the code by which it ended. */
async function start(scope: string | undefined, more: Partial<ProcessOptions>) {
  const over: { code: string | null } = { code: null };
  const one = await startProcess({
    ...{ kubeconfig: embedded.kubeconfig, stages: [], nodes: [], runtime: 'publish' },
    ...{ journals: path.join(folder, `${running.length}`), watchNamespace: scope, log: () => {} },
    fatal: (error) => {
      over.code = (error as { code?: string }).code ?? String(error);
    },
    ...more,
  });
  running.push(one);
  return { one, over };
}
/** The command, by its exit code and the first word of what it says in vain. */
const command = (...args: string[]) =>
  run(process.execPath, [MAIN, ...args, '--kubeconfig', embedded.kubeconfig]).then(
    ({ stdout }) => stdout,
    ({ code, stderr }: { code: number; stderr: string }) => `${code} ${/[A-Z]+_[A-Z_]+/.exec(stderr)?.[0]}`,
  );
/** Where a role or binding of an account stands. */
const grantsOf = async (account: string) => {
  const kinds = ['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'];
  const lists = await Promise.all(
    kinds.map((kind) => client.list<KubernetesObject>(`/apis/rbac.authorization.k8s.io/v1/${kind}`)),
  );
  const named = lists.flatMap(({ items }, at) =>
    items
      .filter(({ metadata: { name } }) => name === account || name === `${account}-managed`)
      .map(({ metadata: { namespace = '*' } }) => `${kinds[at]} ${namespace}`),
  );
  return named.sort();
};
const wanted = (scope: string | undefined, account: string) =>
  allManifests({ scope })
    .filter(({ kind, metadata: { name } }) => /Role/.test(kind) && name.replace(/-managed$/, '') === account)
    .map(({ kind, metadata: { namespace = '*' } }) => `${kind.toLowerCase()}s ${namespace}`)
    .sort();

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-scope-'));
  embedded = await startEmbedded({ nodes: 1 });
  client = createKubernetesClient({ kubeconfig: embedded.kubeconfig });
  for (const name of [HERE, THERE])
    await client.request({
      ...{ method: 'POST', path: pathOf({ resource: 'namespaces' }) },
      body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
    });
});
afterAll(async () => {
  await Promise.all(running.map((each) => each.stop()));
  await client?.close();
  await embedded?.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

const existing = (scope?: string) =>
  install({
    ...{ connection: { kubeconfig: embedded.kubeconfig, scope }, namespace: SYSTEM_NAMESPACE },
    ...{ existing: true, owner: 'stock' },
  });

describe('install', () => {
  it('of what Helm or kustomize have applied writes what that is for; a flag may say nothing else', async () => {
    await expect(existing()).rejects.toMatchObject({
      code: 'INSTALL_REFUSED',
      message: expect.stringContaining('got no policy kubedirect-owner-switch'),
    });
    const parts = packagedParts(defaultValues(SYSTEM_NAMESPACE, HERE)).map(({ manifest }) => manifest);
    const objects = parts.filter(
      ({ apiVersion, kind }) => /rbac|admission/.test(apiVersion) || kind === 'ServiceAccount',
    );
    for (const one of [namespaceManifest(SYSTEM_NAMESPACE), ...objects]) await apply(client, one);
    await expect(existing(THERE)).rejects.toMatchObject({ code: 'INSTALL_REFUSED' });
    await existing();
    expect(await readOwner(client, SYSTEM_NAMESPACE)).toMatchObject({ owner: 'stock', scope: HERE });
    for (const account of ['kubedirect-watchdog', 'kubedirect-scheduler', 'kubedirect-agent'])
      expect([account, await grantsOf(account)]).toEqual([account, wanted(HERE, account)]);
  });

  it('writes what is managed, and takes back what another installation had granted', async () => {
    for (const scope of [undefined, THERE, undefined, HERE]) {
      await installFor(scope);
      expect(await readOwner(client, SYSTEM_NAMESPACE)).toMatchObject({ scope: scope ?? '*' });
      for (const account of ['kubedirect-watchdog', 'kubedirect-scheduler', 'kubedirect-agent'])
        expect([scope, account, await grantsOf(account)]).toEqual([scope, account, wanted(scope, account)]);
      // To be changed: what is managed is stock's.
      await release({ client, namespace: SYSTEM_NAMESPACE });
    }
  });

  it('refuses another under direct: what the stages hold elsewhere would be nobody’s', async () => {
    await writeOwner(client, SYSTEM_NAMESPACE, 'direct');
    for (const scope of [undefined, THERE])
      await expect(installFor(scope)).rejects.toMatchObject({
        code: 'INSTALL_REFUSED',
        message: expect.stringContaining(`namespace ${HERE} is managed here, under direct`),
      });
    expect(await readOwner(client, SYSTEM_NAMESPACE)).toMatchObject({ owner: 'direct', scope: HERE });
    await installFor(HERE);
  });

  it('nobody else changes it then, by policy', async () => {
    for (const scope of ['*', THERE, null]) {
      const patch = { method: 'PATCH', path: SWITCH, patchType: 'merge', body: { data: { scope } } } as const;
      const error = await client.request(patch).catch((thrown: unknown) => thrown);
      expect(denyingPolicy(error)).toBe(POLICIES.protectSwitch);
    }
  });
});

describe('another scope than the switch says is refused by name', () => {
  it.each([undefined, THERE])('a stage or an agent that was told %s: it takes no Lease', async (scope) => {
    const stage = await start(scope, { stages: ['scheduler'] });
    const agent = await start(scope, { nodes: ['node-0'] });
    for (const { over } of [stage, agent]) await until('it is over', async () => over.code !== null);
    expect([stage.over.code, agent.over.code]).toEqual(['SCOPE_DIFFERS', 'SCOPE_DIFFERS']);
    const lease = pathOf({
      ...{ resource: 'leases', namespace: SYSTEM_NAMESPACE, name: leaseName('scheduler') },
    });
    expect(await client.get(lease)).toBeUndefined();
  });

  it('a command; one that was told nothing acts on what the switch says', async () => {
    expect(await command('status', '--watch-namespace', THERE)).toBe('1 SCOPE_DIFFERS');
    expect(await command('release', '--watch-namespace', THERE)).toBe('1 SCOPE_DIFFERS');
    // It needs attention, so it ends with 1, and says what it says all the same.
    const { stdout } = await run(process.execPath, [
      ...[MAIN, 'status', '--json', '--kubeconfig', embedded.kubeconfig],
    ]).catch((error: { stdout: string }) => error);
    expect(JSON.parse(stdout)).toMatchObject({ scope: HERE, owner: 'direct' });
  });

  it('the watchdog; one that was told the same writes it again with a switch that is gone', async () => {
    const watch = (scope: string | undefined, signal: AbortSignal) => {
      const its = createKubernetesClient({ kubeconfig: embedded.kubeconfig, scope });
      const patience = { afterMs: 60_000, intervalMs: 50 };
      return watchdog({
        ...{ client: its, namespace: SYSTEM_NAMESPACE, ...patience, signal, log: () => {} },
      }).finally(() => its.close());
    };
    const ending = new AbortController();
    await expect(watch(THERE, ending.signal)).rejects.toMatchObject({ code: 'SCOPE_DIFFERS' });
    const watching = watch(HERE, ending.signal);
    await new Promise((resolve) => setTimeout(resolve, 300));
    // Only by a fault: a policy denies it.
    await removePath(client, `${VAP}/validatingadmissionpolicybindings/${POLICIES.protectSwitch}`);
    await until('it is gone', () => removePath(client, SWITCH).catch(() => false));
    await until(
      'it is there again',
      async () => (await readOwner(client, SYSTEM_NAMESPACE).catch(() => undefined)) !== undefined,
    );
    ending.abort();
    await watching;
    expect(await readOwner(client, SYSTEM_NAMESPACE)).toMatchObject({ owner: 'direct', scope: HERE });
  });

  it('stages that run, when it is changed under stock', async () => {
    const { one, over } = await start(HERE, { stages: ['deployment'] });
    await until('it leads', async () => one.stages[0]?.life !== null);
    await release({ client, namespace: SYSTEM_NAMESPACE });
    expect(over.code).toBeNull();
    await installFor(THERE);
    await until('it is over', async () => over.code !== null);
    expect(over.code).toBe('SCOPE_DIFFERS');
    expect(one.stages[0]?.life).toBeNull();
  });

  it('while an R, or an agent, has not acknowledged that stock owns the Pods: not changed', async () => {
    const { one } = await start(THERE, { stages: ['replicaset'] });
    await until('it leads', async () => one.stages[0]?.life !== null);
    const options = { connection: { kubeconfig: embedded.kubeconfig, scope: HERE }, timeoutMs: 500 };
    await expect(install({ ...options, namespace: SYSTEM_NAMESPACE })).rejects.toMatchObject({
      code: 'INSTALL_REFUSED',
      message: expect.stringContaining('replicaset have not acknowledged'),
    });
  });

  it('while an agent runs Pods outside of it itself: not changed', async () => {
    const managed = { 'kubedirect.dev/managed': 'true' };
    const taints = [NODE_TAINT];
    await client.patchNode('node-0', { spec: { taints } }, 'test');
    await client.createPod('default', {
      ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'outside', labels: managed } },
      spec: { nodeName: 'node-0', containers: [{ name: 'main', image: 'none' }] },
    });
    await expect(installFor(HERE)).rejects.toMatchObject({
      code: 'INSTALL_REFUSED',
      message: expect.stringContaining('default/outside'),
    });
  });
});
