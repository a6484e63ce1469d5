/**
 * Figure 3 (control path): Pods a second from R to K, and how soon one Pod alone runs, with simulated runtimes and nothing published:
 * each stage a process, the links gRPC over loopback with mutual TLS, the journals on disk.
 *
 * *Sustained*: the want rises by a wave whenever the Pods of the wave before the last run, until all are there. *Burst*: from the first
 * `Assign` of R to the last Pod running, of one want of as many. *Alone*: one more Pod, when everything is at rest. *At rest*: what a
 * waist costs that has nothing to do.
 */
import { type ChildProcess, fork } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { STAGES, type StageName } from '../../spec/vocabulary.ts';
import { createAuthority } from '../controller/links/certificates.ts';
import type { LinkStats, TlsOptions } from '../controller/links/index.ts';
import type { Cost, Order, Said, Told } from './controlPath/order.ts';
import { percentile } from './statistics.ts';

/** How to measure. */
export interface ControlPathOptions {
  readonly nodes: number;
  /** Pods that are there at the end of the sustained part. */
  readonly pods: number;
  readonly wave: number;
  /** Single Pods. */
  readonly alone: number;
  /** Seconds at rest. */
  readonly rest: number;
  readonly tls: boolean;
  /** Where the journals are. */
  readonly folder: string;
  /** More arguments of Node for each stage's process. */
  readonly profile: string | null;
  readonly onProgress: (line: string) => void;
}

/** Frames of one link, both directions. */
export interface LinkRow {
  readonly link: string;
  readonly messages: number;
  readonly frames: number;
  readonly bytes: number;
}
/** What a stage used. */
export interface StageRow {
  readonly stage: StageName;
  readonly cpuSeconds: number;
  readonly heapMiB: number;
}
/** What was measured. */
export interface ControlPath {
  readonly sustained: {
    readonly pods: number;
    readonly seconds: number;
    readonly links: readonly LinkRow[];
    readonly stages: readonly StageRow[];
  };
  readonly burst: { readonly pods: number; readonly ms: number };
  /** ms, ascending: from A's being asked to running, and from R's `Assign` to running. */
  readonly alone: {
    readonly want: readonly number[];
    readonly fromR: readonly number[];
    readonly links: readonly LinkRow[];
  };
  readonly rest: {
    readonly seconds: number;
    readonly links: readonly LinkRow[];
    readonly stages: readonly StageRow[];
  };
}

const MAIN = path.join(import.meta.dirname, 'controlPath/stageMain.ts');
const PATIENCE_MS = 60_000;

class Process {
  readonly stage: StageName;
  readonly #child: ChildProcess;
  #waiting: { readonly type: Said['type']; readonly take: (said: Said) => void }[] = [];
  /** Heard before anybody waited for it. */
  #unheard: Said[] = [];
  /** The last time that R minted. */
  minted = 0;

  constructor(order: Order, profile: string | null, fail: (error: Error) => void) {
    this.stage = order.stage;
    const execArgv =
      profile === null
        ? []
        : ['--cpu-prof', `--cpu-prof-dir=${profile}`, `--cpu-prof-name=${order.stage}.cpuprofile`];
    this.#child = fork(MAIN, [JSON.stringify(order)], { execArgv });
    this.#child.on('message', (said: Said) => {
      if (said.type === 'failed') return fail(new Error(`${this.stage}: ${said.why}`));
      if (said.type === 'minted') {
        this.minted = said.at;
        return;
      }
      const at = this.#waiting.findIndex(({ type }) => type === said.type);
      if (at === -1) this.#unheard.push(said);
      else this.#waiting.splice(at, 1)[0]?.take(said);
    });
    this.#child.once('exit', (code, signal) => fail(new Error(`${this.stage} ended (${signal ?? code})`)));
  }

  tell(told: Told): void {
    this.#child.send(told);
  }

  hear<T extends Said['type']>(type: T): Promise<Extract<Said, { type: T }>> {
    const known = this.#unheard.findIndex((said) => said.type === type);
    if (known !== -1) return Promise.resolve(this.#unheard.splice(known, 1)[0] as Extract<Said, { type: T }>);
    return new Promise((resolve, reject) => {
      const late = setTimeout(
        () => reject(new Error(`${this.stage} did not say ${type} in ${PATIENCE_MS} ms`)),
        PATIENCE_MS,
      );
      const take = (said: Said) => {
        clearTimeout(late);
        resolve(said as Extract<Said, { type: T }>);
      };
      this.#waiting.push({ type, take });
    });
  }

  async end(): Promise<void> {
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode !== null) return;
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    if (this.#child.connected) this.#child.disconnect();
    await gone;
  }
}

