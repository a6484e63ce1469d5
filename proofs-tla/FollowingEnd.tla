---------------------------- MODULE FollowingEnd ----------------------------
(***************************************************************************)
(* The rule (protocol 8): R makes and ends the Pods of each ReplicaSet, as *)
(* many as it may (`Targets`): the youngest end first.                     *)
(*                                                                         *)
(* One life of R cut down to that, with all below it folded in, as pure    *)
(* steps: `impl/explorer/stubs/follower.ts`.                               *)
(*                                                                         *)
(*   life   [minted, pods, dying, …]; pods, dying: number of a Pod -> the  *)
(*          template of its ReplicaSet                                     *)
(***************************************************************************)
EXTENDS Targets

PodsOf(pods, template) == {number \in DOMAIN pods : pods[number] = template}
LiveIn(pods, sets) == [one \in DOMAIN sets |-> Cardinality(PodsOf(pods, one))]

\* The youngest of some.
Youngest(numbers, count) == {one \in numbers : Cardinality({other \in numbers : other > one}) < count}

RECURSIVE Mint(_, _, _)
Mint(life, template, count) ==
  LET number == life.minted + 1
      pods == [one \in DOMAIN life.pods \cup {number} |-> IF one = number THEN template ELSE life.pods[one]]
  IN IF count = 0 THEN life
     ELSE Mint([life EXCEPT !.minted = number, !.pods = pods], template, count - 1)
Brought(life, template, may) ==
  LET victims == Youngest(PodsOf(life.pods, template), may.end)
      ended == [life EXCEPT !.pods = [one \in DOMAIN @ \ victims |-> @[one]],
                            !.dying = [one \in DOMAIN @ \cup victims |->
                                         IF one \in victims THEN template ELSE @[one]]]
  IN Mint(ended, template, may.create)
Order == <<"t0", "t1", "t2">>
RECURSIVE AllBrought(_, _, _)
AllBrought(life, may, order) ==
  IF order = <<>> THEN life
  ELSE AllBrought(IF Head(order) \in DOMAIN may THEN Brought(life, Head(order), may[Head(order)]) ELSE life,
                  may, Tail(order))

\* Of two states of a life: Pods that the step between them made, and ended.
MadeOf(was, is, template) == {number \in PodsOf(is.pods, template) : number > was.minted}
EndedOf(was, is, template) == PodsOf(is.dying, template) \ DOMAIN was.dying

\* Whether the newest is the want's, and all others are at 0: then a direct want may change Pods.
Reached(want, seen) ==
  \A one \in DOMAIN seen :
    IF \A other \in DOMAIN seen : seen[other].number <= seen[one].number
    THEN one = want.set ELSE seen[one].replicas = 0
\* By its own replicas R follows a set: that is no doing of the want's.
IsStale(was, is, want, seen) ==
  /\ want.mode = "direct" /\ ~Reached(want, seen)
  /\ \E one \in DOMAIN seen :
       LET live == Cardinality(PodsOf(is.pods, one))
       IN \/ MadeOf(was, is, one) # {} /\ live > seen[one].replicas
          \/ EndedOf(was, is, one) # {} /\ live < seen[one].replicas
=============================================================================
