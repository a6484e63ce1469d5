---------------------------- MODULE Cancellation ----------------------------
(***************************************************************************)
(* The rule (protocol 6): the Pods of a node that can not be reached are   *)
(* given up only by a leader that has marked the Node and still led after  *)
(* that; and a marked node ends what it runs before it serves any leader   *)
(* again.  So no Pod that was given up comes back, and none that was       *)
(* confirmed runs on, whatever breaks, and though two leaders of S, each   *)
(* with marks of its own, are at work at once.                             *)
(*                                                                         *)
(* One action is one event given to S or K, run to the end of that step,   *)
(* with what it sends; a crash of S can fall between any two things sent.  *)
(* It is the explorer's world of one node (`spec/worlds/cancellation.ts`), *)
(* state for state and step for step: `npm run check` compares them.       *)
(*                                                                         *)
(* It begins with the link open, one Pod running, and everything told.     *)
(***************************************************************************)
EXTENDS DrainingEnd, Network

CONSTANTS
  Breaks,    \* connections broken
  Lingers,   \* breaks and crashes after which what was under way still arrives
  Crashes,   \* of S
  Usurps,    \* lives of S that begin while another still runs
  Timers,    \* timers that run out before all is at rest
  Mints, Terminations,
  Losses,    \* marks whose reply is lost, whether they are written or not
  Watches    \* 1 if K hears of its Node between two reads, else 0

VARIABLES
  ups,          \* incarnation -> the life of S that runs under it
  agent,        \* the life of K; it has but one
  connections,  \* <<incarnation of S, n>> -> connection
  node,         \* the Node at the API Server: [rv, mark, drained]
  lease,        \* incarnation of the holder of S's Lease
  awaited,      \* <<above>> where a life of S waits to begin, else <<>>
  flights,      \* bag of marks on their way to the API Server: [by, mark, rv]
  containers,   \* uid -> "starting", "running" or "stopping"
  left,         \* budgets
  past          \* what was once true

vars == <<ups, agent, connections, node, lease, awaited, flights, containers, left, past>>

K == 1
First == <<"r", 1, 1>>
FirstPod == [uid |-> First, node |-> "below", phase |-> "running", ready |-> FALSE,
             version |-> <<"down", K, 1>>]

Init ==
  /\ ups = <<[CancellingFresh EXCEPT
                !.state = "open", !.minted = 1, !.dial = <<>>, !.timer = FALSE,
                !.offer = <<[session |-> <<1, K, 1>>, held |-> <<>>, drained |-> <<>>]>>,
                !.records = [uid \in {First} |-> FirstPod], !.cancel.state = "reachable"]>>
  /\ agent = [state |-> "open", fence |-> <<1, 1>>, hello |-> <<<<1, 0, 1>>>>,
              records |-> [uid \in {First} |-> FirstPod], changes |-> 1, queued |-> NoNews,
              waiting |-> <<>>, accepted |-> <<1, 1>>, draining |-> <<>>, drained |-> <<>>,
              read |-> 1, reads |-> <<>>, told |-> <<>>, seen |-> IF Watches > 0 THEN <<2>> ELSE <<>>]
  /\ connections = [key \in {<<1, 1>>} |-> Connection(K)]
  /\ node = [rv |-> 2, mark |-> <<>>, drained |-> <<>>]
  /\ lease = 1
  /\ awaited = <<>>
  /\ flights = <<>>
  /\ containers = [uid \in {First} |-> "running"]
  /\ left = [break |-> Breaks, linger |-> Lingers, crash |-> Crashes, usurp |-> Usurps,
             timer |-> Timers, mint |-> Mints, end |-> Terminations, loss |-> Losses]
  /\ past = [accepted |-> {First}, collected |-> {}, confirmed |-> {}, ran |-> {First},
             revived |-> {}, cancelled |-> <<>>, stopped |-> {}]

\* ---- A world in the middle of a step ---------------------------------------

World == [ups |-> ups, agent |-> agent, connections |-> connections, node |-> node,
          awaited |-> awaited, flights |-> flights, containers |-> containers, left |-> left,
          past |-> past]

\* Reads that are under way may see what has changed since they began.
Refreshed(reads, of, value) ==
  LET Seen(read) == IF read.of = of THEN [read EXCEPT !.candidates = @ \cup {value}] ELSE read
      RECURSIVE Sum(_)
      Sum(some) == IF some = {} THEN 0
                   ELSE LET one == CHOOSE one \in some : TRUE IN reads[one] + Sum(some \ {one})
  IN [read \in {Seen(one) : one \in DOMAIN reads} |-> Sum({one \in DOMAIN reads : Seen(one) = read})]
AllRefreshed(lives, of, value) ==
  [me \in DOMAIN lives |-> [lives[me] EXCEPT !.reads = Refreshed(@, of, value)]]

Becomes(world) ==
  LET changed == world.node # node
  IN /\ ups' = IF changed THEN AllRefreshed(world.ups, "node", world.node) ELSE world.ups
     /\ agent' = IF changed THEN [world.agent EXCEPT !.reads = Refreshed(@, "node", world.node)]
                 ELSE world.agent
     /\ connections' = world.connections /\ node' = world.node /\ awaited' = world.awaited
     /\ flights' = world.flights /\ containers' = world.containers /\ left' = world.left
     /\ past' = world.past
     /\ UNCHANGED lease

With(function, key, value) ==
  [one \in DOMAIN function \cup {key} |-> IF one = key THEN value ELSE function[one]]
But(function, key) == [one \in DOMAIN function \ {key} |-> function[one]]
Spent(world, budget) == [world EXCEPT !.left[budget] = @ - 1]

\* What the runtime tells K of a Pod, in its order.
Heard(life, uid, events) ==
  [life EXCEPT !.told = With(@, uid, (IF uid \in DOMAIN @ THEN @[uid] ELSE <<>>) \o events)]

NodeChanged(fact, field, mark) == [fact EXCEPT ![field] = <<mark>>, !.rv = @ + 1]

\* ---- What goes out ----------------------------------------------------------

Gone(world, me, lingers) ==
  [world EXCEPT !.ups = But(@, me), !.connections = Left(@, "up", me, lingers)]
Crashed(world, me, lingers) ==
  [Gone(world, me, lingers) EXCEPT !.awaited = IF @ = <<>> THEN <<0>> ELSE @]

UpPerformed(world, me, effect) ==
  CASE effect.type = "send" -> [world EXCEPT !.connections = Sent(@, "up", me, effect.message)]
    [] effect.type = "disconnect" ->
         [world EXCEPT !.connections = Disconnected(@, "up", me, effect.session)]
    [] effect.type = "mark" ->
         [world EXCEPT !.flights = Plus(@, [by |-> me, mark |-> effect.mark, rv |-> effect.rv])]
    [] effect.type = "restart" -> [Gone(world, me, TRUE) EXCEPT !.awaited = <<effect.above>>]
    [] effect.type = "stop" -> [Gone(world, me, TRUE) EXCEPT !.past.stopped = @ \cup {me}]

DownPerformed(world, effect) ==
  CASE effect.type = "send" ->
         [world EXCEPT !.connections = Sent(@, "down", K, effect.message),
                       !.past.confirmed = IF effect.message.kind = "Terminated"
                                          THEN @ \cup Range(effect.message.uids) ELSE @]
    [] effect.type = "disconnect" ->
         [world EXCEPT !.connections = Disconnected(@, "down", K, effect.session)]
    [] effect.type = "startPod" ->
         [world EXCEPT !.containers = IF effect.uid \in DOMAIN @ THEN @ ELSE With(@, effect.uid, "starting"),
                       !.past.accepted = @ \cup {effect.uid}]
    [] effect.type = "stopPod" ->
         IF effect.uid \in DOMAIN world.containers
         THEN [world EXCEPT !.containers[effect.uid] = "stopping"]
         ELSE [world EXCEPT !.agent = Heard(@, effect.uid, <<"stopped">>)]
    [] effect.type = "readNode" ->
         [world EXCEPT !.agent.reads = Plus(@, Reading(<<"hello", effect.read>>, "node", world.node))]
    [] effect.type = "reportDrain" -> [world EXCEPT !.node = NodeChanged(@, "drained", effect.mark)]

RECURSIVE AllPerformed(_, _, _, _)
AllPerformed(world, end, me, effects) ==
  IF effects = <<>> THEN world
  ELSE AllPerformed(IF end = "up" THEN UpPerformed(world, me, Head(effects))
                    ELSE DownPerformed(world, Head(effects)),
                    end, me, Tail(effects))

\* An event given to S: all that goes out, or a crash on the way.  What it held as a
\* tombstone and holds no more is collected.
UpStep(world, me, result) ==
  LET was == world.ups[me]
      ended == {uid \in DOMAIN was.records : Marked(was.records[uid])} \ DOMAIN result.life.records
      moved == [world EXCEPT !.ups[me] = result.life, !.past.collected = @ \cup ended]
  IN \/ Becomes(AllPerformed(moved, "up", me, result.out))
     \/ /\ world.left.crash > 0
        /\ \E many \in 1..(Len(result.out) - 1) :
             Becomes(Spent(Crashed(AllPerformed(moved, "up", me, SubSeq(result.out, 1, many)), me, TRUE),
                           "crash"))

DownStep(world, result) ==
  Becomes(AllPerformed([world EXCEPT !.agent = result.life], "down", K, result.out))

\* ---- Lives of S begin and end -------------------------------------------------

Begin ==
  /\ lease' = lease + 1
  /\ ups' = With(AllRefreshed(ups, "up", lease + 1), lease + 1, CancellingFresh)
  /\ awaited' = <<>>
  /\ UNCHANGED <<agent, connections, node, flights, containers, past>>

Start == awaited # <<>> /\ Begin /\ UNCHANGED left
Usurp ==
  /\ left.usurp > 0 /\ awaited = <<>> /\ DOMAIN ups # {}
  /\ Begin /\ left' = [left EXCEPT !.usurp = @ - 1]

\* At rest between two steps.
Crash == \E me \in DOMAIN ups, lingers \in BOOLEAN :
  LET paid == Spent(World, "crash")
  IN /\ left.crash > 0
     /\ lingers => left.linger > 0
     /\ Becomes(Crashed(IF lingers THEN Spent(paid, "linger") ELSE paid, me, lingers))

\* A superseded life finds out by the renewals of its Lease, in its own time.
Lapse == \E me \in DOMAIN ups : me # lease /\ Becomes(UpPerformed(World, me, Stop))

\* ---- Connections and messages ---------------------------------------------------

Dials(me) == ups[me].dial # <<>>
Connect == \E me \in DOMAIN ups :
  LET n == ups[me].dial[1]
      result == CancellingConnected(me, [ups[me] EXCEPT !.dial = <<>>], n)
      connected == [World EXCEPT !.connections = PutConnection(@, <<me, n>>, Connection(K)),
                                 !.ups[me] = result.life]
  IN Dials(me) /\ Becomes(AllPerformed(connected, "up", me, result.out))

Break == \E key \in DOMAIN connections :
  LET connection == connections[key]
      full == {end \in Ends : Queue(connection, end) # <<>>}
      paid == Spent(World, "break")
  IN /\ left.break > 0 /\ ~connection.broken
     /\ \E linger \in SUBSET full :
          /\ linger # {} => left.linger > 0
          /\ Becomes([(IF linger = {} THEN paid ELSE Spent(paid, "linger"))
                        EXCEPT !.connections = PutConnection(@, key, Broken(connection, linger))])

After(key, end) == [World EXCEPT !.connections = Taken(@, key, end)]
DeliverUp == \E key \in DOMAIN connections :
  /\ connections[key].toUp # <<>>
  /\ UpStep(After(key, "up"), key[1],
            CancellingReceived(key[1], ups[key[1]], Head(connections[key].toUp), lease))
DeliverDown == \E key \in DOMAIN connections :
  /\ connections[key].toDown # <<>>
  /\ DownStep(After(key, "down"), DrainingReceived(K, agent, Head(connections[key].toDown)))

Learnt(key, end) == [World EXCEPT !.connections = Told(@, key, end)]
ToldUp == \E key \in DOMAIN connections :
  /\ "up" \in connections[key].untold
  /\ UpStep(Learnt(key, "up"), key[1], CancellingBroken(key[1], ups[key[1]], key[2]))
ToldDown == \E key \in DOMAIN connections :
  /\ "down" \in connections[key].untold
  /\ DownStep(Learnt(key, "down"), DrainingBroken(K, agent, key[1], key[2]))

\* ---- Reads, writes, watches, timers ---------------------------------------------

Answered(me, read, value) ==
  LET life == [ups[me] EXCEPT !.reads = Minus(@, read)]
  IN IF read.of = "node" THEN NodeAnswered(me, life, read.token, value, lease)
     ELSE LeaseAnswered(me, life, read.token, value)
AnswerUp == \E me \in DOMAIN ups :
  \/ \E read \in DOMAIN ups[me].reads : \E value \in read.candidates :
       UpStep(World, me, Answered(me, read, value))
  \/ \E answer \in DOMAIN ups[me].marks :
       UpStep(World, me, MarkAnswered(me, [ups[me] EXCEPT !.marks = Minus(@, answer)], answer, node, lease))

\* What the runtime tells is heard in its order; that a Pod runs changes nothing here.
Relayed(uid) ==
  LET told == agent.told[uid]
      life == [agent EXCEPT !.told = IF Len(told) = 1 THEN But(@, uid) ELSE With(@, uid, Tail(told))]
  IN IF Head(told) = "stopped" THEN PodStopped(K, life, uid) ELSE Done(K, Turn(life, <<>>))
AnswerDown ==
  \/ \E read \in DOMAIN agent.reads : \E fact \in read.candidates :
       DownStep(World, NodeRead(K, [agent EXCEPT !.reads = Minus(@, read)], read.token, fact))
  \/ \E uid \in DOMAIN agent.told : DownStep(World, Relayed(uid))

Watch == Watches > 0 /\ agent.seen # <<node.rv>> /\ DownStep(World, NodeSeen(K, agent, node))

\* A mark arrives at the API Server.
Land == \E flight \in DOMAIN flights :
  LET written == flight.rv = node.rv
      answer == [mark |-> flight.mark, outcome |-> IF written THEN "written" ELSE "conflict"]
      landed == [World EXCEPT
                   !.flights = Minus(@, flight),
                   !.node = IF written THEN NodeChanged(@, "mark", flight.mark) ELSE @,
                   !.past.cancelled =
                      IF written THEN <<[mark |-> flight.mark, uids |-> DOMAIN agent.records]>> ELSE @]
  IN Becomes(IF flight.by \in DOMAIN ups THEN [landed EXCEPT !.ups[flight.by].marks = Plus(@, answer)]
             ELSE landed)
\* The reply to a mark is lost: to S that is a conflict, and it reads the Node again.  The mark goes on as that of no life.
LoseReply == \E flight \in DOMAIN flights :
  /\ left.loss > 0 /\ flight.by \in DOMAIN ups
  /\ LET orphan == [flight EXCEPT !.by = 0]
         world == Spent([World EXCEPT !.flights = Plus(Minus(@, flight), orphan)], "loss")
     IN Becomes([world EXCEPT !.ups[flight.by].marks = Plus(@, [mark |-> flight.mark, outcome |-> "conflict"])])
\* It is lost with its writer.
Lose == \E flight \in DOMAIN flights :
  flight.by \notin DOMAIN ups /\ Becomes([World EXCEPT !.flights = Minus(@, flight)])

Runs == \E uid \in DOMAIN containers :
  /\ containers[uid] = "starting"
  /\ Becomes([World EXCEPT !.containers[uid] = "running", !.agent = Heard(@, uid, <<"started", "ready">>),
                           !.past.ran = @ \cup {uid},
                           !.past.revived = IF uid \in past.confirmed THEN @ \cup {uid} ELSE @])
Stops == \E uid \in DOMAIN containers :
  /\ containers[uid] = "stopping"
  /\ Becomes([World EXCEPT !.containers = But(@, uid), !.agent = Heard(@, uid, <<"stopped">>)])

\* What goes on of itself, time aside.
Busy ==
  \/ awaited # <<>>
  \/ \E key \in DOMAIN connections :
       LET connection == connections[key]
       IN connection.untold # {} \/ connection.toUp # <<>> \/ connection.toDown # <<>>
  \/ DOMAIN ups \ {lease} # {}
  \/ \E me \in DOMAIN ups : ups[me].reads # <<>> \/ ups[me].marks # <<>> \/ Dials(me)
  \/ agent.reads # <<>> \/ agent.told # <<>> \/ (Watches > 0 /\ agent.seen # <<node.rv>>)
  \/ flights # <<>>
  \/ \E uid \in DOMAIN containers : containers[uid] # "running"

TimeOutOf(me, world) == ups[me].timer /\ UpStep(world, me, TimedOut(ups[me], node))
TimeOut == ~Busy /\ \E me \in DOMAIN ups : TimeOutOf(me, World)
TimeOutEarly == left.timer > 0 /\ \E me \in DOMAIN ups : TimeOutOf(me, Spent(World, "timer"))

\* ---- Pods -----------------------------------------------------------------------

Mint == left.mint > 0 /\ \E me \in DOMAIN ups :
  ups[me].state = "open" /\ UpStep(Spent(World, "mint"), me, UpMint(me, ups[me]))
Terminate == left.end > 0 /\ \E me \in DOMAIN ups : \E uid \in DOMAIN ups[me].records :
  ~Marked(ups[me].records[uid]) /\ UpStep(Spent(World, "end"), me, UpEnd(me, ups[me], uid))

Next ==
  \/ Start \/ Usurp \/ Crash \/ Lapse \/ Connect \/ Break
  \/ DeliverUp \/ DeliverDown \/ ToldUp \/ ToldDown \/ AnswerUp \/ AnswerDown
  \/ Watch \/ Land \/ LoseReply \/ Lose \/ Runs \/ Stops \/ TimeOut \/ TimeOutEarly \/ Mint \/ Terminate

Spec == Init /\ [][Next]_vars

\* Whether something can happen of itself: neither a fault nor a prompt.
Pending == Busy \/ \E me \in DOMAIN ups : ups[me].timer
FairSpec == Spec /\ ([]<>~Pending \/ []<><<left' = left>>_vars)

\* ---- Properties (protocol 10) ----------------------------------------------------

AtLeast(known, mark) == known # <<>> /\ ~Below(known[1], mark)
\* Whom K has fenced, by its journal.
Journalled(life) ==
  LET Known(mark, fence) == IF mark = <<>> THEN fence ELSE Highest(fence, mark[1])
  IN Known(life.draining, Known(life.drained, life.accepted))

Undrained ==
  /\ node.mark # <<>> /\ ~AtLeast(agent.drained, node.mark[1])
  /\ node.mark[1][1] >= Journalled(agent)[1]

NoFalseConfirm == ~Undrained => DOMAIN containers \cap past.collected = {}

TerminationIrreversible == past.revived = {}

Void(life, mark) == ~AtLeast(life.drained, mark) /\ mark[1] < Journalled(life)[1]
CancelledStaysOut ==
  [][ past.cancelled # <<>> =>
        LET cancelled == past.cancelled[1]
        IN \/ Void(agent', cancelled.mark)
           \/ \A me \in DOMAIN ups' :
                me >= cancelled.mark[1] =>
                  (DOMAIN ups'[me].records \cap cancelled.uids)
                    \ (IF me \in DOMAIN ups THEN DOMAIN ups[me].records ELSE {}) = {} ]_vars

\* K drains for no mark that is older than the leader that it had accepted.
NoNeedlessEnd ==
  [][ node'.drained # node.drained => node'.drained[1][1] >= Journalled(agent)[1] ]_vars

Rank(phase) == CASE phase = "created" -> 0 [] phase = "running" -> 1 [] phase = "terminating" -> 2
NeverBack(was, is) ==
  \A uid \in DOMAIN was \cap DOMAIN is : Rank(was[uid].phase) <= Rank(is[uid].phase)
PhaseMonotonic ==
  [][ /\ \A me \in DOMAIN ups \cap DOMAIN ups' : NeverBack(ups[me].records, ups'[me].records)
      /\ NeverBack(agent.records, agent'.records) ]_vars

NoTombstone == \A life \in {agent} \cup {ups[me] : me \in DOMAIN ups} :
  \A uid \in DOMAIN life.records : ~Marked(life.records[uid])
TombstonesCollected == <>[]NoTombstone
TombstonesCollectedAtRest == ~Pending => NoTombstone

Met ==
  /\ lease \in DOMAIN ups
  /\ ups[lease].state = "open" /\ agent.state = "open"
  /\ UpSession(lease, ups[lease]) = DownSession(K, agent)
HoldersMeet == <>[]Met
HoldersMeetAtRest == ~Pending => Met
=============================================================================
