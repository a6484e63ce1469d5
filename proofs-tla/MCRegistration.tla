--------------------------- MODULE MCRegistration ---------------------------
(***************************************************************************)
(* `Registration` as it is checked: budgets and mutants come from the      *)
(* configuration, which is generated from a world of                       *)
(* `spec/worlds/registration.ts` (`MCRegistration-<world>.cfg`).           *)
(***************************************************************************)
EXTENDS Registration
=============================================================================
