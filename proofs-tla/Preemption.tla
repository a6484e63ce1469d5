------------------------------ MODULE Preemption ------------------------------
(***************************************************************************)
(* The rule (protocol 7), at S: Pods wait by priority, then age.  One goes *)
(* to the least taken node that has room for it now, and would still have  *)
(* it when the tombstones are gone and those for whom room is kept have    *)
(* come.  If none has, room is made where the lowest priority must go: no  *)
(* more Pods than are needed, of a lower priority, and only if what ends   *)
(* there already does not suffice.  That room is kept for the preemptor;   *)
(* it is assigned when all that ended there, the victims and those before  *)
(* them, are truly gone, not sooner.                                       *)
(*                                                                         *)
(* Pure: what one pass over those who wait decides, from one life of S     *)
(* (`SchedulerStage` carries it out): `machines/scheduler/placement.ts`,   *)
(* `rooms.ts`, `machines/ownership/preemption.ts`.                         *)
(*                                                                         *)
(*   waiting     <<uid, place>> in the order in which they came            *)
(*   preemption  [preemptor, node, room, awaited]; awaited: uids           *)
(*   room        of a node in a pass: [records, used, ending, reserved,    *)
(*               victims]                                                  *)
(*   line        who of one ReplicaSet waits: [set, waiting, nodes]        *)
(***************************************************************************)
EXTENDS KubeletStage

NodeOrder == [node \in {"n1", "n2"} |-> IF node = "n1" THEN 1 ELSE 2]
Ending(records) == {uid \in DOMAIN records : Marked(records[uid])}

RECURSIVE Kept(_, _)
Kept(preemptions, node) ==
  IF preemptions = <<>> THEN 0
  ELSE (IF Head(preemptions).node = node THEN Head(preemptions).room ELSE 0) + Kept(Tail(preemptions), node)

RoomAt(life, node) ==
  LET records == life.nodes[node].records
  IN [records |-> records,
      used |-> RoomOfAll(records) + (IF Is("strangers-take-no-room") THEN 0 ELSE ByStrangers(node)),
      ending |-> RoomOf(records, Ending(records)),
      reserved |-> Kept(life.preemptions, node), victims |-> {}]

HasRoom(room, size) ==
  LET later == room.used - room.ending
      now == IF Is("tombstones-free") THEN later ELSE room.used
      kept == IF Is("no-reservation") THEN 0 ELSE room.reserved
  IN now + size <= Capacity /\ later + kept + size <= Capacity
\* Would it fit if `freed` were freed beside the tombstones?
FitsAfter(room, size, freed) == room.used - room.ending - freed + room.reserved + size <= Capacity

\* ---- Whom a preemption ends -----------------------------------------------------

PriorityOf(records, uid) == Priority(records[uid].set)
Victims(room, set) ==
  {uid \in DOMAIN room.records \ (room.victims \cup Ending(room.records)) :
     PriorityOf(room.records, uid) < Priority(set)}

\* Up to which priority a node must be cleared, counted from 1: 0, tombstones suffice; none, nothing helps.
Prices(room, set) ==
  LET UpTo(priority) == RoomOf(room.records, {uid \in Victims(room, set) : PriorityOf(room.records, uid) <= priority})
  IN IF FitsAfter(room, Size(set), 0) THEN {0}
     ELSE {priority + 1 : priority \in {priority \in {PriorityOf(room.records, uid) : uid \in Victims(room, set)} :
             FitsAfter(room, Size(set), UpTo(priority))}}

\* Of lower priority, then not ready, then younger.
EndsSooner(records, a, b) ==
  LET by(uid) == <<PriorityOf(records, uid), IF records[uid].ready THEN 1 ELSE 0>>
  IN IF by(a)[1] # by(b)[1] THEN by(a)[1] < by(b)[1]
     ELSE IF by(a)[2] # by(b)[2] THEN by(a)[2] < by(b)[2] ELSE Before(b, a)
RECURSIVE InTurn(_, _)
InTurn(records, uids) ==
  IF uids = {} THEN <<>>
  ELSE LET first == CHOOSE one \in uids : \A other \in uids \ {one} : EndsSooner(records, one, other)
       IN <<first>> \o InTurn(records, uids \ {first})

