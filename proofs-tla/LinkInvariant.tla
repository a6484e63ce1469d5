---------------------------- MODULE LinkInvariant ----------------------------
(***************************************************************************)
(* The rule: why a link is safe, said of one state alone.  Every step from *)
(* a state in which this holds leads to one in which it holds; so it holds *)
(* however many Pods, lives and sessions there were before, and whatever   *)
(* budgets say: none of them is spoken of.                                 *)
(*                                                                         *)
(* It says: numbers are used once.  A session has one downstream, and its  *)
(* messages come in the order of the handshake.  What the downstream has   *)
(* said to be gone it does not hold, and no `Assign` of it can still reach *)
(* it.  An upstream that takes an `Offer` knows none of the Pods of a      *)
(* later downstream.  And once all that is under way on an intact session  *)
(* has been delivered, both ends agree.                                    *)
(*                                                                         *)
(* `MCLinkInductive` checks it over every state of small shape.            *)
(***************************************************************************)
EXTENDS Link

\* ---- Names --------------------------------------------------------------------

Records(life) == {life.records[uid] : uid \in DOMAIN life.records}
CopiesIn(message) ==
  CASE message.kind \in {"Assign", "State"} -> Range(message.records)
    [] message.kind = "Assigned" -> Range(message.pods)
    [] message.kind = "Invalidate" -> Range(message.changed) \cup Range(message.adopted)
    [] OTHER -> {}
\* Uids of which the downstream says that they are no more.
GoneBy(message) ==
  CASE message.kind \in {"Refused", "Terminated"} -> Range(message.uids)
    [] message.kind = "Invalidate" -> Range(message.lost)
    [] OTHER -> {}
Uids(copies) == {copy.uid : copy \in copies}
NamedIn(message) ==
  Uids(CopiesIn(message)) \cup GoneBy(message)
    \cup (CASE message.kind = "Terminate" -> Range(message.uids)
            [] message.kind = "Fetch" -> Range(message.uids) \cup Range(message.tombstones)
            [] message.kind = "Offer" -> UidsOf(message.held)
            [] OTHER -> {})

QueuedCopies(life) == Range(life.queued.assigned) \cup Range(life.queued.changed) \cup Range(life.queued.adopted)
QueuedGone(life) == Range(life.queued.lost) \cup Range(life.queued.refused) \cup Range(life.queued.terminated)
Held(life) == IF life.offer = <<>> THEN {} ELSE UidsOf(life.offer[1].held)

UnderWay(connection) == Range(connection.toDown) \cup Range(connection.toUp)
AllMessages == UNION {UnderWay(connections[key]) : key \in DOMAIN connections}
Copies ==
  UNION {Records(ups[me]) : me \in DOMAIN ups}
    \cup UNION {Records(downs[to]) \cup QueuedCopies(downs[to]) : to \in DOMAIN downs}
    \cup UNION {CopiesIn(message) : message \in AllMessages}
Named ==
  DOMAIN collected \cup Uids(Copies) \cup UNION {NamedIn(message) : message \in AllMessages}
    \cup UNION {Held(ups[me]) : me \in DOMAIN ups} \cup UNION {QueuedGone(downs[to]) : to \in DOMAIN downs}

\* ---- Lives ----------------------------------------------------------------------

Tries(me) == ups[me].state \in {"greeting", "verifying", "fetching", "open"}
HasOffer(me) == ups[me].offer # <<>>

\* The downstream whose `Offer` is taken, or may still be.
Takes(me, to) ==
  /\ HasOffer(me) /\ ups[me].offer[1].session[2] = to
  /\ \/ ups[me].state \in {"fetching", "open"}
     \/ \E read \in DOMAIN ups[me].reads : read.token = <<"peer", ups[me].n>> /\ to \in read.candidates

UpShaped(me) ==
  LET life == ups[me]
  IN /\ me \in 1..leases.up
     /\ life.state \in {"dialling", "greeting", "verifying", "fetching", "open", "reviewing"}
     /\ life.dial = IF life.state = "dialling" THEN <<life.n>> ELSE <<>>
     /\ HasOffer(me) <=> life.state \in {"verifying", "fetching", "open"}
     /\ HasOffer(me) => LET session == life.offer[1].session
                        IN session = <<me, session[2], life.n>> /\ session[2] \in 1..leases.down
     \* A read is not older than the session that it is for.
     /\ \A read \in DOMAIN life.reads :
          /\ read.of = "down" => leases.down \in read.candidates
          /\ read.token[2] <= life.n
          /\ life.state \in {"dialling", "greeting"} => read.token # <<"peer", life.n>>
     \* It can know only what it minted, what lives before it did, and what was found below.
     /\ \A uid \in DOMAIN life.records :
          life.records[uid].uid = uid /\ (uid[1] = "r" => uid[2] <= me)

