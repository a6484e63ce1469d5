------------------------------- MODULE TailPod -------------------------------
(***************************************************************************)
(* The rule (protocol 4.4, 5), for one Pod at the tail: what K does next   *)
(* follows from where the Pod is (its phase, its object at the API Server, *)
(* its containers), never from what just happened.  A live Pod is started, *)
(* and published once it runs; one whose object or containers are going is *)
(* ended.  A tombstone has its containers stopped and its object deleted,  *)
(* and is confirmed when both are gone, never while a create is in flight. *)
(*                                                                         *)
(* `machines/ownership/tailPod.ts` and `machines/kubelet/next.ts`, where K *)
(* runs the containers and the owner switch says `direct`.                 *)
(*                                                                         *)
(*   pod      [object, containers, meta, wrote, ending]; meta <<>> or      *)
(*            <<incarnation that published it>>; wrote <<>> or <<ready>>;  *)
(*            ending <<>> or <<[tell, reason]>>                            *)
(***************************************************************************)
EXTENDS AnsweringSide

FreshPod == [object |-> "unpublished", containers |-> "none", meta |-> <<>>, wrote |-> <<>>, ending |-> <<>>]

Going == {"deleting", "finishing"}

\* What an object is, after something was learned of it.
ObjectAfter(object, event) ==
  CASE event = "seenLive" ->
         IF object \in {"unpublished", "publishing", "unsure", "waitedOut", "checking", "absent"}
         THEN "standing" ELSE object
    [] event = "seenDeleting" -> IF object \in Going \cup {"vanished"} THEN object ELSE "deleting"
    [] event = "createSent" -> IF object = "unpublished" THEN "publishing" ELSE object
    [] event = "created" -> IF object \in {"publishing", "unsure"} THEN "standing" ELSE object
    [] event = "createLost" -> IF object = "publishing" THEN "unsure" ELSE object
    [] event = "waited" -> IF object = "unsure" THEN "waitedOut" ELSE object
    [] event = "vanished" -> IF object = "checking" THEN object ELSE "vanished"
    [] event = "deleteSent" -> IF object = "standing" THEN "deleteAsked" ELSE object
    [] event = "deleteAccepted" -> IF object = "deleteAsked" THEN "deleting" ELSE object
    [] event = "finishSent" -> IF object = "deleting" THEN "finishing" ELSE object
    [] event = "readSent" ->
         IF object \in {"unpublished", "waitedOut", "vanished"} THEN "checking" ELSE object
    [] event = "readNone" -> IF object = "checking" THEN "absent" ELSE object

ContainersAfter(containers, event) ==
  CASE event = "startSent" -> IF containers = "none" THEN "starting" ELSE containers
    [] event = "started" -> IF containers \in {"none", "starting"} THEN "running" ELSE containers
    [] event = "stopSent" ->
         IF containers \in {"none", "starting", "running"} THEN "stopping" ELSE containers
    [] event = "stopped" -> "quiet"

End(tell, reason) == [do |-> "end", ending |-> [tell |-> tell, reason |-> reason]]
Do(what) == [do |-> what]
Wait == [do |-> "wait"]

NextOfLive(record, pod) ==
  CASE pod.containers = "quiet" -> End("lost", "ContainersEnded")
    [] pod.object \in {"deleting", "finishing", "vanished", "checking", "absent"} ->
         End("terminated", "Deleted")
    [] pod.object = "waitedOut" -> End("lost", "PublishLost")
    [] pod.object \in {"publishing", "unsure"} -> Wait
    [] pod.containers = "none" -> Do("start")
    [] pod.object = "unpublished" ->
         IF pod.containers = "running" \/ Is("publish-before-running") THEN Do("create") ELSE Wait
    [] OTHER ->
         IF pod.containers = "running" /\ record.ready # (pod.wrote = <<TRUE>>)
         THEN Do("writeStatus") ELSE Wait

IsQuiet(pod) == pod.containers \in {"quiet", "none"} \/ Is("terminated-before-stop")

NextOfTombstone(pod) ==
  LET confirmed == IF IsQuiet(pod) THEN Do("confirm") ELSE Wait
  IN CASE pod.containers \in {"starting", "running"} -> Do("stop")
       [] pod.object \in {"publishing", "unsure"} ->
            IF Is("confirm-create-in-flight") THEN confirmed ELSE Wait
       [] pod.object \in {"checking", "deleteAsked", "finishing"} -> Wait
       [] pod.object \in {"unpublished", "vanished", "absent"} -> confirmed
       [] pod.object = "waitedOut" -> Do("read")
       [] pod.object = "standing" -> Do("delete")
       [] pod.object = "deleting" -> IF IsQuiet(pod) THEN Do("finish") ELSE Wait

NextAct(record, pod) == IF Marked(record) THEN NextOfTombstone(pod) ELSE NextOfLive(record, pod)
=============================================================================
