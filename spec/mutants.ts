/**
 * Rules that can be switched off, to show that a check can fail (protocol 11). Each is read at one place in the machines.
 */

/** One mutant: the rule that it removes and the property it must break. @public */
export interface Mutant {
  readonly name: string;
  readonly rule: string;
  readonly breaks: readonly string[];
}

/** All mutants. @public */
export const MUTANTS: readonly Mutant[] = [
  {
    name: 'old-session-messages',
    rule: 'a message that is not of the current session changes nothing (3)',
    breaks: ['SessionFenced'],
  },
  {
    name: 'no-fence',
    rule: 'a Hello is accepted only above all (incarnation, n) that were seen (3)',
    breaks: ['SessionFenced'],
  },
  {
    name: 'hello-before-barrier',
    rule: 'a Hello is answered only after the own downstream links were open once (3, the barrier)',
    breaks: ['NoFalseConfirm', 'Refines'],
  },
  {
    name: 'offer-unverified',
    rule: 'an Offer is taken only from the stage that holds its Lease (3)',
    breaks: ['NoNeedlessEnd', 'CacheCoherent', 'NoFalseConfirm'],
  },
  {
    name: 'offer-of-another-node',
    rule: 'and, at S, only from an agent of the Node that it knows, by its uid (3, 6)',
    breaks: ['HoldersMeet', 'Converges', 'ComesToRest', 'NoFalseConfirm'],
  },
  {
    name: 'unmark-tombstone',
    rule: 'a tombstone is never made live by what the downstream says (3, 4.1)',
    breaks: ['CacheCoherent', 'PhaseMonotonic'],
  },
  {
    name: 'older-node-believed',
    rule: 'a Node that the watch shows stands, whatever older one of its name was shown before (6)',
    breaks: ['Converges'],
  },
  {
    name: 'old-nodes-heeded',
    rule: 'the list of Nodes says nothing of how one is that the watch has told of since it was asked for (3)',
    breaks: ['Converges'],
  },
  {
    name: 'listed-node-believed',
    rule: 'nor of a Node of which the watch has told another of that name, or its end (3, 6)',
    breaks: ['Converges', 'HoldersMeet'],
  },
  {
    name: 'fence-not-persisted',
    rule: 'K persists whom it has fenced before the Offer (3, 5)',
    breaks: ['NoFalseConfirm', 'SessionFenced', 'SupersededUnserved'],
  },
  {
    name: 'no-minimum',
    rule: 'K takes the counter on the Lease of S, read after registering, as the minimum (6)',
    breaks: ['SupersededUnserved', 'NoFalseConfirm'],
  },
  {
    name: 'minimum-of-nobody',
    rule: 'as long as S has no Lease, a K that registers itself waits (6)',
    breaks: ['SupersededUnserved'],
  },
  {
    name: 'acceptance-not-journalled',
    rule: 'K journals acceptance before starting (5)',
    breaks: ['NoLeak', 'NoFalseConfirm', 'TailPublishes'],
  },
  {
    name: 'termination-not-journalled',
    rule: 'K journals a termination before its first effect (4.4)',
    breaks: ['TerminationIrreversible'],
  },
  {
    name: 'intent-not-journalled',
    rule: 'K journals publish intent before the create (5)',
    breaks: ['NoLeak', 'TerminationIrreversible', 'Refines'],
  },
  {
    name: 'journal-after-effects',
    rule: 'an entry is durable before the effect that needs it (5)',
    breaks: ['NoFalseConfirm', 'TerminationIrreversible', 'TailPublishes'],
  },
  {
    name: 'adoption-not-journalled',
    rule: 'an adopted Pod is journalled as accepted with publish intent (5)',
    breaks: ['TerminationIrreversible', 'OneSide'],
  },
  {
    name: 'another-node-ignored',
    rule: 'a K that is shown another Node than the one it has just registered on registers again (6)',
    breaks: ['HoldersMeet', 'Converges'],
  },
  {
    name: 'shown-node-forgotten',
    rule: 'also if it was shown before the answer to the registration came (6)',
    breaks: ['HoldersMeet', 'Converges'],
  },
  {
    name: 'newer-agent-unheeded',
    rule: 'a K that is shown a newer agent on its Node before it serves asks once more, and so hears that it is superseded (6)',
    breaks: ['SupersededStops'],
  },
  {
    name: 'lost-journal-trusted',
    rule: 'with a lost journal, what K does not hold is gone only once no create of before can land any more (5)',
    breaks: ['NoFalseConfirm'],
  },
  {
    name: 'changed-before-adopted',
    rule: 'of one invalidation, S takes what was adopted before what changed since (3)',
    breaks: ['CacheCoherent'],
  },
  {
    name: 'late-create-left',
    rule: 'a stamped Pod whose uid has ended, or is not known, is deleted (5)',
    breaks: ['NoLeak'],
  },
  {
    name: 'containers-by-last-uid',
    rule: 'the containers of a Pod that was let go and adopted more than once bear the uid of the first time (9)',
    breaks: ['FreshStartSame', 'ShownRuns', 'NoFalseConfirm', 'OneSide'],
  },
  {
    name: 'several-lists-trusted',
    rule: 'after several lists at once one more is asked for alone (5)',
    breaks: ['TombstonesCollected', 'Converges', 'RunningShown'],
  },
  {
    name: 'old-list-heeded',
    rule: 'a list says nothing of an object that the watch has told of since the list was asked for (5)',
    breaks: ['Converges'],
  },
  {
    name: 'late-reply-heeded',
    rule: 'the reply to a create says nothing of an object that was seen before it (5)',
    breaks: ['Converges', 'NoLeak'],
  },
  {
    name: 'publish-again',
    rule: 'after a restart, publish intent without an object is ambiguous: the Pod ends (5)',
    breaks: ['TerminationIrreversible', 'CreatedOnce'],
  },
  {
    name: 'node-crash-kept',
    rule: 'publish intent and a live object without containers: the object is ended (5)',
    breaks: ['Converges', 'PhaseMonotonic'],
  },
  {
    name: 'start-in-flight-ignored',
    rule: 'accepted without containers: confirm only once the runtime is quiet (5)',
    breaks: ['NoFalseConfirm', 'Refines'],
  },
  {
    name: 'unknown-containers-left',
    rule: 'containers that the journal does not know are killed (5)',
    breaks: ['NoLeak', 'NodeCapacity', 'NoFalseConfirm'],
  },
  {
    name: 'terminated-before-stop',
    rule: 'K confirms when the containers have stopped (4.4)',
    breaks: ['NoFalseConfirm', 'Refines'],
  },
  {
    name: 'confirm-create-in-flight',
    rule: 'a create whose fate is not known is not done (4.4)',
    breaks: ['NoFalseConfirm', 'NoLeak', 'TerminationIrreversible', 'Refines'],
  },
  {
    name: 'taken-name-unread',
    rule: 'whose object has a name that is taken a consistent read says: it may be the own (4.4)',
    breaks: ['Refines', 'NoLeak'],
  },
  {
    name: 'lost-delete-unasked',
    rule: 'a delete whose reply was lost is asked again after a pause (4.4)',
    breaks: ['TombstonesCollected', 'Converges'],
  },
  {
    name: 'confirm-without-read',
    rule: 'in publish, a consistent read shows no object before every confirmation (4.4)',
    breaks: ['NoFalseConfirm'],
  },
  {
    name: 'grace-zero',
    rule: 'deletes of K have a grace period of at least 1 s (4.4)',
    breaks: ['NoFalseConfirm'],
  },
  {
    name: 'ended-accepted',
    rule: 'Assign of a uid that has ended is Refused (4.1)',
    breaks: ['TerminationIrreversible'],
  },
  {
    name: 'no-room-check',
    rule: 'K refuses what does not fit, whatever S believes (7)',
    breaks: ['NodeCapacity'],
  },
  {
    name: 'old-mark-drains',
    rule: 'a mark older than the incarnation accepted before is void (6)',
    breaks: ['NoNeedlessEnd'],
  },
  {
    name: 'drain-keeps-session',
    rule: 'the fence is raised to the mark and sessions not above it are closed (6)',
    breaks: ['NoFalseConfirm', 'CancelledStaysOut', 'SessionFenced'],
  },
  {
    name: 'drain-not-awaited',
    rule: 'a drain is completed when every managed Pod is gone (5, 6)',
    breaks: ['CancelledStaysOut'],
  },
  {
    name: 'acknowledge-early',
    rule: 'stock is acknowledged when no tombstone is live and nothing is unpublished (9)',
    breaks: ['ReleaseAcknowledged'],
  },
  {
    name: 'old-sets-heeded',
    rule: 'when R takes the Pods back, its list says nothing of a ReplicaSet of which the watch has told what came later (9)',
    breaks: ['Converges'],
  },
  {
    name: 'acknowledge-unrecovered',
    rule: 'a fresh R acknowledges stock only once S has told it what is under way (9)',
    breaks: ['ReleaseAcknowledged'],
  },
  {
    name: 'tombstone-held-at-release',
    rule: 'a tombstone not yet signalled and live is let go at a release (9)',
    breaks: ['NoNeedlessEnd', 'OneSide'],
  },
  {
    name: 'gone-let-go',
    rule: 'a Pod whose containers a fresh K finds gone is ended under stock too, not let go (5, 9)',
    breaks: ['ShownRuns', 'Converges', 'TakenBack'],
  },
  {
    name: 'refused-kept',
    rule: 'a Pod of stock that did not fit, and that stock then deletes, K deletes to the end (5, 9)',
    breaks: ['NoLeak', 'FreshStartSame'],
  },
  {
    name: 'object-not-awaited',
    rule: 'a Pod whose template needs its object is published before its containers are started (5)',
    breaks: ['Converges'],
  },
  {
    name: 'publish-before-running',
    rule: 'where K runs the containers it publishes when they run (2, 5)',
    breaks: ['TerminationIrreversible', 'PublishedRunning'],
  },
  {
    name: 'write-back-unconditional',
    rule: 'the write-back names the resourceVersion of an object that D has processed (8)',
    breaks: ['ScaleNotLost', 'Converges'],
  },
  {
    name: 'external-by-value',
    rule: 'an external write is told by base, owner and generation, not by value alone (8)',
    breaks: ['ScaleNotLost'],
  },
  {
    name: 'copied-annotation-believed',
    rule: 'an annotation that names another Deployment was copied, and says nothing of this one (8)',
    breaks: ['ScaleNotLost'],
  },
  {
    name: 'template-edit-external',
    rule: 'a template edit alone is no external write (8)',
    breaks: ['Converges', 'NoNeedlessEnd'],
  },
  {
    name: 'own-write-by-reply',
    rule: 'a write of D is known by the annotation, even if the reply was lost (8)',
    breaks: ['Converges'],
  },
  {
    name: 'base-by-memory',
    rule: "an object is compared with D's own last write, even before its reply came (8)",
    breaks: ['Converges'],
  },
  {
    name: 'external-owner-ignored',
    rule: 'who owns replicas tells an external write there and back from an edit of something else (8)',
    breaks: ['ScaleNotLost', 'Converges'],
  },
  {
    name: 'lost-reply-forgotten',
    rule: 'a write-back whose reply was lost is asked again (8)',
    breaks: ['Converges'],
  },
  {
    name: 'want-equal-unsent',
    rule: 'D sends its highest want on every opening, also when R holds that version (8)',
    breaks: ['Converges'],
  },
  {
    name: 'want-from-below-ignored',
    rule: 'D adopts a higher version from R too (8)',
    breaks: ['Converges'],
  },
  {
    name: 'want-autoscaler-untold',
    rule: 'D invalidates A for each change that A did not send (8)',
    breaks: ['Converges'],
  },
  {
    name: 'request-overtakes',
    rule: 'a request that waits for D is dropped if somebody else has written the value since it was made (8)',
    breaks: ['Converges'],
  },
  {
    name: 'want-told-unwritten',
    rule: 'A is told of a value that others wrote only once the object is annotated with it (8)',
    breaks: ['Converges'],
  },
  {
    name: 'want-never-unconfirmed',
    rule: 'a D that has not heard A in this incarnation marks its wants unconfirmed (8)',
    breaks: ['NoNeedlessEnd'],
  },
  {
    name: 'want-unconfirmed-ends',
    rule: 'R ends nothing on an unconfirmed want (8)',
    breaks: ['NoNeedlessEnd'],
  },
  {
    name: 'want-no-hold',
    rule: 'no dip: R holds from direct until the ReplicaSet shows the want (8)',
    breaks: ['NoNeedlessEnd', 'NoDipOnModeChange'],
  },
  {
    name: 'want-fresh-no-hold',
    rule: 'a fresh R holds too: it can not know what the one before did (8)',
    breaks: ['NoNeedlessEnd', 'NoDipOnModeChange'],
  },
  {
    name: 'want-old-set-obeyed',
    rule: 'and, until every ReplicaSet that asks for Pods was told of the want, creates only what is fewer (8)',
    breaks: ['CreatesBounded'],
  },
  {
    name: 'want-direct-unmatched',
    rule: 'R obeys a direct want only if uid and revision match, and all others are at 0 (8)',
    breaks: ['NoStaleDirect'],
  },
  {
    name: 'want-left-behind',
    rule: 'a Deployment that has lost its label is let go only once D has written what was asked for until then (8)',
    breaks: ['Converges'],
  },
  {
    name: 'want-parting-unheard',
    rule: 'and not before A has said that it makes no want of it any more (8)',
    breaks: ['Converges'],
  },
  {
    name: 'want-unmanaged-unseen',
    rule: 'a direct want waits until a rollout has left the unmanaged ReplicaSets too (8, 9)',
    breaks: ['NoStaleDirect'],
  },
  {
    name: 'want-unsent-follows',
    rule: 'R acts for no count until it was sent a want in the current D session (8)',
    breaks: ['NoNeedlessEnd', 'NoDipOnModeChange'],
  },
  {
    name: 'gone-untold',
    rule: 'R is told of a Deployment that is deleted, or has left: no want of it comes any more (3, 8)',
    breaks: ['Converges'],
  },
  {
    name: 'strangers-believed',
    rule: 'of a Deployment of which A is told a want and that no list has shown, a consistent list says whether it is gone (8)',
    breaks: ['Converges'],
  },
  {
    name: 'copied-annotation-shows',
    rule: 'an annotation *written* that names another Deployment shows no want of this one (8)',
    breaks: ['Converges'],
  },
  {
    name: 'any-list-taken',
    rule: 'only the answer to a list that was asked for says what is gone, not a watch that lists anew (3)',
    breaks: ['Converges'],
  },
  {
    name: 'gone-for-good',
    rule: 'A takes it back that a Deployment is gone when a list or the watch shows it standing (8)',
    breaks: ['Converges'],
  },
  {
    name: 'shown-alone-kept',
    rule: 'what a consistent list alone has shown is asked for once more when the watch lists anew (3)',
    breaks: ['Converges', 'NoLeak'],
  },
  {
    name: 'gone-unseen-forgotten',
    rule: 'R remembers Gone of a Deployment of which it has seen no ReplicaSet yet (8)',
    breaks: ['Converges'],
  },
  {
    name: 'strangers-asked-again',
    rule: 'a Deployment that a list did not show is not asked for again for its ReplicaSets, until the session with R is another (8)',
    breaks: ['ComesToRest'],
  },
  {
    name: 'want-untold-set-awaited',
    rule: 'a ReplicaSet that bears no desired-replicas is not waited for: nobody tells it of a want (8, *No dip*)',
    breaks: ['RolloutsEnd'],
  },
  {
    name: 'old-list-revives',
    rule: 'what the watch told to be gone while a list was under way, the list does not bring back (3)',
    breaks: ['Converges'],
  },
  {
    name: 'orphans-frozen',
    rule: 'R follows a ReplicaSet that has lost its Deployment (8)',
    breaks: ['Converges'],
  },
  {
    name: 'want-recreate-deleted',
    rule: 'in a deleted ReplicaSet R creates nothing more (8)',
    breaks: ['NoneForDeleted', 'NoLeak', 'Converges'],
  },
  {
    name: 'resend-after-reset',
    rule: 'no Pod is sent again after a reset: one that did not survive is lost (3)',
    breaks: ['TerminationIrreversible'],
  },
  {
    name: 'rebind-lost',
    rule: 'a uid that was sent to a node is never sent to a second one (2)',
    breaks: ['UniquePlacement', 'PhaseMonotonic'],
  },
  {
    name: 'no-terminate-on-opening',
    rule: 'on opening, Terminate goes for every tombstone held, not only those of the Fetch (3)',
    breaks: ['TombstonesCollected', 'CacheCoherent'],
  },
  {
    name: 'strangers-unconfirmed',
    rule: 'Terminate of a uid that S does not hold is answered Terminated (3)',
    breaks: ['TombstonesCollected'],
  },
  {
    name: 'confirm-what-was-sent',
    rule: 'S confirms only what it never sent to a node (4.2)',
    breaks: ['NoFalseConfirm'],
  },
  {
    name: 'collect-tombstone-early',
    rule: 'a tombstone is collected by Terminated, Refused, lost or absence, not by the mark of the tail (4.3)',
    breaks: ['NoFalseConfirm'],
  },
  {
    name: 'invalidate-before-mark',
    rule: 'a node is invalidated upward only after its mark is written (6)',
    breaks: ['NoFalseConfirm', 'CancelledStaysOut'],
  },
  {
    name: 'cancel-unconfirmed',
    rule: 'and only after a read of the own Lease begun after it (6)',
    breaks: ['NoNeedlessEnd', 'NoFalseConfirm'],
  },
  {
    name: 'mark-over-higher',
    rule: 'a mark is never written over a higher one (6)',
    breaks: ['CancelledStaysOut', 'NoFalseConfirm'],
  },
  {
    name: 'adopt-undrained',
    rule: 'a node that was cancelled opens only when its Offer shows the drain (6)',
    breaks: ['CancelledStaysOut'],
  },
  {
    name: 'old-mark-opens-barrier',
    rule: 'only a cancellation by this incarnation counts at the barrier (3)',
    breaks: ['NoFalseConfirm'],
  },
  {
    name: 'preemptor-early',
    rule: 'a preemptor is assigned only after Terminated of all it awaits (7)',
    breaks: ['PreemptionOrdered'],
  },
  {
    name: 'no-reservation',
    rule: "the victims' room is kept for the preemptor (7)",
    breaks: ['PreemptorRuns', 'RoomKept'],
  },
  {
    name: 'tombstones-free',
    rule: 'terminating Pods take room at S (7)',
    breaks: ['NodeCapacity'],
  },
  {
    name: 'strangers-take-no-room',
    rule: 'unmanaged Pods take room at S (7)',
    breaks: ['NodeCapacity'],
  },
  {
    name: 'stock-binds',
    rule: 'under stock S binds and preempts nothing (9)',
    breaks: ['OneSide'],
  },
  {
    name: 'stock-keeps-unbound',
    rule: 'under stock S gives up what it has not bound, and refuses what comes (9)',
    breaks: ['ReleaseAcknowledged'],
  },
  {
    name: 'take-back-uncompared',
    rule: 'an R that has acknowledged stock decides nothing until it knows each Pod of a consistent list that some K will see (9)',
    breaks: ['NoDipOnModeChange', 'TakenBack'],
  },
  {
    name: 'unknown-set-kept',
    rule: 'unpublished Pods of a ReplicaSet that R has never seen it ends, if a consistent list does not show it (8)',
    breaks: ['Converges'],
  },
  {
    name: 'gone-node-kept',
    rule: 'under stock too S gives up what a Node had that is gone (6, 9)',
    breaks: ['ReleaseAcknowledged'],
  },
  {
    name: 'let-go-killed',
    rule: 'the containers of what the life before has let go go on, as long as its object stands (5)',
    breaks: ['ShownRuns'],
  },
  {
    name: 'lost-adopted-ended',
    rule: 'a K whose journal is lost finds by the uid that follows from it what runs for a Pod of the stock controller (5)',
    breaks: ['ShownRuns'],
  },
  {
    name: 'lost-let-go-killed',
    rule: 'and what the lives before have let go, by its stamp or by that uid (5)',
    breaks: ['ShownRuns'],
  },
  {
    name: 'left-while-down-unasked',
    rule: 'of a Pod that was let go by others while its node was down the containers are looked for (5)',
    breaks: ['ShownRuns'],
  },
  {
    name: 'orphan-end-untold',
    rule: 'of an orphan whose containers have ended its object says so (5)',
    breaks: ['ShownRuns'],
  },
  {
    name: 'orphan-end-unfinished',
    rule: 'the deletion of what was let go, or denied to K, and of which nothing runs is completed by K, which was its kubelet (5)',
    breaks: ['NoLeak'],
  },
  {
    name: 'failed-orphan-runs',
    rule: 'an orphan that others say has failed is stopped, and takes room until then (5)',
    breaks: ['RunningShown'],
  },
  {
    name: 'failing-orphan-adopted',
    rule: 'an orphan of which K has asked that it be said to have failed is not adopted, before that is seen (5)',
    breaks: ['ShownRuns'],
  },
  {
    name: 'orphan-unsaid',
    rule: 'K writes on an orphan that it runs, and whether it is ready (5)',
    breaks: ['RunningShown'],
  },
  {
    name: 'adopter-unjudged',
    rule: 'of a managed ReplicaSet that D is shown as one of a Deployment that it is not shown, a list tells whether that is ours (8)',
    breaks: ['Converges'],
  },
  {
    name: 'list-anew-unheard',
    rule: 'a watch that lists anew while a list is under way is kept in mind: what that list alone shows is asked for once more (3)',
    breaks: ['Converges'],
  },
  {
    name: 'copies-first',
    rule: 'a K whose journal is lost takes what bears stamp and label before what bears a stamp alone: that may be a copy (5)',
    breaks: ['ShownRuns'],
  },
  {
    name: 'unlabelled-held',
    rule: 'a Pod that has lost its label is let go, as an orphan is (9)',
    breaks: ['TakenBack'],
  },
  {
    name: 'listed-end-ignored',
    rule: 'nor until what it holds stands in that list (9)',
    breaks: ['NoDipOnModeChange'],
  },
  {
    name: 'adopted-by-first-uid',
    rule: 'R knows a Pod that K has let go and adopted again by its object, whichever its uid (9)',
    breaks: ['TakenBack'],
  },
  {
    name: 'strays-block',
    rule: 'a Pod on a Node without an agent does not hold up take back: R deletes it once enough others run (9)',
    breaks: ['NoLeak', 'TakenBack'],
  },
  {
    name: 'flush-unawaited',
    rule: 'before a release D acknowledges the switch only once every want is written (9)',
    breaks: ['ReleaseAcknowledged'],
  },
  {
    name: 'stock-cancels',
    rule: 'under stock S cancels nothing (9)',
    breaks: ['OneSide'],
  },
  {
    name: 'eviction-unversioned',
    rule: 'the mark that S sets for a preemptor gets a version of S (7)',
    breaks: ['CacheCoherent'],
  },
  {
    name: 'hand-over-unseen',
    rule: 'S hands nothing over while what it has bound comes up, and stock does not see it (7)',
    breaks: ['BoundFits'],
  },
  {
    name: 'hand-over-unmatched',
    rule: 'an object that S published unbound is from then on the Pod for which it was made (7)',
    breaks: ['NoNeedlessEnd'],
  },
  {
    name: 'unplaced-confirmed-early',
    rule: 'S confirms a Pod that it published unbound when its object is gone (7)',
    breaks: ['UnplacedShown', 'NoFalseConfirm'],
  },
  {
    name: 'bare-unanswered',
    rule: 'S answers for what stock has bound to a Node without an agent (7)',
    breaks: ['UnplacedShown', 'NoLeak', 'NoFalseConfirm'],
  },
  {
    name: 'unplaced-tombstone-left',
    rule: 'under stock S keeps a tombstone while its object is being deleted, or may be (7, 9)',
    breaks: ['ReleaseAcknowledged'],
  },
  {
    name: 'unplaced-grace-zero',
    rule: 'what S deletes has a grace of at least 1 s (4, 7)',
    breaks: ['NoFalseConfirm'],
  },
  {
    name: 'bare-by-name',
    rule: 'a Node that has lost its agent, or was made anew without one, is one without an agent (7)',
    breaks: ['UnplacedShown', 'NoLeak', 'TombstonesCollected'],
  },
  {
    name: 'standing-unawaited',
    rule: 'S lets R connect only when its watch has shown what stands unbound (7)',
    breaks: ['NoNeedlessEnd'],
  },
  {
    name: 'unplaced-unready',
    rule: 'what S answers for is as ready as its object (7)',
    breaks: ['UnplacedShown', 'Converges', 'PreemptorRuns'],
  },
  {
    name: 'hand-over-renewed',
    rule: 'and waits for what was bound when its clock first ran out, for nothing that is bound later (7)',
    breaks: ['UnplacedShown'],
  },
  {
    name: 'clock-before-template',
    rule: 'the clock of a ReplicaSet without room runs from when S knows it (7)',
    breaks: ['UnplacedShown'],
  },
  // Of the world around the stages.
  {
    name: 'number-by-counter',
    rule: 'a new number is above the clock too: a Lease or a Node that is made anew brings none back (1)',
    breaks: ['IncarnationsGrow'],
  },
  {
    name: 'number-by-clock',
    rule: 'a new number is above the counter, though the clock stood or went back (1)',
    breaks: ['IncarnationsGrow'],
  },
  {
    name: 'older-agent-stands',
    rule: 'a K writes its number on its Node only if no newer agent stands there (6)',
    breaks: ['IncarnationsGrow'],
  },
  {
    name: 'environment/reuse-incarnation',
    rule: 'an incarnation is never used twice (1)',
    breaks: ['IncarnationsGrow', 'UniquePlacement', 'SessionFenced', 'NoInvariantBroken', 'CacheCoherent'],
  },
  {
    name: 'environment/no-precondition',
    rule: 'the API Server refuses a write whose resourceVersion has moved (8)',
    breaks: ['ScaleNotLost'],
  },
  {
    name: 'environment/readiness-untold',
    rule: 'a runtime tells a fresh K which of its containers are ready (5)',
    breaks: ['Converges', 'EndsTheSame'],
  },
  {
    name: 'environment/no-fence',
    rule: 'at any API server exactly one side is admitted (9)',
    breaks: ['FenceHolds', 'OneSide'],
  },
];
