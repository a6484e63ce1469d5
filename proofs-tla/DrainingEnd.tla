----------------------------- MODULE DrainingEnd -----------------------------
(***************************************************************************)
(* The rule (protocol 6), at K: a `Hello` is answered only after the mark  *)
(* on the Node was read consistently.  A mark raises the fence, and closes *)
(* every session that is not above it.  If it is not older than the leader *)
(* accepted before (then it is void), and newer than the last drain, every *)
(* Pod is ended; when all are gone the drain is persisted and written on   *)
(* the Node, and only then is a `Hello` looked at again.  A mark seen by   *)
(* the watch does the same.                                                *)
(*                                                                         *)
(* The life of K as far as that goes: `machines/ownership/mark.ts` and     *)
(* `link/downstreamSide.ts` in the composition of                          *)
(* `impl/explorer/stubs/drainer.ts`; its containers start and stop in      *)
(* their own time.                                                         *)
(***************************************************************************)
EXTENDS CancellingEnd

StartPod(uid) == [type |-> "startPod", uid |-> uid]
StopPod(uid) == [type |-> "stopPod", uid |-> uid]
ReadNode(read) == [type |-> "readNode", read |-> read]
ReportDrain(mark) == [type |-> "reportDrain", mark |-> mark]

Goes(turn, out) == [turn EXCEPT !.out = @ \o out]

\* A Pod ends: it is marked, then its containers are stopped.
EndPod(me, turn, uid) ==
  LET wasLive == uid \in DOMAIN turn.life.records /\ ~Marked(turn.life.records[uid])
      marked == TerminateAll(me, turn, <<uid>>)
  IN IF wasLive THEN Goes(marked, <<StopPod(uid)>>) ELSE marked
RECURSIVE EndPods(_, _, _)
EndPods(me, turn, uids) ==
  IF uids = <<>> THEN turn ELSE EndPods(me, EndPod(me, turn, Head(uids)), Tail(uids))

StartPods(me, turn, records) ==
  Goes(AssignAll(me, turn, records), [i \in DOMAIN records |-> StartPod(records[i].uid)])

\* ---- The mark ---------------------------------------------------------------

\* Every session that is not above the fence is closed.
Fenced(me, turn, fence) ==
  LET life == turn.life
      raised == [life EXCEPT !.fence = Highest(@, fence)]
      covers == life.hello # <<>> /\ ~Below(fence, FenceOf(life.hello[1]))
      shut == [raised EXCEPT !.state = "closed", !.hello = <<>>, !.queued = NoNews]
  IN CASE covers /\ life.state = "verifying" ->
            Goes([turn EXCEPT !.life = shut], <<Reject(raised, life.hello[1], "old")>>)
       [] covers /\ life.state \in {"offered", "open"} ->
            Goes([turn EXCEPT !.life = shut], <<Disconnect(DownSession(me, life))>>)
       [] OTHER -> [turn EXCEPT !.life = raised]

Newer(mark, known) == known = <<>> \/ Below(known[1], mark)
MustDrain(life, mark) ==
  /\ mark[1] >= life.accepted[1] \/ Is("old-mark-drains")
  /\ Newer(mark, life.drained) /\ Newer(mark, life.draining)

HeedMark(me, turn, mark) ==
  IF mark = <<>> THEN turn
  ELSE LET fenced == IF Is("drain-keeps-session") THEN turn ELSE Fenced(me, turn, mark[1])
       IN IF MustDrain(fenced.life, mark[1])
          THEN EndPods(me, [fenced EXCEPT !.life.draining = mark], Sorted(DOMAIN fenced.life.records))
          ELSE fenced

