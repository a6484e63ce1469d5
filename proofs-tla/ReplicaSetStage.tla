--------------------------- MODULE ReplicaSetStage ---------------------------
(***************************************************************************)
(* The rule (protocol 4, 8), at R: it mints Pods, and ends those that rank *)
(* first, until the ReplicaSet is at its replicas.  It mints only on an    *)
(* open link, and sends nothing again after a reset: what did not survive  *)
(* is replaced under a new uid.  After a refusal it waits.                 *)
(*                                                                         *)
(* Under `stock` (9) it mints and ends nothing, and says so once nothing   *)
(* of its own is under way.  Taken back, it begins anew, and decides       *)
(* nothing until each live Pod of a consistent list that some K will see   *)
(* is known from below.  Of the others it deletes at once what is not      *)
(* bound, and, when as many run as are wanted, what no K will see.         *)
(*                                                                         *)
(* One life of R with ReplicaSets that have no Deployment (so that R       *)
(* follows their replicas, and D has no say): `machines/replicaset/`.  Its *)
(* link to S is an `UpperEnd`.                                             *)
(*                                                                         *)
(*   phase    "serving", "released", "propagating", "comparing" or         *)
(*            "rereading"; heard: the switch; due: <<version>> of a        *)
(*            `stock` to be acknowledged, back: of a `direct`; began:      *)
(*            what its Lease had acknowledged when it began                *)
(*   seen     ReplicaSets as it knows them; told: as the watch told it     *)
(*   agents   Nodes with an agent, and whether each is cancelled           *)
(*   strays   facts of Pods of the last list that no record covers         *)
(***************************************************************************)
EXTENDS SchedulerStage

\* `said`: <<>> or <<who owns the Pods, as the Lease has it>>.
ReplicaSetFresh(seen, switch, said) ==
  LET takesBack == switch[1] = "direct" /\ said = <<"stock">> /\ ~Is("take-back-uncompared")
  IN
  [state |-> "dialling", n |-> 1, offer |-> <<>>, fence |-> <<0, 0>>, records |-> <<>>,
   minted |-> 0, dial |-> <<1>>, reads |-> <<>>, once |-> FALSE, backoff |-> <<>>,
   timers |-> IF takesBack THEN {<<"propagation">>} ELSE {}, seen |-> seen, told |-> seen, answers |-> <<>>,
   phase |-> IF switch[1] = "stock" THEN "released" ELSE IF takesBack THEN "propagating" ELSE "serving",
   heard |-> switch, due |-> <<>>, back |-> IF takesBack THEN <<switch[2]>> ELSE <<>>, began |-> said,
   agents |-> <<>>, strays |-> <<>>]

RLive(life, set) == {uid \in DOMAIN life.records : ~Marked(life.records[uid]) /\ life.records[uid].set = set}

\* Certainly not published: all that R itself ends of a ReplicaSet that is being deleted, in which it mints nothing.
RUnpublished(life, set) == {uid \in RLive(life, set) : life.records[uid].phase \in {"created", "bound"}}

\* Whom a scale-in ends first: not bound, not running, not ready, more on its node, younger.
Flag(condition) == IF condition THEN 1 ELSE 0
Standing(life, uid) ==
  LET record == life.records[uid]
      crowd == IF record.node = "none" THEN 0
               ELSE Cardinality({other \in RLive(life, record.set) : life.records[other].node = record.node})
      isPlaced == record.node # "none" \/ record.phase = "accepted"
  IN <<Flag(isPlaced), Flag(record.phase = "running"), Flag(record.ready), 9 - crowd,
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

\* ---- Strays, when the Pods are taken back ------------------------------------------------

\* Whether a record covers an object, under whichever uid.
AdoptedFrom(uid, fact) ==
  /\ uid[1] = "a" /\ KeyOf(uid) = fact.uid /\ uid[4] = fact.meta[1]
  /\ Is("adopted-by-first-uid") => uid[5] = 1
KnownObject(life, fact) ==
  \/ fact.uid[1] \notin {"s", "u"} /\ fact.uid \in DOMAIN life.records
  \/ \E uid \in DOMAIN life.records : AdoptedFrom(uid, fact)
StraysOf(life, facts) ==
  LET Stray(fact) ==
        /\ ~fact.deleting /\ fact.phase # "Failed" /\ ~KnownObject(life, fact)
        /\ ~(fact.node \in DOMAIN life.agents /\ life.agents[fact.node])
  IN SelectSeq(facts, Stray)
\* What R holds that a K has accepted, and that does not stand in the list: its end is on its way up.
Fallen(life, facts) ==
  LET Covers(fact, uid) == fact.uid = uid \/ AdoptedFrom(uid, fact)
      Stands(uid) == \E i \in DOMAIN facts :
        ~facts[i].deleting /\ facts[i].phase # "Failed" /\ Covers(facts[i], uid)
  IN IF Is("listed-end-ignored") THEN {}
     ELSE {uid \in DOMAIN life.records :
             LET record == life.records[uid]
             IN ~Marked(record) /\ record.phase \notin {"created", "bound"} /\ ~Stands(uid)}
\* No K will ever see it.
IsUnseen(life, fact) == fact.node # "none" /\ fact.node \notin DOMAIN life.agents /\ ~Is("strays-block")

\* A precondition on the version of one that stock may be binding.
DeleteStray(fact) ==
  [type |-> "deleteStray", key |-> fact.uid, meta |-> fact.meta,
   rv |-> IF fact.node = "none" THEN <<fact.rv>> ELSE <<>>]
