/**
 * The links of one stage: dials its downstreams, serves its upstream, and names each connection by the session that
 * its `Hello` opened, so that machines speak of sessions only.
 */
import type { ErrorCode, KubedirectError } from '../../../spec/errors.ts';
import type { StageEvent } from '../../../spec/events.ts';
import type { Message, Rejected, Traced } from '../../../spec/messages.ts';
import {
  type Incarnation,
  type LinkName,
  type PeerName,
  type SessionId,
  stageOf,
} from '../../../spec/vocabulary.ts';
import {
  type ConnectionOptions,
  dial,
  type LinkConnection,
  type LinkEvents,
  type LinkServer,
  type LinkStats,
  type LocalLinks,
  serve,
  type TlsSource,
} from '../links/index.ts';
import { linksBroken } from '../metrics.ts';
import { Gather } from './gather.ts';
import { traced } from './tracing.ts';
import { Traffic } from './traffic.ts';

/** What the links of a stage need. @public */
export interface LinkPortOptions {
  readonly self: PeerName;
  readonly tls?: TlsSource | undefined;
  /** Bounds of each connection; the defaults without. */
  readonly bounds?: ConnectionOptions;
  /** The stages of this process, which are reached without a socket. */
  readonly local?: LocalLinks | undefined;
  /** Where a downstream listens now; null if nobody has said. */
  readonly resolve: (peer: PeerName) => Promise<string | null>;
  readonly give: (event: StageEvent) => void;
  readonly log: (text: string, fields: Readonly<Record<string, unknown>>) => void;
}

interface Dialled {
  readonly peer: PeerName;
  readonly n: number;
  connection: LinkConnection | null;
  readonly out: Gather;
  opened: boolean;
  over: boolean;
  timer: NodeJS.Timeout | null;
}

interface Served {
  readonly connection: LinkConnection;
  readonly out: Gather;
}

const FIRST_WAIT_MS = 20;
const LAST_WAIT_MS = 1_000;

/** The links of one life of a stage. @public */
export class LinkPort {
  readonly #options: LinkPortOptions;
  readonly #incarnation: Incarnation;
  readonly #dialled = new Map<LinkName, Dialled>();
  readonly #served = new Map<string, Served>();
  /** All that were accepted and are not broken, also those that have not said `Hello` yet. */
  readonly #accepted = new Set<LinkConnection>();
  readonly #traffic = new Traffic();
  #over = false;

  constructor(options: LinkPortOptions, incarnation: Incarnation) {
    this.#options = options;
    this.#incarnation = incarnation;
  }

  /** What has gone over the links of this life, by peer. */
  traffic(): ReadonlyMap<PeerName, LinkStats> {
    return this.#traffic.byPeer();
  }

  /** Dials until connected, or until the link is asked for another session. */
  connect(link: LinkName, peer: PeerName, n: number): void {
    this.#drop(link, 'another session is tried');
    const out = new Gather((each) => dialled.connection?.send(each));
    const dialled: Dialled = { peer, n, connection: null, out, opened: false, over: false, timer: null };
    this.#dialled.set(link, dialled);
    void this.#attempt(link, peer, dialled, FIRST_WAIT_MS);
  }

  /** Sends on the connection of the message's session; dropped if that is broken, as the network might. */
  send(link: LinkName, message: Message): void {
    if (link === 'upstream') {
      const served = this.#served.get(keyOf(message.session));
      if (served !== undefined) this.#send(served.out, served.connection.peer, message);
      return;
    }
    const dialled = this.#dialled.get(link);
    if (dialled?.n === message.session.n) this.#send(dialled.out, dialled.peer, message);
  }

