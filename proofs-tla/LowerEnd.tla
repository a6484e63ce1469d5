------------------------------ MODULE LowerEnd ------------------------------
(***************************************************************************)
(* The rule (protocol 3): a downstream accepts a `Hello` only if its       *)
(* (incarnation, n) is strictly above all that it has seen, and only from  *)
(* the holder of the upstream's Lease, read consistently after the `Hello` *)
(* came.  It then fences all older sessions and offers what it holds.      *)
(* From `Offer` on it queues every change, and sends it right after        *)
(* `State`; with no session it tells nobody, since the next handshake      *)
(* covers it.  `Terminate` of a uid that it does not hold is answered      *)
(* `Terminated`.  Refused itself, it looks at its own Lease, as an         *)
(* upstream does.                                                          *)
(*                                                                         *)
(* One life of it: `machines/ownership/link/downstreamSide.ts` in the      *)
(* composition of `impl/explorer/stubs/lower.ts`, with all that is below   *)
(* it folded in.  Its barrier is passed from the start.                    *)
(***************************************************************************)
EXTENDS UpperEnd

NoNews == [assigned |-> <<>>, changed |-> <<>>, adopted |-> <<>>, lost |-> <<>>,
           refused |-> <<>>, terminated |-> <<>>]
AddNews(news, more) == [field \in DOMAIN news |-> news[field] \o more[field]]

DownFresh ==
  [state |-> "closed", fence |-> <<0, 0>>, hello |-> <<>>, seen |-> 0, records |-> <<>>,
   changes |-> 0, found |-> 0, full |-> FALSE, queued |-> NoNews, reads |-> <<>>]

\* Fences <<incarnation, n>>.
Below(a, b) == a[1] < b[1] \/ (a[1] = b[1] /\ a[2] < b[2])
Highest(a, b) == IF Below(a, b) THEN b ELSE a
FenceOf(hello) == <<hello[1], hello[3]>>

\* The session that is tried or open, by the `Hello` that began it.
DownSession(me, life) ==
  IF life.hello = <<>> THEN <<0, me, 0>> ELSE <<life.hello[1][1], me, life.hello[1][3]>>
DownIsThisSession(me, life, message) ==
  Is("old-session-messages") \/ message.session = DownSession(me, life)

Bar(life) == IF life.hello = <<>> THEN life.fence ELSE Highest(life.fence, FenceOf(life.hello[1]))
HelloIsNewer(life, hello) == Is("no-fence") \/ Below(Bar(life), FenceOf(hello))
HelloIsUnderWay(life, hello) == life.hello # <<>> /\ FenceOf(hello) = FenceOf(life.hello[1])

\* ---- A turn: the life, the news for the upstream, what goes out -----------

Turn(life, out) == [life |-> life, news |-> NoNews, out |-> out]
Tell(turn, field, items) == [turn EXCEPT !.news[field] = @ \o items]

\* A record as it is now, under a new version.
Versioned(me, life, record) == [record EXCEPT !.version = <<"down", me, life.changes + 1>>]
Keep(turn, record) ==
  [turn EXCEPT !.life.changes = @ + 1, !.life.records = Put(@, record)]
Drop(turn, uid) == [turn EXCEPT !.life.records = Without(@, {uid})]

Change(me, turn, record) ==
  LET changed == Versioned(me, turn.life, record)
  IN Tell(Keep(turn, changed), "changed", <<changed>>)

RECURSIVE TerminateAll(_, _, _)
TerminateAll(me, turn, uids) ==
  IF uids = <<>> THEN turn
  ELSE LET uid == Head(uids)
           record == turn.life.records[uid]
           after ==
             IF uid \notin DOMAIN turn.life.records
             THEN IF Is("strangers-unconfirmed") THEN turn ELSE Tell(turn, "terminated", <<uid>>)
             ELSE IF Marked(record) THEN turn
             ELSE Change(me, turn, [record EXCEPT !.phase = "terminating", !.ready = FALSE])
       IN TerminateAll(me, after, Tail(uids))

RECURSIVE AssignAll(_, _, _)
AssignAll(me, turn, records) ==
  IF records = <<>> THEN turn
  ELSE LET taken == Versioned(me, turn.life, [Head(records) EXCEPT !.node = "below",
                                                !.phase = "running", !.ready = FALSE])
       IN AssignAll(me, Tell(Keep(turn, taken), "assigned", <<taken>>), Tail(records))

\* Of each uid the last, in the order of their last mention; of what ended, the first.
Last(items, Key(_)) ==
  LET indices == {i \in DOMAIN items : \A j \in DOMAIN items : j > i => Key(items[j]) # Key(items[i])}
      RECURSIVE Chosen(_)
      Chosen(i) == IF i > Len(items) THEN <<>>
                   ELSE (IF i \in indices THEN <<items[i]>> ELSE <<>>) \o Chosen(i + 1)
  IN Chosen(1)
LastRecords(items) == Last(items, LAMBDA item : item.uid)
LastUids(items) == Last(items, LAMBDA item : item)
FirstUids(items) ==
  LET RECURSIVE Chosen(_, _)
      Chosen(i, seen) ==
        IF i > Len(items) THEN <<>>
        ELSE (IF items[i] \in seen THEN <<>> ELSE <<items[i]>>) \o Chosen(i + 1, seen \cup {items[i]})
  IN Chosen(1, {})

\* Taken, then changed, then what ended.
NewsMessages(news, session) ==
  LET one(present, message) == IF present THEN <<Send(message)>> ELSE <<>>
  IN one(news.assigned # <<>>,
         [kind |-> "Assigned", session |-> session, pods |-> LastRecords(news.assigned)])
     \o one(news.changed # <<>> \/ news.adopted # <<>> \/ news.lost # <<>>,
         [kind |-> "Invalidate", session |-> session, changed |-> LastRecords(news.changed),
          adopted |-> LastRecords(news.adopted), lost |-> LastUids(news.lost)])
     \o one(news.refused # <<>>,
         [kind |-> "Refused", session |-> session, uids |-> LastUids(news.refused)])
     \o one(news.terminated # <<>>,
         [kind |-> "Terminated", session |-> session, uids |-> FirstUids(news.terminated)])

\* The end of a turn: news is sent, queued or dropped by the state of the link.
Finish(me, turn) ==
  CASE turn.life.state = "offered" ->
         Result([turn.life EXCEPT !.queued = AddNews(@, turn.news)], turn.out)
    [] turn.life.state = "open" ->
         Result([turn.life EXCEPT !.queued = NoNews],
                turn.out \o NewsMessages(AddNews(turn.life.queued, turn.news),
                                         DownSession(me, turn.life)))
    [] OTHER -> Result([turn.life EXCEPT !.queued = NoNews], turn.out)

\* ---- Events ---------------------------------------------------------------

Reject(life, hello, reason) ==
  Send([kind |-> "Rejected", session |-> hello, fence |-> life.fence, reason |-> reason])

\* A `Hello` is kept, and the upstream's Lease is read.
Verify(life, hello, leases) ==
  [life EXCEPT !.state = "verifying", !.hello = <<hello>>,
               !.reads = Plus(@, Reading(<<"verify", hello[1], hello[3]>>, "up", leases.up))]

DownHello(me, life, hello, leases) ==
  CASE life.state \in {"reviewing", "ended"} -> Turn(life, <<>>)
    [] life.state = "verifying" /\ HelloIsUnderWay(life, hello) -> Turn(life, <<>>)
    [] OTHER ->
         IF HelloIsNewer(life, hello)
         THEN LET hung == IF life.state = "closed" THEN <<>> ELSE <<Disconnect(DownSession(me, life))>>
                  rest == IF life.state \in {"offered", "open"} THEN [life EXCEPT !.queued = NoNews]
                          ELSE life
              IN Turn(Verify(rest, hello, leases), hung)
         ELSE Turn(life, <<Reject(life, hello, "old")>>)

\* The tombstones named are ended, then the records asked for are told.
DownFetched(me, life, message) ==
  LET Held(uid) == uid \in DOMAIN life.records
      marked == TerminateAll(me, Turn([life EXCEPT !.state = "open"], <<>>),
                             SelectSeq(message.tombstones, Held))
      records == marked.life.records
      Stands(uid) == uid \in DOMAIN records
      asked == SelectSeq(message.uids, Stands)
  IN [marked EXCEPT !.out =
        <<Send([kind |-> "State", session |-> DownSession(me, life),
                records |-> [i \in DOMAIN asked |-> records[asked[i]]]])>>]

DownDelivered(me, life, message) ==
  CASE message.kind = "Terminate" -> TerminateAll(me, Turn(life, <<>>), message.uids)
    [] message.kind = "Assign" /\ ~life.full -> AssignAll(me, Turn(life, <<>>), message.records)
    [] message.kind = "Assign" /\ life.full ->
         Tell(Turn([life EXCEPT !.full = FALSE], <<>>), "refused",
              [i \in DOMAIN message.records |-> message.records[i].uid])

DownReceived(me, life, message, leases) ==
  Finish(me,
    CASE message.kind = "Hello" -> DownHello(me, life, message.session, leases)
      [] life.state = "offered" /\ message.kind = "Fetch" /\ DownIsThisSession(me, life, message) ->
           DownFetched(me, life, message)
      [] life.state = "offered" /\ message.kind = "Rejected" /\ DownIsThisSession(me, life, message) ->
           LET seen == message.fence[1]
           IN Turn([life EXCEPT !.state = "reviewing", !.seen = seen, !.hello = <<>>, !.queued = NoNews,
                                !.reads = Plus(@, Reading(<<"own", seen>>, "down", leases.down))],
                   <<>>)
      [] life.state = "open" /\ message.kind \in {"Assign", "Terminate"}
           /\ DownIsThisSession(me, life, message) ->
           DownDelivered(me, life, message)
      [] OTHER -> Turn(life, <<>>))

DownBroken(me, life, upstream, n) ==
  Finish(me,
    IF life.hello # <<>> /\ FenceOf(life.hello[1]) = <<upstream, n>>
       /\ life.state \in {"verifying", "offered", "open"}
    THEN Turn([life EXCEPT !.state = "closed", !.hello = <<>>, !.queued = NoNews], <<>>)
    ELSE Turn(life, <<>>))

Offer(me, life) ==
  LET held == Sorted(DOMAIN life.records)
  IN Turn([life EXCEPT !.state = "offered", !.fence = Highest(@, FenceOf(life.hello[1])),
                       !.queued = NoNews],
          <<Send([kind |-> "Offer", session |-> DownSession(me, life),
                  held |-> [i \in DOMAIN held |->
                              [uid |-> held[i], version |-> life.records[held[i]].version]]])>>)

DownAnswered(me, life, token, lease) ==
  Finish(me,
    CASE life.state = "verifying" /\ token = <<"verify", life.hello[1][1], life.hello[1][3]>> ->
           IF lease = life.hello[1][1] THEN Offer(me, life)
           ELSE Turn([life EXCEPT !.state = "closed", !.hello = <<>>],
                     <<Reject(life, life.hello[1], "notTheLeader")>>)
      [] life.state = "reviewing" /\ token = <<"own", life.seen>> ->
           Turn([life EXCEPT !.state = "ended"],
                <<IF lease = me THEN Restart(Max(life.seen, me)) ELSE Stop>>)
      [] OTHER -> Turn(life, <<>>))

\* ---- What happens below ---------------------------------------------------

DownChange(me, life, uid) ==
  LET record == life.records[uid]
  IN Finish(me, Change(me, Turn(life, <<>>), [record EXCEPT !.ready = ~record.ready]))
DownDie(me, life, uid) == Finish(me, Tell(Drop(Turn(life, <<>>), uid), "lost", <<uid>>))
DownEnded(me, life, uid) == Finish(me, Tell(Drop(Turn(life, <<>>), uid), "terminated", <<uid>>))
DownFull(me, life) == Finish(me, Turn([life EXCEPT !.full = TRUE], <<>>))
DownFind(me, life) ==
  LET counted == [life EXCEPT !.found = @ + 1]
      record == Versioned(me, life, [uid |-> <<"a", me, counted.found>>, node |-> "below",
                                     phase |-> "running", ready |-> FALSE, version |-> <<>>])
  IN Finish(me, Tell(Keep(Turn(counted, <<>>), record), "adopted", <<record>>))
=============================================================================
