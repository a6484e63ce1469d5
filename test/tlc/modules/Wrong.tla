------------------------------ MODULE Wrong ------------------------------
(* For tests of the runner: evaluating it fails. *)
EXTENDS Naturals
VARIABLE x
Init == x = 0
Next == x' = x + "one"
Spec == Init /\ [][Next]_x
===========================================================================
