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
(* Under `stock` (9) K ends what is unpublished, lets go of what was not   *)
(* signalled, adopts what stock makes, and says so once nothing is left of *)
(* it; taken back, it lists its Pods consistently before it acts on them.  *)
(*                                                                         *)
(* A newer agent on its Node, read consistently, ends it; one that the     *)
(* watch shows before it serves makes it register itself once more.  With  *)
(* a lost journal it is in doubt: what it does not hold may still come,    *)
(* until a list that was begun after all creates of before can have landed.*)
(*                                                                         *)
(* One life of K where it runs the containers and its Node stays:          *)
(* `machines/kubelet/`.  K hears of Pods and of the owner switch by watch; *)
(* of its Node it hears by reads, in `Registration` by watch too.          *)
(*                                                                         *)
(*   life     its link (`AnsweringSide`), its records and what `TailPod`   *)
(*            says of each, and what K waits for; owner: "direct",         *)
(*            "stock", "propagating" or "relisting"; heard: the switch     *)
(*   lists    consistent lists under way; again: several were              *)
(*   doubt    "none", "waiting" or "listing"                               *)
(*   shown    <<>>, or what the watch showed since K asked to be           *)
(*            registered: <<"it">>, or <<"newer">>, another agent on it    *)
(*   nodeRead the read of the own Node that is under way; 0 if none        *)
(*   journal  [node, fence, drained, pods, ended, released]                *)
(*   fact     [uid, set, meta, rv, phase, ready, deleting] of an object;   *)
(*            uid: its key (`TailPod`)                                     *)
(*   switch   <<owner, version>>                                           *)
(***************************************************************************)
EXTENDS Rooms

EmptyJournal == [node |-> FALSE, fence |-> <<0, 0>>, drained |-> <<>>, pods |-> <<>>, ended |-> {}, released |-> {}]

