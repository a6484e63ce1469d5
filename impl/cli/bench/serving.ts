/** `kubedirect bench serving`: a trace served on stock and on ours (figure 6). */
import fs from 'node:fs';
import path from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { drawTrace, type ServingTrace, type Shape } from '../../bench/serving/trace.ts';
import { measureServing, SERVERS, type Server, type ServingSample } from '../../bench/serving.ts';
import { percentile, spreadOf } from '../../bench/statistics.ts';
import { cdfSvg } from '../../bench/svg.ts';
import { integer } from '../arguments.ts';
import { giveResult, type ResultFlags, withLoads } from './result.ts';

interface Flags extends ResultFlags {
  readonly functions: number;
  readonly seconds: number;
  readonly invocations: number;
  readonly seed: number;
  readonly window: number;
  readonly nodes: number;
  readonly rounds: number;
  readonly contenders: readonly Server[];
  readonly embedded?: boolean;
}

const SHAPES: readonly (Shape | 'all')[] = ['all', 'steady', 'bursty', 'rare'];
const SKEW = 1.1;
const BODY_MS = 150;
const BURST = 50;

/** Average slowdown of each function of a shape, ascending. */
function slowdowns(
  { served }: ServingSample,
  { functions }: ServingTrace,
  shape: Shape | 'all',
): readonly number[] {
  const sums = functions.map(() => ({ sum: 0, count: 0 }));
  for (const { of, latency, ms } of served) {
    const known = sums[of] as { sum: number; count: number };
    known.sum += (latency + ms) / ms;
    known.count += 1;
  }
  return sums
    .filter(({ count }, of) => count > 0 && (shape === 'all' || functions[of]?.shape === shape))
    .map(({ sum, count }) => sum / count)
    .sort((a, b) => a - b);
}

/** NaN if there is none: a shape that no function has. */
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const text = (value: number, width: number, digits = 1) =>
  (Number.isNaN(value) ? '-' : value.toFixed(digits)).padStart(width);

/** Mean of the functions' average slowdowns, median over rounds. */
function slowdownOf(
  samples: readonly ServingSample[],
  trace: ServingTrace,
  server: Server,
  shape: Shape | 'all',
): number {
  const rounds = samples.filter((sample) => sample.server === server);
  return spreadOf(rounds.map((sample) => mean(slowdowns(sample, trace, shape)))).median;
}

function render(samples: readonly ServingSample[], trace: ServingTrace): string {
  const present = SERVERS.filter((server) => samples.some((sample) => sample.server === server));
  const best = present.at(-1) as Server;
  const of = (server: Server) => samples.filter((sample) => sample.server === server);
  const median = (server: Server, value: (sample: ServingSample) => number) =>
    spreadOf(of(server).map(value)).median;
  const latency = (share: number) => (sample: ServingSample) =>
    percentile(
      [...sample.served.map((each) => each.latency)].sort((a, b) => a - b),
      share,
    );
  const rows = present.map((server) => {
    const cold = median(server, ({ served }) => served.filter((each) => each.cold).length);
    const ratio = slowdownOf(samples, trace, server, 'all') / slowdownOf(samples, trace, best, 'all');
    return `${server.padEnd(6)}${text(slowdownOf(samples, trace, server, 'all'), 10, 2)}${text(
      median(server, (sample) => percentile(slowdowns(sample, trace, 'all'), 0.5)),
      10,
      2,
    )}${text(ratio, 10, 2)}${[0.5, 0.9, 0.99].map((share) => text(median(server, latency(share)), 10)).join('')}${text(cold, 8, 0)}${text(
      median(server, ({ instances }) => instances.ever),
      8,
      0,
    )}${text(
      median(server, ({ unserved }) => unserved),
      8,
      0,
    )}`;
  });
  const byShape = present.map(
    (server) =>
      `${server.padEnd(6)}${SHAPES.map((shape) => {
        const own = slowdownOf(samples, trace, server, shape);
        const ratio = text(own / slowdownOf(samples, trace, best, shape), 8);
        return `${text(own, 12, 2)}${ratio}${ratio.endsWith('-') ? '  ' : ' x'}`;
      }).join('')}`,
  );
  const many = (shape: Shape) => trace.functions.filter((each) => each.shape === shape).length;
  return [
    `${''.padEnd(6)}  slowdown    median     ratio   latency p50, p90, p99 ms      cold  Pods   given up`,
    ...rows,
    '',
    `slowdown by shape (${many('steady')} steady, ${many('bursty')} bursty, ${many('rare')} rare), and times that of ${best}`,
    `${''.padEnd(6)}${SHAPES.map((shape) => shape.padStart(22)).join('')}`,
    ...byShape,
    '',
    'slowdown: (wait + body) / body, averaged for each function; the mean over functions, and the median one. cold: invocations that began on an instance that was not there when they came.',
    '',
  ].join('\n');
}

