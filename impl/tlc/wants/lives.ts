/** Lives of A and D as `WantEnds.tla` writes them. */
import type { AutoscalerState } from '../../../machines/autoscaler/index.ts';
import type { DeploymentState } from '../../../machines/deployment/index.ts';
import { viewOfDownstreamSide, viewOfUpstreamSide } from '../../../machines/ownership/link/index.ts';
import type { Lists } from '../../../machines/ownership/lists.ts';
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

/** Lists, as they are of the one Deployment. */
const listsOf = ({ listed, asked, vanished, doubted, anew, alone, awaited }: Lists) => ({
  listed,
  asked,
  vanished: vanished.has(UID),
  doubted,
  anew,
  alone: alone.has(UID),
  awaited: awaited.has(UID),
});

/** What lists show, and that they are complete. */
function listingOf(process: Process) {
  const ends = fixedOf(process, 'synced');
  if (ends.some(({ what }) => what !== 'deployments'))
    throw new Error(`${process.id} lists more than Deployments`);
  return bagOf([
    ...fixedOf(process, 'deploymentObserved').map(({ deployment }) => ({
      kind: 'shown',
      object: [objectOf(deployment)],
    })),
    ...ends.map(({ token }) => ({ kind: token === undefined ? 'anew' : 'answered', object: [] })),
  ]);
}

/** The version that the watch has told of. */
const toldVersion = ({ seen }: Process) =>
  Number((seen[`deployments/${UID}`] as DeploymentFact | undefined)?.resourceVersion ?? 0);

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
    gone: context.gone.has(UID),
    leaving: context.leaving.has(UID),
    parting: context.parting.has(UID),
    seen: context.seen.has(UID),
    suspected: context.suspects.has(UID),
    lists: listsOf(context.lists),
    told: toldVersion(process),
    listing: listingOf(process),
  };
}

/** Of what D knows nothing of. */
const NO_FIELD = { state: 'shown', used: 0, failures: 0 };

/** A life of D. */
export function deploymentOf(process: Process) {
  const { context } = process.state as DeploymentState;
  const { state, fence, hello, seen } = viewOfDownstreamSide(context.up);
  const entry = context.entries.get(UID);
  const answers = fixedOf(process, 'replicasWritten');
  return {
    state,
    fence: fenceOf(fence),
    hello: option(hello, sessionOf),
    seen,
    queued: {
      scaled: context.queued.scaled.map(({ version }) => versionOf(version)),
      wants: context.queued.wants.map(toldOf),
      gone: context.queued.goneAcknowledged.length,
    },
    object: option(entry?.fact, objectOf),
    base: option(entry?.base, baseOf),
    want: option(entry?.want, wantOf),
    witnessed: entry?.witnessed ?? false,
    confirmed: context.confirmed,
    field: entry === undefined ? NO_FIELD : fieldOf(entry.field),
    told: toldVersion(process),
    switch: Number(context.switchVersion),
    flush: context.flush,
    said: Number(context.acknowledged),
    set: context.owned.has(UID),
    left: entry?.sent === 'gone',
    gone: context.gone.has(UID),
    goneAsked: context.goneAsked.has(UID),
    suspected: context.suspects.has(UID),
    judged: context.judged.has(UID),
    lists: listsOf(context.lists.get('deployments') as Lists),
    listing: listingOf(process),
    reads: readsOf(process),
    answers: bagOf(
      answers.map(({ after, refusal }) => ({ after: option(after, objectOf), refusal: refusal ?? '' })),
    ),
  };
}
