/** Lives of A and D as `WantEnds.tla` writes them. */
import type { AutoscalerState } from '../../../machines/autoscaler/index.ts';
import type { DeploymentState } from '../../../machines/deployment/index.ts';
import { viewOfDownstreamSide, viewOfUpstreamSide } from '../../../machines/ownership/link/index.ts';
import type { StageEvent } from '../../../spec/events.ts';
import type { DeploymentFact } from '../../../spec/facts.ts';
import type { Process } from '../../explorer/world.ts';
import { baseOf, fieldOf, objectOf, versionOf, wantOf } from '../field/objects.ts';
import { fenceOf, sessionOf } from '../link/messages.ts';
import { bagOf, option } from '../text.ts';
import { offerOf, toldOf } from './messages.ts';

const UID = 'd';
const endOf = (peer: string) => (peer === 'autoscaler' ? 'up' : 'down');

/** `peer/downstream/1`, `verify/upstream/1/2`: what is asked, and the numbers. */
function tokenOf(token: string): readonly unknown[] {
  const [what, , ...numbers] = token.split('/');
  return [what, ...numbers.map(Number)];
}

function readsOf({ pending, id }: Process) {
  return bagOf(
    pending.flatMap(({ reads, candidates }) => {
      if (reads === null) return [];
      if (reads.type !== 'readLease') throw new Error(`${id} waits for more than a Lease`);
      const answers = candidates.map((event) => (event.type === 'leaseRead' ? event.incarnation : null));
      return [{ token: tokenOf(reads.token), of: endOf(reads.subject), candidates: new Set(answers) }];
    }),
  );
}

/** What waits for a process and can be but this. */
function fixedOf<T extends StageEvent['type']>({ pending }: Process, type: T) {
  return pending.flatMap(({ candidates: [event] }) =>
    event?.type === type ? [event as Extract<StageEvent, { type: T }>] : [],
  );
}

/** A life of A. */
export function autoscalerOf(process: Process) {
  const { value, context } = process.state as AutoscalerState;
  const { state, n, fence, offer } = viewOfUpstreamSide(context.down);
  return {
    state,
    n,
    offer: option(offer, offerOf),
    fence: fenceOf(fence),
    want: option(context.wants.get(UID), toldOf),
    minted: context.minted,
    pending: option(context.pending.get(UID), ({ replicas, generation }) => ({
      value: replicas,
      generation,
    })),
    heard: value === 'serving',
    dial: process.dials.map((dial) => dial.n),
    reads: readsOf(process),
    requests: bagOf(
      fixedOf(process, 'scaleRequested').map(({ replicas, generation }) => ({ value: replicas, generation })),
    ),
  };
}

/** A life of D. */
export function deploymentOf(process: Process) {
  const { context } = process.state as DeploymentState;
  const { state, fence, hello, seen } = viewOfDownstreamSide(context.up);
  const entry = context.entries.get(UID);
  if (entry === undefined) throw new Error(`${process.id} knows nothing of ${UID}`);
  const answers = fixedOf(process, 'replicasWritten');
  return {
    state,
    fence: fenceOf(fence),
    hello: option(hello, sessionOf),
    seen,
    queued: {
      scaled: context.queued.scaled.map(({ version }) => versionOf(version)),
      wants: context.queued.wants.map(toldOf),
    },
    object: option(entry.fact, objectOf),
    base: option(entry.base, baseOf),
    want: option(entry.want, wantOf),
    witnessed: entry.witnessed,
    confirmed: context.confirmed,
    field: fieldOf(entry.field),
    told: Number((process.seen[`deployments/${UID}`] as DeploymentFact).resourceVersion),
    switch: Number(context.switchVersion),
    flush: context.flush,
    said: Number(context.acknowledged),
    reads: readsOf(process),
    answers: bagOf(
      answers.map(({ after, refusal }) => ({ after: option(after, objectOf), refusal: refusal ?? '' })),
    ),
  };
}
