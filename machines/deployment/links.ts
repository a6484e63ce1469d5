/** D's two links: what their outputs and messages do to its data (protocol 3, 8). */
import { Set as PSet } from 'immutable';
import type { HeldWant, Message, Offer, State } from '../../spec/messages.ts';
import { type LinkOutput, stepDownstreamSide } from '../ownership/link/index.ts';
import { addNews, NO_NEWS } from '../ownership/upward.ts';
import { type DeploymentContext, DOWN, emit, touch, touchAll, UP } from './context.ts';
import { toReplicaSets } from './reconcile.ts';
import { adopt, takeScale, wantForAutoscaler } from './wants.ts';
import { forgetDeployment, suspectStrangers, takeCounts } from './workloads.ts';

/** Carries out, in order, what a side of a link asked for. */
export function compose(context: DeploymentContext, outputs: readonly LinkOutput[]): DeploymentContext {
  return outputs.reduce(composeOne, context);
}

function composeOne(context: DeploymentContext, output: LinkOutput): DeploymentContext {
  switch (output.type) {
    case 'effect':
      return emit(context, output.effect);
    case 'greet':
      return emit(context, {
        type: 'send',
        link: DOWN,
        message: {
          kind: 'Hello',
          session: output.session,
          role: 'deployment',
          peer: 'replicaset',
          wants: heldWants(context),
        },
      });
    case 'offered':
      return emit(context, {
        type: 'send',
        link: DOWN,
        message: { kind: 'Fetch', session: output.offer.session, uids: [], tombstones: [] },
      });
    case 'stateArrived':
      return takeState(context, output.state);
    case 'verify':
      return emit(context, { type: 'readLease', subject: 'autoscaler', token: output.token });
    case 'offer':
      // What A has said its last word of, it says again in each session.
      return offerToAutoscaler({ ...context, queued: NO_NEWS, goneAsked: PSet() }, output.session);
    case 'state':
      return stateToAutoscaler(context, output.session);
    case 'delivered':
      return deliver(context, output.message);
    case 'closed':
      // R's end: `sent` is of a session, and is cleared when the next one opens. A's: what queued is covered by it.
      return context;
  }
}

function heldWants(context: DeploymentContext): readonly HeldWant[] {
  return [...context.entries].flatMap(([deployment, { want }]) =>
    want === null ? [] : [{ deployment, version: want.version }],
  );
}

function offerToAutoscaler(context: DeploymentContext, session: Offer['session']): DeploymentContext {
  const { incarnation } = context.config;
  return emit(context, {
    type: 'send',
    link: UP,
    message: { kind: 'Offer', session, incarnation, held: [], wants: heldWants(context), drained: null },
  });
}

function stateToAutoscaler(context: DeploymentContext, session: State['session']): DeploymentContext {
  const wants = [...context.entries].flatMap(
    ([deployment, entry]) => wantForAutoscaler(context, deployment, entry) ?? [],
  );
  const counts = [...context.counts.values()].flatMap((each) => [...each.values()]);
  return emit(context, {
    type: 'send',
    link: UP,
    message: { kind: 'State', session, records: [], wants, counts },
  });
}

/**
 * The link to R is open: its higher wants are taken, everything is sent again (also what R holds in that version, since
 * R obeys only what it was sent in this session), deletions too; and the barrier is passed.
 */
function takeState(context: DeploymentContext, state: State): DeploymentContext {
  const resend = !context.mutants.has('want-equal-unsent');
  const held = new Map(state.wants.map((want) => [want.deployment, want]));
  let next: DeploymentContext = {
    ...context,
    counts: context.counts.clear(),
    judged: context.judged.clear(),
    entries: context.entries.map((entry, uid) => ({
      ...entry,
      sent: resend ? null : (held.get(uid) ?? null),
    })),
  };
  for (const want of state.wants) next = adopt(next, want.deployment, want, 'replicaset');
  next = takeCounts(next, state.counts);
  next = { ...suspectStrangers(next), dirty: next.dirty.union(next.gone) };
  const [up, outputs] = stepDownstreamSide(next.up, { type: 'barrierPassed' });
  return touchAll(compose({ ...next, up }, outputs));
}

/** A has been heard: what it did not tell now, it does not know. */
function hear(context: DeploymentContext): DeploymentContext {
  if (context.confirmed) return context;
  return touchAll(emit({ ...context, confirmed: true }, { type: 'cancelTimer', timer: 'unconfirmed' }));
}

/**
 * Deployments that A has seen deleted, or leaving: no want of them comes any more. What D has an object of is acknowledged once D has seen
 * it deleted too, or has written its want.
 */
function takeGone(context: DeploymentContext, deployments: readonly string[]): DeploymentContext {
  let next = { ...context, goneAsked: context.goneAsked.union(deployments) };
  for (const uid of deployments) {
    const entry = next.entries.get(uid);
    if (entry === undefined) next = acknowledgeGone(next, uid);
    else if (entry.fact === null) next = forgetDeployment(next, uid);
    else next = touch(next, uid);
  }
  return next;
}

function acknowledgeGone(context: DeploymentContext, uid: string): DeploymentContext {
  const news = addNews(context.news, { goneAcknowledged: [uid] });
  return { ...context, goneAsked: context.goneAsked.delete(uid), news };
}

function deliver(context: DeploymentContext, message: Message): DeploymentContext {
  switch (message.kind) {
    case 'Scale':
      return hear(takeScale(context, message.wants));
    case 'Gone':
      return takeGone(context, message.deployments);
    case 'Invalidate':
      return invalidate(context, message);
    case 'GoneAcknowledged':
      return { ...context, gone: context.gone.subtract(message.deployments) };
    default:
      // `Scaled` and `Invalidated` acknowledge; other kinds carry Pods, which D does not hold.
      return context;
  }
}

function invalidate(
  context: DeploymentContext,
  message: Extract<Message, { kind: 'Invalidate' }>,
): DeploymentContext {
  let next = context;
  for (const want of message.wants) next = adopt(next, want.deployment, want, 'replicaset');
  next = takeCounts(next, message.counts);
  return toReplicaSets(next, (session) => ({ kind: 'Invalidated', session }));
}
