/**
 * What R may do for the sake of counts (protocol 8): direct and follow, *No dip*, unconfirmed wants, a want sent
 * in this D session, deletion and orphaning. Pure; R's stage calls {@link targets} for a Deployment whenever
 * something of it changed, keeps the returned {@link Hold}, and creates and ends no more than it allows.
 *
 * The caller's duties: call it only once the ReplicaSets are synced, and not at all while the switch says `stock`
 * (R then mints and ends nothing); call it once per Deployment, and for ReplicaSets without a Deployment with
 * `want: null`.
 */
import type { ReplicaSetFact } from '../../../spec/facts.ts';
import { compareWantVersions, type Want } from '../../../spec/vocabulary.ts';
import { follow } from './follow.ts';
import { managedOf, newestOf, obeysDirect } from './mode.ts';

/** What R knows of one Deployment. @public */
export interface DeploymentView {
  /** The highest want that R holds; null if it was never told one, or after `Gone`. */
  readonly want: Want | null;
  /** D has sent a want in the session that is open now. */
  readonly wantSentThisSession: boolean;
  /** The link to D is open. */
  readonly linkOpen: boolean;
  /** D said `Gone`, in whichever session: R follows what ReplicaSets are left. */
  readonly gone: boolean;
  /** The ReplicaSets that R observes: those with a deletionTimestamp too, and unmanaged ones, which it only looks at. */
  readonly replicaSets: readonly ReplicaSetFact[];
  /** Records that are not tombstoned, per ReplicaSet uid; also of ReplicaSets that have vanished. */
  readonly live: ReadonlyMap<string, number>;
  /** What the last call returned; {@link NO_HOLD} at first. */
  readonly hold: Hold;
}

/** R's memory between two calls (*No dip*, and what it obeyed last). Opaque, plain data. @public */
export interface Hold {
  /** R has acted under a direct want, and the ReplicaSets do not show it yet. */
  readonly held: boolean;
  /** What each ReplicaSet was last obeyed at, by uid; sorted. While the link is down R replaces up to it. */
  readonly obeyed: readonly (readonly [replicaSet: string, replicas: number])[];
}

/** What R may do to one ReplicaSet now. @public */
export interface Target {
  readonly replicaSet: string;
  /** What R obeys: the direct want, or the ReplicaSet's own `spec.replicas`; 0 if it is deleted. */
  readonly wanted: number;
  /** At most this many Pods may be created. */
  readonly mayCreate: number;
  /** At most this many live Pods may be ended. */
  readonly mayEnd: number;
  /** `unpublished`: the ReplicaSet is deleted; garbage collection ends the published ones. */
  readonly ends: 'any' | 'unpublished';
}

/**
 * The Hold of a Deployment for which R has not acted in this incarnation. It holds: an earlier R may have acted under a
 * direct want, and a fresh one that follows at once ends a burst that was not written back yet.
 * @public
 */
export const NO_HOLD: Hold = { held: true, obeyed: [] };
const HOLDS_NOT: Hold = { held: false, obeyed: [] };

interface Limits {
  /** Pods of the whole Deployment that may be created and ended; Infinity is no limit. */
  readonly create: number;
  readonly end: number;
}

/** What R may create and end, per ReplicaSet (sorted by uid), and what it has to remember. @public */
export function targets(
  view: DeploymentView,
  mutants?: ReadonlySet<string>,
): { readonly targets: readonly Target[]; readonly hold: Hold } {
  const alive = view.replicaSets.filter((each) => !each.deleting || mutants?.has('want-recreate-deleted'));
  const owned = alive.filter((each) => each.deployment !== null && !view.gone);
  const orphans = alive.filter((each) => each.deployment === null || view.gone);
  const deleted = deletedOf(view, alive).map((uid) => deletion(uid, view.live.get(uid) ?? 0));
  const isFrozen = mutants?.has('orphans-frozen') === true;
  const freely = isFrozen ? [] : follow(managedOf(orphans), view.live, { create: Infinity, end: Infinity });
  const { counted, hold } = countedTargets(view, owned, mutants);
  return {
    targets: [...deleted, ...freely, ...counted].sort((a, b) => (a.replicaSet < b.replicaSet ? -1 : 1)),
    hold: view.gone ? HOLDS_NOT : hold,
  };
}

/** For the sake of a count: those ReplicaSets for which D's word is needed. */
function countedTargets(
  view: DeploymentView,
  all: readonly ReplicaSetFact[],
  mutants?: ReadonlySet<string>,
): { readonly counted: readonly Target[]; readonly hold: Hold } {
  const owned = managedOf(all);
  const spoken = view.linkOpen && view.wantSentThisSession;
  if (!spoken && mutants?.has('want-unsent-follows'))
    return { counted: follow(owned, view.live, NO_LIMITS), hold: view.hold };
  if (view.want === null || !spoken) return { counted: frozen(view, all, mutants), hold: view.hold };
  const direct = obeysDirect(view.want, all, mutants);
  const isHeld = view.hold.held && !(mutants?.has('want-fresh-no-hold') && view.hold === NO_HOLD);
  const held = (direct || isHeld) && !mutants?.has('want-no-hold');
  const mayEnd = view.want.confirmed || mutants?.has('want-unconfirmed-ends');
  const end = mayEnd ? Infinity : 0;
  if (direct) {
    const counted = directTargets(view.want, owned, view.live, end);
    return { counted, hold: { held, obeyed: obeyedOf(counted) } };
  }
  const shown = isShown(view.want, owned);
  const still = held && !(shown && podsEqualSpecs(owned, view.live));
  const told = shown && (isTold(view.want, owned, mutants) || mutants?.has('want-old-set-obeyed') === true);
  const limits = still ? holdLimits(view.want, owned, view.live, told) : NO_LIMITS;
  const counted = follow(owned, view.live, { create: limits.create, end: Math.min(end, limits.end) });
  return { counted, hold: { held: still, obeyed: obeyedOf(counted) } };
}

