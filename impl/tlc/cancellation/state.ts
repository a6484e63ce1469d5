/** A world of one node's cancellation as a state of `Cancellation.tla`: variable by variable, in one canonical text. */

import type { Upward } from '../../../machines/ownership/upward.ts';
import type { StageEvent } from '../../../spec/events.ts';
import type { NodeFact } from '../../../spec/facts.ts';
import type { Message, Offer } from '../../../spec/messages.ts';
import type { Fence, PodRecord, SessionId, Uid } from '../../../spec/vocabulary.ts';
import type { Flight, Pending, Process, Setting, World } from '../../explorer/world.ts';
import { connectionsBy, lifeNumber } from '../link/connections.ts';
import { fenceOf, messageOf, offerOf, sessionOf, uidOf } from '../link/messages.ts';
import { queuedOf, recordsOf } from '../link/state.ts';
import { remembered } from '../remembered.ts';
import { bagOf, option, stateText } from '../text.ts';

interface UpperView {
  readonly side: {
    readonly state: string;
    readonly n: number;
    readonly fence: Fence;
    readonly offer: Offer | null;
  };
  readonly cancellation: {
    readonly state: string;
    readonly read: number;
    readonly mark: Fence | null;
    readonly held: Offer | null;
  };
  readonly records: ReadonlyMap<Uid, PodRecord>;
  readonly minted: number;
  readonly newerMark: Fence | null;
}
interface LowerView {
  readonly side: { readonly state: string; readonly fence: Fence; readonly hello: SessionId | null };
  readonly records: ReadonlyMap<Uid, PodRecord>;
  readonly changes: number;
  readonly queued: Upward;
  readonly waiting: { readonly token: string; readonly read: number } | null;
  readonly accepted: Fence;
  readonly draining: Fence | null;
  readonly drained: Fence | null;
  readonly reads: number;
}

const bodyOf = (message: Message): object =>
  message.kind === 'Offer'
    ? { ...messageOf(message), drained: option(message.drained, fenceOf) }
    : messageOf(message);

const drainedOfferOf = (offer: Offer) => ({ ...offerOf(offer), drained: option(offer.drained, fenceOf) });

const nodeOf = ({ resourceVersion, mark, drained }: NodeFact) => ({
  rv: Number(resourceVersion),
  mark: option(mark, fenceOf),
  drained: option(drained, fenceOf),
});

/** `peer/node/n1/2`, `confirm/n1/3`, `newer/2/1`, `hello/4`: what is asked, and the numbers. */
const tokenOf = (token: string): readonly unknown[] =>
  token.split('/').flatMap((part, at): unknown[] => {
    if (at === 0) return [part];
    return /^\d+$/.test(part) ? [Number(part)] : [];
  });

function answerOf(event: StageEvent): unknown {
  if (event.type === 'leaseRead') return event.incarnation;
  if (event.type === 'nodeRead' && event.node !== null) return nodeOf(event.node);
  throw new Error(`${event.type} answers no read of a world of one node's cancellation`);
}

function readOf({ reads, candidates }: Pending) {
  if (reads?.type !== 'readLease' && reads?.type !== 'readNode') throw new Error('a read of something else');
  const of = reads.type === 'readNode' ? 'node' : reads.subject === 'scheduler' ? 'up' : 'down';
  return { token: tokenOf(reads.token), of, candidates: new Set(candidates.map(answerOf)) };
}
const readsOf = ({ pending }: Process) => bagOf(pending.filter(({ reads }) => reads !== null).map(readOf));

/** Answers that are what they are, in the order in which they came about. */
const answersOf = ({ pending }: Process) =>
  pending.flatMap(({ reads, candidates: [event] }) => (reads === null && event !== undefined ? [event] : []));

function upperOf(process: Process, { side, cancellation, records, minted, newerMark }: UpperView) {
  const { state, read, mark, held } = cancellation;
  const marks = answersOf(process).flatMap((event) =>
    event.type === 'marked' ? [{ mark: fenceOf(event.mark), outcome: event.outcome }] : [],
  );
  return {
    state: side.state,
    n: side.n,
    offer: option(side.offer, drainedOfferOf),
    fence: fenceOf(side.fence),
    records: recordsOf(records),
    minted,
    dial: process.dials.map(({ n }) => n),
    reads: readsOf(process),
    marks: bagOf(marks),
    timer: process.timers.length > 0,
    newer: option(newerMark, fenceOf),
    cancel: { state, read, mark: option(mark, fenceOf), held: option(held, drainedOfferOf) },
  };
}

