---------------------------- MODULE SchedulerStage ----------------------------
(***************************************************************************)
(* The rule (protocol 3, 4, 6), at S: it lists the Nodes and answers R's   *)
(* `Hello` only when each of them that has an agent was open once, or was  *)
(* cancelled, in this incarnation.  A Pod from R is bound to the least     *)
(* taken open node, under a version of S, and goes there at once; one that *)
(* finds no node waits.  What K says of a Pod goes up; what R ends is      *)
(* tombstoned and answered by its node, but what was never sent to a node, *)
(* or is not held, S confirms itself.                                      *)
(*                                                                         *)
(* One life of S where all Pods are of one ReplicaSet, the owner switch    *)
(* says `direct`, the Nodes stay, and S hears of them by reads alone:      *)
(* `machines/scheduler/`.                                                  *)
(*                                                                         *)
(*   life     its link to R (`AnsweringSide`), the Pods that wait, and for *)
(*            each node what `CancellingEnd` says, with the Pods on it     *)
(***************************************************************************)
EXTENDS KubeletStage

SchedulerFresh(seen, nodes) ==
  [link |-> FreshSide(<<0, 0>>), queued |-> NoNews, counter |-> 0, arrivals |-> 0,
   unbound |-> <<>>, waiting |-> <<>>, nodes |-> <<>>, facts |-> <<>>, cooling |-> {},
   noRoom |-> FALSE, newer |-> <<>>, timers |-> {}, seen |-> seen,
   reads |-> [read \in {Reading(<<"list">>, "nodes", nodes)} |-> 1]]

\* One node, as it is first seen.
NodeFresh ==
  [state |-> "dialling", n |-> 1, offer |-> <<>>, fence |-> <<0, 0>>, records |-> <<>>,
   dial |-> <<1>>, reads |-> <<>>, marks |-> <<>>, timer |-> TRUE, cancel |-> NotCancelled,
   reached |-> FALSE]

\* ---- A turn: the life, its news, what goes out, what goes to each node at the end -------

SBegun(life) == [life |-> life, news |-> NoNews, out |-> <<>>, box |-> <<>>, arrived |-> <<>>]

OnLink(link, effect) == [type |-> effect.type, link |-> link, effect |-> effect]
OnLinks(link, effects) == [i \in DOMAIN effects |-> OnLink(link, effects[i])]
SActs(turn, link, effects) == [turn EXCEPT !.out = @ \o OnLinks(link, effects)]

Boxed(turn, node, assign, terminate, invalidated) ==
  LET at == {i \in DOMAIN turn.box : turn.box[i].node = node}
      i == CHOOSE one \in at : TRUE
  IN IF at = {}
     THEN [turn EXCEPT !.box = Append(@, [node |-> node, assign |-> assign, terminate |-> terminate,
                                          invalidated |-> invalidated])]
     ELSE [turn EXCEPT !.box[i].assign = @ \o assign, !.box[i].terminate = @ \o terminate,
                       !.box[i].invalidated = @ \/ invalidated]

NodesOf(life) == DOMAIN life.nodes
On(life, uid) == {node \in NodesOf(life) : uid \in DOMAIN life.nodes[node].records}
Holds(life, uid) == uid \in DOMAIN life.unbound \/ On(life, uid) # {}
NodeOf(life, uid) == CHOOSE node \in NodesOf(life) : uid \in DOMAIN life.nodes[node].records
Held(life, uid) ==
  IF uid \in DOMAIN life.unbound THEN life.unbound[uid] ELSE life.nodes[NodeOf(life, uid)].records[uid]
HeldBy(life) == DOMAIN life.unbound \cup UNION {DOMAIN life.nodes[node].records : node \in NodesOf(life)}

\* Items of a sequence that satisfy a test, in their order.
Reasoned(uids, reason) == [i \in DOMAIN uids |-> [uid |-> uids[i], reason |-> reason]]

\* What changed of the records of a node.
Differs(was, is) == Sorted({uid \in DOMAIN was \cap DOMAIN is : was[uid] # is[uid]})
RecordsAt(records, uids) == [i \in DOMAIN uids |-> records[uids[i]]]

\* ---- The nodes -----------------------------------------------------------------------------

\* A node after what `CancellingEnd` says; all its Pods are given up when it is cancelled.
NodeBecomes(turn, node, result) ==
  LET was == turn.life.nodes[node]
      cancelled == was.cancel.state # "cancelled" /\ result.life.cancel.state = "cancelled"
      moved == SActs([turn EXCEPT !.life.nodes[node] =
                        [result.life EXCEPT !.reached = @ \/ cancelled]], node, result.out)
  IN IF cancelled
     THEN Tell(moved, "lost", Reasoned(Sorted(DOMAIN was.records), "NodeCancelled"))
     ELSE moved

\* The records of a node after what is told of them: those that differ are told upward.
Merged(turn, node, statuses) ==
  LET was == turn.life.nodes[node].records
      merged == UpMergeAll(was, statuses)
      Changes(status) == status.uid \in DOMAIN was /\ merged[status.uid] # was[status.uid]
      changed == SelectSeq(statuses, Changes)
  IN Tell([turn EXCEPT !.life.nodes[node].records = merged], "changed",
          [i \in DOMAIN changed |-> merged[changed[i].uid]])

Known(turn, node, items) ==
  LET Is_(item) == item.uid \in DOMAIN turn.life.nodes[node].records IN SelectSeq(items, Is_)
LetGo(turn, node, uids) == [turn EXCEPT !.life.nodes[node].records = Without(@, uids)]

\* Early collection is a mutant: the tail's mark stands for its confirmation.
CollectedEarly(before, turn, node) ==
  LET ending == {uid \in DOMAIN turn.life.nodes[node].records :
                   Marked(turn.life.nodes[node].records[uid]) /\
                   turn.life.nodes[node].records[uid] # before.life.nodes[node].records[uid]}
  IN Tell(LetGo(turn, node, ending), "terminated", Sorted(ending))

Opens(turn, node, message) ==
  LET was == turn.life.nodes[node]
      records == Applied(was.records, was.offer[1].held, message.records)
      gone == DOMAIN was.records \ DOMAIN records
      New(record) == record.uid \notin DOMAIN was.records
      Live(uid) == ~Marked(was.records[uid])
      Dead(uid) == Marked(was.records[uid])
      open == Opened([was EXCEPT !.state = "open", !.records = records, !.reached = TRUE])
      told == Tell(Tell(Tell(Tell([turn EXCEPT !.life.nodes[node] = open],
                "changed", RecordsAt(records, Differs(was.records, records))),
                "adopted", SelectSeq(message.records, New)),
                "lost", Reasoned(SelectSeq(Sorted(gone), Live), "NotHeldByNode")),
                "terminated", SelectSeq(Sorted(gone), Dead))
      marked == Sorted({uid \in DOMAIN records : Marked(records[uid])})
  IN Boxed(told, node, <<>>, IF Is("no-terminate-on-opening") THEN <<>> ELSE marked, FALSE)

NodeTells(turn, node, message) ==
  CASE message.kind = "Assigned" ->
         LET merged == Merged(turn, node, message.pods)
         IN IF Is("collect-tombstone-early") THEN CollectedEarly(turn, merged, node) ELSE merged
    [] message.kind = "Refused" ->
         LET known == Known(turn, node, message.pods)
             cooled == IF known = <<>> THEN turn
                       ELSE [turn EXCEPT !.life.cooling = @ \cup {node},
                                         !.life.timers = @ \cup {<<"coolDown", node>>}]
         IN Tell(LetGo(cooled, node, UidsOf(known)), "refused", known)
    [] message.kind = "Terminated" ->
         LET Mine(uid) == uid \in DOMAIN turn.life.nodes[node].records
             known == SelectSeq(message.uids, Mine)
         IN Tell(LetGo(turn, node, Range(known)), "terminated", known)
    [] message.kind = "Invalidate" ->
         LET merged == Merged(turn, node, message.changed)
             early == IF Is("collect-tombstone-early") THEN CollectedEarly(turn, merged, node) ELSE merged
             New(record) == ~Holds(early.life, record.uid)
             adopted == SelectSeq(message.adopted, New)
             kept == Tell([early EXCEPT !.life.nodes[node].records =
                             [uid \in DOMAIN @ \cup UidsOf(adopted) |->
                                IF uid \in UidsOf(adopted) THEN RecordOf(adopted, uid) ELSE @[uid]]],
                          "adopted", adopted)
             lost == Known(kept, node, message.lost)
         IN Boxed(Tell(LetGo(kept, node, UidsOf(lost)), "lost", lost), node, <<>>, <<>>, TRUE)

\* ---- R --------------------------------------------------------------------------------------

STerminated(turn, node, uids) ==
  LET marked == [turn EXCEPT !.life.nodes[node].records =
        [uid \in DOMAIN @ |-> IF uid \in Range(uids) THEN [@[uid] EXCEPT !.phase = "terminating"] ELSE @[uid]]]
  IN IF turn.life.nodes[node].state = "open" THEN Boxed(marked, node, <<>>, uids, FALSE) ELSE marked

RECURSIVE STerminateOn(_, _)
STerminateOn(turn, uids) ==   \* by node, in the order in which nodes come up
  IF uids = <<>> THEN turn
  ELSE LET node == NodeOf(turn.life, Head(uids))
           Here(uid) == NodeOf(turn.life, uid) = node
           There(uid) == NodeOf(turn.life, uid) # node
       IN STerminateOn(STerminated(turn, node, SelectSeq(uids, Here)), SelectSeq(uids, There))

STerminate(turn, uids) ==
  LET life == turn.life
      Sent(uid) == On(life, uid) # {} /\ ~Marked(Held(life, uid))
      Mine(uid) == uid \in DOMAIN life.unbound \/ (~Holds(life, uid) /\ ~Is("strangers-unconfirmed"))
      sent == SelectSeq(FirstUids(uids), Sent)
      mine == SelectSeq(FirstUids(uids), Mine)
             \o (IF Is("confirm-what-was-sent") THEN sent ELSE <<>>)
      marked == STerminateOn(turn, sent)
      Waits(one) == one[1] \notin Range(mine)
      free == [marked EXCEPT !.life.unbound = Without(@, Range(mine)),
                             !.life.waiting = SelectSeq(@, Waits),
                             !.life.nodes = IF Is("confirm-what-was-sent")
                               THEN [node \in DOMAIN @ |-> [@[node] EXCEPT !.records = Without(@, Range(mine))]]
                               ELSE @]
  IN Tell(free, "terminated", mine)

SAssign(turn, message) ==
  LET New(record) == ~Holds(turn.life, record.uid)
      fresh == SelectSeq(message.records, New)
      Created(record) == [record EXCEPT !.node = "none", !.phase = "created", !.ready = FALSE]
      records == [i \in DOMAIN fresh |-> Created(fresh[i])]
      at == turn.life.arrivals
  IN [turn EXCEPT
        !.life.unbound = [uid \in DOMAIN @ \cup UidsOf(records) |->
                            IF uid \in UidsOf(records) THEN RecordOf(records, uid) ELSE @[uid]],
        !.life.waiting = @ \o [i \in DOMAIN records |-> <<records[i].uid, at + i - 1>>],
        !.life.arrivals = @ + Len(records),
        !.arrived = @ \o [i \in DOMAIN records |-> records[i].uid]]

SOffer(me, turn) ==
  LET held == Sorted(HeldBy(turn.life))
  IN SActs([turn EXCEPT !.life.queued = NoNews], "up",
       <<Send([kind |-> "Offer", session |-> DownSession(me, turn.life.link),
               held |-> [i \in DOMAIN held |-> [uid |-> held[i], version |-> Held(turn.life, held[i]).version]]])>>)

SState(me, turn, fetch) ==
  LET Mine(uid) == Holds(turn.life, uid)
      marked == STerminate(turn, SelectSeq(fetch.tombstones, Mine))
      Stands(uid) == Holds(marked.life, uid)
      asked == SelectSeq(fetch.uids, Stands)
  IN SActs(marked, "up",
       <<Send([kind |-> "State", session |-> DownSession(me, marked.life.link),
               records |-> [i \in DOMAIN asked |-> Held(marked.life, asked[i])]])>>)

SHeeds(me, turn, output, leases) ==
  CASE output.type = "effect" -> SActs(turn, "up", <<output.effect>>)
    [] output.type = "verify" ->
         LET fence == FenceOf(turn.life.link.hello[1])
         IN [turn EXCEPT !.life.reads = Plus(@, Reading(<<"verify">> \o fence, "up", leases.up))]
    [] output.type = "review" ->
         [turn EXCEPT !.life.reads = Plus(@, Reading(<<"own", turn.life.link.seen>>, "down", leases.down))]
    [] output.type = "offer" -> SOffer(me, turn)
    [] output.type = "state" -> SState(me, turn, output.fetch)
    [] output.type = "closed" -> [turn EXCEPT !.life.queued = NoNews]
    [] output.type = "delivered" ->
         CASE output.message.kind = "Assign" -> SAssign(turn, output.message)
           [] output.message.kind = "Terminate" -> STerminate(turn, output.message.uids)
           [] OTHER -> turn
RECURSIVE SHeedsAll(_, _, _, _)
SHeedsAll(me, turn, outputs, leases) ==
  IF outputs = <<>> THEN turn
  ELSE SHeedsAll(me, SHeeds(me, turn, Head(outputs), leases), Tail(outputs), leases)
SLink(me, turn, asked, leases) ==
  SHeedsAll(me, [turn EXCEPT !.life.link = asked.side], asked.outputs, leases)

\* ---- The end of a step: the barrier, the queue, one batch to each node and one to R ------------

PassBarrier(me, turn, leases) ==
  LET life == turn.life
  IN IF DOMAIN life.facts = {} \/ life.link.passed
        \/ \E node \in NodesOf(life) : ~life.nodes[node].reached THEN turn
     ELSE SLink(me, turn, SidePassed(life.link), leases)

\* The least taken node that takes Pods and has room, then the first by name.
NodeOrder == [node \in {"n1", "n2"} |-> IF node = "n1" THEN 1 ELSE 2]
Takes(life, node) ==
  /\ life.nodes[node].state = "open" /\ life.nodes[node].cancel.state = "reachable"
  /\ node \notin life.cooling
  /\ Cardinality(DOMAIN life.nodes[node].records) < Capacity
Emptier(life, a, b) ==
  LET taken(node) == Cardinality(DOMAIN life.nodes[node].records)
  IN taken(a) < taken(b) \/ (taken(a) = taken(b) /\ NodeOrder[a] < NodeOrder[b])

RECURSIVE Bind(_, _, _)
Bind(me, turn, bound) ==   \* bound: [uid, node], in their order
  LET life == turn.life
      open == {node \in NodesOf(life) : Takes(life, node)}
      best == CHOOSE node \in open : \A other \in open \ {node} : Emptier(life, node, other)
      uid == life.waiting[1][1]
      record == [life.unbound[uid] EXCEPT !.node = best, !.phase = "bound",
                                          !.version = <<"scheduler", me, life.counter + 1>>]
  IN IF life.waiting = <<>> \/ open = {} THEN [turn |-> turn, bound |-> bound]
     ELSE Bind(me, [turn EXCEPT !.life.counter = @ + 1, !.life.waiting = Tail(@),
                                !.life.unbound = Without(@, {uid}),
                                !.life.nodes[best].records = Put(@, record)],
               Append(bound, record))

RECURSIVE BoxBound(_, _)
BoxBound(turn, bound) ==
  IF bound = <<>> THEN turn
  ELSE LET node == Head(bound).node
           Here(record) == record.node = node
           There(record) == record.node # node
       IN BoxBound(Boxed(turn, node, SelectSeq(bound, Here), <<>>, FALSE), SelectSeq(bound, There))

RunQueue(me, turn) ==
  LET placed == Bind(me, turn, <<>>)
      Old(record) == record.uid \notin Range(turn.arrived)
  IN Tell(BoxBound(placed.turn, placed.bound), "changed", SelectSeq(placed.bound, Old))

WatchForRoom(turn) ==
  LET waits == turn.life.waiting # <<>>
  IN [turn EXCEPT !.life.noRoom = waits,
                  !.life.timers = IF waits = turn.life.noRoom THEN @
                                  ELSE IF waits THEN @ \cup {<<"noRoom">>} ELSE @ \ {<<"noRoom">>}]

AnswerArrivals(turn) ==
  LET Stands(uid) == Holds(turn.life, uid)
      uids == SelectSeq(turn.arrived, Stands)
  IN Tell(turn, "assigned", [i \in DOMAIN uids |-> Held(turn.life, uids[i])])

RECURSIVE FlushNodes(_, _, _)
FlushNodes(me, turn, box) ==
  IF box = <<>> THEN turn
  ELSE LET one == Head(box)
           node == turn.life.nodes[one.node]
           session == UpSession(me, node)
           If(present, message) == IF present THEN <<Send(message)>> ELSE <<>>
           messages ==
             If(one.invalidated, [kind |-> "Invalidated", session |-> session])
             \o If(one.assign # <<>>, [kind |-> "Assign", session |-> session, records |-> one.assign])
             \o If(one.terminate # <<>>,
                   [kind |-> "Terminate", session |-> session, uids |-> FirstUids(one.terminate)])
       IN FlushNodes(me, IF node.state = "open" THEN SActs(turn, one.node, messages) ELSE turn, Tail(box))

\* An adoption is told as it stands now; one that is over is not told.
Refreshed1(life, news) ==
  LET Stands(record) == Holds(life, record.uid)
      kept == SelectSeq(news.adopted, Stands)
  IN [news EXCEPT !.adopted = [i \in DOMAIN kept |-> Held(life, kept[i].uid)]]

SDone(me, turn, leases) ==
  LET answered == AnswerArrivals(WatchForRoom(RunQueue(me, PassBarrier(me, turn, leases))))
      sent == FlushNodes(me, answered, answered.box)
      life == sent.life
      flushed == Flushed(me, life.link, Refreshed1(life, life.queued), Refreshed1(life, sent.news))
  IN Result([life EXCEPT !.queued = flushed.queued], sent.out \o OnLinks("up", flushed.out))

\* ---- Events ---------------------------------------------------------------------------------------

SListed(me, life, nodes, leases) ==
  LET registered == {node \in DOMAIN nodes : nodes[node].agent > 0}
      newer == {node \in registered : nodes[node].mark # <<>> /\ nodes[node].mark[1][1] > me}
      known == [life EXCEPT !.facts = nodes, !.nodes = [node \in registered |-> NodeFresh]]
      first == CHOOSE node \in newer : \A other \in newer \ {node} : NodeOrder[node] < NodeOrder[other]
      mark == nodes[first].mark
  IN SDone(me, SBegun(IF newer = {} THEN known
                      ELSE [known EXCEPT !.newer = mark,
                             !.reads = Plus(@, Reading(<<"newer">> \o mark[1], "down", leases.down))]),
           leases)

SUpReceived(me, life, message, leases) ==
  SDone(me, SLink(me, SBegun(life), SideReceived(me, life.link, message), leases), leases)
SUpBroken(me, life, upstream, n, leases) ==
  SDone(me, SLink(me, SBegun(life), SideBroken(life.link, upstream, n), leases), leases)
SUpAnswered(me, life, token, lease, leases) ==
  SDone(me, SLink(me, SBegun(life),
          CASE token[1] = "verify" ->
                 SideVerified(me, life.link, <<token[2], token[3]>>,
                              life.link.hello # <<>> /\ lease = life.link.hello[1][1])
            [] token[1] = "own" -> SideReviewed(me, life.link, token[2], lease), leases), leases)

\* A newer mark was seen: does another lead?
SNewerAnswered(me, life, token, lease, leases) ==
  LET turn == SBegun(life)
  IN SDone(me, IF life.newer = <<>> \/ token # <<"newer">> \o life.newer[1] THEN turn
               ELSE SActs(turn, "up", <<IF lease = me THEN Restart(Max(life.newer[1][1], me)) ELSE Stop>>),
           leases)

Of(me, life, node, result, leases) == SDone(me, NodeBecomes(SBegun(life), node, result), leases)

SConnected(me, life, node, n, leases) == Of(me, life, node, UpConnected(me, life.nodes[node], n), leases)
SDownBroken(me, life, node, n, leases) == Of(me, life, node, CancellingBroken(me, life.nodes[node], n), leases)

\* `agent` is the incarnation that the Node names.
SDownReceived(me, life, node, message, agent, leases) ==
  LET one == life.nodes[node]
  IN CASE one.state = "fetching" /\ message.kind = "State" /\ UpIsThisSession(me, one, message) ->
            SDone(me, Opens(SBegun(life), node, message), leases)
       [] one.state = "open" /\ message.kind \in UpTraffic /\ UpIsThisSession(me, one, message) ->
            SDone(me, NodeTells(SBegun(life), node, message), leases)
       [] one.state = "greeting" /\ message.kind = "Offer" /\ UpIsThisAttempt(me, one, message) ->
            LET offer == [session |-> message.session, held |-> message.held, drained |-> message.drained]
            IN Of(me, life, node,
                  Result(Reads([one EXCEPT !.state = "verifying", !.offer = <<offer>>],
                               <<"peer", one.n>>, "agent", agent), <<>>), leases)
       [] one.state = "greeting" /\ message.kind = "Rejected" /\ UpIsThisAttempt(me, one, message) ->
            Of(me, life, node,
               Result(Reads([one EXCEPT !.state = "reviewing", !.fence = message.fence],
                            <<"own", one.n>>, "up", leases.down),
                      <<Disconnect(UpSession(me, one))>>), leases)
       [] OTHER -> SDone(me, SBegun(life), leases)

\* A read about a node: whose agent offers, whose Lease it is, how the Node stands.
SNodeLease(me, life, node, token, holder, leases) ==
  LET one == life.nodes[node]
  IN Of(me, life, node,
        CASE one.state = "verifying" /\ token = <<"peer", one.n>> ->
               LET session == UpSession(me, one)
               IN IF holder = session[2] \/ Is("offer-unverified")
                  THEN Offered(me, Result([one EXCEPT !.state = "fetching"], <<>>), one.offer[1])
                  ELSE Result(UpNext(one),
                              <<Send([kind |-> "Rejected", session |-> session, fence |-> <<holder, 0>>,
                                      reason |-> "notTheLeader"]),
                                Disconnect(session)>>)
          [] one.state = "reviewing" /\ token = <<"own", one.n>> ->
               Result([one EXCEPT !.state = "ended"],
                      <<IF holder = me THEN Restart(Max(one.fence[1], me)) ELSE Stop>>)
          [] one.cancel.state = "confirming" /\ token = <<"confirm", one.cancel.read>> ->
               IF holder = me THEN Cancelled(me, Result(one, <<>>))
               ELSE Result([one EXCEPT !.cancel.state = "ended"], <<Stop>>)
          [] OTHER -> Result(one, <<>>), leases)

SNodeRead(me, life, node, token, fact, leases) ==
  LET one == life.nodes[node]
      heeds == one.cancel.state \in {"reading", "readingAgain"} /\ token = <<"cancel", one.cancel.read>>
      over == [life EXCEPT !.nodes[node].cancel.state = "ended"]
  IN IF heeds /\ fact.mark # <<>> /\ fact.mark[1][1] > me /\ ~Is("mark-over-higher")
     THEN SDone(me, SBegun(IF life.newer # <<>> THEN over
                           ELSE [over EXCEPT !.newer = fact.mark,
                                  !.reads = Plus(@, Reading(<<"newer">> \o fact.mark[1], "down", leases.down))]),
                leases)
     ELSE Of(me, life, node,
             IF ~heeds THEN Result(one, <<>>)
             ELSE IF one.cancel.state = "readingAgain" /\ fact.mark # <<>> /\ fact.mark = one.cancel.mark
             THEN Confirm(me, one, leases.down)
             ELSE IF one.cancel.state = "reading" /\ Is("invalidate-before-mark")
             THEN Cancelled(me, Mark(me, one, "cancelled", fact))
             ELSE Mark(me, one, "marking", fact), leases)

SMarked(me, life, node, answer, fact, leases) ==
  Of(me, life, node, MarkAnswered(me, life.nodes[node], answer, fact, leases.down), leases)

\* Timers: `<<what, node>>`; how long a Pod waits for room is only told to people.
STimedOut(me, life, node, fact, leases) == Of(me, life, node, TimedOut(life.nodes[node], fact), leases)
SCooled(me, life, node, leases) == SDone(me, SBegun([life EXCEPT !.cooling = @ \ {node}]), leases)
SNoted(me, life, leases) == SDone(me, SBegun(life), leases)
=============================================================================
