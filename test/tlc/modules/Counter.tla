------------------------------ MODULE Counter ------------------------------
(* For tests of the runner: counts to N and back, with values of every kind. *)
EXTENDS Naturals, Sequences, TLC
CONSTANTS N, Mutants
VARIABLES x, seen
Init == x = 0 /\ seen = [set |-> {}, list |-> <<"a", TRUE>>, map |-> (1 :> "z" @@ 3 :> "q")]
Up(i) == x + i <= N /\ x' = x + i /\ UNCHANGED seen
Back == x = N /\ x' = 1 /\ seen' = [seen EXCEPT !.set = @ \cup {x}]
Stay == x = 1 /\ UNCHANGED <<x, seen>>
Next == (\E i \in 1..2 : Up(i)) \/ Back \/ Stay
Spec == Init /\ [][Next]_<<x, seen>> /\ WF_<<x, seen>>(Back)
InRange == x < N \/ "tight" \notin Mutants
NeverBack == [][x' >= x]_x
Arrives == <>(x = N)
=============================================================================
