-------------------------------- MODULE Link --------------------------------
(***************************************************************************)
(* The rule: two stages that pass state to each other over a network that  *)
(* breaks, loses and delays, and that crash, restart and are superseded at *)
(* any moment, still agree.  On an open link with nothing under way both   *)
(* hold the same Pods with the same marks; no message of an older session  *)
(* changes anything; and in the end no tombstone remains.                  *)
(*                                                                         *)
(* One action is one event given to one end, run to the end of that step,  *)
(* with what it sends; a crash can fall between any two things sent.  It   *)
(* is the explorer's world of two ends (`spec/worlds/ends.ts`), state for  *)
(* state and step for step: `npm run check` compares them.                 *)
(*                                                                         *)
(* Faults and prompts have budgets, which the MC module sets; no handler   *)
(* knows of them.                                                          *)
(***************************************************************************)
EXTENDS LowerEnd, Network

CONSTANTS
  Breaks,      \* connections broken
  Lingers,     \* breaks and crashes after which what was under way still arrives
  Duplicates,  \* copies of a `Hello`
  Misdials,    \* dials that reach a process which does not hold its Lease
  UpCrashes, DownCrashes, UpUsurps, DownUsurps,
  Mints, Terminations, Changes, Deaths, Refusals, Findings

VARIABLES
  ups, downs,   \* incarnation -> the life that runs under it
  connections,  \* <<upstream incarnation, n>> -> connection
  strays,       \* bag of [to, message]: copies on their own
  leases,       \* end -> incarnation of its holder
  awaited,      \* end -> <<above>> where a life waits to begin, else <<>>
  left,         \* budgets
  collected,    \* uid -> ends at which its tombstone was held and is no more
  stopped       \* lives that stepped down

vars == <<ups, downs, connections, strays, leases, awaited, left, collected, stopped>>

Init ==
  /\ ups = <<>> /\ downs = <<>> /\ connections = <<>> /\ strays = <<>>
  /\ leases = [up |-> 0, down |-> 0]
  /\ awaited = [up |-> <<0>>, down |-> <<0>>]
  /\ left = [break |-> Breaks, linger |-> Lingers, duplicate |-> Duplicates, misdial |-> Misdials,
             upCrash |-> UpCrashes, downCrash |-> DownCrashes,
             upUsurp |-> UpUsurps, downUsurp |-> DownUsurps,
             mint |-> Mints, end |-> Terminations, change |-> Changes, die |-> Deaths,
             full |-> Refusals, find |-> Findings]
  /\ collected = <<>>
  /\ stopped = {}

\* ---- A world in the middle of a step ---------------------------------------

World == [ups |-> ups, downs |-> downs, connections |-> connections, strays |-> strays,
          awaited |-> awaited, left |-> left, collected |-> collected, stopped |-> stopped]

Becomes(world) ==
  /\ ups' = world.ups /\ downs' = world.downs /\ connections' = world.connections
  /\ strays' = world.strays /\ awaited' = world.awaited /\ left' = world.left
  /\ collected' = world.collected /\ stopped' = world.stopped
  /\ UNCHANGED leases

Lives(world, end) == IF end = "up" THEN world.ups ELSE world.downs
WithLives(world, end, lives) ==
  IF end = "up" THEN [world EXCEPT !.ups = lives] ELSE [world EXCEPT !.downs = lives]

With(function, key, value) ==
  [one \in DOMAIN function \cup {key} |-> IF one = key THEN value ELSE function[one]]
But(function, key) == [one \in DOMAIN function \ {key} |-> function[one]]

Spent(world, budget) == [world EXCEPT !.left[budget] = @ - 1]

\* A life is no more.
Gone(world, end, me, lingers) ==
  LET rest == WithLives(world, end, But(Lives(world, end), me))
  IN [rest EXCEPT
        !.connections = Left(@, end, me, lingers),
        !.strays = IF end = "up" THEN @
                   ELSE [one \in {stray \in DOMAIN @ : stray.to # me} |-> @[one]]]

Crashed(world, end, me, lingers) ==
  [Gone(world, end, me, lingers) EXCEPT !.awaited[end] = IF @ = <<>> THEN <<0>> ELSE @]

\* One thing that goes out.
Performed(world, end, me, effect) ==
  CASE effect.type = "send" -> [world EXCEPT !.connections = Sent(@, end, me, effect.message)]
    [] effect.type = "disconnect" ->
         [world EXCEPT !.connections = Disconnected(@, end, me, effect.session)]
    [] effect.type = "restart" ->
         [Gone(world, end, me, TRUE) EXCEPT !.awaited[end] = <<effect.above>>]
    [] effect.type = "stop" ->
         [Gone(world, end, me, TRUE) EXCEPT !.stopped = @ \cup {<<end, me>>}]

RECURSIVE AllPerformed(_, _, _, _)
AllPerformed(world, end, me, effects) ==
  IF effects = <<>> THEN world
  ELSE AllPerformed(Performed(world, end, me, Head(effects)), end, me, Tail(effects))

\* Tombstones that this step collected.
Collected(before, end, was, is) ==
  LET ended == {uid \in DOMAIN was.records : Marked(was.records[uid])} \ DOMAIN is.records
  IN [uid \in DOMAIN before \cup ended |->
        (IF uid \in DOMAIN before THEN before[uid] ELSE {}) \cup (IF uid \in ended THEN {end} ELSE {})]

CrashBudget(end) == IF end = "up" THEN "upCrash" ELSE "downCrash"

\* An event given to a life: all that goes out, or a crash on the way.
Step(world, end, me, result) ==
  LET life == Lives(world, end)[me]
      moved == [WithLives(world, end, With(Lives(world, end), me, result.life))
                  EXCEPT !.collected = Collected(@, end, life, result.life)]
      After(many) == AllPerformed(moved, end, me, SubSeq(result.out, 1, many))
  IN \/ Becomes(AllPerformed(moved, end, me, result.out))
     \/ /\ world.left[CrashBudget(end)] > 0
        /\ \E many \in 1..(Len(result.out) - 1) :
             Becomes(Spent(Crashed(After(many), end, me, TRUE), CrashBudget(end)))

\* ---- Lives begin and end ---------------------------------------------------

\* Reads of a Lease that are under way may see its new holder.
Refreshed(reads, of, lease) ==
  LET Seen(read) == IF read.of = of THEN [read EXCEPT !.candidates = @ \cup {lease}] ELSE read
      RECURSIVE Sum(_)
      Sum(some) == IF some = {} THEN 0
                   ELSE LET one == CHOOSE one \in some : TRUE IN reads[one] + Sum(some \ {one})
  IN [read \in {Seen(one) : one \in DOMAIN reads} |-> Sum({one \in DOMAIN reads : Seen(one) = read})]

Begin(end) ==
  LET me == leases[end] + 1
      Fresh(lives) == [one \in DOMAIN lives |-> [lives[one] EXCEPT !.reads = Refreshed(@, end, me)]]
  IN /\ leases' = [leases EXCEPT ![end] = me]
     /\ awaited' = [awaited EXCEPT ![end] = <<>>]
     /\ ups' = IF end = "up" THEN With(Fresh(ups), me, UpFresh) ELSE Fresh(ups)
     /\ downs' = IF end = "down" THEN With(Fresh(downs), me, DownFresh) ELSE Fresh(downs)
     /\ UNCHANGED <<connections, strays, collected, stopped>>

StartUp == awaited.up # <<>> /\ Begin("up") /\ UNCHANGED left
StartDown == awaited.down # <<>> /\ Begin("down") /\ UNCHANGED left

UsurpUp ==
  /\ left.upUsurp > 0 /\ awaited.up = <<>> /\ DOMAIN ups # {}
  /\ Begin("up") /\ left' = [left EXCEPT !.upUsurp = @ - 1]
UsurpDown ==
  /\ left.downUsurp > 0 /\ awaited.down = <<>> /\ DOMAIN downs # {}
  /\ Begin("down") /\ left' = [left EXCEPT !.downUsurp = @ - 1]

\* At rest between two steps.
Crash(end, me, lingers) ==
  LET paid == Spent(World, CrashBudget(end))
  IN /\ lingers => left.linger > 0
     /\ Becomes(Crashed(IF lingers THEN Spent(paid, "linger") ELSE paid, end, me, lingers))
CrashUp == left.upCrash > 0 /\ \E me \in DOMAIN ups, lingers \in BOOLEAN : Crash("up", me, lingers)
CrashDown ==
  left.downCrash > 0 /\ \E me \in DOMAIN downs, lingers \in BOOLEAN : Crash("down", me, lingers)

\* A superseded life finds out by the renewals of its Lease, in its own time.
Lapse(end, me) == me # leases[end] /\ Becomes(Performed(World, end, me, Stop))
LapseUp == \E me \in DOMAIN ups : Lapse("up", me)
LapseDown == \E me \in DOMAIN downs : Lapse("down", me)

\* ---- Connections -----------------------------------------------------------

Dialled(me, to, world) ==
  LET life == ups[me]
      n == life.dial[1]
      result == UpConnected(me, [life EXCEPT !.dial = <<>>], n)
      connected == [world EXCEPT !.connections = PutConnection(@, <<me, n>>, Connection(to))]
  IN Becomes(AllPerformed(WithLives(connected, "up", With(ups, me, result.life)), "up", me, result.out))

Dials(me) == ups[me].dial # <<>>
Connect == \E me \in DOMAIN ups, to \in DOMAIN downs :
  Dials(me) /\ to = leases.down /\ Dialled(me, to, World)
Misdial == \E me \in DOMAIN ups, to \in DOMAIN downs :
  left.misdial > 0 /\ Dials(me) /\ to # leases.down /\ Dialled(me, to, Spent(World, "misdial"))

Break == \E key \in DOMAIN connections :
  LET connection == connections[key]
      full == {end \in Ends : Queue(connection, end) # <<>>}
      paid == Spent(World, "break")
  IN /\ left.break > 0 /\ ~connection.broken
     /\ \E linger \in SUBSET full :
          /\ linger # {} => left.linger > 0
          /\ Becomes([(IF linger = {} THEN paid ELSE Spent(paid, "linger"))
                        EXCEPT !.connections = PutConnection(@, key, Broken(connection, linger))])

Duplicate == \E key \in DOMAIN connections :
  LET queue == connections[key].toDown
      stray == [to |-> connections[key].to, message |-> Head(queue)]
  IN /\ left.duplicate > 0 /\ queue # <<>> /\ Head(queue).kind = "Hello"
     /\ Becomes([Spent(World, "duplicate") EXCEPT !.strays = Plus(@, stray)])

\* ---- Messages --------------------------------------------------------------

UpHead(key) == Head(connections[key].toUp)
DownHead(key) == Head(connections[key].toDown)
After(key, end) == [World EXCEPT !.connections = Taken(@, key, end)]

DeliverUpOf(key) ==
  /\ connections[key].toUp # <<>>
  /\ Step(After(key, "up"), "up", key[1], UpReceived(key[1], ups[key[1]], UpHead(key), leases))
DeliverDownOf(key) ==
  LET to == connections[key].to
  IN /\ connections[key].toDown # <<>>
     /\ Step(After(key, "down"), "down", to, DownReceived(to, downs[to], DownHead(key), leases))
DeliverUp == \E key \in DOMAIN connections : DeliverUpOf(key)
DeliverDown == \E key \in DOMAIN connections : DeliverDownOf(key)

DeliverStrayOf(stray) ==
  Step([World EXCEPT !.strays = Minus(@, stray)], "down", stray.to,
       DownReceived(stray.to, downs[stray.to], stray.message, leases))
DeliverStray == \E stray \in DOMAIN strays : DeliverStrayOf(stray)

Learnt(key, end) == [World EXCEPT !.connections = Told(@, key, end)]
ToldUp == \E key \in DOMAIN connections :
  /\ "up" \in connections[key].untold
  /\ Step(Learnt(key, "up"), "up", key[1], UpBroken(key[1], ups[key[1]], key[2]))
ToldDown == \E key \in DOMAIN connections :
  LET to == connections[key].to
  IN /\ "down" \in connections[key].untold
     /\ Step(Learnt(key, "down"), "down", to, DownBroken(to, downs[to], key[1], key[2]))

AnswerUp == \E me \in DOMAIN ups : \E read \in DOMAIN ups[me].reads : \E lease \in read.candidates :
  LET life == [ups[me] EXCEPT !.reads = Minus(@, read)]
  IN Step(World, "up", me, UpAnswered(me, life, read.token, lease))
AnswerDown == \E me \in DOMAIN downs : \E read \in DOMAIN downs[me].reads :
  \E lease \in read.candidates :
    LET life == [downs[me] EXCEPT !.reads = Minus(@, read)]
    IN Step(World, "down", me, DownAnswered(me, life, read.token, lease))

\* ---- Pods ------------------------------------------------------------------

Live(life) == {uid \in DOMAIN life.records : ~Marked(life.records[uid])}
Dying(life) == {uid \in DOMAIN life.records : Marked(life.records[uid])}

Mint == left.mint > 0 /\ \E me \in DOMAIN ups :
  Step(Spent(World, "mint"), "up", me, UpMint(me, ups[me]))
Terminate == left.end > 0 /\ \E me \in DOMAIN ups : \E uid \in Live(ups[me]) :
  Step(Spent(World, "end"), "up", me, UpEnd(me, ups[me], uid))
Alter == left.change > 0 /\ \E me \in DOMAIN downs : \E uid \in Live(downs[me]) :
  Step(Spent(World, "change"), "down", me, DownChange(me, downs[me], uid))
Die == left.die > 0 /\ \E me \in DOMAIN downs : \E uid \in Live(downs[me]) :
  Step(Spent(World, "die"), "down", me, DownDie(me, downs[me], uid))
Fill == left.full > 0 /\ \E me \in DOMAIN downs :
  ~downs[me].full /\ Step(Spent(World, "full"), "down", me, DownFull(me, downs[me]))
Discover == left.find > 0 /\ \E me \in DOMAIN downs :
  Step(Spent(World, "find"), "down", me, DownFind(me, downs[me]))
Ended == \E me \in DOMAIN downs : \E uid \in Dying(downs[me]) :
  Step(World, "down", me, DownEnded(me, downs[me], uid))

Next ==
  \/ StartUp \/ StartDown \/ UsurpUp \/ UsurpDown \/ CrashUp \/ CrashDown
  \/ LapseUp \/ LapseDown \/ Connect \/ Misdial \/ Break \/ Duplicate
  \/ DeliverUp \/ DeliverDown \/ DeliverStray \/ ToldUp \/ ToldDown \/ AnswerUp \/ AnswerDown
  \/ Mint \/ Terminate \/ Alter \/ Die \/ Fill \/ Discover \/ Ended

Spec == Init /\ [][Next]_vars

\* Whether something can happen of itself: neither a fault nor a prompt.
Pending ==
  \/ \E end \in Ends : awaited[end] # <<>>
  \/ \E key \in DOMAIN connections :
       LET connection == connections[key]
       IN connection.untold # {} \/ connection.toUp # <<>> \/ connection.toDown # <<>>
  \/ DOMAIN strays # {}
  \/ DOMAIN ups \ {leases.up} # {} \/ DOMAIN downs \ {leases.down} # {}
  \/ \E me \in DOMAIN ups : ups[me].reads # <<>> \/ (Dials(me) /\ leases.down \in DOMAIN downs)
  \/ \E me \in DOMAIN downs : downs[me].reads # <<>> \/ Dying(downs[me]) # {}

\* Weak fairness of what happens of itself: of the steps that spend nothing.
\* (WF_vars of those actions is the same, and takes TLC a hundred times as long.)
FairSpec == Spec /\ ([]<>~Pending \/ []<><<left' = left>>_vars)

\* ---- Properties (protocol 10) ----------------------------------------------

\* Ends that agree on an open session, with nothing under way.
Quiet(me, to) ==
  LET key == <<me, ups[me].n>>
  IN /\ ups[me].state = "open" /\ downs[to].state = "open"
     /\ UpSession(me, ups[me]) = DownSession(to, downs[to])
     /\ key \in DOMAIN connections
     /\ connections[key].to = to /\ ~connections[key].broken
     /\ connections[key].toUp = <<>> /\ connections[key].toDown = <<>>

Agree(mine, theirs) == Marked(mine) = Marked(theirs) /\ (Marked(mine) \/ mine = theirs)

CacheCoherent ==
  \A me \in DOMAIN ups, to \in DOMAIN downs :
    Quiet(me, to) =>
      /\ DOMAIN ups[me].records = DOMAIN downs[to].records
      /\ \A uid \in DOMAIN ups[me].records : Agree(ups[me].records[uid], downs[to].records[uid])

\* What the holder below holds, it runs.
NoFalseConfirm ==
  leases.down \in DOMAIN downs => DOMAIN downs[leases.down].records \cap DOMAIN collected = {}

Rank(phase) == CASE phase = "created" -> 0 [] phase = "running" -> 1 [] phase = "terminating" -> 2

NeverBack(was, is) ==
  \A me \in DOMAIN was \cap DOMAIN is :
    \A uid \in DOMAIN was[me].records \cap DOMAIN is[me].records :
      Rank(was[me].records[uid].phase) <= Rank(is[me].records[uid].phase)
Monotonic == NeverBack(ups, ups') /\ NeverBack(downs, downs')
PhaseMonotonic == [][Monotonic]_<<ups, downs>>

\* Whether a life that stands on a session was changed by a message of it.
UpFencedStep(me, message) ==
  \/ me \notin DOMAIN ups' \/ ups'[me] = ups[me]
  \/ ups[me].state \notin {"verifying", "fetching", "open"}
  \/ message.session = UpSession(me, ups[me])
  \/ message.session[2] = 0 /\ UpIsThisAttempt(me, ups[me], message)
DownFencedStep(me, message) ==
  \/ me \notin DOMAIN downs' \/ downs'[me] = downs[me]
  \/ IF message.kind = "Hello" THEN Below(downs[me].fence, FenceOf(message.session))
     ELSE \/ downs[me].state \notin {"offered", "open"}
          \/ message.session = DownSession(me, downs[me])

Fenced ==
  /\ \A key \in DOMAIN connections :
       /\ DeliverUpOf(key) => UpFencedStep(key[1], UpHead(key))
       /\ DeliverDownOf(key) => DownFencedStep(connections[key].to, DownHead(key))
  /\ \A stray \in DOMAIN strays :
       DeliverStrayOf(stray) => DownFencedStep(stray.to, stray.message)
SessionFenced == [][Fenced]_vars

NoTombstone == \A life \in {ups[me] : me \in DOMAIN ups} \cup {downs[me] : me \in DOMAIN downs} :
  Dying(life) = {}
TombstonesCollected == <>[]NoTombstone

Met ==
  /\ leases.up \in DOMAIN ups /\ leases.down \in DOMAIN downs
  /\ ups[leases.up].state = "open" /\ downs[leases.down].state = "open"
  /\ UpSession(leases.up, ups[leases.up]) = DownSession(leases.down, downs[leases.down])
HoldersMeet == <>[]Met
=============================================================================
