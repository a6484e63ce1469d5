/**
 * A small kubelet, for images that can not be pulled: the containers of its Nodes are processes of this machine. What a Pod asks of a container the process is given: the entry
 * point of the image or its command, arguments and environment, user and group, a token bound to the Pod, its volumes, an address of its own; and it is Ready when its readiness
 * probe says so. Not given: a root file system of its own, cgroups, capabilities. Another image than ours is a process that sleeps.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import type { KubernetesClient } from '../../../impl/controller/kubernetes/client.ts';
import { isKubernetesError } from '../../../impl/controller/kubernetes/errors.ts';
import { pathOf } from '../../../impl/controller/kubernetes/paths.ts';
import type { KubernetesObject } from '../../../impl/controller/kubernetes/types.ts';

interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: { readonly fieldRef?: { readonly fieldPath: string } };
  }[];
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
  readonly readinessProbe?: { readonly httpGet?: { readonly path: string; readonly port: string | number } };
  readonly securityContext?: { readonly runAsUser?: number };
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}

/** A Pod, as it is run. */
interface Pod extends KubernetesObject {
  readonly spec: {
    readonly nodeName?: string;
    readonly serviceAccountName?: string;
    readonly securityContext?: { readonly runAsUser?: number };
    readonly initContainers?: readonly Container[];
    readonly containers: readonly Container[];
    readonly volumes?: readonly {
      readonly name: string;
      readonly hostPath?: { readonly path: string };
      readonly secret?: { readonly secretName: string };
    }[];
  };
}

interface Running {
  readonly address: string;
  readonly children: Map<string, ChildProcess>;
  readonly ending: AbortController;
}

/** What it runs with. */
export interface ProcessKubeletOptions {
  readonly client: KubernetesClient;
  /** Of the administrator: its cluster is that of every Pod's. */
  readonly kubeconfig: string;
  /** Our image, laid out (`test/support/image.ts`), and its name. */
  readonly image: string;
  readonly imageName: string;
  /** Folder for volumes and logs. */
  readonly folder: string;
  readonly nodes: readonly string[];
}

/** Else every process is ours, and what only root may do is left out. */
const IS_ROOT = process.getuid?.() === 0;
const LOOK_MS = 200;
const BEAT_MS = 5_000;
const ROOM = { cpu: '32', memory: '64Gi', pods: '110' };
/** As `metav1.MicroTime`. */
const now = () => new Date().toISOString().replace('Z', '000Z');

/** Runs the Pods that are bound to its Nodes. */
export class ProcessKubelet {
  readonly #options: ProcessKubeletOptions;
  readonly #running = new Map<string, Running>();
  readonly #leaving = new Set<string>();
  readonly #ending = new AbortController();
  #addresses = 0;
  #looking: Promise<void> = Promise.resolve();

  constructor(options: ProcessKubeletOptions) {
    this.#options = options;
    fs.mkdirSync(options.folder, { recursive: true });
    fs.chmodSync(options.folder, 0o755);
  }

