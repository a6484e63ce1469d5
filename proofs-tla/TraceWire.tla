------------------------------ MODULE TraceWire ------------------------------
(***************************************************************************)
(* The rule: what arrives on a connection is what its other end sent, in   *)
(* order, nothing left out before the last that arrived (protocol 3).      *)
(* Invalidations that only say how Pods are, and their acknowledgements,   *)
(* may have been gathered on the way; a `Hello` may arrive twice.          *)
(* What arrives last of all may be missing: the connection broke.          *)
(***************************************************************************)
EXTENDS TraceRecords, Network

MayWait(message) ==
  \/ message.kind = "Invalidated"
  \/ message.kind = "Invalidate" /\ message.adopted = <<>> /\ message.lost = <<>> /\ message.wants = <<>>

\* Of each Pod and each ReplicaSet the newest.
Gathered(first, second) ==
  IF first.kind = "Invalidated" THEN second
  ELSE [second EXCEPT !.changed = LastRecords(first.changed \o @), !.counts = LastRecords(first.counts \o @)]

\* What the queue may be after `message` arrived: nobody knows how much was gathered in it, if less says the same.
RECURSIVE TakenFrom(_, _)
TakenFrom(queue, message) ==
  (IF queue # <<>> /\ Head(queue) = message THEN {Tail(queue)} ELSE {})
  \cup (IF Len(queue) > 1 /\ MayWait(queue[1]) /\ MayWait(queue[2])
        THEN TakenFrom(<<Gathered(queue[1], queue[2])>> \o Tail(Tail(queue)), message) ELSE {})

\* What may be under way, each way.
WireBorn == [down |-> {<<>>}, up |-> {<<>>}, hello |-> <<>>]

WireJudged(wire, line) ==
  IF line.sent
  THEN [life |-> [wire EXCEPT ![line.to] = {Append(queue, line.message) : queue \in @},
                              !.hello = IF line.message.kind = "Hello" THEN <<line.message>> ELSE @],
        faults |-> {}]
  ELSE LET rest == UNION {TakenFrom(queue, line.message) : queue \in wire[line.to]}
           again == line.message.kind = "Hello" /\ wire.hello = <<line.message>>
       IN IF rest = {} /\ again THEN [life |-> wire, faults |-> {}]
          ELSE [life |-> [wire EXCEPT ![line.to] = rest],
                faults |-> Unless(rest # {}, "it receives what its peer did not send, or out of order")]
==============================================================================
