-------------------------------- MODULE Field --------------------------------
(***************************************************************************)
(* The rule (protocol 8): many write `spec.replicas`, and none of them is  *)
(* lost.  D brings its highest want to the object, and never over a value  *)
(* of somebody else's that it has not seen; what a person or another       *)
(* controller writes becomes the want.  Once all is still, the object is   *)
(* at the highest want, and that is the last value that was asked for.     *)
(*                                                                         *)
(* One action is one event given to one life of D, or one thing done at    *)
(* the API Server.  D is cut down to one Deployment, with A in the same    *)
(* life: it mints wants.  Writes take time, replies are lost after them or *)
(* before, watches lag and skip, D crashes, and a second leader runs       *)
(* beside the first.  It is the explorer's world of `spec/worlds/field.ts` *)
(* state for state and step for step.                                      *)
(***************************************************************************)
EXTENDS ReplicasField, FiniteSets

CONSTANTS
  Act1, Act2, Act3,   \* what people do, in this order: "scale N", "edit", or "nothing"
  Copied,             \* 1: the object was made from a copy of another
  Asks,               \* values asked of A
  Marks, Hurries,     \* victims marked; hurry (follow, release) begun or ended
  LostReplies, Crashes, Usurps,
  EarlyWriteBacks, EarlyLowers, EarlyRetries   \* timers that fire before all is still

VARIABLES
  ds,          \* incarnation -> life of D
  lease,       \* incarnation of the holder
  awaited,     \* a life waits to begin
  object,      \* the Deployment
  flights,     \* bag of [by, of, write]: requests under way, by a life that waits for the answer, or by 0
  acts,        \* acts done
  left,        \* budgets
  asked,       \* values that somebody put there by hand, in order
  external,    \* generation of the last external write of replicas; 0 for none
  overwritten, \* external values that a write-back replaced unseen
  due          \* what was asked for since the last external write: [generation, values]

vars == <<ds, lease, awaited, object, flights, acts, left, asked, external, overwritten, due>>

Script == SelectSeq(<<Act1, Act2, Act3>>, LAMBDA act : act # "nothing")
AskValues == {1, 3}

\* What the first write of a D left on a Deployment of one name, and a copy of it brings to another.
Copy == [of |-> "copied", value |-> 2, version |-> <<1, 0, 0>>, generation |-> 2, owner |-> <<"">>, rest |-> "t1"]
FirstObject ==
  [uid |-> "d", rv |-> 1, generation |-> 1, replicas |-> 2, owner |-> "", rest |-> "t1",
   written |-> IF Copied = 1 THEN <<Copy>> ELSE <<>>]

Init ==
  /\ ds = <<>> /\ lease = 0 /\ awaited = TRUE /\ object = FirstObject /\ flights = <<>> /\ acts = 0
  /\ left = [ask |-> Asks, mark |-> Marks, hurry |-> Hurries, lostReply |-> LostReplies,
             crash |-> Crashes, usurp |-> Usurps,
             writeBack |-> EarlyWriteBacks, lower |-> EarlyLowers, retry |-> EarlyRetries]
  /\ asked = <<2>> /\ external = 0 /\ overwritten = <<>>
  /\ due = [generation |-> 1, values |-> <<2>>]

Plus(bag, item) ==
  [one \in DOMAIN bag \cup {item} |->
     (IF one \in DOMAIN bag THEN bag[one] ELSE 0) + (IF one = item THEN 1 ELSE 0)]
Minus(bag, item) ==
  IF bag[item] > 1 THEN [bag EXCEPT ![item] = @ - 1]
  ELSE [one \in DOMAIN bag \ {item} |-> bag[one]]
With(function, key, value) ==
  [one \in DOMAIN function \cup {key} |-> IF one = key THEN value ELSE function[one]]
Spent(budget) == [left EXCEPT ![budget] = @ - 1]

\* ---- A life of D -----------------------------------------------------------

Fresh ==
  [object |-> <<>>, base |-> <<>>, want |-> <<>>, minted |-> 0, marked |-> FALSE, hurry |-> FALSE,
   field |-> FieldFresh, told |-> 0, answers |-> <<>>]

Inputs(life) ==
  [object |-> life.object[1], want |-> life.want[1], hurry |-> life.hurry, marked |-> life.marked,
   last |-> FALSE]
Turn(life, out) == [life |-> life, out |-> out]
Fielded(life, stepped) == Turn([life EXCEPT !.field = stepped.field], stepped.out)
Updated(life) == Fielded(life, FieldUpdated(life.field, Inputs(life)))

\* Whatever it wants now, its victims are not marked yet.
Adopted(life, want) ==
  IF life.want # <<>> /\ ~IsLower(life.want[1].version, want.version) THEN life
  ELSE [life EXCEPT !.want = <<want>>, !.marked = FALSE]

IsStale(life, seen) == life.object # <<>> /\ ~IsFresher(seen, life.object[1])
Observed(life, seen, verdict) ==
  LET next == [life EXCEPT !.object = <<seen>>, !.base = <<BaseOf(seen)>>]
      written == WrittenOf(seen)
  IN IF verdict = "external"
     THEN Adopted(next, [version |-> <<seen.generation, 0, 0>>, value |-> seen.replicas])
     ELSE IF written = <<>> THEN next
     ELSE Adopted(next, [version |-> written[1].version, value |-> written[1].value])

\* The watch tells the object, or the first list does.
Saw(life, seen) ==
  IF IsStale(life, seen) THEN Turn(life, <<>>)
  ELSE Updated(Observed(life, seen, Judge(life.base, seen)))

\* The answer to a request: the object first.
Answered(life, answer) ==
  LET after == answer.after
      seen == IF after = <<>> \/ IsStale(life, after[1]) THEN Turn(life, <<>>)
              ELSE Updated(Observed(life, after[1], "own"))
      told == Fielded(seen.life, FieldAnswered(seen.life.field, Inputs(seen.life), answer.refusal))
  IN [told EXCEPT !.out = seen.out \o @]

\* A decides: above all that it knows, on the same base.
Asked(me, life, value) ==
  Updated(Adopted([life EXCEPT !.minted = @ + 1],
                  [version |-> <<life.want[1].version[1], me, life.minted + 1>>, value |-> value]))

\* ---- Steps of lives --------------------------------------------------------

Sent(me, out) ==
  IF out = <<>> THEN flights ELSE Plus(flights, [by |-> me, of |-> me, write |-> Head(out)])

\* A life takes a step; what it asks for is under way.
Takes(me, turn) ==
  /\ ds' = With(ds, me, turn.life)
  /\ flights' = Sent(me, turn.out)
AtApi == <<object, asked, external, overwritten>>

Begin ==
  LET me == lease + 1
  IN /\ lease' = me /\ awaited' = FALSE
     /\ Takes(me, Saw([Fresh EXCEPT !.told = object.rv], object))
     /\ UNCHANGED <<acts, due, AtApi>>
Start == awaited /\ Begin /\ UNCHANGED left
Usurp == left.usurp > 0 /\ ~awaited /\ Begin /\ left' = Spent("usurp")
Crash == \E me \in DOMAIN ds :
  /\ left.crash > 0
  /\ left' = Spent("crash") /\ awaited' = TRUE
  /\ ds' = [one \in DOMAIN ds \ {me} |-> ds[one]]
  /\ UNCHANGED <<lease, flights, acts, due, AtApi>>

Watch == \E me \in DOMAIN ds :
  /\ ds[me].told # object.rv
  /\ Takes(me, Saw([ds[me] EXCEPT !.told = object.rv], object))
  /\ UNCHANGED <<lease, awaited, acts, left, due, AtApi>>

Answer == \E me \in DOMAIN ds : \E answer \in DOMAIN ds[me].answers :
  /\ Takes(me, Answered([ds[me] EXCEPT !.answers = Minus(@, answer)], answer))
  /\ UNCHANGED <<lease, awaited, acts, left, due, AtApi>>

Timed(me) == TimerOf(ds[me].field) # <<>>
Fired(me) == Takes(me, Fielded(ds[me], FieldFired(ds[me].field, Inputs(ds[me]))))

\* ---- What people want ------------------------------------------------------

Ask == \E me \in DOMAIN ds, value \in AskValues :
  /\ left.ask > 0 /\ ds[me].want # <<>> /\ ds[me].want[1].value # value
  /\ LET turn == Asked(me, ds[me], value)
         isLate == turn.life.want = ds[me].want \/ turn.life.want[1].version[1] < due.generation
     IN /\ Takes(me, turn)
        /\ due' = IF isLate THEN due ELSE [due EXCEPT !.values = Append(@, value)]
  /\ left' = Spent("ask")
  /\ UNCHANGED <<lease, awaited, acts, AtApi>>

Mark == \E me \in DOMAIN ds :
  /\ left.mark > 0 /\ ds[me].want # <<>> /\ ~ds[me].marked
  /\ Takes(me, Updated([ds[me] EXCEPT !.marked = TRUE]))
  /\ left' = Spent("mark")
  /\ UNCHANGED <<lease, awaited, acts, due, AtApi>>
Hurry == \E me \in DOMAIN ds :
  /\ left.hurry > 0 /\ ds[me].want # <<>>
  /\ Takes(me, Updated([ds[me] EXCEPT !.hurry = ~@]))
  /\ left' = Spent("hurry")
  /\ UNCHANGED <<lease, awaited, acts, due, AtApi>>

ScaleOf(act) ==
  CASE act = "scale 1" -> 1 [] act = "scale 2" -> 2 [] act = "scale 3" -> 3 [] act = "scale 4" -> 4

Act ==
  /\ acts < Len(Script) /\ acts' = acts + 1
  /\ LET act == Script[acts + 1]
         after == IF act = "edit" THEN ObjectEdited(object, "t2")
                  ELSE ObjectScaled(object, ScaleOf(act))
         scales == act # "edit" /\ after # object
     IN /\ object' = after
        /\ asked' = IF scales THEN Append(asked, after.replicas) ELSE asked
        /\ external' = IF scales THEN after.generation ELSE external
        /\ due' = IF scales THEN [generation |-> after.generation, values |-> <<after.replicas>>] ELSE due
  /\ UNCHANGED <<ds, lease, awaited, flights, left, overwritten>>

\* ---- The API Server --------------------------------------------------------

\* An answer for the life that waits for it.
Told(flight, answer) ==
  IF flight.by \in DOMAIN ds THEN [ds EXCEPT ![flight.by].answers = Plus(@, answer)] ELSE ds

Land == \E flight \in DOMAIN flights :
  LET write == flight.write
      after == ObjectWritten(object, write)
      unseen == Changes(object, write) /\ write.written.version[1] < external
      done == ~Conflicts(object, write)
  IN /\ flights' = Minus(flights, flight)
     /\ object' = IF done THEN after ELSE object
     /\ overwritten' = IF done /\ unseen THEN Append(overwritten, object.replicas) ELSE overwritten
     /\ ds' = Told(flight, IF done THEN [after |-> <<after>>, refusal |-> ""]
                           ELSE [after |-> <<>>, refusal |-> "conflict"])
     /\ UNCHANGED <<lease, awaited, acts, left, asked, external, due>>

\* A request of a life that is no more, or that was given up, never arrives.
Drop == \E flight \in DOMAIN flights :
  /\ flight.by \notin DOMAIN ds
  /\ flights' = Minus(flights, flight)
  /\ UNCHANGED <<ds, lease, awaited, acts, left, due, AtApi>>

\* The answer is lost: the write may still be done, now or later, or never.
LoseReply == \E flight \in DOMAIN flights :
  /\ left.lostReply > 0 /\ flight.by \in DOMAIN ds
  /\ flights' = Plus(Minus(flights, flight), [flight EXCEPT !.by = 0])
  /\ ds' = Told(flight, [after |-> <<>>, refusal |-> "ambiguous"])
  /\ left' = Spent("lostReply")
  /\ UNCHANGED <<lease, awaited, acts, due, AtApi>>

\* ---- Time ------------------------------------------------------------------

\* Something can happen of itself, without time passing.
Busy ==
  \/ awaited \/ flights # <<>>
  \/ \E me \in DOMAIN ds : ds[me].told # object.rv \/ ds[me].answers # <<>>

Timer == ~Busy /\ \E me \in DOMAIN ds :
  Timed(me) /\ Fired(me) /\ UNCHANGED <<lease, awaited, acts, left, due, AtApi>>
Early == \E me \in DOMAIN ds :
  /\ Timed(me) /\ left[TimerOf(ds[me].field)[1]] > 0
  /\ Fired(me) /\ left' = Spent(TimerOf(ds[me].field)[1])
  /\ UNCHANGED <<lease, awaited, acts, due, AtApi>>

Next ==
  \/ Start \/ Usurp \/ Crash \/ Watch \/ Answer \/ Timer \/ Early
  \/ Ask \/ Mark \/ Hurry \/ Act \/ Land \/ Drop \/ LoseReply

Spec == Init /\ [][Next]_vars

\* All is still but for faults and people.
AtRest == ~Busy /\ \A me \in DOMAIN ds : ~Timed(me)

\* Weak fairness of what happens of itself: of the steps that spend nothing.
FairSpec == Spec /\ ([]<>AtRest \/ []<><<left' = left /\ acts' = acts>>_vars)

\* ---- Properties (protocol 10) ----------------------------------------------

ScaleNotLost == overwritten = <<>>

\* Everybody holds the highest want, the object is at it, and that is what was asked for last; of a life that is no more, or that
\* was superseded, a want may be lost that nobody else had seen.
Wants == {ds[me].want[1] : me \in {one \in DOMAIN ds : ds[one].want # <<>>}}
Converged ==
  /\ ~awaited
  /\ object.written = <<>> \/ object.written[1].of = object.uid
  /\ \A want \in Wants :
       (\A other \in Wants : ~IsLower(want.version, other.version)) /\ want.value = object.replicas
  /\ \E i \in DOMAIN due.values :
       due.values[i] = object.replicas /\ (lease = 1 => i = Len(due.values))
Converges == <>[]Converged
\* The same where all is still: found without looking at all that may follow.
ConvergesAtRest == AtRest => Converged
=============================================================================
