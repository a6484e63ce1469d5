--------------------------- MODULE MCCancellation ---------------------------
(***************************************************************************)
(* `Cancellation` as it is checked: its budgets and its mutants come from  *)
(* the configuration, which is generated from a world of                   *)
(* `spec/worlds/cancellation.ts` (`MCCancellation-<world>.cfg`).           *)
(***************************************************************************)
EXTENDS Cancellation
=============================================================================
