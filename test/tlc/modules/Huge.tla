------------------------------ MODULE Huge ------------------------------
(* For tests of the runner: needs more memory than it is given, or for ever. *)
EXTENDS Naturals
CONSTANT N
VARIABLE x
Init == x = {}
Next == \E one \in SUBSET (1..N) : x' = {one, {more \in SUBSET (1..N) : one \subseteq more}}
Spec == Init /\ [][Next]_x
==========================================================================
