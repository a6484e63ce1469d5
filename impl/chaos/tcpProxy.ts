/** TCP between two stages, to be cut: everything passes, or nothing in one direction or both, or the connections end. */
import net from 'node:net';

/** What happens to the bytes. */
export type Way = 'up' | 'down' | 'both';

/** One dialler's way to one address. @public */
export class TcpProxy {
  /** Who is behind it: a path of the API Server that tells its address. */
  readonly owner: string;
  readonly #target: string;
  readonly #server: net.Server;
  readonly #pairs = new Set<{ readonly near: net.Socket; readonly far: net.Socket }>();
  #refuses = false;

  private constructor(target: string, owner: string) {
    this.owner = owner;
    this.#target = target;
    this.#server = net.createServer((near) => this.#accept(near));
  }

  /** Listens for what shall go to `target`, `host:port`. */
  static async start(target: string, owner: string): Promise<TcpProxy> {
    const proxy = new TcpProxy(target, owner);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as net.AddressInfo).port}`;
  }

  #accept(near: net.Socket): void {
    if (this.#refuses) {
      near.destroy();
      return;
    }
    const colon = this.#target.lastIndexOf(':');
    const far = net.connect(Number(this.#target.slice(colon + 1)), this.#target.slice(0, colon));
    const pair = { near, far };
    this.#pairs.add(pair);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#pairs.delete(pair);
        other.destroy();
      });
      socket.pipe(other);
    }
  }

  /** Ends the connections that are open. */
  cut(): void {
    for (const { near } of this.#pairs) near.destroy();
  }

  /** From now on nothing goes that way on the connections that are open; nobody is told. New ones are as ever. */
  halve(way: Way): void {
    for (const { near, far } of this.#pairs) {
      if (way !== 'up') {
        near.unpipe(far);
        near.pause();
      }
      if (way !== 'down') {
        far.unpipe(near);
        far.pause();
      }
    }
  }

  /** Ends all, and lets nobody through until it is taken back. */
  refuse(refuses: boolean): void {
    this.#refuses = refuses;
    if (refuses) this.cut();
  }

  close(): void {
    this.cut();
    this.#server.close();
  }
}
