/** An agent that runs containers itself asks admission before the first Pod of a template; and what its stages recorded is judged by TLC. */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { criArguments } from '../../impl/controller/process/spawn.ts';
import { binariesSupported } from '../../impl/controlplane/index.ts';
import {
  ECHO_IMAGE,
  type RealContainerd,
  realNodeSupported,
  startRealContainerd,
} from '../../impl/controlplane/realnode.ts';
import { CriClient } from '../../impl/cri/client.ts';
import { LABELS } from '../../impl/cri/config.ts';
import { NODE_TAINT } from '../../impl/cri/node.ts';
import { readTraceFiles } from '../../impl/trace/read.ts';
import { validateTraces } from '../../impl/validate/validate.ts';
import { TOOLCHAIN } from '../tlc/support/toolchain.ts';
import { createdAt, podCreates } from './support/audit.ts';
import {
  BUILD_MS,
  CASE_MS,
  type DeploymentShape,
  NEEDED,
  type RealWaist,
  startRealWaist,
  until,
} from './support/realWaist.ts';
import { bounds } from './support/settings.ts';

const NODE = 'cri-0';

const nodeSupport = await realNodeSupported();
const support = nodeSupport.ok ? await binariesSupported([...NEEDED, 'echo']) : nodeSupport;
if (!support.ok) console.warn(`SKIPPED, admission before containers: ${support.reason}`);

const LIMITS = {
  apiVersion: 'v1',
  kind: 'LimitRange',
  metadata: { name: 'limits' },
  spec: { limits: [{ type: 'Container', default: { memory: '48Mi' } }] },
};
const shape = (requests: Readonly<Record<string, string>>, more: object = {}): DeploymentShape => ({
  requests,
  pod: { terminationGracePeriodSeconds: 1, enableServiceLinks: false, tolerations: [NODE_TAINT] },
  container: { image: ECHO_IMAGE, imagePullPolicy: 'Never', ...more },
});

describe.skipIf(!support.ok)('admission, where an agent runs the containers itself', () => {
  let kd: RealWaist;
  let containerd: RealContainerd;
  let runtime: CriClient;

  beforeAll(async () => {
    let nodeKubeconfig = '';
    kd = await startRealWaist({
      agentNodes: [NODE],
      runtime: 'cri',
      auditLog: true,
      async prepare(cluster) {
        containerd = await startRealContainerd(cluster, NODE);
        nodeKubeconfig = await cluster.userKubeconfig(`system:node:${NODE}`, ['system:nodes']);
      },
      agentMore: () => criArguments(containerd, nodeKubeconfig),
    });
    runtime = new CriClient(containerd.containerdSocket);
  }, BUILD_MS);
  afterAll(async () => {
    runtime?.close();
    await kd?.stopStages();
    await containerd?.stop();
    await kd?.stop();
  }, CASE_MS);

  /** Containers of the Pods of a Deployment, and when each was started, Unix ms. */
  const started = async (name: string) => {
    const all = await runtime.containers({ [LABELS.node]: NODE });
    const own = all.filter(({ labels }) => labels['io.kubernetes.pod.name']?.startsWith(`${name}-`));
    return Promise.all(
      own.map(async ({ id, labels }) => {
        const status = await runtime.containerStatus(id);
        return { id, pod: labels['io.kubernetes.pod.name'] ?? '', at: (status?.started_at ?? 0) / 1e6 };
      }),
    );
  };
  const creates = (name: string) =>
    podCreates(kd.cluster.dataDir).filter((create) => create.name.startsWith(`${name}-`));
  const isStartedFirst = async (name: string) => {
    const created = createdAt(kd.cluster.dataDir);
    return (await started(name)).map(({ pod, at }) => at < (created.get(pod) ?? Number.NaN));
  };

  it(
    'a template that comes back as it went: one dry run, and its Pods start before they are published',
    async () => {
      const pods = await kd.create('plain', shape({ cpu: '10m' }));
      await kd.scale('plain', 3);
      await pods.rests(3);
      expect(await isStartedFirst('plain')).toEqual([true, true, true]);
      expect(creates('plain').map(({ isDryRun, code }) => [isDryRun, code])).toEqual([
        [true, 201],
        [false, 201],
        [false, 201],
        [false, 201],
      ]);
    },
    CASE_MS,
  );

  it(
    'a template that admission changes: published first, and run as it came back',
    async () => {
      await kd.cluster.kubectl(['apply', '-f', '-'], JSON.stringify(LIMITS));
      const pods = await kd.create('limited', shape({ cpu: '10m', memory: '8Mi' }));
      await kd.scale('limited', 2);
      await pods.rests(2);
      expect(await isStartedFirst('limited')).toEqual([false, false]);
      for (const { id } of await started('limited'))
        expect(await bounds(containerd, id)).toMatchObject({ memory: String(48 * 2 ** 20) });
      expect(creates('limited').filter(({ isDryRun }) => isDryRun)).toHaveLength(1);
      await kd.scale('limited', 0);
      await pods.rests(0);
      await kd.kubectl('delete', 'limitrange', 'limits');
    },
    CASE_MS,
  );

  it(
    'a template that admission denies: none of it ever runs',
    async () => {
      await kd.kubectl('label', 'namespace', 'default', 'pod-security.kubernetes.io/enforce=restricted');
      const pods = await kd.create('denied', shape({ cpu: '10m' }));
      await kd.scale('denied', 2);
      await until('it is denied in earnest', async () =>
        creates('denied').some(({ isDryRun, code }) => !isDryRun && code === 403),
      );
      expect(creates('denied')[0]).toMatchObject({ isDryRun: true, code: 403 });
      const folders = fs.readdirSync(path.join(containerd.folder, 'kubedirect', 'logs'));
      expect(folders.filter((name) => name.startsWith('default_denied-'))).toEqual([]);
      expect(pods.present).toEqual([]);
      await kd.scale('denied', 0);
    },
    CASE_MS,
  );

  it(
    'a template that was admitted, and whose next Pod is not: that one is ended, and those after it are asked about again',
    async () => {
      await kd.scale('plain', 4);
      const refused = () => creates('plain').filter(({ code }) => code === 403);
      await until('a Pod that runs is refused, then a dry run', async () => refused().length >= 2);
      expect(
        refused()
          .map(({ isDryRun }) => isDryRun)
          .slice(0, 2),
      ).toEqual([false, true]);
      await kd.scale('plain', 3);
      await kd.kubectl('label', 'namespace', 'default', 'pod-security.kubernetes.io/enforce-');
      await until('three run', async () => (await started('plain')).length === 3);
    },
    CASE_MS,
  );

  it(
    'what was recorded breaks no property, and TLC takes it for behaviours of the spec',
    async () => {
      await kd.scale('plain', 0);
      await until('no container runs', async () => (await containerd.containers()).length === 0);
      const { broken, tested } = await kd.judgeAtRest();
      expect(broken).toEqual([]);
      expect(tested.TailPublishes ?? 0).toBeGreaterThan(0);
      if (TOOLCHAIN === null) return console.warn('SKIPPED, the judgement by TLC: no Java');
      const files = readTraceFiles(path.join(kd.folder, 'traces'));
      const heard = new Set(files.flatMap(({ lines }) => lines.map(({ line }) => line.event.type)));
      for (const type of ['podStarted', 'podNeedsObject', 'podReadiness', 'podStopped'])
        expect(heard).toContain(type);
      const [judgement] = await validateTraces(TOOLCHAIN, [{ name: 'containers', files }]);
      expect(judgement?.faults).toEqual([]);
    },
    CASE_MS,
  );
});
