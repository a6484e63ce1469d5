--------------------------- MODULE MCLinkInductive ---------------------------
(***************************************************************************)
(* `LinkInvariant` is inductive: one step from every state of a small      *)
(* shape that satisfies it, whether or not that state can be reached.  The *)
(* shape (how many lives, numbers, messages) comes from the configuration  *)
(* (`spec/worlds/shapes.ts`); one Pod is enough for each state, and which  *)
(* one is chosen from `Minters` and `Finders`.  Every fault may happen in  *)
(* that step.                                                              *)
(***************************************************************************)
EXTENDS LinkInvariant

CONSTANTS
  UpLease, DownLease,     \* numbers in use
  UpAlive, DownAlive,     \* lives that may be there
  UpMost, DownMost,       \* how many at once
  UpStates, DownStates,   \* of their links
  Top,                    \* sessions of one life
  Minters, Finders,       \* lives whose Pod it may be
  Counters,               \* versions
  Readies,                \* subset of BOOLEAN
  Longest,                \* messages a direction and connection
  UnderWayMost,           \* messages on all connections
  Strays                  \* copies of a `Hello`

VARIABLES
  stage,    \* "lives", then "whole", then "later"
  about     \* the Pod that this state is about

UpTo(set, most) == {one \in SUBSET set : Cardinality(one) <= most}
Maybe(set) == {<<>>} \cup {<<one>> : one \in set}
Only(key, value) == [one \in {key} |-> value]
Sequences(set) == UNION {[1..length -> set] : length \in 0..Longest}

Pods == {<<"r", me, 1>> : me \in Minters} \cup {<<"a", to, 1>> : to \in Finders}
Keys == (1..UpLease) \X (1..Top)

\* ---- Records -----------------------------------------------------------------------

Versions(to) == {<<"down", to, counter>> : counter \in 1..Counters}
Running(pod, to) ==
  {[uid |-> pod, node |-> "below", phase |-> "running", ready |-> ready, version |-> version] :
     ready \in Readies, version \in Versions(to)}
Ending(pod, to) ==
  {[uid |-> pod, node |-> "below", phase |-> "terminating", ready |-> FALSE, version |-> version] :
     version \in Versions(to)}
OfBelow(pod, to) == Running(pod, to) \cup Ending(pod, to)
Minted(pod) ==
  [uid |-> pod, node |-> "none", phase |-> "created", ready |-> FALSE, version |-> <<"up", pod[2], 1>>]
\* A mark that was set above keeps its version, and takes the node and readiness of what is below.
MarkedAbove(pod) ==
  LET own == IF pod[1] = "r" THEN {<<"up", pod[2], 1>>} ELSE {}
      versions == own \cup UNION {Versions(to) : to \in 1..DownLease}
      marked == {[uid |-> pod, node |-> "below", phase |-> "terminating", ready |-> ready,
                  version |-> version] : ready \in Readies, version \in versions}
  IN marked \cup (IF pod[1] = "r"
                  THEN {[Minted(pod) EXCEPT !.phase = "terminating"]} ELSE {})
Above(pod) ==
  UNION {Running(pod, to) : to \in 1..DownLease} \cup MarkedAbove(pod)
    \cup (IF pod[1] = "r" THEN {Minted(pod)} ELSE {})
Table(copies) == {<<>>} \cup {Only(copy.uid, copy) : copy \in copies}
HeldOf(pod, to) == Maybe({[uid |-> pod, version |-> version] : version \in Versions(to)})

\* ---- Lives ---------------------------------------------------------------------------

ReadOf(token, of, lease) ==
  {Only([token |-> token, of |-> of, candidates |-> {lease} \cup some], 1) : some \in SUBSET (1..lease)}

UpLife(n, state, offer, records, reads) ==
  [state |-> state, n |-> n, offer |-> offer, fence |-> <<0, 0>>, records |-> records, minted |-> 1,
   dial |-> IF state = "dialling" THEN <<n>> ELSE <<>>, reads |-> reads]
UpLives(me, pod) ==
    LET Offers(n) == UNION {{<<[session |-> <<me, to, n>>, held |-> held]>> : held \in HeldOf(pod, to)} :
                              to \in 1..DownLease}
        Bare == {UpLife(n, state, <<>>, records, <<>>) :
                   n \in 1..Top, state \in {"dialling", "greeting"}, records \in Table(Above(pod))}
        Reviewing == UNION {{UpLife(n, "reviewing", <<>>, records, reads) :
                               records \in Table(Above(pod)), reads \in ReadOf(<<"own", n>>, "up", UpLease)} :
                              n \in 1..Top}
        Verifying == UNION {{UpLife(n, "verifying", offer, records, reads) :
                               offer \in Offers(n), records \in Table(Above(pod)),
                               reads \in ReadOf(<<"peer", n>>, "down", DownLease)} : n \in 1..Top}
        Going == UNION {{UpLife(n, state, offer, records, <<>>) :
                           offer \in Offers(n), records \in Table(Above(pod)),
                           state \in {"fetching", "open"}} : n \in 1..Top}
    IN {life \in Bare \cup Reviewing \cup Verifying \cup Going : life.state \in UpStates}

