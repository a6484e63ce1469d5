---------------------------- MODULE ClusterManager ----------------------------
(***************************************************************************)
(* The rule (protocol 10): a cluster manager with one source of truth.     *)
(* There is one table of Pods.  A Pod is in it once; it waits, then a node *)
(* takes it, then it ends there; one that is over never comes back.  No    *)
(* Pod is made while as many of its ReplicaSet as were ever asked for are  *)
(* there and not leaving.  One leaves because fewer were asked for,        *)
(* because a Pod of higher priority waits, or because its node was given   *)
(* up; the manager may think better of it until the node ends it.  A node  *)
(* ends what leaves and what people deleted, and nothing else; an agent    *)
(* that began anew also what nobody was shown.  Nothing runs that is not   *)
(* in the table.  At the API Server only a Pod of the table appears; one   *)
(* that is being deleted stays so, and goes when nothing of it runs any    *)
(* more.                                                                   *)
(*                                                                         *)
(* It has no links, no caches, no leaders and no messages.  `Chain`        *)
(* refines it: what users see is what such a manager could have shown.     *)
(* The same mapping and the same steps are the property `Refines` of       *)
(* `spec/properties/refinement.ts`.                                        *)
(***************************************************************************)
EXTENDS Naturals, FiniteSets

VARIABLES
  asked,     \* ReplicaSet -> replicas ever asked for
  table,     \* uid -> [set, rank, node, phase: "waiting", "placed" or "terminating"]: the one source of truth
  leaving,   \* uids whose end is decided
  lost,      \* nodes that were given up, and have not answered
  renewed,   \* nodes whose agent has begun anew
  over,      \* uids that are over
  running,   \* uids of which containers are there
  objects    \* uid -> "live" or "deleting": what the API Server shows

manager == <<asked, table, leaving, lost, renewed, over, running, objects>>

Order(phase) == CASE phase = "waiting" -> 0 [] phase = "placed" -> 1 [] phase = "terminating" -> 2
LivePods(of) == {uid \in DOMAIN of : of[uid].phase # "terminating"}
Least(numbers) == CHOOSE n \in numbers : \A other \in numbers : n <= other
Most(numbers) == CHOOSE n \in numbers : \A other \in numbers : n >= other

\* Any state that such a manager can be in.
Sound ==
  /\ over \cap DOMAIN table = {}
  /\ running \subseteq DOMAIN table
  /\ \A uid \in DOMAIN table : (table[uid].phase = "waiting") = (table[uid].node = "none")

\* Those of a ReplicaSet that are to stay, after the step.
Staying(set) == {uid \in LivePods(table') \ leaving' : table'[uid].set = set}
Enough(set) == Cardinality(Staying(set)) >= Least(asked[set])
Outranked(uid) ==
  \E other \in DOMAIN table \cup DOMAIN table' :
    LET row == IF other \in DOMAIN table THEN table[other] ELSE table'[other]
    IN row.phase = "waiting" /\ row.rank > table[uid].rank

\* Why one that was to stay is not any more.
MayLeave(uid) ==
  Enough(table[uid].set) \/ Outranked(uid) \/ table[uid].node \in lost'
\* Why a node ends one.
MayEnd(uid) ==
  \/ uid \in leaving \/ MayLeave(uid)
  \/ uid \in DOMAIN objects /\ objects[uid] = "deleting"
  \/ uid \notin DOMAIN objects /\ table[uid].node \in renewed

PodsMove ==
  /\ over \subseteq over' /\ over' \cap DOMAIN table' = {}
  /\ over' \ over \subseteq DOMAIN table
  \* One that no node had taken may be lost, and be made again under another uid.
  /\ \A uid \in DOMAIN table \ (DOMAIN table' \cup over') : table[uid].phase = "waiting"
  /\ \A uid \in DOMAIN table \cap DOMAIN table' :
       /\ Order(table[uid].phase) <= Order(table'[uid].phase)
       /\ table[uid].node \in {"none", table'[uid].node}
  /\ \A uid \in DOMAIN table' \ DOMAIN table :
       Cardinality(Staying(table'[uid].set)) <= Most(asked[table'[uid].set])
  /\ \A uid \in LivePods(table) :
       CASE uid \in LivePods(table') -> uid \notin leaving' \ leaving \/ MayLeave(uid)
         [] uid \in DOMAIN table' \cup over' -> table[uid].phase = "waiting" \/ MayEnd(uid)
         [] OTHER -> TRUE

ContainersMove ==
  /\ running' \subseteq DOMAIN table'

ObjectsMove ==
  /\ DOMAIN objects' \ DOMAIN objects \subseteq DOMAIN table
  /\ \A uid \in DOMAIN objects \ DOMAIN objects' : objects[uid] = "deleting" /\ uid \notin running
  /\ \A uid \in DOMAIN objects \cap DOMAIN objects' : objects[uid] = "deleting" => objects'[uid] = "deleting"
  /\ \A set \in DOMAIN asked :
       Cardinality({uid \in Staying(set) \cap DOMAIN objects' : objects'[uid] = "live"}) <= Most(asked[set])

\* People ask for another number; or the manager works.
Ask ==
  /\ asked' # asked /\ \A set \in DOMAIN asked : asked[set] \subseteq asked'[set]
  /\ UNCHANGED <<table, leaving, lost, renewed, over, running, objects>>
Work == asked' = asked /\ PodsMove /\ ContainersMove /\ ObjectsMove

Manage == Ask \/ Work
=============================================================================
