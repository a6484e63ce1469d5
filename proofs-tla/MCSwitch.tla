------------------------------ MODULE MCSwitch ------------------------------
(***************************************************************************)
(* `Switch` as it is checked: its budgets and its mutants come from the    *)
(* configuration, which is generated from a world of                       *)
(* `spec/worlds/switch.ts` (`MCSwitch-<world>.cfg`).                       *)
(***************************************************************************)
EXTENDS Switch
=============================================================================
