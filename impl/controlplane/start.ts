/**
 * Starts the control plane: etcd, then the apiserver, then controller-manager, scheduler and kwok side by side.
 *
 * @example
 * const cluster = await startControlPlane({ nodes: 5, limits: 'lifted' });
 * console.log((await cluster.kubectl(['get', 'nodes'])).stdout);
 * await cluster.stop();
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { KubedirectError } from '../../spec/errors.ts';
import { type ApiClient, createApiClient } from './apiclient.ts';
import { resolveBinaries } from './binaries.ts';
import { type Pki, writePki } from './certificates.ts';
import {
  apiserverArgs,
  type ComponentContext,
  controllerManagerArgs,
  etcdArgs,
  kwokArgs,
  schedulerArgs,
} from './components.ts';
import { controlPlaneOf } from './controlplane.ts';
import { prepareDataDir, removeDataDir } from './datadir.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { assertPortFree, freePorts, LOOPBACK } from './ports.ts';
import { type ProcessSpec, SupervisedProcess } from './process.ts';
import { type Reaper, startReaper } from './reaper.ts';
import type { Component, ControlPlane, ControlPlaneOptions } from './types.ts';
import type { BinaryName } from './versions.ts';

/** All that a running control plane is made of. @internal */
export interface Assembly {
  readonly url: string;
  readonly dataDir: string;
  readonly pki: Pki;
  readonly kubeconfig: string;
  readonly client: ApiClient;
  readonly reaper: Reaper;
  readonly binaries: ReadonlyMap<BinaryName, string>;
  readonly processes: ReadonlyMap<Component, SupervisedProcess>;
  readonly onProgress: (line: string) => void;
}

const COMPONENTS: readonly Component[] = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kwok',
];

