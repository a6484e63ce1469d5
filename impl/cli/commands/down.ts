/** `kubedirect down`: stops what `kubedirect up` started and leaves nothing behind. */
import { rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { detachedDataDir, readState, stopDetached } from '../../controlplane/state.ts';

/** Adds the command. @internal */
export function register(program: Command): void {
  program
    .command('down')
    .description('stop the control plane that `up` started, and remove its data')
    .option('--data-dir <dir>', 'the folder given to `up`')
    .option('--json', 'print one JSON object instead of text')
    .action(async (options: { readonly dataDir?: string; readonly json?: boolean }) => {
      const dataDir = detachedDataDir(options.dataDir);
      const state = await readState(dataDir);
      if (state !== undefined) await stopDetached(state);
      // The default folder's parent is ours too; gone only if nothing else is in it.
      if (options.dataDir === undefined) await rmdir(dirname(dataDir)).catch(() => undefined);
      const stopped = state !== undefined;
      const said = stopped ? `stopped ${state.url}, removed ${dataDir}` : `no control plane in ${dataDir}`;
      process.stdout.write(options.json ? `${JSON.stringify({ stopped, dataDir })}\n` : `${said}\n`);
    });
}
