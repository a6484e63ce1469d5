----------------------------- MODULE DecidingEnd -----------------------------
(***************************************************************************)
(* The rule (protocol 8): D holds the highest want of a Deployment, tells  *)
(* R of it with the ReplicaSet and the mode that it decided, whenever one  *)
(* of these changes, and writes it to the object.                          *)
(*                                                                         *)
(* One Deployment of one life of D cut down to that, as pure steps:        *)
(* `impl/explorer/stubs/decider.ts`.                                       *)
(*                                                                         *)
(*   entry  [object, base, want, sent, writing, lost]: what D knows of it  *)
(*   sets   its ReplicaSets, as D has seen them (`Targets`)                *)
(***************************************************************************)
EXTENDS Targets, ReplicasField

Unseen == [object |-> <<>>, base |-> <<>>, want |-> <<>>, sent |-> <<>>, writing |-> FALSE, lost |-> 0]

Adopted(entry, want) ==
  IF entry.want # <<>> /\ ~IsLower(entry.want[1].version, want.version) THEN entry
  ELSE [entry EXCEPT !.want = <<want>>]

Observed(entry, seen, verdict) ==
  LET next == [entry EXCEPT !.object = <<seen>>, !.base = <<BaseOf(seen)>>]
      written == WrittenOf(seen)
  IN IF entry.object # <<>> /\ ~IsFresher(seen, entry.object[1]) THEN entry
     ELSE IF verdict = "external"
     THEN Adopted(next, [version |-> <<seen.generation, 0, 0>>, value |-> seen.replicas])
     ELSE IF written = <<>> THEN next
     ELSE Adopted(next, [version |-> written[1].version, value |-> written[1].value])

\* The answer to a request; without an object, it was refused.
Heard(entry, answer) ==
  LET heard == [entry EXCEPT !.writing = FALSE]
  IN IF answer = <<>> THEN heard ELSE Observed([heard EXCEPT !.lost = 0], answer[1], "own")

\* The rest of the spec of an object: its template, and whether it is paused.
IsPaused(object) == object.rest \in {"t0, paused", "t1, paused", "t2, paused"}
TemplateOf(object) ==
  CASE object.rest \in {"t0", "t0, paused"} -> "t0"
    [] object.rest \in {"t1", "t1, paused"} -> "t1"
    [] object.rest \in {"t2", "t2, paused"} -> "t2"

Stamped(entry, sets) ==
  LET decided == Decided(TemplateOf(entry.object[1]), sets)
  IN [version |-> entry.want[1].version, value |-> entry.want[1].value, set |-> decided.set,
      mode |-> decided.mode]

\* It has lost its label, and D has yet to let it go; A, in the same life, asks for no more.
Leaves(seen) == ~IsManaged(TemplateOf(seen))

\* The end of a step: R is told what changed, then the object is written.
Turned(entry, sets) ==
  LET knows == entry.object # <<>> /\ entry.want # <<>>
      news == knows /\ entry.sent # <<Stamped(entry, sets)>>
      told == IF news THEN [entry EXCEPT !.sent = <<Stamped(entry, sets)>>] ELSE entry
      in == [object |-> told.object[1], want |-> told.want[1], last |-> Leaves(told.object[1])]
      writes == knows /\ ~told.writing /\ told.object[1].rv # told.lost /\ IsUnwritten(in)
  IN [entry |-> IF writes THEN [told EXCEPT !.writing = TRUE, !.lost = told.object[1].rv] ELSE told,
      wants |-> IF news THEN told.sent ELSE <<>>,
      writes |-> IF writes THEN <<WriteOf(in)>> ELSE <<>>]

\* A is asked for more: above all that it knows, on the same base; the first of a life bears 1.
Asked(entry, number, value) ==
  Adopted(entry, [version |-> <<entry.want[1].version[1], 1, number>>, value |-> value])
=============================================================================
