#!/usr/bin/env node
/** The `kubedirect` command. Each subcommand is the file of its name in `commands/`; only the one that is called is loaded. */
import { enableCompileCache } from 'node:module';
import { CommanderError } from 'commander';
import { KubedirectError } from '../../spec/errors.ts';
import { EXIT, exitCodeOf } from './exit.ts';
import { program } from './program.ts';

// A stage that was killed should be back at once: its modules are compiled only the first time.
enableCompileCache();

// Whoever reads has read enough: `kubedirect … | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(EXIT.ok);
});

try {
  await (await program(process.argv[2])).parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? EXIT.ok : EXIT.usage);
  const isNamed = error instanceof KubedirectError;
  process.stderr.write(
    `${isNamed ? `${error.code}: ${error.message}` : String((error as Error).stack ?? error)}\n`,
  );
  process.exit(isNamed ? exitCodeOf(error) : EXIT.failed);
}
