/**
 * Which gRPC library carries the links, in figures: `node test/bench/grpc.ts [--rounds 5] [--modules <folder>]`.
 *
 * Both ends on this machine, the serving one in a process of its own; contenders take turns within each round, so that noise
 * meets all. Prints the median of each figure, and its least and most. Asserts nothing. The decision that came of it is
 * `docs/decisions/links.md`.
 *
 * `--modules` names a folder with what is not a dependency:
 * `npm i --prefix <folder> @connectrpc/connect @connectrpc/connect-node @bufbuild/protobuf`.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createAuthority } from '../../impl/controller/links/certificates.ts';
import type { TlsOptions } from '../../impl/controller/links/index.ts';
import { BATCH, type Client, CONTENDERS, type ContenderName, contender } from './transports.ts';

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    modules: { type: 'string' },
    serve: { type: 'string' },
  },
});

/** What is measured, with how it is shown. */
const FIGURES = {
  p50: 'round trip p50 µs',
  p99: 'p99 µs',
  oneByOne: 'messages/s one by one',
  piped: 'messages/s, 100 under way',
  records: 'records/s, batches of 100',
  cpu: 'CPU µs per batch, both ends',
} as const;
type Figures = Record<keyof typeof FIGURES, number>;

const PINGS = 2_000;
const PIPED = 10_000;
const BATCHES = 3_000;

interface Serve {
  readonly name: ContenderName;
  readonly tls: TlsOptions | null;
}

if (flags.serve !== undefined) await serveChild();
else await main();

async function serveChild(): Promise<void> {
  process.on('disconnect', () => process.exit());
  const [{ name, tls }] = (await once(process, 'message')) as [Serve];
  const made = await contender(name, flags.modules);
  process.send!({ address: await made!.serve(tls) });
  process.on('message', () => process.send!({ cpu: cpuMicros() }));
}

async function main(): Promise<void> {
  const authority = await createAuthority();
  const near = await authority.issue('scheduler');
  const far = await authority.issue('kubelet/node-1');
  const rows = new Map<string, Figures[]>();
  for (let round = 0; round < Number(flags.rounds); round++) {
    for (const secure of [false, true]) {
      for (const name of CONTENDERS) {
        const figures = await measure(name, secure ? { near, far } : null);
        if (figures === null) continue;
        const row = `${name}, ${secure ? 'mutual TLS' : 'plain text'}`;
        rows.set(row, [...(rows.get(row) ?? []), figures]);
      }
    }
  }
  console.log(
    `Node ${process.version}, ${process.platform} ${process.arch}, ${flags.rounds} rounds: median (least to most)\n`,
  );
  print(rows);
  if (flags.modules === undefined)
    console.log('\nconnect-node was left out: name a folder that has it by --modules.');
  process.exit(0);
}

async function measure(
  name: ContenderName,
  tls: { near: TlsOptions; far: TlsOptions } | null,
): Promise<Figures | null> {
  const made = await contender(name, flags.modules);
  if (made === null) return null;
  const modules = flags.modules === undefined ? [] : ['--modules', flags.modules];
  const child = fork(fileURLToPath(import.meta.url), ['--serve', name, ...modules]);
  try {
    child.send({ name, tls: tls?.far ?? null } satisfies Serve);
    const [{ address }] = (await once(child, 'message')) as [{ address: string }];
    let answered = (): void => {};
    const client = await made.connect(address, tls?.near ?? null, () => answered());
    const figures = await run(client, child, (listener) => {
      answered = listener;
    });
    client.close();
    return figures;
  } finally {
    child.kill();
  }
}

async function run(
  client: Client,
  child: ChildProcess,
  onAnswer: (listener: () => void) => void,
): Promise<Figures> {
  /** Sends `total`, at most `window` of them unanswered; milliseconds until the last answer. */
  const stream = (send: () => void, total: number, window: number): Promise<number> =>
    new Promise((resolve) => {
      const start = performance.now();
      let sent = 0;
      let got = 0;
      onAnswer(() => {
        got++;
        if (sent < total) {
          sent++;
          send();
        }
        if (got === total) resolve(performance.now() - start);
      });
      for (; sent < Math.min(window, total); sent++) send();
    });

  await stream(client.ping, 1_000, 1);
  await stream(client.batch, 1_000, 16);
  const trips: number[] = [];
  const oneByOneMs = await new Promise<number>((resolve) => {
    const start = performance.now();
    let last = start;
    onAnswer(() => {
      const now = performance.now();
      trips.push(now - last);
      if (trips.length === PINGS) return resolve(now - start);
      last = performance.now();
      client.ping();
    });
    client.ping();
  });
  const pipedMs = await stream(client.ping, PIPED, 100);
  const cpuBefore = cpuMicros() + (await cpuOf(child));
  const batchesMs = await stream(client.batch, BATCHES, 16);
  const cpu = cpuMicros() + (await cpuOf(child)) - cpuBefore;
  trips.sort((a, b) => a - b);
  return {
    p50: trips[Math.floor(PINGS * 0.5)]! * 1_000,
    p99: trips[Math.floor(PINGS * 0.99)]! * 1_000,
    oneByOne: (PINGS / oneByOneMs) * 1_000,
    piped: (PIPED / pipedMs) * 1_000,
    records: ((BATCHES * BATCH) / batchesMs) * 1_000,
    cpu: cpu / BATCHES,
  };
}

function cpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

async function cpuOf(child: ChildProcess): Promise<number> {
  child.send('cpu');
  const [{ cpu }] = (await once(child, 'message')) as [{ cpu: number }];
  return cpu;
}

function print(rows: Map<string, Figures[]>): void {
  const keys = Object.keys(FIGURES) as (keyof Figures)[];
  console.log(`| | ${keys.map((key) => FIGURES[key]).join(' | ')} |`);
  console.log(`|---|${keys.map(() => '---:|').join('')}`);
  for (const [row, rounds] of rows) {
    const cells = keys.map((key) => {
      const sorted = rounds.map((figures) => figures[key]).sort((a, b) => a - b);
      const [least, median, most] = [sorted[0]!, sorted[sorted.length >> 1]!, sorted.at(-1)!].map(round);
      return `${median} (${least} to ${most})`;
    });
    console.log(`| ${row} | ${cells.join(' | ')} |`);
  }
}

function round(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en-US');
}
