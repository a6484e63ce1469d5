---------------------------- MODULE KubeletStage ----------------------------
(***************************************************************************)
(* The rule (protocol 4, 5, 6), at K: it registers itself, reads S's Lease *)
(* for the minimum, lists its Pods, and recovers from journal, runtime and *)
(* list before it answers a `Hello`.  Acceptance, the end of a Pod, the    *)
(* intent to publish, a fence and a drain are journalled before their      *)
(* first effect.  An object that is stamped with a uid that ended, or that *)
(* K does not know, is deleted; containers that no Pod accounts for are    *)
(* killed, and no `Hello` is answered until they are quiet.                *)
(*                                                                         *)
(* One life of K where it runs the containers, the owner switch says       *)
(* `direct`, and its Node stays: `machines/kubelet/`.  K hears of Pods by  *)
(* watch; of its Node it hears by reads alone.                             *)
(*                                                                         *)
(*   life     its link (`AnsweringSide`), its records and what `TailPod`   *)
(*            says of each, and what K waits for                           *)
(*   journal  [node, fence, drained, pods, ended]                          *)
(*   fact     [uid, set, meta, rv, phase, ready, deleting] of an object    *)
(***************************************************************************)
EXTENDS Rooms

EmptyJournal == [node |-> FALSE, fence |-> <<0, 0>>, drained |-> <<>>, pods |-> <<>>, ended |-> {}]

KubeletFresh(node, incarnation, journal, running) ==
  [node |-> node, incarnation |-> incarnation, agent |-> "registering",
   link |-> FreshSide(journal.fence), records |-> <<>>, pods |-> <<>>, counter |-> 0,
   accepted |-> journal.fence, drained |-> journal.drained, draining |-> <<>>,
   waiting |-> <<>>, read |-> 0, registered |-> <<>>, foreign |-> <<>>, killing |-> {},
   ended |-> journal.ended, running |-> <<running>>, early |-> <<>>, queued |-> NoNews,
   reads |-> <<>>, answers |-> <<>>, told |-> <<>>, timers |-> {}, seen |-> <<>>, passed |-> <<>>]

\* ---- A turn: the life, its news, its journal entries, what goes out -----------

Begun(life) == [life |-> life, news |-> NoNews, entries |-> <<>>, out |-> <<>>]
Acts(turn, effect) == [turn EXCEPT !.out = Append(@, effect)]
Persists(turn, entry) == [turn EXCEPT !.entries = Append(@, entry)]
\* `Tell` of `LowerEnd` is of any turn.

KReads(token, of) == [type |-> "read", token |-> token, of |-> of]
Entry(kind, uid) == [kind |-> kind, uid |-> uid]

NextVersion(turn) == <<turn.life.node, turn.life.incarnation, turn.life.counter + 1>>
HoldPod(turn, record, pod) ==
  [turn EXCEPT !.life.records = Put(@, record),
               !.life.pods = [uid \in DOMAIN @ \cup {record.uid} |-> IF uid = record.uid THEN pod ELSE @[uid]]]
DropPod(turn, uid) ==
  [turn EXCEPT !.life.records = Without(@, {uid}), !.life.pods = Without(@, {uid})]

PhaseOrder(phase) ==
  CASE phase = "created" -> 0 [] phase = "bound" -> 1 [] phase = "accepted" -> 2
    [] phase = "running" -> 3 [] phase = "terminating" -> 4

ChangeRecord(turn, uid, phase, ready, silently) ==
  LET record == turn.life.records[uid]
      after == IF PhaseOrder(phase) > PhaseOrder(record.phase) THEN phase ELSE record.phase
      changed == [record EXCEPT !.phase = after, !.ready = ready, !.version = NextVersion(turn)]
      held == [turn EXCEPT !.life.counter = @ + 1, !.life.records[uid] = changed]
  IN IF uid \notin DOMAIN turn.life.records THEN turn
     ELSE IF after = record.phase /\ ready = record.ready THEN turn
     ELSE IF silently THEN held ELSE Tell(held, "changed", <<StatusOf(changed)>>)

ObjectHeard(turn, uid, event, meta) ==
  IF uid \notin DOMAIN turn.life.pods THEN turn
  ELSE [turn EXCEPT !.life.pods[uid].object = ObjectAfter(@, event),
                    !.life.pods[uid].meta = IF meta = <<>> THEN @ ELSE meta]
ContainersHeard(turn, uid, event) ==
  IF uid \notin DOMAIN turn.life.pods THEN turn
  ELSE [turn EXCEPT !.life.pods[uid].containers = ContainersAfter(@, event)]

Tombstone(turn, uid, ending, silently) ==
  LET told == ChangeRecord([turn EXCEPT !.life.pods[uid].ending = <<ending>>],
                           uid, "terminating", FALSE, silently)
  IN IF Marked(turn.life.records[uid]) THEN turn
     ELSE Persists(told, [kind |-> "terminating", uid |-> uid, meta |-> turn.life.pods[uid].meta])

\* Truly gone: the end is journalled, then told.
ConfirmPod(turn, uid) ==
  LET ending == turn.life.pods[uid].ending[1]
      gone == [DropPod(turn, uid) EXCEPT !.life.ended = @ \cup {uid},
                                         !.life.timers = @ \ {<<"ambiguous", uid>>}]
      over == Persists(gone, Entry("ended", uid))
  IN IF ending.tell = "terminated" THEN Tell(over, "terminated", <<uid>>)
     ELSE Tell(over, ending.tell, <<[uid |-> uid, reason |-> ending.reason]>>)

RECURSIVE Advance(_, _)
Advance(turn, uid) ==
  IF uid \notin DOMAIN turn.life.pods THEN turn
  ELSE LET record == turn.life.records[uid]
           pod == turn.life.pods[uid]
           next == NextAct(record, pod)
           Heard(event) == ObjectHeard(turn, uid, event, <<>>)
           Delete(event, grace) ==
             Acts(Heard(event), [type |-> "delete", uid |-> uid, meta |-> pod.meta, grace |-> grace])
       IN CASE next.do = "wait" -> turn
            [] next.do = "end" -> Advance(Tombstone(turn, uid, next.ending, FALSE), uid)
            [] next.do = "confirm" -> ConfirmPod(turn, uid)
            [] next.do = "start" ->
                 Advance(Acts(ContainersHeard(turn, uid, "startSent"), StartPod(uid)), uid)
            [] next.do = "stop" ->
                 Advance(Acts(ContainersHeard(turn, uid, "stopSent"), StopPod(uid)), uid)
            [] next.do = "create" ->
                 LET meant == IF Is("intent-not-journalled") THEN Heard("createSent")
                              ELSE Persists(Heard("createSent"), Entry("publishIntent", uid))
                 IN Advance(Acts(meant, [type |-> "publish", record |-> record]), uid)
            [] next.do = "writeStatus" ->
                 Advance(Acts([turn EXCEPT !.life.pods[uid].wrote = <<record.ready>>],
                              [type |-> "writePodStatus", uid |-> uid, ready |-> record.ready]), uid)
            [] next.do = "delete" -> Advance(Delete("deleteSent", 1), uid)
            [] next.do = "finish" -> Advance(Delete("finishSent", 0), uid)
            [] next.do = "read" -> Advance(Acts(Heard("readSent"), KReads(<<"pod", uid>>, "pod")), uid)

RECURSIVE AdvanceAll(_, _)
AdvanceAll(turn, uids) == IF uids = <<>> THEN turn ELSE AdvanceAll(Advance(turn, Head(uids)), Tail(uids))

EndsPod(turn, uid, ending, silently) ==
  IF uid \notin DOMAIN turn.life.pods THEN turn
  ELSE Advance(Tombstone(turn, uid, ending, silently), uid)

RECURSIVE EndAll(_, _, _)
EndAll(turn, uids, ending) ==
  IF uids = <<>> THEN turn ELSE EndAll(EndsPod(turn, Head(uids), ending, FALSE), Tail(uids), ending)

Kill(turn, uid) ==
  IF uid \in turn.life.killing THEN turn
  ELSE Acts([turn EXCEPT !.life.killing = @ \cup {uid}], StopPod(uid))

\* ---- `Assign` and `Terminate` ---------------------------------------------------

\* All that is on the node.
RECURSIVE TakenByStrays(_, _)
TakenByStrays(foreign, uids) ==
  IF uids = {} THEN 0
  ELSE LET uid == CHOOSE uid \in uids : TRUE IN foreign[uid].room + TakenByStrays(foreign, uids \ {uid})
TakenOf(life) ==
  RoomOfAll(life.records) + TakenByStrays(life.foreign, DOMAIN life.foreign) + ByStrangers(life.node)

AssignPod(turn, assigned) ==
  LET life == turn.life
      uid == assigned.uid
      Refuse(reason) == Tell(turn, "refused", <<[uid |-> uid, reason |-> reason]>>)
      record == [assigned EXCEPT !.phase = "accepted", !.ready = FALSE, !.version = NextVersion(turn)]
      taken == [HoldPod(turn, record, FreshPod) EXCEPT !.life.counter = @ + 1]
      kept == IF Is("acceptance-not-journalled") THEN taken
              ELSE Persists(taken, [kind |-> "accepted", uid |-> uid, record |-> record])
  IN CASE uid \in DOMAIN life.records -> Tell(turn, "assigned", <<StatusOf(life.records[uid])>>)
       [] uid \in life.ended -> Refuse("Ended")
       [] life.draining # <<>> -> Refuse("Draining")
       [] TakenOf(life) + Size(assigned.set) > Capacity /\ ~Is("no-room-check") -> Refuse("OutOfpods")
       [] OTHER -> Advance(Tell(kept, "assigned", <<StatusOf(record)>>), uid)

RECURSIVE AssignPods(_, _)
AssignPods(turn, records) ==
  IF records = <<>> THEN turn ELSE AssignPods(AssignPod(turn, Head(records)), Tail(records))

MarkPod(turn, uid) == EndsPod(turn, uid, [tell |-> "terminated", reason |-> "Terminated"], TRUE)
RECURSIVE MarkPods(_, _, _)
MarkPods(turn, uids, strangers) ==
  IF uids = <<>> THEN turn
  ELSE LET uid == Head(uids)
       IN MarkPods(IF uid \in DOMAIN turn.life.pods THEN MarkPod(turn, uid)
                   ELSE IF strangers THEN Tell(turn, "terminated", <<uid>>) ELSE turn,
                   Tail(uids), strangers)

\* ---- The link ---------------------------------------------------------------------

KSession(life) == DownSession(life.incarnation, life.link)

\* News of this step so far go in the session that is current now.
FlushNews(turn) ==
  LET flushed == Flushed(turn.life.incarnation, turn.life.link, turn.life.queued, turn.news)
  IN [turn EXCEPT !.news = NoNews, !.life.queued = flushed.queued, !.out = @ \o flushed.out]

KOffer(turn) ==
  LET life == turn.life
      fence == FenceOf(life.link.hello[1])
      held == Sorted(DOMAIN life.records)
      kept == Persists([turn EXCEPT !.life.accepted = Highest(@, fence)], [kind |-> "fence", fence |-> fence])
  IN Acts(IF Is("fence-not-persisted") THEN [kept EXCEPT !.entries = turn.entries] ELSE kept,
          Send([kind |-> "Offer", session |-> KSession(life),
                held |-> [i \in DOMAIN held |-> [uid |-> held[i], version |-> life.records[held[i]].version]],
                drained |-> life.drained]))

KState(turn, fetch) ==
  LET marked == MarkPods(turn, fetch.tombstones, FALSE)
      Stands(uid) == uid \in DOMAIN marked.life.records
      asked == SelectSeq(fetch.uids, Stands)
  IN Acts(marked, Send([kind |-> "State", session |-> KSession(marked.life),
                        records |-> [i \in DOMAIN asked |-> marked.life.records[asked[i]]]]))

KDelivered(turn, message) ==
  CASE message.kind = "Assign" -> AssignPods(turn, message.records)
    [] message.kind = "Terminate" -> MarkPods(turn, message.uids, TRUE)
    [] OTHER -> turn

KHeeds(turn, output) ==
  CASE output.type = "effect" -> Acts(turn, output.effect)
    [] output.type = "verify" ->
         [turn EXCEPT !.life.waiting = <<[hello |-> FenceOf(turn.life.link.hello[1]), read |-> 0]>>]
    [] output.type = "offer" -> KOffer(turn)
    [] output.type = "state" -> KState(turn, output.fetch)
    [] output.type = "delivered" -> KDelivered(turn, output.message)
    [] output.type = "review" -> Acts(turn, KReads(<<"own", turn.life.link.seen>>, "agent"))
    [] output.type = "closed" -> turn

RECURSIVE KHeedsAll(_, _)
KHeedsAll(turn, outputs) ==
  IF outputs = <<>> THEN turn ELSE KHeedsAll(KHeeds(turn, Head(outputs)), Tail(outputs))
KLink(turn, asked) == KHeedsAll([turn EXCEPT !.life.link = asked.side], asked.outputs)

RaiseFence(turn, fence) ==
  LET flushed == FlushNews(turn)
  IN KLink(flushed, SideFenced(flushed.life.incarnation, flushed.life.link, fence))

\* ---- The mark, drains, the end of a step --------------------------------------------

KHeedMark(turn, mark) ==
  IF mark = <<>> THEN turn
  ELSE LET fenced == IF Is("drain-keeps-session") THEN turn ELSE RaiseFence(turn, mark[1])
           begun == Persists([fenced EXCEPT !.life.draining = mark], [kind |-> "fence", fence |-> mark[1]])
       IN IF MustDrain(fenced.life, mark[1])
          THEN EndAll(begun, Sorted(DOMAIN fenced.life.pods), [tell |-> "terminated", reason |-> "Cancelled"])
          ELSE fenced

Strays(life) == {uid \in DOMAIN life.foreign : TRUE}
KCompleteDrain(turn) ==
  LET life == turn.life
      isDrained == DOMAIN life.pods = {} /\ Strays(life) = {} /\ life.killing = {}
  IN IF life.draining = <<>> \/ life.agent # "serving" \/ ~(isDrained \/ Is("drain-not-awaited")) THEN turn
     ELSE Acts(Persists([turn EXCEPT !.life.draining = <<>>, !.life.drained = life.draining],
                        [kind |-> "drained", mark |-> life.draining[1]]),
               ReportDrain(life.draining[1]))

KVerifyHello(turn) ==
  LET life == turn.life
      read == life.read + 1
  IN IF life.waiting = <<>> \/ life.agent # "serving" \/ life.draining # <<>> \/ life.killing # {} THEN turn
     ELSE IF life.waiting[1].read > 0 THEN turn
     ELSE Acts([turn EXCEPT !.life.read = read, !.life.waiting[1].read = read],
               KReads(<<"hello", read>>, "node"))

\* The journal comes before all that goes out.
KDone(turn) ==
  LET over == FlushNews(KVerifyHello(KCompleteDrain(turn)))
  IN Result(over.life,
            (IF over.entries = <<>> THEN <<>> ELSE <<[type |-> "journal", entries |-> over.entries]>>)
            \o over.out)

\* ---- What the API Server shows --------------------------------------------------------

Hear(turn, fact) ==
  Advance(ObjectHeard(turn, fact.uid, IF fact.deleting THEN "seenDeleting" ELSE "seenLive", fact.meta),
          fact.uid)

Stray(turn, fact) ==
  LET before == IF fact.uid \in DOMAIN turn.life.foreign THEN turn.life.foreign[fact.uid].asked ELSE FALSE
      Foreign(asked) == [turn EXCEPT !.life.foreign =
        [uid \in DOMAIN @ \cup {fact.uid} |->
           IF uid = fact.uid
             THEN [meta |-> fact.meta, deleting |-> fact.deleting, asked |-> asked, room |-> Size(fact.set)]
             ELSE @[uid]]]
  IN IF before THEN Foreign(TRUE)
     ELSE Acts(Foreign(TRUE), [type |-> "delete", uid |-> fact.uid, meta |-> fact.meta, grace |-> 0])

Observe(turn, fact) ==
  IF fact.uid \in DOMAIN turn.life.pods /\ turn.life.pods[fact.uid].meta \in {<<>>, fact.meta}
  THEN Hear(turn, fact)
  ELSE Stray(turn, fact)
RECURSIVE ObserveAll(_, _)
ObserveAll(turn, facts) ==
  IF facts = <<>> THEN turn ELSE ObserveAll(Observe(turn, Head(facts)), Tail(facts))

Vanish(turn, uid, meta) ==
  IF uid \in DOMAIN turn.life.pods /\ turn.life.pods[uid].meta \in {<<>>, meta}
  THEN Advance(ObjectHeard(turn, uid, "vanished", meta), uid)
  ELSE [turn EXCEPT !.life.foreign = Without(@, {uid})]

PublishedReply(turn, fact) ==
  IF fact.uid \notin DOMAIN turn.life.pods THEN turn
  ELSE IF turn.life.pods[fact.uid].meta # <<>> THEN turn
  ELSE Observe(ObjectHeard(turn, fact.uid, "created", fact.meta), fact)

PublishLost(turn, uid) ==
  IF uid \notin DOMAIN turn.life.pods THEN turn
  ELSE IF turn.life.pods[uid].object # "publishing" THEN turn
  ELSE [ObjectHeard(turn, uid, "createLost", <<>>) EXCEPT !.life.timers = @ \cup {<<"ambiguous", uid>>}]

DeleteReply(turn, uid, outcome) ==
  CASE uid \notin DOMAIN turn.life.pods ->
         IF outcome = "notFound" THEN [turn EXCEPT !.life.foreign = Without(@, {uid})] ELSE turn
    [] outcome = "accepted" -> Advance(ObjectHeard(turn, uid, "deleteAccepted", <<>>), uid)
    [] OTHER -> IF turn.life.pods[uid].object = "publishing" THEN turn
                ELSE Advance(ObjectHeard(turn, uid, "vanished", <<>>), uid)

PodReadReply(turn, uid, found) ==
  IF uid \notin DOMAIN turn.life.pods THEN turn
  ELSE IF turn.life.pods[uid].object # "checking" THEN turn
  ELSE IF found # <<>> THEN Observe(turn, found[1])
  ELSE Advance(ObjectHeard(turn, uid, "readNone", <<>>), uid)

\* ---- What the runtime says --------------------------------------------------------------

Started(turn, uid) ==
  LET started == ContainersHeard(turn, uid, "started")
      told == IF started.life.pods[uid].containers = "running"
              THEN ChangeRecord(started, uid, "running", started.life.records[uid].ready, FALSE)
              ELSE started
  IN IF uid \notin DOMAIN turn.life.pods THEN Kill(turn, uid) ELSE Advance(told, uid)
BecameReady(turn, uid) ==
  IF uid \notin DOMAIN turn.life.pods THEN turn
  ELSE IF turn.life.pods[uid].containers # "running" \/ Marked(turn.life.records[uid]) THEN turn
  ELSE Advance(ChangeRecord(turn, uid, "running", TRUE, FALSE), uid)
Stopped(turn, uid) ==
  LET quiet == ContainersHeard(turn, uid, "stopped")
  IN IF uid \notin DOMAIN turn.life.pods THEN [turn EXCEPT !.life.killing = @ \ {uid}]
     ELSE IF Marked(turn.life.records[uid]) THEN Advance(quiet, uid)
     ELSE EndsPod(quiet, uid, [tell |-> "lost", reason |-> "ContainersExited"], FALSE)

\* ---- Everything about Pods; before recovery it is kept, and heard then in its order -----

HearPod(turn, event) ==
  CASE event.type = "observed" -> Observe(turn, event.fact)
    [] event.type = "vanished" -> Vanish(turn, event.uid, event.meta)
    [] event.type = "published" -> PublishedReply(turn, event.fact)
    [] event.type = "publishLost" -> PublishLost(turn, event.uid)
    [] event.type = "deleted" -> DeleteReply(turn, event.uid, event.outcome)
    [] event.type = "podRead" -> PodReadReply(turn, event.uid, event.found)
    [] event.type = "started" -> Started(turn, event.uid)
    [] event.type = "ready" -> BecameReady(turn, event.uid)
    [] event.type = "stopped" -> Stopped(turn, event.uid)
    [] event.type = "waited" -> Advance(ObjectHeard(turn, event.uid, "waited", <<>>), event.uid)
RECURSIVE HearPods(_, _)
HearPods(turn, events) == IF events = <<>> THEN turn ELSE HearPods(HearPod(turn, Head(events)), Tail(events))

KPod(life, event) ==
  KDone(IF life.running # <<>> THEN Begun([life EXCEPT !.early = Append(@, event)])
        ELSE HearPod(Begun(life), event))

\* ---- Recovery ------------------------------------------------------------------------------

RECURSIVE RecoverPods(_, _, _, _)
RecoverPods(turn, journal, facts, uids) ==
  IF uids = <<>> THEN turn
  ELSE LET uid == Head(uids)
           kept == journal.pods[uid]
           found == {i \in DOMAIN facts : facts[i].uid = uid /\ kept.meta \in {<<>>, facts[i].meta}}
           fact == IF found = {} THEN <<>> ELSE <<facts[CHOOSE i \in found : TRUE]>>
           runs == uid \in turn.life.running[1]
           ready == runs /\ ~kept.terminating /\ fact # <<>> /\ fact[1].ready
           record == [kept.record EXCEPT
             !.phase = IF kept.terminating THEN "terminating" ELSE IF runs THEN "running" ELSE "accepted",
             !.ready = ready, !.version = NextVersion(turn)]
           object == CASE fact # <<>> -> IF fact[1].deleting THEN "deleting" ELSE "standing"
                       [] fact = <<>> /\ ~kept.intent -> "unpublished"
                       [] fact = <<>> /\ kept.intent -> IF kept.meta = <<>> THEN "unsure" ELSE "vanished"
           pod == [object |-> object,
                   containers |-> IF runs THEN "running"
                                  ELSE IF Is("start-in-flight-ignored") THEN "quiet" ELSE "starting",
                   meta |-> IF fact = <<>> THEN kept.meta ELSE fact[1].meta,
                   wrote |-> IF fact = <<>> THEN <<>> ELSE <<fact[1].ready>>,
                   ending |-> IF kept.terminating
                              THEN <<[tell |-> "terminated", reason |-> "Terminated"]>> ELSE <<>>]
           held == [HoldPod(turn, record, pod) EXCEPT
                      !.life.counter = @ + 1,
                      !.life.timers = IF object = "unsure" THEN @ \cup {<<"ambiguous", uid>>} ELSE @]
       IN RecoverPods(held, journal, facts, Tail(uids))

EndingOf(turn, journal, uid, running) ==
  LET kept == journal.pods[uid]
      found == turn.life.pods[uid].wrote # <<>>
      Lost(reason) == <<[tell |-> "lost", reason |-> reason]>>
  IN CASE kept.terminating -> <<[tell |-> "terminated", reason |-> "Terminated"]>>
       [] uid \notin running -> Lost(IF found THEN "ContainersGone" ELSE "NeverStarted")
       [] kept.intent /\ ~found -> Lost("PublishAmbiguous")
       [] OTHER -> <<>>

RECURSIVE KillAll(_, _)
KillAll(turn, uids) == IF uids = <<>> THEN turn ELSE KillAll(Kill(turn, Head(uids)), Tail(uids))
RECURSIVE EndRecovered(_, _, _, _)
EndRecovered(turn, endings, uids, at) ==
  IF at > Len(uids) THEN turn
  ELSE EndRecovered(IF endings[at] = <<>> THEN turn ELSE EndsPod(turn, uids[at], endings[at][1], FALSE),
                    endings, uids, at + 1)

LaterMark(a, b) == IF a = <<>> THEN b ELSE IF b = <<>> THEN a ELSE <<Highest(b[1], a[1])>>

\* Serving, on the Node that was registered.
SettleNode(turn, journal) ==
  LET fact == turn.life.registered[1]
      moved == [turn EXCEPT !.life.agent = "serving", !.life.registered = <<>>,
                            !.life.drained = LaterMark(fact.drained, @)]
  IN KHeedMark(IF journal.node THEN moved ELSE Persists(moved, [kind |-> "node"]), fact.mark)

Recover(life, journal, facts) ==
  LET uids == Sorted(DOMAIN journal.pods)
      running == life.running[1]
      placed == RecoverPods(Begun(life), journal, facts, uids)
      endings == [i \in DOMAIN uids |-> EndingOf(placed, journal, uids[i], running)]
      heard == ObserveAll([placed EXCEPT !.life.running = <<>>], facts)
      killed == KillAll(heard, Sorted(running \ DOMAIN journal.pods))
      settled == SettleNode(EndRecovered(killed, endings, uids, 1), journal)
      early == settled.life.early
      after == HearPods([AdvanceAll(settled, uids) EXCEPT !.life.early = <<>>], early)
  IN KLink(after, SidePassed(after.life.link))

\* ---- Events -----------------------------------------------------------------------------------

KReceived(life, message) ==
  KDone(KLink(Begun(life), SideReceived(life.incarnation, life.link, message)))
KBroken(life, upstream, n) == KDone(KLink(Begun(life), SideBroken(life.link, upstream, n)))

KRegistered(life, fact) ==
  KDone(Acts([Begun(life) EXCEPT !.life.agent = "readingLeader", !.life.registered = <<fact>>,
                                 !.life.read = @ + 1],
             KReads(<<"minimum", life.read + 1>>, "down")))

KLeaseRead(life, token, lease) ==
  KDone(CASE life.agent = "readingLeader" /\ token = <<"minimum", life.read>> ->
               Acts([RaiseFence(Begun(life), <<lease, 0>>) EXCEPT !.life.agent = "listing"],
                    KReads(<<"list">>, "pods"))
          [] token[1] = "own" ->
               KLink(Begun(life), SideReviewed(life.incarnation, life.link, token[2], lease))
          [] OTHER -> Begun(life))

KListed(life, journal, facts) == KDone(Recover(life, journal, facts))

\* The own Node, read for a `Hello`: the mark first, then the `Hello` that asked for it.
KNodeRead(life, token, fact) ==
  KDone(IF life.waiting = <<>> \/ token # <<"hello", life.waiting[1].read>> THEN Begun(life)
        ELSE LET heeded == KHeedMark(Begun(life), fact.mark)
             IN IF heeded.life.draining # <<>> THEN [heeded EXCEPT !.life.waiting[1].read = 0]
                ELSE KLink([heeded EXCEPT !.life.waiting = <<>>],
                           SideVerified(life.incarnation, heeded.life.link, life.waiting[1].hello, TRUE)))
=============================================================================
