------------------------------ MODULE TraceAgent ------------------------------
(***************************************************************************)
(* The rule: a recorded step of K, as far as its Node, its mark and the    *)
(* owner switch go, is what the spec says (protocol 5, 6, 9).  K registers *)
(* itself, reads S's Lease for the minimum until there is one, lists its   *)
(* Pods, and only then serves.  A Node of another uid, one that is gone, a *)
(* newer agent: it registers itself once more, or stops.  Before every     *)
(* `Offer` the mark was read; a mark raises the fence, drains if           *)
(* `DrainingEnd` says that it must, and the drain is journalled and        *)
(* written on the Node once nothing is left.  Under `stock` it             *)
(* acknowledges once nothing of its own is under way; taken back, it waits *)
(* out the propagation, and lists its Pods.  In doubt of a lost journal it *)
(* does neither.                                                           *)
(*                                                                         *)
(* Whether Pods, strays or containers are left the Pods' judge says, and   *)
(* which `Hello` waits the link's: here they are given (`left`, `asks`).   *)
(*                                                                         *)
(* A track is one life of K.  A line is                                    *)
(*   event    [kind, ...]: "started", "registered" (fact), "minimum" (read,*)
(*            lease), "nodeRead" (token, fact), "shown" (fact), "goes"     *)
(*            (uid), "listed", "synced", "fired" (timer), "switch" (owner, *)
(*            version), "other"; a fact is [uid, agent, mark, drained]     *)
(*   agent    what K keeps of all this, after the step                     *)
(*   asks     <<>> or <<fence>> of a `Hello` that is to be verified now    *)
(*   offered  <<>> or <<[hello, drained, doubtful]>>                       *)
(*   left     [empty, killing, unsettled], after it                        *)
(*   acts, entries   of these, in order: [do, detail], [kind, what]        *)
(***************************************************************************)
EXTENDS TraceRecords

D == INSTANCE DrainingEnd

AgentBorn(me) ==
  [state |-> "registering", serving |-> FALSE, recovered |-> FALSE, early |-> 0,
   node |-> me.node, journalled |-> me.node, registered |-> <<>>, shown |-> "",
   fence |-> me.fence, accepted |-> me.fence, drained |-> me.drained, draining |-> <<>>,
   waiting |-> <<>>, nodeRead |-> 0, reads |-> 0, lists |-> 0, again |-> FALSE,
   doubt |-> IF me.doubtful THEN "waiting" ELSE "",
   owner |-> "direct", version |-> "", said |-> FALSE]

\* `may`: the `Hello` that may be answered in this step.
AgentTurn(agent) == [is |-> agent, acts |-> <<>>, entries |-> <<>>, may |-> <<>>]
AgentActs(turn, do, detail) == [turn EXCEPT !.acts = Append(@, [do |-> do, detail |-> detail])]
AgentPersists(turn, kind, what) == [turn EXCEPT !.entries = Append(@, [kind |-> kind, what |-> what])]

\* ---- Lists -----------------------------------------------------------------------

AgentAsks(turn) ==
  AgentActs([turn EXCEPT !.is.lists = @ + 1, !.is.again = turn.is.lists > 0], "listPods", <<>>)
AgentArrived(turn) == [turn EXCEPT !.is.lists = IF @ > 0 THEN @ - 1 ELSE 0]
\* Of several at once nobody can tell which an answer is of: one more, alone.
AgentAlone(turn) == IF turn.is.again /\ turn.is.lists = 0 THEN AgentAsks(turn) ELSE turn
RECURSIVE AgentAsksFor(_, _)
AgentAsksFor(turn, times) == IF times = 0 THEN turn ELSE AgentAsksFor(AgentAsks(turn), times - 1)

\* ---- The mark and the Node ---------------------------------------------------------

LaterMark(a, b) == IF a = <<>> THEN b ELSE IF b = <<>> THEN a ELSE <<Highest(b[1], a[1])>>

AgentDrains(turn, mark) ==
  [turn EXCEPT !.is.draining = <<IF mark # <<>> \/ @ = <<>> THEN mark ELSE @[1]>>]
AgentHeeds(turn, mark) ==
  LET raised == [turn EXCEPT !.is.fence = Highest(@, mark[1])]
      known == [accepted |-> raised.is.accepted, drained |-> raised.is.drained,
                draining |-> IF raised.is.draining = <<>> THEN <<>> ELSE raised.is.draining[1]]
  IN IF mark = <<>> THEN turn
     ELSE IF D!MustDrain(known, mark[1]) THEN AgentDrains(AgentPersists(raised, "fence", mark), mark)
     ELSE raised

AgentKeepsNode(turn) ==
  IF turn.is.node \in {"", turn.is.journalled} THEN turn
  ELSE AgentPersists([turn EXCEPT !.is.journalled = turn.is.node], "node", <<turn.is.node>>)

AgentRegisters(turn) ==
  AgentActs([turn EXCEPT !.is.state = "registering", !.is.serving = FALSE, !.is.registered = <<>>, !.is.shown = ""],
            "register", <<>>)
AgentReadsLease(turn) ==
  AgentActs([turn EXCEPT !.is.reads = @ + 1], "readLease", <<turn.is.reads + 1>>)
AgentUnread(turn) ==
  [turn EXCEPT !.is.nodeRead = 0,
               !.is.waiting = IF @ = <<>> THEN <<>> ELSE <<[@[1] EXCEPT !.read = 0]>>]
AgentStops(turn) == AgentActs([AgentUnread(turn) EXCEPT !.is.state = "superseded"], "stop", <<>>)
AgentLosesNode(turn) == AgentRegisters(AgentDrains(AgentUnread(turn), <<>>))

\* Serving, on the Node that was registered. If it is another than the journal's, all Pods end, and only then it moves.
AgentSettles(turn) ==
  LET fact == turn.is.registered[1]
      moved == [turn EXCEPT !.is.state = "serving", !.is.serving = TRUE, !.is.node = fact.uid,
                            !.is.registered = <<>>, !.is.drained = LaterMark(fact.drained, @)]
      another == turn.is.journalled \notin {"", fact.uid}
  IN AgentHeeds(IF another THEN AgentDrains(moved, <<>>) ELSE AgentKeepsNode(moved), fact.mark)

\* What came before the first list is heard after it.
AgentRecovers(turn) ==
  LET settled == AgentSettles(AgentArrived(turn))
      doubts == IF turn.is.doubt = "" THEN settled
                ELSE AgentActs(AgentPersists(settled, "doubt", <<FALSE>>), "setTimer", <<"doubt">>)
  IN AgentAlone(AgentAsksFor([doubts EXCEPT !.is.recovered = TRUE, !.is.early = 0], turn.is.early))
AgentLists(turn) == IF turn.is.recovered THEN AgentAlone(AgentArrived(turn)) ELSE AgentArrived(turn)

\* ---- What K hears --------------------------------------------------------------------

IsNewerAgent(me, fact) == fact.agent # <<>> /\ fact.agent[1] > me

AgentRegistered(me, turn, fact) ==
  IF IsNewerAgent(me, fact) THEN AgentStops(turn)
  \* The watch has shown another Node meanwhile, or a newer agent.
  ELSE IF turn.is.shown \notin {"", fact.uid} THEN AgentRegisters(turn)
  ELSE AgentReadsLease([turn EXCEPT !.is.state = "readingLeader", !.is.registered = <<fact>>])

\* Registered, and not serving yet: another Node is shown, or that it is gone.
AgentIsShown(me, turn, event) ==
  LET own == IF turn.is.registered = <<>> THEN turn.is.node ELSE turn.is.registered[1].uid
      another == IF event.kind = "goes" THEN event.uid = own
                 ELSE event.fact.uid # own \/ turn.is.registered = <<>> \/ IsNewerAgent(me, event.fact)
  IN IF another THEN AgentRegisters(turn) ELSE turn

\* Without a Lease of S it looks again.
AgentMinimum(turn, event) ==
  IF event.read # turn.is.reads THEN turn
  ELSE IF event.lease = <<>> THEN AgentActs(turn, "setTimer", <<"leader">>)
  ELSE AgentAsks([turn EXCEPT !.is.state = "listing", !.is.fence = Highest(@, <<event.lease[1], 0>>)])

AgentNodeRead(me, turn, event) ==
  LET waiting == turn.is.waiting
      forHello == waiting # <<>> /\ event.token = <<"hello", waiting[1].read>>
      own == forHello \/ (turn.is.nodeRead > 0 /\ event.token = <<"node", turn.is.nodeRead>>)
      fact == event.fact[1]
      heeded == AgentHeeds(IF forHello THEN turn ELSE [turn EXCEPT !.is.nodeRead = 0], fact.mark)
  IN IF ~own THEN turn
     ELSE IF event.fact = <<>> THEN AgentLosesNode(turn)
     ELSE IF fact.uid # turn.is.node THEN AgentLosesNode(turn)
     ELSE IF IsNewerAgent(me, fact) THEN AgentStops(turn)
     ELSE IF fact.agent # <<me>> THEN AgentRegisters(AgentUnread(turn))
     ELSE IF ~forHello THEN heeded
     ELSE IF heeded.is.draining # <<>> THEN [heeded EXCEPT !.is.waiting[1].read = 0]
     ELSE [heeded EXCEPT !.is.waiting = <<>>, !.may = <<waiting[1].hello>>]

\* The watch shows the own Node: a newer agent, or another uid, is verified by a read first.
AgentSees(me, turn, fact) ==
  IF fact.uid = turn.is.node /\ ~IsNewerAgent(me, fact) THEN AgentHeeds(turn, fact.mark)
  ELSE IF turn.is.nodeRead > 0 THEN turn
  ELSE LET read == turn.is.reads + 1
       IN AgentActs([turn EXCEPT !.is.reads = read, !.is.nodeRead = read], "readNode", <<"node", read>>)

AgentAlways(turn, event) ==
  CASE event.kind = "synced" ->
         IF turn.is.recovered THEN AgentAsks(turn) ELSE [turn EXCEPT !.is.early = @ + 1]
    [] event.kind = "fired" /\ event.timer = "doubt" /\ turn.is.recovered /\ turn.is.doubt # "" ->
         AgentAsks([turn EXCEPT !.is.doubt = "listing"])
    [] OTHER -> turn

AgentHears(me, turn, event) ==
  LET state == turn.is.state
      begun == state \in {"readingLeader", "listing"}
  IN CASE state = "superseded" -> turn
       [] event.kind = "registered" -> IF state = "registering" THEN AgentRegistered(me, turn, event.fact) ELSE turn
       [] event.kind = "minimum" -> IF state = "readingLeader" THEN AgentMinimum(turn, event) ELSE turn
       [] event.kind = "fired" /\ event.timer = "leader" ->
            IF state = "readingLeader" THEN AgentReadsLease(turn) ELSE turn
       [] event.kind = "nodeRead" -> IF state = "serving" THEN AgentNodeRead(me, turn, event) ELSE turn
       [] event.kind = "shown" /\ state = "registering" ->
            [turn EXCEPT !.is.shown = IF IsNewerAgent(me, event.fact) THEN "newer" ELSE event.fact.uid]
       [] event.kind = "goes" /\ state = "registering" -> [turn EXCEPT !.is.shown = "none"]
       [] event.kind \in {"shown", "goes"} /\ begun -> AgentIsShown(me, turn, event)
       [] event.kind = "shown" -> AgentSees(me, turn, event.fact)
       [] event.kind = "goes" -> IF event.uid = turn.is.node THEN AgentLosesNode(turn) ELSE turn
       [] event.kind = "listed" ->
            IF state # "listing" THEN AgentLists(turn)
            ELSE IF turn.is.lists > 1 THEN AgentLists(turn)
            ELSE IF turn.is.recovered THEN AgentAlone(AgentArrived(AgentSettles(turn)))
            ELSE AgentRecovers(turn)
       [] OTHER -> AgentAlways(turn, event)

\* ---- The owner switch ------------------------------------------------------------------

AgentAcknowledges(turn, owner) ==
  IF turn.is.version = "" THEN turn ELSE AgentActs(turn, "acknowledgeOwner", <<owner, turn.is.version>>)

\* `before`: K as it was when it heard it.
AgentOwned(turn, before, event) ==
  LET is == turn.is
      takingBack == is.owner \in {"propagating", "relisting"}
      stock == [turn EXCEPT !.is.owner = "stock", !.is.version = event.version,
                            !.is.said = is.owner = "stock" /\ is.version = event.version /\ @]
  IN CASE event.kind = "switch" /\ event.owner = "stock" ->
            IF takingBack THEN AgentActs(stock, "cancelTimer", <<"propagation">>) ELSE stock
       [] event.kind = "switch" /\ is.owner = "stock" ->
            AgentActs([turn EXCEPT !.is.owner = "propagating", !.is.version = event.version],
                      "setTimer", <<"propagation">>)
       [] event.kind = "switch" -> [turn EXCEPT !.is.version = event.version]
       [] event.kind = "fired" /\ event.timer = "propagation" /\ is.owner = "propagating" ->
            AgentAsks([turn EXCEPT !.is.owner = "relisting"])
       [] event.kind = "listed" /\ is.owner = "relisting" /\ before.lists <= 1 ->
            AgentAcknowledges([turn EXCEPT !.is.owner = "direct", !.is.said = FALSE], "direct")
       [] OTHER -> turn

\* ---- The end of a step --------------------------------------------------------------------

AgentIsSure(turn) ==
  IF turn.is.doubt = "listing" /\ turn.is.lists = 0
  THEN AgentPersists([turn EXCEPT !.is.doubt = ""], "doubt", <<TRUE>>) ELSE turn

AgentHasDrained(turn, left) ==
  LET is == turn.is
      mark == is.draining[1]
      moved == AgentKeepsNode([turn EXCEPT !.is.draining = <<>>])
  IN IF is.draining = <<>> \/ ~is.serving \/ is.owner # "direct" \/ ~left.empty \/ is.doubt # "" THEN turn
     ELSE IF mark = <<>> THEN moved
     ELSE AgentActs(AgentPersists([moved EXCEPT !.is.drained = mark], "drained", mark), "reportDrain", mark)

AgentHasLetGo(turn, left) ==
  LET is == turn.is
  IN IF is.owner # "stock" \/ is.said \/ ~is.serving \/ is.version = "" \/ is.doubt # "" \/ left.unsettled THEN turn
     ELSE AgentAcknowledges([turn EXCEPT !.is.said = TRUE], "stock")

AgentVerifies(turn, left) ==
  LET is == turn.is
      read == is.reads + 1
  IN IF is.waiting = <<>> \/ ~is.serving \/ is.draining # <<>> \/ left.killing THEN turn
     ELSE IF is.waiting[1].read > 0 THEN turn
     ELSE AgentActs([turn EXCEPT !.is.reads = read, !.is.waiting[1].read = read], "readNode", <<"hello", read>>)

AgentDone(turn, left) == AgentVerifies(AgentHasLetGo(AgentHasDrained(AgentIsSure(turn), left), left), left)

\* ---- A line ----------------------------------------------------------------------------------

\* The fence is persisted, then it is offered.
AgentOffers(turn, hello) ==
  AgentPersists([turn EXCEPT !.is.accepted = Highest(@, hello), !.is.fence = Highest(@, hello)], "fence", <<hello>>)

AgentJudged(me, life, line) ==
  LET started == line.event.kind = "started"
      turn == AgentTurn(life)
      heard == IF started THEN AgentRegisters(turn)
               ELSE AgentOwned(AgentHears(me.incarnation, turn, line.event), life, line.event)
      asked == IF line.asks = <<>> THEN heard
               ELSE [heard EXCEPT !.is.waiting = <<[hello |-> line.asks[1], read |-> 0]>>]
      offered == IF line.offered = <<>> THEN asked ELSE AgentOffers(asked, line.offered[1].hello)
      done == AgentDone(offered, line.left)
      expected == [agent |-> done.is, acts |-> done.acts, entries |-> done.entries]
      got == [agent |-> line.agent, acts |-> line.acts, entries |-> line.entries]
      Shows(offer) == offer.drained = asked.is.drained /\ offer.doubtful = (asked.is.doubt # "")
  IN [life |-> line.agent,
      faults |->
        (IF got = expected THEN {} ELSE {<<"the step of the agent is another", "expected", expected, "got", got>>})
        \cup Unless(line.offered = <<>> \/ asked.may = <<line.offered[1].hello>>,
                    "it offers before it has read the mark for that Hello")
        \cup Unless(line.offered = <<>> \/ Shows(line.offered[1]), "Offer does not show the drain, or the doubt")]
==============================================================================
