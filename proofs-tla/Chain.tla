-------------------------------- MODULE Chain --------------------------------
(***************************************************************************)
(* The rule (protocol 2 to 6): R mints, S binds, K accepts, runs and       *)
(* publishes; each is a cache of the one below it.  Whatever crashes,      *)
(* breaks or arrives late, no Pod that was confirmed runs, none that ended *)
(* runs again, and in the end as many run as are wanted, each known to     *)
(* all, with no tombstone left and nothing at the API Server that nobody   *)
(* knows.                                                                  *)
(*                                                                         *)
(* One action is one event given to one stage, run to the end of that      *)
(* step, with what it sends; a crash can fall between any two things that  *)
(* go out.  It is the explorer's world of R, S and the K of each node      *)
(* (`spec/worlds/exact.ts`), with the machines themselves, state for state *)
(* and step for step: `npm run check` compares them.                       *)
(*                                                                         *)
(* In worlds of the owner switch (9) the stock controllers make and end    *)
(* Pods too, while they own them (`Stock`, `Switch`).                      *)
(*                                                                         *)
(* It begins with all links open, and as many Pods running as are wanted.  *)
(* In worlds of preemption there are more ReplicaSets, of which none has a *)
(* Pod at first.                                                           *)
(***************************************************************************)
EXTENDS Stock, Network

CONSTANTS
  NodeCount, Agents, Pods,  \* nodes; how many of them have an agent, the first ones; Pods at first
  Act1, Act2, Act3,         \* what people do, in this order (`Scales`, "delete", "remove", "release", "takeBack"), or "none"
  Breaks,                   \* connections broken
  Lingers,                  \* breaks and crashes after which what was under way still arrives
  RCrashes, SCrashes, KCrashes,   \* KCrashes: of the first node's
  RUsurps, SUsurps,         \* lives that begin while another still runs
  Timers,                   \* unreachable nodes given up before all is at rest
  HandsOver,                \* 1: S hands over what finds no room (`Unplaced`)
  Losses,                   \* creates, or deletes, whose reply is lost, whether they are done or not
  Loses,                    \* which of the two: "publish" or "delete"
  Gaps,                     \* of the watch of the first K
  Refusals,                 \* creates that are refused, or done though the answer says that the name is taken
  Alerts                    \* 1: R hears of the owner switch before anything else happens

VARIABLES
  rs, ss,      \* incarnation -> the life of R, of S, that runs under it
  ks,          \* node -> <<life of K>> or <<>>
  lives,       \* node -> how many lives K had
  nets,        \* link -> connections; "up" is R to S, the others are nodes
  api,         \* the API Server: [leases, nodes, sets, order, pods, switch, said]; order: in which the sets last changed;
               \* said: peer -> <<who owns the Pods, version of the switch>>, of those that acknowledged it
  flights,     \* bag of writes on their way to it
  journals,    \* node -> what its K persisted
  containers,  \* node -> (uid -> "starting", "running" or "stopping")
  awaited,     \* peer -> <<above>> where a life waits to begin, else <<>>
  acts,        \* what people have yet to do
  left,        \* budgets
  past         \* what was once true

vars == <<rs, ss, ks, lives, nets, api, flights, journals, containers, awaited, acts, left, past>>

Nodes == IF NodeCount = 1 THEN {"n1"} ELSE {"n1", "n2"}
Links == {"up"} \cup Nodes
\* Nodes with an agent.
Staffed == IF Agents = NodeCount THEN Nodes ELSE {"n1"}
Peers == {"r", "s"} \cup Staffed
NodesInOrder == IF NodeCount = 1 THEN <<"n1">> ELSE <<"n1", "n2">>

With(function, key, value) ==
  [one \in DOMAIN function \cup {key} |-> IF one = key THEN value ELSE function[one]]
But(function, key) == [one \in DOMAIN function \ {key} |-> function[one]]

\* ---- The beginning -------------------------------------------------------------

\* The incarnation of the first K: an agent of an earlier life had registered itself.
FirstK == 2
Minted(i) == <<"r", 1, i>>
PodOf(uid) == uid[3]
PlaceOf(i) == NodesInOrder[((i - 1) % NodeCount) + 1]
Here(node) == {Minted(i) : i \in {one \in 1..Pods : PlaceOf(one) = node}}
\* Versions that K has given: to all when it accepted them, then to each when it ran and when it was ready.
Rounds(i) == ((i - 1) \div NodeCount) + 1
FirstPod(i) == [uid |-> Minted(i), node |-> PlaceOf(i), phase |-> "running", ready |-> TRUE,
                version |-> <<PlaceOf(i), FirstK, Cardinality(Here(PlaceOf(i))) + 2 * Rounds(i)>>, set |-> "rs-t1"]
FirstPods(uids) == [uid \in uids |-> FirstPod(PodOf(uid))]
FirstSwitch == <<"direct", 1>>
FirstFact == [rv |-> 2, agent |-> FirstK, mark |-> <<>>, drained |-> <<>>]
Unstaffed == [FirstFact EXCEPT !.rv = 1, !.agent = 0]
FirstObject(uid) == [uid |-> uid, set |-> "rs-t1", meta |-> <<FirstK>>, node |-> PlaceOf(PodOf(uid)), rv |-> 2, phase |-> "Running", ready |-> TRUE,
                     deleting |-> FALSE]
\* Version, replicas, whether it is being deleted.
FirstSets == [set \in Range(Sets) |-> <<1, IF set = "rs-t1" THEN Pods ELSE 0, FALSE>>]

\* What people may scale, and to what.
Scales == [d0 |-> <<"rs-t1", 0>>, d1 |-> <<"rs-t1", 1>>, d2 |-> <<"rs-t1", 2>>,
           e1 |-> <<"rs-e", 1>>, e2 |-> <<"rs-e", 2>>, e0 |-> <<"rs-e", 0>>, f1 |-> <<"rs-f", 1>>]
Script == LET Is_(act) == act # "none" IN SelectSeq(<<Act1, Act2, Act3>>, Is_)

Init ==
  /\ rs = <<[ReplicaSetFresh(FirstSets, FirstSwitch, <<>>) EXCEPT
       !.state = "open", !.minted = Pods, !.dial = <<>>, !.once = TRUE,
       !.offer = <<[session |-> <<1, 1, 1>>, held |-> <<>>]>>,
       !.records = FirstPods({Minted(i) : i \in 1..Pods})]>>
  /\ ss = <<[SchedulerFresh(FirstSets, <<>>, FirstSwitch) EXCEPT
       !.link = [state |-> "open", fence |-> <<1, 1>>, hello |-> <<<<1, 0, 1>>>>, seen |-> 0, passed |-> TRUE],
       !.counter = Pods, !.arrivals = Pods, !.reads = <<>>,
       !.hand = [NoHand EXCEPT !.on = HandsOver = 1, !.bare = IF HandsOver = 1 THEN Nodes \ Staffed ELSE {}],
       !.facts = [node \in Staffed |-> [FirstFact EXCEPT !.rv = 1, !.agent = 1]],
       !.nodes = [node \in Staffed |->
          [NodeFresh EXCEPT !.state = "open", !.dial = <<>>, !.timer = FALSE, !.reached = TRUE,
             !.offer = <<[session |-> <<1, FirstK, 1>>, held |-> <<>>, drained |-> <<>>]>>,
             !.records = FirstPods(Here(node)), !.cancel.state = "reachable"]]]>>
  /\ ks = [node \in Nodes |-> IF node \notin Staffed THEN <<>> ELSE <<[KubeletFresh(node, FirstK, EmptyJournal, {}, FirstSwitch) EXCEPT
       !.agent = "serving", !.running = <<>>, !.accepted = <<1, 1>>, !.read = 2,
       !.link = [state |-> "open", fence |-> <<1, 1>>, hello |-> <<<<1, 0, 1>>>>, seen |-> 0, passed |-> TRUE],
       !.records = FirstPods(Here(node)), !.counter = 3 * Cardinality(Here(node)),
       !.pods = [uid \in Here(node) |-> [object |-> "standing", containers |-> "running",
                   as |-> uid, meta |-> <<FirstK>>, wrote |-> <<TRUE>>, ending |-> <<>>]],
       !.seen = [uid \in Here(node) |-> <<2, FirstK>>]]>>]
  /\ lives = [node \in Nodes |-> IF node \in Staffed THEN 1 ELSE 0]
  /\ nets = [link \in Links |->
               [key \in {key \in {<<1, 1>>} : link \in {"up"} \cup Staffed} |-> Connection(1)]]
  /\ api = [leases |-> [up |-> 1, down |-> 1], nodes |-> [node \in Nodes |-> IF node \in Staffed THEN FirstFact ELSE Unstaffed], sets |-> FirstSets,
            order |-> Sets, pods |-> [uid \in {Minted(i) : i \in 1..Pods} |-> FirstObject(uid)],
            switch |-> FirstSwitch, said |-> <<>>]
  /\ flights = <<>>
  /\ journals = [node \in Nodes |-> IF node \notin Staffed THEN EmptyJournal ELSE [node |-> TRUE, fence |-> <<1, 1>>, drained |-> <<>>, ended |-> {}, released |-> {},
       pods |-> [uid \in Here(node) |->
         [record |-> [FirstPod(PodOf(uid)) EXCEPT !.phase = "accepted", !.ready = FALSE,
                                                  !.version = <<node, FirstK, Rounds(PodOf(uid))>>],
          intent |-> TRUE, terminating |-> FALSE, meta |-> <<>>]]]]
  /\ containers = [node \in Nodes |-> [uid \in Here(node) |-> "running"]]
  /\ awaited = [peer \in Peers |-> <<>>]
  /\ acts = Script
  /\ left = [break |-> Breaks, linger |-> Lingers, r |-> RCrashes, s |-> SCrashes, k |-> KCrashes,
             rUsurp |-> RUsurps, sUsurp |-> SUsurps, timer |-> Timers, loss |-> Losses, refusal |-> Refusals, gap |-> Gaps]
  /\ past = [accepted |-> [uid \in {Minted(i) : i \in 1..Pods} |-> {PlaceOf(PodOf(uid))}],
             collected |-> <<>>, ended |-> <<>>, ran |-> {Minted(i) : i \in 1..Pods}, revived |-> {},
             cancelled |-> <<>>, stopped |-> {}, victims |-> <<>>, overtook |-> {},
             acted |-> <<>>, trespassed |-> {}]

\* ---- A world in the middle of a step ----------------------------------------------

World == [rs |-> rs, ss |-> ss, ks |-> ks, lives |-> lives, nets |-> nets, api |-> api,
          flights |-> flights, journals |-> journals, containers |-> containers,
          awaited |-> awaited, acts |-> acts, left |-> left, past |-> past]

\* What a read would be answered now.
PodsOn(of, node) == {uid \in DOMAIN of.pods : of.pods[uid].node = node}
FactsOn(of, node) == LET uids == Sorted(PodsOn(of, node)) IN [i \in DOMAIN uids |-> of.pods[uids[i]]]
Now(of, node, read) ==
  CASE read.of \in {"up", "down"} -> of.leases[read.of]
    [] read.of = "nodes" -> of.nodes
    [] read.of = "agent" -> of.nodes[node].agent
    [] read.of = "node" -> of.nodes[node]
    [] read.of = "pods" -> FactsOn(of, node)
    [] read.of = "all" -> LET keys == Sorted(DOMAIN of.pods) IN [i \in DOMAIN keys |-> of.pods[keys[i]]]
    [] read.of = "pod" ->
         IF KeyOf(read.token[2]) \in DOMAIN of.pods THEN <<of.pods[KeyOf(read.token[2])]>> ELSE <<>>

RECURSIVE Sum(_, _)
Sum(bag, some) ==
  IF some = {} THEN 0 ELSE LET one == CHOOSE one \in some : TRUE IN bag[one] + Sum(bag, some \ {one})
\* Reads that are under way may see what has changed since they began.
Fresh(reads, of, node) ==
  LET Seen(read) == [read EXCEPT !.candidates = @ \cup {Now(of, node, read)}]
  IN [read \in {Seen(one) : one \in DOMAIN reads} |->
        Sum(reads, {one \in DOMAIN reads : Seen(one) = read})]
\* The reads about a node call the own Lease "up", as `CancellingEnd` does.
FreshAt(reads, of, node) ==
  Fresh(reads, [of EXCEPT !.leases.up = of.leases.down], node)
FreshR(stage, of) == [me \in DOMAIN stage |-> [stage[me] EXCEPT !.reads = Fresh(@, of, "")]]
FreshS(stage, of) ==
  [me \in DOMAIN stage |->
     [stage[me] EXCEPT !.reads = Fresh(@, of, ""),
                        !.nodes = [node \in DOMAIN @ |-> [@[node] EXCEPT !.reads = FreshAt(@, of, node)]]]]
FreshK(stage, of) ==
  [node \in DOMAIN stage |->
     IF stage[node] = <<>> THEN <<>> ELSE <<[stage[node][1] EXCEPT !.reads = Fresh(@, of, node)]>>]

\* An R that has not heard of a release ends again and again what K, which has, lets go and adopts: no bounded world.
Deaf == {me \in DOMAIN rs : Alerts = 1 /\ rs[me].heard # api.switch}
Alerted(world) ==
  Deaf # {} => \E me \in Deaf :
    IF me \in DOMAIN world.rs THEN world.rs[me].heard = api.switch ELSE world.awaited["r"] = <<me>>

Becomes(world) ==
  LET changed == world.api # api
  IN /\ Alerted(world)
     /\ rs' = IF changed THEN FreshR(world.rs, world.api) ELSE world.rs
     /\ ss' = IF changed THEN FreshS(world.ss, world.api) ELSE world.ss
     /\ ks' = IF changed THEN FreshK(world.ks, world.api) ELSE world.ks
     /\ lives' = world.lives /\ nets' = world.nets /\ api' = world.api /\ flights' = world.flights
     /\ journals' = world.journals /\ containers' = world.containers /\ awaited' = world.awaited
     /\ acts' = world.acts /\ left' = world.left /\ past' = world.past

Spent(world, budget) == [world EXCEPT !.left[budget] = @ - 1]
Joined(sets, key, item) == With(sets, key, (IF key \in DOMAIN sets THEN sets[key] ELSE {}) \cup {item})

\* ---- Who there is ------------------------------------------------------------------

\* A process: <<peer, number>>; K is numbered by its lives.
Lives(world, peer) ==
  CASE peer = "r" -> DOMAIN world.rs
    [] peer = "s" -> DOMAIN world.ss
    [] OTHER -> IF world.ks[peer] = <<>> THEN {} ELSE {world.lives[peer]}
IsAlive(world, who) == who[2] \in Lives(world, who[1])

Leaves(world, who, lingers) ==
  LET Gone(link, end) == Left(world.nets[link], end, who[2], lingers)
  IN CASE who[1] = "r" -> [world EXCEPT !.rs = But(@, who[2]), !.nets["up"] = Gone("up", "up")]
       [] who[1] = "s" ->
            [world EXCEPT !.ss = But(@, who[2]),
                          !.nets = [link \in DOMAIN @ |->
                                      IF link = "up" THEN Gone("up", "down") ELSE Gone(link, "up")]]
       [] OTHER -> [world EXCEPT !.ks[who[1]] = <<>>, !.nets[who[1]] = Gone(who[1], "down")]

Crashed(world, who, lingers) ==
  [Leaves(world, who, lingers) EXCEPT !.awaited[who[1]] = IF @ = <<>> THEN <<0>> ELSE @]
Steps(world, who) == [Leaves(world, who, TRUE) EXCEPT !.past.stopped = @ \cup {who}]

\* ---- What goes out --------------------------------------------------------------------

Flies(world, who, write) ==
  [world EXCEPT !.flights = Plus(@, [by |-> who, write |-> write])]

\* Over a link, of which the stage holds that end.
Carried(world, who, link, end, effect) ==
  [world EXCEPT !.nets[link] =
     IF effect.type = "send" THEN Sent(@, end, who[2], effect.message)
     ELSE Disconnected(@, end, who[2], effect.session)]

Heard(world, node, uid, events) ==
  IF world.ks[node] = <<>> THEN world
  ELSE [world EXCEPT !.ks[node][1].told = With(@, uid, (IF uid \in DOMAIN @ THEN @[uid] ELSE <<>>) \o events)]

Over(world, uid, how) == [world EXCEPT !.past.ended = Joined(@, uid, how)]

JournalAfter(journal, entry) ==
  CASE entry.kind = "node" -> [journal EXCEPT !.node = TRUE]
    [] entry.kind = "fence" -> [journal EXCEPT !.fence = Highest(@, entry.fence)]
    [] entry.kind = "drained" -> [journal EXCEPT !.drained = LaterMark(@, <<entry.mark>>)]
    [] entry.kind = "accepted" ->
         [journal EXCEPT !.pods = With(@, entry.uid,
            [record |-> entry.record, intent |-> entry.meta # <<>>, terminating |-> FALSE, meta |-> entry.meta])]
    [] entry.kind = "publishIntent" ->
         IF entry.uid \in DOMAIN journal.pods THEN [journal EXCEPT !.pods[entry.uid].intent = TRUE] ELSE journal
    [] entry.kind = "terminating" ->
         IF entry.uid \in DOMAIN journal.pods
         THEN [journal EXCEPT !.pods[entry.uid].terminating = TRUE,
                              !.pods[entry.uid].meta = IF entry.meta = <<>> THEN @ ELSE entry.meta]
         ELSE journal
    [] entry.kind = "released" ->
         [journal EXCEPT !.pods = Without(@, {entry.uid}), !.ended = @ \cup {entry.uid},
                         !.released = @ \cup {<<KeyOf(entry.uid), entry.meta>>}]
    [] entry.kind = "ended" ->
         [journal EXCEPT !.pods = Without(@, {entry.uid}), !.ended = @ \cup {entry.uid}]
JournalledAll(journal, entries) ==
  LET RECURSIVE After(_, _)
      After(one, rest) == IF rest = <<>> THEN one ELSE After(JournalAfter(one, Head(rest)), Tail(rest))
  IN After(journal, entries)
RECURSIVE AcceptedIn(_, _, _)
AcceptedIn(accepted, node, entries) ==
  IF entries = <<>> THEN accepted
  ELSE AcceptedIn(IF Head(entries).kind = "accepted" THEN Joined(accepted, Head(entries).uid, node) ELSE accepted,
                  node, Tail(entries))
RECURSIVE ConfirmedAll(_, _)
ConfirmedAll(world, uids) ==
  IF uids = <<>> THEN world ELSE ConfirmedAll(Over(world, Head(uids), "confirmed"), Tail(uids))

NodeChanged(world, node, field, value) ==
  [world EXCEPT !.api.nodes[node] = [@ EXCEPT ![field] = value, !.rv = @ + 1]]
\* An object that stock made, or that S published unbound, bears no uid of ours.
Shown(uid) == uid[1] \notin {"s", "u"}
PodChanged(world, uid, change) ==
  LET fact == world.api.pods[uid]
      after == [change EXCEPT !.rv = fact.rv + 1]
      next == [world EXCEPT !.api.pods[uid] = after]
  IN IF after.deleting /\ ~fact.deleting /\ Shown(uid) THEN Over(next, uid, "shown") ELSE next

\* On the Lease or the Node.
Says(world, peer, effect) ==
  [world EXCEPT !.api.said = With(@, peer, <<effect.owner, effect.version>>)]
KPerformed(world, who, effect) ==
  LET node == who[1]
      on == world.containers[node]
  IN CASE effect.type = "send" ->
            LET sent == Carried(world, who, node, "down", effect)
            IN IF effect.message.kind = "Terminated" THEN ConfirmedAll(sent, effect.message.uids) ELSE sent
       [] effect.type = "disconnect" -> Carried(world, who, node, "down", effect)
       [] effect.type = "journal" ->
            [world EXCEPT !.journals[node] = JournalledAll(@, effect.entries),
                          !.past.accepted = AcceptedIn(@, node, effect.entries)]
       [] effect.type = "startPod" ->
            [world EXCEPT !.containers[node] =
                            IF effect.uid \in DOMAIN on THEN on ELSE With(on, effect.uid, "starting"),
                          !.past.overtook =
                            IF effect.uid \in DOMAIN world.past.victims
                               /\ world.past.victims[effect.uid] \cap DOMAIN on # {}
                            THEN @ \cup {effect.uid} ELSE @,
                          !.past.revived =
                            IF effect.uid \in DOMAIN world.past.ended
                               /\ "shown" \in world.past.ended[effect.uid]
                            THEN @ \cup {effect.uid} ELSE @]
       [] effect.type = "stopPod" ->
            IF effect.uid \in DOMAIN on THEN [world EXCEPT !.containers[node][effect.uid] = "stopping"]
            ELSE Heard(world, node, effect.uid, <<"stopped">>)
       [] effect.type = "writePodStatus" ->
            LET key == KeyOf(effect.uid)
            IN IF key \in DOMAIN world.api.pods
               THEN PodChanged(world, key, [world.api.pods[key] EXCEPT !.phase = "Running", !.ready = effect.ready])
               ELSE world
       [] effect.type = "failPod" ->
            LET key == KeyOf(effect.uid)
            IN IF key \in DOMAIN world.api.pods
               THEN PodChanged(world, key, [world.api.pods[key] EXCEPT !.phase = "Failed", !.ready = FALSE])
               ELSE world
       [] effect.type = "acknowledge" -> Says(world, node, effect)
       [] effect.type = "reportDrain" -> NodeChanged(world, node, "drained", <<effect.mark>>)
       [] effect.type = "read" ->
            LET read == Reading(effect.token, effect.of,
                          Now(world.api, node, [of |-> effect.of, token |-> effect.token]))
            IN [world EXCEPT !.ks[node][1].reads = Plus(@, read)]
       [] effect.type = "register" ->
            Flies(world, who, [kind |-> "register", incarnation |-> effect.incarnation])
       [] effect.type = "publish" ->
            Flies(world, who, [kind |-> "publish", record |-> effect.record,
                               incarnation |-> world.ks[node][1].incarnation])
       [] effect.type = "delete" ->
            Flies(world, who, [kind |-> "delete", uid |-> effect.uid, meta |-> effect.meta, grace |-> effect.grace])
       [] effect.type = "restart" -> [Leaves(world, who, TRUE) EXCEPT !.awaited[node] = <<effect.above>>]
       [] effect.type = "stop" -> Steps(world, who)

\* All ReplicaSets, then that these were all; they arrive as they come.
Relisted(world) ==
  [answer \in {[type |-> "set", set |-> set, fact |-> world.api.sets[set]] : set \in Range(Sets)}
              \cup {[type |-> "synced"]} |-> 1]
RPerformed(world, who, effect) ==
  CASE effect.type = "acknowledge" -> Says(world, "r", effect)
    [] effect.type = "read" ->
         LET read == Reading(effect.token, effect.of, Now(world.api, "", [of |-> effect.of, token |-> effect.token]))
         IN [world EXCEPT !.rs[who[2]].reads = Plus(@, read)]
    [] effect.type = "relist" ->
         LET relisted == Relisted(world)
             RECURSIVE Pended(_, _)
             Pended(bag, some) == IF some = {} THEN bag
                                  ELSE LET one == CHOOSE one \in some : TRUE IN Pended(Plus(bag, one), some \ {one})
         IN [world EXCEPT !.rs[who[2]].answers = Pended(@, DOMAIN relisted)]
    [] effect.type = "deleteStray" ->
         Flies(world, who, [kind |-> "deleteStray", key |-> effect.key, meta |-> effect.meta, rv |-> effect.rv])
    [] OTHER -> Carried(world, who, "up", "up", effect)

Performed(world, who, effect) ==
  CASE who[1] \in Nodes -> KPerformed(world, who, effect)
    [] effect.type = "restart" -> [Leaves(world, who, TRUE) EXCEPT
         !.awaited[who[1]] = <<IF who[1] = "r" THEN effect.above ELSE effect.effect.above>>]
    [] effect.type = "stop" -> Steps(world, who)
    [] who[1] = "r" -> RPerformed(world, who, effect)
    [] effect.type = "mark" ->
         Flies(world, who, [kind |-> "mark", node |-> effect.link, mark |-> effect.effect.mark,
                            rv |-> effect.effect.rv])
    [] effect.type = "publish" ->
         Flies(world, who, [kind |-> "publish", record |-> effect.effect.record, incarnation |-> who[2]])
    [] effect.type = "deleteStray" ->
         Flies(world, who, [kind |-> "deleteStray", key |-> effect.effect.key, meta |-> effect.effect.meta, rv |-> <<>>])
    [] OTHER -> Carried(world, who, effect.link, IF effect.link = "up" THEN "down" ELSE "up", effect.effect)

RECURSIVE AllPerformed(_, _, _)
AllPerformed(world, who, effects) ==
  IF effects = <<>> \/ ~IsAlive(world, who) THEN world
  ELSE AllPerformed(Performed(world, who, Head(effects)), who, Tail(effects))

Outward(effect) == effect.type \notin {"read", "restart", "stop", "acknowledge", "relist"}
CrashBudget(peer) == IF peer \in {"r", "s"} THEN peer ELSE "k"
MayCrash(world, peer) == world.left[CrashBudget(peer)] > 0 /\ peer # "n2"

\* Tombstones that a step of R or S collected.
Marks(records) == {uid \in DOMAIN records : Marked(records[uid])}
RECURSIVE JoinedAll(_, _, _)
JoinedAll(sets, keys, item) ==
  IF keys = {} THEN sets
  ELSE LET key == CHOOSE key \in keys : TRUE IN JoinedAll(Joined(sets, key, item), keys \ {key}, item)
AllHeld(life) == [uid \in HeldBy(life) |-> Held(life, uid)]

\* Whom each preemptor ever awaited.
RECURSIVE AwaitedEver(_, _)
AwaitedEver(victims, preemptions) ==
  IF preemptions = <<>> THEN victims
  ELSE LET one == Head(preemptions)
           known == IF one.preemptor \in DOMAIN victims THEN victims[one.preemptor] ELSE {}
       IN AwaitedEver(IF one.awaited = {} THEN victims ELSE With(victims, one.preemptor, known \cup one.awaited),
                      Tail(preemptions))

\* What S alone answered for and stock has now: let go, not confirmed.
LeftToStock(world, uid) ==
  LET key == KeyOf(uid)
  IN /\ uid[1] = "a" /\ world.api.switch[1] = "stock" /\ uid \notin DOMAIN world.past.accepted
     /\ key \in DOMAIN world.api.pods /\ world.api.pods[key].meta = <<uid[4]>>
     /\ ~world.api.pods[key].deleting /\ world.api.pods[key].phase # "Failed"
Collected(world, uids) == {uid \in uids : ~LeftToStock(world, uid)}

\* An event given to a life, without a crash: all that goes out.
Whole(world, who, result) ==
  LET moved ==
        CASE who[1] = "r" ->
               [world EXCEPT !.rs[who[2]] = result.life,
                  !.past.collected = JoinedAll(@, Collected(world, Marks(world.rs[who[2]].records) \ DOMAIN result.life.records), "r")]
          [] who[1] = "s" ->
               [world EXCEPT !.ss[who[2]] = result.life,
                  !.past.collected = JoinedAll(@, Collected(world, Marks(AllHeld(world.ss[who[2]])) \ HeldBy(result.life)), "s"),
                  !.past.victims = AwaitedEver(@, result.life.preemptions)]
          [] OTHER -> [world EXCEPT !.ks[who[1]] = <<result.life>>]
  IN AllPerformed(moved, who, result.out)

\* An event given to a life: all that goes out, or a crash on the way.
Step(world, who, result) ==
  LET outward == {i \in DOMAIN result.out : Outward(result.out[i])}
      Followed(i) == \E j \in outward : j > i
  IN \/ Becomes(Whole(world, who, result))
     \/ /\ MayCrash(world, who[1])
        /\ \E i \in outward :
             LET cut == Whole(Spent(world, CrashBudget(who[1])), who, [result EXCEPT !.out = SubSeq(@, 1, i)])
             IN /\ Followed(i)
                /\ Becomes(IF IsAlive(cut, who) THEN Crashed(cut, who, TRUE) ELSE cut)

\* ---- Lives begin and end -----------------------------------------------------------------

BeginR(world) ==
  LET me == world.api.leases.up + 1
      said == IF "r" \in DOMAIN world.api.said THEN <<world.api.said["r"][1]>> ELSE <<>>
      fresh == ReplicaSetFresh(world.api.sets, world.api.switch, said)
      begun == [world EXCEPT !.api.leases.up = me, !.awaited["r"] = <<>>, !.rs = With(@, me, fresh)]
  IN IF fresh.phase # "released" THEN begun
     ELSE Whole(begun, <<"r", me>>, RAcknowledged(Result([fresh EXCEPT !.due = <<world.api.switch[2]>>], <<>>)))
BeginS(world) ==
  LET me == world.api.leases.down + 1
  IN [world EXCEPT !.api.leases.down = me, !.awaited["s"] = <<>>,
                   !.ss = With(@, me, SchedulerFresh(world.api.sets, world.api.nodes, world.api.switch))]
BeginK(world, node) ==
  LET life == world.lives[node] + 1
      incarnation == Max(Max(world.api.nodes[node].agent, world.awaited[node][1]), life - 1) + 1
      running == {uid \in DOMAIN world.containers[node] : world.containers[node][uid] = "running"}
      facts == FactsOn(world.api, node)
      fresh == [KubeletFresh(node, incarnation, world.journals[node], running, world.api.switch) EXCEPT
                  !.early = [i \in DOMAIN facts |-> [type |-> "observed", fact |-> facts[i]]],
                  !.seen = [uid \in PodsOn(world.api, node) |->
                              <<world.api.pods[uid].rv, world.api.pods[uid].meta[1]>>]]
      begun == [world EXCEPT !.lives[node] = life, !.awaited[node] = <<>>, !.ks[node] = <<fresh>>]
  IN Performed(begun, <<node, life>>, [type |-> "register", incarnation |-> incarnation])

StartR == awaited["r"] # <<>> /\ Becomes(BeginR(World))
StartS == awaited["s"] # <<>> /\ Becomes(BeginS(World))
StartK == \E node \in Staffed : awaited[node] # <<>> /\ Becomes(BeginK(World, node))

UsurpR == left.rUsurp > 0 /\ awaited["r"] = <<>> /\ DOMAIN rs # {} /\ Becomes(BeginR(Spent(World, "rUsurp")))
UsurpS == left.sUsurp > 0 /\ awaited["s"] = <<>> /\ DOMAIN ss # {} /\ Becomes(BeginS(Spent(World, "sUsurp")))

\* At rest between two steps.
Crash(who, lingers) ==
  LET paid == Spent(World, CrashBudget(who[1]))
  IN /\ MayCrash(World, who[1])
     /\ lingers => left.linger > 0
     /\ Becomes(Crashed(IF lingers THEN Spent(paid, "linger") ELSE paid, who, lingers))
CrashR == \E me \in DOMAIN rs, lingers \in BOOLEAN : Crash(<<"r", me>>, lingers)
CrashS == \E me \in DOMAIN ss, lingers \in BOOLEAN : Crash(<<"s", me>>, lingers)
CrashK == \E node \in Nodes, lingers \in BOOLEAN : ks[node] # <<>> /\ Crash(<<node, lives[node]>>, lingers)

\* A superseded life finds out by the renewals of its Lease, in its own time.
LapseR == \E me \in DOMAIN rs : me # api.leases.up /\ Becomes(Steps(World, <<"r", me>>))
LapseS == \E me \in DOMAIN ss : me # api.leases.down /\ Becomes(Steps(World, <<"s", me>>))

\* ---- Connections ----------------------------------------------------------------------------

Connected(link, me, n, to) == [World EXCEPT !.nets[link] = PutConnection(@, <<me, n>>, Connection(to))]
RDials(me) == rs[me].dial # <<>> /\ api.leases.down \in DOMAIN ss
SDials(me, node) == ss[me].nodes[node].dial # <<>> /\ ks[node] # <<>>
ConnectR == \E me \in DOMAIN rs :
  /\ RDials(me)
  /\ LET n == rs[me].dial[1]
     IN Becomes(Whole(Connected("up", me, n, api.leases.down), <<"r", me>>,
                      RConnected(me, [rs[me] EXCEPT !.dial = <<>>], n)))
ConnectS == \E me \in DOMAIN ss : \E node \in DOMAIN ss[me].nodes :
  /\ SDials(me, node)
  /\ LET n == ss[me].nodes[node].dial[1]
     IN Becomes(Whole(Connected(node, me, n, lives[node]), <<"s", me>>,
                      SConnected(me, [ss[me] EXCEPT !.nodes[node].dial = <<>>], node, n, api.leases)))

Break == \E link \in Links : \E key \in DOMAIN nets[link] :
  LET connection == nets[link][key]
      full == {end \in Ends : Queue(connection, end) # <<>>}
      paid == Spent(World, "break")
  IN /\ left.break > 0 /\ ~connection.broken
     /\ \E linger \in SUBSET full :
          /\ linger # {} => left.linger > 0
          /\ Becomes([(IF linger = {} THEN paid ELSE Spent(paid, "linger"))
                        EXCEPT !.nets[link] = PutConnection(@, key, Broken(connection, linger))])

\* ---- Messages -----------------------------------------------------------------------------------

After(link, key, end) == [World EXCEPT !.nets[link] = Taken(@, key, end)]
UpHead(link, key) == Head(nets[link][key].toUp)
DownHead(link, key) == Head(nets[link][key].toDown)

HearROf(key) ==
  /\ nets["up"][key].toUp # <<>>
  /\ Step(After("up", key, "up"), <<"r", key[1]>>, RReceived(key[1], rs[key[1]], UpHead("up", key), api.leases))
HearSUpOf(key) ==
  LET me == nets["up"][key].to
  IN /\ nets["up"][key].toDown # <<>>
     /\ Step(After("up", key, "down"), <<"s", me>>, SUpReceived(me, ss[me], DownHead("up", key), api.leases))
HearSDownOf(node, key) ==
  LET me == key[1]
  IN /\ nets[node][key].toUp # <<>>
     /\ Step(After(node, key, "up"), <<"s", me>>,
             SDownReceived(me, ss[me], node, UpHead(node, key), api.nodes[node].agent, api.leases))
HearKOf(node, key) ==
  /\ nets[node][key].toDown # <<>>
  /\ Step(After(node, key, "down"), <<node, lives[node]>>, KReceived(ks[node][1], DownHead(node, key)))

HearR == \E key \in DOMAIN nets["up"] : HearROf(key)
HearS == \/ \E key \in DOMAIN nets["up"] : HearSUpOf(key)
         \/ \E node \in Nodes : \E key \in DOMAIN nets[node] : HearSDownOf(node, key)
HearK == \E node \in Nodes : \E key \in DOMAIN nets[node] : HearKOf(node, key)

Learnt(link, key, end) == [World EXCEPT !.nets[link] = Told(@, key, end)]
ToldR == \E key \in DOMAIN nets["up"] :
  /\ "up" \in nets["up"][key].untold
  /\ Step(Learnt("up", key, "up"), <<"r", key[1]>>, RBroken(key[1], rs[key[1]], key[2]))
ToldS ==
  \/ \E key \in DOMAIN nets["up"] :
       LET me == nets["up"][key].to
       IN /\ "down" \in nets["up"][key].untold
          /\ Step(Learnt("up", key, "down"), <<"s", me>>, SUpBroken(me, ss[me], key[1], key[2], api.leases))
  \/ \E node \in Nodes : \E key \in DOMAIN nets[node] :
       /\ "up" \in nets[node][key].untold
       /\ Step(Learnt(node, key, "up"), <<"s", key[1]>>,
               SDownBroken(key[1], ss[key[1]], node, key[2], api.leases))
ToldK == \E node \in Nodes : \E key \in DOMAIN nets[node] :
  /\ "down" \in nets[node][key].untold
  /\ Step(Learnt(node, key, "down"), <<node, lives[node]>>, KBroken(ks[node][1], key[1], key[2]))

\* ---- Reads and replies ---------------------------------------------------------------------------

RRead(me, life, read, value) ==
  CASE read.of = "nodes" -> RAgents(me, life, value)
    [] read.of = "all" -> RCompares(me, life, value)
    [] OTHER -> RAnswered(me, life, read.token, value)
RAnswer(me, life, answer) ==
  CASE answer.type = "set" -> RSees(me, life, answer.set, answer.fact)
    [] answer.type = "synced" -> RSynced(me, life)
    [] answer.type = "deleted" -> Result(life, <<>>)
AnswerR == \E me \in DOMAIN rs :
  \/ \E read \in DOMAIN rs[me].reads : \E value \in read.candidates :
       Step(World, <<"r", me>>, RRead(me, [rs[me] EXCEPT !.reads = Minus(@, read)], read, value))
  \/ \E answer \in DOMAIN rs[me].answers :
       \* A list is complete when all that it shows has been heard.
       /\ answer.type = "synced" => \A other \in DOMAIN rs[me].answers : other.type # "set"
       /\ Step(World, <<"r", me>>, RAnswer(me, [rs[me] EXCEPT !.answers = Minus(@, answer)], answer))

SRead(me, life, token, value) ==
  CASE token[1] = "list" -> SListed(me, life, value, api.leases)
    [] token[1] = "newer" -> SNewerAnswered(me, life, token, value, api.leases)
    [] OTHER -> SUpAnswered(me, life, token, value, api.leases)
SReadOf(me, life, node, read, value) ==
  IF read.of = "node" THEN SNodeRead(me, life, node, read.token, value, api.leases)
  ELSE SNodeLease(me, life, node, read.token, value, api.leases)
AnswerS == \E me \in DOMAIN ss :
  \/ \E read \in DOMAIN ss[me].reads : \E value \in read.candidates :
       Step(World, <<"s", me>>, SRead(me, [ss[me] EXCEPT !.reads = Minus(@, read)], read.token, value))
  \/ \E node \in DOMAIN ss[me].nodes :
       \/ \E read \in DOMAIN ss[me].nodes[node].reads : \E value \in read.candidates :
            Step(World, <<"s", me>>,
                 SReadOf(me, [ss[me] EXCEPT !.nodes[node].reads = Minus(@, read)], node, read, value))
       \/ \E answer \in DOMAIN ss[me].nodes[node].marks :
            Step(World, <<"s", me>>,
                 SMarked(me, [ss[me] EXCEPT !.nodes[node].marks = Minus(@, answer)], node, answer,
                         api.nodes[node], api.leases))
  \/ \E answer \in DOMAIN ss[me].answers :
       Step(World, <<"s", me>>, SAnswered(me, [ss[me] EXCEPT !.answers = Minus(@, answer)], answer, api.leases))

KRead(node, life, token, value) ==
  CASE token[1] \in {"minimum", "own"} -> KLeaseRead(life, token, value)
    [] token[1] = "list" -> KListed(life, journals[node], value)
    [] token[1] = "hello" -> KNodeRead(life, token, value)
    [] token[1] = "pod" -> KPod(life, [type |-> "podRead", uid |-> token[2], found |-> value])
KAnswer(life, answer) ==
  IF answer.type = "registered" THEN KRegistered(life, answer.fact) ELSE KPod(life, answer)
AnswerK == \E node \in Nodes :
  /\ ks[node] # <<>>
  /\ LET life == ks[node][1]
         who == <<node, lives[node]>>
     IN \/ \E read \in DOMAIN life.reads : \E value \in read.candidates :
             Step(World, who, KRead(node, [life EXCEPT !.reads = Minus(@, read)], read.token, value))
        \/ \E answer \in DOMAIN life.answers :
             Step(World, who, KAnswer([life EXCEPT !.answers = Minus(@, answer)], answer))
        \/ \E uid \in DOMAIN life.told :
             LET told == life.told[uid]
                 rest == IF Len(told) = 1 THEN But(life.told, uid) ELSE With(life.told, uid, Tail(told))
             IN Step(World, who, KPod([life EXCEPT !.told = rest], [type |-> Head(told), uid |-> uid]))

\* ---- Watches ------------------------------------------------------------------------------------------

\* They are told of in the order in which they changed.
Unheard(seen) ==
  LET News(set) == seen[set] # api.sets[set] IN SelectSeq(api.order, News)
HearsOwner(me) == rs[me].heard # api.switch /\ Step(World, <<"r", me>>, RSeesOwner(me, rs[me], api.switch))
WatchR == \E me \in DOMAIN rs :
  LET news == Unheard(rs[me].told)
      Told_(set) == [rs[me] EXCEPT !.told[set] = api.sets[set]]
  IN \/ news # <<>> /\ Step(World, <<"r", me>>, RSees(me, Told_(news[1]), news[1], api.sets[news[1]]))
     \/ HearsOwner(me)
\* S hears of Pods without a stamp, as K does of those of its Node.
Unstamped(of) == {key \in DOMAIN of.pods : ~Shown(key)}
KeysOfS(hand) == DOMAIN hand.passed \cup DOMAIN hand.seen \cup (IF hand.on THEN Unstamped(api) ELSE {})
UnseenByS(hand, key) ==
  IF key \in DOMAIN hand.passed THEN TRUE
  ELSE IF key \in Unstamped(api) THEN IF key \in DOMAIN hand.seen THEN hand.seen[key][1] # api.pods[key].rv ELSE TRUE
  ELSE key \in DOMAIN hand.seen
WatchedByS(me, key) ==
  LET life == ss[me]
      hand == life.hand
      Saw(fact, rest) ==
        SObserves(me, [life EXCEPT !.hand.seen = With(@, key, <<fact.rv, fact.meta[1]>>), !.hand.passed = rest], fact, api.leases)
  IN CASE key \in DOMAIN hand.passed -> Saw(hand.passed[key], But(hand.passed, key))
       [] key \in Unstamped(api) -> Saw(api.pods[key], hand.passed)
       [] OTHER -> SMisses(me, [life EXCEPT !.hand.seen = But(@, key)], key, api.leases)

WatchS == \E me \in DOMAIN ss :
  LET news == Unheard(ss[me].seen)
  IN \/ news # <<>> /\ Step(World, <<"s", me>>,
                            SNoted(me, [ss[me] EXCEPT !.seen[news[1]] = api.sets[news[1]]], api.leases))
     \/ ss[me].heard # api.switch /\ Step(World, <<"s", me>>, SSees(me, ss[me], api.switch, api.leases))
     \/ \E key \in KeysOfS(ss[me].hand) :
          UnseenByS(ss[me].hand, key) /\ Step(World, <<"s", me>>, WatchedByS(me, key))

\* An object that came and went is told of all the same: as it was last, and that it is gone.
Unseen(node, uid) ==
  LET life == ks[node][1]
  IN IF uid \in DOMAIN life.passed THEN TRUE
     ELSE IF uid \in PodsOn(api, node)
     THEN IF uid \in DOMAIN life.seen THEN life.seen[uid][1] # api.pods[uid].rv ELSE TRUE
     ELSE uid \in DOMAIN life.seen
Watched(node, uid) ==
  LET life == ks[node][1]
      Saw(fact, rest) ==
        KPod([life EXCEPT !.seen = With(@, uid, <<fact.rv, fact.meta[1]>>), !.passed = rest],
             [type |-> "observed", fact |-> fact])
  IN CASE uid \in DOMAIN life.passed -> Saw(life.passed[uid], But(life.passed, uid))
       [] uid \in PodsOn(api, node) -> Saw(api.pods[uid], life.passed)
       [] OTHER -> KPod([life EXCEPT !.seen = But(@, uid)],
                        [type |-> "vanished", uid |-> uid, meta |-> <<life.seen[uid][2]>>])
WatchK == \E node \in Nodes :
  /\ ks[node] # <<>>
  /\ \/ \E uid \in DOMAIN ks[node][1].passed \cup PodsOn(api, node) \cup DOMAIN ks[node][1].seen :
          Unseen(node, uid) /\ Step(World, <<node, lives[node]>>, Watched(node, uid))
     \/ ks[node][1].heard # api.switch /\ Step(World, <<node, lives[node]>>, KSees(ks[node][1], api.switch))

\* K's watch lists anew, and never shows what came and went meanwhile.
Gap ==
  /\ left.gap > 0 /\ ks["n1"] # <<>>
  /\ Step(Spent(World, "gap"), <<"n1", lives["n1"]>>, KPod([ks["n1"][1] EXCEPT !.passed = <<>>], [type |-> "synced"]))

\* ---- Writes, containers, people --------------------------------------------------------------------------

Removed(world, uid) ==
  LET fact == world.api.pods[uid]
      removed == [world EXCEPT !.api.pods = But(@, uid)]
      last == [fact EXCEPT !.deleting = TRUE]
      IsPassed(life) == life.hand.on /\ ~Shown(uid) /\ uid \notin DOMAIN life.hand.seen
      told == [removed EXCEPT !.ss = [me \in DOMAIN @ |->
                 IF IsPassed(@[me]) THEN [@[me] EXCEPT !.hand.passed = With(@, uid, last)] ELSE @[me]]]
      gone == IF Shown(uid) THEN Over(told, uid, "shown") ELSE told
      node == fact.node
  IN IF node = "none" THEN gone
     ELSE IF world.ks[node] = <<>> THEN gone
     ELSE IF uid \in DOMAIN world.ks[node][1].seen THEN gone
     ELSE [gone EXCEPT !.ks[node][1].passed = With(@, uid, last)]

Answered(world, who, answer) ==
  IF ~IsAlive(world, who) THEN world
  ELSE IF who[1] = "r" THEN [world EXCEPT !.rs[who[2]].answers = Plus(@, answer)]
  ELSE IF who[1] = "s" THEN [world EXCEPT !.ss[who[2]].answers = Plus(@, answer)]
  ELSE [world EXCEPT !.ks[who[1]][1].answers = Plus(@, answer)]

\* A side has made or ended a Pod, after a change of the switch.
Acted(world, side, key, set) ==
  LET acted == [world EXCEPT !.past.acted = Joined(@, set, side)]
  IN IF world.api.switch = FirstSwitch THEN world
     ELSE IF SideOf(world.api.switch) = side THEN acted
     ELSE [acted EXCEPT !.past.trespassed = @ \cup {key}]

LandMark(world, who, write) ==
  LET written == write.rv = world.api.nodes[write.node].rv
      answer == [mark |-> write.mark, outcome |-> IF written THEN "written" ELSE "conflict"]
      marked == IF ~written THEN world
                ELSE [NodeChanged(world, write.node, "mark", <<write.mark>>) EXCEPT
                        !.past.cancelled = With(@, write.node,
                          [mark |-> write.mark, uids |-> DOMAIN world.journals[write.node].pods])]
  IN IF IsAlive(world, who) THEN [marked EXCEPT !.ss[who[2]].nodes[write.node].marks = Plus(@, answer)]
     ELSE marked

\* S publishes unbound, without a stamp.
Refused_(type, uid, reason) == [type |-> type, uid |-> uid, reason |-> reason]

LandUnbound(world, who, write) ==
  LET uid == write.record.uid
      key == <<"u", uid[2], uid[3]>>
      fact == [uid |-> key, set |-> write.record.set, meta |-> <<ByS + write.incarnation>>, node |-> "none", rv |-> 1,
               phase |-> "Pending", ready |-> FALSE, deleting |-> FALSE]
  IN IF ~Admits(world.api.switch, "ours") THEN Answered(world, who, Refused_("publishRefused", uid, "switch"))
     ELSE IF key \in DOMAIN world.api.pods THEN Answered(world, who, Refused_("publishTaken", uid, "alreadyExists"))
     ELSE Answered(Acted([world EXCEPT !.api.pods = With(@, key, fact)], "ours", key, fact.set), who,
                   [type |-> "published", fact |-> fact])

LandPublish(world, who, write) ==
  LET uid == write.record.uid
      node == who[1]
      runs == uid \in DOMAIN world.containers[node] /\ world.containers[node][uid] = "running"
      fact == [uid |-> uid, set |-> write.record.set, meta |-> <<write.incarnation>>, node |-> node, rv |-> 1,
               phase |-> IF runs THEN "Running" ELSE "Pending", ready |-> runs /\ write.record.ready,
               deleting |-> FALSE]
  IN IF ~Admits(world.api.switch, "ours") THEN Answered(world, who, Refused_("publishRefused", uid, "switch"))
     ELSE IF uid \in DOMAIN world.api.pods THEN Answered(world, who, Refused_("publishTaken", uid, "alreadyExists"))
     ELSE Answered(Acted([world EXCEPT !.api.pods = With(@, uid, fact)], "ours", uid, fact.set), who,
                   [type |-> "published", fact |-> fact])

LandDelete(world, who, write) ==
  LET isStray == write.kind = "deleteStray"
      key == IF isStray THEN write.key ELSE KeyOf(write.uid)
      there == key \in DOMAIN world.api.pods /\ world.api.pods[key].meta = write.meta
      fact == world.api.pods[key]
      denied == ~fact.deleting /\ ~Admits(world.api.switch, "ours")
      conflicts == isStray /\ write.rv \notin {<<>>, <<fact.rv>>}
      noted == IF fact.deleting THEN world ELSE Acted(world, "ours", key, fact.set)
      done == IF fact.node = "none" \/ (~isStray /\ write.grace = 0) THEN Removed(noted, key)
              ELSE IF fact.deleting THEN world
              ELSE PodChanged(noted, key, [fact EXCEPT !.deleting = TRUE])
      outcome == IF ~there THEN "notFound" ELSE IF denied THEN "switch" ELSE IF conflicts THEN "conflict" ELSE "accepted"
  IN Answered(IF outcome = "accepted" THEN done ELSE world, who,
              [type |-> "deleted", uid |-> IF isStray THEN AdoptedUid(key, write.meta) ELSE write.uid,
               outcome |-> outcome])

LandRegister(world, who, write) ==
  LET landed == NodeChanged(world, who[1], "agent", Max(world.api.nodes[who[1]].agent, write.incarnation))
  IN Answered(landed, who, [type |-> "registered", fact |-> landed.api.nodes[who[1]]])

Land == \E flight \in DOMAIN flights :
  LET world == [World EXCEPT !.flights = Minus(@, flight)]
      write == flight.write
  IN Becomes(CASE write.kind = "mark" -> LandMark(world, flight.by, write)
               [] write.kind = "publish" ->
                    IF flight.by[1] = "s" THEN LandUnbound(world, flight.by, write)
                    ELSE LandPublish(world, flight.by, write)
               [] write.kind \in {"delete", "deleteStray"} -> LandDelete(world, flight.by, write)
               [] write.kind = "register" -> LandRegister(world, flight.by, write))
\* The reply to a create, or a delete, is lost: K does not know whether it was done, or will be.  It goes on as that of no life.
LostAnswer(write) ==
  IF write.kind = "delete" THEN [type |-> "deleted", uid |-> write.uid, outcome |-> "ambiguous"]
  ELSE Refused_("publishLost", write.record.uid, "ambiguous")
LoseReply == \E flight \in DOMAIN flights :
  /\ left.loss > 0 /\ flight.write.kind = Loses /\ flight.by[1] \in Nodes /\ IsAlive(World, flight.by)
  /\ LET orphan == [flight EXCEPT !.by = <<@[1], 0>>]
         world == Spent([World EXCEPT !.flights = Plus(Minus(@, flight), orphan)], "loss")
     IN Becomes(Answered(world, flight.by, LostAnswer(flight.write)))
\* A create is refused for the quota, or since somebody has the name; or it was done, and the host, which asked twice, hears that its own
\* object has it.
Refuse == \E flight \in DOMAIN flights : \E how \in {"quota", "taken", "own"} :
  /\ left.refusal > 0 /\ flight.write.kind = "publish" /\ flight.by[1] \in Nodes /\ IsAlive(World, flight.by)
  /\ LET uid == flight.write.record.uid
         paid == Spent([World EXCEPT !.flights = Minus(@, flight)], "refusal")
         landed == IF how = "own" THEN LandPublish(paid, <<flight.by[1], 0>>, flight.write) ELSE paid
     IN Becomes(Answered(landed, flight.by,
                         IF how = "quota" THEN Refused_("publishRefused", uid, "quota")
                         ELSE Refused_("publishTaken", uid, "alreadyExists")))
\* It is lost with its writer.
Lose == \E flight \in DOMAIN flights :
  ~IsAlive(World, flight.by) /\ Becomes([World EXCEPT !.flights = Minus(@, flight)])

Runs == \E node \in Nodes : \E uid \in DOMAIN containers[node] :
  /\ containers[node][uid] = "starting"
  /\ Becomes(Heard([World EXCEPT !.containers[node][uid] = "running", !.past.ran = @ \cup {uid},
                      !.past.revived = IF uid \in DOMAIN past.ended /\ "confirmed" \in past.ended[uid]
                                       THEN @ \cup {uid} ELSE @],
                   node, uid, <<"started", "ready">>))
Stops == \E node \in Nodes : \E uid \in DOMAIN containers[node] :
  /\ containers[node][uid] = "stopping"
  /\ Becomes(Heard([World EXCEPT !.containers[node] = But(@, uid)], node, uid, <<"stopped">>))

\* Garbage collection of the Pods of a ReplicaSet that is being deleted; it stands as long as any of them.  It waits for R's watch:
\* until R knows, it replaces what is collected, again and again.
Orphaned == {uid \in DOMAIN api.pods :
  LET set == api.pods[uid].set
  IN ~api.pods[uid].deleting /\ api.sets[set][3] /\ \A me \in DOMAIN rs : rs[me].told[set][3]}
Collect == \E uid \in Orphaned : Becomes(PodChanged(World, uid, [api.pods[uid] EXCEPT !.deleting = TRUE]))

\* Stock's ReplicaSet controller makes or ends a Pod; its scheduler binds one.
StockWants(set) == Admits(api.switch, "stock") /\ StockLacks(api.pods, set, api.sets[set]) # "nothing"
StockActs == \E set \in Range(Sets) :
  /\ StockWants(set)
  /\ LET victim == StockVictim(api.pods, set)
         fact == api.pods[victim]
         made == StockKey(api.pods, set)
     IN Becomes(
          CASE StockLacks(api.pods, set, api.sets[set]) = "a Pod" ->
                 Acted([World EXCEPT !.api.pods = With(@, made, StockPod(made, set))], "stock", made, set)
            [] fact.node = "none" -> Removed(Acted(World, "stock", victim, set), victim)
            [] OTHER -> PodChanged(Acted(World, "stock", victim, set), victim, [fact EXCEPT !.deleting = TRUE]))
Unbound == {key \in DOMAIN api.pods : api.pods[key].node = "none" /\ ~api.pods[key].deleting}
Binds == \E key \in Unbound : \E node \in Nodes :
  /\ StockFits(api.pods, key, node)
  /\ Becomes(PodChanged(World, key, [api.pods[key] EXCEPT !.node = node]))

\* Everybody who must has let go.
Undrained_(fact) == fact.mark # <<>> /\ (fact.drained = <<>> \/ Below(fact.drained[1], fact.mark[1]))
MustSay == {"r"} \cup {node \in Nodes : api.nodes[node].agent > 0 /\ ~Undrained_(api.nodes[node])}
HaveSaid == {peer \in DOMAIN api.said : api.said[peer] = api.switch}
MayAct(act) == act = "takeBack" => MustSay \subseteq HaveSaid
Turned(world, owner) ==
  [world EXCEPT !.api.switch = <<owner, @[2] + 1>>,
                !.past.acted = IF owner = world.api.switch[1] THEN @ ELSE <<>>]

\* People turn the owner switch, scale a ReplicaSet, delete the first Pod of `rs-t1` that stands, or that ReplicaSet with all its Pods.
WithSet(world, set, fact) ==
  LET Stays(one) == one # set
  IN [world EXCEPT !.api.sets[set] = fact, !.api.order = Append(SelectSeq(@, Stays), set)]
Scaled(world, set, replicas) ==
  LET fact == world.api.sets[set] IN WithSet(world, set, <<fact[1] + 1, replicas, fact[3]>>)
Deleted(world, set) ==
  LET fact == world.api.sets[set] IN WithSet(world, set, <<fact[1] + 1, fact[2], TRUE>>)
Act ==
  /\ acts # <<>> /\ MayAct(Head(acts))
  /\ LET world == [World EXCEPT !.acts = Tail(@)]
         standing == Sorted({uid \in DOMAIN api.pods : ~api.pods[uid].deleting /\ api.pods[uid].set = "rs-t1"})
         act == Head(acts)
     IN Becomes(CASE act \in DOMAIN Scales -> Scaled(world, Scales[act][1], Scales[act][2])
                  [] act = "remove" -> Deleted(world, "rs-t1")
                  [] act = "release" -> Turned(world, "stock")
                  [] act = "takeBack" -> Turned(world, "direct")
                  [] act \in {"delete", "force"} /\ standing = <<>> -> world
                  [] act = "force" /\ standing # <<>> -> Removed(world, standing[1])
                  [] act = "delete" /\ standing # <<>> ->
                       PodChanged(world, standing[1], [api.pods[standing[1]] EXCEPT !.deleting = TRUE]))

\* ---- Time ------------------------------------------------------------------------------------------------

\* What goes on of itself, time aside.
Busy ==
  \/ \E peer \in Peers : awaited[peer] # <<>>
  \/ \E link \in Links : \E key \in DOMAIN nets[link] :
       LET connection == nets[link][key]
       IN connection.untold # {} \/ connection.toUp # <<>> \/ connection.toDown # <<>>
  \/ DOMAIN rs \ {api.leases.up} # {} \/ DOMAIN ss \ {api.leases.down} # {}
  \/ \E me \in DOMAIN rs : rs[me].reads # <<>> \/ rs[me].told # api.sets \/ RDials(me)
  \/ \E me \in DOMAIN rs : rs[me].answers # <<>> \/ rs[me].heard # api.switch
  \/ \E me \in DOMAIN ss : ss[me].heard # api.switch
  \/ \E node \in Nodes : ks[node] # <<>> /\ ks[node][1].heard # api.switch
  \/ \E set \in Range(Sets) : StockWants(set)
  \/ \E key \in Unbound : \E node \in Nodes : StockFits(api.pods, key, node)
  \/ \E me \in DOMAIN ss :
       \/ ss[me].reads # <<>> \/ ss[me].seen # api.sets \/ ss[me].answers # <<>>
       \/ \E key \in KeysOfS(ss[me].hand) : UnseenByS(ss[me].hand, key)
       \/ \E node \in DOMAIN ss[me].nodes :
            SDials(me, node) \/ ss[me].nodes[node].reads # <<>> \/ ss[me].nodes[node].marks # <<>>
  \/ \E node \in Nodes : ks[node] # <<>> /\
       LET life == ks[node][1]
       IN \/ life.reads # <<>> \/ life.answers # <<>> \/ life.told # <<>>
          \/ \E uid \in DOMAIN life.passed \cup PodsOn(api, node) \cup DOMAIN life.seen : Unseen(node, uid)
  \/ flights # <<>> \/ Orphaned # {}
  \/ \E node \in Nodes : \E uid \in DOMAIN containers[node] : containers[node][uid] # "running"

Unreachable(me, node, world) ==
  /\ ss[me].nodes[node].timer
  /\ Step(world, <<"s", me>>, STimedOut(me, ss[me], node, api.nodes[node], api.leases))
\* That of the switch's propagation is shorter than all others.
Propagations ==
  {<<"r", me>> : me \in {one \in DOMAIN rs : Propagation \in rs[one].timers}}
  \cup {<<node, lives[node]>> : node \in {one \in Nodes : ks[one] # <<>> /\ Propagation \in ks[one][1].timers}}
Propagates_ == \E who \in Propagations :
  Step(World, who,
       IF who[1] = "r" THEN RPropagated(who[2], [rs[who[2]] EXCEPT !.timers = @ \ {Propagation}])
       ELSE KPropagated([ks[who[1]][1] EXCEPT !.timers = @ \ {Propagation}]))
TimeOut ==
  /\ ~Busy
  /\ IF Propagations # {} THEN Propagates_
     ELSE
     \/ \E me \in DOMAIN rs : \E timer \in rs[me].timers :
          Step(World, <<"r", me>>, RRetries(me, [rs[me] EXCEPT !.timers = @ \ {timer}], timer[2]))
     \/ \E me \in DOMAIN ss :
          \/ \E node \in DOMAIN ss[me].nodes : Unreachable(me, node, World)
          \/ \E timer \in ss[me].timers :
               LET life == [ss[me] EXCEPT !.timers = @ \ {timer}]
               IN Step(World, <<"s", me>>,
                       CASE timer[1] = "coolDown" -> SCooled(me, life, Tail(timer), api.leases)
                         [] timer[1] = "handOver" -> SHands(me, life, timer[2], api.leases)
                         [] timer[1] = "ambiguous" -> SWaited(me, life, timer[2], api.leases)
                         [] OTHER -> SNoted(me, life, api.leases))
     \/ \E node \in Nodes : ks[node] # <<>> /\ \E timer \in ks[node][1].timers :
          Step(World, <<node, lives[node]>>,
               KPod([ks[node][1] EXCEPT !.timers = @ \ {timer}],
                    [type |-> IF timer[1] = "retry" THEN "retried" ELSE "waited", uid |-> timer[2]]))
TimeOutEarly == left.timer > 0 /\ \E me \in DOMAIN ss : \E node \in DOMAIN ss[me].nodes :
  Unreachable(me, node, Spent(World, "timer"))

Next ==
  \/ StartR \/ StartS \/ StartK \/ UsurpR \/ UsurpS \/ CrashR \/ CrashS \/ CrashK \/ LapseR \/ LapseS
  \/ ConnectR \/ ConnectS \/ Break \/ HearR \/ HearS \/ HearK \/ ToldR \/ ToldS \/ ToldK
  \/ AnswerR \/ AnswerS \/ AnswerK \/ WatchR \/ WatchS \/ WatchK \/ Gap \/ Land \/ LoseReply \/ Refuse \/ Lose \/ Runs \/ Stops
  \/ Collect \/ StockActs \/ Binds \/ Act \/ TimeOut \/ TimeOutEarly

Spec == Init /\ [][Next]_vars

Timed ==
  \/ \E me \in DOMAIN rs : rs[me].timers # {}
  \/ \E me \in DOMAIN ss : ss[me].timers # {} \/ \E node \in DOMAIN ss[me].nodes : ss[me].nodes[node].timer
  \/ \E node \in Nodes : ks[node] # <<>> /\ ks[node][1].timers # {}
\* Whether something can happen of itself: neither a fault nor people.
Pending == Busy \/ Timed
FairSpec == Spec /\ ([]<>~Pending \/ []<><<left' = left /\ acts' = acts>>_vars)

\* ---- Properties (protocol 10) --------------------------------------------------------------------------

KLives == {ks[node][1] : node \in {one \in Nodes : ks[one] # <<>>}}

UniquePlacement == \A uid \in DOMAIN past.accepted : Cardinality(past.accepted[uid]) = 1
TerminationIrreversible == past.revived = {}

AtLeast(known, mark) == known # <<>> /\ ~Below(known[1], mark)
Drained(node) == IF journals[node].drained # <<>> THEN journals[node].drained ELSE api.nodes[node].drained
\* A mark that its node has not answered and that is not void.
Undrained(node) ==
  LET mark == api.nodes[node].mark
  IN /\ mark # <<>> /\ ~AtLeast(Drained(node), mark[1]) /\ mark[1][1] >= journals[node].fence[1]
\* The uid under which containers live on, if K has let them go and adopted their object.
LivesOnAs(node, uid) ==
  LET journal == journals[node]
      others == {other \in DOMAIN journal.pods :
                   /\ journal.pods[other].meta # <<>> /\ KeyOf(other) = KeyOf(uid)
                   /\ <<KeyOf(other), journal.pods[other].meta>> \in journal.released}
  IN IF uid \in DOMAIN journal.pods \/ others = {} THEN uid ELSE CHOOSE other \in others : TRUE
RunOn(node) == {LivesOnAs(node, uid) : uid \in DOMAIN containers[node]}
NoFalseConfirm ==
  \A node \in Nodes : ~Undrained(node) => RunOn(node) \cap DOMAIN past.collected = {}

\* S owns what it has not bound, but for what stands at the API Server; K all that it holds.
OwnedByS(life) == DOMAIN life.unbound \ HeldUids(life)
SingleOwner ==
  LET owners(uid) == {<<"s", me>> : me \in {one \in DOMAIN ss : uid \in OwnedByS(ss[one])}}
                     \cup {<<life.node, 1>> : life \in {one \in KLives : uid \in DOMAIN one.records}}
      owned == UNION {OwnedByS(ss[me]) : me \in DOMAIN ss} \cup UNION {DOMAIN life.records : life \in KLives}
  IN \A uid \in owned : Cardinality(owners(uid)) <= 1

TailPublishes ==
  \A uid \in {key \in DOMAIN api.pods : Shown(key)} :
    uid \in DOMAIN past.accepted /\ api.pods[uid].node \in past.accepted[uid]
\* What runs on a node takes, by the journal or by its object.
RoomOn(node, uid) ==
  IF uid \in DOMAIN journals[node].pods THEN Size(journals[node].pods[uid].record.set)
  ELSE IF uid \in DOMAIN api.pods THEN Size(api.pods[uid].set) ELSE 0
RECURSIVE RoomOnAll(_, _)
RoomOnAll(node, uids) ==
  IF uids = {} THEN 0
  ELSE LET uid == CHOOSE uid \in uids : TRUE IN RoomOn(node, uid) + RoomOnAll(node, uids \ {uid})
RunningOn(node) == RoomOnAll(node, RunOn(node)) + ByStrangers(node)
NodeCapacity == \A node \in Nodes : RunningOn(node) <= Capacity
LiveIn(records) == {uid \in DOMAIN records : ~Marked(records[uid])}
PreemptionOrdered == past.overtook = {}
\* What S has placed, without what ends, leaves the room that it keeps.
RoomKept ==
  \A me \in DOMAIN ss : \A node \in DOMAIN ss[me].nodes :
    LET records == ss[me].nodes[node].records
        Waits(preemption) == preemption.node = node /\ preemption.awaited # {}
        kept == Kept(SelectSeq(ss[me].preemptions, Waits), node)
    IN kept > 0 => RoomOf(records, LiveIn(records)) + kept + ByStrangers(node) <= Capacity

\* The same uids and marks, live records equal.
Coherent(mine, theirs) ==
  /\ DOMAIN mine = DOMAIN theirs
  /\ \A uid \in DOMAIN mine :
       /\ Marked(mine[uid]) = Marked(theirs[uid])
       /\ Marked(mine[uid]) \/ mine[uid] = theirs[uid]
\* Ends that agree on an open session, with nothing under way.
Quiet(link, key, upper, lower, to) ==
  /\ upper = "open" /\ lower = "open"
  /\ key \in DOMAIN nets[link]
  /\ LET connection == nets[link][key]
     IN connection.to = to /\ ~connection.broken /\ connection.toUp = <<>> /\ connection.toDown = <<>>
CacheCoherent ==
  /\ \A me \in DOMAIN rs, to \in DOMAIN ss :
       /\ UpSession(me, rs[me]) = DownSession(to, ss[to].link)
       /\ Quiet("up", <<me, rs[me].n>>, rs[me].state, ss[to].link.state, to)
       => Coherent(rs[me].records, AllHeld(ss[to]))
  /\ \A me \in DOMAIN ss, life \in KLives :
       LET node == life.node
       IN node \in DOMAIN ss[me].nodes =>
            LET one == ss[me].nodes[node]
            IN /\ UpSession(me, one) = KSession(life)
               /\ Quiet(node, <<me, one.n>>, one.state, life.link.state, lives[node])
               => Coherent(one.records, life.records)

NoneForDeleted ==
  [][\A me \in DOMAIN rs \cap DOMAIN rs' : \A uid \in DOMAIN rs'[me].records :
       (uid[2] = me /\ uid[3] > rs[me].minted) => ~rs'[me].seen[rs'[me].records[uid].set][3]]_vars

NeverBack(was, is) ==
  \A uid \in DOMAIN was \cap DOMAIN is : PhaseOrder(was[uid].phase) <= PhaseOrder(is[uid].phase)
PhaseMonotonic ==
  [][ /\ \A me \in DOMAIN rs \cap DOMAIN rs' : NeverBack(rs[me].records, rs'[me].records)
      /\ \A me \in DOMAIN ss \cap DOMAIN ss' : NeverBack(AllHeld(ss[me]), AllHeld(ss'[me]))
      /\ \A node \in Nodes :
           (ks[node] # <<>> /\ ks'[node] # <<>> /\ lives'[node] = lives[node]) =>
             NeverBack(ks[node][1].records, ks'[node][1].records) ]_vars

\* Whether a message may change a life that stands on a session.
UpMay(me, life, message) ==
  \/ life.state \notin {"verifying", "fetching", "open"}
  \/ message.session = UpSession(me, life)
  \/ message.session[2] = 0 /\ UpIsThisAttempt(me, life, message)
DownMay(me, side, message) ==
  IF message.kind = "Hello" THEN Below(side.fence, FenceOf(message.session))
  ELSE side.state \notin {"offered", "open"} \/ message.session = DownSession(me, side)
SSame(me) == me \in DOMAIN ss' => ss'[me] = ss[me]
SessionFenced ==
  [][ /\ \A key \in DOMAIN nets["up"] :
           /\ HearROf(key) =>
                \/ UpMay(key[1], rs[key[1]], UpHead("up", key))
                \/ key[1] \in DOMAIN rs' => rs'[key[1]] = rs[key[1]]
           /\ HearSUpOf(key) =>
                LET me == nets["up"][key].to
                IN DownMay(me, ss[me].link, DownHead("up", key)) \/ SSame(me)
      /\ \A node \in Nodes : \A key \in DOMAIN nets[node] :
           /\ HearSDownOf(node, key) =>
                UpMay(key[1], ss[key[1]].nodes[node], UpHead(node, key)) \/ SSame(key[1])
           /\ HearKOf(node, key) =>
                \/ DownMay(ks[node][1].incarnation, ks[node][1].link, DownHead(node, key))
                \/ ks'[node] # <<>> => ks'[node][1] = ks[node][1] ]_vars

\* The node took a newer leader without answering the mark.
Void(node, mark) == ~AtLeast(Drained(node), mark) /\ mark[1] < journals[node].fence[1]
CancelledStaysOut ==
  [][ \A node \in DOMAIN past.cancelled :
        LET cancelled == past.cancelled[node]
        IN Void(node, cancelled.mark)' \/ \A me \in DOMAIN ss' :
             me >= cancelled.mark[1] =>
               (HeldBy(ss'[me]) \cap cancelled.uids) \ (IF me \in DOMAIN ss THEN HeldBy(ss[me]) ELSE {}) = {} ]_vars

\* ---- Liveness: what comes to stay when faults are over -----------------------------------------------------

RLives == UNION {LiveIn(rs[me].records) : me \in DOMAIN rs}
SLives == UNION {LiveIn(AllHeld(ss[me])) : me \in DOMAIN ss}
KLive == UNION {LiveIn(life.records) : life \in KLives}
Running == UNION {RunOn(node) : node \in Nodes}

\* Those that wait for room at S, of which no node has enough.
Unfit == {uid \in SLives \ Running : \A me \in DOMAIN ss :
            uid \in DOMAIN ss[me].unbound /\ \A node \in Nodes : RunningOn(node) + Size(ss[me].unbound[uid].set) > Capacity}
RECURSIVE WantedOf(_)
WantedOf(sets) ==
  IF sets = <<>> THEN 0
  ELSE (IF api.sets[Head(sets)][3] THEN 0 ELSE api.sets[Head(sets)][2]) + WantedOf(Tail(sets))
Converged ==
  /\ \A peer \in Peers : awaited[peer] = <<>>
  /\ \A live \in {RLives, SLives} : Cardinality(live) = WantedOf(Sets)
  /\ \A live \in {KLive, Running} : Cardinality(live) = WantedOf(Sets) - Cardinality(Unfit)
  /\ Running \subseteq RLives \cap SLives \cap KLive
  /\ \A me \in DOMAIN rs : rs[me].state = "open"
  /\ \A me \in DOMAIN ss :
       ss[me].link.state = "open" /\ \A node \in DOMAIN ss[me].nodes : ss[me].nodes[node].state = "open"
  /\ \A life \in KLives : life.link.state = "open"
Converges == <>[]Converged
ConvergesAtRest == ~Pending => Converged

NoTombstone ==
  /\ \A me \in DOMAIN rs : Marks(rs[me].records) = {}
  /\ \A me \in DOMAIN ss : Marks(AllHeld(ss[me])) = {}
  /\ \A life \in KLives : Marks(life.records) = {}
TombstonesCollected == <>[]NoTombstone
TombstonesCollectedAtRest == ~Pending => NoTombstone

\* Whoever waits: no room was made for it, and ending all of lower priority on a node would make none.
NoLower(uid, set) ==
  \A node \in Nodes :
    LET lower(one) == \E me \in DOMAIN ss : Holds(ss[me], one) /\ Priority(Held(ss[me], one).set) < Priority(set)
    IN RoomOnAll(node, {one \in DOMAIN containers[node] : ~lower(one)}) + ByStrangers(node) + Size(set) > Capacity
HigherRun ==
  \A me \in DOMAIN ss : \A uid \in LiveIn(AllHeld(ss[me])) \ Running :
    uid \notin DOMAIN past.victims /\ NoLower(uid, Held(ss[me], uid).set)
PreemptorRuns == <>[]HigherRun
PreemptorRunsAtRest == ~Pending => HigherRun

StandingOnes == {key \in DOMAIN api.pods : Shown(key) /\ api.pods[key].phase # "Failed"}
AllKnown == Running \cup StandingOnes \subseteq UNION {DOMAIN life.records : life \in KLives}
NoLeak == <>[]AllKnown
NoLeakAtRest == ~Pending => AllKnown

\* What runs stands at the API Server.
AllShown == \A node \in Nodes : \A uid \in DOMAIN containers[node] : KeyOf(uid) \in DOMAIN api.pods
RunningShown == <>[]AllShown
RunningShownAtRest == ~Pending => AllShown

\* What S has no node for stands at the API Server; what stands there and no K will see, S answers for, and says how it is.
StandsOpen == {key \in Unstamped(api) : ~api.pods[key].deleting /\ api.pods[key].phase # "Failed"}
Shows ==
  \A me \in {one \in DOMAIN ss : ss[one].heard[1] = "direct"} :
    /\ \A uid \in DOMAIN ss[me].unbound : uid[1] = "a" /\ KeyOf(uid) \in StandsOpen
    /\ \A key \in StandsOpen :
         LET uid == AdoptedUid(key, api.pods[key].meta)
         IN /\ api.pods[key].node \notin Staffed => uid \in HeldBy(ss[me])
            /\ uid \in DOMAIN ss[me].unbound => ss[me].unbound[uid].ready = api.pods[key].ready
UnplacedShown == <>[]Shows
UnplacedShownAtRest == ~Pending => Shows

\* ---- Refinement: the chain as one table of Pods -----------------------------------------------------------

\* What a node's journal has is placed there, and what it has ended is over; the rest waits, as the R and the S say that hold their Leases.
Finished == UNION {journals[node].ended : node \in Nodes}
PlacedOn(node) == DOMAIN journals[node].pods \ Finished
Placed == UNION {PlacedOn(node) : node \in Nodes}
RHolder == {rs[me] : me \in DOMAIN rs \cap {api.leases.up}}
SHolder == {ss[me] : me \in DOMAIN ss \cap {api.leases.down}}
WaitingAt(records) == {records[uid] : uid \in DOMAIN records \ (Placed \cup Finished)}
Waiting == UNION {WaitingAt(life.records) : life \in RHolder} \cup UNION {WaitingAt(AllHeld(life)) : life \in SHolder}
PlacedRow(node, uid) ==
  LET pod == journals[node].pods[uid]
  IN [set |-> pod.record.set, rank |-> Priority(pod.record.set), node |-> node,
      phase |-> IF pod.terminating THEN "terminating" ELSE "placed"]
WaitingRow(uid) ==
  LET record == CHOOSE record \in Waiting : record.uid = uid
  IN [set |-> record.set, rank |-> Priority(record.set), node |-> "none", phase |-> "waiting"]
TheTable ==
  [uid \in Placed \cup {record.uid : record \in Waiting} |->
     IF uid \in Placed THEN PlacedRow(CHOOSE node \in Nodes : uid \in PlacedOn(node), uid) ELSE WaitingRow(uid)]
GivenUp == {node \in Nodes : Undrained(node)}
MarkedAbove == UNION ({Marks(rs[me].records) : me \in DOMAIN rs} \cup {Marks(AllHeld(ss[me])) : me \in DOMAIN ss})
DecidedIn(table) ==
  {uid \in DOMAIN table : table[uid].phase # "terminating" /\ (uid \in MarkedAbove \/ table[uid].node \in GivenUp)}
\* What people have asked for until now.
PeopleDid == Range(SubSeq(Script, 1, Len(Script) - Len(acts)))
AskedOf(set) ==
  {FirstSets[set][2]} \cup {Scales[act][2] : act \in {one \in DOMAIN Scales \cap PeopleDid : Scales[one][1] = set}}
  \cup {0 : act \in PeopleDid \cap (IF set = "rs-t1" THEN {"remove"} ELSE {})}

Manager == INSTANCE ClusterManager WITH
  asked <- [set \in Range(Sets) |-> AskedOf(set)],
  table <- TheTable,
  leaving <- DecidedIn(TheTable),
  lost <- GivenUp,
  renewed <- {node \in Nodes : lives[node] > 1},
  over <- Finished,
  running <- Running,
  objects <- [uid \in DOMAIN api.pods |-> IF api.pods[uid].deleting THEN "deleting" ELSE "live"]

Refines == Manager!Sound /\ [][Manager!Manage]_(Manager!manager)
=============================================================================
