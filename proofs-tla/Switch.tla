------------------------------- MODULE Switch -------------------------------
(***************************************************************************)
(* The rule (protocol 9): at any time one side, the stock controllers or   *)
(* ours, makes and ends managed Pods.  Released, R mints and ends nothing, *)
(* S binds and cancels nothing and gives up what it has not bound, K ends  *)
(* what is unpublished, lets go of what it has not signalled, and adopts   *)
(* what stock makes; R and each K say that they have let go only when      *)
(* nothing of their own is left under way.  Only then are the Pods taken   *)
(* back: K lists them consistently, R begins anew and compares.            *)
(*                                                                         *)
(* The chain with the stock controllers: the explorer's worlds of          *)
(* `spec/worlds/switch.ts`, state for state and step for step.  Here is    *)
(* what must hold in them; what each stage does is in its own module.      *)
(***************************************************************************)
EXTENDS Chain

FenceHolds == past.trespassed = {}

\* ---- What a stage that knows that stock owns the Pods did about them all the same -----------

KnowsStock(was, is) == was.heard[1] = "stock" /\ is.heard[1] = "stock"

Flown(bag, by, kind) == {flight \in DOMAIN bag : flight.by = by /\ flight.write.kind = kind}
Flew(by, kind) ==
  \E flight \in Flown(flights', by, kind) :
    flight \notin DOMAIN flights \/ flights'[flight] > flights[flight]

MintedOrMarked(was, is) ==
  \/ is.minted # was.minted
  \/ \E uid \in DOMAIN was.records \cap DOMAIN is.records :
       /\ ~Marked(was.records[uid]) /\ Marked(is.records[uid])
       /\ was.records[uid].version = is.records[uid].version

Assigns(connection) == LET Is_(message) == message.kind = "Assign" IN Len(SelectSeq(connection.toDown, Is_))
Bound(me) == \E node \in Nodes : \E key \in DOMAIN nets[node] \cap DOMAIN nets'[node] :
  key[1] = me /\ Assigns(nets'[node][key]) > Assigns(nets[node][key])

\* The live object that K would end.
LiveObject(pods, key, meta) ==
  key \in DOMAIN pods /\ pods[key].meta = meta /\ ~pods[key].deleting /\ pods[key].phase # "Failed"
Ends_(node, who) ==
  \/ \E flight \in Flown(flights', who, "delete") :
       /\ flight \notin DOMAIN flights \/ flights'[flight] > flights[flight]
       /\ LiveObject(api.pods, KeyOf(flight.write.uid), flight.write.meta)
  \/ \E uid \in DOMAIN containers[node] \cap DOMAIN containers'[node] :
       /\ containers'[node][uid] = "stopping" /\ containers[node][uid] # "stopping"
       /\ KeyOf(uid) \in DOMAIN api.pods
       /\ LiveObject(api.pods, KeyOf(uid), api.pods[KeyOf(uid)].meta)

OneSide ==
  [][ /\ \A set \in DOMAIN past'.acted : Cardinality(past'.acted[set]) <= 1
      /\ \A me \in DOMAIN rs \cap DOMAIN rs' : KnowsStock(rs[me], rs'[me]) => ~MintedOrMarked(rs[me], rs'[me])
      /\ \A me \in DOMAIN ss \cap DOMAIN ss' :
           KnowsStock(ss[me], ss'[me]) => ~Bound(me) /\ ~Flew(<<"s", me>>, "mark")
      /\ \A node \in Nodes :
           LET who == <<node, lives[node]>>
           IN (ks[node] # <<>> /\ ks'[node] # <<>> /\ lives'[node] = lives[node]) =>
                (KnowsStock(ks[node][1], ks'[node][1]) =>
                   ~Flew(who, "publish") /\ (node \in HaveSaid => ~Ends_(node, who))) ]_vars

\* ---- Who says that it has let go --------------------------------------------------------------

\* What a stage still had to do.
ObjectsOf(pods, uid) ==
  {key \in DOMAIN pods : key = KeyOf(uid) /\ (uid[1] = "a" => pods[key].meta = <<uid[4]>>)}
Unfinished(pods, ended, uid, record, isR) ==
  LET there == ObjectsOf(pods, uid)
      wasShown == there # {} \/ uid[1] = "a" \/ (uid \in DOMAIN ended /\ "shown" \in ended[uid])
  IN IF Marked(record) THEN \E key \in there : ~pods[key].deleting /\ pods[key].phase # "Failed"
     ELSE IF isR THEN record.phase \in {"created", "bound"} ELSE ~wasShown
UnfinishedIn(records, isR) ==
  \E uid \in DOMAIN records : Unfinished(api.pods, past.ended, uid, records[uid], isR)
LetsGo(peer) ==
  /\ peer \in DOMAIN api'.said /\ api'.said[peer] = api'.switch /\ api'.switch[1] = "stock"
  /\ peer \notin DOMAIN api.said \/ api.said[peer] # api'.said[peer]

\* A tombstone that S holds and its K has yet to hear of: S acknowledges nothing, so R must know of it.
HeldBetween(r) ==
  \E me \in DOMAIN ss : \E uid \in HeldBy(ss[me]) :
    /\ Marked(Held(ss[me], uid))
    /\ \E life \in KLives : uid \in DOMAIN life.records /\ ~Marked(life.records[uid])
    /\ ~(uid \in DOMAIN r.records /\ Marked(r.records[uid]))
\* A delete of S's that is under way, of an object that lives.
Doomed ==
  \E flight \in DOMAIN flights :
    /\ flight.write.kind = "deleteStray" /\ flight.by[1] = "s" /\ flight.by[2] \in DOMAIN ss
    /\ LiveObject(api.pods, flight.write.key, flight.write.meta)
MustAcknowledge ==
  {peer \in {"r"} : rs # <<>>} \cup {node \in Nodes : ks[node] # <<>> /\ ~Undrained_(api.nodes[node])}
Acknowledged == api.switch[1] = "stock" => MustAcknowledge \subseteq HaveSaid
ReleaseAcknowledged ==
  /\ [][ /\ LetsGo("r") => \A me \in DOMAIN rs \cap DOMAIN rs' :
                              (~UnfinishedIn(rs[me].records, TRUE) /\ ~HeldBetween(rs[me]) /\ ~Doomed)'
         /\ \A node \in Nodes : LetsGo(node) => (ks[node] # <<>> => ~UnfinishedIn(ks[node][1].records, FALSE))' ]_vars
  /\ <>[]Acknowledged
ReleaseAcknowledgedAtRest == ~Pending => Acknowledged

IsTakenBack == api.switch[1] = "direct" => MustAcknowledge \cap DOMAIN api.said \subseteq HaveSaid
TakenBack == <>[]IsTakenBack
TakenBackAtRest == ~Pending => IsTakenBack
=============================================================================
