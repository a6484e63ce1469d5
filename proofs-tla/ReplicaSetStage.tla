--------------------------- MODULE ReplicaSetStage ---------------------------
(***************************************************************************)
(* The rule (protocol 4, 8), at R: it mints Pods, and ends those that rank *)
(* first, until the ReplicaSet is at its replicas.  It mints only on an    *)
(* open link, and sends nothing again after a reset: what did not survive  *)
(* is replaced under a new uid.  After a refusal it waits.                 *)
(*                                                                         *)
(* One life of R with ReplicaSets that have no Deployment (so that R       *)
(* follows their replicas, and D has no say): `machines/replicaset/`.  Its *)
(* link to S is an `UpperEnd`.                                             *)
(***************************************************************************)
EXTENDS SchedulerStage

ReplicaSetFresh(seen) ==
  [state |-> "dialling", n |-> 1, offer |-> <<>>, fence |-> <<0, 0>>, records |-> <<>>,
   minted |-> 0, dial |-> <<1>>, reads |-> <<>>, once |-> FALSE, backoff |-> <<>>,
   timers |-> {}, seen |-> seen]

RLive(life, set) == {uid \in DOMAIN life.records : ~Marked(life.records[uid]) /\ life.records[uid].set = set}

\* Certainly not published: all that R itself ends of a ReplicaSet that is being deleted, in which it mints nothing.
RUnpublished(life, set) == {uid \in RLive(life, set) : life.records[uid].phase \in {"created", "bound"}}

