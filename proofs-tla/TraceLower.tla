------------------------------ MODULE TraceLower ------------------------------
(***************************************************************************)
(* The rule: a recorded step of a downstream end is a step of `LowerEnd`   *)
(* as far as the session goes.  What becomes of its records is decided     *)
(* below it, and is not modelled here; but it tells its upstream all of    *)
(* it, on an open link at once and from `Offer` on right after `State`,    *)
(* and nothing that is not so.  It confirms no Pod that it holds.          *)
(*                                                                         *)
(* K raises its fence to the mark on its Node, and takes a `Hello` when it *)
(* has read that mark (protocol 6): neither is an event of the link.       *)
(***************************************************************************)
EXTENDS TraceRecords

LowNews == {"Assigned", "Refused", "Terminated", "Invalidate", "Scaled", "GoneAcknowledged"}
LowProtocol == {"Rejected", "Offer", "State"}

LowBorn(line) ==
  [state |-> "closed", fence |-> line.fence, hello |-> <<>>, seen |-> 0, records |-> <<>>,
   queued |-> {}, ended |-> {}, reads |-> <<>>,
   doubtful |-> FALSE, doubted |-> {}]

\* The session part of `DownReceived`.
LowReceived(me, life, message) ==
  CASE message.kind = "Hello" -> DownHello(me, life, message.session, NoLeases)
    [] life.state = "offered" /\ message.kind = "Fetch" /\ DownIsThisSession(me, life, message) ->
         Turn([life EXCEPT !.state = "open"],
              <<Send([kind |-> "State", session |-> DownSession(me, life)])>>)
    [] life.state = "offered" /\ message.kind = "Rejected" /\ DownIsThisSession(me, life, message) ->
         Turn([life EXCEPT !.state = "reviewing", !.seen = message.fence[1], !.hello = <<>>,
                           !.reads = Plus(@, Reading(<<"own", message.fence[1]>>, "down", NoLeases.down))],
              <<>>)
    [] OTHER -> Turn(life, <<>>)

LowOffered(me, life) ==
  Turn([life EXCEPT !.state = "offered", !.fence = Highest(@, FenceOf(life.hello[1]))],
       <<Send([kind |-> "Offer", session |-> DownSession(me, life), held |-> <<>>])>>)

LowGiven(me, life, event) ==
  CASE event.kind = "received" ->
         IF event.message.kind = "Hello" /\ event.wrong
         THEN Turn(life, <<Reject(life, event.message.session, "wrongPeer")>>)
         ELSE LowReceived(me, life, event.message)
    [] event.kind = "broken" ->
         IF life.hello # <<>> /\ FenceOf(life.hello[1]) = <<event.upstream, event.n>>
              /\ life.state \in {"verifying", "offered", "open"}
         THEN Turn([life EXCEPT !.state = "closed", !.hello = <<>>], <<>>)
         ELSE Turn(life, <<>>)
    [] event.kind = "answered" ->
         IF event.token \notin TokensOf(life) THEN Turn(life, <<>>)
         ELSE LET told == [life EXCEPT !.reads = Minus(@, ReadOf(life, event.token))]
              IN CASE told.state = "verifying" /\ event.token = <<"verify", told.hello[1][1], told.hello[1][3]>> ->
                        IF event.lease = told.hello[1][1] THEN LowOffered(me, told)
                        ELSE Turn([told EXCEPT !.state = "closed", !.hello = <<>>],
                                  <<Reject(told, told.hello[1], "notTheLeader")>>)
                   [] told.state = "reviewing" /\ event.token = <<"own", told.seen>> ->
                        Turn([told EXCEPT !.state = "ended"],
                             <<IF event.lease = me THEN Restart(Max(told.seen, me)) ELSE Stop>>)
                   [] OTHER -> Turn(told, <<>>)
    [] OTHER -> Turn(life, <<>>)

\* ---- K: the mark on its Node ------------------------------------------------

After(turn, next) == [life |-> next.life, news |-> turn.news, out |-> turn.out \o next.out]

Fenced(me, life, fence) ==
  LET raised == [life EXCEPT !.fence = Highest(@, fence)]
      closed == [raised EXCEPT !.state = "closed", !.hello = <<>>]
  IN IF life.hello = <<>> \/ Below(fence, FenceOf(life.hello[1])) THEN Turn(raised, <<>>)
     ELSE IF life.state = "verifying" THEN Turn(closed, <<Reject(raised, life.hello[1], "old")>>)
     ELSE Turn(closed, <<Disconnect(DownSession(me, life))>>)

LowPossible(me, turn, line) ==
  LET fenced(one) == After(one, Fenced(me, one.life, line.fence))
      offered(one) == After(one, LowOffered(me, one.life))
      Ready(one) == one.life.state = "verifying"
      first == {turn} \cup (IF line.node THEN {fenced(turn)} ELSE {})
  IN first \cup (IF line.node THEN {offered(one) : one \in {some \in first : Ready(some)}} ELSE {})

