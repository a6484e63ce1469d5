/** Whether this machine can run a real node, asked by trying what can be tried without leaving a trace. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { binariesSupported, type Support } from '../binaries.ts';

const run = promisify(execFile);
const CNI_DIRS = ['/usr/lib/cni', '/opt/cni/bin', '/usr/libexec/cni'];
const PLUGINS = ['bridge', 'host-local', 'loopback'];
const PROGRAMS = ['containerd', 'ctr', 'runc', 'unshare', 'nsenter', 'ip', 'ps'];
const PROBE_BRIDGE = 'kdprobe';

/** Folder with the network plugins, undefined if there is none. @internal */
export const cniBinDir = (): string | undefined =>
  CNI_DIRS.find((dir) => PLUGINS.every((plugin) => existsSync(join(dir, plugin))));

/** Root's programs may be missing from the PATH of a plain shell. @internal */
export const nodePath = (): string => `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`;

const works = (command: string, ...args: string[]): Promise<boolean> =>
  run(command, args, { env: { PATH: nodePath() } }).then(
    () => true,
    () => false,
  );

/**
 * Whether `startRealNode` can work here, and if not, the first reason.
 * @public
 */
export async function realNodeSupported(): Promise<Support> {
  const no = (reason: string): Support => ({ ok: false, reason });
  if (process.platform !== 'linux') return no(`containers need Linux, this is ${process.platform}`);
  if (process.getuid?.() !== 0) return no('containers and their network need root');
  for (const program of PROGRAMS) {
    if (!(await works('sh', '-c', `command -v ${program}`))) return no(`no ${program} on PATH`);
  }
  if (cniBinDir() === undefined)
    return no(`no network plugins (${PLUGINS.join(', ')}) in ${CNI_DIRS.join(', ')}`);
  if (!(await works('unshare', '--mount', '--propagation', 'private', 'true'))) {
    return no('a mount namespace may not be made here');
  }
  const bridge = await works('ip', 'link', 'add', PROBE_BRIDGE, 'type', 'bridge');
  if (bridge) await works('ip', 'link', 'delete', PROBE_BRIDGE);
  if (!bridge) return no('a network bridge may not be made here');
  return binariesSupported(['kubelet', 'echo']);
}
