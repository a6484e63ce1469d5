/** Stages as separate operating-system processes of this machine: for the demo, tests and benchmarks. */
import { type ChildProcess, fork } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { StageName } from '../../../spec/vocabulary.ts';
import type { RuntimeName } from './process.ts';

const MAIN = path.join(import.meta.dirname, '../../cli/main.ts');

/** What every process of a narrow waist is given. @public */
export interface SpawnOptions {
  /** Kubeconfig of each stage, and of the agents under `kubelet`. */
  readonly kubeconfigs: Readonly<Record<StageName, string>>;
  /** Kubeconfig of one process with all stages above the tail; absent: each has a process of its own. */
  readonly control?: string | undefined;
  /** Nodes of the agent process. */
  readonly nodes: readonly string[];
  readonly runtime: RuntimeName;
  /** More arguments of the agent: those of its runtime. */
  readonly agentMore?: readonly string[];
  /** More arguments of each process above the tail. */
  readonly runMore?: readonly string[];
  readonly startMs?: number;
  /** S publishes unbound what finds no room. Default: yes, where stock kubelets run the containers. */
  readonly handsOver?: boolean;
  /** Folder for logs, journals and traces. */
  readonly folder: string;
  readonly traces: boolean;
  readonly watchNamespace?: string | undefined;
  /** Each process plays scale-outs to its machines before the first real one, which costs half a second of CPU. Default: no. */
  readonly rehearses?: boolean;
}

/** The process of one stage, or of several. @public */
export class SpawnedStage {
  /** Of its stage; `control` if it is several. */
  readonly name: StageName | 'control';
  readonly #arguments: readonly string[];
  readonly #logFile: string;
  readonly #main: string;
  #child: ChildProcess | null = null;
  #scaleApi: string | null = null;
  #status: string | null = null;

  /** @param main - the command; that of another version, to run both side by side */
  constructor(name: SpawnedStage['name'], args: readonly string[], logFile: string, main = MAIN) {
    this.name = name;
    this.#main = main;
    this.#arguments = args;
    this.#logFile = logFile;
  }

  /** Process id; undefined while it is down. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** `host:port` of the direct scale API, of the autoscaler's process. */
  get scaleApi(): string | null {
    return this.#scaleApi;
  }

  /** `host:port` of `/readyz`, if it was told to serve it. */
  get status(): string | null {
    return this.#status;
  }