LowMatches(one, line) ==
  /\ line.state = one.life.state /\ line.fence = one.life.fence
  /\ line.hello = one.life.hello /\ line.seen = one.life.seen
  /\ Len(Of(line.sends, LowProtocol)) = Len(Sends(one.out))
  /\ \A i \in DOMAIN Sends(one.out) :
       LET mine == Of(line.sends, LowProtocol)[i]
           theirs == Sends(one.out)[i]
       IN mine.session = theirs.session /\ mine.kind = theirs.kind
            /\ (mine.kind = "Rejected" => SameMessage(mine, theirs))
  /\ line.hangups = Hangups(one.out)
  /\ line.over = Over(one.out)

\* ---- Records and news -------------------------------------------------------

\* What the messages of a step tell: records as they are, and uids that are gone.
ToldBy(message) ==
  CASE message.kind = "Assigned" -> Range(message.pods)
    [] message.kind = "Invalidate" -> Range(message.changed) \cup Range(message.adopted)
    [] OTHER -> {}
ToldGoneBy(message) ==
  CASE message.kind = "Invalidate" -> Range(message.lost)
    [] message.kind \in {"Refused", "Terminated"} -> Range(message.uids)
    [] OTHER -> {}

\* What was taken, and what is gone because the upstream wanted it so.
TakenBy(message) == IF message.kind = "Assigned" THEN UidsOf(message.pods) ELSE {}
ConfirmedBy(message) == IF message.kind = "Terminated" THEN Range(message.uids) ELSE {}

\* A message of the session that is open.
IsOf(me, life, event, kind) ==
  /\ event.kind = "received" /\ event.message.kind = kind
  /\ life.state = "open" /\ DownIsThisSession(me, life, event.message)

\* Uids that the upstream itself named for their end.
Named(event) ==
  IF event.kind # "received" THEN {}
  ELSE CASE event.message.kind = "Terminate" -> Range(event.message.uids)
         [] event.message.kind = "Fetch" -> Range(event.message.tombstones)
         [] OTHER -> {}

