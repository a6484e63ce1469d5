------------------------------ MODULE TraceOwner ------------------------------
(***************************************************************************)
(* The rule: a recorded step of R or D, as far as the owner switch goes,   *)
(* is what the spec says (protocol 9); and S under `stock` gives no Pod to *)
(* a node.  Released, R says so once it knows from S what was under way,   *)
(* and nothing of its own is.  Taken back it begins anew, waits out the    *)
(* propagation, lists Nodes, then Pods, and compares: each that stands and *)
(* that some K will see is known from below, and each that it holds and    *)
(* some K has accepted stands.  Else it deletes what is not bound, and     *)
(* looks again.  Compared, it reads the ReplicaSets, and only then says    *)
(* that it owns the Pods, and decides.  D acknowledges each version of the *)
(* switch, where wants are flushed once all are written; taken back, it    *)
(* waits out the propagation, and reads again before it decides.           *)
(* `ReplicaSetStage` and `SchedulerStage` have the same for the chain's    *)
(* worlds.                                                                 *)
(*                                                                         *)
(* What of R's is under way, whether S has told, what D has yet to write:  *)
(* other tracks judge that; here it is given.                              *)
(*                                                                         *)
(* A line of R (`OwnRJudged`) is                                           *)
(*   event    [kind: "switch" (owner, version), "fired", "nodes" (agents), *)
(*            "pods" (facts), "sets" (answer), "other"]; a fact is [meta,  *)
(*            stamp, node, stands, set, rv]; agents: [name, mark, drained] *)
(*   phase, due, back, agents, strays, asked    as R has them after it     *)
(*   held     with "pods": what R holds: [uid, meta, phase]                *)
(*   open     its link to S; knows: S has told once; underway              *)
(*   ready    ReplicaSets of strays that had as many ready as are wanted   *)
(*   acts     [do, detail], in order                                       *)
(* One of D (`OwnDJudged`)                                                 *)
(*   event    "switch" (owner, version, flush), "fired", "other"           *)
(*   phase, owner, version, said, flush    after it                        *)
(*   known    all lists have come; unwritten: some want is not             *)
(*   acts                                                                  *)
(* One of S (`OwnSJudged`)                                                 *)
(*   event    "switch" (owner), "fired", "other"; owner, after it          *)
(*   assigns, takes   it sends `Assign`, `Assigned`                        *)
(*   keeps    a Pod waits for a node, or for the room of its victims       *)
(***************************************************************************)
EXTENDS TraceRecords

OwnAct(do, detail) == [do |-> do, detail |-> detail]
OwnAcknowledges(owner, version) == OwnAct("acknowledgeOwner", <<owner, version>>)
Propagation == OwnAct("setTimer", <<"propagation">>)

\* ---- R -----------------------------------------------------------------------------

OwnRBorn(me) ==
  [phase |-> "waiting", began |-> me.began, due |-> "", back |-> "", agents |-> {}, strays |-> <<>>, asked |-> 0]

OwnTurn(life, acts) == [life |-> life, acts |-> acts]

OwnReleased(life, version) == OwnTurn([life EXCEPT !.phase = "released", !.due = version], <<>>)
OwnTakesBack(life, version) == OwnTurn([life EXCEPT !.phase = "propagating", !.back = version], <<Propagation>>)

OwnRSwitched(me, life, event) ==
  LET phase == life.phase
  IN CASE event.owner = "stock" -> OwnReleased(life, event.version)
       [] phase \in {"waiting", "unowned"} /\ life.began = "stock" -> OwnTakesBack(life, event.version)
       [] phase = "waiting" -> OwnTurn([life EXCEPT !.phase = "syncing"], <<>>)
       [] phase = "unowned" -> OwnTurn([life EXCEPT !.phase = "serving"], <<>>)
       [] phase = "released" -> OwnTurn([life EXCEPT !.phase = "ended"], <<OwnAct("restart", <<me.incarnation>>)>>)
       [] phase \in {"propagating", "comparing", "rereading"} -> OwnTurn([life EXCEPT !.back = event.version], <<>>)
       [] OTHER -> OwnTurn(life, <<>>)

\* The uid under which R knows an object: its stamp, or the one that it was adopted under.
KnownBy(held, fact) ==
  {one.uid : one \in {some \in Range(held) : (fact.stamp # "" /\ some.uid = fact.stamp) \/ some.meta = fact.meta}}
AgentNames(agents) == {agent.name : agent \in agents}
IsCancelledNode(agents, name) == \E agent \in agents : agent.name = name /\ agent.cancelled
\* Cancelled, and not drained since.
IsUndrained(node) == node.mark # <<>> /\ (node.drained = <<>> \/ Below(node.drained[1], node.mark[1]))
AgentsOf(nodes) == {[name |-> nodes[i].name, cancelled |-> IsUndrained(nodes[i])] : i \in DOMAIN nodes}
StrayOf(fact) == [meta |-> fact.meta, stamp |-> fact.stamp, node |-> fact.node, set |-> fact.set, rv |-> fact.rv]
OwnStrays(life, held, facts) ==
  LET Stray(fact) == fact.stands /\ KnownBy(held, fact) = {} /\ ~IsCancelledNode(life.agents, fact.node)
      strays == SelectSeq(facts, Stray)
  IN [i \in DOMAIN strays |-> StrayOf(strays[i])]
\* What R holds that some K has accepted, and that does not stand.
OwnAbsent(held, facts) ==
  LET standing == UNION {KnownBy(held, fact) : fact \in {one \in Range(facts) : one.stands}}
  IN {one.uid : one \in {some \in Range(held) : some.phase \notin {"created", "bound", "terminating"}}} \ standing
NoKWillSee(agents, stray) == stray.node # "" /\ stray.node \notin AgentNames(agents)
Deleted(stray) == OwnAct("deleteStray", <<stray.meta, IF stray.node = "" THEN stray.rv ELSE "">>)

OwnRCompares(life, line) ==
  LET strays == OwnStrays(life, line.held, line.event.facts)
      noted == [life EXCEPT !.strays = strays]
      Unbound(stray) == stray.node = ""
      unbound == SelectSeq(strays, Unbound)
      compared == /\ line.open /\ OwnAbsent(line.held, line.event.facts) = {}
                  /\ \A i \in DOMAIN strays : NoKWillSee(life.agents, strays[i])
  IN IF compared
     THEN OwnTurn([noted EXCEPT !.phase = "rereading", !.asked = @ + 1],
                  <<OwnAct("relist", <<"replicaSets", "takenBack">>)>>)
     ELSE OwnTurn([noted EXCEPT !.phase = "propagating"],
                  [i \in DOMAIN unbound |-> Deleted(unbound[i])] \o <<Propagation>>)

\* A list of ReplicaSets; `answer`: it was asked for.
OwnRSynced(life, event) ==
  CASE life.phase = "waiting" -> OwnTurn([life EXCEPT !.phase = "unowned"], <<>>)
    [] life.phase = "syncing" -> OwnTurn([life EXCEPT !.phase = "serving"], <<>>)
    [] life.phase = "rereading" /\ event.answer /\ life.asked = 1 ->
         OwnTurn([life EXCEPT !.phase = "serving", !.asked = 0, !.back = ""],
                 IF life.back = "" THEN <<>> ELSE <<OwnAcknowledges("direct", life.back)>>)
    [] life.phase = "serving" /\ event.answer /\ life.asked > 0 -> OwnTurn([life EXCEPT !.asked = @ - 1], <<>>)
    [] OTHER -> OwnTurn(life, <<>>)

OwnRHears(me, life, line) ==
  LET event == line.event
  IN CASE life.phase = "ended" -> OwnTurn(life, <<>>)
       [] event.kind = "switch" -> OwnRSwitched(me, life, event)
       [] event.kind = "fired" /\ life.phase = "propagating" ->
            OwnTurn([life EXCEPT !.phase = "comparing"], <<OwnAct("listNodes", <<>>)>>)
       [] event.kind = "nodes" /\ life.phase = "comparing" ->
            OwnTurn([life EXCEPT !.agents = AgentsOf(event.agents)], <<OwnAct("listPods", <<>>)>>)
       [] event.kind = "pods" /\ life.phase = "comparing" -> OwnRCompares(life, line)
       [] event.kind = "sets" -> OwnRSynced(life, event)
       [] OTHER -> OwnTurn(life, <<>>)

\* Serving, R asks for ReplicaSets that it does not know, and deletes, once enough others are ready, what no K will see.
OwnRServes(turn, line) ==
  LET life == turn.life
      asks == Len(SelectSeq(line.acts, LAMBDA act : act.do = "relist"))
      Kept(stray) == \E i \in DOMAIN line.strays : line.strays[i].meta = stray.meta
      kept == SelectSeq(life.strays, Kept)
      gone == {stray \in Range(life.strays) : ~Kept(stray)}
  IN [life |-> [life EXCEPT !.asked = @ + asks, !.strays = kept],
      acts |-> turn.acts,
      may |-> {Deleted(stray) : stray \in gone} \cup {OwnAct("relist", <<"replicaSets", "unknown">>)},
      early |-> {stray \in gone : stray.set \notin line.ready}]

OwnRJudged(me, life, line) ==
  LET heard == OwnRHears(me, life, line)
      serves == heard.life.phase = "serving"
      turn == IF serves THEN OwnRServes(heard, line) ELSE [life |-> heard.life, acts |-> heard.acts, may |-> {}, early |-> {}]
      lets == /\ life.phase # "ended" /\ turn.life.due # "" /\ line.knows /\ ~line.underway
      done == IF lets THEN [turn EXCEPT !.life.due = "", !.acts = Append(@, OwnAcknowledges("stock", turn.life.due))]
              ELSE turn
      Must(act) == act \notin done.may
      acts == SelectSeq(line.acts, Must)
      got == [phase |-> line.phase, due |-> line.due, back |-> line.back, agents |-> line.agents,
              strays |-> line.strays, asked |-> line.asked]
      expected == [field \in DOMAIN got |-> done.life[field]]
  IN [life |-> [done.life EXCEPT !.asked = line.asked],
      faults |->
        (IF got = expected /\ acts = done.acts THEN {}
         ELSE {<<"the step of R under the switch is another", "expected", expected, done.acts, "got", got, acts>>})
        \cup Unless(turn.early = {}, "a stray is deleted before as many others are ready")]

\* ---- D -------------------------------------------------------------------------------

OwnDBorn == [phase |-> "listing", owner |-> "direct", version |-> "", said |-> "", flush |-> FALSE]

OwnDSeen(life, event) ==
  [life EXCEPT !.owner = event.owner, !.version = event.version,
               !.flush = event.flush /\ event.version # life.said]
OwnDHears(life, event) ==
  LET seen == IF event.kind = "switch" THEN OwnDSeen(life, event) ELSE life
      to == CASE event.kind = "switch" /\ event.owner = "stock" /\ life.phase # "listing" -> "released"
              [] event.kind = "switch" /\ event.owner = "direct" /\ life.phase = "released" -> "propagating"
              [] event.kind = "fired" /\ life.phase = "propagating" -> "rereading"
              [] OTHER -> life.phase
  IN OwnTurn([seen EXCEPT !.phase = to],
             CASE to = life.phase -> <<>>
               [] to = "propagating" -> <<Propagation>>
               [] to = "rereading" -> <<OwnAct("relist", <<"deployments", "takenBack">>),
                                        OwnAct("relist", <<"replicaSets", "takenBack">>)>>
               [] OTHER -> <<>>)
OwnDDecides(life, line) ==
  IF life.phase \notin {"listing", "rereading"} \/ ~line.known THEN life
  ELSE [life EXCEPT !.phase = IF @ = "listing" /\ life.owner = "stock" THEN "released" ELSE "serving"]

OwnDJudged(life, line) ==
  LET heard == OwnDHears(life, line.event)
      is == OwnDDecides(heard.life, line)
      early == (is.owner = "stock" \/ is.flush) /\ line.unwritten
      says == is.phase \in {"serving", "released"} /\ is.version # is.said /\ ~early
      done == IF says THEN [is EXCEPT !.said = is.version, !.flush = FALSE] ELSE is
      acts == heard.acts \o (IF says THEN <<OwnAcknowledges(is.owner, is.version)>> ELSE <<>>)
      got == [phase |-> line.phase, owner |-> line.owner, version |-> line.version, said |-> line.said,
              flush |-> line.flush]
      Must(act) == act.do # "relist" \/ act.detail[2] = "takenBack"
      asked == SelectSeq(line.acts, Must)
  IN [life |-> got,
      faults |-> IF got = done /\ asked = acts THEN {}
                 ELSE {<<"the step of D under the switch is another", "expected", done, acts, "got", got, asked>>}]

\* ---- S ---------------------------------------------------------------------------------

OwnSBorn == [owner |-> "direct"]
OwnSJudged(life, line) ==
  LET owner == IF line.event.kind = "switch" THEN line.event.owner ELSE life.owner
  IN [life |-> [owner |-> owner],
      faults |-> Unless(line.owner = owner, "another owns the Pods than S has heard")
                 \cup Unless(owner # "stock" \/ ~line.assigns, "a Pod is given to a node under stock")
                 \cup Unless(owner # "stock" \/ ~line.takes, "a Pod is taken from R under stock")
                 \cup Unless(owner # "stock" \/ ~line.keeps, "what waits for a node is kept under stock")]
==============================================================================
