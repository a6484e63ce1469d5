---------------------------- MODULE ClusterManager ----------------------------
(***************************************************************************)
(* The rule (protocol 10): a cluster manager with one source of truth.     *)
(* There is one table of Pods.  A Pod is in it once, on one node; its life *)
(* goes forward only; one that is over never comes back.  No more live     *)
(* Pods are made than were ever asked for, and none is ended for a count   *)
(* below the least asked for, unless people deleted it.  Nothing runs that *)
(* is not in the table.  At the API Server only a Pod of the table         *)
(* appears; one that is being deleted stays so, and goes when nothing of   *)
(* it runs any more.                                                       *)
(*                                                                         *)
(* It has no links, no caches, no leaders and no messages.  `Chain`        *)
(* refines it while no K crashes and no node is given up: what users see   *)
(* is what such a manager could have shown.  The same mapping and the same *)
(* steps are the property `Refines` of `spec/properties/refinement.ts`.    *)
(***************************************************************************)
EXTENDS Naturals, FiniteSets

VARIABLES
  asked,     \* replicas ever asked for
  table,     \* uid -> [node, phase]: the one source of truth
  over,      \* uids that are over
  running,   \* uids of which containers are there
  objects    \* uid -> "live" or "deleting": what the API Server shows

manager == <<asked, table, over, running, objects>>

Order(phase) ==
  CASE phase = "created" -> 0 [] phase = "bound" -> 1 [] phase = "accepted" -> 2
    [] phase = "running" -> 3 [] phase = "terminating" -> 4
LivePods(of) == {uid \in DOMAIN of : of[uid].phase # "terminating"}
LiveObjects(of) == {uid \in DOMAIN of : of[uid] = "live"}
Least(numbers) == CHOOSE n \in numbers : \A other \in numbers : n <= other
Most(numbers) == CHOOSE n \in numbers : \A other \in numbers : n >= other

Start ==
  /\ over = {} /\ Cardinality(asked) = 1
  /\ Cardinality(LivePods(table)) = Most(asked)
  /\ \A uid \in DOMAIN table : table[uid].phase = "running"
  /\ running = DOMAIN table
  /\ DOMAIN objects = DOMAIN table /\ LiveObjects(objects) = DOMAIN objects

\* Pods that this step ends.
Ending == {uid \in LivePods(table) : uid \in over' \/ (uid \in DOMAIN table' /\ uid \notin LivePods(table'))}

PodsMove ==
  /\ over \subseteq over' /\ over' \cap DOMAIN table' = {}
  /\ over' \ over \subseteq DOMAIN table
  \* One that no node had accepted may be lost, and be made again under another uid.
  /\ \A uid \in DOMAIN table \ (DOMAIN table' \cup over') : table[uid].phase \in {"created", "bound", "terminating"}
  /\ \A uid \in DOMAIN table \cap DOMAIN table' :
       /\ Order(table[uid].phase) <= Order(table'[uid].phase)
       /\ table[uid].node \in {"none", table'[uid].node}
  /\ DOMAIN table' \subseteq DOMAIN table \/ Cardinality(LivePods(table')) <= Most(asked)
  /\ \/ \A uid \in Ending : uid \in DOMAIN objects /\ objects[uid] = "deleting"
     \/ Cardinality(LivePods(table')) >= Least(asked)

ContainersMove ==
  /\ running' \subseteq DOMAIN table'

ObjectsMove ==
  /\ DOMAIN objects' \ DOMAIN objects \subseteq DOMAIN table
  /\ \A uid \in DOMAIN objects \ DOMAIN objects' : objects[uid] = "deleting" /\ uid \notin running
  /\ \A uid \in DOMAIN objects \cap DOMAIN objects' : objects[uid] = "deleting" => objects'[uid] = "deleting"
  /\ Cardinality(LiveObjects(objects')) <= Most(asked)

\* People ask for another number; or the manager works.
Ask == asked \subseteq asked' /\ UNCHANGED <<table, over, running, objects>>
Work == asked' = asked /\ PodsMove /\ ContainersMove /\ ObjectsMove

Manage == Ask \/ Work
=============================================================================
