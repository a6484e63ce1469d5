------------------------------- MODULE Stock -------------------------------
(***************************************************************************)
(* The rule (protocol 9): one object, the owner switch, says who may make  *)
(* and end managed Pods, the stock controllers or our agents; a policy     *)
(* reads it and denies the other side.  To complete a deletion that others *)
(* began is never denied.  Under `stock` its ReplicaSet controller brings  *)
(* each ReplicaSet to its replicas, one Pod at a time: of too many it ends *)
(* first what is not bound, then what is not ready, then the last by name. *)
(* Its scheduler binds what is not bound, where there is room by the       *)
(* objects; whoever owns the Pods.                                         *)
(*                                                                         *)
(* Pure: the policy, and what stock does next, from the objects that       *)
(* stand: `impl/explorer/stock.ts`.                                        *)
(*                                                                         *)
(*   pods     key -> fact; node "none" of one that is not bound            *)
(***************************************************************************)
EXTENDS ReplicaSetStage

SideOf(switch) == IF switch[1] = "stock" THEN "stock" ELSE "ours"
Admits(switch, side) == Is("environment/no-fence") \/ SideOf(switch) = side

Counting(pods, set) == {key \in DOMAIN pods : pods[key].set = set /\ ~pods[key].deleting /\ pods[key].phase # "Failed"}
StockLacks(pods, set, fact) ==
  LET count == Cardinality(Counting(pods, set))
  IN IF fact[3] \/ count = fact[2] THEN "nothing" ELSE IF count < fact[2] THEN "a Pod" ELSE "an end"

Place(set) == CHOOSE i \in DOMAIN Sets : Sets[i] = set
StockKey(pods, set) ==
  LET Free(n) == <<"s", Place(set), n>> \notin DOMAIN pods
  IN <<"s", Place(set), CHOOSE n \in 1..9 : Free(n) /\ \A m \in 1..(n - 1) : ~Free(m)>>
StockPod(key, set) ==
  [uid |-> key, set |-> set, meta |-> <<0>>, node |-> "none", rv |-> 1, phase |-> "Pending", ready |-> FALSE,
   deleting |-> FALSE]

StockVictim(pods, set) ==
  LET Weight(key) == IF pods[key].node = "none" THEN 0 ELSE IF pods[key].ready THEN 2 ELSE 1
  IN CHOOSE one \in Counting(pods, set) : \A other \in Counting(pods, set) \ {one} :
       Weight(one) < Weight(other) \/ (Weight(one) = Weight(other) /\ Before(other, one))

\* Where stock's scheduler may bind a Pod.
RECURSIVE Asked(_, _)
Asked(pods, keys) ==
  IF keys = {} THEN 0 ELSE LET key == CHOOSE key \in keys : TRUE IN Size(pods[key].set) + Asked(pods, keys \ {key})
StockFits(pods, key, node) ==
  LET there == {one \in DOMAIN pods : pods[one].node = node /\ pods[one].phase # "Failed"}
  IN Asked(pods, there) + ByStrangers(node) + Size(pods[key].set) <= Capacity
=============================================================================
