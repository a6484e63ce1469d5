/** A stage that the demo, a bench or chaos forked ends when that ends, however it does. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { SYSTEM_NAMESPACE } from '../../impl/controller/names.ts';
import { runArguments } from '../../impl/controller/process/spawn.ts';
import { install } from '../../impl/deploy/install.ts';
import { startEmbedded } from '../../impl/embedded/index.ts';
import { until } from './support/kubedirect.ts';

const MAIN = path.join(import.meta.dirname, '../../impl/cli/main.ts');
const alive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

it('a stage does not outlive who forked it', async () => {
  const cluster = await startEmbedded({ nodes: 1 });
  try {
    const { kubeconfig } = cluster;
    await install({ connection: { kubeconfig }, namespace: SYSTEM_NAMESPACE });
    const common = { kubeconfig, holder: 'here', folder: '', traces: false };
    const script = `
      const { fork } = await import('node:child_process');
      const child = fork(${JSON.stringify(MAIN)}, ${JSON.stringify(runArguments(['autoscaler'], common))}, { stdio: 'ignore', execArgv: [] });
      child.once('message', () => console.log(child.pid));`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const line = await new Promise<string>((resolve) => {
      createInterface({ input: parent.stdout }).once('line', resolve);
    });
    const stage = Number(line);
    expect(alive(stage)).toBe(true);
    parent.kill('SIGKILL');
    await until('the stage is gone', () => !alive(stage));
  } finally {
    await cluster.stop();
  }
}, 60_000);