DownShaped(to) ==
  LET life == downs[to]
  IN /\ to \in 1..leases.down
     /\ life.state \in {"closed", "verifying", "offered", "open", "reviewing"}
     /\ life.hello # <<>> <=> life.state \in {"verifying", "offered", "open"}
     /\ life.state # "offered" => life.queued = NoNews
     /\ life.state = "verifying" => Below(life.fence, FenceOf(life.hello[1]))
     /\ life.state \in {"offered", "open"} => life.fence = FenceOf(life.hello[1])
     /\ \A fence \in {life.fence} \cup (IF life.hello = <<>> THEN {} ELSE {FenceOf(life.hello[1])}) :
          /\ fence[1] <= leases.up
          /\ fence[1] \in DOMAIN ups =>
               /\ fence[2] <= ups[fence[1]].n
               /\ ups[fence[1]].state = "dialling" => fence[2] < ups[fence[1]].n
     /\ \A uid \in DOMAIN life.records :
          /\ life.records[uid].uid = uid
          /\ IF uid[1] = "a" THEN uid[2] = to ELSE uid[2] <= life.fence[1]

\* The session that a downstream is in, as the key of its connection.
In(to, key) == downs[to].hello # <<>> /\ FenceOf(downs[to].hello[1]) = key

\* A number is never used again.
UsedOnce ==
  /\ \A uid \in Named :
       IF uid[1] = "r"
       THEN uid[2] \in 1..leases.up /\ (uid[2] \in DOMAIN ups => uid[3] <= ups[uid[2]].minted)
       ELSE uid[2] \in 1..leases.down /\ (uid[2] \in DOMAIN downs => uid[3] <= downs[uid[2]].found)
  /\ \A copy \in Copies :
       /\ copy.version[1] = "down" => copy.version[2] \in 1..leases.down
       /\ copy.version[1] = "down" /\ copy.version[2] \in DOMAIN downs =>
            copy.version[3] <= downs[copy.version[2]].changes

\* Of one version there is one content; but a mark may have been set above.
OneContent ==
  \A to \in DOMAIN downs : \A record \in Records(downs[to]) : \A copy \in Copies :
    copy.uid = record.uid /\ copy.version = record.version => Marked(copy) \/ copy = record

\* ---- Sessions ----------------------------------------------------------------------

Here(key) == key[1] \in DOMAIN ups
Now(key) == Here(key) /\ ups[key[1]].n = key[2]
NowIn(key, states) == Now(key) /\ ups[key[1]].state \in states

\* A downstream speaks in a session only when it has fenced all older ones.
HasFenced(key, to) == to \in DOMAIN downs => ~Below(downs[to].fence, key)

\* A connection that is left is broken, and so is one of a life that is no more.
PlaceHolds(key, to, broken, untold) ==
  /\ key[1] \in 1..leases.up /\ to \in 1..leases.down
  /\ Here(key) => key[2] <= ups[key[1]].n
  /\ ~NowIn(key, {"dialling"})
  /\ IF Now(key) /\ Tries(key[1]) THEN broken => "up" \in untold ELSE broken
  /\ ~broken => untold = {} /\ to \in DOMAIN downs
  /\ ~Here(key) => "up" \notin untold
  /\ to \notin DOMAIN downs => "down" \notin untold
  /\ Now(key) /\ HasOffer(key[1]) =>
       /\ ups[key[1]].offer[1].session[2] = to
       /\ HasFenced(key, to)
  \* Step by step: one end is at most one message ahead of the other.
  /\ to \in DOMAIN downs /\ In(to, key) /\ Now(key) =>
       CASE downs[to].state = "verifying" -> ups[key[1]].state \in {"greeting", "reviewing"}
         [] downs[to].state = "offered" -> ups[key[1]].state # "open"
         [] downs[to].state = "open" -> ups[key[1]].state \in {"fetching", "open"}

\* In the order of the handshake.
DownMessageHolds(key, to, message) ==
  LET kind == message.kind
  IN /\ to \in DOMAIN downs
     /\ message.session = <<key[1], IF kind = "Hello" THEN 0 ELSE to, key[2]>>
     /\ kind \in {"Hello", "Fetch", "Assign", "Terminate", "Rejected"}
     /\ kind # "Hello" => HasFenced(key, to)
     /\ kind = "Fetch" => ~NowIn(key, {"greeting", "verifying", "open", "reviewing"})
                          /\ (In(to, key) => downs[to].state = "offered")
     /\ kind \in {"Assign", "Terminate"} => ~NowIn(key, {"greeting", "verifying", "fetching", "reviewing"})
     /\ kind = "Rejected" => ~Now(key)

