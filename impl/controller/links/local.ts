/**
 * Links between two stages of one process: messages are handed over as they are, without a socket, frames or codec. What a connection
 * promises is the same (`connection.ts`): order, `opened` before all messages, `broken` exactly once and never from within a call.
 *
 * What flows down goes first: it is what a Pod waits for. What flows up goes in a later turn, after what is written to sockets in this one.
 *
 * Nothing waits here for a peer to take it, so such a link is never saturated.
 */
import type { ErrorCode } from '../../../spec/errors.ts';
import type { Message } from '../../../spec/messages.ts';
import type { PeerName } from '../../../spec/vocabulary.ts';
import { freshStats, type LinkConnection, type LinkEvents } from './connection.ts';
import { wrongIdentity, wrongUpstream } from './identity.ts';

type Accept = (peer: PeerName, connection: LinkConnection) => LinkEvents;

interface LocalServer {
  readonly role: PeerName;
  readonly accept: Accept;
  readonly ends: Set<LocalEnd>;
}

/** What of a dial matters without a socket. */
export interface LocalDial {
  readonly address: string;
  readonly role: PeerName;
  readonly peer: PeerName;
}

/** The stages of one process that can be reached without a socket, by the address at which others dial them. @public */
export class LocalLinks {
  readonly #servers = new Map<string, LocalServer>();

  /** Lets the stages of this process dial `role`. Returns how to close that again, and the connections made by it. */
  listen(address: string, role: PeerName, accept: Accept): () => void {
    const server: LocalServer = { role, accept, ends: new Set() };
    this.#servers.set(address, server);
    return () => {
      this.#servers.delete(address);
      for (const end of server.ends) end.close('the server is stopping');
    };
  }

  /** Connects, if the address is that of a stage of this process; null if it is not. All outcomes come as events. */
  dial({ address, role, peer }: LocalDial, events: LinkEvents): LinkConnection | null {
    const server = this.#servers.get(address);
    if (server === undefined) return null;
    const dialling = new LocalEnd(peer, (deliver) => setImmediate(() => setImmediate(deliver)));
    dialling.attach(events);
    const refusal = server.role === peer ? wrongUpstream(role, peer) : wrongIdentity(peer, server.role);
    if (refusal !== null) {
      dialling.lost(refusal.message, refusal.code);
      return dialling;
    }
    const serving = new LocalEnd(role, queueMicrotask);
    LocalEnd.join(dialling, serving);
    server.ends.add(serving);
    serving.onOver = () => server.ends.delete(serving);
    queueMicrotask(() => {
      serving.attach(server.accept(role, serving));
      // A host that does not want it now has closed it: then the peer is not told that it is open.
      if (serving.isBroken) return;
      dialling.open();
      serving.open();
    });
    return dialling;
  }
}

class LocalEnd implements LinkConnection {
  readonly peer: PeerName;
  readonly bufferedBytes = 0;
  readonly saturated = false;
  /** Messages only: there are no frames. */
  readonly stats = freshStats();
  onOver: () => void = () => {};
  readonly #later: (deliver: () => void) => void;
  #events: LinkEvents | null = null;
  #other: LocalEnd | null = null;
  #isOpen = false;
  #isBroken = false;
  #isPaused = false;
  #isPlanned = false;
  #inbox: Message[] = [];

  /** @param later - when what comes in is delivered: never inside the call of who sent */
  constructor(peer: PeerName, later: (deliver: () => void) => void) {
    this.peer = peer;
    this.#later = later;
  }

  static join(one: LocalEnd, other: LocalEnd): void {
    one.#other = other;
    other.#other = one;
  }

  get isBroken(): boolean {
    return this.#isBroken;
  }

  attach(events: LinkEvents): void {
    this.#events = events;
  }

  open(): void {
    if (this.#isBroken || this.#isOpen) return;
    this.#isOpen = true;
    this.#events?.opened();
    this.#plan();
  }

  send(message: Message): void {
    if (this.#isBroken || this.#other === null) return;
    this.stats.messagesOut++;
    this.#other.#inbox.push(message);
    this.#other.#plan();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#plan();
  }

  close(reason: string): void {
    if (this.#isBroken) return;
    this.lost(reason, 'LINK_CLOSED');
    const other = this.#other;
    // After what was sent before.
    if (other !== null) other.#later(() => other.lost(`${other.peer} ended the link`, 'LINK_CLOSED'));
  }

  lost(reason: string, code: ErrorCode): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.#inbox = [];
    this.onOver();
    setImmediate(() => this.#events?.broken(reason, code));
  }

  #plan(): void {
    if (this.#isPlanned || !this.#isOpen || this.#inbox.length === 0) return;
    this.#isPlanned = true;
    this.#later(() => {
      this.#isPlanned = false;
      while (!this.#isBroken && !this.#isPaused) {
        const message = this.#inbox.shift();
        if (message === undefined) return;
        this.stats.messagesIn++;
        this.#events?.message(message);
      }
    });
  }
}
