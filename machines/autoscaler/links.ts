/** A's link to D: what its outputs and messages do to A's data (protocol 3, 8). */
import { Map as PMap } from 'immutable';
import type { Message, State } from '../../spec/messages.ts';
import type { ReplicaCount, SessionId } from '../../spec/vocabulary.ts';
import {
  isUpstreamOpen,
  type LinkOutput,
  stepUpstreamSide,
  upstreamSession,
} from '../ownership/link/index.ts';
import { type AutoscalerContext, DOWN, emit } from './context.ts';
import { adopt } from './wants.ts';

/** Carries out, in order, what the side of the link asked for. */
export function compose(context: AutoscalerContext, outputs: readonly LinkOutput[]): AutoscalerContext {
  return outputs.reduce(composeOne, context);
}

function composeOne(context: AutoscalerContext, output: LinkOutput): AutoscalerContext {
  switch (output.type) {
    case 'effect':
      return emit(context, output.effect);
    case 'greet':
      return greet(context, output.session);
    case 'offered':
      return emit(context, {
        type: 'send',
        link: DOWN,
        message: { kind: 'Fetch', session: output.offer.session, uids: [], tombstones: [] },
      });
    case 'stateArrived':
      return takeState(context, output.state);
    case 'delivered':
      return deliver(context, output.message);
    case 'verify':
    case 'offer':
    case 'state':
    case 'closed':
      // The first three are of a downstream side, which A has not; what a closed session left unsaid, the next says.
      return context;
  }
}

function greet(context: AutoscalerContext, session: SessionId): AutoscalerContext {
  const wants = [...context.wants.values()].map(({ deployment, version }) => ({ deployment, version }));
  return emit(context, {
    type: 'send',
    link: DOWN,
    message: { kind: 'Hello', session, role: 'autoscaler', peer: 'deployment', wants },
  });
}

/** Sends a message of the current session to D; nothing if the link is not open. */
function toDeployment(
  context: AutoscalerContext,
  message: (session: SessionId) => Message,
): AutoscalerContext {
  const session = isUpstreamOpen(context.down) ? upstreamSession(context.down) : null;
  return session === null ? context : emit(context, { type: 'send', link: DOWN, message: message(session) });
}

/** The link is open: D's higher wants are taken; then all of A's are sent, even if there are none: A is heard. */
function takeState(context: AutoscalerContext, state: State): AutoscalerContext {
  const adopted = adopt({ ...context, counts: context.counts.clear() }, state.wants);
  const counted = takeCounts(adopted, state.counts);
  const next = { ...counted, parting: counted.leaving };
  const all = [...next.wants.values()];
  const sent = toDeployment(next, (session) => ({ kind: 'Scale', session, wants: all }));
  return sayGone({ ...sent, unsent: sent.unsent.clear() }, [...next.gone]);
}

/** Opens the link anew: both ends say all that they hold. */
export function reopen(context: AutoscalerContext): AutoscalerContext {
  const session = isUpstreamOpen(context.down) ? upstreamSession(context.down) : null;
  if (session === null) return context;
  const { upstream, n } = session;
  const [down, outputs] = stepUpstreamSide(context.down, { type: 'broken', link: DOWN, upstream, n });
  const hungUp = emit(context, { type: 'disconnect', link: DOWN, session, reason: 'taken back' });
  return compose({ ...hungUp, down }, outputs);
}

/** Tells D of deleted Deployments. */
export function sayGone(context: AutoscalerContext, deployments: readonly string[]): AutoscalerContext {
  if (deployments.length === 0) return context;
  return toDeployment(context, (session) => ({ kind: 'Gone', session, deployments }));
}

function takeCounts(context: AutoscalerContext, counts: readonly ReplicaCount[]): AutoscalerContext {
  let all = context.counts;
  for (const count of counts) {
    if (context.gone.has(count.deployment)) continue;
    const mine = all.get(count.deployment) ?? PMap<string, ReplicaCount>();
    all = all.set(count.deployment, mine.set(count.replicaSet, count));
  }
  return { ...context, counts: all };
}

function deliver(context: AutoscalerContext, message: Message): AutoscalerContext {
  switch (message.kind) {
    case 'Invalidate': {
      const next = takeCounts(adopt(context, message.wants), message.counts);
      return toDeployment(next, (session) => ({ kind: 'Invalidated', session }));
    }
    case 'GoneAcknowledged':
      return { ...context, gone: context.gone.subtract(message.deployments) };
    default:
      // `Scaled` acknowledges; other kinds carry Pods, which A does not hold.
      return context;
  }
}

/** Ends a step: wants that are new go to D in one batch, last words after them; with the link down the next opening says it all. */
export function tellDeployment(context: AutoscalerContext): AutoscalerContext {
  return part(sendUnsent(context));
}

/** Says of what has left that no want comes any more, unless a request still waits to be made one. */
function part(context: AutoscalerContext): AutoscalerContext {
  const last = [...context.parting].filter((uid) => !context.pending.has(uid)).sort();
  if (last.length === 0 || !isUpstreamOpen(context.down)) return context;
  return sayGone({ ...context, parting: context.parting.subtract(last) }, last);
}

function sendUnsent(context: AutoscalerContext): AutoscalerContext {
  if (context.unsent.size === 0) return context;
  const wants = [...context.unsent].sort().flatMap((uid) => context.wants.get(uid) ?? []);
  const sent = toDeployment(context, (session) => ({ kind: 'Scale', session, wants }));
  return { ...sent, unsent: sent.unsent.clear() };
}
