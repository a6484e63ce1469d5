------------------------------- MODULE TracePod -------------------------------
(***************************************************************************)
(* The rule: a recorded step of K, as far as one Pod goes, is what         *)
(* `TailPod` says: something is heard of its object, its containers or its *)
(* end; then K does what follows from where the Pod is, until there is     *)
(* nothing left to do.  Each entry of the journal and each request about   *)
(* the Pod follows so, and there are no others (protocol 4.4, 5, 9).       *)
(*                                                                         *)
(* What else K knows is not modelled: whether it drains, whether a list is *)
(* older than what the watch has told.  There a line may be more than one  *)
(* thing, and is accepted as any of them.                                  *)
(*                                                                         *)
(* A track is one Pod in one life of K.  It begins with `me`:              *)
(*   journal  <<>> or <<[intent, terminating, meta]>>: what K read back    *)
(*   runs     whether its containers ran at the start                      *)
(* A line is                                                               *)
(*   event    [kind, ...]: with a fact of an object, [meta, stamped, seen, *)
(*            orphan, running, ready]                                      *)
(*   runtime; owner <<before, after>>                                      *)
(*   recovers, drains                                                      *)
(*   pod      <<>> or <<[phase, ready, object, containers, meta, wrote,    *)
(*            ending]>>: the Pod after the step                            *)
(*   acts     what was asked for about it, in order: [do, detail]          *)
(*   entries  of the journal about it, in order: [kind, meta]              *)
(***************************************************************************)
EXTENDS TraceRecords

Pod == INSTANCE TailPod

PodBorn(me) == [recovered |-> FALSE, journal |-> me.journal, runs |-> me.runs, pod |-> <<>>, early |-> <<>>]

\* ---- One thing after another ---------------------------------------------------

PodTurn(pod) == [pod |-> <<pod>>, acts |-> <<>>, entries |-> <<>>]
PodActs(turn, do, detail) == [turn EXCEPT !.acts = Append(@, [do |-> do, detail |-> detail])]
PodPersists(turn, kind, meta) == [turn EXCEPT !.entries = Append(@, [kind |-> kind, meta |-> meta])]
PodObject(turn, event) == [turn EXCEPT !.pod[1].object = Pod!ObjectAfter(@, event)]
PodContainers(turn, event) == [turn EXCEPT !.pod[1].containers = Pod!ContainersAfter(@, event)]
PodGone(turn) == [turn EXCEPT !.pod = <<>>]

PodChanged(turn, phase, ready) ==
  LET before == turn.pod[1].phase
      after == IF OrderOf(phase) > OrderOf(before) THEN phase ELSE before
  IN [turn EXCEPT !.pod[1].phase = after, !.pod[1].ready = ready]

PodMarked(turn, ending) ==
  IF turn.pod[1].phase = "terminating" THEN turn
  ELSE PodChanged(PodPersists([turn EXCEPT !.pod[1].ending = <<ending>>], "terminating", turn.pod[1].meta),
                  "terminating", FALSE)

PodLetGo(turn) == PodGone(PodPersists(turn, "released", turn.pod[1].meta))

