/**
 * A real node: the stock kubelet with containerd, runc and the bridge network plugin, real containers with addresses that
 * the host reaches. For `publish` end to end, and for the `cri` runtime, which has the same containerd.
 *
 * It has a mount namespace of its own in which the host's folders and kernel settings that these programs would write are
 * covered by copies; a bridge of its own without a way out; a cgroup of its own. `stop` removes all of it, and so does
 * the reaper if we die. Pods need `imagePullPolicy: Never` and `automountServiceAccountToken: false`.
 *
 * @example
 * const node = await startRealNode(cluster, 'real-0');
 * // … Pods with `image: ECHO_IMAGE` bound to `real-0` …
 * await node.kill(); // the kubelet; the containers live
 * await node.restart();
 * await node.stop();
 */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { KubedirectError } from '../../spec/errors.ts';
import { waitForLease, waitForNodes } from './apiclient.ts';
import { resolveBinaries } from './binaries.ts';
import { type Internals, internalsOf } from './controlplane.ts';
import { freePorts } from './ports.ts';
import { SupervisedProcess } from './process.ts';
import { cgroupHierarchies } from './realnode/cgroups.ts';
import { type NodeConfig, writeNodeConfig } from './realnode/config.ts';
import { writeImageArchive } from './realnode/image.ts';
import { ECHO_IMAGE, type Layout, layoutOf, PAUSE_IMAGE } from './realnode/layout.ts';
import { cniBinDir, nodePath, realNodeSupported } from './realnode/support.ts';
import type { ControlPlane, NodeProcess } from './types.ts';

export { ECHO_IMAGE } from './realnode/layout.ts';
export { realNodeSupported } from './realnode/support.ts';

const run = promisify(execFile);
const CLEANER = fileURLToPath(new URL('./realnode/clean-main.ts', import.meta.url));

/** How {@link startRealNode} starts. @public */
export interface RealNodeOptions {
  readonly labels?: Readonly<Record<string, string>>;
  /** Default 110. */
  readonly maxPods?: number;
}

/** A node whose containers are real. They outlive a killed kubelet. @public */
export interface RealNode extends NodeProcess {
  readonly kind: 'real';
  /** containerd's socket, CRI included. The kubelet's containers are in its namespace `k8s.io`. */
  readonly containerdSocket: string;
  /** The host's address on the node's bridge; Pods are in the same /24. */
  readonly address: string;
  /** Runs `ctr` against the node's containerd, and returns what it prints. */
  ctr(args: readonly string[]): Promise<string>;
  /** Ids of the containers that run now, the Pods' sandboxes included. */
  containers(): Promise<string[]>;
}

