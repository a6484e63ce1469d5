--------------------------- MODULE ReplicaSetStage ---------------------------
(***************************************************************************)
(* The rule (protocol 4, 8), at R: it mints Pods, and ends those that rank *)
(* first, until the ReplicaSet is at its replicas.  It mints only on an    *)
(* open link, and sends nothing again after a reset: what did not survive  *)
(* is replaced under a new uid.  After a refusal it waits.                 *)
(*                                                                         *)
(* One life of R with one ReplicaSet that has no Deployment (so that R     *)
(* follows its replicas, and D has no say): `machines/replicaset/`.  Its   *)
(* link to S is an `UpperEnd`.                                             *)
(***************************************************************************)
EXTENDS SchedulerStage

ReplicaSetFresh(seen) ==
  [state |-> "dialling", n |-> 1, offer |-> <<>>, fence |-> <<0, 0>>, records |-> <<>>,
   minted |-> 0, dial |-> <<1>>, reads |-> <<>>, once |-> FALSE, backoff |-> <<>>,
   timers |-> {}, seen |-> seen]

RLive(life) == {uid \in DOMAIN life.records : ~Marked(life.records[uid])}

\* Whom a scale-in ends first: not bound, not running, not ready, more on its node, younger.
Flag(condition) == IF condition THEN 1 ELSE 0
Standing(life, uid) ==
  LET record == life.records[uid]
      crowd == IF record.node = "none" THEN 0
               ELSE Cardinality({other \in RLive(life) : life.records[other].node = record.node})
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
  IF present /\ life.state \in {"verifying", "fetching", "open"}
  THEN <<Send([field \in DOMAIN message \cup {"session"} |->
                 IF field = "session" THEN UpSession(me, life) ELSE message[field]])>>
  ELSE <<>>

\* To the replicas.
Reconciled(me, result) ==
  LET life == result.life
      live == RLive(life)
      wanted == life.seen[2]
      ended == FirstRanked(life, live, Cardinality(live) - wanted)
      marked == [life EXCEPT !.records = [uid \in DOMAIN @ |->
                   IF uid \in Range(ended) THEN [@[uid] EXCEPT !.phase = "terminating", !.ready = FALSE]
                   ELSE @[uid]]]
      waits == life.backoff # <<>> /\ life.backoff[1].waiting
      count == IF life.state = "open" /\ ~waits THEN Max(0, wanted - Cardinality(live)) ELSE 0
      Minted(i) == [uid |-> <<"r", me, life.minted + i>>, node |-> "none", phase |-> "created",
                    ready |-> FALSE, version |-> <<"replicaset", me, life.minted + i>>]
      records == [i \in 1..count |-> Minted(i)]
      after == [marked EXCEPT !.minted = @ + count,
                              !.records = [uid \in DOMAIN @ \cup UidsOf(records) |->
                                 IF uid \in UidsOf(records) THEN RecordOf(records, uid) ELSE @[uid]]]
  IN Result(after, result.out
       \o ToScheduler(me, after, ended # <<>>, [kind |-> "Terminate", uids |-> ended])
       \o ToScheduler(me, after, count > 0, [kind |-> "Assign", records |-> records]))

\* ---- What S says ------------------------------------------------------------------------

BackOff(life) ==
  IF life.backoff # <<>> /\ life.backoff[1].waiting THEN life
  ELSE [life EXCEPT !.backoff = <<[failures |-> (IF @ = <<>> THEN 0 ELSE @[1].failures) + 1, waiting |-> TRUE]>>,
                    !.timers = @ \cup {<<"retry">>}]
RECURSIVE DropRefused(_, _)
DropRefused(life, pods) ==
  IF pods = <<>> THEN life
  ELSE LET uid == Head(pods).uid
           dropped == [life EXCEPT !.records = Without(@, {uid})]
           after == IF uid \notin DOMAIN life.records THEN life
                    ELSE IF Marked(life.records[uid]) THEN dropped ELSE BackOff(dropped)
       IN DropRefused(after, Tail(pods))

\* A Pod that runs ends the backing off that has been waited for.
Recovered(life, statuses) ==
  IF /\ life.backoff # <<>> /\ ~life.backoff[1].waiting
     /\ \E i \in DOMAIN statuses : LET uid == statuses[i].uid
          IN uid \in DOMAIN life.records /\ life.records[uid].phase = "running"
  THEN [life EXCEPT !.backoff = <<>>] ELSE life
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
RSees(me, life, set) == Reconciled(me, Result([life EXCEPT !.seen = set], <<>>))
RRetries(me, life) ==
  Reconciled(me, Result(IF life.backoff = <<>> THEN life ELSE [life EXCEPT !.backoff[1].waiting = FALSE], <<>>))
=============================================================================