  /** Starts it, again under the same identity. Resolves when it listens; links open in the background. */
  start(): Promise<void> {
    const log = fs.openSync(this.#logFile, 'a');
    const child = fork(this.#main, [...this.#arguments], { stdio: ['ignore', log, log, 'ipc'] });
    fs.closeSync(log);
    this.#child = child;
    return new Promise((resolve, reject) => {
      child.once('message', (message: { scaleApi: string | null; status: string | null }) => {
        this.#scaleApi = message.scaleApi;
        this.#status = message.status;
        child.channel?.unref();
        resolve();
      });
      child.once('exit', (code, signal) => {
        if (this.#child === child) this.#child = null;
        reject(new Error(`${this.name} ended (${signal ?? code}); its log is ${this.#logFile}`));
      });
    });
  }

  /** kill -9. Resolves when it is gone. */
  async kill(): Promise<void> {
    await this.signal('SIGKILL');
  }

  /** Ends it in good order. */
  async stop(): Promise<void> {
    await this.signal('SIGTERM');
  }

  /** Sends a signal; resolves when the process is gone, at once for SIGSTOP and SIGCONT. */
  async signal(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill(signal);
    if (signal === 'SIGSTOP' || signal === 'SIGCONT') return;
    this.#child = null;
    await gone;
  }
}

/** The five stages, each a process, or those above the tail in one. @public */
export interface SpawnedWaist {
  readonly stages: Readonly<Record<StageName, SpawnedStage>>;
  /** Writes a want by the direct scale API. */
  scale(namespace: string, name: string, replicas: number): Promise<void>;
  stop(): Promise<void>;
}

const CONTROL = ['autoscaler', 'deployment', 'replicaset', 'scheduler'] as const;

/** What every process is told. @public */
export interface CommonArguments {
  readonly kubeconfig: string;
  /** Identity on Leases. */
  readonly holder: string;
  /** Folder for journals and traces. */
  readonly folder: string;
  readonly traces: boolean;
  readonly rehearses?: boolean | undefined;
  readonly watchNamespace?: string | undefined;
}

function commonArguments(common: CommonArguments): readonly string[] {
  const { kubeconfig, holder, folder, traces, rehearses = false, watchNamespace } = common;
  const scope = watchNamespace === undefined ? [] : ['--watch-namespace', watchNamespace];
  const recorded = traces ? ['--traces', path.join(folder, 'traces')] : [];
  const rehearsal = rehearses ? [] : ['--no-rehearsal'];
  return ['--kubeconfig', kubeconfig, '--holder', holder, ...scope, ...recorded, ...rehearsal];
}

/** The command line of stages above the tail; the Autoscaler serves the direct scale API to everyone on this machine. @public */
export function runArguments(
  stages: readonly Exclude<StageName, 'kubelet'>[],
  common: CommonArguments,
  more: readonly string[] = [],
): readonly string[] {
  const api = stages.includes('autoscaler') ? ['--scale-api', '127.0.0.1:0', '--scale-api-open'] : [];
  return ['run', '--stages', stages.join(','), ...api, ...more, ...commonArguments(common)];
}

/** The command line of an agent. @public */
export function agentArguments(
  nodes: readonly string[],
  common: CommonArguments,
  more: readonly string[] = [],
): readonly string[] {
  const journals = path.join(common.folder, 'journals');
  return ['agent', '--nodes', nodes.join(','), ...more, '--journals', journals, ...commonArguments(common)];
}

/** What an agent that runs containers itself is told of its runtime, besides {@link agentArguments}. @public */
export function criArguments(
  runtime: {
    readonly containerdSocket: string;
    readonly cgroup: string;
    readonly address: string;
    readonly folder: string;
    readonly clientCa: string;
  },
  nodeKubeconfig: string,
): readonly string[] {
  return [
    ...[
      '--cri-socket',
      runtime.containerdSocket,
      '--cgroup-parent',
      runtime.cgroup,
      '--host',
      runtime.address,
    ],
    ...['--cri-folder', path.join(runtime.folder, 'kubedirect'), '--node-kubeconfig', nodeKubeconfig],
    ...['--secret-folder', path.join(runtime.folder, 'kubedirect', 'secrets'), '--secrets-on-disk'],
    ...['--kubelet-port', '0', '--client-ca', runtime.clientCa],
  ];
}

/** The processes of the stages, not started yet. */
function stagesOf(options: SpawnOptions): Readonly<Record<StageName, SpawnedStage>> {
  const { folder, nodes, runtime, startMs = 0, kubeconfigs, control, traces, rehearses } = options;
  const { watchNamespace } = options;
  const make = (name: SpawnedStage['name'], args: readonly string[]) =>
    new SpawnedStage(name, args, path.join(folder, `${name}.log`));
  const common = (name: SpawnedStage['name'], kubeconfig: string): CommonArguments => {
    return { kubeconfig, holder: `${name}-here`, folder, traces, rehearses, watchNamespace };
  };
  const tail = ['--runtime', runtime];
  const handOver = options.handsOver === false ? ['--no-hand-over'] : [];
  const run = [...tail, ...handOver, ...(options.runMore ?? [])];
  const together =
    control === undefined ? null : make('control', runArguments(CONTROL, common('control', control), run));
  const stage = (name: (typeof CONTROL)[number]) =>
    together ?? make(name, runArguments([name], common(name, kubeconfigs[name]), run));

  return {
    autoscaler: stage('autoscaler'),
    deployment: stage('deployment'),
    replicaset: stage('replicaset'),
    scheduler: stage('scheduler'),
    kubelet: make(
      'kubelet',
      agentArguments(nodes, common('kubelet', kubeconfigs.kubelet), [
        ...[...tail, '--start-ms', String(startMs)],
        ...(options.agentMore ?? []),
      ]),
    ),
  };
}

/** Asks the direct scale API at `host:port` once. @public */
export function askToScale(
  address: string | null,
  [namespace, name]: readonly [string, string],
  replicas: number,
  signal?: AbortSignal,
): Promise<Response> {
  const url = `http://${address}/v1/namespaces/${namespace}/deployments/${name}/scale`;
  return fetch(url, { method: 'PUT', body: JSON.stringify({ replicas }), ...(signal && { signal }) });
}

/** Starts all five stages. */
export async function spawnWaist(options: SpawnOptions): Promise<SpawnedWaist> {
  fs.mkdirSync(options.folder, { recursive: true });
  const stages = stagesOf(options);
  const processes = [...new Set(Object.values(stages))];
  await Promise.all(processes.map((each) => each.start()));
  return {
    stages,
    async scale(namespace, name, replicas) {
      const deadline = performance.now() + 15_000;
      for (;;) {
        const answer = await askToScale(stages.autoscaler.scaleApi, [namespace, name], replicas);
        if (answer.status === 202) return;
        const text = await answer.text();
        const mayChange = answer.status === 503 || answer.status === 404;
        if (!mayChange || performance.now() > deadline)
          throw new Error(`the direct scale API answered ${answer.status}: ${text}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    stop: async () => {
      await Promise.all(processes.map((each) => each.stop()));
    },
  };
}
