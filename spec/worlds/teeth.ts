/** For each mutant of a TLA+ module: a small world in which it is caught. By both engines, naming the same property. */

/** A mutant and where it is caught. @public */
export interface Tooth {
  readonly mutant: string;
  readonly world: string;
  /** Another rule that stands behind it: caught only if that is switched off too. */
  readonly behind?: string;
}

/** All that are caught by TLC and the explorer alike. @public */
export const TEETH: readonly Tooth[] = [
  { mutant: 'old-session-messages', world: 'ends-break' },
  { mutant: 'no-fence', world: 'ends-duplicate' },
  { mutant: 'offer-unverified', world: 'ends-leaders-below-break' },
  { mutant: 'unmark-tombstone', world: 'ends-break' },
  { mutant: 'no-terminate-on-opening', world: 'ends-break' },
  { mutant: 'collect-tombstone-early', world: 'ends-break' },
  { mutant: 'write-back-unconditional', world: 'field-external' },
  { mutant: 'external-by-value', world: 'field-back' },
  { mutant: 'external-owner-ignored', world: 'field-back' },
  { mutant: 'copied-annotation-believed', world: 'field-copied' },
  { mutant: 'copied-annotation-shows', world: 'field-copied' },
  { mutant: 'template-edit-external', world: 'field-back' },
  { mutant: 'base-by-memory', world: 'field-back' },
  { mutant: 'own-write-by-reply', world: 'field' },
  { mutant: 'want-autoscaler-untold', world: 'versions-external' },
  { mutant: 'request-overtakes', world: 'versions-external' },
  { mutant: 'want-told-unwritten', world: 'versions-first' },
  { mutant: 'want-direct-unmatched', world: 'rollout' },
  { mutant: 'want-unmanaged-unseen', world: 'rollout-in' },
  { mutant: 'want-no-hold', world: 'rollout-waits' },
  { mutant: 'want-no-hold', world: 'rollout-out-waits-scaled' },
  { mutant: 'want-left-behind', world: 'rollout-out-asked' },
  { mutant: 'want-untold-set-awaited', world: 'rollout-waits-adopted' },
  { mutant: 'gone-untold', world: 'deletion-orphan' },
  { mutant: 'orphans-frozen', world: 'deletion-orphan' },
  { mutant: 'lost-reply-forgotten', world: 'field-external' },
  { mutant: 'invalidate-before-mark', world: 'cancel' },
  { mutant: 'adopt-undrained', world: 'cancel-leaders' },
  { mutant: 'drain-not-awaited', world: 'cancel-leaders' },
  { mutant: 'terminated-before-stop', world: 'exact' },
  { mutant: 'confirm-what-was-sent', world: 'exact' },
  { mutant: 'hello-before-barrier', world: 'exact-crash-scheduler' },
  { mutant: 'acceptance-not-journalled', world: 'exact-up-crash' },
  { mutant: 'preemptor-early', world: 'preempt-deleted' },
  { mutant: 'no-reservation', world: 'preempt-half' },
  { mutant: 'eviction-unversioned', world: 'preempt-break' },
  { mutant: 'no-room-check', world: 'preempt', behind: 'preemptor-early' },
  { mutant: 'tombstones-free', world: 'preempt-ending', behind: 'no-room-check' },
  { mutant: 'strangers-take-no-room', world: 'preempt-stranger', behind: 'no-room-check' },
  { mutant: 'want-recreate-deleted', world: 'exact-removed' },
  { mutant: 'flush-unawaited', world: 'versions-flush' },
  { mutant: 'want-parting-unheard', world: 'versions-leave' },
  { mutant: 'strangers-believed', world: 'versions-deleted' },
  { mutant: 'old-list-revives', world: 'versions-appears-gone' },
  { mutant: 'any-list-taken', world: 'versions-appears-told' },
  { mutant: 'shown-alone-kept', world: 'versions-appears-gone' },
  { mutant: 'list-anew-unheard', world: 'versions-appears-gone' },
  { mutant: 'gone-for-good', world: 'versions-back' },
  { mutant: 'acknowledge-early', world: 'switch-ending' },
  { mutant: 'old-sets-heeded', world: 'switch-then-scaled' },
  { mutant: 'acknowledge-unrecovered', world: 'switch-crash-replicaset' },
  { mutant: 'tombstone-held-at-release', world: 'switch-ending' },
  { mutant: 'stock-binds', world: 'switch-starting' },
  { mutant: 'stock-keeps-unbound', world: 'switch-no-room' },
  { mutant: 'environment/no-fence', world: 'switch-ending' },
  { mutant: 'stock-cancels', world: 'switch-cut-off' },
  { mutant: 'containers-by-last-uid', world: 'switch-let-go-crash' },
  { mutant: 'adoption-not-journalled', world: 'switch-adopted-crash' },
  { mutant: 'adopted-by-first-uid', world: 'switch-let-go-back' },
  { mutant: 'take-back-uncompared', world: 'switch-release' },
  { mutant: 'strays-block', world: 'switch-stray' },
  { mutant: 'no-minimum', world: 'register-leaders' },
  { mutant: 'minimum-of-nobody', world: 'register-lease' },
  { mutant: 'number-by-counter', world: 'register-lease' },
  { mutant: 'number-by-clock', world: 'register-clock' },
  { mutant: 'environment/reuse-incarnation', world: 'register-clock' },
  { mutant: 'newer-agent-unheeded', world: 'register-superseded' },
  { mutant: 'older-agent-stands', world: 'register-crash' },
  { mutant: 'mark-over-higher', world: 'cancel-both' },
  { mutant: 'old-mark-drains', world: 'cancel-both' },
  { mutant: 'old-mark-opens-barrier', world: 'exact-void-mark' },
  { mutant: 'unplaced-confirmed-early', world: 'no-room-exact' },
  { mutant: 'unplaced-tombstone-left', world: 'no-room-exact-ended' },
  { mutant: 'environment/no-precondition', world: 'field-external' },
  { mutant: 'confirm-create-in-flight', world: 'exact-up-lost-down' },
  { mutant: 'start-in-flight-ignored', world: 'exact-crash-kubelet' },
  { mutant: 'several-lists-trusted', world: 'exact-up-gap' },
  { mutant: 'taken-name-unread', world: 'exact-up-refused' },
  { mutant: 'lost-delete-unasked', world: 'exact-delete-lost' },
];

