/** What a side of a link asks of the stage that it is part of (see `upstreamSide.ts`, `downstreamSide.ts`). */
import type { Effect } from '../../../spec/effects.ts';
import type { Fetch, Hello, Message, Offer, State } from '../../../spec/messages.ts';
import type { SessionId } from '../../../spec/vocabulary.ts';

/** One request of a link's side to its composition, in order. @public */
export type LinkOutput =
  /** Pass on as it is. */
  | { readonly type: 'effect'; readonly effect: Effect }
  /** Upstream side: send `Hello` for this session, with the versions of the wants held. */
  | { readonly type: 'greet'; readonly session: SessionId }
  /** Upstream side, the peer's incarnation verified: send `Fetch`. */
  | { readonly type: 'offered'; readonly offer: Offer }
  /** Upstream side, the link is open: apply the handshake table; send `Terminate` of every tombstone; wants. */
  | { readonly type: 'stateArrived'; readonly offer: Offer; readonly state: State }
  /** Downstream side: read the upstream's Lease (K: the mark on its Node), answer with `verified`. */
  | { readonly type: 'verify'; readonly hello: Hello; readonly token: string }
  /** Downstream side, `Hello` accepted and the fence raised: (K: journal the fence,) send `Offer`. */
  | { readonly type: 'offer'; readonly session: SessionId }
  /** Downstream side, the link is open: take the tombstones, send `State`, then what queued since `Offer`. */
  | { readonly type: 'state'; readonly session: SessionId; readonly fetch: Fetch }
  /** A message of the current session on an open link. */
  | { readonly type: 'delivered'; readonly message: Message }
  /** The session was offered or open, and is no more. */
  | { readonly type: 'closed' };

/** Wraps an effect. */
export function effect(value: Effect): LinkOutput {
  return { type: 'effect', effect: value };
}

/** A report that a message was refused without any change of state. */
export function refusal(link: string, message: Message, why: string): LinkOutput {
  const { upstream, downstream, n } = message.session;
  return effect({
    type: 'report',
    reason: 'MessageRefused',
    subject: link,
    text: `${message.kind} of session (${upstream}, ${downstream}, ${n}) refused: ${why}`,
  });
}
