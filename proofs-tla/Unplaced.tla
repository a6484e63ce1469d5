------------------------------ MODULE Unplaced ------------------------------
(***************************************************************************)
(* The rule (protocol 7, No room), at S: when the clock of a ReplicaSet    *)
(* runs out whose Pods find no node, S publishes them unbound, for stock's *)
(* scheduler.  Until the object is shown S owns the Pod; then that Pod is  *)
(* lost and the object adopted, in one message, and S answers for it by    *)
(* what its watch shows alone: failed or gone it is lost, being deleted a  *)
(* tombstone, bound accepted; ended by R it is deleted, and confirmed when *)
(* it is gone.  When a K reports it, it is the K's.  So S answers for      *)
(* every managed Pod without a stamp that is unbound, or on a Node without *)
(* an agent.  Under `stock` it gives them up, but not a tombstone whose    *)
(* object is being deleted, or may be.                                     *)
(*                                                                         *)
(* `machines/scheduler/unplaced.ts`.                                       *)
(*                                                                         *)
(*   hand   [on, handing, shown, held, reported, asked, bare, clocks,      *)
(*          awaited, seen, passed]; awaited: <<set, uids>>; handing: uids; shown: key -> fact; held: keys   *)
(*          of those that S answers for; reported: keys of which a K has   *)
(*          told; asked: keys of deletes whose fate is not known; bare:    *)
(*          Nodes; clocks: ReplicaSets; seen, passed: of the watch         *)
(***************************************************************************)
EXTENDS Preemption

NoHand ==
  [on |-> FALSE, handing |-> {}, shown |-> <<>>, held |-> {}, reported |-> {}, asked |-> {}, bare |-> {},
   clocks |-> {}, awaited |-> {}, seen |-> <<>>, passed |-> <<>>]

\* ---- A turn: the life, its news, what goes out, what goes to each node at the end -------

\* `stirred`: nodes where room may have appeared; `untried`: ReplicaSets of which one waits anew.
SBegun(life) == [life |-> life, news |-> NoNews, out |-> <<>>, box |-> <<>>, arrived |-> <<>>,
                 stirred |-> {}, untried |-> {}]
Stirs(turn, nodes) == [turn EXCEPT !.stirred = @ \cup nodes]

OnLink(link, effect) == [type |-> effect.type, link |-> link, effect |-> effect]
OnLinks(link, effects) == [i \in DOMAIN effects |-> OnLink(link, effects[i])]
SActs(turn, link, effects) == [turn EXCEPT !.out = @ \o OnLinks(link, effects)]

Boxed(turn, node, assign, terminate, invalidated) ==
  LET at == {i \in DOMAIN turn.box : turn.box[i].node = node}
      i == CHOOSE one \in at : TRUE
  IN IF at = {}
     THEN [turn EXCEPT !.box = Append(@, [node |-> node, assign |-> assign, terminate |-> terminate,
                                          invalidated |-> invalidated])]
     ELSE [turn EXCEPT !.box[i].assign = @ \o assign, !.box[i].terminate = @ \o terminate,
                       !.box[i].invalidated = @ \/ invalidated]

NodesOf(life) == DOMAIN life.nodes
On(life, uid) == {node \in NodesOf(life) : uid \in DOMAIN life.nodes[node].records}
Holds(life, uid) == uid \in DOMAIN life.unbound \/ On(life, uid) # {}
NodeOf(life, uid) == CHOOSE node \in NodesOf(life) : uid \in DOMAIN life.nodes[node].records
Held(life, uid) ==
  IF uid \in DOMAIN life.unbound THEN life.unbound[uid] ELSE life.nodes[NodeOf(life, uid)].records[uid]
HeldBy(life) == DOMAIN life.unbound \cup UNION {DOMAIN life.nodes[node].records : node \in NodesOf(life)}

\* Items of a sequence that satisfy a test, in their order.
Reasoned(uids, reason) == [i \in DOMAIN uids |-> [uid |-> uids[i], reason |-> reason]]

\* Under `stock`.
BindsNothing(life) == life.heard[1] = "stock" /\ ~Is("stock-binds")
TakesNothing(life) == BindsNothing(life) /\ ~Is("stock-keeps-unbound")
CancelsNothing(life) == life.heard[1] = "stock" /\ ~Is("stock-cancels")

\* What changed of the records of a node.
Differs(was, is) == Sorted({uid \in DOMAIN was \cap DOMAIN is : was[uid] # is[uid]})
RecordsAt(records, uids) == [i \in DOMAIN uids |-> records[uids[i]]]

\* ---- Reservations -----------------------------------------------------------------------------

\* The preemptor is assigned, refused or gone, or its node died.
EndReservations(turn, uids) ==
  LET Other(preemption) == preemption.preemptor \notin uids
  IN Stirs([turn EXCEPT !.life.preemptions = SelectSeq(@, Other)],
           {one.node : one \in {one \in Range(turn.life.preemptions) : one.preemptor \in uids}})
\* These are gone: nobody awaits them any more.
Struck(turn, uids) ==
  LET after == [i \in DOMAIN turn.life.preemptions |->
                  [turn.life.preemptions[i] EXCEPT !.awaited = @ \ uids]]
      cleared == {i \in DOMAIN after : after[i].awaited = {} /\ turn.life.preemptions[i].awaited # {}}
  IN Stirs([turn EXCEPT !.life.preemptions = after], {after[i].node : i \in cleared})
\* Before they are let go of: their room, what is kept for them, who awaits them.
Freed(turn, uids) ==
  Struck(EndReservations(Stirs(turn, UNION {On(turn.life, uid) : uid \in uids}), uids), uids)

\* ---- What S answers for ---------------------------------------------------------------------

UidAt(life, key) == AdoptedUid(key, life.hand.shown[key].meta)
HeldUids(life) == {UidAt(life, key) : key \in life.hand.held}
Ran(fact) == fact.phase = "Failed"
ForWhom(key) == IF key[1] = "u" THEN {<<"r", key[2], key[3]>>} ELSE {}
IsUnanswered(life, fact) == fact.node = "none" \/ (fact.node \in life.hand.bare /\ ~Is("bare-unanswered"))

SVersion(me, turn) == <<"scheduler", me, turn.life.counter + 1>>
NotHanded(turn, uids) == [turn EXCEPT !.life.hand.handing = @ \ uids]
\* What waits unbound, or was handed over, is let go of.
GoOf(turn, uids) ==
  LET Waits(one) == one[1] \notin uids
  IN [Freed(NotHanded(turn, uids), uids) EXCEPT !.life.unbound = Without(@, uids),
                                                !.life.waiting = SelectSeq(@, Waits)]

HowItIs(fact) ==
  IF fact.deleting THEN <<"terminating", FALSE>>
  ELSE IF Is("unplaced-unready") THEN <<"created", FALSE>>
  ELSE <<IF fact.node = "none" THEN "created" ELSE "accepted", fact.ready>>

Takes_(me, turn, fact) ==
  LET key == fact.uid
      how == HowItIs(fact)
      record == [uid |-> AdoptedUid(key, fact.meta), set |-> fact.set, node |-> "none", phase |-> how[1],
                 ready |-> how[2], version |-> SVersion(me, turn)]
      held == [turn EXCEPT !.life.counter = @ + 1, !.life.hand.held = @ \cup {key},
                           !.life.unbound = Put(@, record)]
  IN IF Ran(fact) \/ fact.deleting \/ key \in turn.life.hand.reported THEN turn
     ELSE Tell(held, "adopted", <<record>>)

Drops(turn, key, reason) ==
  LET uid == UidAt(turn.life, key)
      gone == [GoOf(turn, {uid}) EXCEPT !.life.hand.held = @ \ {key}]
  IN IF key \notin turn.life.hand.held THEN turn
     ELSE IF Marked(turn.life.unbound[uid]) THEN Tell(gone, "terminated", <<uid>>)
     ELSE Tell(gone, "lost", <<[uid |-> uid, reason |-> reason]>>)

\* The object of a tombstone is deleted, wherever it is bound.
Removes(turn, key) ==
  LET hand == turn.life.hand
      fact == hand.shown[key]
      asked == [turn EXCEPT !.life.hand.asked = @ \cup {key}]
  IN IF key \notin hand.held \/ key \notin DOMAIN hand.shown THEN turn
     ELSE IF ~Marked(turn.life.unbound[UidAt(turn.life, key)]) THEN turn
     ELSE IF fact.deleting \/ key \in hand.asked \/ turn.life.heard[1] = "stock" THEN turn
     ELSE SActs(asked, "up", <<[type |-> "deleteStray", key |-> key, meta |-> fact.meta]>>)

Reviews(me, turn, key) ==
  LET hand == turn.life.hand
      fact == hand.shown[key]
      uid == UidAt(turn.life, key)
      record == turn.life.unbound[uid]
      how == HowItIs(fact)
      now == [record EXCEPT !.phase = how[1], !.ready = how[2], !.version = SVersion(me, turn)]
  IN IF key \notin DOMAIN hand.shown THEN turn
     ELSE IF key \notin hand.held
     THEN IF turn.life.heard[1] = "direct" /\ IsUnanswered(turn.life, fact) THEN Takes_(me, turn, fact) ELSE turn
     ELSE IF Ran(fact) THEN Drops(turn, key, "Failed")
     ELSE IF Marked(record) THEN Removes(turn, key)
     ELSE IF <<record.phase, record.ready>> = how THEN turn
     ELSE Tell([turn EXCEPT !.life.counter = @ + 1, !.life.unbound = Put(@, now)], "changed", <<StatusOf(now)>>)
RECURSIVE ReviewEach(_, _, _)
ReviewEach(me, turn, keys) == IF keys = <<>> THEN turn ELSE ReviewEach(me, Reviews(me, turn, Head(keys)), Tail(keys))
ReviewAll(me, turn) == ReviewEach(me, turn, Sorted(DOMAIN turn.life.hand.shown))

\* The Pod for which an object was made is that one from now on.
Matched(me, turn, fact) ==
  LET waits == {uid \in ForWhom(fact.uid) : uid \in DOMAIN turn.life.unbound}
      uid == CHOOSE uid \in waits : TRUE
      over == [GoOf(turn, waits) EXCEPT !.life.timers = @ \ {<<"ambiguous", uid>>}]
      told == Tell(over, "lost", <<[uid |-> uid, reason |-> "HandedOver"]>>)
  IN IF waits = {} \/ Is("hand-over-unmatched") THEN turn
     ELSE IF turn.life.heard[1] = "direct" THEN Takes_(me, told, fact) ELSE told

\* What is bound and not reported takes room; when it takes none any more, room may have appeared.
TakesRoom(hand, key) ==
  key \in DOMAIN hand.shown /\ hand.shown[key].node # "none" /\ ~Ran(hand.shown[key]) /\ key \notin hand.reported
Stirred(before, turn, key) ==
  IF TakesRoom(before.life.hand, key) /\ ~TakesRoom(turn.life.hand, key)
  THEN Stirs(turn, {before.life.hand.shown[key].node}) ELSE turn

ObservedAt(me, turn, fact) ==
  LET key == fact.uid
      shown == [turn EXCEPT !.life.hand.shown = [one \in DOMAIN @ \cup {key} |-> IF one = key THEN fact ELSE @[one]]]
      matched == Matched(me, shown, fact)
  IN Reviews(me, Stirred(turn, matched, key), key)

Forgotten(turn, key) ==
  LET gone == Drops(turn, key, "Deleted")
      left == [gone EXCEPT !.life.hand.shown = Without(@, {key}), !.life.hand.reported = @ \ {key},
                           !.life.hand.asked = @ \ {key}]
  IN IF key \notin DOMAIN turn.life.hand.shown THEN turn ELSE Stirred(turn, left, key)

\* ---- Handing over ---------------------------------------------------------------------------

\* What S has bound and stock may not see: its K has yet to say that it runs. What a K has adopted stands.
ComingUp(life) ==
  {uid \in UNION {DOMAIN life.nodes[node].records : node \in NodesOf(life)} :
     uid[1] # "a" /\ Held(life, uid).phase \in {"bound", "accepted"}}
HandsSet(before, set) ==
  LET others == {one \in before.life.hand.awaited : one[1] # set}
      turn == [before EXCEPT !.life.hand.clocks = @ \ {set}, !.life.hand.awaited = others]
      coming == ComingUp(before.life)
      \* What had been bound when the clock first ran out, and for nothing that is bound later; of which nothing may have come up since the last look.
      mine == {one[2] : one \in before.life.hand.awaited \ others}
      left == IF mine = {} \/ Is("hand-over-renewed") THEN coming ELSE (CHOOSE was \in mine : TRUE) \cap coming
      isStuck == \E was \in mine : was \subseteq coming
      mustAwait == left # {} /\ ~isStuck /\ ~Is("hand-over-unseen")
      Here(one) == turn.life.unbound[one[1]].set = set
      There(one) == ~Here(one)
      here == SelectSeq(turn.life.waiting, Here)
      uids == {one[1] : one \in Range(here)}
      handed == [turn EXCEPT !.life.waiting = SelectSeq(@, There), !.life.hand.handing = @ \cup uids,
                             !.life.timers = @ \cup {<<"ambiguous", uid>> : uid \in uids}]
  IN IF turn.life.heard[1] = "stock" THEN turn
     ELSE IF here # <<>> /\ mustAwait
     THEN [before EXCEPT !.life.hand.awaited = others \cup {<<set, left>>},
                         !.life.timers = @ \cup {<<"handOver", set>>}]
     ELSE SActs(handed, "up", [i \in DOMAIN here |-> [type |-> "publish", record |-> turn.life.unbound[here[i][1]]]])

Unpublished(turn, uid) ==
  IF uid \notin turn.life.hand.handing THEN turn
  ELSE Tell([GoOf(turn, {uid}) EXCEPT !.life.timers = @ \ {<<"ambiguous", uid>>}],
            "refused", <<[uid |-> uid, reason |-> "PublishRefused"]>>)

\* Whether `stock` takes it from S.
IsLeft(life, key) ==
  \/ ~Marked(life.unbound[UidAt(life, key)]) \/ Is("unplaced-tombstone-left")
  \/ key \notin life.hand.asked /\ ~life.hand.shown[key].deleting
LeftUids(life) == {UidAt(life, key) : key \in {one \in life.hand.held : IsLeft(life, one)}}

\* A delete was not done: asked for again, or let go of.
NotDone(turn, uid, again) ==
  LET key == KeyOf(uid)
      known == [turn EXCEPT !.life.hand.asked = @ \ {key}]
      left == [GoOf(known, {uid}) EXCEPT !.life.hand.held = @ \ {key}]
  IN IF uid[1] # "a" \/ uid \notin HeldUids(turn.life) THEN known
     ELSE IF IsLeft(known.life, key) /\ turn.life.heard[1] = "stock"
     THEN Tell(left, "lost", <<[uid |-> uid, reason |-> "OwnedByStock"]>>)
     ELSE IF again THEN Removes(known, key)
     ELSE [known EXCEPT !.life.timers = @ \cup {<<"ambiguous", uid>>}]
Deleted_(me, turn, uid, outcome) == IF outcome \in {"accepted", "notFound"} THEN turn ELSE NotDone(turn, uid, FALSE)

\* Time is up: a create that nothing shows of will not land any more.
Waited(me, turn, uid) ==
  LET at == turn.life.arrivals
      set == turn.life.unbound[uid].set
      others == {turn.life.unbound[one[1]].set : one \in Range(turn.life.waiting)}
  IN IF uid \notin turn.life.hand.handing THEN NotDone(turn, uid, TRUE)
     ELSE [turn EXCEPT !.life.hand.handing = @ \ {uid}, !.life.waiting = Append(@, <<uid, at>>),
                       !.life.arrivals = @ + 1, !.untried = @ \cup ({set} \ others)]

\* R ends these: they are deleted, and confirmed when they are gone.
RECURSIVE EndUnplacedAll(_, _)
EndUnplacedAll(turn, uids) ==
  IF uids = <<>> THEN turn
  ELSE LET marked == [turn EXCEPT !.life.unbound[Head(uids)] = [@ EXCEPT !.phase = "terminating", !.ready = FALSE]]
       IN EndUnplacedAll(Removes(marked, KeyOf(Head(uids))), Tail(uids))

\* ---- A K reports --------------------------------------------------------------------------

Claims(life, record) == record.uid \in HeldUids(life)
Claimed(turn, node, record) ==
  LET key == KeyOf(record.uid)
      reported == [turn EXCEPT !.life.hand.reported = @ \cup {key}]
      stirred == Stirred(turn, reported, key)
      mine == turn.life.unbound[record.uid]
      merged == UpMergeAll([uid \in {record.uid} |-> mine], <<StatusOf(record)>>)[record.uid]
      moved == [stirred EXCEPT !.life.unbound = Without(@, {record.uid}), !.life.hand.held = @ \ {key},
                               !.life.nodes[node].records = Put(@, merged)]
      told == Tell(moved, "changed", <<StatusOf(merged)>>)
  IN IF record.uid[1] # "a" \/ ~turn.life.hand.on THEN turn
     ELSE IF Claims(turn.life, record)
     THEN IF Marked(merged) THEN Boxed(told, node, <<>>, <<record.uid>>, FALSE) ELSE told
     ELSE Drops(stirred, key, "Adopted")
RECURSIVE ClaimAll(_, _, _)
ClaimAll(turn, node, records) ==
  IF records = <<>> THEN turn ELSE ClaimAll(Claimed(turn, node, Head(records)), node, Tail(records))
Unclaimed(turn, records) ==
  LET Is_(record) == ~Claims(turn.life, record) IN SelectSeq(records, Is_)
=============================================================================
