----------------------------- MODULE MCDeletion -----------------------------
(***************************************************************************)
(* `Deletion` as it is checked: its budgets and its mutants come from the  *)
(* configuration, which is generated from a world of                       *)
(* `spec/worlds/deletion.ts` (`MCDeletion-<world>.cfg`).                   *)
(***************************************************************************)
EXTENDS Deletion
=============================================================================
