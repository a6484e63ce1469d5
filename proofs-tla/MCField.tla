------------------------------- MODULE MCField -------------------------------
(***************************************************************************)
(* `Field` as it is checked: its budgets and its mutants come from the     *)
(* configuration, which is generated from a world of                       *)
(* `spec/worlds/field.ts` (`MCField-<world>.cfg`).                         *)
(***************************************************************************)
EXTENDS Field
=============================================================================
