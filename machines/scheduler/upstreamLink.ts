/** The link from R: what the ReplicaSet stage asks, and the handshake as its downstream (`spec/protocol.md` 3). */
import type { StageEvent } from '../../spec/events.ts';
import type { Assign, Fetch, Message } from '../../spec/messages.ts';
import type { PodRecord, SessionId } from '../../spec/vocabulary.ts';
import {
  type DownstreamSideEvent,
  type LinkOutput,
  refusal,
  stepDownstreamSide,
} from '../ownership/link/index.ts';
import { NO_NEWS } from '../ownership/upward.ts';
import { type Context, emit, tell } from './context.ts';
import { hold } from './holdings.ts';
import { enqueue } from './queue.ts';
import { takesNothing } from './released.ts';
import { terminate } from './tombstones.ts';

const LINK = 'upstream';

/** One event of the link from R. */
export function onUpstream(context: Context, event: DownstreamSideEvent): Context {
  const [upstream, outputs] = stepDownstreamSide(context.upstream, event);
  return outputs.reduce(onOutput, { ...context, upstream });
}

/** The answer to a read of R's Lease: only its holder is accepted. */
export function onUpstreamVerified(
  context: Context,
  event: Extract<StageEvent, { type: 'leaseRead' }>,
): Context {
  const accept = event.incarnation === context.upstream.context.hello?.session.upstream;
  return onUpstream(context, { type: 'verified', token: event.token, accept });
}

function onOutput(context: Context, output: LinkOutput): Context {
  switch (output.type) {
    case 'effect':
      return emit(context, output.effect);
    case 'verify':
      return emit(context, { type: 'readLease', subject: 'replicaset', token: output.token });
    case 'offer':
      return offer(context, output.session);
    case 'state':
      return state(context, output.session, output.fetch);
    case 'delivered':
      return onMessage(context, output.message);
    case 'closed':
      return { ...context, queued: NO_NEWS };
    case 'greet':
    case 'offered':
    case 'stateArrived':
      return context; // outputs of the other side of a link
    default:
      return output satisfies never;
  }
}

function offer(context: Context, session: SessionId): Context {
  const held = [...context.records.values()].map(({ uid, version }) => ({ uid, version }));
  const { incarnation } = context;
  return emit(
    { ...context, queued: NO_NEWS },
    {
      type: 'send',
      link: LINK,
      message: { kind: 'Offer', session, incarnation, held, wants: [], drained: null },
    },
  );
}

/** Takes R's tombstones, then says how things stand; what they brought about follows as news. */
function state(context: Context, session: SessionId, fetch: Fetch): Context {
  const known = fetch.tombstones.filter((uid) => context.records.has(uid));
  const next = terminate(context, known);
  const records = fetch.uids.map((uid) => next.records.get(uid)).filter((record) => record !== undefined);
  return emit(next, {
    type: 'send',
    link: LINK,
    message: { kind: 'State', session, records, wants: [], counts: [] },
  });
}

function onMessage(context: Context, message: Message): Context {
  switch (message.kind) {
    case 'Assign':
      return assign(context, message);
    case 'Terminate':
      return terminate(context, message.uids);
    case 'Invalidated':
      return context;
    default: {
      const refused = refusal(LINK, message, 'the Scheduler stage takes no such message from upstream');
      return onOutput(context, refused);
    }
  }
}

/** New Pods. A uid that is held already changes nothing: a tombstoned Pod is never assigned (4.1). */
function assign(context: Context, { records }: Assign): Context {
  const fresh = records.filter(({ uid }) => !context.records.has(uid));
  if (takesNothing(context))
    return tell(context, { refused: fresh.map(({ uid }) => ({ uid, reason: 'OwnedByStock' })) });
  const ineligible = ({ replicaSet }: PodRecord) =>
    (context.templates.get(replicaSet)?.ineligible.length ?? 0) > 0;
  const refused = fresh.filter(ineligible);
  const taken = fresh
    .filter((record) => !ineligible(record))
    .map((record): PodRecord => ({ ...record, node: null, phase: 'created', ready: false }));
  const next = hold(context, taken);
  return tell(
    {
      ...next,
      queue: enqueue(next.queue, taken),
      arrived: [...next.arrived, ...taken.map(({ uid }) => uid)],
    },
    { refused: refused.map(({ uid }) => ({ uid, reason: 'NotEligible' })) },
  );
}