RECURSIVE PodAdvanced(_, _)
PodAdvanced(turn, k) ==
  IF turn.pod = <<>> THEN turn
  ELSE LET pod == turn.pod[1]
           next == Pod!NextOf(pod, pod, k)
           Deletes(event, grace) == PodActs(PodObject(turn, event), "deletePod", <<grace, pod.meta>>)
           ends == PodPersists(turn, "ended", <<>>)
       IN CASE next.do = "wait" -> turn
            [] next.do = "end" -> PodAdvanced(PodMarked(turn, next.ending), k)
            [] next.do = "start" -> PodAdvanced(PodActs(PodContainers(turn, "startSent"), "startPod", <<>>), k)
            [] next.do = "stop" -> PodAdvanced(PodActs(PodContainers(turn, "stopSent"), "stopPod", <<>>), k)
            [] next.do = "create" ->
                 PodAdvanced(PodActs(PodPersists(PodObject(turn, "createSent"), "publishIntent", <<>>),
                                     "publish", <<>>), k)
            [] next.do = "writeStatus" ->
                 PodAdvanced(PodActs([turn EXCEPT !.pod[1].wrote = <<pod.ready>>], "writePodStatus",
                                     <<pod.ready, pod.meta>>), k)
            [] next.do = "delete" -> PodAdvanced(Deletes("deleteSent", 1), k)
            [] next.do = "finish" -> PodAdvanced(Deletes("finishSent", 0), k)
            [] next.do = "fail" -> PodAdvanced(PodActs(PodObject(turn, "failSent"), "failPod", <<pod.meta>>), k)
            [] next.do = "read" -> PodAdvanced(PodActs(PodObject(turn, "readSent"), "readPod", <<>>), k)
            [] next.do = "confirm" -> PodGone(ends)
            [] next.do = "letGo" -> PodLetGo(turn)
            [] next.do = "settle" ->
                 PodGone(IF k.owner = "direct"
                         THEN PodActs(ends, "deletePod", <<IF k.runtime = "runs" THEN 0 ELSE 1, pod.meta>>)
                         ELSE ends)

\* Somebody ends it. Under `stock` what runs and was not signalled is let go instead.
PodEnds(turn, k, tell, reason) ==
  LET pod == turn.pod[1]
      goesOn == k.runtime = "publish" \/ pod.containers \in {"running", "starting"}
  IN IF k.owner = "stock" /\ pod.phase # "terminating" /\ pod.object = "standing" /\ goesOn THEN PodLetGo(turn)
     ELSE PodAdvanced(PodMarked(turn, [tell |-> tell, reason |-> reason]), k)
PodEndsOrGoesOn(turn, k, tell, reason) ==
  IF turn.pod[1].phase = "terminating" THEN PodAdvanced(turn, k) ELSE PodEnds(turn, k, tell, reason)

\* A fresh K finds its containers gone, or its object: under `stock` too it ends.
PodFoundGone(turn, k, reason) == PodAdvanced(PodMarked(turn, [tell |-> "lost", reason |-> reason]), k)

\* The object is seen.
PodSeen(turn, k, fact) ==
  LET live == turn.pod[1].phase # "terminating"
      seen == [PodObject(turn, fact.seen) EXCEPT !.pod[1].meta = <<fact.meta>>]
      runs == live /\ k.runtime = "publish" /\ fact.seen = "seenLive" /\ fact.running
  IN IF live /\ fact.orphan /\ fact.seen = "seenLive"
     THEN PodGone(PodPersists(turn, "released", <<fact.meta>>))
     ELSE PodAdvanced(IF runs THEN PodChanged(seen, "running", fact.ready) ELSE seen, k)

IsOfPod(pod, fact) == pod.meta = <<fact.meta>> \/ (pod.meta = <<>> /\ fact.stamped)

\* ---- What an event may tell of the Pod ------------------------------------------

Refusals == [switch |-> "OwnedByStock", quota |-> "QuotaExceeded", forbidden |-> "Forbidden", invalid |-> "Invalid",
             notFound |-> "ReplicaSetNotFound", conflict |-> "Conflict"]

PodPublished(turn, k, fact) ==
  IF turn.pod[1].meta # <<>> THEN turn
  ELSE PodSeen([PodObject(turn, "created") EXCEPT !.pod[1].meta = <<fact.meta>>], k, fact)

PodPublishFailed(turn, k, refusal) ==
  CASE turn.pod[1].object # "publishing" -> turn
    [] refusal = "ambiguous" -> PodObject(turn, "createLost")
    [] refusal = "alreadyExists" -> PodActs(PodObject(turn, "nameTaken"), "readPod", <<>>)
    [] OTHER -> PodEndsOrGoesOn(PodObject(turn, "createRefused"), k, "lost", Refusals[refusal])