\* All are gone: persisted, and written on the Node.
CompleteDrain(turn) ==
  LET life == turn.life
  IN IF life.draining = <<>> \/ (DOMAIN life.records # {} /\ ~Is("drain-not-awaited")) THEN turn
     ELSE Goes([turn EXCEPT !.life.draining = <<>>, !.life.drained = life.draining],
               <<ReportDrain(life.draining[1])>>)

\* A `Hello` that waits has the Node read, unless a drain is under way.
VerifyHello(turn) ==
  LET life == turn.life
      read == life.read + 1
  IN IF life.waiting = <<>> \/ life.draining # <<>> THEN turn
     ELSE IF life.waiting[1].read > 0 THEN turn
     ELSE Goes([turn EXCEPT !.life.read = read, !.life.waiting[1].read = read], <<ReadNode(read)>>)

Done(me, turn) == Finish(me, VerifyHello(CompleteDrain(turn)))

\* ---- Events -----------------------------------------------------------------

DrainingHello(me, life, hello) ==
  CASE life.state = "verifying" /\ HelloIsUnderWay(life, hello) -> Turn(life, <<>>)
    [] HelloIsNewer(life, hello) ->
         LET hung == IF life.state = "closed" THEN <<>> ELSE <<Disconnect(DownSession(me, life))>>
         IN Turn([life EXCEPT !.state = "verifying", !.hello = <<hello>>,
                              !.queued = IF life.state \in {"offered", "open"} THEN NoNews ELSE @,
                              !.waiting = <<[hello |-> FenceOf(hello), read |-> 0]>>],
                 hung)
    [] OTHER -> Turn(life, <<Reject(life, hello, "old")>>)

\* The tombstones named are ended, then the records asked for are told.
DrainingFetched(me, life, message) ==
  LET Held(uid) == uid \in DOMAIN life.records
      marked == EndPods(me, Turn([life EXCEPT !.state = "open"], <<>>), SelectSeq(message.tombstones, Held))
      records == marked.life.records
      Stands(uid) == uid \in DOMAIN records
      asked == SelectSeq(message.uids, Stands)
  IN Goes(marked, <<Send([kind |-> "State", session |-> DownSession(me, life),
                          records |-> [i \in DOMAIN asked |-> records[asked[i]]]])>>)

DrainingReceived(me, life, message) ==
  Done(me,
    CASE message.kind = "Hello" -> DrainingHello(me, life, message.session)
      [] life.state = "offered" /\ message.kind = "Fetch" /\ DownIsThisSession(me, life, message) ->
           DrainingFetched(me, life, message)
      [] life.state = "open" /\ message.kind = "Terminate" /\ DownIsThisSession(me, life, message) ->
           EndPods(me, Turn(life, <<>>), message.uids)
      [] life.state = "open" /\ message.kind = "Assign" /\ DownIsThisSession(me, life, message) ->
           StartPods(me, Turn(life, <<>>), message.records)
      [] OTHER -> Turn(life, <<>>))

DrainingBroken(me, life, upstream, n) ==
  Done(me,
    IF life.hello # <<>> /\ FenceOf(life.hello[1]) = <<upstream, n>>
       /\ life.state \in {"verifying", "offered", "open"}
    THEN Turn([life EXCEPT !.state = "closed", !.hello = <<>>, !.queued = NoNews], <<>>)
    ELSE Turn(life, <<>>))

\* Whom K accepted it does not forget.
DrainingOffer(me, life) ==
  LET fence == FenceOf(life.hello[1])
      offered == Offer(me, [life EXCEPT !.accepted = Highest(@, fence)])
  IN [offered EXCEPT !.out[1].message = [kind |-> "Offer", session |-> @.session, held |-> @.held,
                                         drained |-> life.drained]]

\* The Node was read for a `Hello`: the mark first.
NodeRead(me, life, token, fact) ==
  Done(me,
    IF life.waiting = <<>> \/ token # <<"hello", life.waiting[1].read>> THEN Turn(life, <<>>)
    ELSE LET heeded == HeedMark(me, Turn(life, <<>>), fact.mark)
             after == heeded.life
             judged == [after EXCEPT !.waiting = <<>>]
         IN CASE after.draining # <<>> -> [heeded EXCEPT !.life.waiting[1].read = 0]
              [] after.state = "verifying" /\ FenceOf(after.hello[1]) = life.waiting[1].hello ->
                   LET offered == DrainingOffer(me, judged)
                   IN [offered EXCEPT !.out = heeded.out \o @, !.news = heeded.news]
              [] OTHER -> [heeded EXCEPT !.life = judged])

NodeSeen(me, life, node) ==
  Done(me, HeedMark(me, Turn([life EXCEPT !.seen = <<node.rv>>], <<>>), node.mark))

\* The containers of a Pod have stopped: it is gone.
PodStopped(me, life, uid) == Done(me, Tell(Drop(Turn(life, <<>>), uid), "terminated", <<uid>>))
=============================================================================
