------------------------------ MODULE TraceLink ------------------------------
(***************************************************************************)
(* Recorded traces of links, judged line by line.  A track is the life of  *)
(* one end of a link (its lines are the steps of its stage that concern    *)
(* it), or one connection (what was sent on it and what arrived).  Each    *)
(* track starts on its own, and goes on until its end or a line that the   *)
(* spec does not allow; then it says so, with what is wrong.               *)
(*                                                                         *)
(* `kubedirect validate` makes a module that extends this one and holds    *)
(* the tracks (`impl/validate/`).                                          *)
(***************************************************************************)
EXTENDS TraceUpper, TraceLower, TraceWire, TracePod, TraceWants, TraceSets, TraceAgent, TraceMark, TraceOwner

CONSTANT Tracks   \* sequence of [kind, me, lines]

VARIABLES track, at, life
vars == <<track, at, life>>

Lines == Tracks[track].lines

Born(one) ==
  CASE one.kind = "upper" -> UpBorn
    [] one.kind = "lower" -> LowBorn(one.lines[1])
    [] one.kind = "wire" -> WireBorn
    [] one.kind = "pod" -> PodBorn(one.me)
    [] one.kind = "deployment" -> DepBorn
    [] one.kind = "autoscaler" -> AskBorn
    [] one.kind = "sets" -> SetBorn
    [] one.kind = "agent" -> AgentBorn(one.me)
    [] one.kind = "mark" -> MarkBorn(one.me)
    [] one.kind = "owner/replicaset" -> OwnRBorn(one.me)
    [] one.kind = "owner/deployment" -> OwnDBorn
    [] one.kind = "owner/scheduler" -> OwnSBorn

Judged(line) ==
  LET one == Tracks[track]
  IN CASE one.kind = "upper" -> UpJudged(one.me, life, line)
       [] one.kind = "lower" -> LowJudged(one.me, life, line)
       [] one.kind = "wire" -> WireJudged(one.lines, at + 1, life)
       [] one.kind = "pod" -> PodJudged(life, line)
       [] one.kind = "deployment" -> DepJudged(life, line)
       [] one.kind = "autoscaler" -> AskJudged(one.me, life, line)
       [] one.kind = "sets" -> SetJudged(life, line)
       [] one.kind = "agent" -> AgentJudged(one.me, life, line)
       [] one.kind = "mark" -> MarkJudged(one.me, life, line)
       [] one.kind = "owner/replicaset" -> OwnRJudged(one.me, life, line)
       [] one.kind = "owner/deployment" -> OwnDJudged(life, line)
       [] one.kind = "owner/scheduler" -> OwnSJudged(life, line)

Init == track \in DOMAIN Tracks /\ at = 0 /\ life = Born(Tracks[track])

\* Told once a track.
Say(what, line, faults) == PrintT(<<"VALIDATE", what, track, line, faults>>)

Next ==
  /\ at < Len(Lines)
  /\ LET result == Judged(Lines[at + 1])
     IN IF result.faults = {}
        THEN /\ at' = at + 1 /\ life' = result.life
             /\ (at' = Len(Lines) => Say("accepted", at', {}))
        ELSE /\ at' = Len(Lines) + 1 /\ life' = life
             /\ Say("rejected", at + 1, result.faults)
  /\ track' = track

Spec == Init /\ [][Next]_vars
==============================================================================
