------------------------------ MODULE TraceSets ------------------------------
(***************************************************************************)
(* The rule: what R does for the sake of counts (protocol 8), as far as    *)
(* one Deployment goes, or one ReplicaSet that has none.  It hears of its  *)
(* ReplicaSets and of D's want; then it creates and ends as many Pods as   *)
(* `Targets` says, and with the link to D down, or before D has spoken in  *)
(* this session, ends none.  Those that it ends stand first in the stock   *)
(* ranking.  D is told the counts of each ReplicaSet when they change.     *)
(*                                                                         *)
(* Not modelled: how long R backs off after a refusal (`waiting` says that *)
(* it does).  Which records it holds the link's judge says; here they are  *)
(* counted.                                                                *)
(*                                                                         *)
(* A line is                                                               *)
(*   event    [kind: "saw" (set, fact), "left" (set), "listed" (left: what  *)
(*            a list has not shown), "scale" (want), "gone", "other"]      *)
(*   sets     ReplicaSet -> [number, managed, owned, deleting, replicas,   *)
(*            desired, written, revision, eligible], as R has them after it*)
(*   want, told, gone, hold     its state after the step                   *)
(*   open     whether the link to D is; canMint: whether that to S is      *)
(*   known    R knows a ReplicaSet of it, or Pods of one that is gone      *)
(*   decides  R serves; stirred: something happened to R as a whole, after *)
(*            which it considers all                                       *)
(*   touched  some of its records changed by what R heard                  *)
(*   waiting  ReplicaSets for which it backs off                           *)
(*   stands   ReplicaSet -> [live, unpublished], after it                  *)
(*   minted   ReplicaSet -> how many                                       *)
(*   ended    ReplicaSet -> its victims; spared: those that it might have  *)
(*            ended instead: [keys, node, uid]                             *)
(*   is, tells    ReplicaSet -> <<live, ready, terminating>>, after it     *)
(***************************************************************************)
EXTENDS TraceRecords

T == INSTANCE Targets
V == INSTANCE ReplicasField

NoEnd == 1000000
None == [one \in {} |-> 0]

SetBorn ==
  [sets |-> None, want |-> <<>>, told |-> FALSE, gone |-> FALSE, hold |-> T!NoHold, stands |-> None, is |-> None,
   known |-> FALSE]

At(numbers, one, default) == IF one \in DOMAIN numbers THEN numbers[one] ELSE default

\* Pods that lived, and those of them that were certainly not published, before R decided.
Stood(line, one) ==
  IF one \notin DOMAIN line.stands THEN 0
  ELSE line.stands[one].live - At(line.minted, one, 0) + Len(At(line.ended, one, <<>>))
StoodUnpublished(line, one) ==
  IF one \notin DOMAIN line.stands THEN 0 ELSE line.stands[one].unpublished + Len(At(line.ended, one, <<>>))

\* ---- What R hears --------------------------------------------------------------

\* The higher want wins; an equal one may be for another ReplicaSet, or in another mode.
SetTakes(life, want) ==
  IF life.want # <<>> /\ V!IsLower(want.version, life.want[1].version) THEN life.want ELSE <<want>>

SetHears(life, line) ==
  LET event == line.event
      scaled == event.kind = "scale"
      Without_(some) == [each \in DOMAIN life.sets \ some |-> life.sets[each]]
  IN [life EXCEPT
        !.sets = CASE event.kind = "saw" ->
                        [each \in DOMAIN @ \cup {event.set} |-> IF each = event.set THEN event.fact ELSE @[each]]
                   [] event.kind = "left" -> Without_({event.set})
                   [] event.kind = "listed" -> Without_(Range(event.left))
                   [] OTHER -> @,
        !.want = CASE scaled -> SetTakes(life, event.want) [] event.kind = "gone" -> <<>> [] OTHER -> @,
        !.told = line.open /\ (@ \/ scaled),
        \* Also of a Deployment of which R has seen no ReplicaSet yet.
        !.gone = CASE scaled -> FALSE [] event.kind = "gone" -> TRUE [] OTHER -> @ /\ (line.known \/ ~life.known),
        !.known = line.known]

\* ---- What it may do ------------------------------------------------------------

May(create, end, ends) == [create |-> create, end |-> end, ends |-> ends]

Chosen(sets, Holds(_)) == [one \in {each \in DOMAIN sets : Holds(sets[each])} |-> sets[one]]

\* Each at its own replicas, within limits for all.
SetFollowed(sets, live, create, end) ==
  LET may == T!Followed(sets, live, create, end)
  IN [one \in DOMAIN sets |-> May(may[one].create, may[one].end, "any")]
Specs(sets) == [one \in DOMAIN sets |-> sets[one].replicas]

\* Without D's word in this session nothing is ended; with the link down, what fails is replaced.
SetFrozen(life, line, managed, direct, live) ==
  LET Wanted_(one) == LET obeyed == At(life.hold.obeyed, one, live[one])
                      IN IF direct THEN obeyed ELSE T!Least(obeyed, managed[one].replicas)
  IN [one \in DOMAIN managed |->
        May(IF line.open THEN 0 ELSE T!Less(Wanted_(one), live[one]), 0, "any")]

\* The Deployment's own: [may, hold].
SetCounted(life, line, owned, live) ==
  LET IsOurs(set) == set.managed
      managed == Chosen(owned, IsOurs)
      want == life.want[1]
      direct == life.want # <<>> /\ T!ObeysDirect(want, owned)
                /\ owned[want.set].revision = want.revision
      newest == T!NewestOf(managed, DOMAIN managed)
      meant == [one \in DOMAIN managed |-> IF one = newest THEN want.value ELSE 0]
      end == IF want.confirmed THEN NoEnd ELSE 0
      held == direct \/ life.hold.held
      shown == T!IsShown(want, managed)
      \* One that was made by hand, and then adopted, bears no such number.
      Numbered_(set) == set.desired >= 0
      told == shown /\ T!IsTold(want, Chosen(managed, Numbered_))
      holds == held /\ ~(shown /\ \A one \in DOMAIN managed : live[one] = managed[one].replicas)
      total == T!SumOf(live, DOMAIN managed)
  IN IF life.want = <<>> \/ ~line.open \/ ~life.told
     THEN [may |-> SetFrozen(life, line, managed, direct, live), hold |-> life.hold]
     ELSE IF direct
     THEN [may |-> [one \in DOMAIN managed |->
                      May(T!Less(meant[one], live[one]), T!Least(end, T!Less(live[one], meant[one])), "any")],
           hold |-> [held |-> held, obeyed |-> meant]]
     ELSE [may |-> SetFollowed(managed, live,
                               IF holds /\ ~told THEN T!Less(want.value, total) ELSE NoEnd,
                               T!Least(end, IF holds THEN T!Less(total, want.value) ELSE NoEnd)),
           hold |-> [held |-> holds, obeyed |-> Specs(managed)]]

\* Of a ReplicaSet that is deleted, or gone, what is certainly not published: garbage collection ends the rest.
SetMay(life, line) ==
  LET live == [one \in DOMAIN line.stands \cup DOMAIN life.sets |-> Stood(line, one)]
      IsOwned(set) == ~set.deleting /\ set.owned /\ ~life.gone
      IsOrphan(set) == ~set.deleting /\ set.managed /\ (~set.owned \/ life.gone)
      orphans == Chosen(life.sets, IsOrphan)
      counted == SetCounted(life, line, Chosen(life.sets, IsOwned), live)
      free == SetFollowed(orphans, live, NoEnd, NoEnd)
      deleted == {one \in DOMAIN live : one \notin DOMAIN life.sets \/ life.sets[one].deleting}
  IN [may |-> [one \in DOMAIN counted.may \cup DOMAIN free \cup deleted |->
                 IF one \in deleted THEN May(0, live[one], "unpublished")
                 ELSE IF one \in DOMAIN free THEN free[one] ELSE counted.may[one]],
      hold |-> IF life.gone THEN [held |-> FALSE, obeyed |-> None] ELSE counted.hold]

\* ---- Whom it ends --------------------------------------------------------------

\* The younger; adopted ones, of which nobody knows the age, are the oldest.
Younger(a, b) ==
  IF a[1] # b[1] THEN a[1] = "r"
  ELSE a[1] = "r" /\ (a[2] > b[2] \/ (a[2] = b[2] /\ a[3] > b[3]))

\* Unassigned, not running, not ready, of lower cost; then of the node with more of the ReplicaSet; then the younger.
RECURSIVE KeysBelow(_, _, _)
KeysBelow(a, b, i) == i <= Len(a) /\ (a[i] < b[i] \/ (a[i] = b[i] /\ KeysBelow(a, b, i + 1)))
RanksFirst(a, b, crowd) ==
  \/ KeysBelow(a.keys, b.keys, 1)
  \/ a.keys = b.keys /\ \/ crowd[a.node] > crowd[b.node]
                        \/ crowd[a.node] = crowd[b.node] /\ ~Younger(b.uid, a.uid)

InOrder(victims, spared) ==
  LET all == Range(victims) \cup Range(spared)
      crowd == TLCEval([node \in {pod.node : pod \in all} |->
                          IF node = "none" THEN 0 ELSE Cardinality({pod \in all : pod.node = node})])
      last == victims[Len(victims)]
  IN /\ \A i \in 1..Len(victims) - 1 : RanksFirst(victims[i], victims[i + 1], crowd)
     /\ \A i \in DOMAIN spared : RanksFirst(last, spared[i], crowd)

\* ---- A line --------------------------------------------------------------------

SetDecided(life, line) ==
  LET all == SetMay(life, line)
      Minted(one) == IF line.canMint /\ one \notin line.waiting /\ one \in DOMAIN life.sets /\ life.sets[one].eligible
                     THEN all.may[one].create ELSE 0
      Ended(one) == IF all.may[one].ends = "any" THEN all.may[one].end
                    ELSE T!Least(all.may[one].end, StoodUnpublished(line, one))
      Differs(one) == \/ At(line.minted, one, 0) # (IF one \in DOMAIN all.may THEN Minted(one) ELSE 0)
                      \/ Len(At(line.ended, one, <<>>)) # (IF one \in DOMAIN all.may THEN Ended(one) ELSE 0)
      asked == DOMAIN all.may \cup DOMAIN line.minted \cup DOMAIN line.ended
  IN (IF \E one \in asked : Differs(one)
      THEN {<<"R creates or ends other Pods than it should", "may", all.may, "minted", line.minted,
              "ended", [one \in DOMAIN line.ended |-> Len(line.ended[one])]>>} ELSE {})
     \cup Unless(line.hold = all.hold, "what R keeps in mind of its last act is another")
     \cup Unless(\A one \in DOMAIN line.ended : one \notin DOMAIN line.spared \/ InOrder(line.ended[one], line.spared[one]),
                 "R ends a Pod before one that ranks first")

SetJudged(life, line) ==
  LET heard == SetHears(life, line)
      stirs == line.event.kind # "other" \/ line.touched \/ line.stirred
      idle == line.minted = None /\ line.ended = None
      got == [sets |-> line.sets, want |-> line.want, told |-> line.told, gone |-> line.gone]
      expected == [sets |-> heard.sets, want |-> heard.want, told |-> heard.told, gone |-> heard.gone]
      changed == {one \in DOMAIN line.is : one \in DOMAIN line.sets /\ line.sets[one].managed /\ line.sets[one].owned
                                             /\ At(life.is, one, <<0, 0, 0>>) # line.is[one]}
  IN [life |-> [heard EXCEPT
                  !.hold = line.hold, !.is = line.is,
                  !.stands = [one \in DOMAIN line.stands |-> line.stands[one].live]],
      faults |->
        (IF got = expected THEN {}
         ELSE {<<"what R knows of the Deployment is another", "expected", expected, "got", got>>})
        \* What it had heard of the Pods of a ReplicaSet that it did not know yet, no line of this track tells.
        \* Nor of one that R comes to know by its Pods, when a list does not show it.
        \cup Unless(line.touched \/ ~life.known \/ \A one \in DOMAIN life.stands \cup DOMAIN line.stands :
                                      Stood(line, one) = At(life.stands, one, 0)
                                        \/ (line.event.kind = "saw" /\ line.event.set = one /\ one \notin DOMAIN life.sets),
                    "the Pods of a ReplicaSet are not as many as they were")
        \cup (IF ~line.known THEN Unless(idle /\ line.hold = T!NoHold, "R acts for a Deployment of which it knows nothing")
              ELSE IF line.decides /\ stirs THEN SetDecided(heard, line)
              ELSE Unless(idle, "R creates or ends Pods when it may not decide")
                   \cup Unless(line.hold = life.hold, "what R keeps in mind changes without an act"))
        \cup Unless(\A one \in DOMAIN line.tells : line.tells[one] = At(line.is, one, <<0, 0, 0>>),
                    "D is told a count that is not so")
        \cup Unless(~line.tellable \/ changed \subseteq DOMAIN line.tells, "D is not told a count that changed")]
==============================================================================
