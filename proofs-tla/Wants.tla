-------------------------------- MODULE Wants --------------------------------
(***************************************************************************)
(* The rule (protocol 8): whatever is lost, late or restarted between A, D *)
(* and the API Server, the highest want wins in the end, everywhere; a     *)
(* value that somebody else wrote wins over every want that had not seen   *)
(* it, and no write-back overwrites one unseen; and while A lives, what    *)
(* was asked for last is what stands.  Of a Deployment that is gone, or    *)
(* has lost its label, nobody keeps a want; of one that stands A does,     *)
(* whatever its lists and its watch have told it, and in which order.      *)
(*                                                                         *)
(* One action is one event given to A or D, run to the end of that step,   *)
(* with what it sends and writes; a crash can fall between any two of      *)
(* these.  It is the explorer's world of `spec/worlds/versions.ts`, with   *)
(* the real A and D and an R that takes every want, state for state and    *)
(* step for step.                                                          *)
(***************************************************************************)
EXTENDS WantEnds, Network

CONSTANTS
  Act1, Act2, Act3,   \* what people do, in this order: "scale N", "request N", "edit", "leave", "delete", "make", "flush", or "nothing"
  Stands,             \* 1: the Deployment is there at first
  Sets,               \* 1: its ReplicaSet is, and D hears of it
  Annotated,          \* 1: an earlier D has written the object
  Hears,              \* 1: A hears of Deployments; 2: and of the end of a list
  Gaps,               \* 1: of what came and went A's watch does not tell: it lists anew
  Relists, Breaks, Lingers, LostReplies, UpCrashes, DownCrashes, UpUsurps, DownUsurps,
  EarlyWriteBacks, EarlyLowers, EarlyRetries, EarlyUnconfirmeds

VARIABLES
  ups, downs,   \* incarnation -> life of A, of D
  connections,  \* <<upstream incarnation, n>> -> connection
  leases,       \* end -> incarnation of its holder
  awaited,      \* end -> <<above>> where a life waits to begin, else <<>>
  left,         \* budgets
  stopped,      \* lives that stepped down
  object,       \* the Deployment; resourceVersion 0 where none stands
  set,          \* whether its ReplicaSet stands, where D hears of it
  flights,      \* bag of [by, of, write]: requests under way, by a life that waits for the answer, or by 0
  acts,         \* acts done
  asked,        \* values that somebody asked for, in order
  external,     \* generation of the last external write of replicas; 0 for none
  overwritten,  \* external values that a write-back replaced unseen
  due,          \* the last external value, and what A made above it: [generation, values]
  switch,       \* version of the owner switch: the second asks D to flush
  said          \* the version that a D has acknowledged last

AtApi == <<object, set, acts, asked, external, overwritten, switch>>
vars == <<ups, downs, connections, leases, awaited, left, stopped, flights, due, said, AtApi>>

Script == SelectSeq(<<Act1, Act2, Act3>>, LAMBDA act : act # "nothing")
\* Elsewhere D does not hear of the switch.
HearsSwitch == \E i \in DOMAIN Script : Script[i] = "flush"

NoObject ==
  [uid |-> "", rv |-> 0, generation |-> 0, replicas |-> 0, owner |-> "", rest |-> "", written |-> <<>>]
NewObject ==
  [uid |-> "d", rv |-> 1, generation |-> 1, replicas |-> 2, owner |-> "", rest |-> "t1", written |-> <<>>]
FirstObject ==
  LET written == [of |-> "d", value |-> 2, version |-> <<1, 0, 0>>, generation |-> 2, owner |-> <<"">>, rest |-> "t1"]
  IN IF Stands = 0 THEN NoObject
     ELSE IF Annotated = 0 THEN NewObject
     ELSE [NewObject EXCEPT !.generation = 2, !.written = <<written>>]

\* What the watches and lists show: Deployments that are managed, or that D has yet to let go.
IsStanding == object.rv # 0
IsShown == IsStanding /\ (~Leaves(object) \/ object.written # <<>>)
ShownVersion == IF IsShown THEN object.rv ELSE 0
Shown == IF IsShown THEN <<object>> ELSE <<>>
\* Nothing is due of what is gone.
NothingDue == [generation |-> 0, values |-> <<>>]

Init ==
  /\ ups = <<>> /\ downs = <<>> /\ connections = <<>> /\ flights = <<>> /\ acts = 0
  /\ leases = [up |-> 0, down |-> 0]
  /\ awaited = [up |-> <<0>>, down |-> <<0>>]
  /\ left = [relist |-> Relists, break |-> Breaks, linger |-> Lingers, lostReply |-> LostReplies,
             upCrash |-> UpCrashes, downCrash |-> DownCrashes, upUsurp |-> UpUsurps, downUsurp |-> DownUsurps,
             writeBack |-> EarlyWriteBacks, lower |-> EarlyLowers, retry |-> EarlyRetries, unconfirmed |-> EarlyUnconfirmeds]
  /\ stopped = {} /\ object = FirstObject /\ set = (Sets = 1)
  /\ asked = (IF Stands = 1 THEN <<2>> ELSE <<>>) /\ external = 0 /\ overwritten = <<>>
  /\ due = IF Stands = 1 THEN [generation |-> 1, values |-> <<2>>] ELSE NothingDue
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

\* A list that was asked for is complete when all that it shows has been heard; a watch that lists anew does not wait for it.
Showing(one) == [kind |-> "shown", object |-> <<one>>]
Ending(ours) == [kind |-> IF ours THEN "answered" ELSE "anew", object |-> <<>>]
Listed(listing) == Plus(IF IsShown THEN Plus(listing, Showing(object)) ELSE listing, Ending(TRUE))
CanBeHeard(listing, one) == one.kind = "answered" => \A other \in DOMAIN listing : other.kind # "shown"

\* One thing that goes out.
Performed(world, end, me, effect) ==
  CASE effect.type = "send" -> [world EXCEPT !.connections = Sent(@, end, me, effect.message)]
    [] effect.type = "disconnect" ->
         [world EXCEPT !.connections = Disconnected(@, end, me, effect.session)]
    [] effect.type = "acknowledge" -> [world EXCEPT !.said = effect.switch]
    [] effect.type = "relist" ->
         WithLives(world, end, [Lives(world, end) EXCEPT ![me].listing = Listed(@)])
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
Due(end, me, was, is) ==
  IF end = "down" \/ due = NothingDue \/ is.want = <<>> \/ is.want[1].version[2] # me
     \/ (was.want # <<>> /\ was.want[1].version = is.want[1].version)
     \/ is.want[1].version[1] < due.generation
     \/ (was.pending # <<>> /\ was.pending[1].generation < due.generation) THEN due
  ELSE [due EXCEPT !.values = Append(@, is.want[1].value)]

CrashBudget(end) == IF end = "up" THEN "upCrash" ELSE "downCrash"

\* An event given to a life: all that goes out, or a crash on the way.
Step(world, end, me, result) ==
  LET life == Lives(world, end)[me]
      moved == [WithLives(world, end, With(Lives(world, end), me, result.life))
                  EXCEPT !.due = Due(end, me, life, result.life)]
      After(many) == AllPerformed(moved, end, me, SubSeq(result.out, 1, many))
      outward == {i \in DOMAIN result.out : result.out[i].type \notin {"acknowledge", "relist"}}
  IN \/ Becomes(AllPerformed(moved, end, me, result.out))
     \/ /\ world.left[CrashBudget(end)] > 0
        /\ \E many \in outward : (\E later \in outward : later > many) /\
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

\* A lists its Deployments as it starts, where it hears of them.
ABegun(me) ==
  LET fresh == [AFresh EXCEPT !.told = ShownVersion]
      seen == IF IsShown THEN ASaw(me, fresh, object).life ELSE fresh
  IN CASE Hears = 0 -> AFresh
       [] Hears = 1 -> seen
       [] Hears = 2 -> AListed(me, seen, FALSE).life

BeginUp ==
  LET me == leases.up + 1
  IN /\ awaited' = [awaited EXCEPT !.up = <<>>]
     /\ leases' = [leases EXCEPT !.up = me]
     /\ ups' = With(Refresh(ups, "up", me), me, ABegun(me)) /\ downs' = Refresh(downs, "up", me)
     /\ UNCHANGED <<connections, stopped, flights, due, said, AtApi>>

\* D lists its objects as it starts.
BeginDown ==
  LET me == leases.down + 1
      seen == [DFresh EXCEPT !.told = ShownVersion, !.set = set, !.switch = IF HearsSwitch THEN switch ELSE 0,
                             !.flush = HearsSwitch /\ switch = 2]
      begun == DBegun(me, seen, Shown)
      Are(what) == LET Is_(effect) == effect.type = what IN SelectSeq(begun.out, Is_)
      life == IF Are("relist") = <<>> THEN begun.life ELSE [begun.life EXCEPT !.listing = Listed(@)]
  IN /\ awaited' = [awaited EXCEPT !.down = <<>>]
     /\ leases' = [leases EXCEPT !.down = me]
     /\ ups' = Refresh(ups, "down", me)
     /\ downs' = With(Refresh(downs, "down", me), me, life)
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

\* A Lease that was read, a request, a write that was answered, what a list shows, and that it is complete.
AnswerUp == \E me \in DOMAIN ups :
  \/ \E read \in DOMAIN ups[me].reads : \E lease \in read.candidates :
       LET life == [ups[me] EXCEPT !.reads = Minus(@, read)]
       IN Step(World, "up", me, AAnswered(me, life, read.token, lease))
  \/ \E request \in DOMAIN ups[me].requests :
       Step(World, "up", me, AAsked(me, [ups[me] EXCEPT !.requests = Minus(@, request)], request))
  \/ \E one \in DOMAIN ups[me].listing :
       LET life == [ups[me] EXCEPT !.listing = Minus(@, one)]
       IN /\ CanBeHeard(ups[me].listing, one)
          /\ Step(World, "up", me, IF one.kind = "shown" THEN ASaw(me, life, one.object[1])
                                   ELSE AListed(me, life, one.kind = "answered"))
AnswerDown == \E me \in DOMAIN downs :
  \/ \E read \in DOMAIN downs[me].reads : \E lease \in read.candidates :
       LET life == [downs[me] EXCEPT !.reads = Minus(@, read)]
       IN Step(World, "down", me, DAnswered(me, life, read.token, lease))
  \/ \E answer \in DOMAIN downs[me].answers :
       Step(World, "down", me, DHeard(me, [downs[me] EXCEPT !.answers = Minus(@, answer)], answer))
  \/ \E one \in DOMAIN downs[me].listing :
       LET life == [downs[me] EXCEPT !.listing = Minus(@, one)]
       IN /\ CanBeHeard(downs[me].listing, one)
          /\ Step(World, "down", me, IF one.kind = "shown" THEN DSaw(me, life, one.object[1])
                                     ELSE DListed(me, life, one.kind = "answered"))

WatchUp(me) ==
  LET life == [ups[me] EXCEPT !.told = ShownVersion]
  IN /\ Hears > 0 /\ ups[me].told # ShownVersion
     /\ Step(World, "up", me, IF IsShown THEN ASaw(me, life, object) ELSE AVanished(me, life))
WatchDown(me) ==
  LET life == [downs[me] EXCEPT !.told = ShownVersion]
  IN \/ /\ downs[me].told # ShownVersion
        /\ Step(World, "down", me, IF IsShown THEN DSaw(me, life, object) ELSE DVanished(me, life))
     \/ downs[me].set # set /\ Step(World, "down", me, DSetVanished(me, downs[me]))
     \/ /\ HearsSwitch /\ downs[me].switch # switch
        /\ Step(World, "down", me, DSwitched(me, downs[me], switch))
Watch == (\E me \in DOMAIN ups : WatchUp(me)) \/ (\E me \in DOMAIN downs : WatchDown(me))

\* A watch lists anew, from an API server that has seen no more than the watch has told; D's of ReplicaSets too, which changes nothing.
WatchAnew ==
  /\ left.relist > 0
  /\ LET paid == Spent(World, "relist")
         Given(end, me, result) ==
           Becomes(AllPerformed(WithLives(paid, end, With(Lives(paid, end), me, result.life)), end, me, result.out))
     IN \/ Hears = 2 /\ \E me \in DOMAIN ups : Given("up", me, AListed(me, ups[me], FALSE))
        \/ \E me \in DOMAIN downs :
             \/ Given("down", me, DListed(me, downs[me], FALSE))
             \/ Given("down", me, Result(downs[me], <<>>))

\* ---- People ----------------------------------------------------------------

ValueOf(act) ==
  CASE act \in {"scale 1", "request 1"} -> 1
    [] act \in {"scale 2", "request 2"} -> 2
    [] act \in {"scale 3", "request 3"} -> 3
    [] act \in {"scale 4", "request 4"} -> 4
Requests == {"request 1", "request 2", "request 3", "request 4"}

\* The object after an act; of what is not there nothing is done.
Acted(act) ==
  CASE act = "make" -> NewObject
    [] ~IsStanding \/ act \in Requests \cup {"flush"} -> object
    [] act = "delete" -> NoObject
    [] act = "edit" -> ObjectEdited(object, "t2")
    [] act = "leave" -> ObjectEdited(object, "t0")
    [] OTHER -> ObjectScaled(object, ValueOf(act))

\* A request for A; and of what came and went unseen, a watch with gaps tells only that it has listed anew.
ToldOf(act, life) ==
  IF act \in Requests /\ IsStanding
  THEN [life EXCEPT !.requests = Plus(@, [value |-> ValueOf(act), generation |-> object.generation])]
  ELSE IF act = "delete" /\ IsStanding /\ Gaps = 1 /\ Hears = 2 /\ life.told = 0
  THEN [life EXCEPT !.listing = Plus(@, Ending(FALSE))]
  ELSE life

Act ==
  /\ acts < Len(Script) /\ acts' = acts + 1
  /\ LET act == Script[acts + 1]
         after == Acted(act)
         scales == act \notin {"edit", "leave", "delete", "make", "flush"} /\ after # object
         asks == scales \/ (act \in Requests /\ IsStanding)
     IN /\ act = "make" => ~IsStanding
        /\ object' = after
        /\ switch' = IF act = "flush" THEN 2 ELSE switch
        /\ asked' = IF asks THEN Append(asked, ValueOf(act)) ELSE IF act = "make" THEN Append(asked, 2) ELSE asked
        /\ external' = IF scales THEN after.generation ELSE external
        /\ due' = CASE act = "make" -> [generation |-> 1, values |-> <<2>>]
                    [] act = "delete" -> NothingDue
                    [] OTHER -> IF scales THEN [generation |-> after.generation, values |-> <<after.replicas>>] ELSE due
        /\ ups' = [me \in DOMAIN ups |-> ToldOf(act, ups[me])]
  /\ UNCHANGED <<downs, connections, leases, awaited, left, stopped, flights, overwritten, said, set>>

\* ---- The API Server --------------------------------------------------------

\* Garbage collection: a ReplicaSet whose Deployment was deleted.
CanCollect ==
  set /\ ~IsStanding /\ \E i \in 1..acts : Script[i] = "delete"
Collect ==
  /\ CanCollect /\ set' = FALSE
  /\ UNCHANGED <<ups, downs, connections, leases, awaited, left, stopped, flights, due, said,
                 object, acts, asked, external, overwritten, switch>>

\* An answer for the life that waits for it.
Heard(flight, answer) ==
  IF flight.by \in DOMAIN downs THEN [downs EXCEPT ![flight.by].answers = Plus(@, answer)] ELSE downs

Land == \E flight \in DOMAIN flights :
  LET write == flight.write
      after == ObjectWritten(object, write)
      unseen == Changes(object, write) /\ write.written.version[1] < external
      done == IsStanding /\ ~Conflicts(object, write)
  IN /\ flights' = Minus(flights, flight)
     /\ object' = IF done THEN after ELSE object
     /\ overwritten' = IF done /\ unseen THEN Append(overwritten, object.replicas) ELSE overwritten
     /\ downs' = Heard(flight, IF done THEN [after |-> <<after>>, refusal |-> ""]
                               ELSE [after |-> <<>>, refusal |-> IF IsStanding THEN "conflict" ELSE "notFound"])
     /\ UNCHANGED <<ups, connections, leases, awaited, left, stopped, due, set, acts, asked, external, switch, said>>

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
  \/ flights # <<>> \/ CanCollect
  \/ \E end \in Ends : awaited[end] # <<>>
  \/ DOMAIN ups \ {leases.up} # {} \/ DOMAIN downs \ {leases.down} # {}
  \/ \E key \in DOMAIN connections :
       LET connection == connections[key]
       IN connection.untold # {} \/ connection.toUp # <<>> \/ connection.toDown # <<>>
  \/ \E me \in DOMAIN ups : ups[me].reads # <<>> \/ ups[me].requests # <<>>
                              \/ ups[me].listing # <<>> \/ (Hears > 0 /\ ups[me].told # ShownVersion)
                              \/ (Dials(me) /\ leases.down \in DOMAIN downs)
  \/ \E me \in DOMAIN downs :
       downs[me].reads # <<>> \/ downs[me].answers # <<>> \/ downs[me].listing # <<>>
         \/ downs[me].told # ShownVersion \/ downs[me].set # set
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
  \/ WatchAnew \/ Collect \/ Act \/ Land \/ Vanish \/ LoseReply \/ Timer \/ Early

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
          IN \/ want = <<>> \/ object'.rv = 0 \/ object'.replicas = want[1].value
             \/ (written # <<>> /\ ~IsLower(written[1].version, want[1].version)) ]_vars
ReleaseAcknowledgedAtRest == TRUE

\* R is sent no want of what D has no object of, and is told that it has left.
HeldWants ==
  {ups[me].want[1] : me \in {one \in DOMAIN ups : ups[one].want # <<>>}}
  \cup {Stamped(downs[me]) :
         me \in {one \in DOMAIN downs :
                  downs[one].object # <<>> /\ downs[one].want # <<>> /\ ~downs[one].left}}
IsHighest(want) == \A other \in HeldWants : ~IsLower(want.version, other.version)
IsManaged == IsStanding /\ ~Leaves(object)

\* Everybody holds the highest want, the object is at it, and that is what was asked for last; of an A that is no more, a want may
\* be lost that nobody else had seen.  Of what stands A holds one, of what is gone nobody does; what leaves is let go.
Converged ==
  /\ \A end \in Ends : awaited[end] = <<>>
  /\ \A me \in DOMAIN ups : ups[me].state = "open" /\ (IsManaged /\ me = leases.up => ups[me].want # <<>>)
  /\ \A me \in DOMAIN downs : downs[me].state = "open"
  /\ \A want \in HeldWants : IsHighest(want) /\ IsStanding /\ want.value = object.replicas
  /\ IsStanding =>
       \E i \in DOMAIN due.values :
         due.values[i] = object.replicas /\ (leases.up = 1 => i = Len(due.values))
  /\ ~(IsShown /\ Leaves(object))
Converges == <>[]Converged
\* The same where all is still: found without looking at all that may follow.
ConvergesAtRest == AtRest => Converged
=============================================================================
