-------------------------------- MODULE Rooms --------------------------------
(***************************************************************************)
(* The rule (protocol 7): a Pod takes as much room as its ReplicaSet asks  *)
(* for it, from the moment that a stage holds it until it is truly gone;   *)
(* tombstones and Pods that are not ours take room too.                    *)
(*                                                                         *)
(* The ReplicaSets of a world: `rs-t1` is of the lowest priority, and its  *)
(* Pods take one each.                                                     *)
(*                                                                         *)
(*   record   [uid, node, phase, ready, version, set]                      *)
(*   status   a record without its ReplicaSet: what invalidations carry    *)
(***************************************************************************)
EXTENDS TailPod

CONSTANTS
  Capacity,                \* what a node has room for
  Strangers,               \* what an unmanaged Pod takes of the first node
  SetCount,                \* ReplicaSets
  SizeE, SizeF,            \* what a Pod of the others takes
  PriorityE, PriorityF

Sets == SubSeq(<<"rs-t1", "rs-e", "rs-f">>, 1, SetCount)
Size(set) == CASE set = "rs-t1" -> 1 [] set = "rs-e" -> SizeE [] set = "rs-f" -> SizeF
Priority(set) == CASE set = "rs-t1" -> 0 [] set = "rs-e" -> PriorityE [] set = "rs-f" -> PriorityF

\* What these records take.
RECURSIVE RoomOf(_, _)
RoomOf(records, uids) ==
  IF uids = {} THEN 0
  ELSE LET uid == CHOOSE uid \in uids : TRUE
       IN Size(records[uid].set) + RoomOf(records, uids \ {uid})
RoomOfAll(records) == RoomOf(records, DOMAIN records)
ByStrangers(node) == IF node = "n1" THEN Strangers ELSE 0

StatusOf(record) ==
  [uid |-> record.uid, node |-> record.node, phase |-> record.phase, ready |-> record.ready,
   version |-> record.version]
StatusesOf(records) == [i \in DOMAIN records |-> StatusOf(records[i])]
=============================================================================