PodDeleted(turn, k, outcome) ==
  CASE outcome = "accepted" -> PodAdvanced(PodObject(turn, "deleteAccepted"), k)
    [] outcome \in {"notFound", "conflict"} ->
         IF turn.pod[1].object = "publishing" THEN turn ELSE PodAdvanced(PodObject(turn, "vanished"), k)
    [] OTHER -> PodAdvanced(PodObject(turn, IF outcome = "switch" THEN "deleteDenied" ELSE "deleteFailed"), k)

PodRead(turn, k, facts) ==
  LET object == turn.pod[1].object
      none == PodObject(turn, "readNone")
  IN CASE object \notin {"checking", "contested"} -> turn
       [] facts # <<>> /\ IsOfPod(turn.pod[1], facts[1]) -> PodSeen(turn, k, facts[1])
       [] object = "contested" -> PodEndsOrGoesOn(none, k, "refused", "AlreadyExists")
       [] OTHER -> PodAdvanced(none, k)

PodStarts(turn, k) ==
  LET started == PodContainers(turn, "started")
  IN PodAdvanced(IF started.pod[1].containers = "running"
                 THEN PodChanged(started, "running", started.pod[1].ready) ELSE started, k)
PodBecomesReady(turn, k, ready) ==
  IF turn.pod[1].containers # "running" \/ turn.pod[1].phase = "terminating" THEN turn
  ELSE PodAdvanced(PodChanged(turn, "running", ready), k)
PodStops(turn, k, failed) ==
  PodEndsOrGoesOn(PodContainers(turn, "stopped"), k, "lost", IF failed THEN "ContainersFailed" ELSE "ContainersExited")

\* A list shows it, unless the watch has told of it since; what stood before the list and is not in it is gone.
PodListed(turn, k, facts) ==
  LET pod == turn.pod[1]
      mine == SelectSeq(facts, LAMBDA fact : IsOfPod(pod, fact))
      gone == IF pod.meta # <<>> /\ mine = <<>> THEN {PodAdvanced(PodObject(turn, "vanished"), k)} ELSE {}
  IN {turn} \cup gone \cup {PodSeen(turn, k, mine[i]) : i \in DOMAIN mine}

\* Whatever the Pod may be after one event that was heard.
PodHeard(turn, k, event) ==
  IF turn.pod = <<>> THEN {turn}
  ELSE CASE event.kind = "observed" ->
              {IF IsOfPod(turn.pod[1], event.fact) THEN PodSeen(turn, k, event.fact) ELSE turn}
         [] event.kind = "vanished" ->
              {IF IsOfPod(turn.pod[1], event.fact)
               THEN PodAdvanced([PodObject(turn, "vanished") EXCEPT !.pod[1].meta = <<event.fact.meta>>], k) ELSE turn}
         [] event.kind = "published" -> {PodPublished(turn, k, event.fact)}
         [] event.kind = "publishFailed" -> {PodPublishFailed(turn, k, event.refusal)}
         [] event.kind = "deleted" -> {PodDeleted(turn, k, event.outcome)}
         [] event.kind = "read" -> {PodRead(turn, k, event.facts)}
         [] event.kind = "started" -> {PodStarts(turn, k)}
         [] event.kind = "needsObject" -> {PodAdvanced(PodContainers(turn, "needsObject"), k)}
         [] event.kind = "ready" -> {PodBecomesReady(turn, k, event.ready)}
         [] event.kind = "stopped" -> {PodStops(turn, k, event.failed)}
         [] event.kind = "waited" -> {PodAdvanced(PodObject(turn, "waited"), k)}
         [] event.kind = "retried" -> {PodAdvanced(PodObject(turn, "retried"), k)}
         [] event.kind = "listed" -> PodListed(turn, k, event.facts)
         \* Whether it is of the session that is open, the link's judge says.
         [] event.kind = "terminate" -> {turn, PodEnds(turn, k, "terminated", "Terminated")}
         [] OTHER -> {turn}

RECURSIVE PodHeardAll(_, _, _)
PodHeardAll(turns, k, events) ==
  IF events = <<>> THEN turns
  ELSE PodHeardAll(UNION {PodHeard(turn, k, Head(events)) : turn \in turns}, k, Tail(events))

