/** A world of two ends as a state of `Link.tla`: variable by variable, in one canonical text. */
import type { Upward } from '../../../machines/ownership/upward.ts';
import type { Offer } from '../../../spec/messages.ts';
import type { Fence, PodRecord, SessionId, Uid } from '../../../spec/vocabulary.ts';
import type { Process, Setting, World } from '../../explorer/world.ts';
import { remembered } from '../remembered.ts';
import { bagOf, option, stateText } from '../text.ts';
import { connectionsBy, lifeNumber } from './connections.ts';
import { endOf, fenceOf, messageOf, offerOf, recordOf, sessionOf, uidOf, uidsOf } from './messages.ts';

interface UpperView {
  readonly side: {
    readonly state: string;
    readonly n: number;
    readonly fence: Fence;
    readonly offer: Offer | null;
  };
  readonly records: ReadonlyMap<Uid, PodRecord>;
  readonly minted: number;
}
interface LowerView {
  readonly side: {
    readonly state: string;
    readonly fence: Fence;
    readonly hello: SessionId | null;
    readonly seen: number;
  };
  readonly records: ReadonlyMap<Uid, PodRecord>;
  readonly changes: number;
  readonly found: number;
  readonly full: boolean;
  readonly queued: Upward;
}

/** Records by uid. */
export const recordsOf = (records: ReadonlyMap<Uid, PodRecord>) =>
  new Map([...records].map(([uid, record]) => [uidOf(uid), recordOf(record)]));

/** `peer/downstream/1`, `verify/upstream/1/2`: what is asked, and the numbers. */
function tokenOf(token: string): readonly unknown[] {
  const [what, , ...numbers] = token.split('/');
  return [what, ...numbers.map(Number)];
}

function readsOf(process: Process) {
  return bagOf(
    process.pending.map(({ reads, candidates }) => {
      if (reads?.type !== 'readLease') throw new Error(`${process.id} waits for more than a Lease`);
      const answers = candidates.map((event) => (event.type === 'leaseRead' ? event.incarnation : null));
      return { token: tokenOf(reads.token), of: endOf(reads.subject), candidates: new Set(answers) };
    }),
  );
}

function upperOf(process: Process, { side, records, minted }: UpperView) {
  return {
    state: side.state,
    n: side.n,
    offer: option(side.offer, offerOf),
    fence: fenceOf(side.fence),
    records: recordsOf(records),
    minted,
    dial: process.dials.map(({ n }) => n),
    reads: readsOf(process),
  };
}

/** News that queued. */
export function queuedOf({ assigned, changed, adopted, lost, refused, terminated }: Upward) {
  return {
    assigned: assigned.map(recordOf),
    changed: changed.map(recordOf),
    adopted: adopted.map(recordOf),
    lost: uidsOf(lost),
    refused: uidsOf(refused),
    terminated: terminated.map(uidOf),
  };
}

function lowerOf(process: Process, { side, records, changes, found, full, queued }: LowerView) {
  return {
    state: side.state,
    fence: fenceOf(side.fence),
    hello: option(side.hello, sessionOf),
    seen: side.seen,
    records: recordsOf(records),
    changes,
    found,
    full,
    queued: queuedOf(queued),
    reads: readsOf(process),
  };
}

const lifeOf = remembered((process: Process, setting: Setting): object => {
  const view = setting.stages[process.peer]?.view(process.state as never);
  return endOf(process.peer) === 'up'
    ? upperOf(process, view as UpperView)
    : lowerOf(process, view as LowerView);
});
const connectionsOf = connectionsBy(messageOf);

function leftOf({ budgets }: World) {
  const { crash, usurp, prompts } = budgets;
  return {
    break: budgets.break,
    linger: budgets.linger,
    duplicate: budgets.duplicate,
    misdial: budgets.misdial,
    upCrash: crash.replicaset ?? 0,
    downCrash: crash.scheduler ?? 0,
    upUsurp: usurp.replicaset ?? 0,
    downUsurp: usurp.scheduler ?? 0,
    mint: prompts.mint ?? 0,
    end: prompts.end ?? 0,
    change: prompts.change ?? 0,
    die: prompts.die ?? 0,
    full: prompts.full ?? 0,
    find: prompts.find ?? 0,
  };
}

/** The state of `Link.tla` that a world stands for: equal texts for equal states. */
export function linkState(setting: Setting, world: World): string {
  const processes = Object.values(world.processes);
  const at = (end: 'up' | 'down') =>
    new Map(
      processes
        .filter(({ peer }) => endOf(peer) === end)
        .map((process) => [process.incarnation, lifeOf(process, setting)]),
    );
  const { leases } = world.api;
  return stateText({
    ups: at('up'),
    downs: at('down'),
    connections: connectionsOf(world),
    strays: bagOf(
      world.network.strays.map(({ to, message }) => ({ to: lifeNumber(to), message: messageOf(message) })),
    ),
    leases: { up: leases.replicaset ?? 0, down: leases.scheduler ?? 0 },
    awaited: {
      up: option(world.down.replicaset, (above) => above),
      down: option(world.down.scheduler, (above) => above),
    },
    left: leftOf(world),
    collected: new Map(
      Object.entries(world.history.collected).map(([uid, peers]) => [uidOf(uid), new Set(peers.map(endOf))]),
    ),
    stopped: new Set(
      world.history.stopped.map((id) => [endOf(id.slice(0, id.indexOf('~'))), lifeNumber(id)]),
    ),
  });
}