\* Whom a scale-in ends first: not bound, not running, not ready, more on its node, younger.
Flag(condition) == IF condition THEN 1 ELSE 0
Standing(life, uid) ==
  LET record == life.records[uid]
      crowd == IF record.node = "none" THEN 0
               ELSE Cardinality({other \in RLive(life, record.set) : life.records[other].node = record.node})
  IN <<Flag(record.node # "none"), Flag(record.phase = "running"), Flag(record.ready), 9 - crowd,
       9 - uid[2], 9 - uid[3]>>
RECURSIVE SmallerAt(_, _, _)
SmallerAt(a, b, at) ==
  IF at > Len(a) THEN FALSE ELSE IF a[at] # b[at] THEN a[at] < b[at] ELSE SmallerAt(a, b, at + 1)
RECURSIVE FirstRanked(_, _, _)
FirstRanked(life, uids, count) ==
  IF count <= 0 THEN <<>>
  ELSE LET first == CHOOSE one \in uids : \A other \in uids \ {one} :
                      SmallerAt(Standing(life, one), Standing(life, other), 1)
       IN <<first>> \o FirstRanked(life, uids \ {first}, count - 1)

\* A message to S, in the session that is tried or open.
ToScheduler(me, life, present, message) ==
  IF present /\ life.state = "open"
  THEN <<Send([field \in DOMAIN message \cup {"session"} |->
                 IF field = "session" THEN UpSession(me, life) ELSE message[field]])>>
  ELSE <<>>

\* To the replicas of one ReplicaSet.
ReconciledSet(me, done, set) ==
  LET life == done.life
      live == RLive(life, set)
      deleted == life.seen[set][3] /\ ~Is("want-recreate-deleted")
      wanted == IF deleted THEN 0 ELSE life.seen[set][2]
      mayEnd == IF deleted THEN RUnpublished(life, set) ELSE live
      ended == FirstRanked(life, mayEnd, IF deleted THEN Cardinality(mayEnd) ELSE Cardinality(live) - wanted)
      marked == [life EXCEPT !.records = [uid \in DOMAIN @ |->
                   IF uid \in Range(ended) THEN [@[uid] EXCEPT !.phase = "terminating", !.ready = FALSE]
                   ELSE @[uid]]]
      waits == set \in DOMAIN life.backoff /\ life.backoff[set].waiting
      count == IF life.state = "open" /\ ~waits THEN Max(0, wanted - Cardinality(live)) ELSE 0
      New(i) == [uid |-> <<"r", me, life.minted + i>>, node |-> "none", phase |-> "created", ready |-> FALSE,
                 version |-> <<"replicaset", me, life.minted + i>>, set |-> set]
      records == [i \in 1..count |-> New(i)]
  IN [life |-> [marked EXCEPT !.minted = @ + count,
                              !.records = [uid \in DOMAIN @ \cup UidsOf(records) |->
                                 IF uid \in UidsOf(records) THEN RecordOf(records, uid) ELSE @[uid]]],
      ended |-> done.ended \o ended, minted |-> done.minted \o records]
RECURSIVE ReconciledSets(_, _, _)
ReconciledSets(me, done, sets) ==
  IF sets = <<>> THEN done ELSE ReconciledSets(me, ReconciledSet(me, done, Head(sets)), Tail(sets))

Reconciled(me, result) ==
  LET done == ReconciledSets(me, [life |-> result.life, ended |-> <<>>, minted |-> <<>>], Sets)
  IN Result(done.life, result.out
       \o ToScheduler(me, done.life, done.ended # <<>>, [kind |-> "Terminate", uids |-> done.ended])
       \o ToScheduler(me, done.life, done.minted # <<>>, [kind |-> "Assign", records |-> done.minted]))

\* ---- What S says ------------------------------------------------------------------------

BackOff(life, set) ==
  LET failures == IF set \in DOMAIN life.backoff THEN life.backoff[set].failures ELSE 0
  IN IF set \in DOMAIN life.backoff /\ life.backoff[set].waiting THEN life
     ELSE [life EXCEPT !.backoff = [one \in DOMAIN @ \cup {set} |->
                          IF one = set THEN [failures |-> failures + 1, waiting |-> TRUE] ELSE @[one]],
                       !.timers = @ \cup {<<"retry", set>>}]
RECURSIVE DropRefused(_, _)
DropRefused(life, pods) ==
  IF pods = <<>> THEN life
  ELSE LET uid == Head(pods).uid
           dropped == [life EXCEPT !.records = Without(@, {uid})]
           after == IF uid \notin DOMAIN life.records THEN life
                    ELSE IF Marked(life.records[uid]) THEN dropped ELSE BackOff(dropped, life.records[uid].set)
       IN DropRefused(after, Tail(pods))

\* A Pod that runs ends the backing off that has been waited for.
Recovered(life, statuses) ==
  LET running == {life.records[uid].set :
                    uid \in {uid \in UidsOf(statuses) \cap DOMAIN life.records : life.records[uid].phase = "running"}}
  IN [life EXCEPT !.backoff = [set \in {set \in DOMAIN @ : @[set].waiting \/ set \notin running} |-> @[set]]]
RMerged(life, statuses) == Recovered([life EXCEPT !.records = UpMergeAll(@, statuses)], statuses)

RTold(me, life, message) ==
  CASE message.kind = "Assigned" -> Result(RMerged(life, message.pods), <<>>)
    [] message.kind = "Refused" -> Result(DropRefused(life, message.pods), <<>>)
    [] message.kind = "Terminated" ->
         Result([life EXCEPT !.records = Without(@, Range(message.uids))], <<>>)
    [] message.kind = "Invalidate" ->
         LET merged == RMerged([life EXCEPT !.records = UpAdopt(@, message.adopted)], message.changed)
         IN Result([merged EXCEPT !.records = Without(@, UidsOf(message.lost))],
                   ToScheduler(me, life, TRUE, [kind |-> "Invalidated"]))

ROpened(me, life, message) ==
  LET result == UpOpened(me, life, message)
  IN Result([result.life EXCEPT !.once = TRUE], result.out)

\* ---- Events ---------------------------------------------------------------------------------

RConnected(me, life, n) == Reconciled(me, UpConnected(me, life, n))
RBroken(me, life, n) == Reconciled(me, UpBroken(me, life, n))
RReceived(me, life, message, leases) ==
  Reconciled(me,
    CASE life.state = "fetching" /\ message.kind = "State" /\ UpIsThisSession(me, life, message) ->
           ROpened(me, life, message)
      [] life.state = "open" /\ message.kind \in UpTraffic /\ UpIsThisSession(me, life, message) ->
           RTold(me, life, message)
      [] life.state \in {"greeting"} -> UpReceived(me, life, message, leases)
      [] OTHER -> Result(life, <<>>))
RAnswered(me, life, token, lease) == Reconciled(me, UpAnswered(me, life, token, lease))
RSees(me, life, set, fact) == Reconciled(me, Result([life EXCEPT !.seen[set] = fact], <<>>))
RRetries(me, life, set) ==
  Reconciled(me, Result(IF set \notin DOMAIN life.backoff THEN life
                        ELSE [life EXCEPT !.backoff[set].waiting = FALSE], <<>>))
=============================================================================
