---------------------------- MODULE Registration ----------------------------
(***************************************************************************)
(* The rule (protocol 1, 3, 6): a life of S or K bears a number above all  *)
(* that were borne before it: above the counter on its Lease (K: on its    *)
(* Node), written by compare-and-swap, and above the clock, so that not    *)
(* even a deleted Lease brings a number back.  The clock may stand or go   *)
(* back as long as the counter is there.  K registers itself on its Node   *)
(* first, then reads S's Lease for the minimum, again and again until      *)
(* there is one, lists, and only then answers a `Hello`: no S that was     *)
(* superseded before is served.  S hears of the agent by its watch of the  *)
(* Node, or by the list of its start.  Of two agents of one Node the newer *)
(* one serves; the older one stops when a consistent read, or the answer   *)
(* to its registration, shows it the other.                                *)
(*                                                                         *)
(* S and the agents of one Node, as `SchedulerStage` and `KubeletStage`    *)
(* have them, and nobody who asks for a Pod; each hears of the Node by its *)
(* watch too, and the Node stays.  A second agent is on another machine,   *)
(* with a journal of its own.  S's side of the link to R is left out:      *)
(* nobody is there.  One action is one event given to one stage; a crash   *)
(* falls between any two things that go out.  It is the explorer's         *)
(* world (`spec/worlds/registration.ts`), state for state and step for     *)
(* step.                                                                   *)
(***************************************************************************)
EXTENDS SchedulerStage, Network

CONSTANTS
  Usurps,    \* lives of S that begin while another still runs
  Crashes,   \* of S
  Agents,    \* agents that begin while another still runs
  AgentCrashes,
  Backs,     \* starts of S for which the clock has gone back
  Losses,    \* registrations whose reply is lost
  Deletes    \* deletions of S's Lease

VARIABLES
  ss,       \* incarnation -> the life of S that runs under it
  ks,       \* number of a life -> that life of K
  lives,    \* [s, k]: how many began
  net,      \* <<incarnation of S, n>> -> connection
  lease,    \* the counter on S's Lease; 0 if there is none
  node,     \* [rv, agent, mark, drained]
  flights,  \* bag of writes on their way to the API Server: [by, write]
  journal,  \* what the latest agent persisted; no other's is read again
  awaited,  \* [s, k]: <<above>> where a life waits to begin, else <<>>
  left,     \* budgets
  past      \* what was once true

vars == <<ss, ks, lives, net, lease, node, flights, journal, awaited, left, past>>

N == "n1"
FirstSwitch == <<"direct", 1>>
FirstNode == [rv |-> 1, agent |-> 0, mark |-> <<>>, drained |-> <<>>]
\* Of S's side of the link to R: the barrier, which is of the Nodes with an agent in the list of the start.
Barred(was, life) ==
  LET Reached(n) == n \in DOMAIN life.nodes /\ life.nodes[n].reached
      barrier == IF life.barrier = <<>> THEN <<>> ELSE <<{n \in life.barrier[1] : ~Reached(n)}>>
      passed == was.link.passed \/ barrier = <<{}>>
  IN [life EXCEPT !.barrier = barrier, !.link = [FreshSide(<<0, 0>>) EXCEPT !.passed = passed]]
With(function, key, value) ==
  [one \in DOMAIN function \cup {key} |-> IF one = key THEN value ELSE function[one]]
SFresh(fact) ==
  With(With(SchedulerFresh(<<>>, [n \in {N} |-> fact], FirstSwitch), "rv", fact.rv), "barrier", <<>>)
\* An empty journal where an agent has served before was lost.
KFresh(incarnation, fact, kept, found) ==
  LET doubts == (kept.doubtful \/ (found /\ ~kept.node)) /\ ~Is("lost-journal-trusted")
      life == [KubeletFresh(N, incarnation, kept, {}, FirstSwitch) EXCEPT
                 !.shown = <<"it">>, !.doubt = IF doubts THEN "waiting" ELSE "none"]
  IN With(With(life, "rv", fact.rv), "kept", <<kept>>)
FirstJournal == With(EmptyJournal, "doubtful", FALSE)

Init ==
  /\ ss = <<>>
  /\ ks = <<>>
  /\ lives = [s |-> 0, k |-> 0]
  /\ net = <<>>
  /\ lease = 0
  /\ node = FirstNode
  /\ flights = <<>>
  /\ journal = FirstJournal
  /\ awaited = [s |-> <<0>>, k |-> <<0>>]
  /\ left = [usurp |-> Usurps, crash |-> Crashes, agent |-> Agents, agentCrash |-> AgentCrashes, back |-> Backs, loss |-> Losses, delete |-> Deletes]
  /\ past = [numbered |-> <<>>,
             misnumbered |-> {}, superseded |-> <<>>, stopped |-> {}]

World == [ss |-> ss, ks |-> ks, lives |-> lives, net |-> net, lease |-> lease, node |-> node,
          flights |-> flights, journal |-> journal, awaited |-> awaited, left |-> left, past |-> past]

\* ---- Reads see what has changed since they began ---------------------------------

Now(world, of) ==
  CASE of \in {"up", "down"} -> world.lease
    [] of = "agent" -> world.node.agent
    [] of = "node" -> world.node
    [] of = "nodes" -> [n \in {N} |-> world.node]
    [] of = "pods" -> <<>>
RECURSIVE Sum(_, _)
Sum(bag, some) ==
  IF some = {} THEN 0 ELSE LET one == CHOOSE one \in some : TRUE IN bag[one] + Sum(bag, some \ {one})
Fresh(reads, world) ==
  LET Seen(read) == [read EXCEPT !.candidates = @ \cup {Now(world, read.of)}]
  IN [read \in {Seen(one) : one \in DOMAIN reads} |-> Sum(reads, {one \in DOMAIN reads : Seen(one) = read})]
FreshS(life, world) ==
  [life EXCEPT !.reads = Fresh(@, world), !.nodes = [n \in DOMAIN @ |-> [@[n] EXCEPT !.reads = Fresh(@, world)]]]

Becomes(world) ==
  /\ ss' = [me \in DOMAIN world.ss |-> FreshS(world.ss[me], world)]
  /\ ks' = [me \in DOMAIN world.ks |-> [world.ks[me] EXCEPT !.reads = Fresh(@, world)]]
  /\ lives' = world.lives /\ net' = world.net /\ lease' = world.lease /\ node' = world.node
  /\ flights' = world.flights /\ journal' = world.journal /\ awaited' = world.awaited
  /\ left' = world.left /\ past' = world.past

But(function, key) == [one \in DOMAIN function \ {key} |-> function[one]]
Spent(world, budget) == [world EXCEPT !.left[budget] = @ - 1]
Leases == [up |-> 0, down |-> lease]

\* ---- Who there is ------------------------------------------------------------------

IsAlive(world, who) == who[2] \in DOMAIN (IF who[1] = "s" THEN world.ss ELSE world.ks)
Leaves(world, who, lingers) ==
  IF who[1] = "s"
  THEN [world EXCEPT !.ss = But(@, who[2]), !.net = Left(@, "up", who[2], lingers)]
  ELSE [world EXCEPT !.ks = But(@, who[2]), !.net = Left(@, "down", who[2], lingers)]
Crashed(world, who, lingers) ==
  [Leaves(world, who, lingers) EXCEPT !.awaited[who[1]] = IF @ = <<>> THEN <<0>> ELSE @]
\* A superseded life stops for good; where the Lease is gone, its host takes another.
Stops(world, who) ==
  LET gone == [Leaves(world, who, TRUE) EXCEPT !.past.stopped = @ \cup {who}]
  IN IF who[1] = "s" /\ world.lease = 0 /\ world.awaited.s = <<>>
     THEN [gone EXCEPT !.awaited.s = <<0>>] ELSE gone

\* A life bears a number.
Numbered(world, who, number) ==
  LET numbers == world.past.numbered
      others == {other \in DOMAIN numbers : other[1] = who[1] /\ other # who}
      isNew == \A other \in others : numbers[other] < number
  IN [world EXCEPT !.past.numbered = With(@, who, number),
                   !.past.misnumbered = IF isNew THEN @ ELSE @ \cup {who}]

\* ---- What goes out -------------------------------------------------------------------

JournalAfter(kept, entry) ==
  CASE entry.kind = "node" -> [kept EXCEPT !.node = TRUE]
    [] entry.kind = "fence" -> [kept EXCEPT !.fence = Highest(@, entry.fence)]
    [] entry.kind = "drained" -> [kept EXCEPT !.drained = LaterMark(@, <<entry.mark>>)]
    [] entry.kind = "doubt" -> [kept EXCEPT !.doubtful = ~entry.over]
RECURSIVE JournalledAll(_, _)
JournalledAll(kept, entries) ==
  IF entries = <<>> THEN kept ELSE JournalledAll(JournalAfter(kept, Head(entries)), Tail(entries))

NodeChanged(world, field, value) == [world EXCEPT !.node = [@ EXCEPT ![field] = value, !.rv = @ + 1]]
Carried(world, end, me, effect) ==
  [world EXCEPT !.net = IF effect.type = "send" THEN Sent(@, end, me, effect.message)
                        ELSE Disconnected(@, end, me, effect.session)]
Flies(world, who, write) == [world EXCEPT !.flights = Plus(@, [by |-> who, write |-> write])]

KPerformed(world, who, effect) ==
  CASE effect.type \in {"send", "disconnect"} -> Carried(world, "down", who[2], effect)
    [] effect.type = "journal" ->
         IF who[2] # world.lives.k THEN world ELSE [world EXCEPT !.journal = JournalledAll(@, effect.entries)]
    [] effect.type = "register" ->
         Flies(world, who, [kind |-> "register", incarnation |-> world.ks[who[2]].incarnation])
    [] effect.type = "read" ->
         [world EXCEPT !.ks[who[2]].reads = Plus(@, Reading(effect.token, effect.of, Now(world, effect.of)))]
    [] effect.type = "reportDrain" -> NodeChanged(world, "drained", <<effect.mark>>)
    [] effect.type = "restart" -> [Leaves(world, who, TRUE) EXCEPT !.awaited.k = <<effect.above>>]
    [] effect.type = "stop" -> Stops(world, who)
SPerformed(world, who, effect) ==
  CASE effect.type = "restart" -> [Leaves(world, who, TRUE) EXCEPT !.awaited.s = <<effect.effect.above>>]
    [] effect.type = "stop" -> Stops(world, who)
    [] effect.type = "mark" ->
         Flies(world, who, [kind |-> "mark", node |-> N, mark |-> effect.effect.mark, rv |-> effect.effect.rv])
    [] OTHER -> Carried(world, "up", who[2], effect.effect)

RECURSIVE AllPerformed(_, _, _)
AllPerformed(world, who, effects) ==
  IF effects = <<>> \/ ~IsAlive(world, who) THEN world
  ELSE AllPerformed(IF who[1] = "s" THEN SPerformed(world, who, Head(effects))
                    ELSE KPerformed(world, who, Head(effects)), who, Tail(effects))

SWhole(world, me, result) ==
  AllPerformed([world EXCEPT !.ss[me] = Barred(@, result.life)], <<"s", me>>, result.out)
KWhole(world, me, result) == AllPerformed([world EXCEPT !.ks[me] = result.life], <<"k", me>>, result.out)
Whole(world, who, result) ==
  IF who[1] = "s" THEN SWhole(world, who[2], result) ELSE KWhole(world, who[2], result)
Outward(effect) == effect.type \notin {"read", "restart", "stop"}
Step(world, who, result) ==
  LET outward == {i \in DOMAIN result.out : Outward(result.out[i])}
      budget == IF who[1] = "s" THEN "crash" ELSE "agentCrash"
  IN \/ Becomes(Whole(world, who, result))
     \/ /\ world.left[budget] > 0
        /\ \E i \in outward :
             LET cut == Whole(Spent(world, budget), who, [result EXCEPT !.out = SubSeq(@, 1, i)])
             IN /\ \E j \in outward : j > i
                /\ Becomes(IF IsAlive(cut, who) THEN Crashed(cut, who, TRUE) ELSE cut)
SStep(world, me, result) == Step(world, <<"s", me>>, result)
KStep(world, me, result) == Step(world, <<"k", me>>, result)

\* ---- S hears of the Node ----------------------------------------------------------------

Observed(me, life, fact) ==
  LET known == N \in DOMAIN life.nodes
      seen == IF known THEN [life EXCEPT !.facts[N] = fact]
              ELSE IF fact.agent = 0 THEN life
              ELSE [life EXCEPT !.facts = With(@, N, fact), !.nodes = With(@, N, NodeFresh)]
  IN IF fact.mark = <<>> \/ life.newer # <<>> THEN seen
     ELSE IF fact.mark[1][1] <= me THEN seen
     ELSE [seen EXCEPT !.newer = fact.mark,
                       !.reads = Plus(@, Reading(<<"newer">> \o fact.mark[1], "down", lease))]

\* ---- Lives begin and end -----------------------------------------------------------------

Next_(before, above, clock) ==
  LET next == Max(before, above) + 1
  IN IF Is("number-by-counter") THEN next
     ELSE Max(IF Is("number-by-clock") THEN 0 ELSE next, clock)
NumberOf(before, above, life, clock) ==
  IF Is("environment/reuse-incarnation") /\ life > 1 /\ above = 0 THEN before ELSE Next_(before, above, clock)

BeginS(world, back) ==
  LET life == world.lives.s + 1
      above == IF world.awaited.s = <<>> THEN 0 ELSE world.awaited.s[1]
      me == NumberOf(world.lease, above, life, IF back THEN 0 ELSE life)
      begun == [world EXCEPT !.lives.s = life, !.lease = me, !.awaited.s = <<>>,
                             !.ss = With(@, me, Observed(me, SFresh(world.node), world.node))]
  IN Numbered(begun, <<"s", life>>, me)
BeginK(world) ==
  LET life == world.lives.k + 1
      above == IF world.awaited.k = <<>> THEN 0 ELSE world.awaited.k[1]
      incarnation == NumberOf(world.node.agent, above, life, life)
      found == life > 1 /\ world.node.agent > 0
  IN Flies([world EXCEPT !.lives.k = life, !.awaited.k = <<>>,
                         !.ks = With(@, life, KFresh(incarnation, world.node, world.journal, found))],
           <<"k", life>>, [kind |-> "register", incarnation |-> incarnation])

StartS == awaited.s # <<>> /\ Becomes(BeginS(World, FALSE))
StartBack == awaited.s # <<>> /\ left.back > 0 /\ lease > 0 /\ Becomes(BeginS(Spent(World, "back"), TRUE))
StartK == awaited.k # <<>> /\ Becomes(BeginK(World))
Usurp == left.usurp > 0 /\ awaited.s = <<>> /\ DOMAIN ss # {} /\ Becomes(BeginS(Spent(World, "usurp"), FALSE))
UsurpK == left.agent > 0 /\ awaited.k = <<>> /\ DOMAIN ks # {}
          /\ Becomes(BeginK([Spent(World, "agent") EXCEPT !.journal = FirstJournal]))
CrashK == left.agentCrash > 0 /\ \E me \in DOMAIN ks : Becomes(Crashed(Spent(World, "agentCrash"), <<"k", me>>, FALSE))
Crash == left.crash > 0 /\ \E me \in DOMAIN ss : Becomes(Crashed(Spent(World, "crash"), <<"s", me>>, FALSE))
Lapse == \E me \in DOMAIN ss : me # lease /\ Becomes(Stops(World, <<"s", me>>))
DeleteLease == left.delete > 0 /\ Becomes([Spent(World, "delete") EXCEPT !.lease = 0])

\* ---- Connections and messages ----------------------------------------------------------

Dials(me) == N \in DOMAIN ss[me].nodes /\ ss[me].nodes[N].dial # <<>> /\ DOMAIN ks # {}
\* A dial may reach the machine of either agent.
Connect == \E me \in DOMAIN ss : \E to \in DOMAIN ks :
  /\ Dials(me)
  /\ LET n == ss[me].nodes[N].dial[1]
         connected == [World EXCEPT !.net = PutConnection(@, <<me, n>>, Connection(to))]
     IN Becomes(SWhole(connected, me, SConnected(me, [ss[me] EXCEPT !.nodes[N].dial = <<>>], N, n, Leases)))

After(key, end) == [World EXCEPT !.net = Taken(@, key, end)]
UpHead(key) == Head(net[key].toUp)
DownHead(key) == Head(net[key].toDown)
HearSOf(key) ==
  /\ net[key].toUp # <<>>
  /\ SStep(After(key, "up"), key[1], SDownReceived(key[1], ss[key[1]], N, UpHead(key), node.agent, Leases))
HearKOf(key) ==
  net[key].toDown # <<>> /\ KStep(After(key, "down"), net[key].to, KReceived(ks[net[key].to], DownHead(key)))
HearS == \E key \in DOMAIN net : HearSOf(key)
HearK == \E key \in DOMAIN net : HearKOf(key)
Learnt(key, end) == [World EXCEPT !.net = Told(@, key, end)]
ToldS == \E key \in DOMAIN net :
  "up" \in net[key].untold /\ SStep(Learnt(key, "up"), key[1], SDownBroken(key[1], ss[key[1]], N, key[2], Leases))
ToldK == \E key \in DOMAIN net :
  "down" \in net[key].untold /\ KStep(Learnt(key, "down"), net[key].to, KBroken(ks[net[key].to], key[1], key[2]))

\* ---- Reads, watches, writes ---------------------------------------------------------------

SRead(me, life, token, value) ==
  IF token[1] = "list"
  THEN Result([Observed(me, life, value[N]) EXCEPT !.barrier = <<IF value[N].agent > 0 THEN {N} ELSE {}>>], <<>>)
  ELSE SNewerAnswered(me, life, token, value, Leases)
SReadOf(me, life, read, value) ==
  IF read.of = "node" THEN SNodeRead(me, life, N, read.token, value, Leases)
  ELSE SNodeLease(me, life, N, read.token, value, Leases)
AnswerS == \E me \in DOMAIN ss :
  \/ \E read \in DOMAIN ss[me].reads : \E value \in read.candidates :
       SStep(World, me, SRead(me, [ss[me] EXCEPT !.reads = Minus(@, read)], read.token, value))
  \/ /\ N \in DOMAIN ss[me].nodes
     /\ \/ \E read \in DOMAIN ss[me].nodes[N].reads : \E value \in read.candidates :
             SStep(World, me, SReadOf(me, [ss[me] EXCEPT !.nodes[N].reads = Minus(@, read)], read, value))
        \/ \E answer \in DOMAIN ss[me].nodes[N].marks :
             SStep(World, me, SMarked(me, [ss[me] EXCEPT !.nodes[N].marks = Minus(@, answer)], N, answer,
                                      node, Leases))

\* The minimum; without a Lease K looks again later.
Minimum(life, token, value) ==
  IF life.agent # "readingLeader" \/ token # <<"minimum", life.read>> THEN KDone(Begun(life))
  ELSE IF value = 0 /\ ~Is("minimum-of-nobody")
  THEN KDone(Begun([life EXCEPT !.timers = @ \cup {<<"leader">>}]))
  ELSE IF Is("no-minimum")
  THEN KDone(AskForList([Begun(life) EXCEPT !.life.agent = "listing"]))
  ELSE KLeaseRead(life, token, value)
\* Once it has recovered its journal is behind it.
Recovered(result) == IF result.life.running = <<>> THEN [result EXCEPT !.life.kept = <<>>] ELSE result
KeptBy(life) == IF life.kept = <<>> THEN FirstJournal ELSE life.kept[1]
KRead(life, token, value) ==
  CASE token[1] = "minimum" -> Minimum(life, token, value)
    [] token[1] = "own" -> KLeaseRead(life, token, value)
    [] token[1] = "list" -> Recovered(KListed(life, KeptBy(life), value))
    [] token[1] \in {"hello", "node"} -> KNodeRead(life, token, value)
AnswerK == \E me \in DOMAIN ks :
  \/ \E read \in DOMAIN ks[me].reads : \E value \in read.candidates :
       KStep(World, me, KRead([ks[me] EXCEPT !.reads = Minus(@, read)], read.token, value))
  \/ \E answer \in DOMAIN ks[me].answers :
       KStep(World, me, KRegistered([ks[me] EXCEPT !.answers = Minus(@, answer)], answer.fact))

WatchS == \E me \in DOMAIN ss :
  ss[me].rv # node.rv /\ SStep(World, me, Result(Observed(me, [ss[me] EXCEPT !.rv = node.rv], node), <<>>))
WatchK == \E me \in DOMAIN ks :
  ks[me].rv # node.rv /\ KStep(World, me, KShown([ks[me] EXCEPT !.rv = node.rv], node))

Stands(world, flight) == world.node.agent <= flight.write.incarnation \/ Is("older-agent-stands")
Registered(world, flight) ==
  LET number == flight.write.incarnation
      stood == Numbered(NodeChanged(world, "agent", number), flight.by, number)
      numbers == {world.past.numbered[who] : who \in {one \in DOMAIN world.past.numbered : one[1] = "s"}}
      least == IF numbers = {} THEN 0 ELSE CHOOSE most \in numbers : \A one \in numbers : one <= most
  IN IF ~Stands(world, flight) THEN world
     ELSE IF IsAlive(world, flight.by) THEN [stood EXCEPT !.past.superseded = With(@, flight.by, least)]
     ELSE stood
LandRegister(world, flight) ==
  LET landed == Registered(world, flight)
  IN IF IsAlive(landed, flight.by)
     THEN [landed EXCEPT !.ks[flight.by[2]].answers = Plus(@, [type |-> "registered", fact |-> landed.node])]
     ELSE landed
LandMark(world, flight) ==
  LET write == flight.write
      written == write.rv = world.node.rv
      answer == [mark |-> write.mark, outcome |-> IF written THEN "written" ELSE "conflict"]
      marked == IF written THEN NodeChanged(world, "mark", <<write.mark>>) ELSE world
  IN IF IsAlive(world, flight.by) THEN [marked EXCEPT !.ss[flight.by[2]].nodes[N].marks = Plus(@, answer)]
     ELSE marked
Land == \E flight \in DOMAIN flights :
  LET world == [World EXCEPT !.flights = Minus(@, flight)]
  IN Becomes(IF flight.write.kind = "mark" THEN LandMark(world, flight) ELSE LandRegister(world, flight))
\* The reply is lost: the registration is done, and asked for again.
LoseReply == left.loss > 0 /\ \E flight \in DOMAIN flights :
  /\ flight.write.kind = "register" /\ IsAlive(World, flight.by)
  /\ Becomes(Registered(Spent(World, "loss"), flight))
Lose == \E flight \in DOMAIN flights :
  ~IsAlive(World, flight.by) /\ Becomes([World EXCEPT !.flights = Minus(@, flight)])

\* ---- Time -----------------------------------------------------------------------------------

Busy ==
  \/ awaited.s # <<>> \/ awaited.k # <<>> \/ flights # <<>>
  \/ \E key \in DOMAIN net : net[key].untold # {} \/ net[key].toUp # <<>> \/ net[key].toDown # <<>>
  \/ DOMAIN ss \ {lease} # {}
  \/ \E me \in DOMAIN ss :
       \/ ss[me].reads # <<>> \/ ss[me].rv # node.rv \/ Dials(me)
       \/ \E n \in DOMAIN ss[me].nodes : ss[me].nodes[n].reads # <<>> \/ ss[me].nodes[n].marks # <<>>
  \/ \E me \in DOMAIN ks : ks[me].reads # <<>> \/ ks[me].answers # <<>> \/ ks[me].rv # node.rv

LeaderDue(life) ==
  LET rung == [life EXCEPT !.timers = @ \ {<<"leader">>}]
  IN IF life.agent # "readingLeader" THEN KDone(Begun(rung))
     ELSE KDone(Acts(Begun([rung EXCEPT !.read = @ + 1]), KReads(<<"minimum", life.read + 1>>, "down")))
TimeOut ==
  /\ ~Busy
  /\ \/ \E me \in DOMAIN ss :
          /\ N \in DOMAIN ss[me].nodes /\ ss[me].nodes[N].timer
          /\ SStep(World, me, STimedOut(me, ss[me], N, node, Leases))
     \/ \E me \in DOMAIN ks : \E timer \in ks[me].timers :
          KStep(World, me, IF timer = <<"leader">> THEN LeaderDue(ks[me]) ELSE KDoubtPassed(ks[me]))

Next ==
  \/ StartS \/ StartBack \/ StartK \/ Usurp \/ UsurpK \/ Crash \/ CrashK \/ Lapse \/ DeleteLease
  \/ Connect \/ HearS \/ HearK \/ ToldS \/ ToldK \/ AnswerS \/ AnswerK \/ WatchS \/ WatchK
  \/ Land \/ LoseReply \/ Lose \/ TimeOut
Spec == Init /\ [][Next]_vars

Timed ==
  \/ \E me \in DOMAIN ss : \E n \in DOMAIN ss[me].nodes : ss[me].nodes[n].timer
  \/ \E me \in DOMAIN ks : ks[me].timers # {}
Pending == Busy \/ Timed
FairSpec == Spec /\ ([]<>~Pending \/ []<><<left' = left>>_vars)

\* ---- Properties (protocol 10) ------------------------------------------------------------------

IncarnationsGrow == past.misnumbered = {}

SupersededUnserved == \A me \in DOMAIN ks :
  <<"k", me>> \in DOMAIN past.superseded =>
    LET side == ks[me].link
    IN side.state \in {"offered", "open"} => side.hello[1][1] >= past.superseded[<<"k", me>>]

UpMay(me, life, message) ==
  \/ life.state \notin {"verifying", "fetching", "open"}
  \/ message.session = UpSession(me, life)
  \/ message.session[2] = 0 /\ UpIsThisAttempt(me, life, message)
DownMay(me, side, message) ==
  IF message.kind = "Hello" THEN Below(side.fence, FenceOf(message.session))
  ELSE side.state \notin {"offered", "open"} \/ message.session = DownSession(me, side)
SessionFenced ==
  [][ \A key \in DOMAIN net :
        /\ HearSOf(key) =>
             \/ UpMay(key[1], ss[key[1]].nodes[N], UpHead(key))
             \/ key[1] \in DOMAIN ss' => ss'[key[1]] = ss[key[1]]
        /\ HearKOf(key) =>
             LET to == net[key].to
             IN \/ DownMay(ks[to].incarnation, ks[to].link, DownHead(key))
                \/ to \in DOMAIN ks' => ks'[to] = ks[to] ]_vars

\* Who holds what: S its Lease, an agent its Node.
Leaders == {me \in DOMAIN ss : lease <= me}
OnNode == {me \in DOMAIN ks : node.agent <= ks[me].incarnation}
Met ==
  /\ awaited.s = <<>> /\ awaited.k = <<>> /\ OnNode # {}
  /\ \A one \in OnNode : ks[one].link.state = "open"
  /\ \A me \in Leaders :
       LET lower == CHOOSE one \in OnNode : \A other \in OnNode : one <= other
       IN /\ N \in DOMAIN ss[me].nodes
          /\ ss[me].nodes[N].state = "open" /\ UpSession(me, ss[me].nodes[N]) = KSession(ks[lower])
HoldersMeet == <>[]Met
HoldersMeetAtRest == ~Pending => Met

Stopped_ == OnNode = DOMAIN ks
SupersededStops == <>[]Stopped_
SupersededStopsAtRest == ~Pending => Stopped_
=============================================================================
