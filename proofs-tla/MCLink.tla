------------------------------- MODULE MCLink -------------------------------
(***************************************************************************)
(* `Link` as it is checked: its budgets and its mutants come from the      *)
(* configuration, which is generated from a world of `spec/worlds/ends.ts` *)
(* (`MCLink-<world>.cfg`).                                                 *)
(***************************************************************************)
EXTENDS Link
=============================================================================
