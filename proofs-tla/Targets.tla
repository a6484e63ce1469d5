------------------------------- MODULE Targets -------------------------------
(***************************************************************************)
(* The rule (protocol 8): D alone decides which ReplicaSet a want is for,  *)
(* and in which mode R obeys it.  Direct, if the newest ReplicaSet matches *)
(* the template, is where it is meant to be, and every other one, an       *)
(* unmanaged one too, has 0; else R follows the replicas of each.  R       *)
(* checks it again by what it has seen itself.  From its last act under a  *)
(* direct want until the newest ReplicaSet shows the want, R follows       *)
(* within limits: it ends only what is more than wanted, and, until every  *)
(* one that asks for Pods was told of it, creates only what is fewer.      *)
(*                                                                         *)
(* Pure: `machines/ownership/wants/mode.ts`, `targets.ts`, `follow.ts`.    *)
(*                                                                         *)
(*   set    [template, rv, number, replicas, desired, written]: one        *)
(*          ReplicaSet of the Deployment; of "t0" it is unmanaged          *)
(*   sets   template -> set, as it was seen                                *)
(*   want   [version, value, set, mode]; no set: ""                        *)
(*   live   template -> Pods that stand                                    *)
(*   hold   [held, obeyed: template -> replicas]                           *)
(***************************************************************************)
EXTENDS Rules, Naturals, Sequences, FiniteSets

IsManaged(template) == template # "t0"
ManagedOf(sets) == {template \in DOMAIN sets : IsManaged(template)}
Looked(sets) == IF Is("want-unmanaged-unseen") THEN ManagedOf(sets) ELSE DOMAIN sets

\* What one bears as desired that was made by hand, and then adopted.
Untold == 0 - 1
IsUntold(set) == set.desired = Untold

\* The newest of some; "" if there is none.
NewestOf(sets, among) ==
  IF among = {} THEN ""
  ELSE CHOOSE one \in among : \A other \in among : sets[other].number <= sets[one].number
OthersAtZero(sets, among, newest) == \A other \in among \ {newest} : sets[other].replicas = 0

\* ---- D ---------------------------------------------------------------------

Decided(template, sets) ==
  LET newest == NewestOf(sets, Looked(sets))
      settled == sets[newest].replicas = sets[newest].desired \/ sets[newest].replicas = 0
  IN IF newest = "" \/ ~IsManaged(newest) THEN [set |-> "", mode |-> "follow"]
     ELSE [set |-> newest,
           mode |-> IF newest = template /\ settled /\ OthersAtZero(sets, Looked(sets), newest)
                    THEN "direct" ELSE "follow"]

\* ---- R ---------------------------------------------------------------------

ObeysDirect(want, sets) ==
  LET newest == NewestOf(sets, Looked(sets))
  IN /\ want.mode = "direct" /\ newest # ""
     /\ Is("want-direct-unmatched")
        \/ (newest = want.set /\ OthersAtZero(sets, Looked(sets), newest))

Less(a, b) == IF a > b THEN a - b ELSE 0
Least(a, b) == IF a < b THEN a ELSE b
RECURSIVE SumOf(_, _)
SumOf(numbers, among) ==
  IF among = {} THEN 0
  ELSE LET one == CHOOSE one \in among : TRUE IN numbers[one] + SumOf(numbers, among \ {one})

\* No more than there are Pods in any world.
NoLimit == 100
NoHold == [held |-> TRUE, obeyed |-> <<>>]

\* What of a limit is left for one, those before it in the order served: newest first, or oldest first.
Before(sets, among, one, newestFirst) ==
  {other \in among : IF newestFirst THEN sets[other].number > sets[one].number
                     ELSE sets[other].number < sets[one].number}
Share(sets, among, need, limit, one, newestFirst) ==
  Least(need[one], Less(limit, SumOf(need, Before(sets, among, one, newestFirst))))

\* Each at its own replicas, within limits for all: template -> [create, end].
Followed(sets, live, create, end) ==
  LET among == ManagedOf(sets)
      lacks == [one \in among |-> Less(sets[one].replicas, live[one])]
      excess == [one \in among |-> Less(live[one], sets[one].replicas)]
  IN [one \in among |-> [create |-> Share(sets, among, lacks, create, one, TRUE),
                         end |-> Share(sets, among, excess, end, one, FALSE)]]

IsShown(want, sets) ==
  LET newest == NewestOf(sets, ManagedOf(sets))
  IN /\ newest # "" /\ sets[newest].written # <<>>
     /\ sets[newest].written[1].version = want.version
     /\ \/ sets[newest].desired = want.value
        \/ sets[newest].replicas = 0 /\ want.value = 0

\* Every one that asks for Pods was told of the want, but for one that bears no such number: nobody tells it.
IsTold(want, sets) ==
  \A one \in ManagedOf(sets) :
    \/ sets[one].replicas = 0
    \/ sets[one].desired = want.value
    \/ IsUntold(sets[one]) /\ ~Is("want-untold-set-awaited")

\* What R may do, and what it keeps in mind: [may: template -> [create, end], hold].
TargetsOf(want, gone, sets, live, hold) ==
  LET among == ManagedOf(sets)
      still == [one \in among |-> [create |-> 0, end |-> 0]]
      specs == [one \in among |-> sets[one].replicas]
      direct == ObeysDirect(want[1], sets)
      newest == NewestOf(sets, among)
      meant == [one \in among |-> IF one = newest THEN want[1].value ELSE 0]
      shown == IsShown(want[1], sets)
      told == shown /\ (IsTold(want[1], sets) \/ Is("want-old-set-obeyed"))
      held == (direct \/ hold.held) /\ ~Is("want-no-hold")
      holds == held /\ ~(shown /\ \A one \in among : live[one] = specs[one])
      total == SumOf(live, among)
  IN IF gone
     THEN [may |-> Followed(sets, live, NoLimit, NoLimit), hold |-> [held |-> FALSE, obeyed |-> <<>>]]
     ELSE IF want = <<>> THEN [may |-> still, hold |-> hold]
     ELSE IF direct
     THEN [may |-> [one \in among |-> [create |-> Less(meant[one], live[one]), end |-> Less(live[one], meant[one])]],
           hold |-> [held |-> held, obeyed |-> meant]]
     ELSE [may |-> Followed(sets, live, IF holds /\ ~told THEN Less(want[1].value, total) ELSE NoLimit,
                            IF holds THEN Less(total, want[1].value) ELSE NoLimit),
           hold |-> [held |-> holds, obeyed |-> specs]]
=============================================================================
