/** The `kubedirect` command under test, as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubernetesClient } from '../../../impl/controller/kubernetes/client.ts';
import { pathOf } from '../../../impl/controller/kubernetes/paths.ts';
import { MANAGED_LABEL } from '../../../impl/controller/names.ts';

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
export function createManaged(client: KubernetesClient, name: string): Promise<unknown> {
  const template = {
    metadata: { labels: { app: name, [MANAGED_LABEL]: 'true' } },
    spec: { containers: [{ name: 'main', image: 'none', resources: { requests: { cpu: '10m' } } }] },
  };
  const spec = { replicas: 0, selector: { matchLabels: { app: name } }, template };
  const body = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec };
  return client.request({
    method: 'POST',
    path: pathOf({ resource: 'deployments', namespace: 'default' }),
    body,
  });
}
