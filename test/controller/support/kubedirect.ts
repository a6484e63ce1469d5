/** The `kubedirect` command under test, as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { acquireIncarnation } from '../../../impl/controller/incarnation.ts';
import { createKubernetesClient, type KubernetesClient } from '../../../impl/controller/kubernetes/client.ts';
import { pathOf } from '../../../impl/controller/kubernetes/paths.ts';
import { leaseName, MANAGED_LABEL, SYSTEM_NAMESPACE } from '../../../impl/controller/names.ts';

const MAIN = path.join(import.meta.dirname, '../../../impl/cli/main.ts');

/** A `kubedirect` of its own process. */
export class Kubedirect {
  readonly #child: ChildProcess;
  readonly exited: Promise<number | null>;
  output = '';

  constructor(args: readonly string[], limitBlocks?: number) {
    const command = [process.execPath, MAIN, ...args];
    this.#child =
      limitBlocks === undefined
        ? spawn(command[0]!, command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] })
        : spawn('bash', ['-c', `ulimit -f ${limitBlocks} && exec "$0" "$@"`, ...command], {
            stdio: ['ignore', 'pipe', 'pipe'],
          });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (data: Buffer) => {
        this.output += data.toString();
      });
    this.exited = new Promise((resolve) => this.#child.once('close', resolve));
  }

  /** Log lines, parsed. */
  get log(): readonly Record<string, unknown>[] {
    return this.output
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .flatMap((line) => {
        try {
          return [JSON.parse(line) as Record<string, unknown>];
        } catch {
          return [];
        }
      });
  }

  async says(what: string, timeoutMs = 30_000): Promise<void> {
    await until(`the log says ${what}`, () => this.output.includes(what), timeoutMs).catch((error: Error) => {
      throw new Error(`${error.message}; it says: ${this.output.slice(-2_000)}`);
    });
  }

  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.#child.kill(signal);
    return this.exited;
  }
}

/** Waits until something holds. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  timeoutMs = 30_000,
): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`never came to hold: ${what}`);
    await sleep(30);
  }
}

/** Makes a managed Deployment of no Pods in the namespace `default`. */
export function createManaged(client: KubernetesClient, name: string, cpu = '10m'): Promise<unknown> {
  const template = {
    metadata: { labels: { app: name, [MANAGED_LABEL]: 'true' } },
    spec: { containers: [{ name: 'main', image: 'none', resources: { requests: { cpu } } }] },
  };
  const spec = { replicas: 0, selector: { matchLabels: { app: name } }, template };
  const body = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec };
  return client.request({
    method: 'POST',
    path: pathOf({ resource: 'deployments', namespace: 'default' }),
    body,
  });
}

/** S has led once, as incarnation 1: an agent serves nobody before there is a Lease of S (protocol 6). */
export async function leadScheduler(kubeconfig: string): Promise<void> {
  const client = createKubernetesClient({ kubeconfig });
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: SYSTEM_NAMESPACE } };
  await client.request({ method: 'POST', path: pathOf({ resource: 'namespaces' }), body });
  const lease = { namespace: SYSTEM_NAMESPACE, name: leaseName('scheduler') };
  await acquireIncarnation(client, { ...lease, holder: 'the test', nowMs: 1 });
  await client.close();
}
