/** Starts a control plane that outlives us, held by `daemon-main.ts`. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type ErrorCode, KubedirectError } from '../../spec/errors.ts';
import { type DetachedState, isUp, readState, stopDetached } from './state.ts';
import type { ControlPlaneOptions } from './types.ts';

/** Options that pass to another process. @public */
export type DaemonOptions = Omit<ControlPlaneOptions, 'dataDir' | 'onProgress'>;

/** What the holder tells `up`. @internal */
export type DaemonMessage =
  | { readonly kind: 'progress'; readonly line: string }
  | { readonly kind: 'up'; readonly state: DetachedState }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string };

/**
 * Starts a detached control plane in `dataDir`, or finds the one that is up there. What a dead one left is removed first.
 * @returns its state, and whether this call started it
 * @throws KubedirectError as `startControlPlane`
 * @public
 */
export async function startDetached(
  dataDir: string,
  options: DaemonOptions,
  onProgress: (line: string) => void,
): Promise<{ readonly state: DetachedState; readonly started: boolean }> {
  const before = await readState(dataDir);
  if (before !== undefined) {
    if (await isUp(before)) return { state: before, started: false };
    onProgress(`removing what a control plane that died left in ${dataDir}`);
    await stopDetached(before);
  }
  const script = fileURLToPath(new URL('./daemon-main.ts', import.meta.url));
  const child = spawn(process.execPath, ['--no-warnings', script, dataDir], {
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  child.send(options);
  return new Promise((resolve, reject) => {
    child.on('message', (message: DaemonMessage) => {
      if (message.kind === 'progress') onProgress(message.line);
      else if (message.kind === 'failed') reject(new KubedirectError(message.code, message.message));
      else {
        child.unref();
        resolve({ state: message.state, started: true });
      }
    });
    child.once('error', reject);
    child.once('exit', (code, signal) =>
      reject(
        new KubedirectError(
          'COMPONENT_FAILED',
          `the process that holds the control plane ended with ${signal ?? `code ${code}`} before it was up`,
        ),
      ),
    );
  });
}
