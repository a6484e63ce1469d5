/** A step of A or D as one Deployment sees it, in the words of `TraceWants.tla`. */
import type { AutoscalerState } from '../../machines/autoscaler/index.ts';
import type { DeploymentState } from '../../machines/deployment/index.ts';
import {
  downstreamSession,
  isDownstreamOpen,
  isUpstreamOpen,
  upstreamSession,
} from '../../machines/ownership/link/index.ts';
import { OWN_MANAGER } from '../../machines/ownership/wants/base.ts';
import { newestOf } from '../../machines/ownership/wants/mode.ts';
import type { Effect } from '../../spec/effects.ts';
import type { StageEvent } from '../../spec/events.ts';
import type { DeploymentFact, Written } from '../../spec/facts.ts';
import type { Message } from '../../spec/messages.ts';
import type { StepRecord } from '../../spec/trace.ts';
import { type LinkName, type SessionId, sameSession, type Want } from '../../spec/vocabulary.ts';
import type { Words } from './encode.ts';

type D = DeploymentState['context'];
type A = AutoscalerState['context'];

/** What is told of a Deployment. */
export interface WantEvent {
  readonly kind: string;
  readonly [field: string]: unknown;
}
const OTHER: WantEvent = { kind: 'other' };
/** Above every generation. */
export const UNKNOWN = 1_000_000_000;

const ownerOf = (owner: string) => (owner.startsWith(`${OWN_MANAGER}/`) ? 'd' : owner);

const writtenOf = (
  words: Words,
  { deployment, value, version, generation, owner, rest }: Written,
): object => ({
  of: deployment,
  value,
  version: words.wantVersion(version),
  generation,
  owner: owner === null ? [] : [ownerOf(owner)],
  rest,
});

const objectOf = (words: Words, fact: DeploymentFact): object => ({
  uid: fact.uid,
  rv: words.resourceVersion(fact.resourceVersion),
  generation: fact.generation,
  replicas: fact.replicas,
  owner: ownerOf(fact.replicasOwner),
  rest: fact.rest,
  written: fact.written === null ? [] : [writtenOf(words, fact.written)],
});

/** Wants of the Deployment in a message. */
function wantsOf(message: Message, uid: string): readonly Want[] {
  const tells = message.kind === 'Scale' || message.kind === 'Invalidate' || message.kind === 'State';
  return tells ? message.wants.filter(({ deployment }) => deployment === uid) : [];
}

const wantsIn = (words: Words, message: Message, uid: string) =>
  wantsOf(message, uid).map(({ version, value }) => ({ version: words.wantVersion(version), value }));

const isOf = ({ session }: Message, current: SessionId | null) =>
  current !== null && sameSession(session, current);

/** Whether D heeds a message of the session that is open. */
function isHeededByD(before: D, after: D, { link, message }: Extract<StageEvent, { type: 'received' }>) {
  if (link === 'upstream') return isDownstreamOpen(before.up) && isOf(message, downstreamSession(before.up));
  return isUpstreamOpen(after.down) && isOf(message, upstreamSession(after.down));
}

function ofFieldTimer(timer: string, uid: string): WantEvent {
  const [kind, of] = timer.split('/');
  return of === uid ? { kind: 'fired', timer: kind } : OTHER;
}

/** What an event tells D of the Deployment. */
export function toldTo(
  words: Words,
  before: D,
  after: D,
  event: StepRecord['event'],
  uid: string,
): WantEvent {
  switch (event.type) {
    case 'deploymentObserved':
      if (event.deployment.uid !== uid) return OTHER;
      return { kind: 'saw', object: objectOf(words, event.deployment) };
    case 'replicasWritten': {
      if (event.deployment !== uid) return OTHER;
      const { after: object, refusal } = event;
      const why = object === null ? (refusal ?? 'ambiguous') : '';
      return {
        kind: 'answered',
        after: object === null ? [] : [objectOf(words, object)],
        refusal: why === 'notFound' ? 'conflict' : why,
      };
    }
    case 'timerFired':
      return ofFieldTimer(event.timer, uid);
    case 'received': {
      const wants = wantsIn(words, event.message, uid);
      if (wants.length === 0 || !isHeededByD(before, after, event)) return OTHER;
      return { kind: 'told', from: event.link === 'upstream' ? 'autoscaler' : 'replicaset', wants };
    }
    default:
      return OTHER;
  }
}

