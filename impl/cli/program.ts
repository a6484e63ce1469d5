/** The commands, each the file of its name in `commands/`. */
import fs from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';

const FOLDER = path.join(import.meta.dirname, 'commands');

/** Files to load: that of the command called, or all, to list them. */
function files(called: string | undefined): readonly string[] {
  const all = fs
    .readdirSync(FOLDER)
    .filter((file) => file.endsWith('.ts'))
    .sort();
  return all.includes(`${called}.ts`) ? [`${called}.ts`] : all;
}

/** All of `kubedirect`, or with the one subcommand that is called: only it is loaded. */
export async function program(called?: string): Promise<Command> {
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
