/**
 * Where the fuzzer looks for each mutant: what the seeds are about, near which kept plan they are, or why no world of the simulator can show it.
 * What is not named is looked for in seeds as they are drawn.
 */
import type { Envelope } from './draw.ts';
import type { Plan } from './plan.ts';
import type { Pattern } from './points.ts';

/** What the seeds are about. */
export interface Aim extends Pick<Envelope, 'theme' | 'close'> {
  /** Plans near this one, of `test/simulator/found/`. */
  readonly near?: string;
  /** Not seeds: every point of this pattern (`fuzz --points`). */
  readonly points?: { readonly pattern: Pattern; readonly runtime: Plan['runtime'] };
  /** Rules that stand behind it: switched off with it. */
  readonly alsoOff?: readonly string[];
  /** Why no run is wrong for want of it: what it saves, or what stands in its place. Then it is counted how many runs went otherwise. */
  readonly why?: string;
  /** Why no world can show it: then none is run. */
  readonly unseen?: string;
}

const OWNER: Aim = { theme: 'owner' };
const WANTS: Aim = { theme: 'wants' };
const WANTS_CLOSE: Aim = { theme: 'wants', close: true };
const LABELS: Aim = { theme: 'labels' };
const UNLABELLED: Aim = { theme: 'unlabelled' };
const DELETIONS: Aim = { theme: 'deletions' };
const DELETIONS_CLOSE: Aim = { theme: 'deletions', close: true };
const NO_ROOM: Aim = { theme: 'noRoom' };
const ROOM: Aim = { theme: 'room' };
const LEADERS: Aim = { theme: 'leaders' };
const NODES: Aim = { theme: 'nodes' };
const TAIL: Aim = { theme: 'tail' };