/** For the explorer alone: a world in which it catches the mutant. */
const EXPLORED: readonly Tooth[] = [
  { mutant: 'intent-not-journalled', world: 'tail-deleted-crash' },
  { mutant: 'journal-after-effects', world: 'tail-start-publish' },
  { mutant: 'publish-again', world: 'tail-deleted-crash' },
  { mutant: 'node-crash-kept', world: 'chain-node-crash' },
  { mutant: 'no-room-check', world: 'tail-no-room' },
  { mutant: 'bare-unanswered', world: 'no-room-bare-crash' },
  { mutant: 'unplaced-grace-zero', world: 'no-room-bare' },
  { mutant: 'unplaced-unready', world: 'no-room-bare' },
  { mutant: 'rebind-lost', world: 'chain-cancel' },
  { mutant: 'want-equal-unsent', world: 'wants-rollout-break' },
  { mutant: 'want-unsent-follows', world: 'wants-burst-crash' },
  { mutant: 'grace-zero', world: 'tail-deleted-twice' },
  { mutant: 'cancel-unconfirmed', world: 'cancel-leaders-misdial' },
  { mutant: 'object-not-awaited', world: 'tail-object-first' },
  { mutant: 'unlabelled-held', world: 'owner-unlabelled' },
  { mutant: 'let-go-killed', world: 'owner-unlabelled-crash' },
  { mutant: 'orphan-end-untold', world: 'owner-unlabelled-node-crash' },
  { mutant: 'lost-adopted-ended', world: 'owner-adopted-lost' },
  { mutant: 'lost-let-go-killed', world: 'owner-unlabelled-lost' },
  { mutant: 'left-while-down-unasked', world: 'owner-unlabelled-down' },
  { mutant: 'orphan-end-unfinished', world: 'owner-unlabelled-deleted' },
  { mutant: 'orphan-end-unfinished', world: 'owner-unlabelled-back-deleted' },
  { mutant: 'orphan-end-unfinished', world: 'owner-unlabelled-denied' },
  { mutant: 'lost-let-go-killed', world: 'owner-unlabelled-back-lost' },
  { mutant: 'copies-first', world: 'owner-copied-lost' },
  { mutant: 'hand-over-unseen', world: 'no-room-unseen' },
  { mutant: 'failed-orphan-runs', world: 'owner-unlabelled-failed' },
  { mutant: 'failing-orphan-adopted', world: 'owner-unlabelled-back' },
  { mutant: 'orphan-unsaid', world: 'owner-unlabelled-starting' },
  { mutant: 'adopter-unjudged', world: 'wants-adopted' },
  { mutant: 'resend-after-reset', world: 'tail-deleted-break', behind: 'ended-accepted' },
  { mutant: 'ended-accepted', world: 'tail-deleted-break', behind: 'resend-after-reset' },
  { mutant: 'shown-node-forgotten', world: 'register-between' },
  { mutant: 'another-node-ignored', world: 'register-gap' },
  { mutant: 'offer-of-another-node', world: 'register-during' },
  { mutant: 'late-create-left', world: 'anew-journal-lost' },
  { mutant: 'unknown-containers-left', world: 'anew-journal-lost' },
  { mutant: 'old-nodes-heeded', world: 'anew-uncordoned' },
  { mutant: 'listed-node-believed', world: 'register-listed' },
  { mutant: 'bare-by-name', world: 'no-room-anew-late' },
  { mutant: 'want-fresh-no-hold', world: 'wants-hold-crash' },
  { mutant: 'gone-let-go', world: 'anew-containers-gone' },
  { mutant: 'lost-journal-trusted', world: 'tail-lost-journal-offered' },
];