  /** Registers the Nodes, and runs what is bound to them from now on. */
  async start(): Promise<void> {
    for (const node of this.#options.nodes) await this.#register(node);
    this.#looking = this.#look();
  }

  /** Ends every process. */
  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#looking;
    await Promise.all([...this.#running.values()].map((one) => this.#end(one)));
  }

  /** Address of a Pod; null if it is not run here. */
  addressOf(uid: string): string | null {
    return this.#running.get(uid)?.address ?? null;
  }

  async #register(name: string): Promise<void> {
    const { client } = this.#options;
    const labels = { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' };
    const body = { apiVersion: 'v1', kind: 'Node', metadata: { name, labels } };
    await client.request({ method: 'POST', path: pathOf({ resource: 'nodes' }), body });
    const ready = { type: 'Ready', status: 'True', reason: 'KubeletReady', lastHeartbeatTime: now() };
    await client.request({
      ...({ method: 'PATCH', patchType: 'strategic' } as const),
      path: pathOf({ resource: 'nodes', name, subresource: 'status' }),
      body: { status: { capacity: ROOM, allocatable: ROOM, conditions: [ready] } },
    });
    void this.#beat(name);
  }

  async #beat(name: string): Promise<void> {
    const { client } = this.#options;
    const path = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
    const spec = () => ({ holderIdentity: name, leaseDurationSeconds: 40, renewTime: now() });
    for (let isMade = false; !this.#ending.signal.aborted; await sleep(BEAT_MS)) {
      const beat = isMade
        ? client.request({
            method: 'PATCH',
            path: `${path}/${name}`,
            patchType: 'merge',
            body: { spec: spec() },
          })
        : client.request({ method: 'POST', path, body: { metadata: { name }, spec: spec() } });
      await beat.then(
        () => {
          isMade = true;
        },
        () => {},
      );
    }
  }

  async #look(): Promise<void> {
    const { client, nodes } = this.#options;
    while (!this.#ending.signal.aborted) {
      const bound = await client
        .list<Pod>(pathOf({ resource: 'pods' }), { fieldSelector: 'spec.nodeName!=' })
        .catch(() => null);
      for (const pod of bound?.items ?? []) {
        const { uid, deletionTimestamp } = pod.metadata;
        if (!nodes.includes(pod.spec.nodeName ?? '') || this.#leaving.has(uid)) continue;
        const running = this.#running.get(uid);
        if (deletionTimestamp !== undefined) {
          this.#leaving.add(uid);
          this.#running.delete(uid);
          void this.#leave(pod, running);
        } else if (running === undefined) void this.#run(pod);
      }
      // Deleted at once, by somebody who did not wait for its end.
      const shown = bound && new Set(bound.items.map(({ metadata }) => metadata.uid));
      for (const [uid, one] of this.#running)
        if (shown?.has(uid) === false) {
          this.#running.delete(uid);
          void this.#end(one);
        }
      await sleep(LOOK_MS);
    }
  }

  /** Until it is deleted. */
  async #run(pod: Pod): Promise<void> {
    this.#addresses += 1;
    const address = `127.1.${this.#addresses >> 8}.${this.#addresses & 255}`;
    const running: Running = { address, children: new Map(), ending: new AbortController() };
    const { signal } = running.ending;
    this.#running.set(pod.metadata.uid, running);
    const started = now();
    const tell = (phase: string, isReady: boolean, waits?: string) =>
      this.#status(pod, { address, phase, started, isReady, waits });
    try {
      const folder = path.join(this.#options.folder, pod.metadata.uid);
      const mounts = await this.#volumes(pod, folder, signal, (waits) => tell('Pending', false, waits));
      const kubeconfig = await this.#kubeconfig(pod, folder);
      for (const one of pod.spec.initContainers ?? []) {
        if (!IS_ROOT && one.securityContext?.runAsUser === 0) continue;
        const code = await new Promise((resolve) =>
          this.#spawn(pod, one, { running, mounts, kubeconfig, folder }).once('exit', resolve),
        );
        if (code !== 0) throw new Error(`init container ${one.name} ended with ${code}`);
      }
      for (const one of pod.spec.containers)
        void (async () => {
          while (!signal.aborted) {
            const child = this.#spawn(pod, one, { running, mounts, kubeconfig, folder });
            running.children.set(one.name, child);
            await new Promise((resolve) => child.once('exit', resolve));
            await sleep(1_000);
          }
        })();
      for (let before: boolean | null = null; !signal.aborted; await sleep(LOOK_MS)) {
        const isReady = (await Promise.all(pod.spec.containers.map((one) => probe(one, address)))).every(
          Boolean,
        );
        if (isReady !== before) await tell('Running', isReady);
        before = isReady;
      }
    } catch (error) {
      if (signal.aborted) return;
      await tell('Failed', false, String(error)).catch(() => {});
    }
  }

  #spawn(
    pod: Pod,
    container: Container,
    {
      running,
      mounts,
      kubeconfig,
      folder,
    }: {
      readonly running: Running;
      readonly mounts: ReadonlyMap<string, string>;
      readonly kubeconfig: string;
      readonly folder: string;
    },
  ): ChildProcess {
    const { image, imageName } = this.#options;
    const fields: Readonly<Record<string, string>> = {
      'metadata.name': pod.metadata.name,
      'metadata.namespace': pod.metadata.namespace ?? '',
      'metadata.uid': pod.metadata.uid,
      'status.podIP': running.address,
      'spec.nodeName': pod.spec.nodeName ?? '',
    };
    const variables = Object.fromEntries(
      (container.env ?? []).map(({ name, value, valueFrom }) => [
        name,
        value ?? fields[valueFrom?.fieldRef?.fieldPath ?? ''] ?? '',
      ]),
    );
    const outside = (inside: string) => {
      const mount = container.volumeMounts?.find(({ mountPath }) => inside.startsWith(mountPath));
      return mount === undefined
        ? inside
        : inside.replace(mount.mountPath, mounts.get(mount.name) ?? mount.mountPath);
    };
    const meant = (text: string) =>
      text
        .replace(/\$\((\w+)\)/g, (whole, name: string) => variables[name] ?? whole)
        .replace(/\/[\w./-]+/g, outside);
    // All addresses of its Pod are this one.
    const here = (arg: string) => (/^:\d+$/.test(arg) ? `${running.address}${arg}` : arg);
    const node = path.join(image, 'node');
    const command = container.command?.map((word) => (word === 'node' ? node : meant(word)));
    const entryPoint = [node, path.join(image, 'impl/cli/main.ts')];
    const [program = '', ...args] =
      container.image === imageName
        ? [...(command ?? entryPoint), ...(container.args ?? []).map(meant).map(here)]
        : ['sleep', 'infinity'];
    const uid = container.securityContext?.runAsUser ?? pod.spec.securityContext?.runAsUser;
    const log = fs.openSync(path.join(folder, `${container.name}.log`), 'a');
    const child = spawn(program, args, {
      ...{ cwd: '/', stdio: ['ignore', log, log] },
      env: {
        ...{ ...variables, NODE_ENV: 'production', KUBECONFIG: kubeconfig, PATH: process.env.PATH },
        TMPDIR: outside('/tmp'),
      },
      ...(IS_ROOT && uid !== undefined && { uid, gid: uid }),
    });
    fs.closeSync(log);
    return child;
  }

  /** Where each volume is. A Secret that is not there is waited for, and said. */
  async #volumes(
    pod: Pod,
    folder: string,
    signal: AbortSignal,
    waits: (what: string) => Promise<unknown>,
  ): Promise<ReadonlyMap<string, string>> {
    const { client } = this.#options;
    fs.mkdirSync(folder, { recursive: true });
    const mounts = new Map<string, string>();
    for (const { name, hostPath, secret } of pod.spec.volumes ?? []) {
      // That of a Node outlives its Pods.
      const at = path.join(
        hostPath === undefined ? folder : path.join(path.dirname(folder), pod.spec.nodeName ?? ''),
        name,
      );
      fs.mkdirSync(at, { recursive: true });
      if (hostPath === undefined) fs.chmodSync(at, 0o777);
      mounts.set(name, at);
      if (secret === undefined) continue;
      type Secret = KubernetesObject & { readonly data?: Readonly<Record<string, string>> };
      const { namespace } = pod.metadata;
      const of = pathOf({ resource: 'secrets', namespace, name: secret.secretName });
      let found = await client.get<Secret>(of);
      for (; found === undefined && !signal.aborted; found = await client.get<Secret>(of)) {
        await waits(`FailedMount: secret "${secret.secretName}" not found`);
        await sleep(1_000);
      }
      for (const [key, text] of Object.entries(found?.data ?? {}))
        fs.writeFileSync(path.join(at, key), Buffer.from(text, 'base64'), { mode: 0o644 });
    }
    return mounts;
  }

