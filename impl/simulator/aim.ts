/**
 * Where the fuzzer looks for each mutant: what the seeds are about, or why no world of the simulator can show it. What is not named is looked for
 * in seeds as they are drawn.
 */
import type { Envelope } from './draw.ts';

/** What the seeds are about. */
export interface Aim extends Pick<Envelope, 'theme' | 'close'> {
  /** Why no world can show it: then none is run. */
  readonly unseen?: string;
}

const OWNER: Aim = { theme: 'owner' };
const WANTS: Aim = { theme: 'wants' };
const WANTS_CLOSE: Aim = { theme: 'wants', close: true };
const LABELS: Aim = { theme: 'labels' };
const ROOM: Aim = { theme: 'room' };
const LEADERS: Aim = { theme: 'leaders' };
const NODES: Aim = { theme: 'nodes' };
const TAIL: Aim = { theme: 'tail' };

/** By mutant. */
export const AIMS: Readonly<Record<string, Aim>> = {
  'old-session-messages': LEADERS,
  'hello-before-barrier': LEADERS,
  'offer-unverified': LEADERS,
  'offer-of-another-node': NODES,
  'older-node-believed': NODES,
  'old-nodes-heeded': NODES,
  'listed-node-believed': NODES,
  'fence-not-persisted': LEADERS,
  'no-minimum': LEADERS,
  'minimum-of-nobody': { unseen: 'a Lease is never deleted in these worlds (a policy denies it)' },
  'termination-not-journalled': TAIL,
  'intent-not-journalled': TAIL,
  'adoption-not-journalled': OWNER,
  'another-node-ignored': NODES,
  'shown-node-forgotten': NODES,
  'newer-agent-unheeded': {
    unseen: 'a machine has one agent at a time, and so a Node has no newer one than the one that runs',
  },
  'lost-journal-trusted': NODES,
  'changed-before-adopted': OWNER,
  'late-create-left': TAIL,
  'old-list-heeded': TAIL,
  'late-reply-heeded': TAIL,
  'start-in-flight-ignored': TAIL,
  'unknown-containers-left': TAIL,
  'confirm-without-read': TAIL,
  'grace-zero': TAIL,
  'no-room-check': ROOM,
  'old-mark-drains': LEADERS,
  'drain-keeps-session': LEADERS,
  'acknowledge-early': OWNER,
  'old-sets-heeded': OWNER,
  'acknowledge-unrecovered': OWNER,
  'tombstone-held-at-release': { theme: 'owner', close: true },
  'gone-let-go': OWNER,
  'refused-kept': OWNER,
  'publish-before-running': TAIL,
  'external-by-value': WANTS,
  'copied-annotation-believed': WANTS_CLOSE,
  'template-edit-external': WANTS_CLOSE,
  'own-write-by-reply': WANTS_CLOSE,
  'base-by-memory': WANTS_CLOSE,
  'external-owner-ignored': WANTS_CLOSE,
  'lost-reply-forgotten': WANTS,
  'want-equal-unsent': WANTS_CLOSE,
  'want-from-below-ignored': WANTS_CLOSE,
  'request-overtakes': WANTS,
  'want-told-unwritten': WANTS_CLOSE,
  'want-never-unconfirmed': WANTS_CLOSE,
  'want-unconfirmed-ends': WANTS_CLOSE,
  'want-no-hold': WANTS_CLOSE,
  'want-fresh-no-hold': WANTS_CLOSE,
  'want-left-behind': LABELS,
  'want-parting-unheard': LABELS,
  'want-unmanaged-unseen': LABELS,
  'want-recreate-deleted': WANTS_CLOSE,
  'strangers-unconfirmed': LEADERS,
  'cancel-unconfirmed': LEADERS,
  'mark-over-higher': LEADERS,
  'adopt-undrained': LEADERS,
  'old-mark-opens-barrier': LEADERS,
  'preemptor-early': ROOM,
  'no-reservation': ROOM,
  'tombstones-free': ROOM,
  'strangers-take-no-room': ROOM,
  'stock-binds': OWNER,
  'stock-keeps-unbound': OWNER,
  'take-back-uncompared': OWNER,
  'adopted-by-first-uid': OWNER,
  'strays-block': OWNER,
  'flush-unawaited': OWNER,
  'stock-cancels': OWNER,
  'eviction-unversioned': ROOM,
  'number-by-counter': NODES,
  'number-by-clock': {
    unseen:
      'the counter of a Lease is never above the clock in a world whose clock goes on: only a clock that stood or went back shows it',
  },
  'older-agent-stands': {
    unseen:
      "a simulated machine ends its older agent before the next one begins (the journal's lock): two never register themselves on one Node at once",
  },
  'environment/readiness-untold': TAIL,
  'environment/no-fence': OWNER,
};

/** Of a mutant. */
export const aimOf = (mutant: string): Aim => AIMS[mutant] ?? {};
