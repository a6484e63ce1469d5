---------------------------- MODULE AnsweringSide ----------------------------
(***************************************************************************)
(* The rule (protocol 3, the barrier): a stage answers a `Hello` only when *)
(* its own downstream links have been open once in this incarnation; until *)
(* then the `Hello` waits.  A newer one takes its place; a fence that      *)
(* covers it sends it away.  Then it is verified, and only then offered.   *)
(*                                                                         *)
(* The downstream's side of a link in full:                                *)
(* `machines/ownership/link/downstreamSide.ts`.  It holds no record: what  *)
(* it asks of the stage around it is what comes out, in order.             *)
(*                                                                         *)
(*   side     [state, fence, hello, seen, passed]                          *)
(***************************************************************************)
EXTENDS DrainingEnd

FreshSide(fence) ==
  [state |-> "closed", fence |-> fence, hello |-> <<>>, seen |-> 0, passed |-> FALSE]

\* What it asks for.
Asks(side, outputs) == [side |-> side, outputs |-> outputs]
Nothing(side) == Asks(side, <<>>)
Does(effect) == [type |-> "effect", effect |-> effect]
AskVerify == [type |-> "verify"]
Shut == [type |-> "closed"]

HungUp(me, side) == Does(Disconnect(DownSession(me, side)))

\* A `Hello` waits for the barrier.
Considered(asked) ==
  IF asked.side.state = "waiting" /\ (asked.side.passed \/ Is("hello-before-barrier"))
  THEN Asks([asked.side EXCEPT !.state = "verifying"], asked.outputs \o <<AskVerify>>)
  ELSE asked

SideHello(me, side, hello) ==
  CASE side.state \in {"reviewing", "ended"} -> Nothing(side)
    [] side.state \in {"waiting", "verifying"} /\ HelloIsUnderWay(side, hello) -> Nothing(side)
    [] HelloIsNewer(side, hello) ->
         Considered(Asks([side EXCEPT !.state = "waiting", !.hello = <<hello>>],
           CASE side.state = "closed" -> <<>>
             [] side.state \in {"waiting", "verifying"} -> <<HungUp(me, side)>>
             [] side.state \in {"offered", "open"} -> <<HungUp(me, side), Shut>>))
    [] OTHER -> Asks(side, <<Does(Reject(side, hello, "old"))>>)

SideTraffic == {"Assign", "Terminate", "Invalidated"}

SideReceived(me, side, message) ==
  CASE message.kind = "Hello" -> SideHello(me, side, message.session)
    [] side.state = "offered" /\ message.kind = "Fetch" /\ DownIsThisSession(me, side, message) ->
         Asks([side EXCEPT !.state = "open"], <<[type |-> "state", fetch |-> message]>>)
    [] side.state = "offered" /\ message.kind = "Rejected" /\ DownIsThisSession(me, side, message) ->
         Asks([side EXCEPT !.state = "reviewing", !.seen = message.fence[1], !.hello = <<>>],
              <<Shut, [type |-> "review"]>>)
    [] side.state = "open" /\ message.kind \in SideTraffic /\ DownIsThisSession(me, side, message) ->
         Asks(side, <<[type |-> "delivered", message |-> message]>>)
    [] OTHER -> Nothing(side)

SideBroken(side, upstream, n) ==
  IF side.hello = <<>> THEN Nothing(side)
  ELSE IF FenceOf(side.hello[1]) # <<upstream, n>> THEN Nothing(side)
  ELSE Asks([side EXCEPT !.state = "closed", !.hello = <<>>],
            IF side.state \in {"offered", "open"} THEN <<Shut>> ELSE <<>>)

SideVerified(me, side, hello, accept) ==
  IF side.state # "verifying" THEN Nothing(side)
  ELSE IF FenceOf(side.hello[1]) # hello THEN Nothing(side)
  ELSE IF accept
  THEN Asks([side EXCEPT !.state = "offered", !.fence = Highest(@, hello)], <<[type |-> "offer"]>>)
  ELSE Asks([side EXCEPT !.state = "closed", !.hello = <<>>],
            <<Does(Reject(side, side.hello[1], "notTheLeader"))>>)

SideFenced(me, side, fence) ==
  LET raised == [side EXCEPT !.fence = Highest(@, fence)]
      covers == side.hello # <<>> /\ ~Below(fence, FenceOf(side.hello[1]))
      shut == [raised EXCEPT !.state = "closed", !.hello = <<>>]
  IN CASE covers /\ side.state \in {"waiting", "verifying"} ->
            Asks(shut, <<Does(Reject(raised, side.hello[1], "old"))>>)
       [] covers /\ side.state \in {"offered", "open"} -> Asks(shut, <<HungUp(me, side), Shut>>)
       [] OTHER -> Nothing(raised)

SidePassed(side) == Considered(Nothing([side EXCEPT !.passed = TRUE]))

\* The own Lease was read, after the own `Offer` was refused.
SideReviewed(me, side, seen, lease) ==
  IF side.state # "reviewing" \/ side.seen # seen THEN Nothing(side)
  ELSE Asks([side EXCEPT !.state = "ended"],
            <<Does(IF lease = me THEN Restart(Max(seen, me)) ELSE Stop)>>)

\* ---- News, with the reason of what is lost or refused ------------------------

Uid(item) == item.uid
LastOf(items) == Last(items, Uid)

MessagesOf(news, session) ==
  LET one(present, message) == IF present THEN <<Send(message)>> ELSE <<>>
  IN one(news.assigned # <<>>, [kind |-> "Assigned", session |-> session, pods |-> LastOf(news.assigned)])
     \o one(news.changed # <<>> \/ news.adopted # <<>> \/ news.lost # <<>>,
         [kind |-> "Invalidate", session |-> session, changed |-> LastOf(news.changed),
          adopted |-> LastOf(news.adopted), lost |-> LastOf(news.lost)])
     \o one(news.refused # <<>>,
         [kind |-> "Refused", session |-> session, pods |-> LastOf(news.refused)])
     \o one(news.terminated # <<>>,
         [kind |-> "Terminated", session |-> session, uids |-> FirstUids(news.terminated)])

\* News at the end of a step: sent, queued or dropped by the state of the link.
Flushed(me, side, queued, news) ==
  CASE side.state = "offered" -> [queued |-> AddNews(queued, news), out |-> <<>>]
    [] side.state = "open" ->
         [queued |-> NoNews, out |-> MessagesOf(AddNews(queued, news), DownSession(me, side))]
    [] OTHER -> [queued |-> NoNews, out |-> <<>>]
=============================================================================
