------------------------------- MODULE Rollout -------------------------------
(***************************************************************************)
(* The rule (protocol 8 and 9): a Deployment is handed over by a rollout,  *)
(* from an unmanaged ReplicaSet to a managed one or back, as from one      *)
(* managed ReplicaSet to the next.  While it lasts, no direct want makes   *)
(* or ends a Pod in a ReplicaSet that the rollout has left or not yet      *)
(* reached; R follows what the stock Deployment controller writes.         *)
(* Afterwards the highest want stands.  A Deployment that has lost its     *)
(* label is leaving: D writes what was asked for until then, and with it   *)
(* takes its annotation away; then it is gone for D and R.  And where      *)
(* stock waits for Pods, as a rolling update does, R ends none too early,  *)
(* nor while a rollout is paused and scaled.                               *)
(*                                                                         *)
(* D with A in the same life, R with all below it folded in, the stock     *)
(* Deployment controller, and people.  One action is one event given to    *)
(* one of them.  It is the explorer's world of `spec/worlds/rollout.ts`,   *)
(* state for state and step for step.                                      *)
(***************************************************************************)
EXTENDS DecidingEnd, FollowingEnd

CONSTANTS
  First,              \* the template at the start
  ByHand,             \* 1: the first ReplicaSet was made by hand, and bears no number of Pods that are wanted
  Patient,            \* 1: the stock Deployment controller waits for Pods; else it is in a hurry
  Act1, Act2, Act3,   \* what people do, in this order: "to T", "scale N", "pause", "resume", or "nothing"
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
  reached,   \* Pods that R has brought it to under a direct want, where a dip is looked for
  asked, external, overwritten, due

vars == <<d, r, mail, object, sets, flights, answers, acts, left, reached, asked, external, overwritten, due>>

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
   desired |-> IF ByHand = 1 THEN Untold ELSE 1, written |-> FirstWritten]
FirstWant ==
  [version |-> FirstVersion, value |-> 1, set |-> First, mode |-> Decided(First, With(<<>>, First, FirstSet)).mode]

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
               hold |-> [held |-> ~Is("want-no-hold"), obeyed |-> With(<<>>, First, 1)],
               sets |-> With(<<>>, First, FirstSet), minted |-> 1, pods |-> <<First>>, dying |-> <<>>]
         ELSE [want |-> <<>>, gone |-> FALSE, hold |-> NoHold,
               sets |-> With(<<>>, First, FirstSet), minted |-> 0, pods |-> <<>>, dying |-> <<>>]
  /\ mail = <<>> /\ flights = <<>> /\ answers = <<>> /\ acts = 0 /\ left = Asks
  /\ reached = (IF Patient = 1 /\ IsManaged(First) /\ ByHand = 0 THEN 1 ELSE 0)
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
  /\ UNCHANGED <<r, answers, left, reached, due, AtApi>>

\* ReplicaSets are told of in the order in which they changed.
Unknown(seen, set) == set.template \notin DOMAIN seen \/ seen[set.template].rv # set.rv
News(seen) == SelectSeq(sets, LAMBDA set : Unknown(seen, set))

WatchSetD ==
  /\ News(d.sets) # <<>>
  /\ LET set == Head(News(d.sets)) IN DSteps([d EXCEPT !.sets = With(@, set.template, set)])
  /\ UNCHANGED <<r, answers, left, reached, due, AtApi>>