UpMessageHolds(key, to, message) ==
  LET kind == message.kind
      held == IF to \in DOMAIN downs THEN DOMAIN downs[to].records ELSE {}
      InState(states) == to \in DOMAIN downs /\ In(to, key) /\ downs[to].state \in states
  IN /\ Here(key)
     /\ message.session = <<key[1], IF kind = "Rejected" THEN 0 ELSE to, key[2]>>
     /\ kind \in {"Offer", "State", "Rejected"} \cup UpTraffic
     /\ \A uid \in NamedIn(message) : IF uid[1] = "a" THEN uid[2] = to ELSE uid[2] <= key[1]
     /\ kind # "Rejected" => HasFenced(key, to)
     /\ kind \in {"State"} \cup UpTraffic => ~InState({"offered"}) /\ ~NowIn(key, {"greeting", "verifying"})
     /\ kind = "State" => ~NowIn(key, {"open"})
     /\ kind = "Offer" =>
          /\ ~NowIn(key, {"verifying", "fetching", "open"})
          /\ ~InState({"open"}) \/ ~Now(key)
          \* What it leaves out, and the upstream knows, the downstream does not hold.
          /\ NowIn(key, {"greeting"}) => held \cap DOMAIN ups[key[1]].records \subseteq UidsOf(message.held)
     \* What it has said to be gone it does not hold.
     /\ GoneBy(message) \cap held = {}

\* A session is one exchange: `Hello`, `Offer`, `Fetch`, `State`, and then what goes both ways.
Ordered(connection) ==
  LET Down(kinds) == \E message \in Range(connection.toDown) : message.kind \in kinds
      Up(kinds) == \E message \in Range(connection.toUp) : message.kind \in kinds
  IN /\ Down({"Fetch", "Rejected", "Assign", "Terminate"}) => ~Up({"Offer"})
     /\ Down({"Fetch"}) => ~Up({"State"} \cup UpTraffic) /\ ~Down({"Assign", "Terminate"})
     /\ Down({"Assign", "Terminate"}) => ~Up({"State"})

ConnectionHolds(key, connection) ==
  LET to == connection.to
  IN /\ PlaceHolds(key, to, connection.broken, connection.untold)
     /\ ~IsOver(connection)
     /\ Ordered(connection)
     /\ \A message \in Range(connection.toDown) : DownMessageHolds(key, to, message)
     /\ \A message \in Range(connection.toUp) : UpMessageHolds(key, to, message)

\* The same of an `Offer` that was taken, whatever became of its connection.
OfferHolds(me) ==
  ups[me].state \in {"verifying", "fetching"} =>
    LET to == ups[me].offer[1].session[2]
    IN to \in DOMAIN downs =>
         DOMAIN downs[to].records \cap DOMAIN ups[me].records \subseteq Held(ups[me])

GoneBelow == \A to \in DOMAIN downs : QueuedGone(downs[to]) \cap DOMAIN downs[to].records = {}

\* While an upstream tries a session its connection is there.
Connected == \A me \in DOMAIN ups : Tries(me) => <<me, ups[me].n>> \in DOMAIN connections

\* A session has one downstream.
OneDownstream ==
  /\ \A to \in DOMAIN downs : \A key \in DOMAIN connections :
       In(to, key) \/ downs[to].fence = key => connections[key].to = to
  /\ \A stray \in DOMAIN strays :
       LET key == FenceOf(stray.message.session)
       IN /\ stray.message.kind = "Hello" /\ stray.message.session[2] = 0
          /\ stray.to \in DOMAIN downs /\ key[1] \in 1..leases.up
          /\ key \in DOMAIN connections => connections[key].to = stray.to
          /\ key[1] \in DOMAIN ups =>
               /\ key[2] <= ups[key[1]].n
               /\ ups[key[1]].state = "dialling" => key[2] < ups[key[1]].n

\* ---- Pods ------------------------------------------------------------------------

\* An `Assign` that can still be obeyed is the first that is heard of its Pod.
AssignIsNew(to, key, at) ==
  LET queue == connections[key].toDown
  IN \A uid \in Uids(CopiesIn(queue[at])) :
       /\ uid[1] = "r" /\ uid[2] = key[1]
       /\ \A other \in DOMAIN downs : uid \notin DOMAIN downs[other].records
       /\ \A other \in DOMAIN downs :
            uid \notin QueuedGone(downs[other]) \cup Uids(QueuedCopies(downs[other]))
       /\ \A me \in DOMAIN ups \ {key[1]} : uid \notin DOMAIN ups[me].records
       /\ \A one \in DOMAIN connections : \A message \in Range(connections[one].toUp) :
            uid \notin NamedIn(message)
       /\ \A i \in DOMAIN queue : i < at => uid \notin NamedIn(queue[i])
       /\ to = leases.down => uid \notin DOMAIN collected
       /\ key[1] \in DOMAIN ups => uid \notin Held(ups[key[1]]) \/ ups[key[1]].n # key[2]
