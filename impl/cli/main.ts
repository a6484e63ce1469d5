#!/usr/bin/env node
/** The `kubedirect` command. Each subcommand is the file of its name in `commands/`; only the one that is called is loaded. */
import fs from 'node:fs';
import { enableCompileCache } from 'node:module';
import path from 'node:path';
import { Command, CommanderError } from 'commander';
import { KubedirectError } from '../../spec/errors.ts';
import { EXIT, exitCodeOf } from './exit.ts';

// A stage that was killed should be back at once: its modules are compiled only the first time.
enableCompileCache();

const FOLDER = path.join(import.meta.dirname, 'commands');

/** Files to load: that of the command called, or all, to list them. */
function files(called: string | undefined): readonly string[] {
  const all = fs
    .readdirSync(FOLDER)
    .filter((file) => file.endsWith('.ts'))
    .sort();
  return all.includes(`${called}.ts`) ? [`${called}.ts`] : all;
}

async function program(called: string | undefined): Promise<Command> {
  const manifest = fs.readFileSync(path.join(import.meta.dirname, '../../package.json'), 'utf8');
  const command = new Command('kubedirect')
    .description('The narrow waist of Kubernetes by direct messages: model, checkers and controller')
    .version((JSON.parse(manifest) as { version: string }).version)
    .showHelpAfterError('(--help shows what there is)')
    .exitOverride();
  for (const file of files(called)) {
    const { register } = (await import(path.join(FOLDER, file))) as { register: (program: Command) => void };
    register(command);
  }
  for (const each of command.commands) each.exitOverride();
  return command;
}

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
