------------------------------ MODULE MCRollout ------------------------------
(***************************************************************************)
(* `Rollout` as it is checked: its budgets and its mutants come from the   *)
(* configuration, which is generated from a world of                       *)
(* `spec/worlds/rollout.ts` (`MCRollout-<world>.cfg`).                     *)
(***************************************************************************)
EXTENDS Rollout
=============================================================================