KubeletFresh(node, incarnation, journal, running, switch) ==
  [node |-> node, incarnation |-> incarnation, agent |-> "registering",
   link |-> FreshSide(journal.fence), records |-> <<>>, pods |-> <<>>, counter |-> 0,
   accepted |-> journal.fence, drained |-> journal.drained, draining |-> <<>>,
   waiting |-> <<>>, read |-> 0, registered |-> <<>>, foreign |-> <<>>, killing |-> {},
   ended |-> journal.ended, running |-> <<running>>, early |-> <<>>, queued |-> NoNews,
   owner |-> switch[1], heard |-> switch, acknowledged |-> FALSE, released |-> journal.released,
   listed |-> <<>>, since |-> {}, lists |-> 0, again |-> FALSE, doubt |-> "none", shown |-> <<>>, nodeRead |-> 0,
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

ForgetPod(turn, uid) ==
  Persists([DropPod(turn, uid) EXCEPT !.life.ended = @ \cup {uid}, !.life.timers = @ \ {<<"ambiguous", uid>>}],
           Entry("ended", uid))

\* Truly gone: the end is journalled, then told.
ConfirmPod(turn, uid) ==
  LET ending == turn.life.pods[uid].ending[1]
      over == ForgetPod(turn, uid)
  IN IF ending.tell = "terminated" THEN Tell(over, "terminated", <<uid>>)
     ELSE Tell(over, ending.tell, <<[uid |-> uid, reason |-> ending.reason]>>)

IsOwner(life) == life.owner = "direct"
PutForeign(turn, key, foreign) ==
  [turn EXCEPT !.life.foreign = [one \in DOMAIN @ \cup {key} |-> IF one = key THEN foreign ELSE @[one]]]
DropForeign(turn, key) == [turn EXCEPT !.life.foreign = Without(@, {key})]

DeleteOf(uid, meta, grace) == [type |-> "delete", uid |-> uid, meta |-> meta, grace |-> grace]

\* Failed, and nothing of it runs: its end is told now; its object is deleted when K may.
SettlePod(turn, uid) ==
  LET pod == turn.life.pods[uid]
      told == Tell(ForgetPod(turn, uid), "lost", <<[uid |-> uid, reason |-> pod.ending[1].reason]>>)
      left == PutForeign(told, KeyOf(uid),
                [uid |-> uid, kind |-> "stray", meta |-> pod.meta, deleting |-> FALSE, room |-> 0,
                 asked |-> IF IsOwner(turn.life) THEN "yes" ELSE "denied"])
  IN IF IsOwner(turn.life) THEN Acts(left, DeleteOf(uid, pod.meta, 0)) ELSE left

\* A Pod that was not signalled: its object lives on under another uid.
LetGoPod(turn, old) ==
  LET was == turn.life.records[old]
      pod == turn.life.pods[old]
      uid == AdoptedAgain(old, pod.meta)
      phase == IF pod.containers = "running" \/ was.ready THEN "running" ELSE "accepted"
      record == [was EXCEPT !.uid = uid, !.phase = phase, !.version = NextVersion(turn)]
      kept == Persists(Persists(Persists(DropPod(turn, old),
                [kind |-> "released", uid |-> old, meta |-> pod.meta]),
                [kind |-> "accepted", uid |-> uid, record |-> record, meta |-> pod.meta]),
                Entry("publishIntent", uid))
      held == [HoldPod(kept, record, [pod EXCEPT !.object = "standing", !.ending = <<>>]) EXCEPT
                 !.life.counter = @ + 1, !.life.ended = @ \cup {old},
                 !.life.released = @ \cup {<<KeyOf(old), pod.meta>>}]
  IN Tell(Tell(held, "lost", <<[uid |-> old, reason |-> "OwnedByStock"]>>), "adopted", <<record>>)

RECURSIVE Advance(_, _)
Advance(turn, uid) ==
  IF uid \notin DOMAIN turn.life.pods THEN turn
  ELSE LET record == turn.life.records[uid]
           pod == turn.life.pods[uid]
           next == NextAct(record, pod, turn.life.owner)
           Heard(event) == ObjectHeard(turn, uid, event, <<>>)
           Delete(event, grace) == Acts(Heard(event), DeleteOf(uid, pod.meta, grace))
       IN CASE next.do = "wait" -> turn
            [] next.do = "end" -> Advance(Tombstone(turn, uid, next.ending, FALSE), uid)
            [] next.do = "confirm" -> ConfirmPod(turn, uid)
            [] next.do = "settle" -> SettlePod(turn, uid)
            [] next.do = "letGo" -> LetGoPod(turn, uid)
            [] next.do = "start" ->
                 Advance(Acts(ContainersHeard(turn, uid, "startSent"), StartPod(pod.as)), uid)
            [] next.do = "stop" ->
                 Advance(Acts(ContainersHeard(turn, uid, "stopSent"), StopPod(pod.as)), uid)
            [] next.do = "fail" ->
                 Advance(Acts(Heard("failSent"), [type |-> "failPod", uid |-> uid, meta |-> pod.meta]), uid)
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

\* K's own decision to end a Pod, or the upstream's.  Under `stock` one that was not signalled is let go.
EndsPod(turn, uid, ending, silently) ==
  IF uid \notin DOMAIN turn.life.pods THEN turn
  ELSE LET pod == turn.life.pods[uid]
           goesOn == /\ ~Marked(turn.life.records[uid]) /\ pod.object = "standing"
                     /\ pod.containers \in {"running", "starting"}
       IN IF turn.life.owner = "stock" /\ goesOn /\ ~Is("tombstone-held-at-release") THEN LetGoPod(turn, uid)
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
      taken == [HoldPod(turn, record, FreshPod(uid)) EXCEPT !.life.counter = @ + 1]
      kept == IF Is("acceptance-not-journalled") THEN taken
              ELSE Persists(taken, [kind |-> "accepted", uid |-> uid, record |-> record, meta |-> <<>>])
  IN CASE uid \in DOMAIN life.records -> Tell(turn, "assigned", <<StatusOf(life.records[uid])>>)
       [] uid \in life.ended -> Refuse("Ended")
       [] ~IsOwner(life) -> Refuse("OwnedByStock")
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

\* Absence in it shows nothing; only such an `Offer` bears the field.
Doubtful(offer) == [field \in DOMAIN offer \cup {"doubtful"} |-> IF field = "doubtful" THEN TRUE ELSE offer[field]]
KOffer(turn) ==
  LET life == turn.life
      fence == FenceOf(life.link.hello[1])
      held == Sorted(DOMAIN life.records)
      kept == Persists([turn EXCEPT !.life.accepted = Highest(@, fence)], [kind |-> "fence", fence |-> fence])
      offer == [kind |-> "Offer", session |-> KSession(life),
                held |-> [i \in DOMAIN held |-> [uid |-> held[i], version |-> life.records[held[i]].version]],
                drained |-> life.drained]
  IN Acts(IF Is("fence-not-persisted") THEN [kept EXCEPT !.entries = turn.entries] ELSE kept,
          Send(IF life.doubt = "none" THEN offer ELSE Doubtful(offer)))

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
CloseSessions(turn) == RaiseFence(turn, turn.life.link.fence)

\* ---- The mark, drains, the end of a step --------------------------------------------

KHeedMark(turn, mark) ==
  IF mark = <<>> THEN turn
  ELSE LET fenced == IF Is("drain-keeps-session") THEN turn ELSE RaiseFence(turn, mark[1])
           begun == Persists([fenced EXCEPT !.life.draining = mark], [kind |-> "fence", fence |-> mark[1]])
       IN IF MustDrain(fenced.life, mark[1])
          THEN IF IsOwner(fenced.life)
               THEN EndAll(begun, Sorted(DOMAIN fenced.life.pods), [tell |-> "terminated", reason |-> "Cancelled"])
               ELSE begun
          ELSE fenced

Strays(life) == {key \in DOMAIN life.foreign : life.foreign[key].kind = "stray"}
KCompleteDrain(turn) ==
  LET life == turn.life
      isDrained == DOMAIN life.pods = {} /\ Strays(life) = {} /\ life.killing = {} /\ life.doubt = "none"
  IN IF life.draining = <<>> \/ life.agent # "serving" \/ ~IsOwner(life) \/ ~(isDrained \/ Is("drain-not-awaited")) THEN turn
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

\* In the way of letting go: unpublished, a create in flight, or a tombstone of a live object.
IsUnsettled(record, pod) ==
  \/ pod.object \in Unknown \ {"absent"}
  \/ Marked(record) /\ pod.object \in {"standing", "deleteAsked", "deleteDelayed", "denied", "failAsked"}
Unsettled(life) == {uid \in DOMAIN life.pods : IsUnsettled(life.records[uid], life.pods[uid])}
Acknowledge(owner, version) == [type |-> "acknowledge", owner |-> owner, version |-> version]

KAcknowledges(turn) ==
  LET life == turn.life
      due == life.owner = "stock" /\ ~life.acknowledged /\ life.agent = "serving"
  IN IF due /\ (Unsettled(life) = {} \/ Is("acknowledge-early"))
     THEN Acts([turn EXCEPT !.life.acknowledged = TRUE], Acknowledge("stock", life.heard[2]))
     ELSE turn

\* The list after it is there; an upstream that waits with its session begins another.
KEndDoubt(turn) ==
  LET over == Persists([turn EXCEPT !.life.doubt = "none"], [kind |-> "doubt", over |-> TRUE])
  IN IF turn.life.doubt # "listing" \/ turn.life.lists > 0 THEN turn
     ELSE IF turn.life.link.state = "offered" THEN CloseSessions(over) ELSE over

\* The journal comes before all that goes out.
KDone(turn) ==
  LET over == FlushNews(KVerifyHello(KAcknowledges(KCompleteDrain(KEndDoubt(turn)))))
  IN Result(over.life,
            (IF over.entries = <<>> THEN <<>> ELSE <<[type |-> "journal", entries |-> over.entries]>>)
            \o over.out)

\* ---- What the API Server shows --------------------------------------------------------

SeenOf(fact) == IF fact.deleting THEN "seenDeleting" ELSE IF fact.phase = "Failed" THEN "seenFailed" ELSE "seenLive"
Hear(turn, uid, fact) == Advance(ObjectHeard(turn, uid, SeenOf(fact), fact.meta), uid)

\* The uid that an object is stamped with, unless its stamp no longer counts; <<>> if none.
StampOf(life, key, meta) == IF key[1] \in {"s", "u"} \/ <<key, meta>> \in life.released THEN <<>> ELSE <<key>>
\* The Pod of an object: the one that K holds with it, or that it is stamped with and has no object yet.
PodsOf(life, key, meta) ==
  {uid \in DOMAIN life.pods : KeyOf(uid) = key /\ life.pods[uid].meta = meta}
  \cup {uid \in DOMAIN life.pods : StampOf(life, key, meta) = <<uid>> /\ life.pods[uid].meta = <<>>}

\* Deletes a stray: a create that landed late, or an object that nobody answers for.
Tidy(turn, key) ==
  LET one == turn.life.foreign[key]
  IN IF one.kind # "stray" \/ one.asked # "no" THEN turn
     ELSE IF ~IsOwner(turn.life) /\ ~one.deleting THEN PutForeign(turn, key, [one EXCEPT !.asked = "denied"])
     ELSE Acts(PutForeign(turn, key, [one EXCEPT !.asked = "yes"]), DeleteOf(one.uid, one.meta, 0))

RECURSIVE FreeUid(_, _)
FreeUid(life, uid) == IF uid \in life.ended THEN FreeUid(life, AdoptedAgain(uid, <<>>)) ELSE uid

\* An object that stock made is taken for a Pod of ours: journalled as accepted, with publish intent.
Adopt(turn, fact) ==
  LET uid == FreeUid(turn.life, AdoptedUid(fact.uid, fact.meta))
      record == [uid |-> uid, node |-> turn.life.node, phase |-> "accepted", ready |-> FALSE,
                 version |-> NextVersion(turn), set |-> fact.set]
      ours == DropForeign(turn, fact.uid)
      kept == IF Is("adoption-not-journalled") THEN ours
              ELSE Persists(Persists(ours, [kind |-> "accepted", uid |-> uid, record |-> record, meta |-> fact.meta]),
                            Entry("publishIntent", uid))
      held == [HoldPod(kept, record, [FreshPod(uid) EXCEPT !.object = "standing", !.meta = fact.meta,
                                                           !.wrote = <<fact.ready>>])
                 EXCEPT !.life.counter = @ + 1]
      told == Tell(held, "adopted", <<record>>)
  IN IF turn.life.draining # <<>> /\ IsOwner(turn.life)
     THEN EndsPod(told, uid, [tell |-> "terminated", reason |-> "Cancelled"], FALSE)
     ELSE Hear(told, uid, fact)

\* An object that K does not hold.
ObserveForeign(turn, fact) ==
  LET life == turn.life
      before == IF fact.uid \in DOMAIN life.foreign THEN <<life.foreign[fact.uid]>> ELSE <<>>
      \* What was denied to K is somebody else's deletion now: K completes it.
      othersNow == before # <<>> /\ fact.deleting /\ before[1].asked = "denied"
      Foreign(kind, uid) ==
        PutForeign(turn, fact.uid, [uid |-> uid, kind |-> kind, meta |-> fact.meta, deleting |-> fact.deleting,
          asked |-> IF before = <<>> \/ othersNow THEN "no" ELSE before[1].asked,
          room |-> IF fact.phase = "Failed" THEN 0 ELSE Size(fact.set)])
      stamp == StampOf(life, fact.uid, fact.meta)
  IN CASE before # <<>> /\ before[1].kind = "stray" -> Tidy(Foreign("stray", before[1].uid), fact.uid)
       [] stamp # <<>> -> Tidy(Foreign("stray", stamp[1]), fact.uid)
       [] fact.deleting -> Tidy(Foreign("stray", AdoptedUid(fact.uid, fact.meta)), fact.uid)
       [] fact.phase = "Failed" -> Foreign("unmanaged", <<>>)
       [] OTHER -> Adopt(turn, fact)

Observe(turn, fact) ==
  LET held == PodsOf(turn.life, fact.uid, fact.meta)
  IN IF held # {} THEN Hear(turn, CHOOSE uid \in held : TRUE, fact) ELSE ObserveForeign(turn, fact)
RECURSIVE ObserveAll(_, _)
ObserveAll(turn, facts) ==
  IF facts = <<>> THEN turn ELSE ObserveAll(Observe(turn, Head(facts)), Tail(facts))

Vanish(turn, key, meta) ==
  LET held == PodsOf(turn.life, key, meta)
      uid == CHOOSE uid \in held : TRUE
  IN IF held # {} THEN Advance(ObjectHeard(turn, uid, "vanished", meta), uid) ELSE DropForeign(turn, key)

\* What the watch tells of an object while a list is under way is younger than the list, or soon followed by what is.
Watching(turn, key, meta) ==
  IF turn.life.listed = <<>> THEN turn ELSE [turn EXCEPT !.life.since = @ \cup {<<key, meta>>}]

PublishedReply(turn, fact) ==
  IF fact.uid \notin DOMAIN turn.life.pods THEN turn
  ELSE IF turn.life.pods[fact.uid].meta # <<>> THEN turn
  ELSE Observe(ObjectHeard(turn, fact.uid, "created", fact.meta), fact)

PublishLost(turn, uid) ==
  IF uid \notin DOMAIN turn.life.pods THEN turn
  ELSE IF turn.life.pods[uid].object # "publishing" THEN turn
  ELSE [ObjectHeard(turn, uid, "createLost", <<>>) EXCEPT !.life.timers = @ \cup {<<"ambiguous", uid>>}]

\* Nobody knows yet whose object has the name.
PublishTaken(turn, uid) ==
  IF uid \notin DOMAIN turn.life.pods THEN turn
  ELSE IF turn.life.pods[uid].object # "publishing" THEN turn
  ELSE Acts(ObjectHeard(turn, uid, "nameTaken", <<>>), KReads(<<"pod", uid>>, "pod"))

RefusalReason(reason) ==
  CASE reason = "switch" -> "OwnedByStock" [] reason = "alreadyExists" -> "AlreadyExists" [] OTHER -> "QuotaExceeded"
PublishRefused(turn, uid, reason) ==
  LET refused == ObjectHeard(turn, uid, "createRefused", <<>>)
  IN IF uid \notin DOMAIN turn.life.pods THEN turn
     ELSE IF turn.life.pods[uid].object # "publishing" THEN turn
     ELSE IF Marked(turn.life.records[uid]) THEN Advance(refused, uid)
     ELSE EndsPod(refused, uid, [tell |-> "lost", reason |-> RefusalReason(reason)], FALSE)

Later(turn, uid) == [turn EXCEPT !.life.timers = @ \cup {<<"retry", uid>>}]
StrayReply(turn, uid, outcome) ==
  LET key == KeyOf(uid)
      isIt == key \in DOMAIN turn.life.foreign /\ turn.life.foreign[key].kind = "stray"
              /\ turn.life.foreign[key].uid = uid
  IN IF ~isIt \/ outcome = "accepted" THEN turn
     ELSE IF outcome = "notFound" THEN DropForeign(turn, key)
     ELSE Later([turn EXCEPT !.life.foreign[key].asked = IF IsOwner(turn.life) THEN "no" ELSE "denied"], uid)
DeleteReply(turn, uid, outcome) ==
  CASE uid \notin DOMAIN turn.life.pods -> StrayReply(turn, uid, outcome)
    [] outcome = "accepted" -> Advance(ObjectHeard(turn, uid, "deleteAccepted", <<>>), uid)
    [] outcome = "switch" ->
         LET heard == ObjectHeard(turn, uid, "deleteDenied", <<>>)
         IN Advance(IF heard = turn THEN turn ELSE Later(heard, uid), uid)
    [] outcome = "ambiguous" /\ Is("lost-delete-unasked") -> turn
    [] outcome = "ambiguous" ->
         LET heard == ObjectHeard(turn, uid, "deleteFailed", <<>>)
         IN Advance(IF heard = turn THEN turn ELSE Later(heard, uid), uid)
    [] OTHER -> IF turn.life.pods[uid].object = "publishing" THEN turn
                ELSE Advance(ObjectHeard(turn, uid, "vanished", <<>>), uid)

PodReadReply(turn, uid, found) ==
  IF uid \notin DOMAIN turn.life.pods THEN turn
  ELSE IF turn.life.pods[uid].object \notin {"checking", "contested"} THEN turn
  ELSE IF found # <<>> THEN Observe(turn, found[1])
  ELSE LET none == ObjectHeard(turn, uid, "readNone", <<>>)
       IN IF turn.life.pods[uid].object = "contested" /\ ~Marked(turn.life.records[uid])
          THEN EndsPod(none, uid, [tell |-> "refused", reason |-> "AlreadyExists"], FALSE) ELSE Advance(none, uid)

\* ---- What the runtime says --------------------------------------------------------------

\* The Pod whose containers run under a uid.
HeldAs(life, container) ==
  LET held == {uid \in DOMAIN life.pods : life.pods[uid].as = container}
  IN IF held = {} THEN container ELSE CHOOSE uid \in held : TRUE

Started(turn, uid) ==
  LET started == ContainersHeard(turn, uid, "started")
      told == IF started.life.pods[uid].containers = "running"
              THEN ChangeRecord(started, uid, "running", started.life.records[uid].ready, FALSE)
              ELSE started
  IN IF uid \notin DOMAIN turn.life.pods THEN Kill(turn, uid) ELSE Advance(told, uid)
\* Nothing was started: its template asks for what is given for a Pod that stands at the API Server.
NeedsObject(turn, uid) ==
  IF uid \notin DOMAIN turn.life.pods THEN turn ELSE Advance(ContainersHeard(turn, uid, "needsObject"), uid)
BecameReady(turn, uid) ==
  IF uid \notin DOMAIN turn.life.pods THEN turn
  ELSE IF turn.life.pods[uid].containers # "running" \/ Marked(turn.life.records[uid]) THEN turn
  ELSE Advance(ChangeRecord(turn, uid, "running", TRUE, FALSE), uid)
Stopped(turn, uid) ==
  LET quiet == ContainersHeard(turn, uid, "stopped")
  IN IF uid \notin DOMAIN turn.life.pods THEN [turn EXCEPT !.life.killing = @ \ {uid}]
     ELSE IF Marked(turn.life.records[uid]) THEN Advance(quiet, uid)
     ELSE EndsPod(quiet, uid, [tell |-> "lost", reason |-> "ContainersExited"], FALSE)

\* ---- Consistent lists ------------------------------------------------------------------------

AskForList(turn) ==
  LET life == turn.life
      held == {<<KeyOf(uid), life.pods[uid].meta>> : uid \in {one \in DOMAIN life.pods : life.pods[one].meta # <<>>}}
      foreign == {<<key, life.foreign[key].meta>> : key \in DOMAIN life.foreign}
      known == IF life.listed = <<>> THEN <<[held |-> held, foreign |-> foreign]>> ELSE life.listed
  IN Acts([turn EXCEPT !.life.lists = @ + 1, !.life.again = life.lists > 0, !.life.listed = known],
          KReads(<<"list">>, "pods"))
ListArrived(turn) ==
  IF turn.life.lists > 1 THEN [turn EXCEPT !.life.lists = @ - 1]
  ELSE [turn EXCEPT !.life.lists = 0, !.life.listed = <<>>, !.life.since = {}]
\* Of several at once nobody can tell which answer is of which: one more, alone, tells.
ListAlone(turn) ==
  IF turn.life.again /\ turn.life.lists = 0 /\ ~Is("several-lists-trusted") THEN AskForList(turn) ELSE turn

\* ---- Everything about Pods; before recovery it is kept, and heard then in its order -----

HearPod(turn, event) ==
  CASE event.type = "observed" -> Observe(Watching(turn, event.fact.uid, event.fact.meta), event.fact)
    [] event.type = "vanished" -> Vanish(Watching(turn, event.uid, event.meta), event.uid, event.meta)
    [] event.type = "published" -> PublishedReply(turn, event.fact)
    [] event.type = "publishLost" -> PublishLost(turn, event.uid)
    [] event.type = "publishTaken" ->
         IF Is("taken-name-unread") THEN PublishRefused(turn, event.uid, "alreadyExists")
         ELSE PublishTaken(turn, event.uid)
    [] event.type = "publishRefused" -> PublishRefused(turn, event.uid, event.reason)
    [] event.type = "deleted" -> DeleteReply(turn, event.uid, event.outcome)
    [] event.type = "podRead" -> PodReadReply(turn, event.uid, event.found)
    [] event.type = "started" -> Started(turn, HeldAs(turn.life, event.uid))
    [] event.type = "needsObject" -> NeedsObject(turn, HeldAs(turn.life, event.uid))
    [] event.type = "ready" -> BecameReady(turn, HeldAs(turn.life, event.uid))
    [] event.type = "stopped" -> Stopped(turn, HeldAs(turn.life, event.uid))
    [] event.type = "waited" -> Advance(ObjectHeard(turn, event.uid, "waited", <<>>), event.uid)
    [] event.type = "synced" -> AskForList(turn)
    [] event.type = "retried" ->
         IF event.uid \in DOMAIN turn.life.pods
         THEN Advance(ObjectHeard(turn, event.uid, "retried", <<>>), event.uid)
         ELSE IF KeyOf(event.uid) \in DOMAIN turn.life.foreign THEN Tidy(turn, KeyOf(event.uid)) ELSE turn
RECURSIVE HearPods(_, _)
HearPods(turn, events) == IF events = <<>> THEN turn ELSE HearPods(HearPod(turn, Head(events)), Tail(events))

KPod(life, event) ==
  KDone(IF life.running # <<>> THEN Begun([life EXCEPT !.early = Append(@, event)])
        ELSE HearPod(Begun(life), event))

\* ---- Doubt: the journal was lost -----------------------------------------------------------------

BeginDoubt(turn) ==
  IF turn.life.doubt = "none" THEN turn
  ELSE Persists([turn EXCEPT !.life.timers = @ \cup {<<"doubt">>}], [kind |-> "doubt", over |-> FALSE])
\* Nothing lands any more; a list that is begun now shows what did.
KDoubtPassed(life) ==
  LET rung == [life EXCEPT !.timers = @ \ {<<"doubt">>}]
  IN KDone(IF life.doubt = "none" THEN Begun(rung) ELSE AskForList(Begun([rung EXCEPT !.doubt = "listing"])))

\* ---- Recovery ------------------------------------------------------------------------------

\* The object of a Pod of the journal: by `metadata.uid` where that is known, else by its stamp.
FactOf(life, kept, uid, facts) ==
  LET found == {i \in DOMAIN facts :
        IF kept.meta = <<>> THEN StampOf(life, facts[i].uid, facts[i].meta) = <<uid>>
        ELSE facts[i].uid = KeyOf(uid) /\ facts[i].meta = kept.meta}
  IN IF found = {} THEN <<>> ELSE <<facts[CHOOSE i \in found : TRUE]>>
\* The uid that containers bear: after a letting go that with which the object is stamped, or under which it was adopted first.
ContainersOf(life, kept, uid, facts) ==
  LET fact == FactOf(life, kept, uid, facts)
      key == KeyOf(uid)
  IN CASE uid[1] # "a" \/ kept.meta = <<>> -> uid
       [] fact # <<>> /\ key[1] \notin {"s", "u"} -> key
       [] Is("containers-by-last-uid") -> uid
       [] OTHER -> AdoptedUid(key, kept.meta)

RECURSIVE RecoverPods(_, _, _, _)
RecoverPods(turn, journal, facts, uids) ==
  IF uids = <<>> THEN turn
  ELSE LET uid == Head(uids)
           kept == journal.pods[uid]
           fact == FactOf(turn.life, kept, uid, facts)
           as == ContainersOf(turn.life, kept, uid, facts)
           runs == as \in turn.life.running[1]
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
                   as |-> as,
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
       [] turn.life.pods[uid].as \notin running -> Lost(IF found THEN "ContainersGone" ELSE "NeverStarted")
       [] kept.intent /\ ~found -> Lost("PublishAmbiguous")
       [] OTHER -> <<>>

RECURSIVE KillAll(_, _)
KillAll(turn, uids) == IF uids = <<>> THEN turn ELSE KillAll(Kill(turn, Head(uids)), Tail(uids))
\* What a start finds gone is ended, also under `stock`: there is nothing that could be let go.
EndGone(turn, uid, ending) ==
  IF uid \notin DOMAIN turn.life.pods \/ Is("gone-let-go") THEN EndsPod(turn, uid, ending, FALSE)
  ELSE Advance(Tombstone(turn, uid, ending, FALSE), uid)
RECURSIVE EndRecovered(_, _, _, _)
EndRecovered(turn, endings, uids, at) ==
  IF at > Len(uids) THEN turn
  ELSE EndRecovered(IF endings[at] = <<>> THEN turn ELSE EndGone(turn, uids[at], endings[at][1]),
                    endings, uids, at + 1)

LaterMark(a, b) == IF a = <<>> THEN b ELSE IF b = <<>> THEN a ELSE <<Highest(b[1], a[1])>>

\* Serving, on the Node that was registered.
SettleNode(turn, journal) ==
  LET fact == turn.life.registered[1]
      moved == [turn EXCEPT !.life.agent = "serving", !.life.registered = <<>>,
                            !.life.drained = LaterMark(fact.drained, @)]
  IN KHeedMark(IF journal.node THEN moved ELSE Persists(moved, [kind |-> "node"]), fact.mark)

KPasses(turn) == KLink(turn, SidePassed(turn.life.link))
Recover(life, journal, facts) ==
  LET uids == Sorted(DOMAIN journal.pods)
      running == life.running[1]
      placed == RecoverPods(Begun(life), journal, facts, uids)
      endings == [i \in DOMAIN uids |-> EndingOf(placed, journal, uids[i], running)]
      heard == ObserveAll([placed EXCEPT !.life.running = <<>>], facts)
      killed == KillAll(heard, Sorted(running \ {placed.life.pods[uid].as : uid \in DOMAIN journal.pods}))
      settled == BeginDoubt(SettleNode(EndRecovered(killed, endings, uids, 1), journal))
      early == settled.life.early
  IN HearPods([AdvanceAll(settled, uids) EXCEPT !.life.early = <<>>], early)

\* ---- Consistent lists, and taking back ---------------------------------------------------------

Propagation == <<"propagation">>
\* What K knew before the list was asked for and is not in it is gone; what is in it is seen, unless the watch told of it since.
RECURSIVE NotListed(_, _)
NotListed(turn, objects) ==
  IF objects = {} THEN turn
  ELSE LET object == CHOOSE object \in objects : TRUE
           held == {uid \in DOMAIN turn.life.pods :
                      KeyOf(uid) = object[1] /\ turn.life.pods[uid].meta = object[2]}
           uid == CHOOSE uid \in held : TRUE
       IN NotListed(IF held = {} THEN turn ELSE Advance(ObjectHeard(turn, uid, "vanished", <<>>), uid),
               objects \ {object})
Reconcile(turn, facts) ==
  LET from == turn.life.listed[1]
      there == {<<facts[i].uid, facts[i].meta>> : i \in DOMAIN facts}
      gone == NotListed(turn, from.held \ there)
      left == [gone EXCEPT !.life.foreign = Without(@, {object[1] : object \in from.foreign \ there})]
      IsNew(fact) == <<fact.uid, fact.meta>> \notin turn.life.since
  IN ObserveAll(left, SelectSeq(facts, IsNew))

RECURSIVE SwitchedBack(_, _)
SwitchedBack(turn, uids) ==
  IF uids = <<>> THEN turn
  ELSE SwitchedBack(Advance(ObjectHeard(turn, Head(uids), "switchedBack", <<>>), Head(uids)), Tail(uids))
RECURSIVE TidyAll(_, _)
TidyAll(turn, keys) ==
  IF keys = {} THEN turn
  ELSE LET key == CHOOSE key \in keys : TRUE
       IN TidyAll(Tidy([turn EXCEPT !.life.foreign[key].asked = "no"], key), keys \ {key})
\* The list was taken in: K owns its Pods again, and goes on with what was denied.
TakeBack(turn) ==
  LET now == [turn EXCEPT !.life.owner = "direct", !.life.acknowledged = FALSE]
      back == SwitchedBack(now, Sorted(Unsettled(now.life)))
      tidied == TidyAll(back, {key \in Strays(back.life) : back.life.foreign[key].asked = "denied"})
      drained == IF tidied.life.draining = <<>> THEN tidied
                 ELSE EndAll(tidied, Sorted(DOMAIN tidied.life.pods), [tell |-> "terminated", reason |-> "Cancelled"])
  IN Acts(drained, Acknowledge("direct", drained.life.heard[2]))

\* ---- Events -----------------------------------------------------------------------------------

KReceived(life, message) ==
  KDone(KLink(Begun(life), SideReceived(life.incarnation, life.link, message)))
KBroken(life, upstream, n) == KDone(KLink(Begun(life), SideBroken(life.link, upstream, n)))

\* ---- The own Node: registered, read, shown by the watch ----

IsNewer(life, fact) == fact.agent > life.incarnation
AskToRegister(turn) ==
  Acts([turn EXCEPT !.life.agent = "registering", !.life.registered = <<>>, !.life.shown = <<>>], [type |-> "register"])
ReadsAnswered(life) ==
  [life EXCEPT !.nodeRead = 0, !.waiting = IF @ = <<>> THEN @ ELSE <<[@[1] EXCEPT !.read = 0]>>]
StepDown(life) == Acts(CloseSessions(Begun(ReadsAnswered(life))), Stop)

\* If a newer agent was shown meanwhile, the answer may be the older news: it is asked once more.
KRegistered(life, fact) ==
  KDone(CASE life.agent # "registering" -> Begun(life)
          [] IsNewer(life, fact) -> StepDown(life)
          [] life.shown = <<"newer">> /\ ~Is("shown-node-forgotten") -> AskToRegister(Begun(life))
          [] OTHER -> Acts([Begun(life) EXCEPT !.life.agent = "readingLeader", !.life.registered = <<fact>>,
                                               !.life.read = @ + 1],
                           KReads(<<"minimum", life.read + 1>>, "down")))

ShowsNewer(life, fact) == IsNewer(life, fact) /\ ~Is("newer-agent-unheeded")
KShown(life, fact) ==
  LET read == life.read + 1
  IN KDone(CASE life.agent = "registering" ->
                  Begun([life EXCEPT !.shown = <<IF ShowsNewer(life, fact) THEN "newer" ELSE "it">>])
             [] life.agent # "serving" -> IF ShowsNewer(life, fact) THEN AskToRegister(Begun(life)) ELSE Begun(life)
             [] ~IsNewer(life, fact) -> KHeedMark(Begun(life), fact.mark)
             [] life.nodeRead > 0 -> Begun(life)
             [] OTHER -> Acts(Begun([life EXCEPT !.read = read, !.nodeRead = read]), KReads(<<"node", read>>, "node")))

KLeaseRead(life, token, lease) ==
  KDone(CASE life.agent = "readingLeader" /\ token = <<"minimum", life.read>> ->
               AskForList([RaiseFence(Begun(life), <<lease, 0>>) EXCEPT !.life.agent = "listing"])
          [] token[1] = "own" ->
               KLink(Begun(life), SideReviewed(life.incarnation, life.link, token[2], lease))
          [] OTHER -> Begun(life))

\* The first list is what K recovers from; of several it is the last.  Registered and listed again it goes on with what it holds.
KListed(life, journal, facts) ==
  LET isFirst == life.running # <<>>
      isLast == life.lists <= 1
      begun == Begun(life)
      recovered == Recover(ListArrived(begun).life, journal, facts)
      resumed == SettleNode(Reconcile(begun, facts), [journal EXCEPT !.node = TRUE])
      reconciled == ListAlone(ListArrived(Reconcile(begun, facts)))
  IN KDone(CASE isFirst /\ ~(life.agent = "listing" /\ isLast) -> ListArrived(begun)
             [] isFirst -> KPasses(ListAlone(recovered))
             [] life.agent = "listing" /\ isLast -> KPasses(ListAlone(ListArrived(resumed)))
             [] life.owner = "relisting" /\ isLast -> TakeBack(reconciled)
             [] OTHER -> reconciled)

KSees(life, switch) ==
  LET heard == [life EXCEPT !.heard = switch]
      stock == [heard EXCEPT !.owner = "stock", !.acknowledged = FALSE, !.timers = @ \ {Propagation}]
  IN KDone(IF switch[1] = "stock" THEN AdvanceAll(Begun(stock), Sorted(Unsettled(stock)))
           ELSE IF life.owner # "stock" THEN Begun(heard)
           ELSE Begun([heard EXCEPT !.owner = "propagating", !.timers = @ \cup {Propagation}]))
\* All API servers have seen it.
KPropagated(life) ==
  KDone(IF life.owner = "propagating" THEN AskForList(Begun([life EXCEPT !.owner = "relisting"])) ELSE Begun(life))

\* The own Node, read consistently: the mark first, then the `Hello` that asked for it.
HeedNodeRead(life, token, fact) ==
  LET answers == token[1] = "hello"
      heeded == KHeedMark(Begun(IF answers THEN life ELSE [life EXCEPT !.nodeRead = 0]), fact.mark)
  IN IF ~answers THEN heeded
     ELSE IF heeded.life.draining # <<>> THEN [heeded EXCEPT !.life.waiting[1].read = 0]
     ELSE KLink([heeded EXCEPT !.life.waiting = <<>>],
                SideVerified(life.incarnation, heeded.life.link, life.waiting[1].hello, TRUE))
KNodeRead(life, token, fact) ==
  LET isOwn == \/ life.waiting # <<>> /\ token = <<"hello", life.waiting[1].read>>
               \/ token = <<"node", life.nodeRead>>
  IN KDone(CASE life.agent # "serving" \/ ~isOwn -> Begun(life)
             [] IsNewer(life, fact) -> StepDown(life)
             [] fact.agent # life.incarnation -> AskToRegister(CloseSessions(Begun(ReadsAnswered(life))))
             [] OTHER -> HeedNodeRead(life, token, fact))
=============================================================================
