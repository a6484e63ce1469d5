/** `kubedirect packages`: writes the Helm chart and the kustomize base anew. */
import path from 'node:path';
import type { Command } from 'commander';
import { writePackages } from '../../deploy/packages/index.ts';
import { folderToWrite } from '../arguments.ts';

const FOLDER = path.join(import.meta.dirname, '../../../deploy');

/** Adds the command. @internal */
export function register(program: Command): void {
  program
    .command('packages')
    .description('Write the Helm chart and the kustomize base, from the objects that install applies')
    .option(
      '--folder <folder>',
      'where they are written: helm/ and kustomize/ in it are made anew',
      folderToWrite,
      FOLDER,
    )
    .action(({ folder }: { readonly folder: string }) => {
      process.stdout.write(`${folder}: ${writePackages(folder)} files\n`);
    });
}