  #send(out: Gather, peer: PeerName, message: Message): void {
    if (message.kind === 'Rejected') this.#noteRejection('rejected a peer', peer, message);
    out.send(message);
  }

  /** Breaks the connection of a session; no event follows. */
  disconnect(link: LinkName, session: SessionId, reason: string): void {
    if (link !== 'upstream') {
      if (this.#dialled.get(link)?.n === session.n) this.#drop(link, reason);
      return;
    }
    const key = keyOf(session);
    this.#forget(key)?.connection.close(reason);
  }

  /** Events of a connection that an upstream opened. */
  accept(connection: LinkConnection): LinkEvents {
    let key: string | null = null;
    this.#accepted.add(connection);
    this.#traffic.begin(connection);
    return {
      opened: () => {},
      message: (message) => {
        if (this.#over) return;
        if (message.kind === 'Hello') {
          const said = keyOf(message.session);
          // A session has one connection: a second one would take the answers of the first.
          const served = this.#served.get(said);
          if (served !== undefined && served.connection !== connection)
            return this.#refuseSecond(connection, message.session);
          key = said;
          if (served === undefined)
            this.#served.set(key, { connection, out: new Gather((each) => connection.send(each)) });
        }
        this.#receive('upstream', connection.peer, message);
      },
      broken: (reason, code) => {
        this.#accepted.delete(connection);
        this.#traffic.end(connection);
        this.#note(connection.peer, reason, code);
        if (key === null || this.#over || this.#served.get(key)?.connection !== connection) return;
        this.#forget(key);
        const [upstream, n] = key.split('/').map(Number) as [number, number];
        this.#options.give({ type: 'broken', link: 'upstream', upstream, n });
      },
    };
  }

  /** Ends all connections of this life. */
  close(reason: string): void {
    this.#over = true;
    for (const link of [...this.#dialled.keys()]) this.#drop(link, reason);
    for (const connection of this.#accepted) connection.close(reason);
    for (const key of [...this.#served.keys()]) this.#forget(key);
  }

  #forget(key: string): Served | undefined {
    const served = this.#served.get(key);
    served?.out.end();
    this.#served.delete(key);
    return served;
  }

  #drop(link: LinkName, reason: string): void {
    const dialled = this.#dialled.get(link);
    if (dialled === undefined) return;
    dialled.over = true;
    if (dialled.timer !== null) clearTimeout(dialled.timer);
    dialled.out.end();
    dialled.connection?.close(reason);
    this.#dialled.delete(link);
  }

  #receive(link: LinkName, peer: PeerName, message: Message): void {
    if (message.kind === 'Rejected') this.#noteRejection('rejected by a peer', peer, message);
    const { trace } = message as Message & Traced;
    if (trace === undefined) return this.#options.give({ type: 'received', link, message });
    const { trace: _, ...untraced } = message as Message & Traced;
    this.#options.give(traced({ type: 'received', link, message: untraced as Message }, trace));
  }

  #refuseSecond(connection: LinkConnection, session: SessionId): void {
    const why = 'a Hello of a session that has a connection already';
    this.#options.log('rejected a peer', { peer: connection.peer, code: 'INCARNATION_OLD', why, session });
    connection.close(why);
  }

  #noteRejection(text: string, peer: PeerName, { reason, session, fence }: Rejected): void {
    const code: ErrorCode = reason === 'wrongPeer' ? 'PEER_WRONG_IDENTITY' : 'INCARNATION_OLD';
    this.#options.log(text, { peer, code, why: reason, session, fence });
  }

  /** An open connection is no more, and not by our own will. */
  #note(peer: PeerName, reason: string, code: ErrorCode): void {
    if (this.#over) return;
    const { self, log } = this.#options;
    linksBroken.inc({ stage: stageOf(self), peer: stageOf(peer), code });
    log('link broken', { peer, code, why: reason });
  }

  async #attempt(link: LinkName, peer: PeerName, dialled: Dialled, waitMs: number): Promise<void> {
    const again = (why: string) => {
      if (dialled.over || this.#over) return;
      this.#options.log('link not connected, trying again', { link, peer, why, waitMs });
      const next = Math.min(waitMs * 2, LAST_WAIT_MS);
      dialled.timer = setTimeout(
        () => void this.#attempt(link, peer, dialled, next),
        waitMs * (0.5 + Math.random()),
      );
    };
    const address = await this.#options.resolve(peer).catch((error: Error) => error);
    if (dialled.over || this.#over) return;
    if (address instanceof Error) return again(address.message);
    if (address === null || address === '') return again('the peer has not said where it listens');
    const { self, tls, bounds, local } = this.#options;
    const connection = dial(
      { ...bounds, address, role: self, peer, tls, local },
      {
        opened: () => {
          if (dialled.over) return;
          dialled.opened = true;
          this.#options.give({ type: 'connected', link, n: dialled.n });
        },
        message: (message) => {
          if (!dialled.over) this.#receive(link, peer, message);
        },
        broken: (reason, code) => {
          this.#traffic.end(connection);
          dialled.connection = null;
          dialled.out.end();
          if (dialled.over) return;
          if (!dialled.opened) return again(reason);
          this.#note(peer, reason, code);
          dialled.over = true;
          this.#options.give({ type: 'broken', link, upstream: this.#incarnation, n: dialled.n });
        },
      },
    );
    dialled.connection = connection;
    this.#traffic.begin(connection);
  }
}

const keyOf = (session: SessionId) => `${session.upstream}/${session.n}`;

/** Serves one stage's upstream; `current` gives the port of the life that runs now. */
export function serveStage(options: {
  readonly self: PeerName;
  readonly address: string;
  readonly tls?: TlsSource | undefined;
  readonly bounds?: ConnectionOptions;
  readonly local?: LocalLinks | undefined;
  readonly current: () => LinkPort | null;
  readonly onRefused: (error: KubedirectError, from: string) => void;
}): Promise<LinkServer> {
  const { self, address, tls, bounds, local, onRefused } = options;
  return serve({ ...bounds, address, role: self, tls, local, onRefused }, (_peer, connection) => {
    const port = options.current();
    if (port !== null) return port.accept(connection);
    connection.close('the stage is starting');
    return { opened: () => {}, message: () => {}, broken: () => {} };
  });
}
