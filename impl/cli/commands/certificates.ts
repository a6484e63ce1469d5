/** `kubedirect certificates`: what `run` and `agent` need for mutual TLS on the links. */
import type { Command } from 'commander';
import { LED_STAGES } from '../../../spec/vocabulary.ts';
import { writeCertificates } from '../../controller/links/certificateFolder.ts';
import { createAuthority } from '../../controller/links/certificates.ts';
import { folderToWrite, integer, nodeList } from '../arguments.ts';

interface Flags {
  readonly folder: string;
  readonly nodes: readonly string[];
  readonly days: number;
}

async function write({ folder, nodes, days }: Flags): Promise<void> {
  const identities = [...LED_STAGES, ...nodes.map((node) => `kubelet/${node}`)];
  await writeCertificates(folder, await createAuthority({ days }), identities, days);
  process.stdout.write(
    `${folder}: ca.pem, and a certificate with its key for each of ${identities.join(', ')}; valid for ${days} days\n`,
  );
}

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('certificates')
    .description('Issue certificates for the links: an authority, a leaf for each stage and each node')
    .requiredOption('--nodes <list>', 'names of the Nodes', nodeList)
    .option('--folder <folder>', 'where they are written', folderToWrite, 'certificates')
    .option('--days <n>', 'how long they are valid', integer(1, 3_650), 365)
    .action(write);
}
