------------------------------ MODULE UpperEnd ------------------------------
(***************************************************************************)
(* The rule (protocol 3): an upstream tries one session after another,     *)
(* numbered from 1 in each incarnation.  It says `Hello`, takes an `Offer` *)
(* only from the holder of the downstream's Lease, fetches the difference, *)
(* and the `State` opens the link.  A message that is not of its current   *)
(* session changes nothing.  Rejected, it looks at its own Lease: still    *)
(* the holder, it starts again above the fence; superseded, it stops.      *)
(* On opening it sends `Terminate` for every tombstone that it holds then. *)
(*                                                                         *)
(* One life of it: `machines/ownership/link/upstreamSide.ts` in the        *)
(* composition of `impl/explorer/stubs/upper.ts`.  A step takes a life and *)
(* an event, and gives the life after it and what goes out, in order.      *)
(***************************************************************************)
EXTENDS Handshake

\* Bags: reads that are under way, copies of messages.
Plus(bag, item) ==
  [one \in DOMAIN bag \cup {item} |->
     (IF one \in DOMAIN bag THEN bag[one] ELSE 0) + (IF one = item THEN 1 ELSE 0)]
Minus(bag, item) ==
  IF bag[item] > 1 THEN [bag EXCEPT ![item] = @ - 1]
  ELSE [one \in DOMAIN bag \ {item} |-> bag[one]]

\* A consistent read of a Lease: it may be answered by any value since it began.
Reading(token, of, lease) == [token |-> token, of |-> of, candidates |-> {lease}]

\* What goes out.
Send(message) == [type |-> "send", message |-> message]
Disconnect(session) == [type |-> "disconnect", session |-> session]
Restart(above) == [type |-> "restart", above |-> above]
Stop == [type |-> "stop"]
Result(life, out) == [life |-> life, out |-> out]
Max(a, b) == IF a > b THEN a ELSE b

UpFresh ==
  [state |-> "dialling", n |-> 1, offer |-> <<>>, fence |-> <<0, 0>>, records |-> <<>>,
   minted |-> 0, dial |-> <<1>>, reads |-> <<>>]

UpSession(me, life) ==
  <<me, IF life.offer = <<>> THEN 0 ELSE life.offer[1].session[2], life.n>>

UpIsThisAttempt(me, life, message) == message.session[1] = me /\ message.session[3] = life.n
UpIsThisSession(me, life, message) ==
  Is("old-session-messages") \/ message.session = UpSession(me, life)

\* The next session: it is dialled at once.
UpNext(life) ==
  [life EXCEPT !.state = "dialling", !.n = @ + 1, !.offer = <<>>, !.dial = <<life.n + 1>>]

UpConnected(me, life, n) ==
  IF life.state = "dialling" /\ n = life.n
  THEN Result([life EXCEPT !.state = "greeting"],
              <<Send([kind |-> "Hello", session |-> UpSession(me, life)])>>)
  ELSE Result(life, <<>>)

UpBroken(me, life, n) ==
  IF n = life.n /\ life.state \in {"dialling", "greeting", "verifying", "fetching", "open"}
  THEN Result(UpNext(life), <<>>)
  ELSE Result(life, <<>>)

UpOpened(me, life, message) ==
  LET records == Applied(life.records, life.offer[1].held, message.records)
      marked == Sorted({uid \in DOMAIN records : Marked(records[uid])})
  IN Result([life EXCEPT !.state = "open", !.records = records],
            IF marked = <<>> \/ Is("no-terminate-on-opening") THEN <<>>
            ELSE <<Send([kind |-> "Terminate", session |-> UpSession(me, life), uids |-> marked])>>)

RECURSIVE UpMergeAll(_, _)
UpMergeAll(records, statuses) ==
  IF statuses = <<>> THEN records
  ELSE LET status == Head(statuses)
           merged == Merge(records[status.uid], status)
           after == IF status.uid \notin DOMAIN records THEN records
                    ELSE IF Marked(merged) /\ Is("collect-tombstone-early")
                         THEN Without(records, {status.uid})
                         ELSE [records EXCEPT ![status.uid] = merged]
       IN UpMergeAll(after, Tail(statuses))

RECURSIVE UpAdopt(_, _)
UpAdopt(records, found) ==
  IF found = <<>> THEN records
  ELSE UpAdopt(IF Head(found).uid \in DOMAIN records THEN records ELSE Put(records, Head(found)),
               Tail(found))

UpTold(records, message) ==
  CASE message.kind = "Assigned" -> UpMergeAll(records, message.pods)
    [] message.kind = "Refused" -> Without(records, Range(message.uids))
    [] message.kind = "Terminated" -> Without(records, Range(message.uids))
    [] message.kind = "Invalidate" ->
         Without(UpMergeAll(UpAdopt(records, message.adopted), message.changed), Range(message.lost))

UpTraffic == {"Assigned", "Refused", "Terminated", "Invalidate"}

UpReceived(me, life, message, leases) ==
  CASE life.state = "greeting" /\ message.kind = "Offer" /\ UpIsThisAttempt(me, life, message) ->
         Result([life EXCEPT !.state = "verifying",
                             !.offer = <<[session |-> message.session, held |-> message.held]>>,
                             !.reads = Plus(@, Reading(<<"peer", life.n>>, "down", leases.down))],
                <<>>)
    [] life.state = "greeting" /\ message.kind = "Rejected" /\ UpIsThisAttempt(me, life, message) ->
         Result([life EXCEPT !.state = "reviewing", !.fence = message.fence,
                             !.reads = Plus(@, Reading(<<"own", life.n>>, "up", leases.up))],
                <<Disconnect(UpSession(me, life))>>)
    [] life.state = "fetching" /\ message.kind = "State" /\ UpIsThisSession(me, life, message) ->
         UpOpened(me, life, message)
    [] life.state = "open" /\ message.kind \in UpTraffic /\ UpIsThisSession(me, life, message) ->
         Result([life EXCEPT !.records = UpTold(@, message)], <<>>)
    [] OTHER -> Result(life, <<>>)

UpAnswered(me, life, token, lease) ==
  CASE life.state = "verifying" /\ token = <<"peer", life.n>> ->
         LET held == life.offer[1].held
             session == UpSession(me, life)
         IN IF lease = session[2] \/ Is("offer-unverified")
            THEN Result([life EXCEPT !.state = "fetching"],
                        <<Send([kind |-> "Fetch", session |-> session,
                                uids |-> Wanted(life.records, held),
                                tombstones |-> KnownTombstones(life.records, held)])>>)
            ELSE Result(UpNext(life),
                        <<Send([kind |-> "Rejected", session |-> session, fence |-> <<lease, 0>>,
                                reason |-> "notTheLeader"]),
                          Disconnect(session)>>)
    [] life.state = "reviewing" /\ token = <<"own", life.n>> ->
         Result([life EXCEPT !.state = "ended"],
                <<IF lease = me THEN Restart(Max(life.fence[1], me)) ELSE Stop>>)
    [] OTHER -> Result(life, <<>>)

\* What a Pod begins with.  While the link is closed it stays unsent.
UpMint(me, life) ==
  LET counter == life.minted + 1
      record == [uid |-> <<"r", me, counter>>, node |-> "none", phase |-> "created",
                 ready |-> FALSE, version |-> <<"up", me, counter>>]
  IN Result([life EXCEPT !.minted = counter, !.records = Put(@, record)],
            IF life.state = "open"
            THEN <<Send([kind |-> "Assign", session |-> UpSession(me, life), records |-> <<record>>])>>
            ELSE <<>>)

UpEnd(me, life, uid) ==
  Result([life EXCEPT !.records[uid] = [@ EXCEPT !.phase = "terminating", !.ready = FALSE]],
         IF life.state = "open"
         THEN <<Send([kind |-> "Terminate", session |-> UpSession(me, life), uids |-> <<uid>>])>>
         ELSE <<>>)
=============================================================================
