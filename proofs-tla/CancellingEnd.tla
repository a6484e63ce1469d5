---------------------------- MODULE CancellingEnd ----------------------------
(***************************************************************************)
(* The rule (protocol 6), at S: a node whose link is not open for the      *)
(* length of a timer is read consistently, and marked with S's incarnation *)
(* and session, never over a mark of a newer leader.  When the mark is     *)
(* written, S reads its own Lease; only if it still holds it then are the  *)
(* node's Pods given up.  From the moment that the mark was asked for, an  *)
(* `Offer` waits until the mark's fate is known; after the cancellation    *)
(* the node opens only by an `Offer` that shows the drain.  A mark of a    *)
(* newer leader makes S look at its own Lease: it stops, or starts again.  *)
(*                                                                         *)
(* One life of S as far as one node goes: `machines/ownership/             *)
(* cancellation.ts` and `link/upstreamSide.ts` in the composition of       *)
(* `impl/explorer/stubs/canceller.ts`.                                     *)
(*                                                                         *)
(*   fact     [rv, mark, drained] of a Node; mark, drained <<>> or <<fence>> *)
(*   cancel   [state, read, mark, held]; held <<>> or <<offer>>            *)
(***************************************************************************)
EXTENDS LowerEnd

NotCancelled == [state |-> "unreachable", read |-> 0, mark |-> <<>>, held |-> <<>>]

\* A life that begins: it dials, and the timer runs.
CancellingFresh ==
  [state |-> "dialling", n |-> 1, offer |-> <<>>, fence |-> <<0, 0>>, records |-> <<>>,
   minted |-> 0, dial |-> <<1>>, reads |-> <<>>, marks |-> <<>>, timer |-> TRUE,
   newer |-> <<>>, cancel |-> NotCancelled]

\* Written only over the Node that was read.
WriteMark(mark, rv) == [type |-> "mark", mark |-> mark, rv |-> rv]

Reads(life, token, of, value) == [life EXCEPT !.reads = Plus(@, Reading(token, of, value))]
Then(result, life, out) == Result(life, result.out \o out)

\* The next read of the Node, or of the own Lease, by this cancellation.
AskNode(life, state, node) ==
  LET read == life.cancel.read + 1
  IN Reads([life EXCEPT !.cancel.state = state, !.cancel.read = read], <<"cancel", read>>, "node", node)

\* ---- What the link and the cancellation ask of each other -------------------

Opened(life) ==
  CASE life.cancel.state = "unreachable" ->
         [life EXCEPT !.cancel.state = "reachable", !.timer = FALSE]
    [] life.cancel.state \in {"reading", "cancelled"} -> [life EXCEPT !.cancel.state = "reachable"]
    [] OTHER -> life

Closed(life) ==
  IF life.cancel.state = "reachable"
  THEN [life EXCEPT !.cancel = [@ EXCEPT !.state = "unreachable", !.mark = <<>>, !.held = <<>>],
                    !.timer = TRUE]
  ELSE life

\* The session is no more: the next number.
Parted(life) == IF life.state = "open" THEN Closed(UpNext(life)) ELSE UpNext(life)
Trying(life) == life.state \in {"dialling", "greeting", "verifying", "fetching", "open"}

HangUp(me, result) ==
  LET life == result.life
  IN Then(result, IF Trying(life) THEN Parted(life) ELSE life, <<Disconnect(UpSession(me, life))>>)

Admit(me, result, offer) ==
  LET life == result.life
      fetch == [kind |-> "Fetch", session |-> offer.session,
                uids |-> Wanted(life.records, offer.held),
                tombstones |-> KnownTombstones(life.records, offer.held)]
      stands == life.state \in {"verifying", "fetching", "open"} /\ UpSession(me, life) = offer.session
  IN Then(result, life, IF stands THEN <<Send(fetch)>> ELSE <<>>)

ShowsDrain(cancel, offer) ==
  Is("adopt-undrained") \/ (offer.drained # <<>> /\ ~Below(offer.drained[1], cancel.mark[1]))

Offered(me, result, offer) ==
  LET cancel == result.life.cancel
  IN CASE cancel.state \in {"unreachable", "reading"} -> Admit(me, result, offer)
       [] cancel.state \in {"marking", "readingAgain", "confirming"} ->
            [result EXCEPT !.life.cancel.held = <<offer>>]
       [] cancel.state = "cancelled" ->
            IF ShowsDrain(cancel, offer) THEN Admit(me, result, offer) ELSE HangUp(me, result)
       [] OTHER -> result

\* The Pods are given up; an `Offer` that waited is judged.
Cancelled(me, result) ==
  LET held == result.life.cancel.held
      given == [result EXCEPT !.life.records = <<>>, !.life.cancel.state = "cancelled",
                              !.life.cancel.held = <<>>]
  IN IF held = <<>> THEN given
     ELSE IF ShowsDrain(result.life.cancel, held[1]) THEN Admit(me, given, held[1])
     ELSE HangUp(me, given)

\* The mark is asked for, and the session is over.
Mark(me, life, state, fact) ==
  LET mark == <<me, life.n>>
  IN HangUp(me, Result([life EXCEPT !.cancel = [@ EXCEPT !.state = state, !.mark = <<mark>>, !.held = <<>>]],
                       <<WriteMark(mark, fact.rv)>>))

\* The mark stands: was it ours to write?
Confirm(me, life, lease) ==
  LET read == life.cancel.read + 1
      asked == Reads([life EXCEPT !.cancel.state = "confirming", !.cancel.read = read],
                     <<"confirm", read>>, "up", lease)
  IN IF Is("cancel-unconfirmed") THEN Cancelled(me, Result(asked, <<>>)) ELSE Result(asked, <<>>)

\* ---- Events ------------------------------------------------------------------

CancellingConnected(me, life, n) == UpConnected(me, life, n)

CancellingBroken(me, life, n) ==
  Result(IF n = life.n /\ Trying(life) THEN Parted(life) ELSE life, <<>>)

\* The records after the table of the handshake, then `Terminate` of every tombstone.
CancellingReceived(me, life, message, lease) ==
  CASE life.state = "greeting" /\ message.kind = "Offer" /\ UpIsThisAttempt(me, life, message) ->
         LET offer == [session |-> message.session, held |-> message.held, drained |-> message.drained]
         IN Result(Reads([life EXCEPT !.state = "verifying", !.offer = <<offer>>],
                         <<"peer", life.n>>, "down", 1), <<>>)
    [] life.state = "greeting" /\ message.kind = "Rejected" /\ UpIsThisAttempt(me, life, message) ->
         Result(Reads([life EXCEPT !.state = "reviewing", !.fence = message.fence],
                      <<"own", life.n>>, "up", lease),
                <<Disconnect(UpSession(me, life))>>)
    [] life.state = "fetching" /\ message.kind = "State" /\ UpIsThisSession(me, life, message) ->
         LET result == UpOpened(me, life, message)
         IN [result EXCEPT !.life = Opened(@)]
    [] life.state = "open" /\ message.kind \in UpTraffic /\ UpIsThisSession(me, life, message) ->
         Result([life EXCEPT !.records = UpTold(@, message)], <<>>)
    [] OTHER -> Result(life, <<>>)

\* A consistent read of a Lease; the agent of the node holds its own for good.
LeaseAnswered(me, life, token, holder) ==
  CASE life.state = "verifying" /\ token = <<"peer", life.n>> ->
         Offered(me, Result([life EXCEPT !.state = "fetching"], <<>>), life.offer[1])
    [] life.state = "reviewing" /\ token = <<"own", life.n>> ->
         Result([life EXCEPT !.state = "ended"],
                <<IF holder = me THEN Restart(Max(life.fence[1], me)) ELSE Stop>>)
    [] life.cancel.state = "confirming" /\ token = <<"confirm", life.cancel.read>> ->
         IF holder = me THEN Cancelled(me, Result(life, <<>>))
         ELSE Result([life EXCEPT !.cancel.state = "ended"], <<Stop>>)
    [] life.newer # <<>> /\ token = <<"newer">> \o life.newer[1] ->
         Result(life, <<IF holder = me THEN Restart(Max(life.newer[1][1], me)) ELSE Stop>>)
    [] OTHER -> Result(life, <<>>)

\* A consistent read of the Node.
NodeAnswered(me, life, token, fact, lease) ==
  CASE life.cancel.state \notin {"reading", "readingAgain"} \/ token # <<"cancel", life.cancel.read>> ->
         Result(life, <<>>)
    [] fact.mark # <<>> /\ fact.mark[1][1] > me /\ ~Is("mark-over-higher") ->
         LET over == [life EXCEPT !.cancel.state = "ended"]
         IN Result(IF life.newer # <<>> THEN over
                   ELSE Reads([over EXCEPT !.newer = fact.mark], <<"newer">> \o fact.mark[1], "up", lease),
                   <<>>)
    [] life.cancel.state = "readingAgain" /\ fact.mark # <<>> /\ fact.mark = life.cancel.mark ->
         Confirm(me, life, lease)
    [] life.cancel.state = "reading" /\ Is("invalidate-before-mark") ->
         Cancelled(me, Mark(me, life, "cancelled", fact))
    [] OTHER -> Mark(me, life, "marking", fact)

\* The answer to the mark.
MarkAnswered(me, life, answer, node, lease) ==
  IF life.cancel.state # "marking" \/ life.cancel.mark # <<answer.mark>> THEN Result(life, <<>>)
  ELSE IF answer.outcome = "conflict" THEN Result(AskNode(life, "readingAgain", node), <<>>)
  ELSE Confirm(me, life, lease)

\* The node was out of reach for the length of the timer.
TimedOut(life, node) ==
  LET quiet == [life EXCEPT !.timer = FALSE]
  IN Result(IF life.cancel.state = "unreachable" THEN AskNode(quiet, "reading", node) ELSE quiet, <<>>)
=============================================================================
