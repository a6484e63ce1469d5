/** `kubedirect up`: a real control plane on this machine, in the background. */
import type { Command } from 'commander';
import { KubedirectError } from '../../../spec/errors.ts';
import { startDetached } from '../../controlplane/daemon.ts';
import { BINARY_NAMES, resolveBinaries } from '../../controlplane/index.ts';
import { type DetachedState, detachedDataDir } from '../../controlplane/state.ts';

interface UpOptions {
  readonly nodes: number;
  readonly limits: 'stock' | 'lifted';
  readonly kubeScheduler: boolean;
  readonly auditLog?: boolean;
  readonly json?: boolean;
  readonly buildOnly?: boolean;
  readonly kwokDelay: number;
  readonly port?: number;
  readonly dataDir?: string;
}

const integer = (flag: string, least: number, most: number) => (text: string) => {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most && text.trim() !== '') return value;
  throw new KubedirectError(
    'FLAG_INVALID',
    `${flag}: expected an integer from ${least} to ${most}, got ${text}`,
  );
};

const limits = (text: string): string => {
  if (text === 'stock' || text === 'lifted') return text;
  throw new KubedirectError('FLAG_INVALID', `--limits: expected stock or lifted, got ${text}`);
};

/** Adds the command. @internal */
export function register(program: Command): void {
  program
    .command('up')
    .description('start the real etcd, apiserver, controllers and scheduler on this machine, with kwok nodes')
    .option('--nodes <n>', 'kwok nodes, node-0 and on', integer('--nodes', 0, 5_000), 5)
    .option('--limits <which>', 'client limits of the stock controllers: stock or lifted', limits, 'stock')
    .option('--kwok-delay <ms>', 'time a fake Pod takes to be Ready', integer('--kwok-delay', 0, 600_000), 0)
    .option('--port <port>', 'port of the apiserver (default: a free one)', integer('--port', 1, 65_535))
    .option('--data-dir <dir>', 'new or empty folder for its data (default: in the user’s state folder)')
    .option('--audit-log', 'log each request to audit.log in the data folder')
    .option('--build-only', 'build all programs, kubelet and kubemark too, and start nothing')
    .option('--no-kube-scheduler', 'leave the stock scheduler out')
    .option('--json', 'print one JSON object instead of text')
    .action(up);
}

async function up(options: UpOptions): Promise<void> {
  const { nodes, kubeScheduler, auditLog, port, kwokDelay, json } = options;
  const onProgress = (line: string) => void process.stderr.write(`${line}\n`);
  if (options.buildOnly === true) {
    const programs = Object.fromEntries(await resolveBinaries(BINARY_NAMES, { onProgress }));
    const lines = Object.entries(programs).map(([name, path]) => `${name}  ${path}`);
    process.stdout.write(json ? `${JSON.stringify(programs)}\n` : `${lines.join('\n')}\n`);
    return;
  }
  const dataDir = detachedDataDir(options.dataDir);
  const { state, started } = await startDetached(
    dataDir,
    {
      nodes,
      limits: options.limits,
      kubeScheduler,
      kwokDelayMs: kwokDelay,
      ...(auditLog === undefined ? {} : { auditLog }),
      ...(port === undefined ? {} : { port }),
    },
    onProgress,
  );
  process.stdout.write(json ? `${JSON.stringify({ ...state, started })}\n` : text(state, started, options));
}

function text(state: DetachedState, started: boolean, options: UpOptions): string {
  const folder = options.dataDir === undefined ? '' : ` --data-dir ${state.dataDir}`;
  return [
    `Kubernetes ${state.version} ${started ? 'is up' : 'was up already (flags not applied)'} at ${state.url}`,
    `  data, logs   ${state.dataDir}`,
    `  components   ${Object.entries(state.pids)
      .map(([name, pid]) => `${name} ${pid}`)
      .join(', ')}`,
    '',
    'To use it:',
    `  export KUBECONFIG=${state.kubeconfig}`,
    `  ${state.kubectl} get nodes`,
    '',
    'To stop it and remove all of it:',
    `  kubedirect down${folder}`,
    '',
  ].join('\n');
}