const TOLD: Readonly<Record<string, string>> = {
  podStarted: 'started',
  podReadiness: 'ready',
  podStopped: 'stopped',
};

function toldOf(process: Process) {
  const told = new Map<string, string[]>();
  for (const event of answersOf(process))
    if ('uid' in event) told.set(event.uid, [...(told.get(event.uid) ?? []), TOLD[event.type] ?? event.type]);
  return new Map([...told].map(([uid, events]) => [uidOf(uid), events]));
}

function lowerOf(process: Process, view: LowerView) {
  const { side, records, changes, queued, waiting, accepted, draining, drained, reads } = view;
  return {
    state: side.state,
    fence: fenceOf(side.fence),
    hello: option(side.hello, sessionOf),
    records: recordsOf(records),
    changes,
    queued: queuedOf(queued),
    waiting: option(waiting, ({ token, read }) => ({ hello: tokenOf(token).slice(1), read })),
    accepted: fenceOf(accepted),
    draining: option(draining, fenceOf),
    drained: option(drained, fenceOf),
    read: reads,
    reads: readsOf(process),
    told: toldOf(process),
    seen: option(process.seen['nodes/n1'] as NodeFact | undefined, ({ resourceVersion }) =>
      Number(resourceVersion),
    ),
  };
}

const lifeOf = remembered((process: Process, setting: Setting): object => {
  const view = setting.stages[process.peer]?.view(process.state as never);
  return process.peer === 'scheduler'
    ? upperOf(process, view as UpperView)
    : lowerOf(process, view as LowerView);
});
const connectionsOf = connectionsBy(bodyOf);

function flightOf({ by, effect }: Flight) {
  if (effect.type !== 'mark') throw new Error(`${effect.type} is not written here`);
  // Of one whose fate S was told to be unknown: of no life.
  return {
    by: by === '' ? 0 : lifeNumber(by),
    mark: fenceOf(effect.mark),
    rv: Number(effect.resourceVersion),
  };
}

function pastOf({ history }: World) {
  const { accepted, collected, ended, ran, revived, cancelled, stopped } = history;
  const uids = (items: readonly string[]) => new Set(items.map(uidOf));
  return {
    accepted: uids(Object.keys(accepted)),
    collected: uids(Object.keys(collected)),
    confirmed: uids(Object.keys(ended)),
    ran: uids(ran),
    revived: uids(revived),
    cancelled: option(cancelled.n1, (one) => ({ mark: fenceOf(one.mark), uids: uids(one.uids) })),
    stopped: new Set(stopped.map(lifeNumber)),
  };
}

function leftOf({ budgets }: World) {
  const { crash, usurp, timers, prompts } = budgets;
  return {
    break: budgets.break,
    linger: budgets.linger,
    crash: crash.scheduler ?? 0,
    usurp: usurp.scheduler ?? 0,
    timer: timers.unreachable ?? 0,
    mint: prompts.mint ?? 0,
    loss: budgets.lostReply,
    end: prompts.end ?? 0,
  };
}

/** The state of `Cancellation.tla` that a world stands for: equal texts for equal states. */
export function cancellationState(setting: Setting, world: World): string {
  const processes = Object.values(world.processes);
  const leaders = processes.filter(({ peer }) => peer === 'scheduler');
  const agent = processes.find(({ peer }) => peer === 'kubelet/n1') as Process;
  return stateText({
    ups: new Map(leaders.map((process) => [process.incarnation, lifeOf(process, setting)])),
    agent: lifeOf(agent, setting),
    connections: connectionsOf(world),
    node: nodeOf(world.api.nodes.n1 as NodeFact),
    lease: world.api.leases.scheduler,
    awaited: option(world.down.scheduler, (above) => above),
    flights: bagOf(world.flights.map(flightOf)),
    containers: new Map(Object.entries(world.containers.n1 ?? {}).map(([uid, state]) => [uidOf(uid), state])),
    left: leftOf(world),
    past: pastOf(world),
  });
}