/** By mutant. */
export const AIMS: Readonly<Record<string, Aim>> = {
  'shown-alone-kept': { near: 'shown-alone-kept', alsoOff: ['adopter-unjudged'] },
  'gone-unseen-forgotten': { near: 'gone-unseen-forgotten' },
  'strangers-asked-again': { near: 'strangers-asked-again' },
  'old-session-messages': { near: 'old-session-messages' },
  'hello-before-barrier': LEADERS,
  'offer-unverified': { near: 'offer-unverified' },
  'offer-of-another-node': NODES,
  'older-node-believed': { near: 'older-node-believed' },
  'old-nodes-heeded': { near: 'old-nodes-heeded' },
  'listed-node-believed': { near: 'listed-node-believed' },
  'fence-not-persisted': { near: 'fence-not-persisted', alsoOff: ['no-minimum'] },
  'no-minimum': { near: 'no-minimum' },
  'minimum-of-nobody': { unseen: 'a Lease is never deleted in these worlds (a policy denies it)' },
  'termination-not-journalled': {
    ...TAIL,
    why: 'what a K forgets is ordered again by S, or shown by the object, or read off the mark: the rule stands behind those',
  },
  'intent-not-journalled': TAIL,
  'adoption-not-journalled': OWNER,
  'another-node-ignored': { near: 'another-node-ignored' },
  'shown-node-forgotten': { near: 'shown-node-forgotten' },
  'newer-agent-unheeded': {
    unseen: 'a machine has one agent at a time, and so a Node has no newer one than the one that runs',
  },
  'lost-journal-trusted': { near: 'lost-journal-trusted' },
  'changed-before-adopted': OWNER,
  'late-create-left': { near: 'lost-journal-trusted' },
  'containers-by-last-uid': { near: 'let-go-twice-confirmed' },
  'several-lists-trusted': { near: 'several-lists-publish' },
  'old-list-heeded': TAIL,
  'late-reply-heeded': { ...TAIL, why: 'it saves a delete of an object that is gone' },
  'start-in-flight-ignored': { near: 'start-in-flight-ignored' },
  'unknown-containers-left': TAIL,
  'confirm-without-read': {
    ...TAIL,
    why: "the rule stands behind the watch: it saves a Pod only if that goes back, and a host's does not",
  },
  'grace-zero': TAIL,
  'no-room-check': ROOM,
  'old-mark-drains': { near: 'old-mark-drains' },
  'drain-keeps-session': {
    ...LEADERS,
    why: 'the older leader finds out by its Lease before it can use what it kept; caught over K alone by `test/machines/kubeletMutants.test.ts`',
  },
  'acknowledge-early': OWNER,
  'old-sets-heeded': {
    ...OWNER,
    why: 'takes a list and a change of the two ReplicaSets of a rollout within one request of a take back; caught by the explorer and TLC (`switch-then-scaled`)',
  },
  'acknowledge-unrecovered': { near: 'acknowledge-unrecovered' },
  'tombstone-held-at-release': { theme: 'owner', close: true },
  'gone-let-go': OWNER,
  'refused-kept': { near: 'refused-kept' },
  'publish-before-running': { near: 'publish-before-running' },
  'external-by-value': WANTS,
  'copied-annotation-believed': DELETIONS,
  'template-edit-external': { near: 'template-edit-external' },
  'own-write-by-reply': { near: 'own-write-by-reply' },
  'base-by-memory': { near: 'base-by-memory' },
  'external-owner-ignored': WANTS_CLOSE,
  'lost-reply-forgotten': WANTS,
  'want-equal-unsent': { near: 'want-equal-unsent' },
  'want-from-below-ignored': { near: 'want-from-below-ignored' },
  'request-overtakes': WANTS,
  'want-told-unwritten': { near: 'want-told-unwritten' },
  'want-never-unconfirmed': { near: 'want-never-unconfirmed' },
  'want-unconfirmed-ends': { near: 'want-unconfirmed-ends' },
  'want-no-hold': { near: 'want-no-hold' },
  'want-fresh-no-hold': { near: 'want-fresh-no-hold' },
  'want-old-set-obeyed': { points: { pattern: 'rolledBack', runtime: 'publish' } },
  'want-left-behind': LABELS,
  'want-parting-unheard': LABELS,
  'want-unmanaged-unseen': LABELS,
  'any-list-taken': { near: 'any-list-taken', alsoOff: ['gone-for-good'] },
  'gone-for-good': { near: 'any-list-taken', alsoOff: ['any-list-taken'] },
  'old-list-revives': {
    ...DELETIONS_CLOSE,
    why: 'A keeps what a list alone has shown in any case (3); caught over A, D and R alone by `test/machines`',
  },
  'gone-untold': DELETIONS,
  'strangers-believed': DELETIONS_CLOSE,
  'orphans-frozen': DELETIONS,
  'want-recreate-deleted': DELETIONS,
  'strangers-unconfirmed': {
    ...LEADERS,
    why: 'what S does not hold any more R hears of anyway (`Terminated`, `Refused`, `lost`, or its absence in the handshake): the rule stands behind those',
  },
  'cancel-unconfirmed': { near: 'cancel-unconfirmed' },
  'mark-over-higher': { near: 'mark-over-higher' },
  'adopt-undrained': { near: 'adopt-undrained' },
  'old-mark-opens-barrier': { near: 'old-mark-opens-barrier' },
  'preemptor-early': { near: 'preemptor-early', alsoOff: ['no-room-check'] },
  'no-reservation': { near: 'no-reservation' },
  'tombstones-free': ROOM,
  'strangers-take-no-room': ROOM,
  'stock-binds': OWNER,
  'stock-keeps-unbound': OWNER,
  'take-back-uncompared': OWNER,
  'unknown-set-kept': { near: 'unknown-set-waits' },
  'listed-end-ignored': { near: 'listed-end-unheard' },
  'adopted-by-first-uid': { near: 'let-go-twice-restarted' },
  'strays-block': OWNER,
  'flush-unawaited': OWNER,
  'stock-cancels': OWNER,
  'gone-node-kept': { near: 'gone-node-kept' },
  'taken-name-unread': {
    unseen:
      'K never publishes again, and nobody else makes an object of that name in these worlds; caught by the explorer and TLC (`exact-up-refused`)',
  },
  'lost-delete-unasked': TAIL,
  'object-not-awaited': { theme: 'objectFirst' },
  'let-go-killed': UNLABELLED,
  'orphan-end-untold': UNLABELLED,
  'lost-adopted-ended': {
    unseen:
      'R makes another in the place of the one that is ended, and the judge of these worlds looks when all is at rest; caught by the explorer (`owner-adopted-lost`)',
  },
  'lost-let-go-killed': UNLABELLED,
  'left-while-down-unasked': UNLABELLED,
  'orphan-end-unfinished': UNLABELLED,
  'failed-orphan-runs': UNLABELLED,
  'failing-orphan-adopted': { ...UNLABELLED, why: 'caught by the explorer (`owner-unlabelled-back`)' },
  'orphan-unsaid': { ...UNLABELLED, why: 'caught by the explorer (`owner-unlabelled-starting`)' },
  'copies-first': {
    unseen: 'nobody copies a Pod in these worlds; caught by the explorer (`owner-copied-lost`)',
  },
  'adopter-unjudged': {
    unseen:
      'no Deployment adopts the ReplicaSet of another in these worlds; caught by the explorer (`wants-adopted`)',
  },
  'list-anew-unheard': { near: 'list-anew-unheard' },
  'want-untold-set-awaited': {
    unseen:
      'nobody makes a ReplicaSet by hand in these worlds; caught by the explorer (`rollout-waits-adopted`)',
  },
  'unlabelled-held': { ...UNLABELLED, why: 'caught by the explorer (`owner-unlabelled`)' },
  'eviction-unversioned': { near: 'eviction-unversioned' },
  'hand-over-renewed': {
    unseen:
      'what somebody asks for ends before the world is judged, so no stream of Pods is steady enough; caught over S alone by `test/machines`',
  },
  'hand-over-unseen': {
    unseen:
      'no judge of these worlds looks at what S and stock have bound together; caught by the explorer (`no-room-unseen`)',
  },
  'hand-over-unmatched': NO_ROOM,
  'unplaced-confirmed-early': NO_ROOM,
  'bare-unanswered': NO_ROOM,
  'unplaced-tombstone-left': {
    ...NO_ROOM,
    why: 'the delete lands before the Pods can be taken back; caught by the explorer (`no-room-ended`)',
  },
  'unplaced-grace-zero': NO_ROOM,
  'bare-by-name': {
    ...NO_ROOM,
    why: 'an agent of these worlds comes back, and answers for what stands; caught by the explorer (`no-room-anew`)',
  },
  'standing-unawaited': {
    ...NO_ROOM,
    why: 'it saves a Pod: R makes another one, hears of what stands, and ends one',
  },
  'unplaced-unready': NO_ROOM,
  'clock-before-template': { near: 'clock-before-template' },
  'number-by-counter': NODES,
  'number-by-clock': NODES,
  'older-agent-stands': {
    unseen:
      "a simulated machine ends its older agent before the next one begins (the journal's lock): two never register themselves on one Node at once",
  },
  'environment/readiness-untold': { near: 'readiness-untold' },
  'environment/no-fence': OWNER,
};

/** Of a mutant. */
export const aimOf = (mutant: string): Aim => AIMS[mutant] ?? {};
