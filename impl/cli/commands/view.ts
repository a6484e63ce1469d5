/** `kubedirect view`: a run in the browser. */
import fs from 'node:fs';
import type { Command } from 'commander';
import { pageOf } from '../../viewer/page.ts';
import { servePage } from '../../viewer/serve.ts';
import { filmOfFile } from '../../viewer/source.ts';
import { fileToWrite, integer } from '../arguments.ts';

interface Options {
  readonly out?: string;
  readonly port: number;
}

async function view(file: string, { out, port }: Options): Promise<void> {
  const page = await pageOf(filmOfFile(file));
  if (out !== undefined) {
    fs.writeFileSync(out, page);
    process.stdout.write(`${out}: open it in a browser; it needs nothing else\n`);
    return;
  }
  const served = await servePage(page, port);
  process.stdout.write(`${served.url}   (Ctrl-C ends it)\n`);
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  await served.close();
}

const HELP = `
What can be looked at: a replay file (fuzz --out; it is run again, and "what if" runs it otherwise), or a recorded trace (a folder of .ndjson files, as
run, agent and demo --keep write them, or one such file, as fuzz --trace does).

The page shows each message as an arrow from the frame that sent it to the frame that received it, what each frame
changed, and what every stage held of each Pod then. It is one file, and asks the network for nothing.

Exit codes: 0 shown, or written; 2 usage, or REPLAY_INVALID, TOPOLOGY_IMPOSSIBLE, TRACE_INVALID, TRACE_VERSION,
TRACE_TOO_LARGE; 1 PORT_TAKEN`;

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('view')
    .description('show a run in the browser: messages, states, what led to what')
    .argument('<file>', 'a replay file, or a recorded trace')
    .option('--out <page.html>', 'write the page there instead of serving it', fileToWrite)
    .option('--port <n>', 'serve it there; 0: any port', integer(0, 65_535), 0)
    .addHelpText('after', HELP)
    .action(view);
}