/** Scheduling latencies of all invocations, a line a contender; all rounds together. */
function plot(samples: readonly ServingSample[]): string {
  const lines = SERVERS.flatMap((server) => {
    const values = samples
      .filter((sample) => sample.server === server)
      .flatMap(({ served }) => served.map(({ latency }) => latency));
    return values.length === 0 ? [] : [{ name: server, values: values.sort((a, b) => a - b) }];
  });
  return cdfSvg('Scheduling latency of all invocations', 'ms from arrival to start', lines);
}

async function serving(flags: Flags): Promise<void> {
  const {
    functions,
    seconds,
    invocations,
    seed,
    window,
    nodes,
    rounds,
    contenders,
    embedded = false,
  } = flags;
  const onProgress = (line: string) => void process.stderr.write(`${line}\n`);
  const parameters = { seed, functions, seconds, invocations, skew: SKEW, bodyMs: BODY_MS, burst: BURST };
  const trace = drawTrace(parameters);
  const [samples, on] = await withLoads(() =>
    measureServing({ trace: parameters, nodes, rounds, window, servers: contenders, embedded, onProgress }),
  );
  const date = new Date().toISOString();
  const result = {
    figure: 'serving',
    date,
    machine: on,
    trace: parameters,
    window,
    nodes,
    embedded,
    samples,
  };
  const name = `serving-${functions}-${seconds}`;
  giveResult(
    flags,
    name,
    result,
    (file) =>
      `\n${trace.invocations.length} invocations of ${functions} functions in ${seconds} s (${Object.entries(
        parameters,
      )
        .map(([key, value]) => `${key} ${value}`)
        .join(
          ', ',
        )}); stable window ${window} s; ${nodes} nodes${embedded ? '; embedded cluster, a model' : ''}; ${rounds} rounds\n\n${render(samples, trace)}samples: ${file}\n`,
  );
  fs.writeFileSync(path.join(flags.results, `${name}.svg`), plot(samples));
}

function servers(text: string, before: readonly Server[] | undefined): readonly Server[] {
  const server = SERVERS.find((each) => each === text);
  if (server === undefined)
    throw new InvalidArgumentError(
      `FLAG_INVALID: expected one of ${SERVERS.join(', ')}, got ${JSON.stringify(text)}.`,
    );
  return before === SERVERS || before === undefined ? [server] : [...before, server];
}

/** Adds the command. */
export function registerServing(bench: Command): void {
  bench
    .command('serving')
    .description(
      'A trace in the shape of the Azure Functions trace, served on stock and on ours by the same autoscaler',
    )
    .option('--functions <n>', 'functions', integer(1, 1_000), 60)
    .option('--seconds <n>', 'length of the trace', integer(1, 3_600), 120)
    .option('--invocations <n>', 'about so many', integer(1, 1_000_000), 4_000)
    .option('--seed <n>', 'of the trace', integer(0, 2 ** 31 - 1), 1)
    .option('--window <seconds>', 'stable window of the autoscaler', integer(6, 600), 6)
    .option('--nodes <n>', 'kwok nodes', integer(1, 2_000), 5)
    .option('--rounds <n>', 'rounds of each contender', integer(1, 50), 3)
    .option('--contenders <name...>', SERVERS.join(', '), servers, SERVERS)
    .option('--embedded', 'on the embedded cluster, a model of the API Server')
    .option('--results <folder>', 'where the samples and the plot go', 'results')
    .option('--json', 'print the samples as one JSON object')
    .action(serving);
}
