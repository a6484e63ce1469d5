/** The seeds of `fuzz` over an Indexed Job on the real control plane, its Pods in real containers on a real node; and the merge of what they left. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  binariesSupported,
  type ControlPlane,
  resolveBinaries,
  startControlPlane,
} from '../../impl/controlplane/index.ts';
import {
  ECHO_IMAGE,
  type RealNode,
  realNodeSupported,
  startRealNode,
} from '../../impl/controlplane/realnode.ts';
import type { Merged } from '../../impl/shards/merge.ts';
import { BUILD_MS, CASE_MS, until } from './support/realWaist.ts';

const NEEDED = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubectl',
  'kubelet',
  'echo',
] as const;
const nodeSupport = await realNodeSupported();
const support = nodeSupport.ok ? await binariesSupported(NEEDED) : nodeSupport;
if (!support.ok) console.warn(`SKIPPED, an Indexed Job of real containers: ${support.reason}`);

const CHECKOUT = path.join(import.meta.dirname, '../..');
const kubedirect = (...args: string[]) =>
  spawnSync(process.execPath, [path.join(CHECKOUT, 'impl/cli/main.ts'), ...args], { encoding: 'utf8' });

interface JobSeen {
  readonly status?: {
    readonly conditions?: readonly { readonly type: string }[];
    readonly completedIndexes?: string;
    readonly failedIndexes?: string;
  };
}

describe.skipIf(!support.ok)('an Indexed Job of real containers', () => {
  let cluster: ControlPlane;
  let node: RealNode;

  beforeAll(async () => {
    await resolveBinaries(NEEDED, { onProgress: console.log });
    cluster = await startControlPlane({});
    node = await startRealNode(cluster, 'real-0');
  }, BUILD_MS);
  afterAll(async () => {
    await node?.stop();
    await cluster?.stop();
  }, CASE_MS);

  /** Runs a Job to its end; what is said of it, and the merge. */
  async function campaign(name: string, ...flags: string[]) {
    const { stdout: manifest, stderr: refused } = kubedirect(
      ...['shards', 'manifest', '--name', name, '--image', ECHO_IMAGE, '--checkout', CHECKOUT, ...flags],
    );
    expect(refused).toBe('');
    const { code, stderr } = await cluster.kubectl(['apply', '-f', '-'], manifest);
    expect([code, stderr]).toEqual([0, '']);
    const job = await until(
      `Job ${name} is over`,
      async () => {
        const seen = JSON.parse(
          (await cluster.kubectl(['get', 'job', name, '-o', 'json'])).stdout,
        ) as JobSeen;
        return seen.status?.conditions?.some(({ type }) => type === 'Complete' || type === 'Failed') && seen;
      },
      120_000,
    );
    const merge = kubedirect('shards', 'merge', '--job', name, '--kubeconfig', cluster.kubeconfig, '--json');
    return {
      status: job.status,
      code: merge.status,
      said: merge.stderr,
      merged: () => JSON.parse(merge.stdout) as Merged,
    };
  }

  it(
    'runs every seed once, each index its own, and the merge finds them all',
    async () => {
      const { status, code, said, merged } = await campaign('held', '--runs', '13', '--shards', '3');
      expect(said).toBe('');
      expect(status?.completedIndexes).toBe('0-2');
      expect(code).toBe(0);
      const { runs, steps, milliseconds } = merged();
      expect(runs).toBe(13);
      console.log(`13 seeds in 3 Pods: ${steps} steps in ${milliseconds} ms of all Pods together`);
    },
    CASE_MS,
  );

  it(
    'an index that finds a failure is over without another try, the others go on, and the merge names its seed',
    async () => {
      const { status, code, merged } = await campaign(
        ...(['canary', '--runs', '20', '--shards', '2', '--mutant', 'terminated-before-stop'] as const),
      );
      expect(code).toBe(12);
      const { failed } = merged();
      expect(failed.length).toBeGreaterThan(0);
      expect(status?.failedIndexes).not.toBe('');
      const [first] = failed as [(typeof failed)[number]];
      const again = kubedirect(
        'fuzz',
        '--seed',
        String(first.seed),
        '--runs',
        '1',
        '--mutant',
        'terminated-before-stop',
        '--json',
      );
      expect(again.status).toBe(12);
    },
    CASE_MS,
  );
});
