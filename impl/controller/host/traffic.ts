/** What has gone over connections, by peer: those that are open, and those that were. */
import type { PeerName } from '../../../spec/vocabulary.ts';
import type { LinkConnection, LinkStats } from '../links/index.ts';

function plus(a: Readonly<LinkStats>, b: Readonly<LinkStats>): LinkStats {
  return {
    messagesIn: a.messagesIn + b.messagesIn,
    messagesOut: a.messagesOut + b.messagesOut,
    framesIn: a.framesIn + b.framesIn,
    framesOut: a.framesOut + b.framesOut,
    bytesIn: a.bytesIn + b.bytesIn,
    bytesOut: a.bytesOut + b.bytesOut,
  };
}

/** Sums that cost nothing until somebody looks. @public */
export class Traffic {
  readonly #open = new Set<LinkConnection>();
  readonly #past = new Map<PeerName, LinkStats>();

  /** A connection was made. */
  begin(connection: LinkConnection): void {
    this.#open.add(connection);
  }

  /** It is over. */
  end(connection: LinkConnection): void {
    if (this.#open.delete(connection)) add(this.#past, connection);
  }

  /** Since the first connection was made. */
  byPeer(): ReadonlyMap<PeerName, LinkStats> {
    const sums = new Map(this.#past);
    for (const connection of this.#open) add(sums, connection);
    return sums;
  }
}

function add(sums: Map<PeerName, LinkStats>, { peer, stats }: LinkConnection): void {
  const before = sums.get(peer);
  sums.set(peer, before === undefined ? { ...stats } : plus(before, stats));
}
