------------------------------- MODULE Rollout -------------------------------
(***************************************************************************)
(* The rule (protocol 8 and 9): a Deployment is handed over by a rollout,  *)
(* from an unmanaged ReplicaSet to a managed one or back, as from one      *)
(* managed ReplicaSet to the next.  While it lasts, no direct want makes   *)
(* or ends a Pod in a ReplicaSet that the rollout has left or not yet      *)
(* reached; R follows what the stock Deployment controller writes.         *)
(* Afterwards the highest want stands.  A Deployment that has lost its     *)
(* label is leaving: D writes what was asked for until then, and with it   *)
(* takes its annotation away; then it is gone for D and R.                 *)
(*                                                                         *)
(* D with A in the same life, R with all below it folded in, the stock     *)
(* Deployment controller, and people.  One action is one event given to    *)
(* one of them.  It is the explorer's world of `spec/worlds/rollout.ts`,   *)
(* state for state and step for step.                                      *)
(***************************************************************************)
EXTENDS DecidingEnd, FollowingEnd

CONSTANTS
  First,              \* the template at the start
  Act1, Act2, Act3,   \* what people do, in this order: "to T", "scale N", or "nothing"
  Asks                \* how often A is asked for more

VARIABLES
  d,         \* life of D
  r,         \* life of R
  mail,      \* what is on its way from D to R
  object,    \* the Deployment
  sets,      \* its ReplicaSets, in the order in which they changed last
  flights,   \* bag of requests under way
  answers,   \* bag of answers on their way to D
  acts, left,
  asked, external, overwritten, due

vars == <<d, r, mail, object, sets, flights, answers, acts, left, asked, external, overwritten, due>>

Plus(bag, item) ==
  [one \in DOMAIN bag \cup {item} |->
     (IF one \in DOMAIN bag THEN bag[one] ELSE 0) + (IF one = item THEN 1 ELSE 0)]
Minus(bag, item) ==
  IF bag[item] > 1 THEN [bag EXCEPT ![item] = @ - 1]
  ELSE [one \in DOMAIN bag \ {item} |-> bag[one]]
With(function, key, value) ==
  [one \in DOMAIN function \cup {key} |-> IF one = key THEN value ELSE function[one]]

Script == SelectSeq(<<Act1, Act2, Act3>>, LAMBDA act : act # "nothing")

\* ---- The start: the first ReplicaSet at rest -------------------------------

FirstVersion == <<1, 0, 0>>
Annotation ==
  [of |-> "d", value |-> 1, version |-> FirstVersion, generation |-> 2, owner |-> <<"">>, rest |-> First]
FirstWritten == IF IsManaged(First) THEN <<Annotation>> ELSE <<>>
FirstSet ==
  [template |-> First, rv |-> IF IsManaged(First) THEN 2 ELSE 1, number |-> 1, replicas |-> 1,
   desired |-> 1, written |-> FirstWritten]
FirstWant == [version |-> FirstVersion, value |-> 1, set |-> First, mode |-> "direct"]

Init ==
  /\ object = [uid |-> "d", rv |-> IF IsManaged(First) THEN 2 ELSE 1, generation |-> IF IsManaged(First) THEN 2 ELSE 1,
               replicas |-> 1, owner |-> "", rest |-> First, written |-> FirstWritten]
  /\ sets = <<FirstSet>>
  /\ d = IF IsManaged(First)
         THEN [object |-> <<object>>, base |-> <<BaseOf(object)>>,
               want |-> <<[version |-> FirstVersion, value |-> 1]>>, minted |-> 0,
               sets |-> With(<<>>, First, FirstSet), sent |-> <<FirstWant>>, writing |-> FALSE, lost |-> 0,
               told |-> object.rv]
         ELSE [object |-> <<>>, base |-> <<>>, want |-> <<>>, minted |-> 0,
               sets |-> With(<<>>, First, FirstSet), sent |-> <<>>, writing |-> FALSE, lost |-> 0, told |-> 0]
  /\ r = IF IsManaged(First)
         THEN [want |-> <<FirstWant>>, gone |-> FALSE,
               hold |-> [held |-> TRUE, obeyed |-> With(<<>>, First, 1)],
               sets |-> With(<<>>, First, FirstSet), minted |-> 1, pods |-> <<First>>, dying |-> <<>>]
         ELSE [want |-> <<>>, gone |-> FALSE, hold |-> NoHold,
               sets |-> With(<<>>, First, FirstSet), minted |-> 0, pods |-> <<>>, dying |-> <<>>]
  /\ mail = <<>> /\ flights = <<>> /\ answers = <<>> /\ acts = 0 /\ left = Asks
  /\ asked = <<1>> /\ external = 0 /\ overwritten = <<>>
  /\ due = [generation |-> 1, values |-> <<1>>]

\* ---- D ---------------------------------------------------------------------

HasLeft(seen) == Leaves(seen) /\ (seen.written = <<>> \/ Is("want-left-behind"))

\* The end of a step of D.
DSteps(begun) ==
  LET turned == Turned(begun, begun.sets)
  IN /\ d' = turned.entry
     /\ mail' = IF turned.wants = <<>> THEN mail ELSE Append(mail, turned.wants)
     /\ flights' = IF turned.writes = <<>> THEN flights ELSE Plus(flights, turned.writes[1])

\* A Deployment without label and annotation is not seen.
Seen == ~Leaves(object) \/ object.written # <<>>
AtApi == <<object, sets, acts, asked, external, overwritten>>

WatchObject ==
  /\ d.told # (IF Seen THEN object.rv ELSE 0)
  /\ IF Seen /\ ~HasLeft(object)
     THEN DSteps(Observed([d EXCEPT !.told = object.rv], object, Judge(d.base, object)))
     ELSE /\ d' = [d EXCEPT !.told = IF Seen THEN object.rv ELSE 0, !.object = <<>>, !.base = <<>>, !.want = <<>>, !.sent = <<>>,
                         !.writing = FALSE, !.lost = 0]
          /\ mail' = Append(mail, <<>>)
          /\ UNCHANGED flights
  /\ UNCHANGED <<r, answers, left, due, AtApi>>

\* ReplicaSets are told of in the order in which they changed.
Unknown(seen, set) == set.template \notin DOMAIN seen \/ seen[set.template].rv # set.rv
News(seen) == SelectSeq(sets, LAMBDA set : Unknown(seen, set))

WatchSetD ==
  /\ News(d.sets) # <<>>
  /\ LET set == Head(News(d.sets)) IN DSteps([d EXCEPT !.sets = With(@, set.template, set)])
  /\ UNCHANGED <<r, answers, left, due, AtApi>>

Answer == \E answer \in DOMAIN answers :
  /\ answers' = Minus(answers, answer)
  /\ IF d.object = <<>> THEN UNCHANGED <<d, mail, flights>>
     ELSE DSteps(Heard(d, IF answer # <<>> /\ Leaves(answer[1]) /\ answer[1].written = <<>> THEN <<>> ELSE answer))
  /\ UNCHANGED <<r, left, due, AtApi>>

Ask ==
  /\ left > 0 /\ d.want # <<>> /\ d.want[1].value # 2 /\ ~Leaves(d.object[1])
  /\ LET after == Asked([d EXCEPT !.minted = @ + 1], d.minted + 1, 2)
         isLate == after.want = d.want \/ after.want[1].version[1] < due.generation
     IN /\ DSteps(after)
        /\ due' = IF isLate THEN due ELSE [due EXCEPT !.values = Append(@, 2)]
  /\ left' = left - 1
  /\ UNCHANGED <<r, answers, AtApi>>

\* ---- R ---------------------------------------------------------------------

RActs(life) ==
  LET next == TargetsOf(life.want, life.gone, life.sets, LiveIn(life.pods, life.sets), life.hold)
  IN r' = AllBrought([life EXCEPT !.hold = next.hold], next.may, Order)

WatchSetR ==
  /\ News(r.sets) # <<>>
  /\ LET set == Head(News(r.sets)) IN RActs([r EXCEPT !.sets = With(@, set.template, set)])
  /\ UNCHANGED <<d, mail, flights, answers, left, due, AtApi>>

\* A want, or that the Deployment is gone.
Deliver ==
  /\ mail # <<>> /\ mail' = Tail(mail)
  /\ RActs([r EXCEPT !.want = Head(mail), !.gone = Head(mail) = <<>>])
  /\ UNCHANGED <<d, flights, answers, left, due, AtApi>>

Ended ==
  /\ r.dying # <<>> /\ r' = [r EXCEPT !.dying = <<>>]
  /\ UNCHANGED <<d, mail, flights, answers, left, due, AtApi>>

\* ---- People, and the API Server --------------------------------------------

TemplateOf(act) == CASE act = "to t0" -> "t0" [] act = "to t1" -> "t1" [] act = "to t2" -> "t2"
ScaleOf(act) == CASE act = "scale 1" -> 1 [] act = "scale 2" -> 2 [] act = "scale 3" -> 3

Act ==
  /\ acts < Len(Script) /\ acts' = acts + 1
  /\ LET act == Script[acts + 1]
         edits == act \in {"to t0", "to t1", "to t2"}
         after == IF edits THEN ObjectEdited(object, TemplateOf(act)) ELSE ObjectScaled(object, ScaleOf(act))
         scales == ~edits /\ after # object
     IN /\ object' = after
        /\ asked' = IF scales THEN Append(asked, after.replicas) ELSE asked
        /\ external' = IF scales THEN after.generation ELSE external
        /\ due' = IF scales THEN [generation |-> after.generation, values |-> <<after.replicas>>] ELSE due
  /\ UNCHANGED <<d, r, mail, sets, flights, answers, left, overwritten>>

Land == \E write \in DOMAIN flights :
  LET done == ~Conflicts(object, write)
      after == ObjectWritten(object, write)
      unseen == Changes(object, write) /\ write.written.version[1] < external
  IN /\ flights' = Minus(flights, write)
     /\ object' = IF done THEN after ELSE object
     /\ overwritten' = IF done /\ unseen THEN Append(overwritten, object.replicas) ELSE overwritten
     /\ answers' = Plus(answers, IF done THEN <<after>> ELSE <<>>)
     /\ UNCHANGED <<d, r, mail, sets, acts, left, asked, external, due>>

\* The stock Deployment controller: the new one up, then the old ones to 0; one write each.
Matching == {i \in DOMAIN sets : sets[i].template = object.rest}
Numbers == {sets[i].number : i \in DOMAIN sets}
Full(set) == [set EXCEPT !.replicas = object.replicas, !.desired = object.replicas, !.written = object.written]
Olds == {i \in DOMAIN sets : sets[i].template # object.rest /\ sets[i].replicas > 0}
\* The one that changed is the last.
Changed(i, set) ==
  SelectSeq(sets, LAMBDA one : one.template # sets[i].template) \o <<[set EXCEPT !.rv = @ + 1]>>

Made ==
  Full([template |-> object.rest, rv |-> 1, number |-> 1 + CHOOSE n \in Numbers : \A m \in Numbers : m <= n,
        replicas |-> 0, desired |-> 0, written |-> <<>>])
Lags == \E i \in Matching : Full(sets[i]) # sets[i]
\* The first in their order.
FirstOld == CHOOSE i \in Olds : \A j \in Olds : i <= j
HasToWrite == Matching = {} \/ Lags \/ Olds # {}
Controller ==
  /\ HasToWrite
  /\ sets' = IF Matching = {} THEN Append(sets, Made)
             ELSE IF Lags THEN LET i == CHOOSE i \in Matching : TRUE IN Changed(i, Full(sets[i]))
             ELSE Changed(FirstOld, [sets[FirstOld] EXCEPT !.replicas = 0])
  /\ UNCHANGED <<d, r, mail, object, flights, answers, acts, left, asked, external, overwritten, due>>

Next ==
  \/ WatchObject \/ WatchSetD \/ WatchSetR \/ Answer \/ Ask
  \/ Deliver \/ Ended \/ Act \/ Land \/ Controller

Spec == Init /\ [][Next]_vars

\* All is still but for people.
AtRest ==
  /\ mail = <<>> /\ flights = <<>> /\ answers = <<>> /\ r.dying = <<>> /\ ~HasToWrite
  /\ d.told = (IF Seen THEN object.rv ELSE 0)
  /\ News(d.sets) = <<>> /\ News(r.sets) = <<>>

\* Weak fairness of what happens of itself: of the steps that spend nothing.
FairSpec == Spec /\ ([]<>AtRest \/ []<><<left' = left /\ acts' = acts>>_vars)

\* ---- Properties (protocol 10) ----------------------------------------------

ScaleNotLost == overwritten = <<>>

StaleStep == r'.want # <<>> /\ IsStale(r, r', r'.want[1], r'.sets)
NoStaleDirect == [][~StaleStep]_vars

\* The highest want stands, everywhere, and it is what was asked for last; nothing of ours, once it is not managed any more.
Converged ==
  /\ object.replicas = due.values[Len(due.values)]
  /\ ~(Leaves(object) /\ object.written # <<>>)
  /\ d.sent = r.want
  /\ IF r.want = <<>> THEN r.pods = <<>>
     ELSE r.want[1].value = object.replicas /\ Cardinality(DOMAIN r.pods) = object.replicas
Converges == <>[]Converged
TombstonesCollected == <>[](r.dying = <<>>)
\* The same where all is still: found without looking at all that may follow.
ConvergesAtRest == AtRest => Converged
TombstonesCollectedAtRest == AtRest => r.dying = <<>>
=============================================================================
