------------------------------ MODULE Deletion ------------------------------
(***************************************************************************)
(* The rule (protocol 8, Deletion): of a Deployment that is deleted no     *)
(* want comes any more, and R obeys none.  A ReplicaSet that goes with it  *)
(* is left to garbage collection: R makes nothing more of it.  One that    *)
(* stays (orphaned) R follows by its own replicas, until another           *)
(* Deployment adopts it.  Another one made under the same name is another  *)
(* one: what was asked of the first is not asked of it.                    *)
(*                                                                         *)
(* D with A in the same life, R with all below it folded in, the stock     *)
(* Deployment controller, garbage collection, and people.  One action is   *)
(* one event given to one of them.  It is the explorer's world of          *)
(* `spec/worlds/deletion.ts`, state for state and step for step.           *)
(***************************************************************************)
EXTENDS DecidingEnd, FollowingEnd

CONSTANTS
  Act1, Act2, Act3,   \* what people do, in this order: "scale N", "background", "foreground", "orphan", "make T", or "nothing"
  Made,               \* replicas of the one that is made
  Asks                \* how often A is asked for more

VARIABLES
  d,         \* life of D: [entries: uid -> what it knows, sets, told: uid -> version seen, minted]
  r,         \* life of R: [wants: uid -> want, gone: uids, holds: group -> hold, sets, minted, pods, dying]
  mail,      \* what is on its way from D to R: [of, wants]
  objects,   \* the Deployments that stand, by uid: "d", then "e"
  sets,      \* ReplicaSets, in the order in which they changed last; of: its Deployment, or ""; going: is being deleted
  flights,   \* bag of requests under way: [of, write]
  answers,   \* bag of answers on their way to D: [of, after, refusal]
  acts, left,
  collected, \* Pods that R ended, and that are gone
  asked, external, overwritten, due    \* by uid

vars == <<d, r, mail, objects, sets, flights, answers, acts, left, collected, asked, external, overwritten, due>>
AtApi == <<objects, sets, acts, collected, asked, external, overwritten>>

Plus(bag, item) ==
  [one \in DOMAIN bag \cup {item} |->
     (IF one \in DOMAIN bag THEN bag[one] ELSE 0) + (IF one = item THEN 1 ELSE 0)]
Minus(bag, item) ==
  IF bag[item] > 1 THEN [bag EXCEPT ![item] = @ - 1]
  ELSE [one \in DOMAIN bag \ {item} |-> bag[one]]
With(function, key, value) ==
  [one \in DOMAIN function \cup {key} |-> IF one = key THEN value ELSE function[one]]
But(function, key) == [one \in DOMAIN function \ {key} |-> function[one]]
Only(function, keys) == [one \in DOMAIN function \cap keys |-> function[one]]

Script == SelectSeq(<<Act1, Act2, Act3>>, LAMBDA act : act # "nothing")
Cascades == {"background", "foreground", "orphan"}
Makes == {"make t1", "make t2"}
Uids == {"d", "e"}

\* ---- The start: the ReplicaSet at rest -------------------------------------

FirstVersion == <<1, 0, 0>>
FirstWritten ==
  <<[of |-> "d", value |-> 1, version |-> FirstVersion, generation |-> 2, owner |-> <<"">>, rest |-> "t1"]>>
FirstObject ==
  [uid |-> "d", rv |-> 2, generation |-> 2, replicas |-> 1, owner |-> "", rest |-> "t1", written |-> FirstWritten,
   going |-> FALSE]
FirstSet ==
  [template |-> "t1", rv |-> 2, number |-> 1, replicas |-> 1, desired |-> 1, written |-> FirstWritten,
   of |-> "d", going |-> FALSE]
FirstWant == [version |-> FirstVersion, value |-> 1, set |-> "t1", mode |-> "direct"]

Init ==
  /\ objects = With(<<>>, "d", FirstObject)
  /\ sets = <<FirstSet>>
  /\ d = [entries |-> With(<<>>, "d", [Unseen EXCEPT !.object = <<FirstObject>>, !.base = <<BaseOf(FirstObject)>>,
                                         !.want = <<[version |-> FirstVersion, value |-> 1]>>,
                                         !.sent = <<FirstWant>>]),
          minted |-> 0, sets |-> With(<<>>, "t1", FirstSet), told |-> With(<<>>, "d", 2)]
  /\ r = [wants |-> With(<<>>, "d", FirstWant), gone |-> {},
          holds |-> With(<<>>, "d", [held |-> TRUE, obeyed |-> With(<<>>, "t1", 1)]),
          sets |-> With(<<>>, "t1", FirstSet), minted |-> 1, pods |-> <<"t1">>, dying |-> <<>>]
  /\ mail = <<>> /\ flights = <<>> /\ answers = <<>> /\ acts = 0 /\ left = Asks /\ collected = {}
  /\ asked = With(<<>>, "d", <<1>>) /\ external = <<>> /\ overwritten = <<>>
  /\ due = With(<<>>, "d", [generation |-> 1, values |-> <<1>>])

\* ---- D ---------------------------------------------------------------------

\* One that is being deleted is none to decide for; here it is never beside another.
OfDeployment(seen, uid) == Only(seen, {one \in DOMAIN seen : seen[one].of = uid /\ ~seen[one].going})

\* The end of a step: what each Deployment comes to.
RECURSIVE DSteps(_, _, _, _)
DSteps(begun, uids, post, asking) ==
  IF uids = <<>> THEN d' = begun /\ mail' = post /\ flights' = asking
  ELSE LET uid == Head(uids)
           turned == Turned(begun.entries[uid], OfDeployment(begun.sets, uid))
       IN IF uid \notin DOMAIN begun.entries THEN DSteps(begun, Tail(uids), post, asking)
          ELSE DSteps([begun EXCEPT !.entries[uid] = turned.entry], Tail(uids),
                      IF turned.wants = <<>> THEN post ELSE Append(post, [of |-> uid, wants |-> turned.wants]),
                      IF turned.writes = <<>> THEN asking
                      ELSE Plus(asking, [of |-> uid, write |-> turned.writes[1]]))
DEnds(begun) == DSteps(begun, <<"d", "e">>, mail, flights)

EntryOf(uid) == IF uid \in DOMAIN d.entries THEN d.entries[uid] ELSE Unseen
Forgets(uid, told) ==
  /\ d' = [d EXCEPT !.told = told, !.entries = But(@, uid)]
  /\ mail' = IF Is("gone-untold") THEN mail ELSE Append(mail, [of |-> uid, wants |-> <<>>])
  /\ UNCHANGED flights

Stands(uid) == uid \in DOMAIN objects
\* Under one name one vanishes before the next is seen.
Vanished == {uid \in DOMAIN d.told : ~Stands(uid)}
WatchObject == \E uid \in Uids :
  /\ IF Stands(uid) THEN Vanished = {} /\ (IF uid \in DOMAIN d.told THEN d.told[uid] # objects[uid].rv ELSE TRUE)
     ELSE uid \in Vanished
  /\ IF ~Stands(uid) THEN Forgets(uid, But(d.told, uid))
     ELSE LET told == With(d.told, uid, objects[uid].rv)
              entry == EntryOf(uid)
              seen == Observed(entry, objects[uid], Judge(entry.base, objects[uid]))
          IN IF objects[uid].going THEN Forgets(uid, told)
             ELSE DEnds([d EXCEPT !.told = told, !.entries = With(@, uid, seen)])
  /\ UNCHANGED <<r, answers, left, due, AtApi>>

\* ReplicaSets are told of in the order in which they changed; those that are gone, at any time.
Templates == {sets[i].template : i \in DOMAIN sets}
IsNews(seen, set) == IF set.template \in DOMAIN seen THEN seen[set.template] # set ELSE TRUE
News(seen) == SelectSeq(sets, LAMBDA set : IsNews(seen, set))
Missing(seen) == DOMAIN seen \ Templates

WatchSetD ==
  /\ \/ News(d.sets) # <<>> /\ LET set == Head(News(d.sets)) IN DEnds([d EXCEPT !.sets = With(@, set.template, set)])
     \/ \E one \in Missing(d.sets) : DEnds([d EXCEPT !.sets = But(@, one)])
  /\ UNCHANGED <<r, answers, left, due, AtApi>>

Answer == \E answer \in DOMAIN answers :
  /\ answers' = Minus(answers, answer)
  /\ DEnds(IF answer.of \notin DOMAIN d.entries THEN d
           ELSE [d EXCEPT !.entries[answer.of] = Heard(@, answer.after)])
  /\ UNCHANGED <<r, left, due, AtApi>>

Ask == \E uid \in DOMAIN d.entries :
  LET entry == d.entries[uid]
      after == Asked(entry, d.minted + 1, 2)
      isDue == /\ uid \in DOMAIN due /\ after.want # entry.want
               /\ after.want[1].version[1] >= due[uid].generation
  IN /\ left > 0 /\ left' = left - 1
     /\ entry.want # <<>> /\ entry.want[1].value # 2
     /\ DEnds([d EXCEPT !.minted = @ + 1, !.entries[uid] = after])
     /\ due' = IF isDue THEN [due EXCEPT ![uid].values = Append(@, 2)] ELSE due
     /\ UNCHANGED <<r, answers, AtApi>>

\* ---- R ---------------------------------------------------------------------

\* Those of one Deployment decide together; one that has none, alone.
GroupOf(set) == IF set.of = "" THEN set.template ELSE set.of
MembersOf(life, group) == {one \in DOMAIN life.sets : GroupOf(life.sets[one]) = group}

\* A copy of *written* that names another Deployment is of the one that had the set before.
OwnCopy(set) == IF set.written # <<>> /\ set.written[1].of # set.of THEN [set EXCEPT !.written = <<>>] ELSE set

RActsIn(life, group) ==
  LET members == MembersOf(life, group)
      all == [one \in members |-> OwnCopy(life.sets[one])]
      alive == Only(all, {one \in DOMAIN all : ~all[one].going \/ Is("want-recreate-deleted")})
      isOwned == group \in Uids
      hold == IF group \in DOMAIN life.holds THEN life.holds[group] ELSE NoHold
      want == IF group \in DOMAIN life.wants THEN <<life.wants[group]>> ELSE <<>>
      live == LiveIn(life.pods, alive)
      \* Without a Deployment, each at its own replicas.
      free == [may |-> IF Is("orphans-frozen") THEN <<>> ELSE Followed(alive, live, NoLimit, NoLimit), hold |-> hold]
      gone == [free EXCEPT !.hold = [held |-> FALSE, obeyed |-> <<>>]]
      next == IF ~isOwned THEN free
              ELSE IF group \in life.gone THEN gone ELSE TargetsOf(want, FALSE, alive, live, hold)
  IN IF DOMAIN all = {} THEN [life EXCEPT !.holds = But(@, group)]
     ELSE AllBrought([life EXCEPT !.holds = With(@, group, next.hold)], next.may, Order)

RECURSIVE RActed(_, _, _)
RActed(life, groups, order) ==
  IF order = <<>> THEN life
  ELSE RActed(IF Head(order) \in groups THEN RActsIn(life, Head(order)) ELSE life, groups, Tail(order))
RActs(life, groups) == r' = RActed(life, groups, <<"d", "e", "t1", "t2">>)

GroupAt(life, one) == IF one \in DOMAIN life.sets THEN {GroupOf(life.sets[one])} ELSE {}
\* With the last set of a Deployment R forgets that it is gone.
RSees(one, seen) ==
  LET empty == {group \in GroupAt(r, one) : MembersOf([sets |-> seen], group) = {}}
  IN RActs([r EXCEPT !.sets = seen, !.gone = @ \ empty], GroupAt(r, one) \cup GroupAt([sets |-> seen], one))
WatchSetR ==
  /\ \/ News(r.sets) # <<>> /\ LET set == Head(News(r.sets)) IN RSees(set.template, With(r.sets, set.template, set))
     \/ \E one \in Missing(r.sets) : RSees(one, But(r.sets, one))
  /\ UNCHANGED <<d, mail, flights, answers, left, due, AtApi>>

\* A want, or that the Deployment is gone.
Deliver ==
  /\ mail # <<>> /\ mail' = Tail(mail)
  /\ LET of == Head(mail).of
         wants == Head(mail).wants
     IN IF wants # <<>>
        THEN RActs([r EXCEPT !.wants = With(@, of, wants[1]), !.gone = @ \ {of}], {of})
        ELSE RActs([r EXCEPT !.wants = But(@, of), !.gone = @ \cup {of}], {of})
  /\ UNCHANGED <<d, flights, answers, left, due, AtApi>>

Ended ==
  /\ r.dying # <<>> /\ r' = [r EXCEPT !.dying = <<>>]
  /\ collected' = collected \cup DOMAIN r.dying
  /\ UNCHANGED <<d, mail, objects, sets, flights, answers, acts, left, asked, external, overwritten, due>>

\* Garbage collection ends the Pods of one that R knows to be deleted, or gone.
Collectable ==
  {r.pods[number] : number \in {one \in DOMAIN r.pods :
     IF r.pods[one] \in DOMAIN r.sets THEN r.sets[r.pods[one]].going ELSE TRUE}}
PodsCollected == \E one \in Collectable :
  /\ RActs([r EXCEPT !.pods = Only(@, DOMAIN @ \ PodsOf(@, one))], GroupAt(r, one))
  /\ UNCHANGED <<d, mail, flights, answers, left, due, AtApi>>

\* ---- People, and the API Server --------------------------------------------

ScaleOf(act) == CASE act = "scale 1" -> 1 [] act = "scale 2" -> 2 [] act = "scale 3" -> 3
TemplateBy(act) == IF act = "make t1" THEN "t1" ELSE "t2"
Anew(act) ==
  [uid |-> "e", rv |-> 1, generation |-> 1, replicas |-> Made, owner |-> "", rest |-> TemplateBy(act), written |-> <<>>,
   going |-> FALSE]

Scales(value) ==
  LET after == ObjectScaled(objects.d, value)
      scales == Stands("d") /\ after # objects.d
  IN /\ objects' = IF scales THEN [objects EXCEPT !.d = after] ELSE objects
     /\ asked' = IF scales THEN [asked EXCEPT !.d = Append(@, value)] ELSE asked
     /\ external' = IF scales THEN With(external, "d", after.generation) ELSE external
     /\ due' = IF scales THEN With(due, "d", [generation |-> after.generation, values |-> <<value>>]) ELSE due
Deletes(cascade) ==
  /\ objects' = IF ~Stands("d") THEN objects
                ELSE IF cascade = "background" THEN But(objects, "d")
                ELSE [objects EXCEPT !.d.rv = @ + 1, !.d.generation = @ + 1, !.d.going = TRUE]
  /\ due' = But(due, "d")
  /\ UNCHANGED <<asked, external>>
MakesAnew(act) ==
  /\ objects = <<>>
  /\ objects' = With(<<>>, "e", Anew(act))
  /\ asked' = With(asked, "e", <<Made>>)
  /\ due' = With(due, "e", [generation |-> 1, values |-> <<Made>>])
  /\ UNCHANGED external
Act ==
  /\ acts < Len(Script) /\ acts' = acts + 1
  /\ LET act == Script[acts + 1]
     IN IF act \in Cascades THEN Deletes(act) ELSE IF act \in Makes THEN MakesAnew(act) ELSE Scales(ScaleOf(act))
  /\ UNCHANGED <<d, r, mail, sets, flights, answers, left, collected, overwritten>>

Land == \E flight \in DOMAIN flights :
  LET of == flight.of
      write == flight.write
      done == Stands(of) /\ ~Conflicts(objects[of], write)
      after == ObjectWritten(objects[of], write)
      last == IF of \in DOMAIN external THEN external[of] ELSE 0
      before == IF of \in DOMAIN overwritten THEN overwritten[of] ELSE <<>>
  IN /\ flights' = Minus(flights, flight)
     /\ objects' = IF done THEN [objects EXCEPT ![of] = after] ELSE objects
     /\ overwritten' = IF done /\ Changes(objects[of], write) /\ write.written.version[1] < last
                       THEN With(overwritten, of, Append(before, objects[of].replicas)) ELSE overwritten
     /\ answers' = Plus(answers, [of |-> of, after |-> IF done THEN <<after>> ELSE <<>>,
                                  refusal |-> IF done THEN "" ELSE IF Stands(of) THEN "conflict" ELSE "notFound"])
     /\ UNCHANGED <<d, r, mail, sets, acts, left, collected, asked, external, due>>

\* The one that changed is the last.
Without(one) == SelectSeq(sets, LAMBDA set : set.template # one)
Changed(set) == Without(set.template) \o <<[set EXCEPT !.rv = @ + 1]>>

\* ---- Garbage collection of a Deployment ------------------------------------

Deletions == SelectSeq(SubSeq(Script, 1, acts), LAMBDA act : act \in Cascades)
Cascade == Deletions[Len(Deletions)]
HasPods(one) == PodsOf(r.pods, one) \cup PodsOf(r.dying, one) # {}
Collection(set) ==
  IF Deletions = <<>> THEN "none"
  ELSE IF set.going THEN (IF HasPods(set.template) THEN "none" ELSE "remove")
  ELSE IF set.of = "" THEN "none"
  ELSE IF ~Stands(set.of) THEN "remove"
  ELSE IF ~objects[set.of].going THEN "none" ELSE Cascade
CollectSet == \E i \in DOMAIN sets :
  LET set == sets[i]
      what == Collection(set)
  IN /\ what # "none"
     /\ sets' = CASE what = "remove" -> Without(set.template)
                  [] what = "orphan" -> Changed([set EXCEPT !.of = ""])
                  [] what = "foreground" -> Changed([set EXCEPT !.going = TRUE])
     /\ UNCHANGED <<d, r, mail, objects, flights, answers, acts, left, collected, asked, external, overwritten, due>>
Abandoned == {uid \in DOMAIN objects : objects[uid].going /\ \A i \in DOMAIN sets : sets[i].of # uid}
CollectDeployment == \E uid \in Abandoned :
  /\ objects' = But(objects, uid)
  /\ UNCHANGED <<d, r, mail, sets, flights, answers, acts, left, collected, asked, external, overwritten, due>>

\* ---- The stock Deployment controller ---------------------------------------

\* It adopts what has no Deployment; then the new one up, then the old ones to 0; one write each.
Mine(uid) == SelectSeq(sets, LAMBDA set : set.of \in {uid, ""})
Numbers(mine) == {0} \cup {mine[i].number : i \in DOMAIN mine}
Full(object, set) == [set EXCEPT !.replicas = object.replicas, !.desired = object.replicas, !.written = object.written]
NewSet(object, mine) ==
  Full(object, [template |-> object.rest, rv |-> 1, replicas |-> 0, desired |-> 0, written |-> <<>>,
                number |-> 1 + CHOOSE n \in Numbers(mine) : \A m \in Numbers(mine) : m <= n,
                of |-> object.uid, going |-> FALSE])
ControlOf(uid) ==
  LET object == objects[uid]
      mine == Mine(uid)
      orphans == SelectSeq(mine, LAMBDA set : set.of = "")
      matching == SelectSeq(mine, LAMBDA set : set.template = object.rest)
      olds == SelectSeq(mine, LAMBDA set : set.template # object.rest /\ set.replicas > 0)
  IN IF ~Stands(uid) \/ object.going THEN sets
     ELSE IF orphans # <<>> THEN Changed([orphans[1] EXCEPT !.of = uid])
     ELSE IF matching = <<>> THEN Append(Without(object.rest), NewSet(object, mine))
     ELSE IF Full(object, matching[1]) # matching[1] THEN Changed(Full(object, matching[1]))
     ELSE IF olds # <<>> THEN Changed([olds[1] EXCEPT !.replicas = 0]) ELSE sets
HasToWrite == \E uid \in DOMAIN objects : ControlOf(uid) # sets
Controller == \E uid \in DOMAIN objects :
  /\ ControlOf(uid) # sets /\ sets' = ControlOf(uid)
  /\ UNCHANGED <<d, r, mail, objects, flights, answers, acts, left, collected, asked, external, overwritten, due>>

Next ==
  \/ WatchObject \/ WatchSetD \/ WatchSetR \/ Answer \/ Ask \/ Deliver \/ Ended \/ PodsCollected
  \/ Act \/ Land \/ CollectSet \/ CollectDeployment \/ Controller

Spec == Init /\ [][Next]_vars

\* All is still but for people.
AtRest ==
  /\ mail = <<>> /\ flights = <<>> /\ answers = <<>> /\ r.dying = <<>> /\ Collectable = {} /\ ~HasToWrite
  /\ Abandoned = {} /\ \A i \in DOMAIN sets : Collection(sets[i]) = "none"
  /\ d.told = [uid \in DOMAIN objects |-> objects[uid].rv]
  /\ \A seen \in {d.sets, r.sets} : News(seen) = <<>> /\ Missing(seen) = {}

\* Weak fairness of what happens of itself: of the steps that spend nothing.
FairSpec == Spec /\ ([]<>AtRest \/ []<><<left' = left /\ acts' = acts>>_vars)

\* ---- Properties (protocol 10) ----------------------------------------------

ScaleNotLost == \A uid \in DOMAIN overwritten : overwritten[uid] = <<>>

NoStaleDirect ==
  [][\A uid \in DOMAIN r'.wants :
       LET seen == Only(r'.sets, {one \in DOMAIN r'.sets : r'.sets[one].of = uid /\ ~r'.sets[one].going})
       IN ~IsStale(r, r', r'.wants[uid], seen)]_vars

NoneForDeleted == [][\A one \in DOMAIN r'.sets : r'.sets[one].going => MadeOf(r, r', one) = {}]_vars

\* The highest want of each stands, everywhere, and it is what was asked for last; of one that is gone there is none. Pods are as
\* many as are wanted, and as the ReplicaSets without a Deployment say.
Told == [uid \in {one \in DOMAIN d.entries : d.entries[one].sent # <<>>} |-> d.entries[uid].sent[1]]
RECURSIVE Sum(_, _)
Sum(numbers, keys) ==
  IF keys = {} THEN 0 ELSE LET one == CHOOSE one \in keys : TRUE IN numbers[one] + Sum(numbers, keys \ {one})
Converged ==
  /\ \A uid \in DOMAIN Told \cup DOMAIN r.wants :
       /\ Stands(uid)
       /\ \A held \in {Told, r.wants} : uid \in DOMAIN held => held[uid].value = objects[uid].replicas
       /\ uid \in DOMAIN Told /\ uid \in DOMAIN r.wants => Told[uid].version = r.wants[uid].version
  /\ \A uid \in DOMAIN due : Stands(uid) => objects[uid].replicas = due[uid].values[Len(due[uid].values)]
  /\ LET free == {i \in DOMAIN sets : sets[i].of = "" /\ ~sets[i].going}
         known == DOMAIN Told \cup DOMAIN r.wants
         wanted == [uid \in known |-> IF uid \in DOMAIN r.wants THEN r.wants[uid].value ELSE Told[uid].value]
     IN Cardinality(DOMAIN r.pods) = Sum(wanted, known) + Sum([i \in free |-> sets[i].replicas], free)
Converges == <>[]Converged
TombstonesCollected == <>[](r.dying = <<>>)
\* The same where all is still: found without looking at all that may follow.
ConvergesAtRest == AtRest => Converged
TombstonesCollectedAtRest == AtRest => r.dying = <<>>
=============================================================================
