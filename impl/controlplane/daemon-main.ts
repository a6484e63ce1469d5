/**
 * Holds a control plane for `kubedirect up`, which starts this program detached, with the data folder as its argument
 * (so that `ps` tells whose it is) and the options as its first message. Ends on SIGTERM, and cleans up.
 */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { KubedirectError } from '../../spec/errors.ts';
import type { DaemonMessage, DaemonOptions } from './daemon.ts';
import { resolveBinaries, startControlPlane } from './index.ts';
import { writeState } from './state.ts';
import type { ControlPlane } from './types.ts';

const [dataDir = ''] = process.argv.slice(2);
let controlPlane: ControlPlane | undefined;
let starting: Promise<void> | undefined;

const tell = (message: DaemonMessage): Promise<void> =>
  new Promise((resolve) => {
    if (process.connected) process.send?.(message, () => resolve());
    else resolve();
  });

async function start(options: DaemonOptions): Promise<void> {
  controlPlane = await startControlPlane({
    ...options,
    dataDir,
    onProgress: (line) => void tell({ kind: 'progress', line }),
  });
  const state = {
    url: controlPlane.url,
    kubeconfig: controlPlane.kubeconfig,
    dataDir: controlPlane.dataDir,
    version: controlPlane.version,
    kubectl: (await resolveBinaries(['kubectl'])).get('kubectl') ?? 'kubectl',
    pid: process.pid,
    pids: Object.fromEntries(controlPlane.pids),
  };
  await writeState(state);
  await tell({ kind: 'up', state });
  if (process.connected) process.disconnect?.();
}

async function stop(code: number): Promise<never> {
  await starting?.catch(() => undefined);
  await controlPlane?.stop();
  process.exit(code);
}

process.once('message', (options: DaemonOptions) => {
  starting = start(options);
  starting.catch(async (error: unknown) => {
    const code = error instanceof KubedirectError ? error.code : 'COMPONENT_FAILED';
    await tell({ kind: 'failed', code, message: (error as Error).message });
    await controlPlane?.stop();
    process.exit(1);
  });
});
process.on('disconnect', () => {
  // `up` was interrupted before all was up.
  if (controlPlane === undefined) void stop(1);
});
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(0));
process.on('SIGHUP', () => {});
process.on('uncaughtException', (error) => {
  try {
    appendFileSync(join(dataDir, 'logs', 'daemon.log'), `${error.stack ?? error.message}\n`);
  } finally {
    void stop(1);
  }
});
