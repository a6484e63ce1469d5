/** A container runtime, asked over its socket: the calls of `runtime.proto` as promises, and containerd's own news of what has ended. */
import path from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { KubedirectError } from '../../spec/errors.ts';
import type {
  ContainerConfig,
  ContainerEntry,
  ContainerStatus,
  SandboxConfig,
  SandboxEntry,
} from './messages.ts';

const LOADED = { keepCase: true, longs: Number, enums: String, defaults: true } as const;
const load = (file: string) =>
  grpc.loadPackageDefinition(loadSync(path.join(import.meta.dirname, file), LOADED));

type Call = (
  request: object,
  options: grpc.CallOptions,
  answered: (error: grpc.ServiceError | null, answer: never) => void,
) => void;
type Client = grpc.Client & Readonly<Record<string, Call>>;
interface EventsClient extends grpc.Client {
  readonly Subscribe: (request: object) => grpc.ClientReadableStream<Envelope>;
}
interface Envelope {
  readonly topic: string;
  readonly event: { readonly value: Buffer } | null;
}
/** A process that has ended. */
export interface TaskExit {
  readonly container_id: string;
  /** The container's own process has its id; what was executed in it has another. */
  readonly id: string;
  readonly exit_status: number;
}

/** Which streams of a process are asked for. */
export interface Streams {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** Every call has an end. What takes longer (an image) says so. */
const DEADLINE_MS = 120_000;
const PULL_MS = 15 * 60_000;

const isNotFound = (error: unknown) => (error as { code?: number }).code === grpc.status.NOT_FOUND;

/** The runtime behind a socket. @public */
export class CriClient {
  readonly #socket: string;
  readonly #observe: (method: string, milliseconds: number) => void;
  readonly #runtime: Client;
  readonly #images: Client;
  readonly #events: EventsClient;
  readonly #exitType: { deserialize: (bytes: Buffer) => TaskExit };

  /**
   * @param socket - path of the runtime's socket
   * @param observe - told of each call, and how long it took
   */
  constructor(socket: string, observe: (method: string, milliseconds: number) => void = () => {}) {
    this.#socket = socket;
    this.#observe = observe;
    // biome-ignore lint/suspicious/noExplicitAny: what proto-loader makes has no types
    const [cri, events] = [load('runtime.proto'), load('events.proto')] as any[];
    const { Events, TaskExit } = events.containerd.services.events.v1;
    const { RuntimeService, ImageService } = cri.runtime.v1;
    const credentials = grpc.credentials.createInsecure();
    const options = { 'grpc.max_receive_message_length': 64 * 1024 * 1024 };
    this.#runtime = new RuntimeService(`unix:${socket}`, credentials, options);
    this.#images = new ImageService(`unix:${socket}`, credentials, options);
    this.#events = new Events(`unix:${socket}`, credentials, options);
    this.#exitType = TaskExit;
  }

  #ask<T>(client: Client, method: string, request: object, within = DEADLINE_MS): Promise<T> {
    return new Promise((resolve, reject) => {
      const deadline = Date.now() + within;
      const start = performance.now();
      (client[method] as Call).call(client, request, { deadline }, (error, answer) => {
        this.#observe(method, performance.now() - start);
        if (error === null) return resolve(answer as T);
        const text = `${method} at ${this.#socket}: expected an answer, got ${error.details || error.message}`;
        reject(
          Object.assign(new KubedirectError('RUNTIME_FAILED', text, { cause: error }), { grpc: error.code }),
        );
      });
    });
  }

