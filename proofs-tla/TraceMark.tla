------------------------------ MODULE TraceMark ------------------------------
(***************************************************************************)
(* The rule: a recorded step of S, as far as the cancellation of one node  *)
(* goes, is what the spec says (protocol 6).  A node whose link is not     *)
(* open for the length of a timer is read, marked with S's incarnation and *)
(* session over the Node that was read, and given up when a read of S's    *)
(* own Lease, begun after the mark was written, shows that S still leads.  *)
(* Where the Node is gone, or another, there is nothing to mark.  From the *)
(* moment that the mark was asked for an `Offer` waits; then, and after    *)
(* the cancellation, only one that shows the drain is answered.  Under     *)
(* `stock` only a Node that is gone is given up.  A mark of a newer leader *)
(* ends it.  `CancellingEnd` has the same for the worlds, with the link.   *)
(*                                                                         *)
(* What the node's link heard (`opened`, `closed`, `offered`) its own      *)
(* judge says, and what the watch shows of the Node is given.              *)
(*                                                                         *)
(* A track is one node in one life of S: `me` is [incarnation, uid, ready, *)
(* owner] as it came to be known.  A line is                               *)
(*   event   [kind]: what the step was given                               *)
(*   hears   what of it reaches the cancellation, in order: [kind, ...]    *)
(*           "fired", "read" (number, fact, n, free), "marked" (mark,      *)
(*           outcome), "lease" (read, holder), "ready" (ready), "owner"    *)
(*           (owner), "gone", "replaced" (uid, ready), "again", "opened",  *)
(*           "closed", "offered" (offer); a fact is <<>> or                *)
(*           <<[uid, mark, rv]>>, an offer [n, drained, minted]            *)
(*   is      [state, uid, ready, owner, read, mark, held] after it         *)
(*   trying  number of the session that waits for its `Fetch`, or 0        *)
(*   next    <<>>, or <<[uid, ready]>> of the Node that takes the place    *)
(*   gone    the Node is known to be gone                                  *)
(*   acts    [do, detail], in order                                        *)
(***************************************************************************)
EXTENDS TraceRecords

MarkTurn(is) == [is |-> is, acts |-> <<>>]
MarkActs(turn, do, detail) == [turn EXCEPT !.acts = Append(@, [do |-> do, detail |-> detail])]
MarkTo(turn, state) == [turn EXCEPT !.is.state = state]

MarkTimer(turn, ready) == MarkActs(turn, "setTimer", <<ready>>)
MarkHangsUp(turn) == MarkActs(turn, "hangUp", <<>>)
MarkForgets(turn) == [turn EXCEPT !.is.mark = <<>>, !.is.held = <<>>]
MarkUnreachable(turn) == MarkTimer(MarkForgets(MarkTo(turn, "unreachable")), turn.is.ready)

MarkAsks(turn, state, do) ==
  LET read == turn.is.read + 1 IN MarkActs([MarkTo(turn, state) EXCEPT !.is.read = read], do, <<read>>)
MarkReads(turn, state) == MarkAsks(turn, state, "readNode")
MarkConfirms(turn) == MarkAsks(turn, "confirming", "readLease")
MarkWrites(me, turn, event) ==
  LET mark == <<me.incarnation, event.n>>
      fact == event.fact[1]
  IN MarkHangsUp(MarkActs([MarkTo(turn, "marking") EXCEPT !.is.mark = <<mark>>, !.is.held = <<>>],
                          "mark", <<mark, fact.uid, fact.rv>>))

MarkFetches(turn, offer) == MarkActs(turn, "fetch", <<offer.n>>)
ShownDrained(is, offer) ==
  IF is.mark = <<>> THEN ~offer.minted
  ELSE offer.drained # <<>> /\ ~Below(offer.drained[1], is.mark[1])

\* The next Node of that name takes the place: it is dialled.
MarkReplaced(turn, next) ==
  MarkHangsUp([turn EXCEPT !.is.uid = next.uid, !.is.ready = next.ready, !.is.mark = <<>>])
\* The Pods are given up, and what waited is judged: it is answered if its session still stands.
MarkGivesUp(turn, line) ==
  LET given == MarkActs([MarkTo(turn, "cancelled") EXCEPT !.is.held = <<>>], "giveUp", <<>>)
      placed == IF line.next # <<>> THEN MarkReplaced(given, line.next[1])
                ELSE IF line.gone THEN MarkActs(given, "forget", <<>>) ELSE given
      held == turn.is.held
  IN CASE held = <<>> -> placed
       [] held # <<>> /\ ~ShownDrained(turn.is, held[1]) -> MarkHangsUp(placed)
       [] held # <<>> /\ ShownDrained(turn.is, held[1]) /\ line.next = <<>> /\ line.trying = held[1].n ->
            MarkFetches(placed, held[1])
       [] OTHER -> placed

IsGoneNow(is, fact) == fact = <<>> \/ fact[1].uid # is.uid

MarkHearsNode(me, turn, event) ==
  LET is == turn.is
      fact == event.fact
      newer == ~IsGoneNow(is, fact) /\ fact[1].mark # <<>> /\ fact[1].mark[1][1] > me.incarnation
      over == MarkTo(turn, "ended")
  IN CASE is.state \notin {"reading", "readingAgain"} \/ event.number # is.read -> turn
       [] IsGoneNow(is, fact) -> MarkConfirms(MarkHangsUp(MarkForgets(turn)))
       [] is.state = "reading" /\ is.owner = "stock" -> MarkUnreachable(turn)
       [] newer -> IF event.free THEN MarkActs(over, "newer", fact[1].mark) ELSE over
       [] is.state = "readingAgain" /\ fact[1].mark # <<>> /\ fact[1].mark = is.mark -> MarkConfirms(turn)
       [] OTHER -> MarkWrites(me, turn, event)

MarkHearsAnswer(turn, event) ==
  IF turn.is.state # "marking" \/ turn.is.mark # <<event.mark>> THEN turn
  ELSE IF event.outcome = "conflict" THEN MarkReads(turn, "readingAgain")
  ELSE MarkConfirms(turn)

MarkHearsLease(me, turn, event, line) ==
  IF turn.is.state # "confirming" \/ event.read # turn.is.read THEN turn
  ELSE IF event.holder = me.incarnation THEN MarkGivesUp(turn, line)
  ELSE MarkActs(MarkTo(turn, "ended"), "stop", <<>>)

MarkHearsOffer(turn, offer) ==
  CASE turn.is.state \in {"unreachable", "reading"} -> MarkFetches(turn, offer)
    [] turn.is.state \in {"marking", "readingAgain", "confirming"} -> [turn EXCEPT !.is.held = <<offer>>]
    [] turn.is.state = "cancelled" ->
         IF ShownDrained(turn.is, offer) THEN MarkFetches(turn, offer) ELSE MarkHangsUp(turn)
    [] OTHER -> turn

MarkIsGone(turn) ==
  CASE turn.is.state = "reachable" -> MarkReads(MarkHangsUp(turn), "reading")
    [] turn.is.state = "unreachable" -> MarkReads(MarkActs(turn, "cancelTimer", <<>>), "reading")
    [] turn.is.state \in {"reading", "readingAgain"} -> MarkReads(turn, turn.is.state)
    [] OTHER -> turn

MarkOwned(turn, owner) ==
  LET kept == [turn EXCEPT !.is.owner = owner]
  IN CASE turn.is.state = "unreachable" /\ owner = "direct" /\ turn.is.owner = "stock" ->
            MarkTimer(kept, turn.is.ready)
       [] turn.is.state = "reading" /\ owner = "stock" -> MarkUnreachable(kept)
       [] OTHER -> kept

MarkHears(me, turn, event, line) ==
  LET state == turn.is.state
  IN CASE event.kind = "fired" ->
            IF state = "unreachable" /\ turn.is.owner # "stock" THEN MarkReads(turn, "reading") ELSE turn
       [] event.kind = "read" -> MarkHearsNode(me, turn, event)
       [] event.kind = "marked" -> MarkHearsAnswer(turn, event)
       [] event.kind = "lease" -> MarkHearsLease(me, turn, event, line)
       [] event.kind = "offered" -> MarkHearsOffer(turn, event.offer)
       [] event.kind = "opened" ->
            (CASE state = "unreachable" -> MarkActs(MarkTo(turn, "reachable"), "cancelTimer", <<>>)
               [] state \in {"reading", "cancelled"} -> MarkTo(turn, "reachable")
               [] OTHER -> turn)
       [] event.kind = "closed" -> IF state = "reachable" THEN MarkUnreachable(turn) ELSE turn
       [] event.kind = "ready" ->
            LET kept == [turn EXCEPT !.is.ready = event.ready]
            IN IF state = "unreachable" /\ turn.is.ready /\ ~event.ready THEN MarkTimer(kept, FALSE) ELSE kept
       [] event.kind = "owner" -> MarkOwned(turn, event.owner)
       [] event.kind = "gone" -> MarkIsGone(turn)
       [] event.kind = "replaced" -> MarkReplaced(turn, event)
       \* The Node that was given up is shown after all: it is dialled.
       [] event.kind = "again" -> IF state = "cancelled" THEN MarkHangsUp(turn) ELSE turn

RECURSIVE MarkHearsAll(_, _, _, _)
MarkHearsAll(me, turn, hears, line) ==
  IF hears = <<>> THEN turn ELSE MarkHearsAll(me, MarkHears(me, turn, Head(hears), line), Tail(hears), line)

MarkBorn(me) ==
  [state |-> "", uid |-> me.uid, ready |-> me.ready, owner |-> me.owner, read |-> 0, mark |-> <<>>, held |-> <<>>]

MarkJudged(me, life, line) ==
  LET turn == IF line.event.kind = "started" THEN MarkUnreachable(MarkTurn(life))
              ELSE MarkHearsAll(me, MarkTurn(life), line.hears, line)
  IN [life |-> line.is,
      faults |-> IF turn.is = line.is /\ turn.acts = line.acts THEN {}
                 ELSE {<<"the step of S for this node is another", "expected", turn.is, turn.acts,
                         "got", line.is, line.acts>>}]
==============================================================================