AssignsAreNew ==
  \A to \in DOMAIN downs : \A key \in DOMAIN connections :
    In(to, key) /\ connections[key].to = to =>
      \A at \in DOMAIN connections[key].toDown :
        connections[key].toDown[at].kind = "Assign" => AssignIsNew(to, key, at)

\* Who takes the `Offer` of one downstream knows nothing of a later one's Pods, and never will.
LaterUnknown(me, to, later) ==
  LET life == downs[later]
  IN /\ DOMAIN life.records \cap DOMAIN ups[me].records = {}
     /\ \A uid \in DOMAIN life.records : uid[1] = "r" => uid[2] > me
     /\ life.fence[1] = 0 \/ life.fence[1] > me
     /\ \A read \in DOMAIN life.reads :
          read.token[1] = "verify" /\ read.token[2] <= me => read.token[2] \notin read.candidates
     /\ life.state \in {"offered", "open"} => life.hello[1][1] > me
     /\ \A key \in DOMAIN connections : key[1] = me => connections[key].to # later
     /\ \A stray \in DOMAIN strays : stray.message.session[1] = me => stray.to # later
LaterAreUnknown ==
  \A me \in DOMAIN ups, to \in 1..leases.down :
    Takes(me, to) => \A later \in DOMAIN downs : later > to => LaterUnknown(me, to, later)

\* ---- Agreement ---------------------------------------------------------------------

MessagesOf(out) ==
  LET sends == SelectSeq(out, LAMBDA effect : effect.type = "send")
  IN [i \in DOMAIN sends |-> sends[i].message]

\* The `Offer` was found to be the holder's.
Verified(me, life) ==
  IF life.state = "verifying" THEN UpAnswered(me, life, <<"peer", life.n>>, life.offer[1].session[2])
  ELSE Result(life, <<>>)

\* All that is under way is delivered, and all that comes of it.
RECURSIVE Delivered(_, _, _, _, _, _)
Delivered(me, up, to, down, toUp, toDown) ==
  IF toUp # <<>>
  THEN LET heard == UpReceived(me, up, Head(toUp), leases)
           verified == Verified(me, heard.life)
       IN Delivered(me, verified.life, to, down, Tail(toUp),
                    toDown \o MessagesOf(heard.out \o verified.out))
  ELSE IF toDown # <<>>
  THEN LET heard == DownReceived(to, down, Head(toDown), leases)
       IN Delivered(me, up, to, heard.life, MessagesOf(heard.out), Tail(toDown))
  ELSE [up |-> up, down |-> down]

AgreeWhole(up, down) ==
  /\ DOMAIN up.records = DOMAIN down.records
  /\ \A uid \in DOMAIN up.records : Agree(up.records[uid], down.records[uid])

WillAgree(key, connection) ==
  LET me == key[1]
      to == connection.to
  IN ( /\ me \in DOMAIN ups /\ to \in DOMAIN downs /\ ~connection.broken
       /\ ups[me].n = key[2] /\ Tries(me)
       /\ In(to, key) /\ downs[to].state \in {"offered", "open"} ) =>
     LET begun == Verified(me, ups[me])
         end == Delivered(me, begun.life, to, downs[to], connection.toUp,
                          connection.toDown \o MessagesOf(begun.out))
     IN end.up.state = "open" /\ end.down.state = "open" => AgreeWhole(end.up, end.down)

\* ---- The invariant -------------------------------------------------------------------

LivesHold == (\A me \in DOMAIN ups : UpShaped(me) /\ OfferHolds(me)) /\ \A to \in DOMAIN downs : DownShaped(to)
ConnectionsHold == \A key \in DOMAIN connections : ConnectionHolds(key, connections[key])
AllWillAgree == \A key \in DOMAIN connections : WillAgree(key, connections[key])

Inv ==
  /\ LivesHold
  /\ ConnectionsHold
  /\ Connected
  /\ OneDownstream
  /\ UsedOnce
  /\ OneContent
  /\ GoneBelow
  /\ AssignsAreNew
  /\ LaterAreUnknown
  /\ NoFalseConfirm
  /\ AllWillAgree
=============================================================================
