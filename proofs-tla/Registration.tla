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
(* Node, or by the list of its start.                                      *)
(*                                                                         *)
(* S and the K of one Node, as `SchedulerStage` and `KubeletStage` have    *)
(* them, and nobody who asks for a Pod; each hears of the Node by its      *)
(* watch too, and the Node stays.  S's side of the link to R is left out:  *)
(* nobody is there.  One action is one event given to one stage; a crash   *)
(* of S falls between any two things that go out.  It is the explorer's    *)
(* world (`spec/worlds/registration.ts`), state for state and step for     *)
(* step.                                                                   *)
(***************************************************************************)
EXTENDS SchedulerStage, Network

CONSTANTS
  Usurps,    \* lives of S that begin while another still runs
  Crashes,   \* of S
  Backs,     \* starts of S for which the clock has gone back
  Losses,    \* registrations whose reply is lost
  Deletes    \* deletions of S's Lease

VARIABLES
  ss,       \* incarnation -> the life of S that runs under it
  k,        \* <<the life of K>> or <<>>
  lives,    \* [s, k]: how many began
  net,      \* <<incarnation of S, n>> -> connection
  lease,    \* the counter on S's Lease; 0 if there is none
  node,     \* [rv, agent, mark, drained]
  flights,  \* bag of writes on their way to the API Server: [by, write]
  journal,  \* what K persisted
  awaited,  \* [s, k]: <<above>> where a life waits to begin, else <<>>
  left,     \* budgets
  past      \* what was once true

vars == <<ss, k, lives, net, lease, node, flights, journal, awaited, left, past>>

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
KFresh(incarnation, fact, kept) == With(KubeletFresh(N, incarnation, kept, {}, FirstSwitch), "rv", fact.rv)

Init ==
  /\ ss = <<>>
  /\ k = <<>>
  /\ lives = [s |-> 0, k |-> 0]
  /\ net = <<>>
  /\ lease = 0
  /\ node = FirstNode
  /\ flights = <<>>
  /\ journal = EmptyJournal
  /\ awaited = [s |-> <<0>>, k |-> <<0>>]
  /\ left = [usurp |-> Usurps, crash |-> Crashes, back |-> Backs, loss |-> Losses, delete |-> Deletes]
  /\ past = [numbered |-> <<>>,
             misnumbered |-> {}, superseded |-> <<>>, stopped |-> {}]

World == [ss |-> ss, k |-> k, lives |-> lives, net |-> net, lease |-> lease, node |-> node,
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
  /\ k' = IF world.k = <<>> THEN <<>> ELSE <<[world.k[1] EXCEPT !.reads = Fresh(@, world)]>>
  /\ lives' = world.lives /\ net' = world.net /\ lease' = world.lease /\ node' = world.node
  /\ flights' = world.flights /\ journal' = world.journal /\ awaited' = world.awaited
  /\ left' = world.left /\ past' = world.past

But(function, key) == [one \in DOMAIN function \ {key} |-> function[one]]
Spent(world, budget) == [world EXCEPT !.left[budget] = @ - 1]
Leases == [up |-> 0, down |-> lease]

\* ---- Who there is ------------------------------------------------------------------

IsAlive(world, who) == IF who[1] = "s" THEN who[2] \in DOMAIN world.ss ELSE world.k # <<>> /\ world.lives.k = who[2]
Leaves(world, who, lingers) ==
  IF who[1] = "s"
  THEN [world EXCEPT !.ss = But(@, who[2]), !.net = Left(@, "up", who[2], lingers)]
  ELSE [world EXCEPT !.k = <<>>, !.net = Left(@, "down", who[2], lingers)]
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
    [] effect.type = "journal" -> [world EXCEPT !.journal = JournalledAll(@, effect.entries)]
    [] effect.type = "read" ->
         [world EXCEPT !.k[1].reads = Plus(@, Reading(effect.token, effect.of, Now(world, effect.of)))]
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
Outward(effect) == effect.type \notin {"read", "restart", "stop"}
SStep(world, me, result) ==
  LET outward == {i \in DOMAIN result.out : Outward(result.out[i])}
  IN \/ Becomes(SWhole(world, me, result))
     \/ /\ world.left.crash > 0
        /\ \E i \in outward :
             LET cut == SWhole(Spent(world, "crash"), me, [result EXCEPT !.out = SubSeq(@, 1, i)])
             IN /\ \E j \in outward : j > i
                /\ Becomes(IF IsAlive(cut, <<"s", me>>) THEN Crashed(cut, <<"s", me>>, TRUE) ELSE cut)
KStep(world, result) ==
  Becomes(AllPerformed([world EXCEPT !.k = <<result.life>>], <<"k", world.lives.k>>, result.out))

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
      incarnation == NumberOf(world.node.agent, world.awaited.k[1], life, life)
  IN Flies([world EXCEPT !.lives.k = life, !.awaited.k = <<>>,
                         !.k = <<KFresh(incarnation, world.node, world.journal)>>],
           <<"k", life>>, [kind |-> "register", incarnation |-> incarnation])

StartS == awaited.s # <<>> /\ Becomes(BeginS(World, FALSE))
StartBack == awaited.s # <<>> /\ left.back > 0 /\ lease > 0 /\ Becomes(BeginS(Spent(World, "back"), TRUE))
StartK == awaited.k # <<>> /\ Becomes(BeginK(World))
Usurp == left.usurp > 0 /\ awaited.s = <<>> /\ DOMAIN ss # {} /\ Becomes(BeginS(Spent(World, "usurp"), FALSE))
Crash == left.crash > 0 /\ \E me \in DOMAIN ss : Becomes(Crashed(Spent(World, "crash"), <<"s", me>>, FALSE))
Lapse == \E me \in DOMAIN ss : me # lease /\ Becomes(Stops(World, <<"s", me>>))
DeleteLease == left.delete > 0 /\ Becomes([Spent(World, "delete") EXCEPT !.lease = 0])

\* ---- Connections and messages ----------------------------------------------------------

Dials(me) == N \in DOMAIN ss[me].nodes /\ ss[me].nodes[N].dial # <<>> /\ k # <<>>
Connect == \E me \in DOMAIN ss :
  /\ Dials(me)
  /\ LET n == ss[me].nodes[N].dial[1]
         connected == [World EXCEPT !.net = PutConnection(@, <<me, n>>, Connection(lives.k))]
     IN Becomes(SWhole(connected, me, SConnected(me, [ss[me] EXCEPT !.nodes[N].dial = <<>>], N, n, Leases)))

After(key, end) == [World EXCEPT !.net = Taken(@, key, end)]
UpHead(key) == Head(net[key].toUp)
DownHead(key) == Head(net[key].toDown)
HearSOf(key) ==
  /\ net[key].toUp # <<>>
  /\ SStep(After(key, "up"), key[1], SDownReceived(key[1], ss[key[1]], N, UpHead(key), node.agent, Leases))
HearKOf(key) == net[key].toDown # <<>> /\ KStep(After(key, "down"), KReceived(k[1], DownHead(key)))
HearS == \E key \in DOMAIN net : HearSOf(key)
HearK == \E key \in DOMAIN net : HearKOf(key)
Learnt(key, end) == [World EXCEPT !.net = Told(@, key, end)]
ToldS == \E key \in DOMAIN net :
  "up" \in net[key].untold /\ SStep(Learnt(key, "up"), key[1], SDownBroken(key[1], ss[key[1]], N, key[2], Leases))
ToldK == \E key \in DOMAIN net :
  "down" \in net[key].untold /\ KStep(Learnt(key, "down"), KBroken(k[1], key[1], key[2]))

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
KRead(life, token, value) ==
  CASE token[1] = "minimum" -> Minimum(life, token, value)
    [] token[1] = "own" -> KLeaseRead(life, token, value)
    [] token[1] = "list" -> KListed(life, journal, value)
    [] token[1] = "hello" -> KNodeRead(life, token, value)
AnswerK ==
  /\ k # <<>>
  /\ \/ \E read \in DOMAIN k[1].reads : \E value \in read.candidates :
          KStep(World, KRead([k[1] EXCEPT !.reads = Minus(@, read)], read.token, value))
     \/ \E answer \in DOMAIN k[1].answers :
          LET life == [k[1] EXCEPT !.answers = Minus(@, answer)]
          IN KStep(World, IF life.agent = "registering" THEN KRegistered(life, answer.fact)
                          ELSE KDone(Begun(life)))

WatchS == \E me \in DOMAIN ss :
  ss[me].rv # node.rv /\ SStep(World, me, Result(Observed(me, [ss[me] EXCEPT !.rv = node.rv], node), <<>>))
WatchK ==
  /\ k # <<>> /\ k[1].rv # node.rv
  /\ LET life == [k[1] EXCEPT !.rv = node.rv]
     IN KStep(World, KDone(IF life.agent = "serving" THEN KHeedMark(Begun(life), node.mark) ELSE Begun(life)))

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
     THEN [landed EXCEPT !.k[1].answers = Plus(@, [type |-> "registered", fact |-> landed.node])]
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
  \/ k # <<>> /\ (k[1].reads # <<>> \/ k[1].answers # <<>> \/ k[1].rv # node.rv)

LeaderDue(life) ==
  LET rung == [life EXCEPT !.timers = {}]
  IN IF life.agent # "readingLeader" THEN KDone(Begun(rung))
     ELSE KDone(Acts(Begun([rung EXCEPT !.read = @ + 1]), KReads(<<"minimum", life.read + 1>>, "down")))
TimeOut ==
  /\ ~Busy
  /\ \/ \E me \in DOMAIN ss :
          /\ N \in DOMAIN ss[me].nodes /\ ss[me].nodes[N].timer
          /\ SStep(World, me, STimedOut(me, ss[me], N, node, Leases))
     \/ k # <<>> /\ k[1].timers # {} /\ KStep(World, LeaderDue(k[1]))

Next ==
  \/ StartS \/ StartBack \/ StartK \/ Usurp \/ Crash \/ Lapse \/ DeleteLease
  \/ Connect \/ HearS \/ HearK \/ ToldS \/ ToldK \/ AnswerS \/ AnswerK \/ WatchS \/ WatchK
  \/ Land \/ LoseReply \/ Lose \/ TimeOut
Spec == Init /\ [][Next]_vars

Timed ==
  \/ \E me \in DOMAIN ss : \E n \in DOMAIN ss[me].nodes : ss[me].nodes[n].timer
  \/ k # <<>> /\ k[1].timers # {}
Pending == Busy \/ Timed
FairSpec == Spec /\ ([]<>~Pending \/ []<><<left' = left>>_vars)

\* ---- Properties (protocol 10) ------------------------------------------------------------------

IncarnationsGrow == past.misnumbered = {}

SupersededUnserved ==
  (k # <<>> /\ <<"k", lives.k>> \in DOMAIN past.superseded) =>
    LET side == k[1].link
    IN side.state \in {"offered", "open"} => side.hello[1][1] >= past.superseded[<<"k", lives.k>>]

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
             DownMay(k[1].incarnation, k[1].link, DownHead(key)) \/ (k' # <<>> => k' = k) ]_vars

Met ==
  /\ awaited.s = <<>> /\ awaited.k = <<>> /\ k # <<>>
  /\ k[1].link.state = "open"
  /\ \A me \in {one \in DOMAIN ss : lease <= one} :
       N \in DOMAIN ss[me].nodes /\
       ss[me].nodes[N].state = "open" /\ UpSession(me, ss[me].nodes[N]) = KSession(k[1])
HoldersMeet == <>[]Met
HoldersMeetAtRest == ~Pending => Met
=============================================================================
