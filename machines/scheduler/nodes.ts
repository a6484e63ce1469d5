/** The Nodes as the API Server shows them: who has an agent, who is gone, who bears a newer mark (`spec/protocol.md` 3, 6). */
import { Set as ISet } from 'immutable';
import type { StageEvent } from '../../spec/events.ts';
import type { NodeFact } from '../../spec/facts.ts';
import type { Owner } from '../../spec/vocabulary.ts';
import { startCancellation } from '../ownership/cancellation.ts';
import { startUpstreamSide } from '../ownership/link/index.ts';
import { type Context, setNode, stir } from './context.ts';
import { onNewerMark } from './leadership.ts';
import {
  hangUp,
  linkOf,
  onCancellation,
  onCancellationOutputs,
  onLinkOutputs,
  onNodeLink,
  succeedNode,
} from './nodeLinks.ts';
import { giveUpUnbound } from './released.ts';
import { noteBare, reviewUnplaced } from './unplaced.ts';

type Event<T extends StageEvent['type']> = Extract<StageEvent, { type: T }>;

/** The consistent list at the start: these Nodes, where an agent is registered, are the barrier. */
export function onNodesListed(context: Context, event: Event<'nodesListed'>): Context {
  const registered = event.nodes.filter(({ agent }) => agent !== null);
  const next = event.nodes.reduce((now, fact) => observeListed(now, fact), context);
  const counted = registered.filter(
    ({ mark }) => mark === null || !context.mutants.has('old-mark-opens-barrier'),
  );
  const barrier = ISet(counted.map(({ name }) => name)).subtract(next.reached);
  return { ...next, barrier };
}

/**
 * A Node of the list. If the watch has told of another one of that name, or of its end, it has the last word (†): it may have been ahead of
 * the list, and then tells no more; if it was behind, it will tell.
 */
function observeListed(context: Context, fact: NodeFact): Context {
  const entry = context.nodes.get(fact.name);
  const isTold = entry !== undefined && (entry.vanished || entry.fact.uid !== fact.uid);
  if (!isTold || context.mutants.has('listed-node-believed'))
    return observeNode(context, asShown(context, fact));
  return heedMark(context, fact);
}

/** The watch may have told of the Node since the list was asked for: how it is for Pods, that says. */
function asShown(context: Context, fact: NodeFact): NodeFact {
  const shown = context.nodes.get(fact.name)?.fact;
  if (shown?.uid !== fact.uid || context.mutants.has('old-nodes-heeded')) return fact;
  const { ready, unschedulable, capacity, labels, taints } = shown;
  return { ...fact, ready, unschedulable, capacity, labels, taints };
}

/** A Node as it is now. Without an agent it is none of S's; one of another uid is another Node. */
export function observeNode(context: Context, fact: NodeFact): Context {
  const entry = context.nodes.get(fact.name);
  const isBare = fact.agent === null && !(entry && context.mutants.has('bare-by-name'));
  let next = noteBare(context, fact.name, isBare);
  if (entry === undefined) next = fact.agent === null ? next : addNode(next, fact);
  else if (entry.fact.uid === fact.uid) {
    const sameReadiness = entry.fact.ready === fact.ready;
    next = standsAgain(setNode(next, fact.name, { ...entry, fact }), fact.name);
    if (!sameReadiness)
      next = onCancellation(next, fact.name, { type: 'readinessObserved', ready: fact.ready });
    next = stir(next, fact.name);
  } else next = succeed(next, fact);
  return heedMark(next, fact);
}

function heedMark(context: Context, { mark }: NodeFact): Context {
  return mark !== null && mark.incarnation > context.incarnation ? onNewerMark(context, mark) : context;
}

/**
 * The Node that S knows is shown though it was taken for gone: what had shown another one was behind the consistent list of the start. If it
 * was given up meanwhile, it is dialled again.
 */