RECURSIVE Enough(_, _, _, _)
Enough(room, size, candidates, chosen) ==
  IF candidates = <<>> \/ FitsAfter(room, size, RoomOf(room.records, Range(chosen))) THEN chosen
  ELSE Enough(room, size, Tail(candidates), Append(chosen, Head(candidates)))
\* The last chosen first: none that is not needed.
RECURSIVE Needed(_, _, _, _)
Needed(room, size, chosen, at) ==
  IF at = 0 THEN chosen
  ELSE LET rest == SubSeq(chosen, 1, at - 1) \o SubSeq(chosen, at + 1, Len(chosen))
       IN Needed(room, size, IF FitsAfter(room, size, RoomOf(room.records, Range(rest))) THEN rest ELSE chosen, at - 1)
VictimsOn(room, set) ==
  LET chosen == Enough(room, Size(set), InTurn(room.records, Victims(room, set)), <<>>)
  IN Needed(room, Size(set), chosen, Len(chosen))

\* ---- One pass -------------------------------------------------------------------

Emptier(rooms, a, b) ==
  LET full(node) == rooms[node].used + rooms[node].reserved
  IN full(a) < full(b) \/ (full(a) = full(b) /\ NodeOrder[a] < NodeOrder[b])
Cheaper(rooms, set, a, b) ==
  LET price(node) == CHOOSE least \in Prices(rooms[node], set) : \A other \in Prices(rooms[node], set) : least <= other
  IN price(a) < price(b) \/ (price(a) = price(b) /\ Emptier(rooms, a, b))

\* Whose turn it is: the highest priority, then the oldest.
Sooner(a, b) ==
  \/ Priority(a.set) > Priority(b.set)
  \/ Priority(a.set) = Priority(b.set) /\ Head(a.waiting)[2] < Head(b.waiting)[2]

RECURSIVE Decide(_, _, _, _)
Decide(lowest, rooms, lines, decisions) ==
  LET i == CHOOSE i \in DOMAIN lines : \A j \in DOMAIN lines \ {i} : Sooner(lines[i], lines[j])
      line == lines[i]
      set == line.set
      uid == Head(line.waiting)[1]
      others == SubSeq(lines, 1, i - 1) \o SubSeq(lines, i + 1, Len(lines))
      rest == IF Len(line.waiting) = 1 THEN others ELSE Append(others, [line EXCEPT !.waiting = Tail(@)])
      fitting == {node \in line.nodes : HasRoom(rooms[node], Size(set))}
      best == CHOOSE node \in fitting : \A other \in fitting \ {node} : Emptier(rooms, node, other)
      helped == {node \in line.nodes : Prices(rooms[node], set) # {}}
      cheapest == CHOOSE node \in helped : \A other \in helped \ {node} : Cheaper(rooms, set, node, other)
      victims == VictimsOn(rooms[cheapest], set)
      under == Ending(rooms[cheapest].records) \cup rooms[cheapest].victims
  IN CASE lines = <<>> -> decisions
       [] lines # <<>> /\ fitting # {} ->
            Decide(lowest, [rooms EXCEPT ![best].used = @ + Size(set)], rest,
                   [decisions EXCEPT !.binds = Append(@, [uid |-> uid, node |-> best])])
       [] lines # <<>> /\ fitting = {} /\ helped # {} /\ \E priority \in lowest : priority < Priority(set) ->
            Decide(lowest,
                   [rooms EXCEPT ![cheapest].reserved = @ + Size(set), ![cheapest].victims = @ \cup Range(victims),
                                 ![cheapest].ending = @ + RoomOf(rooms[cheapest].records, Range(victims))],
                   rest,
                   [decisions EXCEPT !.nominations =
                      Append(@, [preemptor |-> uid, set |-> set, node |-> cheapest, victims |-> victims,
                                 awaited |-> under \cup Range(victims)])])
       [] OTHER -> Decide(lowest, rooms, others, decisions)

\* Priorities of those that have a node and are not ending.
PlacedPriorities(life) ==
  UNION {LET records == life.nodes[node].records
         IN {PriorityOf(records, uid) : uid \in DOMAIN records \ Ending(records)} : node \in DOMAIN life.nodes}
Decisions(life, lines) ==
  Decide(PlacedPriorities(life), [node \in DOMAIN life.nodes |-> RoomAt(life, node)], lines,
         [binds |-> <<>>, nominations |-> <<>>])
=============================================================================