Answer == \E answer \in DOMAIN answers :
  /\ answers' = Minus(answers, answer)
  /\ IF d.object = <<>> THEN UNCHANGED <<d, mail, flights>>
     ELSE DSteps(Heard(d, IF answer # <<>> /\ Leaves(answer[1]) /\ answer[1].written = <<>> THEN <<>> ELSE answer))
  /\ UNCHANGED <<r, left, reached, due, AtApi>>

Ask ==
  /\ left > 0 /\ d.want # <<>> /\ d.want[1].value # 2 /\ ~Leaves(d.object[1])
  /\ LET after == Asked([d EXCEPT !.minted = @ + 1], d.minted + 1, 2)
         isLate == after.want = d.want \/ after.want[1].version[1] < due.generation
     IN /\ DSteps(after)
        /\ due' = IF isLate THEN due ELSE [due EXCEPT !.values = Append(@, 2)]
  /\ left' = left - 1
  /\ UNCHANGED <<r, answers, reached, AtApi>>

\* ---- R ---------------------------------------------------------------------

ReachedBy(after) ==
  IF Patient = 1 /\ after.want # <<>> /\ after.want[1].mode = "direct" /\ Reached(after.want[1], after.sets)
     /\ Cardinality(DOMAIN after.pods) = after.want[1].value
  THEN after.want[1].value ELSE reached
RActs(life) ==
  LET next == TargetsOf(life.want, life.gone, life.sets, LiveIn(life.pods, life.sets), life.hold)
      after == AllBrought([life EXCEPT !.hold = next.hold], next.may, Order)
  IN r' = after /\ reached' = ReachedBy(after)

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
  /\ r.dying # <<>> /\ r' = [r EXCEPT !.dying = <<>>] /\ reached' = ReachedBy(r')
  /\ UNCHANGED <<d, mail, flights, answers, left, due, AtApi>>

\* ---- People, and the API Server --------------------------------------------

TemplateBy(act) == CASE act = "to t0" -> "t0" [] act = "to t1" -> "t1" [] act = "to t2" -> "t2"
ScaleOf(act) == CASE act = "scale 1" -> 1 [] act = "scale 2" -> 2 [] act = "scale 3" -> 3

\* While it is paused, the rest of the spec is another.
PausedAs(template) == CASE template = "t0" -> "t0, paused" [] template = "t1" -> "t1, paused" [] template = "t2" -> "t2, paused"
PauseTurned(act) ==
  IF IsPaused(object) = (act = "pause") THEN object
  ELSE ObjectEdited(object, IF act = "pause" THEN PausedAs(object.rest) ELSE TemplateOf(object))
Act ==
  /\ acts < Len(Script) /\ acts' = acts + 1
  /\ LET act == Script[acts + 1]
         edits == act \in {"to t0", "to t1", "to t2"}
         turns == act \in {"pause", "resume"}
         after == IF edits THEN ObjectEdited(object, TemplateBy(act))
                  ELSE IF turns THEN PauseTurned(act) ELSE ObjectScaled(object, ScaleOf(act))
         scales == ~edits /\ ~turns /\ after # object
     IN /\ object' = after
        /\ asked' = IF scales THEN Append(asked, after.replicas) ELSE asked
        /\ external' = IF scales THEN after.generation ELSE external
        /\ due' = IF scales THEN [generation |-> after.generation, values |-> <<after.replicas>>] ELSE due
  /\ UNCHANGED <<d, r, mail, sets, flights, answers, left, reached, overwritten>>

Land == \E write \in DOMAIN flights :
  LET done == ~Conflicts(object, write)
      after == ObjectWritten(object, write)
      unseen == Changes(object, write) /\ write.written.version[1] < external
  IN /\ flights' = Minus(flights, write)
     /\ object' = IF done THEN after ELSE object
     /\ overwritten' = IF done /\ unseen THEN Append(overwritten, object.replicas) ELSE overwritten
     /\ answers' = Plus(answers, IF done THEN <<after>> ELSE <<>>)
     /\ UNCHANGED <<d, r, mail, sets, acts, left, reached, asked, external, due>>

\* ---- The stock Deployment controller ---------------------------------------

Matching == {i \in DOMAIN sets : sets[i].template = TemplateOf(object)}
Newest == CHOOSE i \in Matching : TRUE
Numbers == {sets[i].number : i \in DOMAIN sets}
Active == {i \in DOMAIN sets : sets[i].replicas > 0}
Olds == Active \ Matching
Made(replicas) ==
  [template |-> TemplateOf(object), rv |-> 1, number |-> 1 + CHOOSE n \in Numbers : \A m \in Numbers : m <= n,
   replicas |-> replicas, desired |-> object.replicas, written |-> object.written]

\* Those that are written, in this order, are the last.
RECURSIVE Changed(_, _)
Changed(all, some) ==
  IF some = <<>> THEN all
  ELSE Changed(SelectSeq(all, LAMBDA one : one.template # Head(some).template) \o <<[Head(some) EXCEPT !.rv = @ + 1]>>,
               Tail(some))

\* In a hurry: the new one full, then the old ones to 0, the first in their order; one write each.
Full(set) == [set EXCEPT !.replicas = object.replicas, !.desired = object.replicas, !.written = object.written]
FirstOf(some) == CHOOSE i \in some : \A j \in some : i <= j
Hurried ==
  IF IsPaused(object) THEN sets
  ELSE IF Matching = {} THEN Append(sets, Made(object.replicas))
  ELSE IF Full(sets[Newest]) # sets[Newest] THEN Changed(sets, <<Full(sets[Newest])>>)
  ELSE IF Olds # {} THEN Changed(sets, <<[sets[FirstOf(Olds)] EXCEPT !.replicas = 0]>>) ELSE sets

\* A rolling update, with maxSurge and maxUnavailable of a quarter: one more, and none missing, of at most four.
Surge(replicas) == (replicas + 3) \div 4
\* Those of an unmanaged one stand as soon as they are asked for.
Available(i) ==
  IF IsManaged(sets[i].template) THEN Cardinality(PodsOf(r.pods, sets[i].template)) ELSE sets[i].replicas
SizeOf(i) == sets[i].replicas
Total(number(_), some) == SumOf([i \in some |-> number(i)], some)
NewSize(current) ==
  LET all == Total(SizeOf, DOMAIN sets)
  IN current + Least(Less(object.replicas + Surge(object.replicas), all), Less(object.replicas, current))
Sized(i, replicas) ==
  IF replicas = sets[i].replicas THEN <<>>
  ELSE <<[sets[i] EXCEPT !.replicas = replicas, !.desired = object.replicas]>>

\* Older by number; among those of one size the newer first where there is more to come, else the older.
Oldest(some) == CHOOSE i \in some : \A j \in some : sets[i].number <= sets[j].number
Lowered ==
  LET missing == Less(sets[Newest].replicas, Available(Newest))
      most == Less(Total(SizeOf, DOMAIN sets), object.replicas + missing)
      idle == {i \in Olds : sets[i].replicas > Available(i)}
      spare == Less(Total(Available, DOMAIN sets), object.replicas)
  IN IF most = 0 THEN <<>>
     ELSE IF idle # {}
     THEN Sized(Oldest(idle), sets[Oldest(idle)].replicas
                              - Least(most, sets[Oldest(idle)].replicas - Available(Oldest(idle))))
     ELSE IF spare = 0 \/ Olds = {} THEN <<>>
     ELSE Sized(Oldest(Olds), sets[Oldest(Olds)].replicas - Least(spare, sets[Oldest(Olds)].replicas))

\* All of them in one act, each at its share of what there is to add or to take; what is left falls to the first.
Ranked(first, grows) ==
  \A j \in Active :
    \/ sets[first].replicas > sets[j].replicas
    \/ sets[first].replicas = sets[j].replicas
       /\ (IF grows THEN sets[first].number >= sets[j].number ELSE sets[first].number <= sets[j].number)
\* Stock's own arithmetic takes one that bears no number for one of 0.
DesiredOf(i) == IF IsUntold(sets[i]) THEN 0 ELSE sets[i].desired
Rounded(a, b) == (2 * a + b) \div (2 * b)
InProportion ==
  LET all == Total(SizeOf, Active)
      goal == object.replicas + Surge(object.replicas)
      grows == goal > all
      change == IF grows THEN goal - all ELSE all - goal
      first == CHOOSE i \in Active : Ranked(i, grows)
      second == CHOOSE i \in Active : i # first
      \* Two are active, at most.
      PartOf(i) ==
        LET before == DesiredOf(i) + Surge(DesiredOf(i))
            size == IF before = 0 THEN sets[i].replicas ELSE Rounded(sets[i].replicas * goal, before)
        IN IF grows THEN Less(size, sets[i].replicas) ELSE Less(sets[i].replicas, size)
      one == Least(PartOf(first), change)
      two == Least(PartOf(second), change - one)
      rest == change - one - two
      To(i, by) == [sets[i] EXCEPT !.replicas = IF grows THEN @ + by ELSE Less(@, by), !.desired = object.replicas]
      news == <<To(first, one + rest), To(second, two)>>
  IN IF news[1] = sets[first] /\ news[2] = sets[second] THEN <<>> ELSE news

Scaled ==
  LET latest == IF Matching # {} THEN Newest ELSE CHOOSE i \in DOMAIN sets : \A j \in DOMAIN sets : sets[j].number <= sets[i].number
      isFull == /\ Matching # {}
                /\ sets[Newest].replicas = object.replicas /\ sets[Newest].desired = object.replicas
                /\ Available(Newest) = object.replicas
  IN IF Cardinality(Active) <= 1
     THEN Sized(IF Active = {} THEN latest ELSE CHOOSE i \in Active : TRUE, object.replicas)
     ELSE IF isFull THEN Sized(FirstOf(Olds), 0) ELSE InProportion

Rolled ==
  LET isScaling == \E i \in Active : ~IsUntold(sets[i]) /\ sets[i].desired # object.replicas
      size == IF sets[Newest].replicas > object.replicas THEN object.replicas ELSE NewSize(sets[Newest].replicas)
      raised == Sized(Newest, size)
  IN IF Matching # {} /\ sets[Newest].written # object.written
     THEN Changed(sets, <<[sets[Newest] EXCEPT !.written = object.written]>>)
     ELSE IF IsPaused(object) \/ isScaling THEN Changed(sets, Scaled)
     ELSE IF Matching = {} THEN Append(sets, Made(NewSize(0)))
     ELSE Changed(sets, IF raised # <<>> THEN raised ELSE Lowered)

Controlled == IF Patient = 1 THEN Rolled ELSE Hurried
HasToWrite == Controlled # sets
Controller ==
  /\ HasToWrite /\ sets' = Controlled
  /\ UNCHANGED <<d, r, mail, object, flights, answers, acts, left, reached, asked, external, overwritten, due>>

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

\* In ending some R leaves no fewer than are meant, with those of unmanaged ReplicaSets: the want that it holds, what was asked for after it,
\* what was reached; and of one of which never another number was wanted it ends none.
DipStep ==
  LET values == {asked[i] : i \in DOMAIN asked}
      want == r'.want[1]
      since == IF want.value \in values
               THEN CHOOSE i \in DOMAIN asked : asked[i] = want.value /\ \A j \in 1..(i - 1) : asked[j] # want.value ELSE 1
      meant == {reached', want.value} \cup {asked[i] : i \in since..Len(asked)}
      others == Total(SizeOf, {i \in DOMAIN sets : ~IsManaged(sets[i].template)})
  IN /\ r'.want # <<>> /\ DOMAIN r'.dying \ DOMAIN r.dying # {}
     /\ \/ \A least \in meant : Cardinality(DOMAIN r'.pods) + others < least
        \/ Cardinality(values) = 1 /\ Cardinality(DOMAIN r'.sets) = 1 /\ Len(sets) = 1
NoDipOnModeChange == [][~DipStep]_vars


\* The highest want stands, everywhere, and it is what was asked for last; nothing of ours, once it is not managed any more.
Converged ==
  /\ object.replicas = due.values[Len(due.values)]
  /\ ~(Leaves(object) /\ object.written # <<>>)
  /\ d.sent = r.want
  /\ IF r.want = <<>> THEN r.pods = <<>>
     ELSE /\ r.want[1].value = object.replicas
          \* While it is paused in the middle of a rollout, its ReplicaSets stay as they are.
          /\ Cardinality(DOMAIN r.pods) =
               IF IsPaused(object) THEN Total(SizeOf, {i \in DOMAIN sets : IsManaged(sets[i].template)}) ELSE object.replicas
Converges == <>[]Converged
TombstonesCollected == <>[](r.dying = <<>>)
\* No rollout stands still, but one that is paused.
IsOver == IsPaused(object) \/ Cardinality(Active) <= 1
RolloutsEnd == <>[]IsOver
\* The same where all is still: found without looking at all that may follow.
ConvergesAtRest == AtRest => Converged
RolloutsEndAtRest == AtRest => IsOver
TombstonesCollectedAtRest == AtRest => r.dying = <<>>
=============================================================================
