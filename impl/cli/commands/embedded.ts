/** `kubedirect embedded`: an embedded cluster in the foreground, until it is interrupted. */
import type { Command } from 'commander';
import { KubedirectError } from '../../../spec/errors.ts';
import { startEmbedded, UNSUPPORTED } from '../../embedded/index.ts';

interface Options {
  readonly nodes: number;
  readonly port: number;
  readonly podDelay: number;
  readonly limits: 'default' | 'lifted';
  readonly unsupported?: boolean;
}

const integer = (flag: string, most: number) => (text: string) => {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= most && text.trim() !== '') return value;
  throw new KubedirectError('FLAG_INVALID', `${flag}: expected an integer from 0 to ${most}, got ${text}`);
};

const limits = (text: string): string => {
  if (text === 'stock') return 'default';
  if (text === 'lifted') return text;
  throw new KubedirectError('FLAG_INVALID', `--limits: expected stock or lifted, got ${text}`);
};

/** Adds the command. @internal */
export function register(program: Command): void {
  program
    .command('embedded')
    .description(
      'run an embedded cluster in this process: the API Server model, simulated nodes; nothing but Node is needed',
    )
    .option('--nodes <n>', 'simulated nodes, node-0 and on', integer('--nodes', 10_000), 5)
    .option('--port <port>', 'port on loopback; 0 for any free one', integer('--port', 65_535), 0)
    .option('--pod-delay <ms>', 'time a simulated Pod takes to be Ready', integer('--pod-delay', 600_000), 0)
    .option('--limits <which>', 'client limits of the stock controllers: stock or lifted', limits, 'lifted')
    .option('--unsupported', 'print what the embedded API server can not do, and end')
    .action(embedded);
}

async function embedded(options: Options): Promise<void> {
  if (options.unsupported === true) {
    for (const { what, why } of UNSUPPORTED) process.stdout.write(`${what.padEnd(66)} ${why}\n`);
    return;
  }
  const { nodes, port, podDelay, limits: stockRateLimit } = options;
  const cluster = await start({ nodes, port, podStartDelayMs: podDelay, stockRateLimit });
  process.stdout.write(
    `embedded API server: ${cluster.url} (${nodes} simulated nodes; in memory, for this user only)\n`,
  );
  process.stdout.write(`export KUBECONFIG=${cluster.kubeconfig}\n`);
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  await cluster.stop();
}

/** A taken port is a wrong flag, not a crash. */
async function start(options: Parameters<typeof startEmbedded>[0]): ReturnType<typeof startEmbedded> {
  try {
    return await startEmbedded(options);
  } catch (error) {
    const { code } = error as { code?: string };
    if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error;
    throw new KubedirectError(
      'FLAG_INVALID',
      `--port: ${options?.port} can not be listened on (${code}): expected a free port, or 0`,
    );
  }
}
