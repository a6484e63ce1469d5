------------------------------ MODULE MCChain ------------------------------
(***************************************************************************)
(* `Chain` as it is checked: its sizes, budgets and mutants come from the  *)
(* configuration, which is generated from a world of                       *)
(* `spec/worlds/exact.ts` (`MCChain-<world>.cfg`).                         *)
(***************************************************************************)
EXTENDS Chain
=============================================================================
