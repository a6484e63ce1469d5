-------------------------------- MODULE Wants --------------------------------
(***************************************************************************)
(* The rule (protocol 8): whatever is lost, late or restarted between A, D *)
(* and the API Server, the highest want wins in the end, everywhere; a     *)
(* value that somebody else wrote wins over every want that had not seen   *)
(* it, and no write-back overwrites one unseen; and while A lives, what    *)
(* was asked for last is what stands.                                      *)
(*                                                                         *)
(* One action is one event given to A or D, run to the end of that step,   *)
(* with what it sends and writes; a crash can fall between any two of      *)
(* these.  It is the explorer's world of `spec/worlds/versions.ts`, with   *)
(* the real A and D and an R that takes every want, state for state and    *)
(* step for step.                                                          *)
(***************************************************************************)
EXTENDS WantEnds, Network

CONSTANTS
  Act1, Act2, Act3,   \* what people do, in this order: "scale N", "request N", "edit", "flush", or "nothing"
  Annotated,          \* 1: an earlier D has written the object
  Breaks, Lingers, LostReplies, UpCrashes, DownCrashes, UpUsurps, DownUsurps,
  EarlyWriteBacks, EarlyLowers, EarlyRetries, EarlyUnconfirmeds

VARIABLES
  ups, downs,   \* incarnation -> life of A, of D
  connections,  \* <<upstream incarnation, n>> -> connection
  leases,       \* end -> incarnation of its holder
  awaited,      \* end -> <<above>> where a life waits to begin, else <<>>
  left,         \* budgets
  stopped,      \* lives that stepped down
  object,       \* the Deployment
  flights,      \* bag of [by, of, write]: requests under way, by a life that waits for the answer, or by 0
  acts,         \* acts done
  asked,        \* values that somebody asked for, in order
  external,     \* generation of the last external write of replicas; 0 for none
  overwritten,  \* external values that a write-back replaced unseen
  due,          \* the last external value, and what A made above it: [generation, values]
  switch,       \* version of the owner switch: the second asks D to flush
  said          \* the version that a D has acknowledged last

AtApi == <<object, acts, asked, external, overwritten, switch>>
vars == <<ups, downs, connections, leases, awaited, left, stopped, flights, due, said, AtApi>>

Script == SelectSeq(<<Act1, Act2, Act3>>, LAMBDA act : act # "nothing")
\* Elsewhere D does not hear of the switch.
HearsSwitch == \E i \in DOMAIN Script : Script[i] = "flush"

FirstObject ==
  LET written == [of |-> "d", value |-> 2, version |-> <<1, 0, 0>>, generation |-> 2, owner |-> <<"">>, rest |-> "t1"]
  IN [uid |-> "d", rv |-> 1, generation |-> IF Annotated = 1 THEN 2 ELSE 1, replicas |-> 2, owner |-> "",
      rest |-> "t1", written |-> IF Annotated = 1 THEN <<written>> ELSE <<>>]

Init ==
  /\ ups = <<>> /\ downs = <<>> /\ connections = <<>> /\ flights = <<>> /\ acts = 0
  /\ leases = [up |-> 0, down |-> 0]
  /\ awaited = [up |-> <<0>>, down |-> <<0>>]
  /\ left = [break |-> Breaks, linger |-> Lingers, lostReply |-> LostReplies,
             upCrash |-> UpCrashes, downCrash |-> DownCrashes, upUsurp |-> UpUsurps, downUsurp |-> DownUsurps,
             writeBack |-> EarlyWriteBacks, lower |-> EarlyLowers, retry |-> EarlyRetries, unconfirmed |-> EarlyUnconfirmeds]
  /\ stopped = {} /\ object = FirstObject
  /\ asked = <<2>> /\ external = 0 /\ overwritten = <<>>
  /\ due = [generation |-> 1, values |-> <<2>>]
  /\ switch = 1 /\ said = 0

\* ---- A world in the middle of a step ---------------------------------------

World == [ups |-> ups, downs |-> downs, connections |-> connections, flights |-> flights,
          awaited |-> awaited, left |-> left, due |-> due, stopped |-> stopped, said |-> said]

\* What a step of A or D comes to; the API Server is as it was.
Becomes(world) ==
  /\ ups' = world.ups /\ downs' = world.downs /\ connections' = world.connections
  /\ flights' = world.flights /\ awaited' = world.awaited /\ left' = world.left
  /\ due' = world.due /\ stopped' = world.stopped /\ said' = world.said
  /\ UNCHANGED <<leases, AtApi>>

Lives(world, end) == IF end = "up" THEN world.ups ELSE world.downs
WithLives(world, end, lives) ==
  IF end = "up" THEN [world EXCEPT !.ups = lives] ELSE [world EXCEPT !.downs = lives]

With(function, key, value) ==
  [one \in DOMAIN function \cup {key} |-> IF one = key THEN value ELSE function[one]]
But(function, key) == [one \in DOMAIN function \ {key} |-> function[one]]

Spent(world, budget) == [world EXCEPT !.left[budget] = @ - 1]

\* A life is no more.
Gone(world, end, me, lingers) ==
  [WithLives(world, end, But(Lives(world, end), me)) EXCEPT !.connections = Left(@, end, me, lingers)]

Crashed(world, end, me, lingers) ==
  [Gone(world, end, me, lingers) EXCEPT !.awaited[end] = IF @ = <<>> THEN <<0>> ELSE @]

\* One thing that goes out.
Performed(world, end, me, effect) ==
  CASE effect.type = "send" -> [world EXCEPT !.connections = Sent(@, end, me, effect.message)]
    [] effect.type = "disconnect" ->
         [world EXCEPT !.connections = Disconnected(@, end, me, effect.session)]
    [] effect.type = "acknowledge" -> [world EXCEPT !.said = effect.switch]
    [] effect.type = "write" ->
         [world EXCEPT !.flights = Plus(@, [by |-> me, of |-> me, write |-> effect.write])]
    [] effect.type = "restart" ->
         [Gone(world, end, me, TRUE) EXCEPT !.awaited[end] = <<effect.above>>]
    [] effect.type = "stop" ->
         [Gone(world, end, me, TRUE) EXCEPT !.stopped = @ \cup {<<end, me>>}]

RECURSIVE AllPerformed(_, _, _, _)
AllPerformed(world, end, me, effects) ==
  IF effects = <<>> THEN world
  ELSE AllPerformed(Performed(world, end, me, Head(effects)), end, me, Tail(effects))

\* A want that A made is due, unless its base, or the request that waited for it, is from before the last external write.
Due(end, was, is) ==
  IF end = "down" \/ was.minted = is.minted \/ is.want[1].version[1] < due.generation
     \/ (was.pending # <<>> /\ was.pending[1].generation < due.generation) THEN due
  ELSE [due EXCEPT !.values = Append(@, is.want[1].value)]

CrashBudget(end) == IF end = "up" THEN "upCrash" ELSE "downCrash"

\* An event given to a life: all that goes out, or a crash on the way.
Step(world, end, me, result) ==
  LET life == Lives(world, end)[me]
      moved == [WithLives(world, end, With(Lives(world, end), me, result.life))
                  EXCEPT !.due = Due(end, life, result.life)]
      After(many) == AllPerformed(moved, end, me, SubSeq(result.out, 1, many))
  IN \/ Becomes(AllPerformed(moved, end, me, result.out))
     \/ /\ world.left[CrashBudget(end)] > 0
        /\ \E many \in 1..(Len(result.out) - 1) : result.out[many].type # "acknowledge" /\
             Becomes(Spent(Crashed(After(many), end, me, TRUE), CrashBudget(end)))

\* ---- Lives begin and end ---------------------------------------------------

\* Reads of a Lease that are under way may see its new holder.
Refreshed(reads, of, lease) ==
  LET Seen(read) == IF read.of = of THEN [read EXCEPT !.candidates = @ \cup {lease}] ELSE read
      RECURSIVE Sum(_)
      Sum(some) == IF some = {} THEN 0
                   ELSE LET one == CHOOSE one \in some : TRUE IN reads[one] + Sum(some \ {one})
  IN [read \in {Seen(one) : one \in DOMAIN reads} |-> Sum({one \in DOMAIN reads : Seen(one) = read})]

Refresh(lives, of, lease) == [one \in DOMAIN lives |-> [lives[one] EXCEPT !.reads = Refreshed(@, of, lease)]]

BeginUp ==
  LET me == leases.up + 1
  IN /\ awaited' = [awaited EXCEPT !.up = <<>>]
     /\ leases' = [leases EXCEPT !.up = me]
     /\ ups' = With(Refresh(ups, "up", me), me, AFresh) /\ downs' = Refresh(downs, "up", me)
     /\ UNCHANGED <<connections, stopped, flights, due, said, AtApi>>

\* D lists its objects as it starts.
BeginDown ==
  LET me == leases.down + 1
      seen == [DFresh EXCEPT !.told = object.rv, !.switch = IF HearsSwitch THEN switch ELSE 0,
                             !.flush = HearsSwitch /\ switch = 2]
      begun == DSaw(me, seen, object)
      Are(what) == LET Is_(effect) == effect.type = what IN SelectSeq(begun.out, Is_)
  IN /\ awaited' = [awaited EXCEPT !.down = <<>>]
     /\ leases' = [leases EXCEPT !.down = me]
     /\ ups' = Refresh(ups, "down", me)
     /\ downs' = With(Refresh(downs, "down", me), me, begun.life)
     /\ flights' = IF Are("write") = <<>> THEN flights
                   ELSE Plus(flights, [by |-> me, of |-> me, write |-> Are("write")[1].write])
     /\ said' = IF Are("acknowledge") = <<>> THEN said ELSE Are("acknowledge")[1].switch
     /\ UNCHANGED <<connections, stopped, due, AtApi>>

StartUp == awaited.up # <<>> /\ BeginUp /\ UNCHANGED left
StartDown == awaited.down # <<>> /\ BeginDown /\ UNCHANGED left

\* A second leader begins while the first still runs.
UsurpUp ==
  /\ left.upUsurp > 0 /\ awaited.up = <<>> /\ DOMAIN ups # {}
  /\ BeginUp /\ left' = [left EXCEPT !.upUsurp = @ - 1]
UsurpDown ==
  /\ left.downUsurp > 0 /\ awaited.down = <<>> /\ DOMAIN downs # {}
  /\ BeginDown /\ left' = [left EXCEPT !.downUsurp = @ - 1]

\* A superseded life finds out by the renewals of its Lease, in its own time.
Lapse(end, me) == me # leases[end] /\ Becomes(Performed(World, end, me, Stop))
LapseUp == \E me \in DOMAIN ups : Lapse("up", me)
LapseDown == \E me \in DOMAIN downs : Lapse("down", me)

\* At rest between two steps.
Crash(end, me, lingers) ==
  LET paid == Spent(World, CrashBudget(end))
  IN /\ lingers => left.linger > 0
     /\ Becomes(Crashed(IF lingers THEN Spent(paid, "linger") ELSE paid, end, me, lingers))
CrashUp == left.upCrash > 0 /\ \E me \in DOMAIN ups, lingers \in BOOLEAN : Crash("up", me, lingers)
CrashDown ==
  left.downCrash > 0 /\ \E me \in DOMAIN downs, lingers \in BOOLEAN : Crash("down", me, lingers)

\* ---- Connections -----------------------------------------------------------

Dials(me) == ups[me].dial # <<>>
Connect == \E me \in DOMAIN ups, to \in DOMAIN downs :
  LET life == ups[me]
      n == life.dial[1]
      result == AConnected(me, [life EXCEPT !.dial = <<>>], n)
      connected == [World EXCEPT !.connections = PutConnection(@, <<me, n>>, Connection(to))]
  IN /\ Dials(me) /\ to = leases.down
     /\ Becomes(AllPerformed(WithLives(connected, "up", With(ups, me, result.life)), "up", me, result.out))

Break == \E key \in DOMAIN connections :
  LET connection == connections[key]
      full == {end \in Ends : Queue(connection, end) # <<>>}
      paid == Spent(World, "break")
  IN /\ left.break > 0 /\ ~connection.broken
     /\ \E linger \in SUBSET full :
          /\ linger # {} => left.linger > 0
          /\ Becomes([(IF linger = {} THEN paid ELSE Spent(paid, "linger"))
                        EXCEPT !.connections = PutConnection(@, key, Broken(connection, linger))])

\* ---- Messages --------------------------------------------------------------

UpHead(key) == Head(connections[key].toUp)
DownHead(key) == Head(connections[key].toDown)
After(key, end) == [World EXCEPT !.connections = Taken(@, key, end)]

DeliverUpOf(key) ==
  /\ connections[key].toUp # <<>>
  /\ Step(After(key, "up"), "up", key[1], AReceived(key[1], ups[key[1]], UpHead(key), leases))
DeliverDownOf(key) ==
  LET to == connections[key].to
  IN /\ connections[key].toDown # <<>>
     /\ Step(After(key, "down"), "down", to, DReceived(to, downs[to], DownHead(key), leases))
DeliverUp == \E key \in DOMAIN connections : DeliverUpOf(key)
DeliverDown == \E key \in DOMAIN connections : DeliverDownOf(key)

Learnt(key, end) == [World EXCEPT !.connections = Told(@, key, end)]
ToldUp == \E key \in DOMAIN connections :
  /\ "up" \in connections[key].untold
  /\ Step(Learnt(key, "up"), "up", key[1], ABroken(key[1], ups[key[1]], key[2]))
ToldDown == \E key \in DOMAIN connections :
  LET to == connections[key].to
  IN /\ "down" \in connections[key].untold
     /\ Step(Learnt(key, "down"), "down", to, DBroken(to, downs[to], key[1], key[2]))

\* A Lease that was read, a request, a write that was answered.
AnswerUp == \E me \in DOMAIN ups :
  \/ \E read \in DOMAIN ups[me].reads : \E lease \in read.candidates :
       LET life == [ups[me] EXCEPT !.reads = Minus(@, read)]
       IN Step(World, "up", me, AAnswered(me, life, read.token, lease))
  \/ \E request \in DOMAIN ups[me].requests :
       Step(World, "up", me, AAsked(me, [ups[me] EXCEPT !.requests = Minus(@, request)], request))
AnswerDown == \E me \in DOMAIN downs :
  \/ \E read \in DOMAIN downs[me].reads : \E lease \in read.candidates :
       LET life == [downs[me] EXCEPT !.reads = Minus(@, read)]
       IN Step(World, "down", me, DAnswered(me, life, read.token, lease))
  \/ \E answer \in DOMAIN downs[me].answers :
       Step(World, "down", me, DHeard(me, [downs[me] EXCEPT !.answers = Minus(@, answer)], answer))

Watch == \E me \in DOMAIN downs :
  \/ /\ downs[me].told # object.rv
     /\ Step(World, "down", me, DSaw(me, [downs[me] EXCEPT !.told = object.rv], object))
  \/ /\ HearsSwitch /\ downs[me].switch # switch
     /\ Step(World, "down", me, DSwitched(me, downs[me], switch))

\* ---- People ----------------------------------------------------------------

ValueOf(act) ==
  CASE act \in {"scale 1", "request 1"} -> 1
    [] act \in {"scale 2", "request 2"} -> 2
    [] act \in {"scale 3", "request 3"} -> 3
    [] act \in {"scale 4", "request 4"} -> 4
Requests == {"request 1", "request 2", "request 3", "request 4"}

Act ==
  /\ acts < Len(Script) /\ acts' = acts + 1
  /\ LET act == Script[acts + 1]
         after == IF act = "edit" THEN ObjectEdited(object, "t2")
                  ELSE IF act \in Requests \cup {"flush"} THEN object ELSE ObjectScaled(object, ValueOf(act))
         scales == act \notin {"edit", "flush"} /\ after # object
         asks == scales \/ act \in Requests
     IN /\ object' = after
        /\ switch' = IF act = "flush" THEN 2 ELSE switch
        /\ asked' = IF asks THEN Append(asked, ValueOf(act)) ELSE asked
        /\ external' = IF scales THEN after.generation ELSE external
        /\ due' = IF scales THEN [generation |-> after.generation, values |-> <<after.replicas>>] ELSE due
        /\ ups' = IF act \in Requests
                  THEN [me \in DOMAIN ups |-> [ups[me] EXCEPT !.requests = Plus(@, [value |-> ValueOf(act), generation |-> object.generation])]]
                  ELSE ups
  /\ UNCHANGED <<downs, connections, leases, awaited, left, stopped, flights, overwritten, said>>

\* ---- The API Server --------------------------------------------------------

\* An answer for the life that waits for it.
Heard(flight, answer) ==
  IF flight.by \in DOMAIN downs THEN [downs EXCEPT ![flight.by].answers = Plus(@, answer)] ELSE downs

Land == \E flight \in DOMAIN flights :
  LET write == flight.write
      after == ObjectWritten(object, write)
      unseen == Changes(object, write) /\ write.written.version[1] < external
      done == ~Conflicts(object, write)
  IN /\ flights' = Minus(flights, flight)
     /\ object' = IF done THEN after ELSE object
     /\ overwritten' = IF done /\ unseen THEN Append(overwritten, object.replicas) ELSE overwritten
     /\ downs' = Heard(flight, IF done THEN [after |-> <<after>>, refusal |-> ""]
                               ELSE [after |-> <<>>, refusal |-> "conflict"])
     /\ UNCHANGED <<ups, connections, leases, awaited, left, stopped, due, acts, asked, external, switch, said>>

\* A request of a life that is no more, or that was given up, never arrives.
Vanish == \E flight \in DOMAIN flights :
  /\ flight.by \notin DOMAIN downs
  /\ flights' = Minus(flights, flight)
  /\ UNCHANGED <<ups, downs, connections, leases, awaited, left, stopped, due, said, AtApi>>

LoseReply == \E flight \in DOMAIN flights :
  /\ left.lostReply > 0 /\ flight.by \in DOMAIN downs
  /\ flights' = Plus(Minus(flights, flight), [flight EXCEPT !.by = 0])
  /\ downs' = Heard(flight, [after |-> <<>>, refusal |-> "ambiguous"])
  /\ left' = [left EXCEPT !.lostReply = @ - 1]
  /\ UNCHANGED <<ups, connections, leases, awaited, stopped, due, said, AtApi>>

\* ---- Time ------------------------------------------------------------------

\* Something can happen of itself, without time passing.
Busy ==
  \/ flights # <<>>
  \/ \E end \in Ends : awaited[end] # <<>>
  \/ DOMAIN ups \ {leases.up} # {} \/ DOMAIN downs \ {leases.down} # {}
  \/ \E key \in DOMAIN connections :
       LET connection == connections[key]
       IN connection.untold # {} \/ connection.toUp # <<>> \/ connection.toDown # <<>>
  \/ \E me \in DOMAIN ups : ups[me].reads # <<>> \/ ups[me].requests # <<>>
                              \/ (Dials(me) /\ leases.down \in DOMAIN downs)
  \/ \E me \in DOMAIN downs :
       downs[me].reads # <<>> \/ downs[me].answers # <<>> \/ downs[me].told # object.rv
         \/ (HearsSwitch /\ downs[me].switch # switch)

TimersOf(life) ==
  {TimerOf(life.field)[i] : i \in DOMAIN TimerOf(life.field)}
  \cup (IF life.confirmed THEN {} ELSE {"unconfirmed"})
Fired(me, timer) == IF timer = "unconfirmed" THEN DConfirmed(me, downs[me]) ELSE DFired(me, downs[me])
Timer == ~Busy /\ \E me \in DOMAIN downs : \E timer \in TimersOf(downs[me]) :
  Step(World, "down", me, Fired(me, timer))
Early == \E me \in DOMAIN downs : \E timer \in TimersOf(downs[me]) :
  LET paid == Spent(World, timer)
      result == Fired(me, timer)
  IN /\ left[timer] > 0
     /\ Becomes(AllPerformed(WithLives(paid, "down", With(downs, me, result.life)), "down", me, result.out))

Next ==
  \/ StartUp \/ StartDown \/ UsurpUp \/ UsurpDown \/ LapseUp \/ LapseDown
  \/ CrashUp \/ CrashDown \/ Connect \/ Break
  \/ DeliverUp \/ DeliverDown \/ ToldUp \/ ToldDown \/ AnswerUp \/ AnswerDown \/ Watch
  \/ Act \/ Land \/ Vanish \/ LoseReply \/ Timer \/ Early

Spec == Init /\ [][Next]_vars

\* All is still but for faults and people.
AtRest == ~Busy /\ \A me \in DOMAIN downs : TimersOf(downs[me]) = {}

\* Weak fairness of what happens of itself: of the steps that spend nothing.
FairSpec == Spec /\ ([]<>AtRest \/ []<><<left' = left /\ acts' = acts>>_vars)

\* ---- Properties (protocol 10) ----------------------------------------------

ScaleNotLost == overwritten = <<>>

\* Nobody acknowledges a flush before its want is written.
ReleaseAcknowledged ==
  [][ (said' # said /\ said' = 2) =>
        \A me \in DOMAIN downs' :
          LET want == downs'[me].want
              written == object'.written
          IN \/ want = <<>> \/ object'.replicas = want[1].value
             \/ (written # <<>> /\ ~IsLower(written[1].version, want[1].version)) ]_vars
ReleaseAcknowledgedAtRest == TRUE

HeldWants ==
  {ups[me].want[1] : me \in {one \in DOMAIN ups : ups[one].want # <<>>}}
  \cup {Stamped(downs[me]) : me \in DOMAIN downs}
IsHighest(want) == \A other \in HeldWants : ~IsLower(want.version, other.version)

\* Everybody holds the highest want, the object is at it, and that is what was asked for last; of an A that is no more, a want may
\* be lost that nobody else had seen.
Converged ==
  /\ \A end \in Ends : awaited[end] = <<>>
  /\ \A me \in DOMAIN ups : ups[me].state = "open" /\ ups[me].want # <<>>
  /\ \A me \in DOMAIN downs : downs[me].state = "open"
  /\ \A want \in HeldWants : IsHighest(want) /\ want.value = object.replicas
  /\ \E i \in DOMAIN due.values :
       due.values[i] = object.replicas /\ (leases.up = 1 => i = Len(due.values))
Converges == <>[]Converged
\* The same where all is still: found without looking at all that may follow.
ConvergesAtRest == AtRest => Converged
=============================================================================