\* ---- Births ----------------------------------------------------------------------

FreshOne(phase, ready, object, containers, meta) ==
  [phase |-> phase, ready |-> ready, object |-> object, containers |-> containers, meta |-> meta,
   wrote |-> <<>>, ending |-> <<>>]

\* Taken from S: journalled before anything else.
PodAccepted(k) ==
  PodAdvanced(PodPersists(PodTurn(FreshOne("accepted", FALSE, "unpublished", "none", <<>>)), "accepted", <<>>), k)

\* An object of somebody else's, or of a lost journal; or the Pod goes on under a new uid after it was let go.
FactsOf(event) ==
  IF event.kind \in {"observed", "published"} THEN <<event.fact>>
  ELSE IF event.kind \in {"listed", "read"} THEN event.facts ELSE <<>>
PodAdopted(k, facts, line) ==
  LET Adopted(fact, containers) ==
        LET runs == IF k.runtime = "publish" THEN fact.running ELSE containers = "running"
            pod == [FreshOne(IF runs THEN "running" ELSE "accepted", runs /\ fact.ready, "standing", containers, <<fact.meta>>)
                      EXCEPT !.wrote = IF k.runtime = "runs" THEN <<fact.ready>> ELSE <<>>]
            held == PodPersists(PodPersists(PodTurn(pod), "accepted", pod.meta), "publishIntent", <<>>)
            heard == PodSeen(held, k, fact)
            drained == IF line.drains THEN {PodEnds(held, k, "terminated", "Cancelled")} ELSE {}
            lost == IF line.recovers /\ containers = "starting" /\ heard.pod # <<>>
                    THEN {PodFoundGone(heard, k, "ContainersGone")} ELSE {}
        IN {heard} \cup drained \cup lost
      after == line.pod[1]
      goesOn == PodTurn(after)
      letGo == /\ after.object = "standing" /\ after.ending = <<>> /\ after.meta # <<>>
               /\ after.phase = IF after.containers = "running" \/ after.ready THEN "running" ELSE "accepted"
  IN UNION {Adopted(facts[i], containers) : i \in DOMAIN facts, containers \in {"none", "starting", "running"}}
     \cup (IF line.pod # <<>> /\ letGo
           THEN {PodPersists(PodPersists(goesOn, "accepted", after.meta), "publishIntent", <<>>)} ELSE {})

\* Read back: journal x containers x object (protocol 5).
PodRecovered(k, life, facts) ==
  LET kept == life.journal[1]
      mine == SelectSeq(facts, LAMBDA fact : IF kept.meta = <<>> THEN fact.stamped ELSE kept.meta = <<fact.meta>>)
      fact == IF mine = <<>> THEN <<>> ELSE <<mine[Len(mine)]>>
      runs == k.runtime = "runs" /\ life.runs
      up == IF k.runtime = "runs" THEN runs ELSE fact # <<>> /\ fact[1].running
      phase == IF kept.terminating THEN "terminating" ELSE IF up THEN "running" ELSE "accepted"
      object == IF fact # <<>> THEN Pod!ObjectAfter("unpublished", fact[1].seen)
                ELSE IF ~kept.intent THEN "unpublished" ELSE IF kept.meta = <<>> THEN "unsure" ELSE "vanished"
      placed == [FreshOne(phase, phase = "running" /\ fact # <<>> /\ fact[1].ready, object,
                          IF k.runtime = "publish" THEN "none" ELSE IF runs THEN "running" ELSE "starting",
                          IF fact = <<>> THEN kept.meta ELSE <<fact[1].meta>>)
                   EXCEPT !.wrote = IF k.runtime = "runs" /\ fact # <<>> THEN <<fact[1].ready>> ELSE <<>>,
                          !.ending = IF kept.terminating
                                     THEN <<[tell |-> "terminated", reason |-> "Terminated"]>> ELSE <<>>]
      heard == IF fact = <<>> THEN PodTurn(placed) ELSE PodSeen(PodTurn(placed), k, fact[1])
      Ended(reason) == PodFoundGone(heard, k, reason)
  IN IF heard.pod = <<>> THEN heard
     ELSE CASE kept.terminating -> PodAdvanced(heard, k)
            [] k.runtime = "runs" /\ ~runs -> Ended(IF fact = <<>> THEN "NeverStarted" ELSE "ContainersGone")
            [] kept.intent /\ fact = <<>> -> Ended("PublishAmbiguous")
            [] OTHER -> PodAdvanced(heard, k)

