/** K's link to S: what its outputs and messages do to K's data (`spec/protocol.md` 3, 6). */
import type { Fetch, Message } from '../../spec/messages.ts';
import { compareFences, type Fence, type PodRecord, type SessionId } from '../../spec/vocabulary.ts';
import {
  type DownstreamSideEvent,
  fenceOf,
  type LinkOutput,
  stepDownstreamSide,
} from '../ownership/link/index.ts';
import { assignPods, markPod, terminatePods } from './accept.ts';
import { act, type KubeletContext, persist, UP } from './context.ts';
import { flush } from './upward.ts';

/** One event for the link, and all that follows from it. */
export function stepLink(context: KubeletContext, event: DownstreamSideEvent): KubeletContext {
  const [side, outputs] = stepDownstreamSide(context.side, event);
  return outputs.reduce(heed, { ...context, side });
}

function heed(context: KubeletContext, output: LinkOutput): KubeletContext {
  switch (output.type) {
    case 'effect':
      return act(context, output.effect);
    case 'verify':
      return {
        ...context,
        waiting: { token: output.token, incarnation: output.hello.session.upstream, read: null },
      };
    case 'offer':
      return offer(context, output.session);
    case 'state':
      return answerFetch(context, output.session, output.fetch);
    case 'delivered':
      return deliver(context, output.message);
    case 'greet':
    case 'offered':
    case 'stateArrived':
    case 'closed':
      return context;
  }
}

/** The fence is persisted before the `Offer` (†): K must not forget whom it fenced. */
function offer(context: KubeletContext, session: SessionId): KubeletContext {
  const fence: Fence = { incarnation: session.upstream, n: session.n };
  const held = [...context.pods.values()].map(({ record: { uid, version } }) => ({ uid, version }));
  const { incarnation, drained, doubt } = context;
  const accepted = compareFences(fence, context.accepted) > 0 ? fence : context.accepted;
  const kept = context.mutants.has('fence-not-persisted')
    ? context
    : persist(context, { kind: 'fence', fence });
  return act(
    { ...kept, accepted },
    {
      type: 'send',
      link: UP,
      message: {
        ...{ kind: 'Offer', session, incarnation, held, wants: [], drained },
        ...(doubt !== null && { doubtful: true as const }),
      },
    },
  );
}

/** Takes the tombstones, sends `State`; what queued since the `Offer` follows at the end of the step. */
function answerFetch(context: KubeletContext, session: SessionId, fetch: Fetch): KubeletContext {
  const marked = fetch.tombstones.reduce(markPod, context);
  const records: PodRecord[] = [];
  for (const uid of fetch.uids) {
    const pod = marked.pods.get(uid);
    if (pod !== undefined) records.push(pod.record);
  }
  return act(marked, {
    type: 'send',
    link: UP,
    message: { kind: 'State', session, records, wants: [], counts: [] },
  });
}

function deliver(context: KubeletContext, message: Message): KubeletContext {
  switch (message.kind) {
    case 'Assign':
      return assignPods(context, message.records);
    case 'Terminate':
      return terminatePods(context, message.uids);
    case 'Invalidated':
      return context;
    default:
      return act(context, {
        type: 'report',
        reason: 'MessageRefused',
        subject: UP,
        text: `${message.kind} is not for a Kubelet stage`,
      });
  }
}

/** Raises the fence: every session not above it is closed (6, †). News of this step belong to the session before. */
export function raiseFence(context: KubeletContext, fence: Fence): KubeletContext {
  return stepLink(flush(context), { type: 'fenced', fence });
}

/** Closes every session: what K knew of its node is over. */
export function closeSessions(context: KubeletContext): KubeletContext {
  return raiseFence(context, fenceOf(context.side));
}