class Chain {
  readonly #stages: Readonly<Record<StageName, Process>>;
  readonly failed: Promise<never>;
  #isEnding = false;
  #replicas = 0;

  constructor(orders: readonly Order[], profile: string | null) {
    const { promise, reject } = Promise.withResolvers<never>();
    this.failed = promise;
    promise.catch(() => {});
    const fail = (error: Error) => {
      if (!this.#isEnding) reject(error);
    };
    this.#stages = Object.fromEntries(
      orders.map((order) => [order.stage, new Process(order, profile, fail)]),
    ) as Record<StageName, Process>;
  }

  get #all(): readonly Process[] {
    return Object.values(this.#stages);
  }

  async begin(): Promise<void> {
    const said = await Promise.all(this.#all.map((each) => each.hear('listening')));
    const addresses = Object.assign({}, ...said.map((each) => each.addresses)) as Record<string, string>;
    for (const each of this.#all) each.tell({ type: 'begin', addresses });
  }

  /** Asks for so many more. @returns when A was asked, ns */
  async want(more: number): Promise<number> {
    this.#replicas += more;
    const { autoscaler } = this.#stages;
    const asked = autoscaler.hear('asked');
    autoscaler.tell({ type: 'scale', replicas: this.#replicas });
    return (await asked).at;
  }

  /** From now on K says when so many more run. */
  expect(running: number): void {
    this.#stages.kubelet.tell({ type: 'expect', running });
  }

  running() {
    return this.#stages.kubelet.hear('running');
  }

  get minted(): number {
    return this.#stages.replicaset.minted;
  }

  async costs(): Promise<readonly Cost[]> {
    return Promise.all(
      this.#all.map(async (each) => {
        const cost = each.hear('cost');
        each.tell({ type: 'cost' });
        return (await cost).cost;
      }),
    );
  }

  async end(): Promise<void> {
    this.#isEnding = true;
    await Promise.all(this.#all.map((each) => each.end()));
  }
}

const NONE: LinkStats = { messagesIn: 0, messagesOut: 0, framesIn: 0, framesOut: 0, bytesIn: 0, bytesOut: 0 };

/** The links below each stage, all nodes together, as the upper end counts them. */
function linksBetween(before: readonly Cost[], after: readonly Cost[]): readonly LinkRow[] {
  return STAGES.slice(0, -1).map((stage, i) => {
    const below = STAGES[i + 1] as StageName;
    const sum = (costs: readonly Cost[], of: (stats: LinkStats) => number) =>
      Object.entries(costs.find((cost) => cost.stage === stage)?.traffic ?? {})
        .filter(([peer]) => peer.split('/')[0] === below)
        .reduce((total, [, stats]) => total + of(stats ?? NONE), 0);
    const between = (of: (stats: LinkStats) => number) => sum(after, of) - sum(before, of);
    return {
      link: `${stage} – ${below}`,
      messages: between(({ messagesIn, messagesOut }) => messagesIn + messagesOut),
      frames: between(({ framesIn, framesOut }) => framesIn + framesOut),
      bytes: between(({ bytesIn, bytesOut }) => bytesIn + bytesOut),
    };
  });
}

function stagesBetween(before: readonly Cost[], after: readonly Cost[]): readonly StageRow[] {
  return after.map(({ stage, cpu, heap }) => ({
    stage,
    cpuSeconds: (cpu - (before.find((cost) => cost.stage === stage)?.cpu ?? 0)) / 1e6,
    heapMiB: Math.round(heap / 2 ** 20),
  }));
}

/** Waves, two of them under way. */
async function sustain(chain: Chain, pods: number, wave: number): Promise<number> {
  const waves = Math.max(3, Math.round(pods / wave));
  chain.expect(wave);
  let begun = 0;
  let last = 0;
  const asked = await chain.want(wave);
  await chain.want(wave);
  for (let run = 0, wanted = 2; run < waves; run += 1) {
    const said = await chain.running();
    if (run === 0) begun = asked;
    last = said.last;
    if (wanted < waves) {
      wanted += 1;
      await chain.want(wave);
    }
  }
  return (last - begun) / 1e9;
}

async function single(chain: Chain) {
  const running = chain.running();
  const asked = await chain.want(1);
  const { last } = await running;
  // R's word of it comes over another channel than K's.
  await sleep(1);
  const { minted } = chain;
  // Until what goes up has come there, and nothing is held back any more.
  await sleep(30);
  return { want: (last - asked) / 1e6, fromR: (last - minted) / 1e6 };
}

async function measured(chain: Chain, options: ControlPathOptions): Promise<ControlPath> {
  const { pods, wave, alone, rest, onProgress } = options;
  onProgress('warm-up');
  await sustain(chain, 4 * wave, wave);
  await sleep(500);
  const before = await chain.costs();
  const waves = Math.max(3, Math.round(pods / wave));
  const seconds = await sustain(chain, pods, wave);
  await sleep(500);
  const after = await chain.costs();
  onProgress(`sustained: ${Math.round((waves * wave) / seconds)} Pods/s`);
  const links = linksBetween(before, after);
  const sustained = { pods: waves * wave, seconds, links, stages: stagesBetween(before, after) };

  const burstPods = 5 * wave;
  chain.expect(burstPods);
  const running = chain.running();
  await chain.want(burstPods);
  const { last } = await running;
  await sleep(500);
  const burst = { pods: burstPods, ms: (last - chain.minted) / 1e6 };
  onProgress(`burst: ${burst.ms.toFixed(0)} ms`);

  chain.expect(1);
  for (let i = 0; i < 50; i += 1) await single(chain);
  const beforeAlone = await chain.costs();
  const samples: { readonly want: number; readonly fromR: number }[] = [];
  for (let i = 0; i < alone; i += 1) samples.push(await single(chain));
  await sleep(100);
  const afterAlone = await chain.costs();
  const ascending = (of: (sample: { readonly want: number; readonly fromR: number }) => number) =>
    samples.map(of).sort((a, b) => a - b);
  const want = ascending((sample) => sample.want);
  onProgress(`alone: p50 ${percentile(want, 0.5).toFixed(2)} ms`);

  await sleep(1_000);
  const [beforeRest, begun] = [await chain.costs(), performance.now()];
  await sleep(rest * 1_000);
  const [afterRest, ended] = [await chain.costs(), performance.now()];
  return {
    sustained,
    burst,
    alone: {
      want,
      fromR: ascending((sample) => sample.fromR),
      links: linksBetween(beforeAlone, afterAlone),
    },
    rest: {
      seconds: (ended - begun) / 1_000,
      links: linksBetween(beforeRest, afterRest),
      stages: stagesBetween(beforeRest, afterRest),
    },
  };
}

/** The certificates of a process: of its own peers only. */
async function ordersOf(options: ControlPathOptions, folder: string): Promise<readonly Order[]> {
  const nodes = Array.from({ length: options.nodes }, (_, i) => `worker-${i}`);
  const above = STAGES.filter((stage) => stage !== 'kubelet');
  const peers = [...above, ...nodes.map((node) => `kubelet/${node}`)];
  const since = Date.now();
  const incarnations = Object.fromEntries(peers.map((peer, i) => [peer, since + i]));
  const authority = options.tls ? await createAuthority() : null;
  const room = 2 * (options.pods + 20 * options.wave + options.alone + 100);
  return Promise.all(
    STAGES.map(async (stage) => {
      const own = peers.filter((peer) => peer.split('/')[0] === stage);
      const leaves = await Promise.all(
        own.map(async (peer) => [peer, (await authority?.issue(peer)) as TlsOptions] as const),
      );
      const tls = authority === null ? null : Object.fromEntries(leaves);
      return { stage, nodes, incarnations, tls, room, folder };
    }),
  );
}

/** Measures it. @throws Error if a process ends, or does not come to its end */
export async function measureControlPath(options: ControlPathOptions): Promise<ControlPath> {
  fs.mkdirSync(options.folder, { recursive: true });
  const folder = fs.mkdtempSync(path.join(options.folder, 'kubedirect-bench-'));
  const chain = new Chain(await ordersOf(options, folder), options.profile);
  try {
    await Promise.race([chain.begin(), chain.failed]);
    return await Promise.race([measured(chain, options), chain.failed]);
  } finally {
    await chain.end();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
