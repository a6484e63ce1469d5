/**
 * A second API server on the etcd of a control plane, which can be made to hear late of what becomes of one resource: between it and etcd stands a
 * proxy that holds back what etcd says on the connection of that resource (an API server has one for each). It answers all the while.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import path from 'node:path';
import type { KubernetesClient } from '../../../impl/controller/kubernetes/client.ts';
import { createKubernetesClient } from '../../../impl/controller/kubernetes/client.ts';
import { type ControlPlane, resolveBinaries } from '../../../impl/controlplane/index.ts';
import { freePorts } from '../../../impl/controlplane/ports.ts';
import { until } from './realWaist.ts';

/** It, running. */
export interface SecondServer {
  /** As cluster-admin. */
  readonly client: KubernetesClient;
  readonly kubeconfig: string;
  /** A kubeconfig of the first server, for this one. */
  through(kubeconfig: string): string;
  /** From now on it hears nothing of the resource, until {@link hears}. Not for long: after 40 s it would connect anew. */
  isDeaf(): void;
  hears(): void;
  /** Answers nothing, until it does again. */
  sleeps(): void;
  wakes(): void;
  stop(): Promise<void>;
}

/** Passes everything on; what comes back on connections over which `marker` was asked for can be held. */
class Holding {
  readonly #server: net.Server;
  readonly #held: (() => void)[] = [];
  readonly #sockets = new Set<net.Socket>();
  #isHolding = false;

  constructor(target: number, marker: string) {
    this.#server = net.createServer((near) => {
      const far = net.connect(target, '127.0.0.1');
      let isMarked = false;
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.on('error', () => {});
        socket.once('close', () => {
          this.#sockets.delete(socket);
          near.destroy();
          far.destroy();
        });
      }
      near.on('data', (bytes) => {
        isMarked ||= bytes.includes(marker);
        far.write(bytes);
      });
      far.on('data', (bytes) => {
        const pass = () => near.destroyed || near.write(bytes);
        if (isMarked && this.#isHolding) this.#held.push(pass);
        else pass();
      });
    });
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  hold(): void {
    this.#isHolding = true;
  }

  pass(): void {
    this.#isHolding = false;
    for (const one of this.#held.splice(0)) one();
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

/** Starts it, with the flags of the first. @param resource - as etcd names it: `configmaps` */
export async function startSecondServer(cluster: ControlPlane, resource: string): Promise<SecondServer> {
  const program = (await resolveBinaries(['kube-apiserver'])).get('kube-apiserver') as string;
  const first = execFileSync('ps', ['-ww', '-o', 'args=', '-p', String(cluster.pids.get('kube-apiserver'))]);
  // A list: told twice it would have both.
  const flags = first
    .toString()
    .trim()
    .split(/\s+/)
    .slice(1)
    .filter((flag) => !flag.startsWith('--etcd-servers='));
  const etcd = Number(/--etcd-servers=\S+:(\d+)/.exec(first.toString())?.[1]);
  const proxy = new Holding(etcd, `/registry/${resource}`);
  const [toEtcd, port] = [await proxy.listen(), ...(await freePorts(1))];
  const own = [`--etcd-servers=http://127.0.0.1:${toEtcd}`, `--secure-port=${port}`];
  const log = fs.openSync(path.join(cluster.dataDir, 'logs', 'second-apiserver.log'), 'a');
  const child: ChildProcess = spawn(program, [...flags, ...own], {
    stdio: ['ignore', log, log],
    env: { PATH: process.env.PATH, HOME: cluster.dataDir, TMPDIR: cluster.dataDir },
  });
  fs.closeSync(log);
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const through = (kubeconfig: string) => {
    const file = kubeconfig.replace(/\.kubeconfig$/, '.second.kubeconfig');
    const text = fs.readFileSync(kubeconfig, 'utf8').replaceAll(cluster.url, `https://127.0.0.1:${port}`);
    fs.writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  const kubeconfig = through(cluster.kubeconfig);
  const client = createKubernetesClient({ kubeconfig, userAgent: 'kubedirect-test' });
  await until('the second API server is ready', () =>
    client.text('/readyz').then(
      () => true,
      () => false,
    ),
  );
  return {
    ...{ client, kubeconfig, through },
    isDeaf: () => proxy.hold(),
    hears: () => proxy.pass(),
    sleeps: () => void child.kill('SIGSTOP'),
    wakes: () => void child.kill('SIGCONT'),
    async stop() {
      await client.close();
      child.kill('SIGTERM');
      const hard = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await gone;
      clearTimeout(hard);
      proxy.close();
    },
  };
}
