---------------------------- MODULE SchedulerStage ----------------------------
(***************************************************************************)
(* The rule (protocol 3, 4, 6), at S: it lists the Nodes and answers R's   *)
(* `Hello` only when each of them that has an agent was open once, or was  *)
(* cancelled, in this incarnation.  A Pod from R gets a node as            *)
(* `Preemption` decides, under a version of S, and goes there at once; one *)
(* that finds none waits, or has room made.  So does a mark that S sets    *)
(* for it get a version of S.  What K says of a Pod goes up; what R ends is *)
(* tombstoned and answered by its node, but what was never sent to a node, *)
(* or is not held, S confirms itself.  Under `stock` (9) it binds,         *)
(* preempts and cancels nothing, gives up what it has not bound, and       *)
(* refuses what comes.  What finds no node for a while it publishes        *)
(* unbound, and answers for it until a K does (`Unplaced`).                *)
(*                                                                         *)
(* One life of S where the Nodes stay, and S hears of them by reads alone; *)
(* of the owner switch it hears by watch: `machines/scheduler/`.           *)
(*                                                                         *)
(*   life     its link to R (`AnsweringSide`), the Pods that wait, the     *)
(*            preemptions, and for each node what `CancellingEnd` says,    *)
(*            with the Pods on it                                          *)
(***************************************************************************)
EXTENDS Unplaced

SchedulerFresh(seen, nodes, switch) ==
  [link |-> FreshSide(<<0, 0>>), queued |-> NoNews, counter |-> 0, arrivals |-> 0,
   unbound |-> <<>>, waiting |-> <<>>, preemptions |-> <<>>, nodes |-> <<>>, facts |-> <<>>,
   cooling |-> {}, noRoom |-> {}, newer |-> <<>>, timers |-> {}, seen |-> seen, heard |-> switch,
   hand |-> NoHand, answers |-> <<>>,
   reads |-> [read \in {Reading(<<"list">>, "nodes", nodes)} |-> 1]]

\* One node, as it is first seen.
NodeFresh ==
  [state |-> "dialling", n |-> 1, offer |-> <<>>, fence |-> <<0, 0>>, records |-> <<>>,
   dial |-> <<1>>, reads |-> <<>>, marks |-> <<>>, timer |-> TRUE, cancel |-> NotCancelled,
   reached |-> FALSE]

\* ---- The nodes -----------------------------------------------------------------------------

\* A reservation dies with its node: the preemptor comes again under another uid.
RefusePreemptors(turn, node) ==
  LET Here(preemption) == preemption.node = node
      here == SelectSeq(turn.life.preemptions, Here)
      uids == [i \in DOMAIN here |-> here[i].preemptor]
  IN Tell([Freed(turn, Range(uids)) EXCEPT !.life.unbound = Without(@, Range(uids))],
          "refused", Reasoned(uids, "ReservationLost"))

\* A node after what `CancellingEnd` says; all its Pods are given up when it is cancelled.
NodeBecomes(turn, node, result) ==
  LET was == turn.life.nodes[node]
      cancelled == was.cancel.state # "cancelled" /\ result.life.cancel.state = "cancelled"
      moved == SActs([turn EXCEPT !.life.nodes[node] =
                        [result.life EXCEPT !.reached = @ \/ cancelled]], node, result.out)
      given == DOMAIN was.records
      freed == Tell([Freed(turn, given) EXCEPT !.life.nodes[node] = moved.life.nodes[node], !.out = moved.out],
                    "lost", Reasoned(Sorted(given), "NodeCancelled"))
  IN IF cancelled THEN RefusePreemptors(freed, node) ELSE moved

\* The records of a node after what is told of them: those that differ are told upward.
Merged(turn, node, statuses) ==
  LET was == turn.life.nodes[node].records
      merged == UpMergeAll(was, statuses)
      Changes(status) == status.uid \in DOMAIN was /\ merged[status.uid] # was[status.uid]
      changed == SelectSeq(statuses, Changes)
  IN Tell([turn EXCEPT !.life.nodes[node].records = merged], "changed",
          [i \in DOMAIN changed |-> StatusOf(merged[changed[i].uid])])

Known(turn, node, items) ==
  LET Is_(item) == item.uid \in DOMAIN turn.life.nodes[node].records IN SelectSeq(items, Is_)
LetGo(turn, node, uids) == [Freed(turn, uids) EXCEPT !.life.nodes[node].records = Without(@, uids)]

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
      news == SelectSeq(message.records, New)
      claimed == ClaimAll(turn, node, news)
      held == Stirs([Freed(claimed, gone) EXCEPT !.life.nodes[node] = open], {node})
      told == Tell(Tell(Tell(Tell(held,
                "changed", StatusesOf(RecordsAt(records, Differs(was.records, records)))),
                "adopted", Unclaimed(turn, news)),
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
             keys == {<<node, turn.life.nodes[node].records[uid].set>> : uid \in UidsOf(known)}
             cooled == [turn EXCEPT !.life.cooling = @ \cup keys,
                                    !.life.timers = @ \cup {<<"coolDown">> \o key : key \in keys}]
         IN Tell(LetGo(cooled, node, UidsOf(known)), "refused", known)
    [] message.kind = "Terminated" ->
         LET Mine(uid) == uid \in DOMAIN turn.life.nodes[node].records
             known == SelectSeq(message.uids, Mine)
         IN Tell(LetGo(turn, node, Range(known)), "terminated", known)
    [] message.kind = "Invalidate" ->
         LET New(record) == ~Holds(turn.life, record.uid)
             claimed == ClaimAll(turn, node, message.adopted)
             adopted == SelectSeq(Unclaimed(turn, message.adopted), New)
             kept == Tell([claimed EXCEPT !.life.nodes[node].records =
                             [uid \in DOMAIN @ \cup UidsOf(adopted) |->
                                IF uid \in UidsOf(adopted) THEN RecordOf(adopted, uid) ELSE @[uid]]],
                          "adopted", adopted)
             merged == Merged(kept, node, message.changed)
             early == IF Is("collect-tombstone-early") THEN CollectedEarly(kept, merged, node) ELSE merged
             lost == Known(early, node, message.lost)
         IN Boxed(Tell(LetGo(early, node, UidsOf(lost)), "lost", lost), node, <<>>, <<>>, TRUE)

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
      Mine(uid) == (uid \in DOMAIN life.unbound /\ ~(uid \in HeldUids(life) /\ ~Is("unplaced-confirmed-early"))) \/ (~Holds(life, uid) /\ ~Is("strangers-unconfirmed"))
      sent == SelectSeq(FirstUids(uids), Sent)
      mine == SelectSeq(FirstUids(uids), Mine)
             \o (IF Is("confirm-what-was-sent") THEN sent ELSE <<>>)
      Unplaced_(uid) == uid \in HeldUids(life) /\ ~Is("unplaced-confirmed-early")
      marked == EndUnplacedAll(STerminateOn(turn, sent), SelectSeq(FirstUids(uids), Unplaced_))
      Waits(one) == one[1] \notin Range(mine)
      free == [Freed(NotHanded(marked, Range(mine)), Range(mine)) EXCEPT !.life.unbound = Without(@, Range(mine)),
                             !.life.waiting = SelectSeq(@, Waits),
                             !.life.nodes = IF Is("confirm-what-was-sent")
                               THEN [node \in DOMAIN @ |-> [@[node] EXCEPT !.records = Without(@, Range(mine))]]
                               ELSE @]
  IN Tell(free, "terminated", mine)

\* At the end of the line.
SetOf(life, one) == life.unbound[one[1]].set
WaitingSets(life) == {SetOf(life, one) : one \in Range(life.waiting)}
Enqueue(turn, uids) ==
  LET at == turn.life.arrivals
      sets == {turn.life.unbound[uid].set : uid \in Range(uids)}
  IN [turn EXCEPT !.life.waiting = @ \o [i \in DOMAIN uids |-> <<uids[i], at + i - 1>>],
                  !.life.arrivals = @ + Len(uids),
                  !.untried = @ \cup (sets \ WaitingSets(turn.life))]

SAssign(turn, message) ==
  LET New(record) == ~Holds(turn.life, record.uid)
      fresh == SelectSeq(message.records, New)
      Created(record) == [record EXCEPT !.node = "none", !.phase = "created", !.ready = FALSE]
      records == [i \in DOMAIN fresh |-> Created(fresh[i])]
      taken == [turn EXCEPT
        !.life.unbound = [uid \in DOMAIN @ \cup UidsOf(records) |->
                            IF uid \in UidsOf(records) THEN RecordOf(records, uid) ELSE @[uid]],
        !.arrived = @ \o [i \in DOMAIN records |-> records[i].uid]]
  IN IF TakesNothing(turn.life)
     THEN Tell(turn, "refused", Reasoned([i \in DOMAIN fresh |-> fresh[i].uid], "OwnedByStock"))
     ELSE Enqueue(taken, [i \in DOMAIN records |-> records[i].uid])

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
      Counted(node) == life.nodes[node].reached \/ (Is("old-mark-opens-barrier") /\ life.facts[node].mark # <<>>)
  IN IF DOMAIN life.facts = {} \/ life.link.passed \/ \E node \in NodesOf(life) : ~Counted(node) THEN turn
     ELSE SLink(me, turn, SidePassed(life.link), leases)

Takes(life, node) == life.nodes[node].state = "open" /\ life.nodes[node].cancel.state = "reachable"

\* Bound: `Assign` to the node in one batch, news for R of what had not just come.
RECURSIVE Bind(_, _, _)
Bind(me, turn, binds) ==
  IF binds = <<>> THEN turn
  ELSE LET bind == Head(binds)
           counter == turn.life.counter + 1
           record == [turn.life.unbound[bind.uid] EXCEPT
                        !.node = bind.node, !.phase = "bound", !.version = <<"scheduler", me, counter>>]
           Waits(one) == one[1] # bind.uid
           bound == [turn EXCEPT !.life.counter = counter, !.life.waiting = SelectSeq(@, Waits),
                                 !.life.unbound = Without(@, {bind.uid}),
                                 !.life.nodes[bind.node].records = Put(@, record)]
           told == IF bind.uid \in Range(turn.arrived) THEN bound ELSE Tell(bound, "changed", <<StatusOf(record)>>)
       IN Bind(me, Boxed(told, bind.node, <<record>>, <<>>, FALSE), Tail(binds))

\* S itself ends these: the mark gets a version of S.
RECURSIVE Evict(_, _, _, _)
Evict(me, turn, node, uids) ==
  IF uids = <<>> THEN turn
  ELSE LET was == turn.life.nodes[node].records[Head(uids)]
           counter == turn.life.counter + 1
           marked == [was EXCEPT !.phase = "terminating",
                        !.version = IF Is("eviction-unversioned") THEN @ ELSE <<"scheduler", me, counter>>]
           held == [turn EXCEPT !.life.nodes[node].records = Put(@, marked),
                                !.life.counter = IF Is("eviction-unversioned") THEN @ ELSE counter]
           told == Tell(held, "changed", <<StatusOf(marked)>>)
       IN Evict(me, IF turn.life.nodes[node].state = "open" THEN Boxed(told, node, <<>>, <<was.uid>>, FALSE) ELSE told,
                node, Tail(uids))

RECURSIVE Nominate(_, _, _)
Nominate(me, turn, nominations) ==
  IF nominations = <<>> THEN turn
  ELSE LET one == Head(nominations)
           Waits(other) == other[1] # one.preemptor
           preemption == [preemptor |-> one.preemptor, node |-> one.node, room |-> Size(one.set), awaited |-> one.awaited]
           kept == [turn EXCEPT !.life.waiting = SelectSeq(@, Waits), !.life.preemptions = Append(@, preemption),
                                !.stirred = IF one.awaited = {} THEN @ \cup {one.node} ELSE @]
       IN Nominate(me, Evict(me, kept, one.node, one.victims), Tail(nominations))

\* Preemptors for whom all are gone get their room, or wait anew if it went otherwise.
AssignPreemptor(me, turn, preemption, early) ==
  LET life == turn.life
      uid == preemption.preemptor
      room == [RoomAt(life, preemption.node) EXCEPT !.reserved = @ - preemption.room]
      over == EndReservations(turn, {uid})
  IN IF ~Takes(life, preemption.node) THEN turn
     ELSE IF HasRoom(room, preemption.room) \/ early
     THEN Bind(me, over, <<[uid |-> uid, node |-> preemption.node]>>)
     ELSE Enqueue(over, <<uid>>)
RECURSIVE AssignPreemptors(_, _, _, _)
AssignPreemptors(me, turn, preemptions, early) ==
  IF preemptions = <<>> THEN turn
  ELSE AssignPreemptors(me, AssignPreemptor(me, turn, Head(preemptions), early), Tail(preemptions), early)
AssignCleared(me, turn, early) ==
  LET Cleared(preemption) == early \/ preemption.awaited = {}
  IN AssignPreemptors(me, turn, SelectSeq(turn.life.preemptions, Cleared), early)

\* Who is to be tried: those of whom none was tried, and if room may have appeared, all.
DueSets(turn) == IF turn.stirred # {} THEN WaitingSets(turn.life) ELSE turn.untried \cap WaitingSets(turn.life)
LineOf(turn, set) ==
  LET Is_(one) == SetOf(turn.life, one) = set
      tried == {node \in NodesOf(turn.life) : set \in turn.untried \/ node \in turn.stirred}
  IN [set |-> set, waiting |-> SelectSeq(turn.life.waiting, Is_),
      nodes |-> {node \in tried : Takes(turn.life, node) /\ <<node, set>> \notin turn.life.cooling}]

RECURSIVE Passes(_, _)
Passes(me, turn) ==
  LET due == DueSets(turn)
      Due(set) == set \in due
      sets == SelectSeq(Sets, Due)
      decisions == Decisions(turn.life, [i \in DOMAIN sets |-> LineOf(turn, sets[i])])
      still == [turn EXCEPT !.stirred = {}, !.untried = {}]
      passed == Nominate(me, Bind(me, still, decisions.binds), decisions.nominations)
  IN IF due = {} THEN turn ELSE Passes(me, AssignCleared(me, passed, FALSE))
RunQueue(me, turn) ==
  IF BindsNothing(turn.life) THEN turn ELSE Passes(me, AssignCleared(me, turn, Is("preemptor-early")))

WatchForRoom(turn) ==
  LET waits == WaitingSets(turn.life)
      before == turn.life.noRoom
      timers(sets) == {<<"noRoom", set>> : set \in sets}
      clocks == {<<"handOver", set>> : set \in turn.life.hand.clocks}
      clocked == {<<"handOver", set>> : set \in waits}
      noted == [turn EXCEPT !.life.noRoom = waits,
                            !.life.timers = (@ \ timers(before \ waits)) \cup timers(waits \ before)]
  IN IF ~turn.life.hand.on THEN noted
     ELSE [noted EXCEPT !.life.hand.clocks = waits,
                        !.life.hand.awaited = {one \in @ : one[1] \in waits \/ one[1] \notin turn.life.hand.clocks},
                        !.life.timers = (@ \ (clocks \ clocked)) \cup (clocked \ clocks)]

AnswerArrivals(turn) ==
  LET Stands(uid) == Holds(turn.life, uid)
      uids == SelectSeq(turn.arrived, Stands)
  IN Tell(turn, "assigned", [i \in DOMAIN uids |-> StatusOf(Held(turn.life, uids[i]))])

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
      known == [life EXCEPT !.hand.bare = DOMAIN nodes \ registered, !.facts = [node \in registered |-> nodes[node]], !.nodes = [node \in registered |-> NodeFresh]]
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
            LET offer == [field \in DOMAIN message \ {"kind"} |-> message[field]]
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
                  THEN IF "doubtful" \in DOMAIN one.offer[1] /\ ~one.reached
                       THEN Result([one EXCEPT !.state = "fetching"], <<>>)
                       ELSE Offered(me, Result([one EXCEPT !.state = "fetching"], <<>>), one.offer[1])
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

\* How long a Pod waits for room is only told to people.
STimedOut(me, life, node, fact, leases) ==
  LET one == life.nodes[node]
      idle == Result([one EXCEPT !.timer = FALSE], <<>>)
  IN Of(me, life, node, IF CancelsNothing(life) THEN idle ELSE TimedOut(one, fact), leases)
SCooled(me, life, key, leases) ==
  SDone(me, IF key \notin life.cooling THEN SBegun(life)
            ELSE Stirs(SBegun([life EXCEPT !.cooling = @ \ {key}]), {key[1]}), leases)
SNoted(me, life, leases) == SDone(me, SBegun(life), leases)

\* A Pod without a stamp, by watch; the clock of a ReplicaSet without room; what the API Server answers.
SObserves(me, life, fact, leases) == SDone(me, ObservedAt(me, SBegun(life), fact), leases)
SMisses(me, life, key, leases) == SDone(me, Forgotten(SBegun(life), key), leases)
SHands(me, life, set, leases) == SDone(me, HandsSet(SBegun(life), set), leases)
SWaited(me, life, uid, leases) == SDone(me, Waited(me, SBegun(life), uid), leases)
SAnswered(me, life, answer, leases) ==
  SDone(me, CASE answer.type = "published" -> SBegun(life)
              [] answer.type = "publishRefused" -> Unpublished(SBegun(life), answer.uid)
              [] answer.type = "deleted" -> Deleted_(me, SBegun(life), answer.uid, answer.outcome), leases)

\* The owner switch.  A cancellation that has written nothing is broken off; taken back, the timers of nodes out of reach run anew.
SSees(me, life, switch, leases) ==
  LET was == life.heard[1]
      heard == [life EXCEPT !.heard = switch]
      turn == Stirs(SBegun(heard), NodesOf(life))
      uids == [i \in DOMAIN life.waiting |-> life.waiting[i][1]]
              \o [i \in DOMAIN life.preemptions |-> life.preemptions[i].preemptor]
              \o Sorted(life.hand.handing) \o Sorted(LeftUids(life))
      given == IF ~TakesNothing(heard) \/ uids = <<>> THEN turn
               ELSE Tell([Freed(turn, Range(uids)) EXCEPT !.life.unbound = Without(@, Range(uids)),
                                                         !.life.waiting = <<>>, !.life.hand.handing = {},
                                                         !.life.hand.held = @ \ {KeyOf(uid) : uid \in LeftUids(life)}],
                         "lost", Reasoned(uids, "OwnedByStock"))
      Node(one) ==
        CASE switch[1] = "stock" /\ one.cancel.state = "reading" ->
               [one EXCEPT !.cancel = [@ EXCEPT !.state = "unreachable", !.mark = <<>>, !.held = <<>>],
                           !.timer = TRUE]
          [] switch[1] = "direct" /\ one.cancel.state = "unreachable" -> [one EXCEPT !.timer = TRUE]
          [] OTHER -> one
  IN IF switch[1] = was THEN SNoted(me, heard, leases)
     ELSE SDone(me, ReviewAll(me, [given EXCEPT !.life.nodes = [node \in DOMAIN @ |-> Node(@[node])]]), leases)
=============================================================================