const NO_LIMITS: Limits = { create: Infinity, end: Infinity };

/**
 * Without D's word in this session: nothing. With the link down, what fails is replaced, up to what was obeyed; not in
 * a ReplicaSet that a rollout has left since. Nothing is ended.
 */
function frozen(
  view: DeploymentView,
  all: readonly ReplicaSetFact[],
  mutants?: ReadonlySet<string>,
): readonly Target[] {
  const obeyed = new Map(view.hold.obeyed);
  const direct = view.want !== null && obeysDirect(view.want, all, mutants);
  return managedOf(all).map((each) => {
    const live = view.live.get(each.uid) ?? 0;
    const before = obeyed.get(each.uid) ?? live;
    const wanted = direct ? before : Math.min(before, each.replicas);
    const mayCreate = view.linkOpen ? 0 : Math.max(0, wanted - live);
    return { replicaSet: each.uid, wanted, mayCreate, mayEnd: 0, ends: 'any' };
  });
}

function directTargets(
  want: Want,
  owned: readonly ReplicaSetFact[],
  live: ReadonlyMap<string, number>,
  end: number,
): readonly Target[] {
  const newest = newestOf(owned)?.uid;
  return owned.map((each) => {
    const wanted = each.uid === newest ? want.value : 0;
    const has = live.get(each.uid) ?? 0;
    const mayEnd = Math.min(end, Math.max(0, has - wanted));
    return { replicaSet: each.uid, wanted, mayCreate: Math.max(0, wanted - has), mayEnd, ends: 'any' };
  });
}

/** The newest ReplicaSet shows the want's write: its copy of *written*, and desired-replicas or nothing at all. */
function isShown(want: Want, owned: readonly ReplicaSetFact[]): boolean {
  const newest = newestOf(owned);
  if (newest === undefined || newest.written === null) return false;
  // That of another Deployment came with a ReplicaSet that was adopted, or with a copy (†).
  if (newest.written.deployment !== newest.deployment) return false;
  const shows = compareWantVersions(newest.written.version, want.version) === 0;
  return shows && (newest.desired === want.value || (newest.replicas === 0 && want.value === 0));
}

/**
 * Every ReplicaSet that asks for Pods was told of the want: an older one may still ask for what was wanted before it (†). One that was made
 * by hand and then adopted bears no such number, and is told none until it is changed: it asks for what somebody wrote there (†).
 */
function isTold(want: Want, owned: readonly ReplicaSetFact[], mutants?: ReadonlySet<string>): boolean {
  const isUntold = ({ desired }: ReplicaSetFact) =>
    desired === null && mutants?.has('want-untold-set-awaited') !== true;
  return owned.every((each) => each.replicas === 0 || each.desired === want.value || isUntold(each));
}

function podsEqualSpecs(owned: readonly ReplicaSetFact[], live: ReadonlyMap<string, number>): boolean {
  return owned.every((each) => (live.get(each.uid) ?? 0) === each.replicas);
}

/** *No dip*: end only while there are more than wanted; until every ReplicaSet was told, create only while there are fewer. */
function holdLimits(
  want: Want,
  owned: readonly ReplicaSetFact[],
  live: ReadonlyMap<string, number>,
  told: boolean,
): Limits {
  const total = owned.reduce((sum, each) => sum + (live.get(each.uid) ?? 0), 0);
  return {
    create: told ? Infinity : Math.max(0, want.value - total),
    end: Math.max(0, total - want.value),
  };
}

function obeyedOf(counted: readonly Target[]): Hold['obeyed'] {
  return counted
    .map((each) => [each.replicaSet, each.wanted] as const)
    .sort((a, b) => (a[0] < b[0] ? -1 : 1));
}

/** ReplicaSets with a deletionTimestamp, and those that have gone but still have Pods. */
function deletedOf(view: DeploymentView, alive: readonly ReplicaSetFact[]): readonly string[] {
  const existing = new Set(alive.map((each) => each.uid));
  const deleting = view.replicaSets.map((each) => each.uid).filter((uid) => !existing.has(uid));
  const vanished = [...view.live].filter(([uid, pods]) => pods > 0 && !existing.has(uid)).map(([uid]) => uid);
  return [...new Set([...deleting, ...vanished])];
}

function deletion(replicaSet: string, live: number): Target {
  return { replicaSet, wanted: 0, mayCreate: 0, mayEnd: live, ends: 'unpublished' };
}
