/** `kubedirect view`: a run in the browser. */
import fs from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { KubedirectError } from '../../../spec/errors.ts';
import type { Film } from '../../viewer/film.ts';
import { Live } from '../../viewer/live.ts';
import { livePage, pageOf } from '../../viewer/page.ts';
import { type Served, serveLive, servePage } from '../../viewer/serve.ts';
import { filmOfFile } from '../../viewer/source.ts';
import { playToStately } from '../../viewer/stately.ts';
import { fileToWrite, integer } from '../arguments.ts';
import { addresses } from '../stages.ts';

interface Options {
  readonly out?: string;
  readonly port: number;
  readonly live?: readonly string[];
  readonly token?: string;
  readonly inspect?: string;
}

/** An address of a WebSocket. */
function bridge(text: string): string {
  const url = URL.parse(text);
  if (url === null || !['ws:', 'wss:'].includes(url.protocol))
    throw new InvalidArgumentError(`FLAG_INVALID: expected ws://HOST:PORT, got ${JSON.stringify(text)}.`);
  return text;
}

async function untilEnded({ url, close }: Served): Promise<void> {
  process.stdout.write(`${url}   (Ctrl-C ends it)\n`);
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  await close();
}

async function lookOn(addresses: readonly string[], { port, token }: Options): Promise<void> {
  const live = new Live(addresses, token);
  const page = await livePage(`live: ${addresses.join(', ')}`);
  const served = await serveLive(page, (number) => live.after(number), port);
  void live.follow();
  await untilEnded(served);
  live.stop();
}

/** Why these do not go together; null: they do. */
function conflictOf(file: string | undefined, other: string | undefined, options: Options): string | null {
  const { out, live, inspect, token } = options;
  if (file === undefined && live === undefined)
    return 'expected a replay file, a scenario, a recorded trace, or --live with addresses; there is none (view --help)';
  if (live !== undefined) {
    if (file !== undefined) return `expected a file or --live, not both: ${file}`;
    if (inspect !== undefined) return 'expected a file with --inspect, not --live';
    return out === undefined
      ? null
      : 'expected --live without --out: what runs has no end yet (run --traces FOLDER records it)';
  }
  if (token !== undefined && process.env.KUBEDIRECT_TOKEN === undefined)
    return '--token goes with --live alone';
  if (inspect === undefined) return null;
  if (other !== undefined) return `expected one file with --inspect, got ${other} too`;
  return out === undefined ? null : 'expected --inspect or --out, not both';
}

async function view(file: string | undefined, other: string | undefined, options: Options): Promise<void> {
  const { out, port, live, inspect } = options;
  const conflict = conflictOf(file, other, options);
  if (conflict !== null) throw new KubedirectError('FLAG_INVALID', conflict);
  if (live !== undefined) return lookOn(live, options);
  if (inspect !== undefined) {
    const count = await playToStately(filmOfFile(file as string), inspect);
    process.stdout.write(`${count} events went to ${inspect}\n`);
    return;
  }
  const films = [file as string, ...(other === undefined ? [] : [other])].map(filmOfFile) as [Film, Film?];
  for (const note of films.flatMap((film) => film?.notes ?? [])) process.stderr.write(`${note}\n`);
  const page = await pageOf(...films);
  if (out === undefined) return untilEnded(await servePage(page, port));
  try {
    fs.writeFileSync(out, page);
  } catch (cause) {
    throw new KubedirectError('FLAG_INVALID', `--out ${out}: ${(cause as Error).message}`, { cause });
  }
  process.stdout.write(`${out}: open it in a browser; it needs nothing else\n`);
}

const HELP = `
What can be looked at: a replay file (fuzz --out; it is run again, and "what if" runs it otherwise), or a recorded trace (a folder of .ndjson files, as
run, agent and demo --keep write them, or one such file, as fuzz --trace does), or a scenario (.txt, as the page saves a bounded world that was driven by hand; test/explorer/golden has some).
A counterexample of check: check --view writes its page at once.

The page shows each message as an arrow from the frame that sent it to the frame that received it, what each frame
changed, and what every stage held of each Pod then. It is one file, and asks the network for nothing.

--live shows the last steps of the stages as they come: read only, and as much as they keep (20,000 steps a process, fewer where they speak of many Pods). In a cluster they ask
for the token of somebody who may list Pods, as for why. The page is for who started it: its address can not be guessed.

--inspect plays it to Stately's inspector, in which each machine is an actor: its bridge is started by
  node -e "import('@statelyai/inspect/server').then((m) => m.createInspectorServer())"
at ws://localhost:8080; the inspector's page comes from Stately, over the network.

Exit codes: 0 shown, or written; 2 usage, or REPLAY_INVALID, TOPOLOGY_IMPOSSIBLE, TRACE_INVALID, TRACE_VERSION,
TRACE_TOO_LARGE; 1 PORT_TAKEN, INSPECTOR_UNREACHABLE`;

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('view')
    .description('show a run in the browser: messages, states, what led to what')
    .argument('[file]', 'a replay file, a scenario, or a recorded trace')
    .argument('[other]', 'another one, side by side: where do they part?')
    .option('--out <page.html>', 'write the page there instead of serving it', fileToWrite)
    .option(
      '--live <host:port,…>',
      'look on at a running cluster instead: where its processes serve their --status',
      addresses,
    )
    .option('--inspect <ws-address>', "play it to Stately's inspector instead, by its bridge", bridge)
    .addOption(new Option('--token <token>', 'with --live: shown to the stages').env('KUBEDIRECT_TOKEN'))
    .option('--port <n>', 'serve it there; 0: any port', integer(0, 65_535), 0)
    .addHelpText('after', HELP)
    .action(view);
}