News(pod, to) ==
  {[NoNews EXCEPT !.changed = changed, !.adopted = adopted, !.lost = lost, !.terminated = terminated] :
     changed \in Maybe(OfBelow(pod, to)),
     adopted \in IF pod[1] = "a" THEN Maybe(Running(pod, to)) ELSE {<<>>},
     lost \in Maybe({pod}), terminated \in Maybe({pod})}
DownLife(state, hello, fence, records, queued, reads, full) ==
  [state |-> state, fence |-> fence, hello |-> hello, seen |-> 1, records |-> records,
   changes |-> Counters, found |-> 1, full |-> full, queued |-> queued, reads |-> reads]
DownLives(to, pod) ==
    LET fences == {<<0, 0>>} \cup Keys
        records == Table(OfBelow(pod, to))
        HelloOf(key) == <<<<key[1], 0, key[2]>>>>
        Closed == {DownLife("closed", <<>>, fence, one, NoNews, <<>>, FALSE) :
                     fence \in fences, one \in records}
        Reviewing == {DownLife("reviewing", <<>>, fence, one, NoNews, reads, FALSE) :
                        fence \in fences, one \in records,
                        reads \in ReadOf(<<"own", 1>>, "down", DownLease)}
        Verifying == UNION {{DownLife("verifying", HelloOf(key), fence, one, NoNews, reads, FALSE) :
                               fence \in fences, one \in records,
                               reads \in ReadOf(<<"verify", key[1], key[2]>>, "up", UpLease)} :
                              key \in Keys}
        Offered == {DownLife("offered", HelloOf(key), key, one, queued, <<>>, FALSE) :
                      key \in Keys, one \in records, queued \in News(pod, to)}
        Open == {DownLife("open", HelloOf(key), key, one, NoNews, <<>>, full) :
                   key \in Keys, one \in records, full \in BOOLEAN}
    IN {life \in Closed \cup Reviewing \cup Verifying \cup Offered \cup Open : life.state \in DownStates}

\* Functions from some lives to what each may be: of one or two.
Choices(alive, Of(_)) ==
  CASE Cardinality(alive) = 0 -> {<<>>}
    [] Cardinality(alive) = 1 -> LET a == CHOOSE a \in alive : TRUE IN {Only(a, life) : life \in Of(a)}
    [] OTHER -> LET a == CHOOSE a \in alive : TRUE
                    b == CHOOSE b \in alive : b # a
                IN {[one \in alive |-> IF one = a THEN first ELSE second] : first \in Of(a), second \in Of(b)}

\* ---- Messages ---------------------------------------------------------------------------

DownMessages ==
  [place \in Keys \X (1..DownLease) \X Pods |->
    LET session == <<place[1][1], place[2], place[1][2]>>
        pod == place[3]
    IN {[kind |-> "Hello", session |-> <<session[1], 0, session[3]>>],
        [kind |-> "Rejected", session |-> session, fence |-> <<DownLease, 0>>, reason |-> "notTheLeader"],
        [kind |-> "Terminate", session |-> session, uids |-> <<pod>>]}
       \cup {[kind |-> "Fetch", session |-> session, uids |-> uids, tombstones |-> tombstones] :
               uids \in Maybe({pod}), tombstones \in Maybe({pod})}
       \cup (IF pod[1] = "r"
             THEN {[kind |-> "Assign", session |-> session, records |-> <<Minted(pod)>>]} ELSE {})]

UpMessages ==
  [place \in Keys \X (1..DownLease) \X Pods |->
    LET session == <<place[1][1], place[2], place[1][2]>>
        to == place[2]
        pod == place[3]
    IN {[kind |-> "Rejected", session |-> <<session[1], 0, session[3]>>, fence |-> <<UpLease, 0>>,
         reason |-> "old"],
        [kind |-> "Refused", session |-> session, uids |-> <<pod>>],
        [kind |-> "Terminated", session |-> session, uids |-> <<pod>>]}
       \cup {[kind |-> "Offer", session |-> session, held |-> held] : held \in HeldOf(pod, to)}
       \cup {[kind |-> "State", session |-> session, records |-> records] :
               records \in Maybe(OfBelow(pod, to))}
       \cup {[kind |-> "Assigned", session |-> session, pods |-> <<record>>] : record \in Running(pod, to)}
       \cup {[kind |-> "Invalidate", session |-> session, changed |-> changed, adopted |-> adopted,
              lost |-> lost] :
               changed \in Maybe(OfBelow(pod, to)),
               adopted \in IF pod[1] = "a" THEN Maybe(Running(pod, to)) ELSE {<<>>},
               lost \in Maybe({pod})}]

