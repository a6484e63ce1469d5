/** Ends of links for tests: they write down what they are told, and can be waited for. */
import { EventEmitter, once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';
import {
  type DialOptions,
  dial,
  type LinkConnection,
  type LinkEvents,
  type LinkServer,
  type ServeOptions,
  serve,
} from '../../../impl/controller/links/index.ts';
import type { ErrorCode } from '../../../spec/errors.ts';
import type { Message } from '../../../spec/messages.ts';

/** What one end was told. */
export class Witness extends EventEmitter implements LinkEvents {
  readonly log: string[] = [];
  readonly messages: Message[] = [];
  readonly reasons: { reason: string; code: ErrorCode }[] = [];
  /** Called for each message after it was written down. */
  onMessage: (message: Message) => void = () => {};

  #tell(name: string): void {
    this.log.push(name);
    this.emit('told', name);
  }
  opened(): void {
    this.#tell('opened');
  }
  message(message: Message): void {
    this.messages.push(message);
    this.onMessage(message);
    this.#tell('message');
  }
  broken(reason: string, code: ErrorCode): void {
    this.reasons.push({ reason, code });
    this.#tell('broken');
  }
  drained(): void {
    this.#tell('drained');
  }

  /** How often it was told `name`. */
  count(name: string): number {
    return this.log.filter((told) => told === name).length;
  }
  /** Resolves when it has been told `name` at least `times` times. */
  async until(name: string, times = 1): Promise<void> {
    while (this.count(name) < times) await once(this, 'told');
  }
  /** The code of the one `broken`; fails if there was not exactly one. */
  get code(): ErrorCode {
    if (this.reasons.length !== 1) throw new Error(`broken was told ${this.reasons.length} times`);
    return this.reasons[0]!.code;
  }
}

/** Two ends of one link, connected. */
export interface Pair {
  readonly server: LinkServer;
  readonly up: Witness;
  readonly down: Witness;
  readonly upstream: LinkConnection;
  readonly downstream: LinkConnection;
}

/** Everything that a test has started, to be ended after it. */
export class Started {
  readonly #ends: (() => unknown)[] = [];

  /** Registers what ends something. */
  add(end: () => unknown): void {
    this.#ends.push(end);
  }
  async end(): Promise<void> {
    for (const end of this.#ends.splice(0).reverse()) await end();
  }

  /** A server for one connection, whose events go to `down`. */
  async serve(options: Partial<ServeOptions> = {}) {
    const down = new Witness();
    const connections: LinkConnection[] = [];
    const refused: ErrorCode[] = [];
    const server = await serve(
      {
        address: '127.0.0.1:0',
        role: 'scheduler',
        onRefused: (error) => refused.push(error.code),
        ...options,
      },
      (_, connection) => {
        connections.push(connection);
        return down;
      },
    );
    this.add(() => server.close());
    return { server, down, connections, refused };
  }

  /** A client of `address`. */
  dial(address: string, options: Partial<DialOptions> = {}) {
    const up = new Witness();
    const upstream = dial({ address, role: 'replicaset', peer: 'scheduler', ...options }, up);
    this.add(() => upstream.close('the test is over'));
    return { up, upstream };
  }

  /** Both, connected directly, or `via` something between. */
  async pair(
    options: {
      readonly down?: Partial<ServeOptions>;
      readonly up?: Partial<DialOptions>;
      readonly via?: (address: string) => Promise<string>;
    } = {},
  ): Promise<Pair> {
    const { server, down, connections } = await this.serve(options.down);
    const address = options.via === undefined ? server.address : await options.via(server.address);
    const { up, upstream } = this.dial(address, options.up);
    await Promise.all([up.until('opened'), down.until('opened')]);
    return { server, up, down, upstream, downstream: connections[0]! };
  }
}

/** A TCP proxy that can go silent: connections stay, nothing passes. */
export class TcpProxy {
  readonly #sockets: Socket[] = [];
  readonly #server;
  readonly #target: string;
  #silent = false;

  constructor(target: string, started: Started) {
    this.#target = target;
    this.#server = createServer((near) => this.#join(near));
    started.add(() => {
      for (const socket of this.#sockets) socket.destroy();
      this.#server.close();
    });
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** From now on nothing passes, in either direction, and no connection ends. */
  goSilent(): void {
    this.#silent = true;
  }

  /** All connections end. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(near: Socket): void {
    const [host, port] = this.#target.split(':');
    const far = connect(Number(port), host);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.push(from);
      from.on('error', () => {});
      from.on('data', (bytes) => {
        if (!this.#silent) to.write(bytes);
      });
      from.on('close', () => {
        if (!this.#silent) to.destroy();
      });
    }
  }
}

/** A session for messages whose session does not matter. */
export const SESSION = { upstream: 1, downstream: 2, n: 1 };

/** A message that names `counter`, flowing down. */
export const terminate = (counter: number): Message => ({
  kind: 'Terminate',
  session: SESSION,
  uids: [`r1-${counter.toString(36)}`],
});
/** A message that names `counter`, flowing up. */
export const terminated = (counter: number): Message => ({
  kind: 'Terminated',
  session: SESSION,
  uids: [`r1-${counter.toString(36)}`],
});
/** A message of about `bytes` bytes, flowing down. */
export const large = (bytes: number): Message => ({
  kind: 'Gone',
  session: SESSION,
  deployments: ['x'.repeat(bytes)],
});
/** A message of about `bytes` bytes, flowing up. */
export const largeUp = (bytes: number): Message => ({
  kind: 'GoneAcknowledged',
  session: SESSION,
  deployments: ['x'.repeat(bytes)],
});
