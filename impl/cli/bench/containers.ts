/** `kubedirect bench containers`: real containers, ours against the stock kubelet. */
import { type Command, InvalidArgumentError } from 'commander';
import { type ContainerContender, type ContainerSample, measureContainers } from '../../bench/containers.ts';
import { percentile } from '../../bench/statistics.ts';
import { integer } from '../arguments.ts';
import { giveResult, machine, type ResultFlags } from './result.ts';

interface Flags extends ResultFlags {
  readonly counts: readonly number[];
  readonly rounds: number;
}

function countsOf(text: string): readonly number[] {
  const counts = text.split(',').map(Number);
  if (counts.every((count) => Number.isInteger(count) && count > 0 && count <= 100)) return counts;
  throw new InvalidArgumentError(
    `FLAG_INVALID: expected whole numbers from 1 to 100, with commas between, got ${JSON.stringify(text)}.`,
  );
}

const pad = (value: number) => (Number.isNaN(value) ? '-' : value.toFixed(0)).padStart(8);

/** The calls that stand between a Pod and its process, in their order. */
const STARTING = [
  'ListPodSandbox',
  'RunPodSandbox',
  'PodSandboxStatus',
  'ImageStatus',
  'CreateContainer',
  'StartContainer',
];

/** A row for each count: median and 99th percentile over all Pods of all rounds; ratios are of stock's to ours. */
export function render(samples: readonly ContainerSample[]): string {
  const counts = [...new Set(samples.map(({ count }) => count))];
  const rows = counts.flatMap((count) => {
    const all = (contender: ContainerContender, what: 'running' | 'ready' | 'assigned') =>
      samples
        .filter((sample) => sample.contender === contender && sample.count === count)
        .flatMap((sample) => sample[what])
        .sort((a, b) => a - b);
    return (['running', 'ready'] as const).map((what) => {
      const [stock, ours, heard] = [all('stock', what), all('cri', what), all('cri', 'assigned')];
      const ratio = (share: number) => (percentile(stock, share) / percentile(ours, share)).toFixed(1);
      const cells = [stock, ours].flatMap((values) => [percentile(values, 0.5), percentile(values, 0.99)]);
      const chain = what === 'running' ? pad(percentile(heard, 0.5)) : '';
      return `${String(count).padStart(5)}  ${what.padEnd(8)}${cells.map(pad).join('')}  ${ratio(0.5).padStart(6)}  ${ratio(0.99).padStart(6)}  ${chain}`;
    });
  });
  const callRows = counts.map((count) => {
    const own = samples.filter((sample) => sample.contender === 'cri' && sample.count === count);
    const mean = (method: string) => {
      const all = own.flatMap(({ calls }) => calls[method] ?? []);
      const sum = (of: 'count' | 'milliseconds') => all.reduce((total, each) => total + each[of], 0);
      return pad(sum('milliseconds') / sum('count'));
    };
    const median = (what: 'assigned' | 'running') =>
      pad(
        percentile(
          own.flatMap((sample) => sample[what]).sort((a, b) => a - b),
          0.5,
        ),
      );
    return `${String(count).padStart(5)}  ${median('assigned')}${STARTING.map(mean).join('')}${median('running')}`;
  });
  const callHead = `\nours, where the time goes: the chain (median), mean ms of each call in its order (${STARTING.join(', ')}), until it runs (median)\n Pods     chain${STARTING.map((method) => method.slice(0, 7).padStart(8)).join('')} running`;
  const head = ' Pods          stock: p50     p99  ours: p50    p99     p50×    p99×     chain';
  return `${head}\n${rows.join('\n')}\n${callHead}\n${callRows.join('\n')}\n\nms from the want to the process running (by containerd) and to the Pod Ready (by a watch). chain: median until our tail has the Pod;\nthe rest until it runs are calls of the container runtime.\n`;
}

async function containers(flags: Flags): Promise<void> {
  const { counts, rounds } = flags;
  const onProgress = (line: string) => void process.stderr.write(`${line}\n`);
  const samples = await measureContainers({ counts, rounds, onProgress });
  const date = new Date().toISOString();
  const result = { figure: 'containers', date, machine: machine(), rounds, samples };
  giveResult(flags, 'containers', result, (file) => `\n${render(samples)}\nsamples: ${file}\n`);
}

/** Adds the command. */
export function registerContainers(bench: Command): void {
  bench
    .command('containers')
    .description('Real containers: the stock kubelet, and ours by CRI; Linux and root')
    .option('--counts <list>', 'Pods of a round', countsOf, [1, 20, 50])
    .option('--rounds <n>', 'rounds of each, taking turns; one more warms up', integer(1, 50), 5)
    .option('--results <folder>', 'where the samples go', 'results')
    .option('--json', 'print the samples as one JSON object')
    .action(containers);
}