ConnectionsOf(key, pod) ==
  LET DownSet(to) == {message \in DownMessages[<<key, to, pod>>] : DownMessageHolds(key, to, message)}
      UpSet(to) == {message \in UpMessages[<<key, to, pod>>] : UpMessageHolds(key, to, message)}
      Places == {place \in [to : 1..DownLease, broken : BOOLEAN, untold : SUBSET Ends] :
                   PlaceHolds(key, place.to, place.broken, place.untold)}
      Made(place) ==
        {[to |-> place.to, toDown |-> toDown, toUp |-> toUp, broken |-> place.broken,
          untold |-> place.untold] :
           toDown \in Sequences(DownSet(place.to)), toUp \in Sequences(UpSet(place.to))}
  IN (IF Now(key) /\ Tries(key[1]) THEN {} ELSE {<<>>})
       \cup {<<one>> : one \in {connection \in UNION {Made(place) : place \in Places} :
                                  ~IsOver(connection) /\ Ordered(connection) /\ WillAgree(key, connection)}}

Messages(some) ==
  LET Weight(one) == Len(one.toDown) + Len(one.toUp)
      RECURSIVE Sum(_)
      Sum(keys) == IF keys = {} THEN 0
                   ELSE LET key == CHOOSE key \in keys : TRUE IN Weight(some[key]) + Sum(keys \ {key})
  IN Sum(DOMAIN some)

\* Connections of one key after the other.
RECURSIVE Networks(_, _)
Networks(keys, pod) ==
  IF keys = {} THEN {<<>>}
  ELSE LET key == CHOOSE key \in keys : TRUE
           mine == ConnectionsOf(key, pod)
           grown == {IF one = <<>> THEN rest
                     ELSE [other \in DOMAIN rest \cup {key} |-> IF other = key THEN one[1] ELSE rest[other]] :
                       rest \in Networks(keys \ {key}, pod), one \in mine}
       IN {some \in grown : Messages(some) <= UnderWayMost}

StraysOf ==
  {<<>>} \cup {Only([to |-> to, message |-> [kind |-> "Hello", session |-> <<key[1], 0, key[2]>>]], 1) :
                 to \in IF Strays > 0 THEN DOMAIN downs ELSE {}, key \in Keys}

\* ---- One step from any of them ---------------------------------------------------------------

Holders == [up |-> IF UpLease \in UpAlive THEN <<>> ELSE <<0>>,
            down |-> IF DownLease \in DownAlive THEN <<>> ELSE <<0>>]
Fixed ==
  /\ leases = [up |-> UpLease, down |-> DownLease] /\ awaited = Holders /\ stopped = {}
  /\ left = [budget \in {"break", "linger", "duplicate", "misdial", "upCrash", "downCrash", "upUsurp",
                         "downUsurp", "mint", "end", "change", "die", "full", "find"} |-> 1]

\* Lives are chosen first; what is between them in a step of its own, so that workers share it.
Begun ==
  /\ stage = "lives" /\ Fixed
  /\ \E one \in Pods :
       /\ about = one
       /\ \E alive \in UpTo(UpAlive, UpMost) : ups \in Choices(alive, LAMBDA me : UpLives(me, one))
       /\ \A me \in DOMAIN ups : UpShaped(me)
       /\ \E alive \in UpTo(DownAlive, DownMost) : downs \in Choices(alive, LAMBDA to : DownLives(to, one))
  /\ LivesHold /\ GoneBelow
  /\ connections = <<>> /\ strays = <<>> /\ collected = <<>>

Chosen ==
  /\ stage = "lives" /\ stage' = "whole"
  /\ connections' \in Networks(Keys, about)
  /\ strays' \in StraysOf
  /\ collected' \in {<<>>, Only(about, {"up"})}
  /\ UNCHANGED <<about, ups, downs, leases, awaited, left, stopped>>

OneStep == stage = "whole" /\ Inv /\ Next /\ stage' = "later" /\ UNCHANGED about

Inductive == Begun /\ [][Chosen \/ OneStep]_<<vars, stage, about>>

Kept == stage = "later" => Inv
StepFenced == [][stage = "whole" => Fenced]_<<vars, stage, about>>
StepMonotonic == [][stage = "whole" => Monotonic]_<<vars, stage, about>>
=============================================================================
