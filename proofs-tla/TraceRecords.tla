----------------------------- MODULE TraceRecords -----------------------------
(***************************************************************************)
(* What the judges of recorded ends share (`TraceUpper`, `TraceLower`): a  *)
(* line of a trace as they read it, and faults, which are sentences.       *)
(*                                                                         *)
(* A line of an end:                                                       *)
(*   event   what it was given: `connected`, `broken`, `received`,         *)
(*           `answered` (a read of a Lease), or `other`                    *)
(*   sends, hangups, dials, reads, over    what its step asked for         *)
(*   put, drop   records changed and removed by the step                   *)
(*   state, n, fence, hello, seen          its session after the step      *)
(***************************************************************************)
EXTENDS LowerEnd, TLC

\* A sentence for each thing that does not hold.
Unless(holds, fault) == IF holds THEN {} ELSE {<<fault>>}

\* Records after the line.
AfterLine(records, line) ==
  LET put == UidsOf(line.put)
      kept == DOMAIN records \ Range(line.drop)
  IN TLCEval([uid \in kept \cup put |-> IF uid \in put THEN RecordOf(line.put, uid) ELSE records[uid]])

Of(sends, kinds) == SelectSeq(sends, LAMBDA message : message.kind \in kinds)
UnionOver(messages, Items(_)) == UNION {Items(messages[i]) : i \in DOMAIN messages}

OrderOf(phase) ==
  CASE phase = "created" -> 0 [] phase = "bound" -> 1 [] phase = "accepted" -> 2
    [] phase = "running" -> 3 [] phase = "terminating" -> 4

\* Whether some record goes back (PhaseMonotonic, and a tombstone is never un-marked).
NeverBack(before, after) ==
  \A uid \in DOMAIN before \cap DOMAIN after :
    OrderOf(before[uid].phase) <= OrderOf(after[uid].phase)

\* No read of a Lease is modelled here: the trace says what was answered.
NoLeases == [up |-> 0, down |-> 0]
TokensOf(life) == {read.token : read \in DOMAIN life.reads}
ReadOf(life, token) == CHOOSE read \in DOMAIN life.reads : read.token = token

\* The order of a list of uids does not matter to the judges, and sorting takes long.
RECURSIVE Listed(_)
Listed(uids) ==
  IF uids = {} THEN <<>> ELSE LET one == CHOOSE uid \in uids : TRUE IN <<one>> \o Listed(uids \ {one})

SameOffer(a, b) == a.session = b.session /\ Range(a.held) = Range(b.held) /\ Len(a.held) = Len(b.held)
SameMessage(a, b) ==
  /\ a.kind = b.kind
  /\ CASE a.kind = "Offer" -> SameOffer(a, b)
       [] a.kind = "Fetch" -> /\ a.session = b.session
                              /\ Range(a.uids) = Range(b.uids)
                              /\ Range(a.tombstones) = Range(b.tombstones)
       [] a.kind = "Rejected" -> a.session = b.session /\ a.fence = b.fence /\ a.reason = b.reason
       [] OTHER -> a.session = b.session
SameMessages(some, others) ==
  Len(some) = Len(others) /\ \A i \in DOMAIN some : SameMessage(some[i], others[i])

\* What a result of the spec sends, hangs up.
Sends(out) ==
  LET sent == SelectSeq(out, LAMBDA effect : effect.type = "send")
  IN [i \in DOMAIN sent |-> sent[i].message]
Hangups(out) ==
  LET hung == SelectSeq(out, LAMBDA effect : effect.type = "disconnect")
  IN [i \in DOMAIN hung |-> hung[i].session]
Over(out) == SelectSeq(out, LAMBDA effect : effect.type \in {"restart", "stop"})
==============================================================================