/** All mutants that the explorer catches over the machines. @public */
export const TEETH_OF_MACHINES: readonly Tooth[] = [...TEETH, ...EXPLORED];

/** Mutants that no world catches yet, and what was tried. @public */
export const TOOTHLESS: readonly { readonly mutant: string; readonly reason: string }[] = [
  {
    mutant: 'fence-not-persisted',
    reason:
      'not within 60,000 states of `register-crash`: since a K that starts again reads the Lease of S, only a mark of a leader that was succeeded tells what it had accepted; caught over single stages by `test/machines`',
  },
  {
    mutant: 'want-old-set-obeyed',
    reason:
      'it costs Pods that nobody keeps, for a moment, and no property of a world counts those (`Refines` has no rollouts); caught by `fuzz --points` (want and rollout taken back), and over R alone by `test/machines/wants.targets.test.ts`',
  },
  {
    mutant: 'hand-over-unmatched',
    reason:
      '`no-room`, `no-room-crash` and `no-room-exact`, searched to the end, hold: R counts both, ends one of them, and it converges; the rule saves R the choice, which could fall on a Pod that S has just placed; caught over S alone by `test/machines/schedulerNoRoom.test.ts`',
  },
  {
    mutant: 'standing-unawaited',
    reason:
      '`no-room-crash`, searched to the end, holds: R makes another Pod, learns of the one that stands, ends one of the two, and it converges; what is lost is only the place that the first one had in the queue of the stock scheduler; caught over S alone by `test/machines/schedulerNoRoom.test.ts`',
  },
  {
    mutant: 'hand-over-renewed',
    reason:
      'no world binds Pods without end, and so nothing is held for ever; caught over S alone by `test/machines/schedulerNoRoom.test.ts`',
  },
  {
    mutant: 'clock-before-template',
    reason:
      'in the worlds of no room S knows the ReplicaSet before its clock can run out; caught over S alone by `test/machines/schedulerNoRoom.test.ts`',
  },
  {
    mutant: 'unknown-set-kept',
    reason:
      'needs a ReplicaSet that is gone before R begins anew: in the worlds a deleted one stands with its deletionTimestamp for good, so that R sees it (`exact-removed` from where R has crashed, and its one Pod finds no room: 40 states, to the end, it holds); caught by the fuzzer (`test/simulator/found/unknown-set-*.json`), and over R alone by `test/machines/replicaset.test.ts`',
  },
  {
    mutant: 'gone-node-kept',
    reason:
      'R holds something to be acknowledged of a Node that goes only after a scale-in, and there the explorer makes a Pod of stock anew under a `metadata.uid` that was borne before (`owner-ending` with `deleteNode`: `OneSide`, 32 steps); caught by the fuzzer (`test/simulator/found/gone-node-kept.json`), and over S alone by `test/machines/schedulerCancellation.test.ts`',
  },
  {
    mutant: 'gone-unseen-forgotten',
    reason:
      'needs a Deployment that loses its label, and an R whose first list is behind: in the worlds a list is not; caught by the fuzzer (`test/simulator/found/gone-unseen-forgotten.json`), and over R alone by `test/machines/replicaset.test.ts`',
  },
  {
    mutant: 'strangers-asked-again',
    reason:
      'needs two Deployments that have left, and all of a world are of one name; caught by the fuzzer (`test/simulator/found/strangers-asked-again.json`), and over D alone by `test/machines/deployment.test.ts`',
  },
  {
    mutant: 'listed-end-ignored',
    reason:
      'in the worlds the propagation time is over only when nothing else can happen, so that no end is still on its way up when R compares (`switch-release`, `switch-then-scaled`, searched to the end, hold); caught by the fuzzer (`test/simulator/found/listed-end-*.json`), and over R alone by `test/machines/replicaset.test.ts`',
  },
  {
    mutant: 'strangers-unconfirmed',
    reason:
      '`exact-deleted`, `exact-break`, `exact-crash-scheduler`, `preempt` and `tail-deleted-break`, searched to the end, hold: whatever S does not hold any more it has told R in that session (`Terminated`, `Refused` or `lost`), or the handshake has shown it absent, and each of these collects the tombstone; the rule stands behind those; caught over S alone by `test/machines/schedulerMutants.test.ts`',
  },
  {
    mutant: 'drain-keeps-session',
    reason:
      '`cancel`, searched to the end, holds (the engines then differ, see `test/tlc/cancellation.test.ts`); caught over K alone by `test/machines/kubeletMutants.test.ts`',
  },
  {
    mutant: 'termination-not-journalled',
    reason:
      'searched to the end where K crashes while a Pod of `chain` is ended (27,952 states), it holds: what K forgot, S orders again; caught over K alone by `test/machines/kubeletMutants.test.ts`',
  },
  {
    mutant: 'old-list-heeded',
    reason:
      'searched to the end where a Pod of ours is deleted while a fresh K lists (9,187 states), and in `exact-up-gap`, it holds: K has it as terminating by then, and stays so; what shows it is a stranger that has gone, whose room K would count for ever: then R tries again without end, and no world is bounded; caught over K alone by `test/machines/kubeletMutants.test.ts`',
  },
  {
    mutant: 'late-reply-heeded',
    reason:
      'a Pod that K no longer holds when the reply comes was orphaned in between, or its end is in the journal, and then K deletes what it sees of it again; nobody orphans a Pod in the worlds; caught over K alone by `test/machines/kubeletMutants.test.ts`',
  },
  {
    mutant: 'confirm-without-read',
    reason:
      '`chain-publish` to the end, and 25,000 states each of `tail-start-publish` and `tail-cut-short-publish`, hold: the rule is for a watch that is behind a create, and here none is; caught over K alone by `test/machines/kubeletMutants.test.ts`',
  },
  {
    mutant: 'publish-before-running',
    reason:
      'searched to the end where a Pod is started and nothing fails (`exact-up`), and 25,000 states of it where K crashes too: it holds, since an end stops a start that is in flight; what is lost is that a Pod is shown before it runs; caught over K alone by `test/machines/kubeletMutants.test.ts`',
  },
  {
    mutant: 'want-from-below-ignored',
    reason:
      '`wants-burst-crash`, searched to the end, holds; caught over A, D and R by `test/machines/wants.mutants.test.ts`',
  },
  {
    mutant: 'want-never-unconfirmed',
    reason:
      '`versions-break` and `versions-crash-deployment`, searched to the end, hold, and 70,000 states of `wants-burst-crash`; caught over A, D and R by `test/machines/wants.mutants.test.ts`',
  },
  {
    mutant: 'want-unconfirmed-ends',
    reason:
      'not within 70,000 states of `wants-burst-crash`; caught over A, D and R by `test/machines/wants.mutants.test.ts`',
  },
  {
    mutant: 'older-node-believed',
    reason:
      'a watch from an API server that is behind was tried over S and K alone, where S gives the node up meanwhile (1,848 states, to the end): the link opens again all the same, and what S then binds nowhere no property sees without Pods; with R and one Pod it is not to be searched to the end (over 6,000 states within 10 steps); caught by the fuzzer (`test/simulator/found/older-node-believed.json`)',
  },
  {
    mutant: 'environment/readiness-untold',
    reason: 'a rule of hosts: the explorer tells of readiness in its own time; the fuzzer found the rule',
  },
  {
    mutant: 'changed-before-adopted',
    reason:
      'Wants a Pod of stock that runs between `Offer` and `State`. The fuzzer catches it (test/simulator/found/).',
  },
  {
    mutant: 'refused-kept',
    reason:
      'Wants a Pod of stock that does not fit where K runs the containers, and that stock ends. The fuzzer catches it (test/simulator/found/).',
  },
];
