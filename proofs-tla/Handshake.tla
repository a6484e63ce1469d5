------------------------------ MODULE Handshake ------------------------------
(***************************************************************************)
(* The rule (protocol 3, hard invalidation): when a link opens, the        *)
(* upstream's copies become what the downstream holds.  A live record that *)
(* the downstream does not hold is lost, a tombstone that it does not hold *)
(* is confirmed, and a record that only the downstream holds is adopted.   *)
(* A tombstone is never made live again, whatever the downstream says: it  *)
(* keeps its own version until the downstream has the mark too.            *)
(*                                                                         *)
(* This is `machines/ownership/handshake.ts`.                              *)
(*                                                                         *)
(*   uid      <<kind, incarnation, counter>>, kind "r" minted, "a" found;  *)
(*            one adopted says how often (`TailPod`)                       *)
(*   version  <<end, incarnation, counter>> of the end that changed it     *)
(*   record   [uid, node, phase, ready, version]                           *)
(***************************************************************************)
EXTENDS Rules, Naturals, Sequences, FiniteSets

\* An earlier version by the same life of the same owner.
Older(a, b) == a[1] = b[1] /\ a[2] = b[2] /\ a[3] < b[3]

Marked(record) == record.phase = "terminating"

\* The record after the downstream said `theirs` of it.
Merge(mine, theirs) ==
  IF Older(theirs.version, mine.version) THEN mine
  ELSE IF Marked(mine) /\ ~Marked(theirs) /\ ~Is("unmark-tombstone")
       THEN [mine EXCEPT !.node = theirs.node, !.ready = theirs.ready]
       ELSE [mine EXCEPT !.node = theirs.node, !.phase = theirs.phase,
                         !.ready = theirs.ready, !.version = theirs.version]

Range(sequence) == {sequence[i] : i \in DOMAIN sequence}
UidsOf(sequence) == {sequence[i].uid : i \in DOMAIN sequence}
RecordOf(sequence, uid) == CHOOSE record \in Range(sequence) : record.uid = uid

\* What to ask for: records of other versions, and those not held at all.
Wanted(records, held) ==
  LET Other(one) == one.uid \notin DOMAIN records \/ records[one.uid].version # one.version
      chosen == SelectSeq(held, Other)
  IN [i \in DOMAIN chosen |-> chosen[i].uid]

\* Tombstones held here that the downstream holds too, live or not.
KnownTombstones(records, held) ==
  LET Tombstone(one) == one.uid \in DOMAIN records /\ Marked(records[one.uid])
      chosen == SelectSeq(held, Tombstone)
  IN [i \in DOMAIN chosen |-> chosen[i].uid]

\* The table, over what is held at the moment the `State` arrives.  What was
\* offered and is not in the `State` is kept: a change of it is on its way.
Applied(records, held, sent) ==
  LET told == UidsOf(sent)
      still == UidsOf(held)
      kept == {uid \in DOMAIN records : uid \in told \/ uid \in still}
  IN [uid \in kept \cup told |->
        IF uid \notin DOMAIN records THEN RecordOf(sent, uid)
        ELSE IF uid \in told THEN Merge(records[uid], RecordOf(sent, uid))
        ELSE records[uid]]

\* Records as functions from uids.
Put(records, record) ==
  [uid \in DOMAIN records \cup {record.uid} |->
     IF uid = record.uid THEN record ELSE records[uid]]
Without(records, uids) == [uid \in DOMAIN records \ uids |-> records[uid]]

\* The order of lists of uids in messages.
RECURSIVE BeforeAt(_, _, _)
BeforeAt(a, b, at) == IF a[at] # b[at] THEN a[at] < b[at] ELSE BeforeAt(a, b, at + 1)
\* What S published unbound ("u") stands among what K published.
Kind(uid) == IF uid[1] = "u" THEN "r" ELSE uid[1]
Before(a, b) == IF Kind(a) # Kind(b) THEN Kind(a) = "a" \/ Kind(b) = "s" ELSE BeforeAt(a, b, 2)
RECURSIVE Sorted(_)
Sorted(uids) ==
  IF uids = {} THEN <<>>
  ELSE LET first == CHOOSE one \in uids : \A other \in uids \ {one} : Before(one, other)
       IN <<first>> \o Sorted(uids \ {first})
==============================================================================