LowRecords(me, before, one, after, line) ==
  LET changed == {uid \in DOMAIN after : uid \notin DOMAIN before.records \/ after[uid] # before.records[uid]}
      OnlyMarked(uid) == uid \in Named(line.event) /\ uid \in DOMAIN before.records /\ Marked(after[uid])
      news == {uid \in changed : ~OnlyMarked(uid)}
      gone == DOMAIN before.records \ DOMAIN after
      told == UnionOver(line.sends, ToldBy)
      toldUids == {record.uid : record \in told}
      toldGone == UnionOver(line.sends, ToldGoneBy)
      states == Of(line.sends, {"State"})
      offers == Of(line.sends, {"Offer"})
      stated == IF states = <<>> THEN {} ELSE Range(states[1].records)
      statedUids == {record.uid : record \in stated}
      asked == IF line.event.kind = "received" /\ line.event.message.kind = "Fetch"
               THEN Range(line.event.message.uids) ELSE {}
      open == one.life.state = "open"
      IsSo(record) == record.uid \in toldGone \/ (record.uid \in DOMAIN after /\ record = after[record.uid])
      due == news \cup (IF states # <<>> THEN before.queued ELSE {})
      dueGone == gone \cup (IF states # <<>> THEN before.ended ELSE {})
      \* Of a Pod adopted since the Offer it tells how it was then and, in the same message, what it is now.
      IsToldAnew(record) == \E other \in told : other.uid = record.uid /\ other # record /\ IsSo(other)
  IN Unless(NeverBack(before.records, after), "a phase goes back")
     \cup Unless(\A record \in told : IsSo(record) \/ IsToldAnew(record), "it tells of a Pod what is not so")
     \cup Unless(\A record \in stated : IsSo(record) \/ record.uid \in toldUids, "State shows a record that is not so")
     \cup Unless(toldGone \cap DOMAIN after = {}, "it says that a Pod is gone which it holds")
     \cup Unless(states = <<>> \/ statedUids = asked \cap DOMAIN before.records \/ statedUids = asked \cap DOMAIN after,
                 "State does not answer the Fetch")
     \cup Unless(offers = <<>> \/ /\ Range(offers[1].held) =
                                      {[uid |-> uid, version |-> after[uid].version] : uid \in DOMAIN after}
                                  /\ Len(offers[1].held) = Cardinality(DOMAIN after),
                 "Offer does not show what it holds")
     \cup Unless(open => \A uid \in due : uid \in toldUids \/ uid \in toldGone
                                            \/ (uid \in statedUids /\ uid \in DOMAIN after /\ after[uid] \in stated)
                                            \/ (uid \notin DOMAIN after /\ uid \notin gone),
                 "a change is not told on an open link")
     \cup Unless(open => dueGone \subseteq toldGone, "an end is not told on an open link")

LowSpoken(me, before, one, line) ==
  LET news == Of(line.sends, LowNews)
      sessions == {DownSession(me, one.life)} \cup (IF line.node THEN {DownSession(me, before)} ELSE {})
  IN Unless(news = <<>> \/ one.life.state = "open" \/ (line.node /\ before.state = "open"),
            "it speaks on a link that is not open")
     \cup Unless(\A i \in DOMAIN news : news[i].session \in sessions, "it speaks in a session that is not open")

\* `Assign` and `Terminate` are heeded in their step; nothing is taken or confirmed without.
LowHeeded(me, before, after, line) ==
  LET assigned == IF IsOf(me, before, line.event, "Assign") THEN UidsOf(line.event.message.records) ELSE {}
      ended == IF IsOf(me, before, line.event, "Terminate") THEN Range(line.event.message.uids) ELSE {}
      taken == UnionOver(line.sends, TakenBy)
      gone == UnionOver(line.sends, ToldGoneBy)
      confirmed == UnionOver(line.sends, ConfirmedBy)
      Held(uid) == uid \in DOMAIN before.records
  IN Unless(\A uid \in assigned : uid \in taken \cup gone \/ Held(uid), "an Assign is not answered")
     \cup Unless(taken \subseteq assigned \cup before.queued, "it takes a Pod that was not assigned")
     \cup Unless(\A uid \in ended : uid \in DOMAIN after => Marked(after[uid]), "it does not heed a Terminate")
     \cup Unless(before.doubtful \/ \A uid \in ended : Held(uid) \/ uid \in confirmed, "it does not confirm a Pod that it does not hold")
     \cup Unless(\A uid \in confirmed : \/ uid \in Named(line.event) \cup before.ended \cup before.doubted
                                         \/ (Held(uid) /\ Marked(before.records[uid])),
                 "it confirms a Pod that nobody wanted to end")

\* The end after the line, and what is wrong with it.
LowJudged(me, life, line) ==
  LET given == LowGiven(me, life, line.event)
      after == AfterLine(life.records, line)
      possible == {one \in LowPossible(me, given, line) : LowMatches(one, line)}
      one == IF possible = {} THEN given ELSE CHOOSE some \in possible : TRUE
      answered == line.event.kind # "answered" \/ line.event.token \in TokensOf(life)
      \* A `Hello` waits for the barrier before its Lease is read.
      late == one.life.state = "verifying"
      reads == {read.token : read \in DOMAIN one.life.reads \ DOMAIN life.reads}
      verify == IF one.life.hello = <<>> THEN {}
                ELSE {<<"verify", one.life.hello[1][1], one.life.hello[1][3]>>}
      asked == Range(line.reads)
      unread == {read \in DOMAIN one.life.reads : read.token \in reads \ asked}
      lateReads == {Reading(token, "up", NoLeases.up) : token \in (asked \ reads) \cap verify}
      changed == {uid \in DOMAIN after : uid \notin DOMAIN life.records \/ after[uid] # life.records[uid]}
      offers == Of(line.sends, {"Offer"})
      offered == one.life.state = "offered" /\ life.state = "offered"
  IN [life |-> [one.life EXCEPT
                  !.records = after,
                  !.reads = [read \in (DOMAIN @ \ unread) \cup lateReads |-> 1],
                  \* In doubt of creates from before, it confirms later what it does not hold (protocol 5).
                  !.doubtful = IF offers = <<>> THEN @ ELSE offers[1].doubtful,
                  !.doubted = IF life.doubtful THEN @ \cup Named(line.event) ELSE @,
                  !.queued = IF offered THEN @ \cup (changed \ Named(line.event)) ELSE {},
                  !.ended = IF offered THEN (@ \cup (DOMAIN life.records \ DOMAIN after)) ELSE {}],
      faults |->
        Unless(answered, "a read is answered that was not asked for")
        \cup (IF possible = {}
              THEN {<<"the step of the link is another", "expected",
                      [state |-> given.life.state, fence |-> given.life.fence, hello |-> given.life.hello,
                       sends |-> Sends(given.out), hangups |-> Hangups(given.out), over |-> Over(given.out)],
                      "got", [state |-> line.state, fence |-> line.fence, hello |-> line.hello,
                              sends |-> Of(line.sends, LowProtocol), hangups |-> line.hangups, over |-> line.over]>>}
              ELSE {})
        \cup Unless(line.node \/ asked \subseteq reads \cup (IF late THEN verify ELSE {}),
                    "a Lease is read that the link does not ask for")
        \cup LowRecords(me, life, one, after, line)
        \cup LowHeeded(me, life, after, line)
        \cup LowSpoken(me, life, one, line)]
==============================================================================
