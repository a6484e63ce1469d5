------------------------------- MODULE MCWants -------------------------------
(***************************************************************************)
(* `Wants` as it is checked: its budgets and its mutants come from the     *)
(* configuration, which is generated from a world of                       *)
(* `spec/worlds/versions.ts` (`MCWants-<world>.cfg`).                      *)
(***************************************************************************)
EXTENDS Wants
=============================================================================
