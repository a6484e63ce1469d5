------------------------------- MODULE TailPod -------------------------------
(***************************************************************************)
(* The rule (protocol 4.4, 5), for one Pod at the tail: what K does next   *)
(* follows from where the Pod is (its phase, its object at the API Server, *)
(* its containers), never from what just happened.  A live Pod is started, *)
(* and published once it runs; one whose object or containers are going is *)
(* ended.  A tombstone has its containers stopped and its object deleted,  *)
(* and is confirmed when both are gone, never while a create is in flight. *)
(*                                                                         *)
(* `machines/ownership/tailPod.ts` and `machines/kubelet/next.ts`, whole:  *)
(* also where the node's own kubelet runs the containers (`publish`), and  *)
(* whoever owns managed Pods.  The chain's worlds have K run them.         *)
(*                                                                         *)
(*   uid      of a Pod that was adopted: <<"a", incarnation, counter,      *)
(*            publisher, round>> where it was minted as <<"r", incarnation,*)
(*            counter>> and that K published it; <<"a", set, number, 0,    *)
(*            round>> where stock made it                                  *)
(*   key      of an object: the uid that it is stamped with, or <<"s",     *)
(*            set, number>> of one that stock made; <<"u", incarnation,    *)
(*            counter>> of one that S published unbound, whose publisher   *)
(*            is 100 and the incarnation of S                              *)
(*                                                                         *)
(*   pod      [object, containers, as, meta, wrote, ending]; as: the uid   *)
(*            under which its containers run; meta <<>> or <<incarnation   *)
(*            that published it>>, <<0>> of stock's; wrote <<>> or         *)
(*            <<ready>>; ending <<>> or <<[tell, reason]>>                 *)
(*   k        [runtime: "runs" or "publish",                               *)
(*             owner: "direct", "stock" or "takingBack"]                   *)
(***************************************************************************)
EXTENDS AnsweringSide

FreshPod(uid) ==
  [object |-> "unpublished", containers |-> "none", as |-> uid, meta |-> <<>>, wrote |-> <<>>, ending |-> <<>>]

ByS == 100
\* The object of a Pod.
KeyOf(uid) ==
  CASE uid[1] # "a" -> uid
    [] uid[1] = "a" /\ uid[4] = 0 -> <<"s", uid[2], uid[3]>>
    [] uid[1] = "a" /\ uid[4] > ByS -> <<"u", uid[2], uid[3]>>
    [] OTHER -> <<"r", uid[2], uid[3]>>
\* The uid under which an object lives on, never one that was used before.
AdoptedUid(key, meta) == <<"a", key[2], key[3], meta[1], 1>>
AdoptedAgain(uid, meta) == IF uid[1] = "a" THEN [uid EXCEPT ![5] = @ + 1] ELSE AdoptedUid(uid, meta)

Going == {"deleting", "finishing", "finishDelayed"}
\* No object of it is known.
Unknown == {"unpublished", "publishing", "unsure", "waitedOut", "contested", "refused", "checking", "absent"}

\* What an object is, after something was learned of it.
ObjectAfter(object, event) ==
  CASE event = "seenLive" -> IF object \in Unknown THEN "standing" ELSE object
    [] event = "seenDeleting" -> IF object \in Going \cup {"vanished"} THEN object ELSE "deleting"
    [] event = "seenFailed" -> IF object \in Going \cup {"vanished"} THEN object ELSE "failed"
    [] event = "createSent" -> IF object = "unpublished" THEN "publishing" ELSE object
    [] event = "created" -> IF object \in {"publishing", "unsure"} THEN "standing" ELSE object
    [] event = "createRefused" -> IF object = "publishing" THEN "refused" ELSE object
    [] event = "createLost" -> IF object = "publishing" THEN "unsure" ELSE object
    [] event = "nameTaken" -> IF object = "publishing" THEN "contested" ELSE object
    [] event = "waited" -> IF object = "unsure" THEN "waitedOut" ELSE object
    [] event = "vanished" -> IF object = "checking" THEN object ELSE "vanished"
    [] event = "deleteSent" -> IF object \in {"standing", "failed"} THEN "deleteAsked" ELSE object
    [] event = "deleteAccepted" -> IF object \in {"deleteAsked", "failed"} THEN "deleting" ELSE object
    [] event = "deleteDenied" ->
         IF object = "deleteAsked" THEN "denied" ELSE IF object = "finishing" THEN "finishDelayed" ELSE object
    [] event = "deleteFailed" ->
         IF object \in {"deleteAsked", "failed"} THEN "deleteDelayed"
         ELSE IF object = "finishing" THEN "finishDelayed" ELSE object
    [] event = "failSent" -> IF object \in {"standing", "denied"} THEN "failAsked" ELSE object
    [] event = "finishSent" -> IF object = "deleting" THEN "finishing" ELSE object
    [] event = "retried" ->
         IF object \in {"deleteDelayed", "denied"} THEN "standing"
         ELSE IF object = "finishDelayed" THEN "deleting" ELSE object
    [] event = "switchedBack" ->
         IF object \in {"denied", "failAsked"} THEN "standing"
         ELSE IF object = "finishDelayed" THEN "deleting" ELSE object
    [] event = "readSent" ->
         IF object \in {"unpublished", "waitedOut", "refused", "vanished"} THEN "checking" ELSE object
    [] event = "readNone" ->
         IF object = "checking" THEN "absent" ELSE IF object = "contested" THEN "refused" ELSE object

ContainersAfter(containers, event) ==
  CASE event = "startSent" -> IF containers \in {"none", "awaitingObject"} THEN "starting" ELSE containers
    [] event = "started" ->
         IF containers \in {"none", "starting", "awaitingObject"} THEN "running" ELSE containers
    [] event = "needsObject" -> IF containers = "starting" THEN "awaitingObject" ELSE containers
    [] event = "stopSent" ->
         IF containers \in {"none", "starting", "awaitingObject", "running"} THEN "stopping" ELSE containers
    [] event = "stopped" -> "quiet"

End(tell, reason) == [do |-> "end", ending |-> [tell |-> tell, reason |-> reason]]
Do(what) == [do |-> what]
Wait == [do |-> "wait"]

NextOfLive(record, pod, k) ==
  CASE pod.containers = "quiet" -> End("lost", "ContainersEnded")
    [] pod.object \in Going \cup {"vanished", "checking", "absent"} -> End("terminated", "Deleted")
    [] pod.object = "failed" -> End("lost", "Failed")
    [] pod.object = "refused" -> End("lost", "PublishRefused")
    [] pod.object = "waitedOut" -> End("lost", "PublishLost")
    [] pod.object \in {"publishing", "unsure", "contested"} -> Wait
    [] pod.object = "unpublished" /\ k.owner # "direct" -> End("lost", "OwnedByStock")
    [] k.runtime = "publish" -> IF pod.object = "unpublished" THEN Do("create") ELSE Wait
    [] pod.containers = "none" -> Do("start")
    [] pod.containers = "awaitingObject" ->
         IF pod.object = "unpublished" THEN Do("create") ELSE Do("start")
    [] pod.object = "unpublished" ->
         IF pod.containers = "running" \/ Is("publish-before-running") THEN Do("create") ELSE Wait
    [] OTHER ->
         IF pod.containers = "running" /\ record.ready # (pod.wrote = <<TRUE>>)
         THEN Do("writeStatus") ELSE Wait

IsQuiet(pod, k) ==
  k.runtime = "publish" \/ pod.containers \in {"quiet", "none", "awaitingObject"} \/ Is("terminated-before-stop")

\* A tombstone whose object is live: deleted, if K is the one who may.
NextOfLiveObject(pod, k) ==
  CASE k.owner = "direct" -> Do("delete")
    [] k.owner = "takingBack" -> Wait
    [] k.runtime = "runs" /\ (pod.containers # "none" \/ IsQuiet(pod, k)) -> Do("fail")
    [] OTHER -> IF Is("tombstone-held-at-release") THEN Wait ELSE Do("letGo")

NextOfTombstone(pod, k) ==
  LET confirmed == IF IsQuiet(pod, k) THEN Do("confirm") ELSE Wait
  IN CASE k.runtime = "runs" /\ pod.containers \in {"starting", "running"} -> Do("stop")
       [] pod.object \in {"publishing", "unsure"} ->
            IF Is("confirm-create-in-flight") THEN confirmed ELSE Wait
       [] pod.object \in {"contested", "checking", "deleteAsked", "deleteDelayed", "failAsked",
                          "finishing", "finishDelayed"} -> Wait
       [] pod.object \in {"unpublished", "refused", "vanished"} ->
            IF k.runtime = "publish" THEN Do("read") ELSE confirmed
       [] pod.object = "absent" -> confirmed
       [] pod.object = "waitedOut" -> Do("read")
       [] pod.object = "standing" -> NextOfLiveObject(pod, k)
       [] pod.object = "denied" -> IF k.owner = "stock" THEN NextOfLiveObject(pod, k) ELSE Wait
       [] pod.object = "deleting" -> IF k.runtime = "runs" /\ IsQuiet(pod, k) THEN Do("finish") ELSE Wait
       [] pod.object = "failed" ->
            IF k.owner = "direct" /\ pod.ending # <<>> /\ pod.ending[1].tell = "terminated" THEN Do("delete")
            ELSE IF IsQuiet(pod, k) THEN Do("settle") ELSE Wait

NextOf(record, pod, k) ==
  IF Marked(record) THEN NextOfTombstone(pod, k) ELSE NextOfLive(record, pod, k)

\* Who K says owns managed Pods, by where it is.
OwnerAt(state) == IF state \in {"propagating", "relisting"} THEN "takingBack" ELSE state
\* In the chain.
NextAct(record, pod, owner) == NextOf(record, pod, [runtime |-> "runs", owner |-> OwnerAt(owner)])
=============================================================================