/**
 * Starts a control plane on loopback; about 5 s once its programs are built. It dies with this process.
 * @throws KubedirectError `FLAG_INVALID`, `PORT_TAKEN`, `DATA_DIR_UNUSABLE`, `COMPONENT_FAILED`, and those of `resolveBinaries`
 * @public
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  checkOptions(options);
  const onProgress = options.onProgress ?? (() => {});
  const binaries = await resolveBinaries([...COMPONENTS, 'kubectl'], { onProgress });
  if (options.port !== undefined) await assertPortFree(options.port);
  const dataDir = await prepareDataDir(options.dataDir);
  const reaper = startReaper();
  reaper.tell({ kind: 'folder', path: dataDir });
  const processes = new Map<Component, SupervisedProcess>();
  try {
    const assembly = await assemble(options, { dataDir, reaper, binaries, processes, onProgress });
    return await bringUp(assembly, options);
  } catch (error) {
    await Promise.all([...processes.values()].map((each) => each.stop(2_000)));
    await removeDataDir(dataDir);
    await reaper.release();
    throw error;
  }
}

function checkOptions(options: ControlPlaneOptions): void {
  const atLeastZero = { nodes: options.nodes, kwokDelayMs: options.kwokDelayMs };
  for (const [name, value] of Object.entries(atLeastZero)) {
    if (value !== undefined && !(Number.isInteger(value) && value >= 0)) {
      throw new KubedirectError('FLAG_INVALID', `${name}: expected an integer of at least 0, got ${value}`);
    }
  }
  if (options.limits !== undefined && options.limits !== 'stock' && options.limits !== 'lifted') {
    throw new KubedirectError(
      'FLAG_INVALID',
      `limits: expected stock or lifted, got ${String(options.limits)}`,
    );
  }
}

async function assemble(
  options: ControlPlaneOptions,
  ground: Pick<Assembly, 'dataDir' | 'reaper' | 'binaries' | 'onProgress'> & {
    readonly processes: Map<Component, SupervisedProcess>;
  },
): Promise<Assembly> {
  const { dataDir, reaper, binaries, processes } = ground;
  for (const folder of ['logs', 'etcd']) await mkdir(join(dataDir, folder), { mode: 0o700 });
  const pki = await writePki(join(dataDir, 'pki'));
  const ports = await freePorts(5);
  const [etcd = 0, etcdPeer = 0, anyApiserver = 0, controllerManager = 0, scheduler = 0] = ports;
  const apiserver = options.port ?? anyApiserver;
  const url = `https://${LOOPBACK}:${apiserver}`;
  const kubeconfigOf = async (file: string, user: string, groups: readonly string[]) =>
    writeKubeconfig(join(dataDir, file), {
      url,
      ca: pki.authority.cert,
      user,
      credentials: await pki.authority.client({ user, groups }),
    });
  const admin = await pki.authority.client({ user: 'kubedirect-admin', groups: ['system:masters'] });
  const context: ComponentContext = {
    dataDir,
    pki,
    limits: options.limits ?? 'stock',
    auditLog: options.auditLog ?? false,
    kwokDelayMs: options.kwokDelayMs ?? 0,
    ports: { etcd, etcdPeer, apiserver, controllerManager, scheduler },
    kubeconfigs: {
      controllerManager: await kubeconfigOf(
        'controller-manager.kubeconfig',
        'system:kube-controller-manager',
        [],
      ),
      scheduler: await kubeconfigOf('scheduler.kubeconfig', 'system:kube-scheduler', []),
      kwok: await kubeconfigOf('kwok.kubeconfig', 'kwok', ['system:masters']),
    },
  };
  const client = createApiClient(url, pki.authority.cert, admin);
  for (const [name, part] of Object.entries(await specs(context, client))) {
    const component = name as Component;
    const command = binaries.get(component);
    if (command === undefined) throw new KubedirectError('BINARY_INVALID', `${name}: no program found`);
    const spec: ProcessSpec = {
      name,
      command,
      args: [...part.args, ...(options.extraArgs?.[component] ?? [])],
      logFile: join(dataDir, 'logs', `${name}.log`),
      healthy: part.healthy,
      // KUBECONFIG and the like of the user's shell are not theirs to see.
      env: { PATH: process.env.PATH, HOME: dataDir, TMPDIR: dataDir },
    };
    processes.set(component, new SupervisedProcess(spec, reaper));
  }
  const kubeconfig = await writeKubeconfig(join(dataDir, 'admin.kubeconfig'), {
    url,
    ca: pki.authority.cert,
    user: 'kubedirect-admin',
    credentials: admin,
  });
  return { ...ground, url, pki, kubeconfig, client };
}

type Spec = Pick<ProcessSpec, 'args' | 'healthy'>;

async function specs(context: ComponentContext, client: ApiClient): Promise<Record<Component, Spec>> {
  const { ports } = context;
  const answersOk = async (url: string): Promise<boolean> => {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.arrayBuffer();
    return response.ok;
  };
  const get200 = async (path: string): Promise<boolean> =>
    (await client.send('GET', path, undefined, undefined, 2_000)).status === 200;
  return {
    etcd: {
      args: etcdArgs(context),
      healthy: () => answersOk(`http://${LOOPBACK}:${ports.etcd}/health`),
    },
    'kube-apiserver': {
      args: await apiserverArgs(context),
      healthy: () => get200('/readyz'),
    },
    'kube-controller-manager': {
      args: controllerManagerArgs(context),
      // The ServiceAccount controller has made `default`: Pods can be created.
      healthy: () => get200('/api/v1/namespaces/default/serviceaccounts/default'),
    },
    'kube-scheduler': {
      args: await schedulerArgs(context),
      healthy: () => insecureHealthz(ports.scheduler),
    },
    // kwok has no health port of its own here; a node that becomes Ready shows that it works.
    kwok: { args: await kwokArgs(context), healthy: () => Promise.resolve(true) },
  };
}

/** The scheduler serves `/healthz` to anyone, under a certificate that it signed itself. */
async function insecureHealthz(port: number): Promise<boolean> {
  const { request } = await import('node:https');
  return new Promise((resolve) => {
    const options = { host: LOOPBACK, port, path: '/healthz', rejectUnauthorized: false, timeout: 2_000 };
    const call = request(options, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    call.once('timeout', () => call.destroy());
    call.once('error', () => resolve(false));
    call.end();
  });
}

async function bringUp(assembly: Assembly, options: ControlPlaneOptions): Promise<ControlPlane> {
  const { processes, onProgress } = assembly;
  const started = Date.now();
  const start = async (component: Component): Promise<void> => {
    const before = Date.now();
    await processes.get(component)?.start();
    onProgress(`${component} is up (${Date.now() - before} ms)`);
  };
  await start('etcd');
  await start('kube-apiserver');
  const names = Array.from({ length: options.nodes ?? 0 }, (_, index) => `node-${index}`);
  const controlPlane = controlPlaneOf(assembly);
  await Promise.all([
    start('kube-controller-manager'),
    ...(options.kubeScheduler === false ? [] : [start('kube-scheduler')]),
    controlPlane.addKwokNodes(names),
  ]);
  onProgress(`control plane is up at ${assembly.url} (${Date.now() - started} ms)`);
  return controlPlane;
}