function standsAgain(context: Context, name: string): Context {
  const entry = context.nodes.get(name);
  if (entry?.vanished !== true || context.mutants.has('older-node-believed')) return context;
  const next = setNode(context, name, { ...entry, vanished: false, successor: null });
  return entry.cancellation.value === 'cancelled' ? hangUp(next, name) : next;
}

function addNode(context: Context, fact: NodeFact): Context {
  const { incarnation, mutants, owner } = context;
  const [link, linkOutputs] = startUpstreamSide({
    self: 'scheduler',
    peer: `kubelet/${fact.name}`,
    link: linkOf(fact.name),
    incarnation,
    mutants,
  });
  const [cancellation, cancellationOutputs] = startCancellation({
    node: fact.name,
    nodeUid: fact.uid,
    incarnation,
    ready: fact.ready,
    owner,
    mutants,
  });
  const entry = { fact, successor: null, vanished: false, link, cancellation };
  const next = onLinkOutputs(setNode(context, fact.name, entry), fact.name, linkOutputs);
  return onCancellationOutputs(next, fact.name, cancellationOutputs);
}

/** Another Node under a known name: the old one counts as cancelled once a consistent read and the own Lease say so. */
function succeed(context: Context, fact: NodeFact): Context {
  const entry = context.nodes.get(fact.name);
  if (entry === undefined) return context;
  if (entry.cancellation.value === 'cancelled') return succeedNode(context, fact);
  const next = setNode(context, fact.name, { ...entry, successor: fact, vanished: true });
  return entry.vanished ? next : onCancellation(next, fact.name, { type: 'vanished' });
}

/** The watch shows a Node gone; of another uid than the one known, that is old news. */
export function onNodeVanished(context: Context, { name, uid }: Pick<NodeFact, 'name' | 'uid'>): Context {
  const entry = context.nodes.get(name);
  if (entry === undefined) return noteBare(context, name, false);
  if (entry.successor?.uid === uid)
    return setNode(noteBare(context, name, false), name, { ...entry, successor: null });
  if (entry.fact.uid !== uid) return context;
  const shown = entry.successor === null ? noteBare(context, name, false) : context;
  const next = setNode(shown, name, { ...entry, vanished: true });
  return onCancellation(next, name, { type: 'vanished' });
}

/**
 * The read that verifies an `Offer`. If it shows another Node than the one known, K serves on that already, and what it would be given
 * in this session would be taken for Pods of the old one (†): the old one is gone, and S goes on with the new one once it has seen it.
 */
export function onNodeVerified(context: Context, name: string, event: Event<'leaseRead'>): Context {
  const entry = context.nodes.get(name);
  if (entry === undefined) return context;
  const { nodeUid } = event;
  const isAnother = nodeUid !== undefined && nodeUid !== entry.fact.uid;
  if (!isAnother || context.mutants.has('offer-of-another-node')) return onNodeLink(context, name, event);
  return entry.vanished ? context : onNodeVanished(context, { name, uid: entry.fact.uid });
}

/** A consistent read of a Node; it is for the cancellation that asked. */
export function onNodeRead(context: Context, { name, token, node }: Event<'nodeRead'>): Context {
  const entry = context.nodes.get(name);
  if (entry === undefined) return context;
  return onCancellation(context, name, { type: 'nodeRead', token, node, n: entry.link.context.n });
}

/** The answer to a mark. */
export function onMarked(context: Context, { node, mark, outcome }: Event<'marked'>): Context {
  return onCancellation(context, node, { type: 'marked', mark, outcome });
}

/** The owner switch: under `stock` S binds, preempts and cancels nothing, and gives up what it has not bound (9). */
export function onOwner(context: Context, owner: Owner): Context {
  if (owner === context.owner) return context;
  let next = giveUpUnbound(stir({ ...context, owner }, null));
  for (const name of context.nodes.keys()) {
    next = onCancellation(next, name, { type: 'ownerObserved', owner });
    if (next.nodes.get(name)?.vanished) next = onCancellation(next, name, { type: 'vanished' });
  }
  return reviewUnplaced(next);
}