  /** `containerd 1.6.20`, or another. @throws KubedirectError `RUNTIME_FAILED` */
  async version(): Promise<string> {
    const answer = await this.#ask<Record<string, string>>(
      this.#runtime,
      'Version',
      { version: 'v1' },
      5_000,
    );
    return `${answer.runtime_name} ${answer.runtime_version}`;
  }

  /** Sandboxes that have these labels. */
  async sandboxes(labels: Readonly<Record<string, string>>): Promise<readonly SandboxEntry[]> {
    const filter = { label_selector: labels };
    return (await this.#ask<{ items: readonly SandboxEntry[] }>(this.#runtime, 'ListPodSandbox', { filter }))
      .items;
  }

  /** Containers that have these labels. */
  async containers(labels: Readonly<Record<string, string>>): Promise<readonly ContainerEntry[]> {
    const filter = { label_selector: labels };
    type Answer = { containers: readonly ContainerEntry[] };
    return (await this.#ask<Answer>(this.#runtime, 'ListContainers', { filter })).containers;
  }

  /** Makes a sandbox; its id. */
  async runSandbox(config: SandboxConfig): Promise<string> {
    const request = { config };
    return (await this.#ask<{ pod_sandbox_id: string }>(this.#runtime, 'RunPodSandbox', request))
      .pod_sandbox_id;
  }

  /** Its address; empty if it has none. */
  async sandboxAddress(id: string): Promise<string> {
    type Answer = { status: { network: { ip: string } | null } | null };
    const answer = await this.#ask<Answer>(this.#runtime, 'PodSandboxStatus', { pod_sandbox_id: id });
    return answer.status?.network?.ip ?? '';
  }

  /** Stops and removes a sandbox with all that is in it; nothing if it is gone. */
  async removeSandbox(id: string): Promise<void> {
    await this.#ask(this.#runtime, 'StopPodSandbox', { pod_sandbox_id: id });
    await this.#ask(this.#runtime, 'RemovePodSandbox', { pod_sandbox_id: id });
  }

  /** Makes a container in a sandbox; its id. */
  async createContainer(sandbox: string, config: ContainerConfig, within: SandboxConfig): Promise<string> {
    const request = { pod_sandbox_id: sandbox, config, sandbox_config: within };
    return (await this.#ask<{ container_id: string }>(this.#runtime, 'CreateContainer', request))
      .container_id;
  }

  async startContainer(id: string): Promise<void> {
    await this.#ask(this.#runtime, 'StartContainer', { container_id: id });
  }

  /** SIGTERM, and after so many seconds SIGKILL; resolves when it has ended. */
  async stopContainer(id: string, seconds: number): Promise<void> {
    const within = DEADLINE_MS + seconds * 1_000;
    await this.#ask(this.#runtime, 'StopContainer', { container_id: id, timeout: seconds }, within);
  }

  /** Has its log begin anew under its name: what was there was put aside. */
  async reopenLog(id: string): Promise<void> {
    await this.#ask(this.#runtime, 'ReopenContainerLog', { container_id: id });
  }

  /** Nothing if it is gone. */
  async removeContainer(id: string): Promise<void> {
    await this.#ask(this.#runtime, 'RemoveContainer', { container_id: id });
  }

  /** Null if there is none of this id. */
  async containerStatus(id: string): Promise<ContainerStatus | null> {
    type Answer = { status: ContainerStatus | null };
    try {
      return (await this.#ask<Answer>(this.#runtime, 'ContainerStatus', { container_id: id })).status;
    } catch (error) {
      if (isNotFound((error as Error).cause)) return null;
      throw error;
    }
  }

  /** Runs a command in a container; its exit code. */
  async execute(id: string, cmd: readonly string[], seconds: number): Promise<number> {
    const request = { container_id: id, cmd, timeout: seconds };
    return (await this.#ask<{ exit_code: number }>(this.#runtime, 'ExecSync', request)).exit_code;
  }

  async #stream(method: 'Exec' | 'Attach' | 'PortForward', request: object): Promise<URL> {
    return new URL((await this.#ask<{ url: string }>(this.#runtime, method, request)).url);
  }

  /** Where a command may be run in a container, once, by whoever asks there with an upgrade (SPDY, WebSocket). */
  exec(id: string, cmd: readonly string[], streams: Streams): Promise<URL> {
    return this.#stream('Exec', { container_id: id, cmd, ...streams });
  }

  /** The same for what the container itself reads and writes. */
  attach(id: string, streams: Streams): Promise<URL> {
    return this.#stream('Attach', { container_id: id, ...streams });
  }

  /** The same for ports of a sandbox. */
  portForward(sandbox: string, port: readonly number[]): Promise<URL> {
    return this.#stream('PortForward', { pod_sandbox_id: sandbox, port });
  }

  /** Whether the image is there. */
  async hasImage(image: string): Promise<boolean> {
    const answer = await this.#ask<{ image: object | null }>(this.#images, 'ImageStatus', {
      image: { image },
    });
    return answer.image !== null;
  }

  async pullImage(image: string): Promise<void> {
    await this.#ask(this.#images, 'PullImage', { image: { image } }, PULL_MS);
  }

  /**
   * Tells of every process that ends, until the stream does.
   * @param exited - of the container's own process only
   * @param over - once: the runtime has ended, or can not tell
   */
  follow(exited: (exit: TaskExit) => void, over: (error: Error) => void): () => void {
    const stream = this.#events.Subscribe({ filters: ['topic=="/tasks/exit"'] });
    let isOver = false;
    const end = (error: Error) => {
      if (isOver) return;
      isOver = true;
      over(error);
    };
    stream.on('data', ({ event }: Envelope) => {
      if (event === null) return;
      const exit = this.#exitType.deserialize(event.value);
      if (exit.id === exit.container_id) exited(exit);
    });
    stream.on('error', end);
    stream.on('end', () => end(new Error('the stream of events has ended')));
    return () => {
      isOver = true;
      stream.cancel();
    };
  }

  close(): void {
    this.#runtime.close();
    this.#images.close();
    this.#events.close();
  }
}