  /** By a token that is bound to the Pod, and so to its Node. */
  async #kubeconfig({ metadata, spec }: Pod, folder: string): Promise<string> {
    const { client, kubeconfig } = this.#options;
    const boundObjectRef = { apiVersion: 'v1', kind: 'Pod', name: metadata.name, uid: metadata.uid };
    const { status } = await client.request<{ status: { token: string } }>({
      method: 'POST',
      path: `/api/v1/namespaces/${metadata.namespace}/serviceaccounts/${spec.serviceAccountName ?? 'default'}/token`,
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { boundObjectRef } },
    });
    const config = parse(fs.readFileSync(kubeconfig, 'utf8'));
    const { cluster } = config.clusters[0];
    const authority = cluster['certificate-authority'] as string | undefined;
    if (authority !== undefined) {
      cluster['certificate-authority-data'] = fs.readFileSync(authority).toString('base64');
      delete cluster['certificate-authority'];
    }
    config.users[0].user = { token: status.token };
    const file = path.join(folder, 'kubeconfig');
    fs.writeFileSync(file, stringify(config), { mode: 0o644 });
    return file;
  }

  #status(
    { metadata, spec }: Pod,
    told: {
      readonly address: string;
      readonly phase: string;
      readonly started: string;
      readonly isReady: boolean;
      readonly waits?: string | undefined;
    },
  ): Promise<unknown> {
    const { address, phase, started, isReady, waits } = told;
    const isRunning = phase === 'Running';
    const status = isReady ? 'True' : 'False';
    const startTime = `${started.slice(0, 19)}Z`;
    const conditions = ['Initialized', 'ContainersReady', 'Ready'].map((type) => ({
      ...{ type, status: type === 'Initialized' ? 'True' : status },
      lastTransitionTime: `${now().slice(0, 19)}Z`,
    }));
    const containerStatuses = spec.containers.map(({ name, image }) => ({
      ...{ name, image, imageID: '', ready: isReady, started: isRunning, restartCount: 0 },
      state: isRunning
        ? { running: { startedAt: startTime } }
        : { waiting: { reason: 'ContainerCreating', message: waits ?? '' } },
    }));
    const { namespace, name } = metadata;
    return this.#options.client.request({
      ...({ method: 'PATCH', patchType: 'strategic' } as const),
      path: pathOf({ resource: 'pods', namespace, name, subresource: 'status' }),
      body: {
        metadata: { uid: metadata.uid },
        status: {
          phase,
          startTime,
          podIP: address,
          podIPs: [{ ip: address }],
          conditions,
          containerStatuses,
        },
      },
    });
  }

  async #end({ children, ending }: Running): Promise<void> {
    ending.abort();
    await Promise.all(
      [...children.values()].map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const gone = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGTERM');
        const hard = setTimeout(() => child.kill('SIGKILL'), 20_000);
        await gone;
        clearTimeout(hard);
      }),
    );
  }

  /** Its processes end, then its object. */
  async #leave({ metadata }: Pod, running: Running | undefined): Promise<void> {
    if (running !== undefined) await this.#end(running);
    await this.#options.client
      .deletePod(metadata.namespace ?? '', metadata.name, { uid: metadata.uid, gracePeriodSeconds: 0 })
      .catch((error: unknown) => {
        if (!isKubernetesError(error)) throw error;
      });
  }
}

/** As a kubelet asks; without a probe it is ready once it runs. */
async function probe({ readinessProbe, ports = [] }: Container, address: string): Promise<boolean> {
  const get = readinessProbe?.httpGet;
  if (get === undefined) return true;
  const port = ports.find(({ name }) => name === get.port)?.containerPort ?? get.port;
  const answer = await fetch(`http://${address}:${port}${get.path}`).catch(() => null);
  await answer?.body?.cancel();
  return answer?.ok === true;
}