Deletions(facts) == [i \in DOMAIN facts |-> DeleteStray(facts[i])]

\* Once as many others as are asked for are ready.
UnseenDeleted(life, set) ==
  LET ready == Cardinality({uid \in RLive(life, set) : life.records[uid].ready})
      Mine(fact) == fact.set = set
      Other(fact) == fact.set # set
      Due(fact) == ~KnownObject(life, fact)
      mine == SelectSeq(life.strays, Mine)
  IN IF ready < life.seen[set][2] \/ mine = <<>> THEN Result(life, <<>>)
     ELSE Result([life EXCEPT !.strays = SelectSeq(@, Other)], Deletions(SelectSeq(mine, Due)))

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
      tidied == UnseenDeleted([marked EXCEPT !.minted = @ + count,
                              !.records = [uid \in DOMAIN @ \cup UidsOf(records) |->
                                 IF uid \in UidsOf(records) THEN RecordOf(records, uid) ELSE @[uid]]], set)
  IN [life |-> tidied.life, ended |-> done.ended \o ended, minted |-> done.minted \o records,
      out |-> done.out \o tidied.out]
RECURSIVE ReconciledSets(_, _, _)
ReconciledSets(me, done, sets) ==
  IF sets = <<>> THEN done ELSE ReconciledSets(me, ReconciledSet(me, done, Head(sets)), Tail(sets))

\* Nothing of R's own is under way any more: it has let go.  What the life before had under way a fresh R knows from S alone.
RAcknowledged(result) ==
  LET life == result.life
      underway == \E uid \in DOMAIN life.records : life.records[uid].phase \in {"created", "bound", "terminating"}
      knows == life.once \/ Is("acknowledge-unrecovered")
  IN IF life.due = <<>> \/ underway \/ ~knows THEN result
     ELSE Result([life EXCEPT !.due = <<>>], Append(result.out, Acknowledge("stock", life.due[1])))

Reconciled(me, result) ==
  LET done == ReconciledSets(me, [life |-> result.life, ended |-> <<>>, minted |-> <<>>, out |-> <<>>], Sets)
  IN IF result.life.phase # "serving" THEN RAcknowledged(result)
     ELSE RAcknowledged(Result(done.life, result.out \o done.out
       \o ToScheduler(me, done.life, done.ended # <<>>, [kind |-> "Terminate", uids |-> done.ended])
       \o ToScheduler(me, done.life, done.minted # <<>>, [kind |-> "Assign", records |-> done.minted])))

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
\* A list may come after the watch has told what came later.
RSees(me, life, set, fact) ==
  LET isOlder == fact[1] < life.seen[set][1] /\ ~Is("old-sets-heeded")
  IN Reconciled(me, Result(IF isOlder THEN life ELSE [life EXCEPT !.seen[set] = fact], <<>>))
\* The owner switch.
RSeesOwner(me, life, switch) ==
  LET heard == [life EXCEPT !.heard = switch]
  IN CASE switch[1] = "stock" ->
            Reconciled(me, Result([heard EXCEPT !.phase = "released", !.due = <<switch[2]>>], <<>>))
       [] life.phase = "released" -> Result(heard, <<Restart(me)>>)
       [] life.phase = "serving" -> Reconciled(me, Result(heard, <<>>))
       [] OTHER -> Reconciled(me, Result([heard EXCEPT !.back = <<switch[2]>>], <<>>))

\* Taking back: all API servers have seen the switch; the Nodes, the Pods, the ReplicaSets, each listed consistently.
RReads(of) == [type |-> "read", token |-> <<"list">>, of |-> of]
Propagates(life) == [life EXCEPT !.phase = "propagating", !.timers = @ \cup {<<"propagation">>}]
RPropagated(me, life) ==
  Reconciled(me, IF life.phase = "propagating" THEN Result([life EXCEPT !.phase = "comparing"], <<RReads("nodes")>>)
                 ELSE Result(life, <<>>))
RAgents(me, life, nodes) ==
  LET here == {node \in DOMAIN nodes : nodes[node].agent > 0}
      Undrained(fact) == fact.mark # <<>> /\ (fact.drained = <<>> \/ Below(fact.drained[1], fact.mark[1]))
  IN Reconciled(me, IF life.phase # "comparing" THEN Result(life, <<>>)
       ELSE Result([life EXCEPT !.agents = [node \in here |-> Undrained(nodes[node])]], <<RReads("all")>>))
RCompares(me, life, facts) ==
  LET strays == StraysOf(life, facts)
      noted == [life EXCEPT !.strays = strays]
      Unbound(fact) == fact.node = "none"
  IN Reconciled(me,
       CASE life.phase # "comparing" -> Result(life, <<>>)
         [] life.state = "open" /\ Fallen(life, facts) = {} /\ \A i \in DOMAIN strays : IsUnseen(life, strays[i]) ->
              Result([noted EXCEPT !.phase = "rereading"], <<[type |-> "relist"]>>)
         [] OTHER -> Result(Propagates(noted), Deletions(SelectSeq(strays, Unbound))))
RSynced(me, life) ==
  Reconciled(me, IF life.phase # "rereading" THEN Result(life, <<>>)
                 ELSE Result([life EXCEPT !.phase = "serving", !.back = <<>>], <<Acknowledge("direct", life.back[1])>>))

RRetries(me, life, set) ==
  Reconciled(me, Result(IF set \notin DOMAIN life.backoff THEN life
                        ELSE [life EXCEPT !.backoff[set].waiting = FALSE], <<>>))
=============================================================================
