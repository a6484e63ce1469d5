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

\* Several in one: of each Pod and each ReplicaSet the newest, in the order of the last that was said of them.
RECURSIVE Joined(_, _, _)
Joined(messages, Items(_), from) ==
  IF from > Len(messages) THEN <<>> ELSE Items(messages[from]) \o Joined(messages, Items, from + 1)
Gathers(messages, message) ==
  LET last == messages[Len(messages)]
      Changed(one) == one.changed
      Counts(one) == one.counts
  IN /\ \A i \in DOMAIN messages : MayWait(messages[i]) /\ messages[i].kind = last.kind
     /\ IF last.kind = "Invalidated" THEN message = last
        ELSE message = [last EXCEPT !.changed = LastRecords(Joined(messages, Changed, 1)),
                                    !.counts = LastRecords(Joined(messages, Counts, 1))]

\* Lines whose messages are under way, each way. The trace does not tell of how many an arrival was gathered: `of` is
\* what would do, and is judged like all else.
WireBorn == [down |-> <<>>, up |-> <<>>, hello |-> 0]

WireJudged(lines, at, wire) ==
  LET line == lines[at]
      queue == wire[line.to]
      Under(i) == lines[queue[i]].message
      arrives == /\ Len(queue) >= line.of
                 /\ IF line.of = 1 THEN Under(1) = line.message
                    ELSE Gathers([i \in 1..line.of |-> Under(i)], line.message)
      again == line.message.kind = "Hello" /\ wire.hello # 0 /\ lines[wire.hello].message = line.message
  IN IF line.sent
     THEN [life |-> [wire EXCEPT ![line.to] = Append(@, at), !.hello = IF line.message.kind = "Hello" THEN at ELSE @],
           faults |-> {}]
     ELSE IF arrives
     THEN [life |-> [wire EXCEPT ![line.to] = SubSeq(@, line.of + 1, Len(@))], faults |-> {}]
     ELSE [life |-> wire,
           faults |-> Unless(again, "it receives what its peer did not send, or out of order")]
==============================================================================