/** A containerd with the network plugins and the images of a real node, and no kubelet: for an agent that runs containers itself. @public */
export interface RealContainerd {
  readonly containerdSocket: string;
  /** The host's address on its bridge; Pods are in the same /24. */
  readonly address: string;
  /** cgroup for its Pods. */
  readonly cgroup: string;
  /** A folder of its own, removed with it. */
  readonly folder: string;
  /** Certificate of who signs the clients of kubelets. */
  readonly clientCa: string;
  readonly pid: number | undefined;
  /** kill -9; the containers live. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  ctr(args: readonly string[]): Promise<string>;
  containers(): Promise<string[]>;
  stop(): Promise<void>;
}

/** Where a real node is made: a control plane's folder, or one of its own. @internal */
export interface Site extends Pick<Internals, 'reaper' | 'caFile' | 'onProgress'> {
  readonly dataDir: string;
}

const siteOf = (controlPlane: ControlPlane): Site => {
  return { ...internalsOf(controlPlane), dataDir: controlPlane.dataDir };
};

/** What both kinds of a real node stand on. */
interface Ground {
  readonly layout: Layout;
  readonly config: NodeConfig;
  readonly containerd: SupervisedProcess;
  /** Ends containerd, and removes what it has left on the machine. */
  readonly clear: () => Promise<void>;
}

async function standing<T>(
  site: Site,
  name: string,
  maxPods: number,
  use: (ground: Ground) => Promise<T>,
): Promise<T> {
  const support = await realNodeSupported();
  if (!support.ok) {
    throw new KubedirectError(
      'REAL_NODE_UNSUPPORTED',
      `node ${name}: expected Linux, root, containerd, runc and network plugins: ${support.reason}`,
    );
  }
  const { reaper, caFile, onProgress } = site;
  const binaries = await resolveBinaries(['echo'], { onProgress });
  const layout = layoutOf(join(site.dataDir, 'real', name));
  const cleaner = [process.execPath, '--no-warnings', CLEANER, JSON.stringify(layout)];
  await mkdir(layout.dir, { recursive: true });
  reaper.tell({ kind: 'command', name: layout.dir, argv: cleaner });
  const forget = () => reaper.tell({ kind: 'commandDone', name: layout.dir });
  try {
    const [port = 0] = await freePorts(1);
    const config = await writeNodeConfig(layout, cniBinDir() ?? '', {
      port,
      caFile,
      maxPods,
    });
    await makeGround(layout);
    const containerd = containerdProcess(site, name, layout, config);
    await containerd.start();
    await importImages(layout, binaries.get('echo') ?? '');
    const clear = async () => {
      await containerd.stop(3_000);
      await clean(cleaner);
      forget();
    };
    return await use({ layout, config, containerd, clear });
  } catch (error) {
    await clean(cleaner).catch(() => undefined);
    forget();
    throw error;
  }
}

/** Ids of the containers that run now, the Pods' sandboxes included. */
async function running(layout: Layout): Promise<string[]> {
  const lines = (await ctr(layout, ['-n', 'k8s.io', 'tasks', 'list'])).split('\n').slice(1);
  return lines.filter((line) => line.includes('RUNNING')).map((line) => line.split(/\s+/)[0] ?? '');
}

/**
 * Starts a containerd of its own, without a kubelet.
 * @param name - of the node that it is for
 * @throws KubedirectError `REAL_NODE_UNSUPPORTED`, `COMPONENT_FAILED`
 * @public
 */
export async function startRealContainerd(controlPlane: ControlPlane, name: string): Promise<RealContainerd> {
  return containerdAt(siteOf(controlPlane), name);
}

/**
 * @param leave - after it has stopped
 * @internal
 */
export async function containerdAt(
  site: Site,
  name: string,
  leave: () => Promise<void> = async () => {},
): Promise<RealContainerd> {
  return standing(site, name, 110, async ({ layout, containerd, clear }) => {
    let stopping: Promise<void> | undefined;
    return {
      containerdSocket: layout.socket,
      address: `${layout.prefix}.1`,
      cgroup: `/${layout.cgroup}`,
      folder: layout.dir,
      clientCa: site.caFile,
      get pid() {
        return containerd.pid;
      },
      kill: () => containerd.signal('SIGKILL'),
      restart: () => containerd.start(),
      ctr: (args) => ctr(layout, args),
      containers: () => running(layout),
      stop: () => {
        stopping ??= clear().then(leave);
        return stopping;
      },
    };
  });
}

/**
 * Starts a real node and waits until it is Ready; seconds, once the kubelet is built.
 * @throws KubedirectError `REAL_NODE_UNSUPPORTED`, `COMPONENT_FAILED`, `NODE_NOT_READY`
 * @public
 */
export async function startRealNode(
  controlPlane: ControlPlane,
  name: string,
  options: RealNodeOptions = {},
): Promise<RealNode> {
  const internals = internalsOf(controlPlane);
  return standing(siteOf(controlPlane), name, options.maxPods ?? 110, async (ground) => {
    const { layout, config, containerd } = ground;
    const binaries = await resolveBinaries(['kubelet'], { onProgress: internals.onProgress });
    const kubeconfig = await controlPlane.userKubeconfig(`system:node:${name}`, ['system:nodes']);
    const labels = Object.entries(options.labels ?? {}).map(([key, value]) => `${key}=${value}`);
    const kubelet = kubeletProcess(controlPlane, name, layout, internals, {
      program: binaries.get('kubelet') ?? '',
      namespaceOf: containerd.pid ?? 0,
      args: [
        `--config=${config.kubelet}`,
        `--kubeconfig=${kubeconfig}`,
        ...(labels.length === 0 ? [] : [`--node-labels=${labels.join(',')}`]),
      ],
    });
    const node = realNode(name, kubelet, ground, internals);
    internals.nodes.add(node);
    await kubelet.start();
    await waitForNodes(internals.client, [name]);
    return node;
  });
}

function realNode(
  name: string,
  kubelet: SupervisedProcess,
  { layout, clear }: Ground,
  internals: Internals,
): RealNode {
  let stopping: Promise<void> | undefined;
  const node: RealNode = {
    kind: 'real',
    name,
    containerdSocket: layout.socket,
    address: `${layout.prefix}.1`,
    get pid() {
      return kubelet.pid;
    },
    kill: () => kubelet.signal('SIGKILL'),
    restart: async () => {
      const since = Date.now();
      await kubelet.start();
      await waitForLease(internals.client, name, since);
      await waitForNodes(internals.client, [name]);
    },
    ctr: (args) => ctr(layout, args),
    containers: () => running(layout),
    stop: () => {
      stopping ??= (async () => {
        await kubelet.stop(3_000);
        await internals.client.send('DELETE', `/api/v1/nodes/${name}`).catch(() => undefined);
        internals.nodes.delete(node);
        await clear();
      })();
      return stopping;
    },
  };
  return node;
}

async function clean([command = '', ...args]: readonly string[]): Promise<void> {
  try {
    await run(command, args);
  } catch (cause) {
    const said = (cause as { stderr?: string }).stderr ?? (cause as Error).message;
    throw new KubedirectError('COMPONENT_FAILED', `a real node was not removed whole: ${said}`, { cause });
  }
}

/** What must be there before the programs start: cgroups, mount points, the bridge with our address. */
async function makeGround({ bridge, prefix, covered, cgroup }: Layout): Promise<void> {
  const ip = (...args: string[]) => run('ip', args, { env: { PATH: nodePath() } });
  for (const hierarchy of cgroupHierarchies()) await mkdir(join(hierarchy, cgroup), { recursive: true });
  for (const folder of Object.keys(covered)) await mkdir(folder, { recursive: true });
  await ip('link', 'add', bridge, 'type', 'bridge');
  await ip('address', 'add', `${prefix}.1/24`, 'dev', bridge);
  await ip('link', 'set', bridge, 'up');
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** Covers folders and settings, then becomes containerd; the process id stays the same all along. */
function startScript({ dir, covered, settings }: Layout, config: string): string {
  const lines = Object.entries(covered).map(([target, source]) => `mount --bind ${quoted(source)} ${target}`);
  for (const [index, path] of settings.entries()) {
    const copy = quoted(join(dir, 'settings', String(index)));
    lines.push(`if [ -e ${path} ]; then cat ${path} > ${copy}; mount --bind ${copy} ${path}; fi`);
  }
  return ['set -e', ...lines, `exec containerd --config ${quoted(config)}`].join('\n');
}

function containerdProcess(
  { dataDir, reaper }: Site,
  name: string,
  layout: Layout,
  config: NodeConfig,
): SupervisedProcess {
  const args = ['--mount', '--propagation', 'private', 'sh', '-c', startScript(layout, config.containerd)];
  return new SupervisedProcess(
    {
      name: `containerd of ${name}`,
      command: 'unshare',
      args,
      logFile: join(dataDir, 'logs', `real-${name}-containerd.log`),
      env: { PATH: nodePath(), TMPDIR: layout.dir },
      healthy: () => ctr(layout, ['version']).then(() => true),
    },
    reaper,
  );
}

function kubeletProcess(
  { dataDir }: ControlPlane,
  name: string,
  layout: Layout,
  { reaper, client }: Internals,
  how: { readonly program: string; readonly namespaceOf: number; readonly args: readonly string[] },
): SupervisedProcess {
  return new SupervisedProcess(
    {
      name: `kubelet of ${name}`,
      command: 'nsenter',
      args: [
        `--mount=/proc/${how.namespaceOf}/ns/mnt`,
        '--',
        how.program,
        ...how.args,
        `--hostname-override=${name}`,
        `--node-ip=${layout.prefix}.1`,
        `--root-dir=${join(layout.dir, 'kubelet')}`,
        `--cert-dir=${join(layout.dir, 'kubelet', 'pki')}`,
      ],
      logFile: join(dataDir, 'logs', `real-${name}-kubelet.log`),
      env: { PATH: nodePath(), HOME: layout.dir, TMPDIR: layout.dir },
      healthy: async () => (await client.send('GET', `/api/v1/nodes/${name}`)).status === 200,
    },
    reaper,
  );
}

async function ctr({ socket }: Layout, args: readonly string[]): Promise<string> {
  const options = { env: { PATH: nodePath() }, timeout: 60_000, maxBuffer: 1 << 24 };
  return (await run('ctr', ['--address', socket, ...args], options)).stdout;
}

async function importImages(layout: Layout, program: string): Promise<void> {
  const archive = join(layout.dir, 'images.tar');
  await writeImageArchive(archive, program, { [ECHO_IMAGE]: [], [PAUSE_IMAGE]: ['pause'] });
  await ctr(layout, ['-n', 'k8s.io', 'images', 'import', archive]);
  await writeFile(archive, '');
}
