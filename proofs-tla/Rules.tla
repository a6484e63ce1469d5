-------------------------------- MODULE Rules --------------------------------
(***************************************************************************)
(* The rule about rules: each can be switched off by its name, to show     *)
(* that something breaks without it (`spec/mutants.ts`).                   *)
(***************************************************************************)
CONSTANT Mutants    \* names of the rules that are switched off

Is(mutant) == mutant \in Mutants
=============================================================================