\* ---- A line ------------------------------------------------------------------------

\* After what was heard: K drains, or another owns the Pods.
PodDrained(turn, k, line) ==
  {turn} \cup (IF line.drains /\ turn.pod # <<>> THEN {PodEnds(turn, k, "terminated", "Cancelled")} ELSE {})
PodSwitched(turn, before, after) ==
  IF before = after \/ turn.pod = <<>> THEN turn
  ELSE PodAdvanced(IF after.owner = "direct" THEN PodObject(turn, "switchedBack") ELSE turn, after)

RECURSIVE FactsOfAll(_)
FactsOfAll(events) == IF events = <<>> THEN <<>> ELSE FactsOf(Head(events)) \o FactsOfAll(Tail(events))

\* K has recovered: then it hears what came meanwhile. A Pod that was born of it hears what came after that.
PodRecovers(k, life, line) ==
  LET drained(turn) == PodDrained(turn, k, line)
      kept == IF life.journal = <<>> THEN {} ELSE {PodRecovered(k, life, line.event.facts)}
      born == IF life.journal # <<>> THEN {}
              ELSE PodAdopted(k, FactsOf(line.event) \o FactsOfAll(life.early), line)
      Since(n) == SubSeq(life.early, n, Len(life.early))
  IN PodHeardAll(UNION {drained(turn) : turn \in kept}, k, life.early)
     \cup UNION {PodHeardAll(UNION {drained(turn) : turn \in born}, k, Since(n)) : n \in 1..Len(life.early) + 1}

PodPossible(life, line) ==
  LET before == [runtime |-> line.runtime, owner |-> line.owner[1]]
      after == [runtime |-> line.runtime, owner |-> line.owner[2]]
      still == [pod |-> life.pod, acts |-> <<>>, entries |-> <<>>]
      born == (IF line.event.kind = "assign" THEN {PodAccepted(before)} ELSE {})
              \cup PodAdopted(before, FactsOf(line.event), line)
      heard == IF line.recovers THEN PodRecovers(before, life, line)
               ELSE IF life.pod = <<>> THEN born ELSE PodHeard(still, before, line.event)
      switched == {PodSwitched(turn, before, after) : turn \in heard}
  IN UNION {PodDrained(turn, after, line) : turn \in switched}

PodJudged(life, line) ==
  LET Matches(turn) == turn.pod = line.pod /\ turn.acts = line.acts /\ turn.entries = line.entries
      idle == line.pod = <<>> /\ line.acts = <<>> /\ line.entries = <<>>
      expected == PodPossible(life, line)
      held == life.pod # <<>> \/ (line.recovers /\ life.journal # <<>>)
  IN IF ~life.recovered /\ ~line.recovers
     \* Before K has recovered, what it hears of the Pod waits.
     THEN [life |-> [life EXCEPT !.early = Append(@, line.event)],
           faults |-> Unless(idle, "it acts on a Pod before it has recovered")]
     ELSE [life |-> [life EXCEPT !.pod = line.pod, !.recovered = TRUE, !.journal = <<>>, !.early = <<>>],
           faults |-> IF (\E turn \in expected : Matches(turn)) \/ (~held /\ idle) THEN {}
                      ELSE {<<"the step of the Pod is another", "expected one of", expected,
                              "got", [pod |-> line.pod, acts |-> line.acts, entries |-> line.entries]>>}]
==============================================================================
