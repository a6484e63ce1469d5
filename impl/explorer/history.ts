/** Ghosts: what the explorer remembers of a run, so that a property can speak of the past. */
import { adoptedObject } from '../../machines/ownership/adoption.ts';
import type { Effect } from '../../spec/effects.ts';
import type { PodFact, ReplicaSetFact } from '../../spec/facts.ts';
import { type History, isReached } from '../../spec/properties/index.ts';
import { compareWantVersions, type Incarnation, type Owner, type Want } from '../../spec/vocabulary.ts';
import { isTail, nodeOf, type Observation, type Process, type World } from './world.ts';

const include = <T>(list: readonly T[] | undefined, item: T): readonly T[] =>
  list === undefined ? [item] : list.includes(item) ? list : [...list, item].sort();

function add<T>(
  record: Readonly<Record<string, readonly T[]>>,
  key: string,
  item: T,
): Readonly<Record<string, readonly T[]>> {
  const next = include(record[key], item);
  return next === record[key] ? record : { ...record, [key]: next };
}

/** A uid was shown ending by the API Server, or confirmed by K. */
export function markEnded(history: History, uid: string, how: 'confirmed' | 'shown'): History {
  const ended = add(history.ended, uid, how);
  return ended === history.ended ? history : { ...history, ended };
}

/** Containers of a uid came to run. */
export function markRunning(history: History, uid: string, hows: readonly string[]): History {
  const ended = history.ended[uid] ?? [];
  const again = ended.some((how) => hows.includes(how));
  return {
    ...history,
    ran: include(history.ran, uid),
    revived: again ? include(history.revived, uid) : history.revived,
  };
}

/** A start was asked for: neither after the end was shown, nor while a victim runs. */
function markStart(world: World, node: string, uid: string): History {
  let history = world.history;
  if (history.ended[uid]?.includes('shown')) history = { ...history, revived: include(history.revived, uid) };
  const victims = history.victims[uid] ?? [];
  const running = world.containers[node] ?? {};
  if (victims.some((victim) => running[victim] !== undefined))
    history = { ...history, overtook: include(history.overtook, uid) };
  return history;
}

/** History after an effect. */
export function recordEffect(world: World, process: Process, effect: Effect): History {
  let history = world.history;
  if (!isTail(process.peer)) return history;
  const node = nodeOf(process.peer);
  switch (effect.type) {
    case 'journal':
      for (const entry of effect.entries)
        if (entry.kind === 'accepted')
          history = { ...history, accepted: add(history.accepted, entry.record.uid, node) };
      return history;
    case 'send':
      if (effect.message.kind === 'Terminated')
        for (const uid of effect.message.uids) history = markEnded(history, uid, 'confirmed');
      return history;
    case 'startPod':
      return markStart(world, node, effect.record.uid);
    case 'publish':
      return world.containers[node]?.[effect.record.uid] === undefined
        ? markStart(world, node, effect.record.uid)
        : history;
    default:
      return history;
  }
}

/** History after a step of R: what it has brought each Deployment to under a direct want. */
export function recordReached(
  history: History,
  wants: readonly Want[],
  replicaSets: readonly ReplicaSetFact[],
  live: ReadonlyMap<string, number>,
): History {
  let next = history;
  for (const { deployment, mode, ...want } of wants) {
    const mine = replicaSets.filter((one) => one.deployment === deployment);
    if (mode !== 'direct' || !isReached({ deployment, mode, ...want }, mine)) continue;
    const many = mine.reduce((sum, { uid }) => sum + (live.get(uid) ?? 0), 0);
    if (many === want.value && next.reached[deployment] !== many)
      next = { ...next, reached: { ...next.reached, [deployment]: many } };
  }
  return next;
}

const NONE: readonly Want[] = [];
type Minting = Pick<Observation, 'minted' | 'waiting'>;

/** A request that waited was made before the last external write. */
const isOvertaken = ({ waiting }: Minting, deployment: string, generation: number) =>
  (waiting?.get(deployment) ?? Infinity) < generation;

/** Wants that a step minted: due, unless their base, or the request that waited for it, is from before the last external write. */
export function recordMinted(history: History, was: Minting = {}, is: Minting = {}): History {
  let next = history;
  const { minted: before = NONE } = was;
  for (const { deployment, version, value } of is.minted ?? NONE) {
    if (
      before.some((one) => one.deployment === deployment && compareWantVersions(one.version, version) === 0)
    )
      continue;
    const due = next.due[deployment];
    if (due === undefined || version.generation < due.generation) continue;
    if (isOvertaken(was, deployment, due.generation)) continue;
    const values = [...due.values, value];
    next = { ...next, due: { ...next.due, [deployment]: { ...due, values } } };
  }
  return next;
}

/**
 * What S alone answered for and stock has now: its tombstone is let go, not confirmed, as K's are (protocol 9), which then have another uid.
 */
export function isLeftToStock({ owner, isAccepted, objectOf }: Standing, uid: string): boolean {
  const metadataUid = adoptedObject(uid);
  if (metadataUid === null || owner !== 'stock' || isAccepted(uid)) return false;
  const object = objectOf(metadataUid);
  return object !== undefined && !object.deleting && object.phase !== 'Failed';
}

/** What {@link isLeftToStock} looks at. */
export interface Standing {
  readonly owner: Owner;
  isAccepted(uid: string): boolean;
  objectOf(metadataUid: string): PodFact | undefined;
}

const standingIn = ({ history, api }: Pick<World, 'history' | 'api'>): Standing => ({
  owner: api.switch.owner,
  isAccepted: (uid) => history.accepted[uid] !== undefined,
  objectOf: (object) => Object.values(api.pods).find(({ metadataUid }) => metadataUid === object),
});

/** History after a step: tombstones that this stage held and holds no more; victims that it chose. */
export function recordStep(
  { history, api }: Pick<World, 'history' | 'api'>,
  peer: string,
  before: ReadonlyMap<string, { readonly phase: string }>,
  after: ReadonlyMap<string, unknown>,
  preemptions: ReadonlyMap<string, readonly string[]>,
): History {
  const standing = standingIn({ history, api });
  let next = history;
  if (peer === 'replicaset' || peer === 'scheduler')
    for (const [uid, record] of before)
      if (record.phase === 'terminating' && !after.has(uid) && !isLeftToStock(standing, uid))
        next = { ...next, collected: add(next.collected, uid, peer) };
  for (const [uid, victims] of preemptions)
    for (const victim of victims)
      if (next.victims[uid]?.includes(victim) !== true)
        next = { ...next, victims: add(next.victims, uid, victim) };
  return next;
}

const peerOf = (id: string) => id.slice(0, id.indexOf('~'));

/** A life bears a number: it must be above those of all other lives of its stage. */
export function recordNumber(history: History, id: string, incarnation: Incarnation): History {
  const others = Object.entries(history.numbered).filter(
    ([other]) => other !== id && peerOf(other) === peerOf(id),
  );
  const isNew = others.every(([, number]) => number < incarnation);
  return {
    ...history,
    numbered: { ...history.numbered, [id]: incarnation },
    misnumbered: isNew ? history.misnumbered : include(history.misnumbered, id),
  };
}

/** A K stands on its Node: whoever of the stage above had been superseded by then must not be served by it. */
export function recordRegistered(history: History, id: string, above: string): History {
  const numbers = Object.entries(history.numbered).filter(([other]) => peerOf(other) === above);
  const least = Math.max(0, ...numbers.map(([, number]) => number));
  return { ...history, superseded: { ...history.superseded, [id]: least } };
}