/** What an event tells A of the Deployment. */
export function askedBy(
  words: Words,
  before: A,
  after: A,
  event: StepRecord['event'],
  uid: string,
): WantEvent {
  const isGone = after.gone.has(uid) && !before.gone.has(uid);
  switch (event.type) {
    case 'scaleRequested':
      if (event.deployment !== uid || event.replicas < 0 || before.leaving.has(uid)) return OTHER;
      return { kind: 'asked', value: event.replicas, generation: event.generation ?? UNKNOWN };
    case 'deploymentObserved':
    case 'deploymentVanished':
    case 'synced':
      return isGone ? { kind: 'gone' } : OTHER;
    case 'received': {
      const wants = wantsIn(words, event.message, uid);
      const isHeeded = isUpstreamOpen(after.down) && isOf(event.message, upstreamSession(after.down));
      return wants.length === 0 || !isHeeded || before.gone.has(uid) ? OTHER : { kind: 'told', wants };
    }
    default:
      return OTHER;
  }
}

/** Its ReplicaSets, newest first, then those that are being deleted. */
export function setsOf(context: D, uid: string): readonly object[] {
  const template = context.entries.get(uid)?.fact?.template;
  const owned = [...(context.owned.get(uid) ?? [])].flatMap((each) => context.replicaSets.get(each) ?? []);
  const ordered: typeof owned = [];
  for (let rest = owned; rest.length > 0; ) {
    const next = newestOf(rest) ?? (rest[0] as (typeof owned)[number]);
    ordered.push(next);
    rest = rest.filter((each) => each !== next);
  }
  return ordered.map(({ uid: set, unmanaged, template: made, replicas, desired, deleting }) => ({
    uid: set,
    managed: unmanaged !== true,
    matches: made === template,
    replicas,
    desired: desired === null ? [] : [desired],
    deleting,
  }));
}

/** Its field, and what was said of its inputs last. */
export function fieldOf(words: Words, entry: ReturnType<D['entries']['get']>): object {
  if (entry === undefined)
    return { field: { state: 'shown', used: 0, failures: 0 }, hurry: false, marked: false, last: false };
  const { value, context } = entry.field;
  const { inputs, used, failures } = context;
  return {
    field: { state: value, used: words.resourceVersion(used), failures },
    hurry: inputs?.hurry ?? false,
    marked: inputs?.marked ?? false,
    last: inputs?.last === true,
  };
}

/** Writes of the Deployment that a step asks for. */
export function writesOf(words: Words, effects: readonly Effect[], uid: string): readonly object[] {
  return effects.flatMap((effect) => {
    if (effect.type !== 'writeReplicas' || effect.deployment !== uid) return [];
    const { value, written, resourceVersion, last } = effect;
    return [
      {
        value: value === null ? [] : [value],
        written: writtenOf(words, written),
        last: last === true,
        rv: words.resourceVersion(resourceVersion),
      },
    ];
  });
}

/** Wants of the Deployment that a step sends over a link. */
export function wantsSent(words: Words, effects: readonly Effect[], link: LinkName, uid: string) {
  const sent = effects.flatMap((effect) =>
    effect.type === 'send' && effect.link === link ? wantsOf(effect.message, uid) : [],
  );
  return sent.map(({ version, value, replicaSet, mode, confirmed }) => ({
    version: words.wantVersion(version),
    value,
    set: replicaSet ?? '',
    mode,
    confirmed,
  }));
}
