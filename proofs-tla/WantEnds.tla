------------------------------ MODULE WantEnds ------------------------------
(***************************************************************************)
(* The rule (protocol 8): a want is level-triggered, and the highest       *)
(* version wins, wherever it comes from.  A makes wants, each above all    *)
(* that D has told it; a request before that waits.  D takes a higher want *)
(* from A or from the API Server, tells A of each that A did not send, and *)
(* answers an older one with the newer; but of a value that others wrote   *)
(* A is told only once the object is annotated with it.  On every opening  *)
(* both ends say what they hold.  A fresh D that has not heard A marks its *)
(* wants unconfirmed, but for an external value that it saw being written. *)
(*                                                                         *)
(* One life of A (`machines/autoscaler/`) and of D (`machines/deployment/`)*)
(* for one Deployment, as pure steps over the two ends of their link.  R   *)
(* takes every want at once, and counts nothing.                           *)
(*                                                                         *)
(*   want     [version, value, own, mode, confirmed] as it is told; `own`: *)
(*            made by A, and not yet stamped by D                          *)
(***************************************************************************)
EXTENDS LowerEnd, ReplicasField, Lists

\* A Deployment without the label: it leaves.
Leaves(object) == object.rest = "t0"
\* A consistent list is asked for.
Relist == [type |-> "relist"]

\* ---- A ---------------------------------------------------------------------

AFresh ==
  [state |-> "dialling", n |-> 1, offer |-> <<>>, fence |-> <<0, 0>>, want |-> <<>>, minted |-> 0,
   pending |-> <<>>, heard |-> FALSE, dial |-> <<1>>, reads |-> <<>>, requests |-> <<>>,
   gone |-> FALSE, leaving |-> FALSE, parting |-> FALSE, seen |-> FALSE, suspected |-> FALSE,
   lists |-> NoLists, told |-> 0, listing |-> <<>>]

VersionsOf(wants) == [i \in DOMAIN wants |-> wants[i].version]

\* A in the middle of a step: `unsent` is a want that D must be told at its end.
ATurn(life, out) == [life |-> life, unsent |-> FALSE, out |-> out]

\* Asking for what is wanted already changes nothing.
AMinted(me, turn, value) ==
  LET life == turn.life
      known == life.want[1]
      want == [version |-> <<known.version[1], me, life.minted + 1>>, value |-> value, own |-> TRUE,
               mode |-> "direct", confirmed |-> TRUE]
  IN IF known.value = value THEN turn
     ELSE [turn EXCEPT !.life = [life EXCEPT !.minted = @ + 1, !.want = <<want>>], !.unsent = TRUE]

\* A request is [value, generation]: the object's when it was made.
ARequested(me, turn, request) ==
  IF turn.life.leaving THEN turn
  ELSE IF turn.life.want = <<>> THEN [turn EXCEPT !.life.pending = <<request>>] ELSE AMinted(me, turn, request.value)

\* Somebody else has written the value after the request was made: the later one stands.
Overtaken(request, want) == want.version[1] > request.generation /\ ~Is("request-overtakes")

\* D knows better; a request that waited for it is made a want above it, unless it has been overtaken.
AAdopted(me, turn, wants) ==
  IF wants = <<>> \/ turn.life.gone THEN turn
  ELSE LET mine == turn.life.want
           isNews == mine = <<>> \/ IsLower(mine[1].version, wants[1].version)
           taken == IF isNews THEN [turn EXCEPT !.life.want = <<wants[1]>>, !.unsent = FALSE] ELSE turn
           waiting == turn.life.pending
           heard == [taken EXCEPT !.life.pending = <<>>]
       IN IF waiting = <<>> THEN taken
          ELSE IF Overtaken(waiting[1], taken.life.want[1]) THEN heard
          ELSE AMinted(me, heard, waiting[1].value)

AScale(me, life) == Send([kind |-> "Scale", session |-> UpSession(me, life), wants |-> life.want])

\* Nothing more comes of it: it is gone, or has left and nothing waits.
AGone(me, life) == Send([kind |-> "Gone", session |-> UpSession(me, life)])

ASent(me, turn) ==
  LET life == turn.life
  IN IF turn.unsent /\ life.state = "open" THEN [turn EXCEPT !.out = Append(@, AScale(me, life))] ELSE turn

AParted(me, turn) ==
  LET life == turn.life
  IN IF life.parting /\ life.pending = <<>> /\ life.state = "open"
     THEN [turn EXCEPT !.life.parting = FALSE, !.out = Append(@, AGone(me, life))] ELSE turn

\* A want was told of it, and no list has shown it; or one that has may be older than its end: a consistent list decides.
ASuspects(turn) ==
  LET life == turn.life
      stranger == life.want # <<>> /\ ~life.seen /\ ~Is("strangers-believed")
  IN IF ~ListsComplete(life.lists) \/ ~(stranger \/ life.lists.doubted) THEN turn
     ELSE [turn EXCEPT !.life.suspected = stranger, !.life.lists = ListAsked(@), !.out = Append(@, Relist)]

\* The end of a step: what is new goes to D, last words after it; with the link down the next opening says it all.
AFinish(me, turn) ==
  LET done == ASuspects(AParted(me, ASent(me, turn)))
  IN Result([done.life EXCEPT !.heard = @ \/ turn.life.state = "open"], done.out)

AConnected(me, life, n) ==
  IF life.state = "dialling" /\ n = life.n
  THEN Result([life EXCEPT !.state = "greeting"],
              <<Send([kind |-> "Hello", session |-> UpSession(me, life),
                      versions |-> VersionsOf(life.want)])>>)
  ELSE Result(life, <<>>)

ABroken(me, life, n) == UpBroken(me, life, n)

\* The link is open: D's want is taken if it is higher; then A's is sent, even if there is none: A is heard.
AOpened(me, life, message) ==
  LET turn == AAdopted(me, ATurn([life EXCEPT !.state = "open"], <<>>), message.wants)
      next == [turn.life EXCEPT !.parting = turn.life.leaving]
      last == IF next.gone THEN <<AGone(me, next)>> ELSE <<>>
  IN AFinish(me, [turn EXCEPT !.life = next, !.unsent = FALSE, !.out = <<AScale(me, next)>> \o last])

AInvalidated(me, life, message) ==
  LET turn == AAdopted(me, ATurn(life, <<>>), message.wants)
      heard == Send([kind |-> "Invalidated", session |-> UpSession(me, life)])
  IN AFinish(me, [turn EXCEPT !.out = <<heard>>])

AReceived(me, life, message, leases) ==
  CASE life.state = "greeting" /\ message.kind = "Offer" /\ UpIsThisAttempt(me, life, message) ->
         Result([life EXCEPT !.state = "verifying",
                             !.offer = <<[session |-> message.session, versions |-> message.versions]>>,
                             !.reads = Plus(@, Reading(<<"peer", life.n>>, "down", leases.down))],
                <<>>)
    [] life.state = "greeting" /\ message.kind = "Rejected" /\ UpIsThisAttempt(me, life, message) ->
         Result([life EXCEPT !.state = "reviewing", !.fence = message.fence,
                             !.reads = Plus(@, Reading(<<"own", life.n>>, "up", leases.up))],
                <<Disconnect(UpSession(me, life))>>)
    [] life.state = "fetching" /\ message.kind = "State" /\ UpIsThisSession(me, life, message) ->
         AOpened(me, life, message)
    [] life.state = "open" /\ message.kind = "Invalidate" /\ UpIsThisSession(me, life, message) ->
         AInvalidated(me, life, message)
    [] life.state = "open" /\ message.kind = "GoneAcknowledged" /\ UpIsThisSession(me, life, message) ->
         AFinish(me, ATurn([life EXCEPT !.gone = FALSE], <<>>))
    [] OTHER -> Result(life, <<>>)

AAnswered(me, life, token, lease) ==
  CASE life.state = "verifying" /\ token = <<"peer", life.n>> ->
         LET session == UpSession(me, life)
         IN IF lease = session[2]
            THEN Result([life EXCEPT !.state = "fetching"],
                        <<Send([kind |-> "Fetch", session |-> session])>>)
            ELSE Result(UpNext(life),
                        <<Send([kind |-> "Rejected", session |-> session, fence |-> <<lease, 0>>,
                                reason |-> "notTheLeader"]),
                          Disconnect(session)>>)
    [] life.state = "reviewing" /\ token = <<"own", life.n>> ->
         Result([life EXCEPT !.state = "ended"],
                <<IF lease = me THEN Restart(Max(life.fence[1], me)) ELSE Stop>>)
    [] OTHER -> Result(life, <<>>)

AAsked(me, life, request) == AFinish(me, ARequested(me, ATurn(life, <<>>), request))

\* It is gone, or nobody's of ours any more: D is told, until it acknowledges.
AForgotten(me, turn) ==
  LET life == [turn.life EXCEPT !.want = <<>>, !.pending = <<>>, !.gone = TRUE, !.leaving = FALSE,
                                !.parting = FALSE, !.seen = FALSE, !.suspected = FALSE,
                                !.lists = ListVanished(@)]
  IN [turn EXCEPT !.life = life, !.unsent = FALSE,
                  !.out = IF life.state = "open" THEN Append(@, AGone(me, life)) ELSE @]

\* It stands, though D was told that it is gone: the link is opened anew, and both ends say what they hold.
AWelcomed(me, turn) ==
  LET life == turn.life
      next == [life EXCEPT !.seen = TRUE, !.suspected = FALSE]
      back == [next EXCEPT !.gone = FALSE]
  IN IF life.seen THEN turn
     ELSE IF ~life.gone \/ Is("gone-for-good") THEN [turn EXCEPT !.life = next]
     ELSE IF life.state # "open" THEN [turn EXCEPT !.life = back]
     ELSE [turn EXCEPT !.life = UpNext(back), !.out = Append(@, Disconnect(UpSession(me, life)))]

\* The watch, or a list that was asked for, shows the object.
ASaw(me, life, object) ==
  LET noted == [ATurn(life, <<>>) EXCEPT !.life.lists = ListShown(@, ~life.seen)]
      turn == AWelcomed(me, noted)
  IN AFinish(me,
       IF ListDoubtful(life.lists) THEN [ATurn(life, <<>>) EXCEPT !.life.lists.doubted = TRUE]
       ELSE IF ~Leaves(object) THEN [turn EXCEPT !.life.leaving = FALSE, !.life.parting = FALSE]
       ELSE IF turn.life.leaving THEN turn
       ELSE [turn EXCEPT !.life.leaving = TRUE, !.life.parting = TRUE])

AVanished(me, life) == AFinish(me, AForgotten(me, ATurn(life, <<>>)))

\* A list is complete: what was suspected before it was asked for, and it did not show, is gone.
AListed(me, life, ours) ==
  LET said == ListAnswered(life.lists, ours)
      turn == [ATurn(life, <<>>) EXCEPT !.life.lists = said[1]]
      next == [turn EXCEPT !.life.suspected = FALSE, !.life.lists.awaited = FALSE]
  IN AFinish(me,
       IF said = <<>> THEN ATurn(life, <<>>)
       ELSE IF ~ListsComplete(said[1]) THEN turn
       ELSE IF life.suspected \/ said[1].awaited THEN AForgotten(me, next) ELSE next)

\* ---- D ---------------------------------------------------------------------

\* `gone`: how often A is to hear that its last word was taken.
NoWants == [scaled |-> <<>>, wants |-> <<>>, gone |-> 0]

DFresh ==
  [state |-> "closed", fence |-> <<0, 0>>, hello |-> <<>>, seen |-> 0, queued |-> NoWants,
   object |-> <<>>, base |-> <<>>, want |-> <<>>, witnessed |-> FALSE, confirmed |-> FALSE,
   field |-> FieldFresh, told |-> 0, reads |-> <<>>, answers |-> <<>>,
   switch |-> 0, flush |-> FALSE, said |-> 0,
   set |-> FALSE, left |-> FALSE, gone |-> FALSE, goneAsked |-> FALSE, suspected |-> FALSE,
   judged |-> FALSE, lists |-> NoLists, listing |-> <<>>]

\* Which mode: the one ReplicaSet that there is matches the template, or is to be left by a rollout.
ModeOf(life) ==
  IF life.set /\ life.object # <<>> /\ life.object[1].rest = "t1" THEN "direct" ELSE "follow"

\* The want as it is told.
Stamped(life) ==
  [version |-> life.want[1].version, value |-> life.want[1].value, own |-> FALSE, mode |-> ModeOf(life),
   confirmed |-> life.confirmed \/ life.witnessed \/ Is("want-never-unconfirmed")]

DTurn(life, out) == [life |-> life, news |-> NoWants, out |-> out]

\* Whether A may build on the want: the object is annotated with the external write that it took into account.
DMayTell(life) ==
  \/ Is("want-told-unwritten") /\ life.want # <<>>
  \/ /\ life.object # <<>> /\ life.want # <<>>
     /\ LET written == WrittenOf(life.object[1])
        IN written # <<>> /\ written[1].version[1] >= life.want[1].version[1]
Tellable(life) == IF DMayTell(life) THEN <<Stamped(life)>> ELSE <<>>
DTell(turn) == [turn EXCEPT !.news.wants = @ \o Tellable(turn.life)]

\* A higher want is taken.
DAdopt(turn, want, witnessed) ==
  LET held == turn.life.want
  IN IF held # <<>> /\ ~IsLower(held[1].version, want.version) THEN turn
     ELSE [turn EXCEPT !.life.want = <<want>>, !.life.witnessed = witnessed]

DScaled(turn, wants) ==
  LET want == wants[1]
      next == DAdopt(turn, [version |-> want.version, value |-> want.value], FALSE)
      held == next.life.want[1]
      told == IF IsLower(want.version, held.version) THEN DTell(next) ELSE next
      all == IF wants = <<>> THEN turn
             ELSE [told EXCEPT !.news.scaled = Append(@, held.version)]
      \* Of what A speaks, it has not said its last word.
      asked == IF wants = <<>> THEN all ELSE [all EXCEPT !.life.goneAsked = FALSE]
  IN [asked EXCEPT !.life.confirmed = TRUE]

DIsStale(life, seen) == life.object # <<>> /\ ~IsFresher(seen, life.object[1])
\* The want that an object stands for: somebody else's value, or what D wrote with it.
DTaken(turn, seen, verdict, witnessed) ==
  LET written == WrittenOf(seen)
  IN IF verdict = "external"
     THEN DAdopt(turn, [version |-> <<seen.generation, 0, 0>>, value |-> seen.replicas], witnessed)
     ELSE IF written = <<>> THEN turn
     ELSE DAdopt(turn, [version |-> written[1].version, value |-> written[1].value], FALSE)
\* A is told of what it did not send, and of what it may be told by now.
DObserve(turn, seen, verdict) ==
  LET life == turn.life
      next == DTaken([turn EXCEPT !.life.object = <<seen>>, !.life.base = <<BaseOf(seen)>>],
                     seen, verdict, life.base # <<>>)
      isNews == next.life.want # life.want \/ ~DMayTell(life)
  IN IF DIsStale(life, seen) THEN turn
     ELSE IF isNews /\ ~Is("want-autoscaler-untold") THEN DTell(next) ELSE next

\* D has an entry of it; it has let it go once its last write took the annotation away.
DKnows(life) == life.object # <<>> \/ life.want # <<>>
HasLeft(object) == Leaves(object) /\ (WrittenOf(object) = <<>> \/ Is("want-left-behind"))

\* It is gone: A, which waits to hear so, is told.
DForgotten(turn) ==
  LET life == turn.life
  IN [turn EXCEPT
        !.life = [life EXCEPT !.object = <<>>, !.base = <<>>, !.want = <<>>, !.witnessed = FALSE,
                              !.field = FieldFresh, !.left = FALSE, !.gone = TRUE, !.goneAsked = FALSE,
                              !.suspected = FALSE, !.lists = ListVanished(@)],
        !.news.gone = @ + (IF life.goneAsked THEN 1 ELSE 0)]

\* An object is shown; `ours`: by the reply to a write.
DSee(turn, seen, verdict, ours) ==
  LET life == turn.life
      over == HasLeft(seen) /\ (life.object = <<>> \/ IsFresher(seen, life.object[1]))
      noted == IF ours THEN turn ELSE [turn EXCEPT !.life.lists = ListShown(@, life.object = <<>>)]
      \* The late reply to a write of before says nothing of the label.
      welcome == IF Leaves(seen) \/ DIsStale(life, seen) THEN noted
                 ELSE [noted EXCEPT !.life.gone = FALSE, !.life.left = FALSE]
  IN IF over THEN DForgotten(turn)
     ELSE IF ListDoubtful(life.lists) THEN [turn EXCEPT !.life.lists.doubted = TRUE]
     ELSE DObserve([welcome EXCEPT !.life.suspected = FALSE, !.life.judged = FALSE], seen, verdict)

DRelisted(turn) == [turn EXCEPT !.life.lists = ListAsked(@), !.out = Append(@, Relist)]

\* R or a ReplicaSet names it, and no list has shown it: a consistent list decides.
DSuspects(turn) ==
  LET life == turn.life
      named == life.want # <<>> \/ (life.set /\ (~life.judged \/ Is("strangers-asked-again")))
  IN IF ListsComplete(life.lists) /\ life.object = <<>> /\ ~life.gone /\ named
     THEN DRelisted([turn EXCEPT !.life.suspected = TRUE]) ELSE turn

\* R has nothing more to hear of it: it leaves, and is at its want.
DParted(turn) ==
  LET life == turn.life
      in == [object |-> life.object[1], want |-> life.want[1], last |-> FALSE]
  IN IF life.object = <<>> \/ ~Leaves(life.object[1]) \/ life.left THEN turn
     ELSE IF life.want # <<>> /\ IsUnwritten(in) THEN turn
     ELSE [turn EXCEPT !.life.left = TRUE, !.life.gone = TRUE]

\* With A's last word it is written for the last time.
DInputs(life) ==
  [object |-> life.object[1], want |-> life.want[1], hurry |-> ModeOf(life) = "follow" \/ life.flush,
   marked |-> FALSE,
   last |-> Leaves(life.object[1]) /\ (life.goneAsked \/ Is("want-parting-unheard"))]
Asking(write) == [type |-> "write", write |-> write]
DFielded(turn, stepped) ==
  [turn EXCEPT !.life.field = stepped.field,
               !.out = @ \o [i \in DOMAIN stepped.out |-> Asking(stepped.out[i])]]
DUpdated(turn) ==
  IF turn.life.object = <<>> \/ turn.life.want = <<>> THEN turn
  ELSE DFielded(turn, FieldUpdated(turn.life.field, DInputs(turn.life)))

Newest(items) == <<items[Len(items)]>>

\* What goes up: what A's wants came to, then what A does not know.
DMessages(news, session) ==
  (IF news.scaled = <<>> THEN <<>>
   ELSE <<Send([kind |-> "Scaled", session |-> session, versions |-> Newest(news.scaled)])>>)
  \o (IF news.gone = 0 THEN <<>>
      ELSE <<Send([kind |-> "GoneAcknowledged", session |-> session, times |-> news.gone])>>)
  \o (IF news.wants = <<>> THEN <<>>
      ELSE <<Send([kind |-> "Invalidate", session |-> session, wants |-> Newest(news.wants)])>>)
DNews(news, more) ==
  [scaled |-> news.scaled \o more.scaled, wants |-> news.wants \o more.wants, gone |-> news.gone + more.gone]

\* Before a release D acknowledges the version of the switch that asks it to flush, once every want is written (protocol 9).
DAcknowledged(turn) ==
  LET life == turn.life
      isEarly == life.flush /\ (IsUnwritten(DInputs(life)) \/ life.field.state \notin {"shown", "resting"})
  IN IF life.switch = life.said \/ (isEarly /\ ~Is("flush-unawaited")) THEN turn
     ELSE [turn EXCEPT !.life.said = life.switch, !.life.flush = FALSE,
                       !.out = Append(@, [type |-> "acknowledge", switch |-> life.switch])]

\* The end of a step: R, the field, the acknowledgement, then A.
DFinish(me, begun) ==
  LET turn == DAcknowledged(DUpdated(DParted(begun)))
      life == turn.life
      news == DNews(life.queued, turn.news)
  IN CASE life.state = "offered" -> Result([life EXCEPT !.queued = news], turn.out)
       [] life.state = "open" ->
            Result([life EXCEPT !.queued = NoWants], turn.out \o DMessages(news, DownSession(me, life)))
       [] OTHER -> Result([life EXCEPT !.queued = NoWants], turn.out)

DHello(me, life, hello, leases) ==
  CASE life.state \in {"reviewing", "ended"} -> DTurn(life, <<>>)
    [] life.state = "verifying" /\ HelloIsUnderWay(life, hello) -> DTurn(life, <<>>)
    [] OTHER ->
         IF HelloIsNewer(life, hello)
         THEN DTurn(Verify(IF life.state \in {"offered", "open"} THEN [life EXCEPT !.queued = NoWants]
                           ELSE life, hello, leases),
                    IF life.state = "closed" THEN <<>> ELSE <<Disconnect(DownSession(me, life))>>)
         ELSE DTurn(life, <<Reject(life, hello, "old")>>)

DFetched(me, life) ==
  LET open == [life EXCEPT !.state = "open"]
  IN DTurn(open, <<Send([kind |-> "State", session |-> DownSession(me, life),
                         wants |-> Tellable(life)])>>)

\* A's last word: what D has an object of is acknowledged once D has seen it gone too, or has written its want.
DTakeGone(turn) ==
  LET asked == [turn EXCEPT !.life.goneAsked = TRUE]
  IN IF ~DKnows(turn.life) THEN [turn EXCEPT !.life.goneAsked = FALSE, !.news.gone = @ + 1]
     ELSE IF turn.life.object = <<>> THEN DForgotten(asked) ELSE asked

DReceived(me, life, message, leases) ==
  DFinish(me,
    CASE message.kind = "Hello" -> DHello(me, life, message.session, leases)
      [] life.state = "offered" /\ message.kind = "Fetch" /\ DownIsThisSession(me, life, message) ->
           DFetched(me, life)
      [] life.state = "offered" /\ message.kind = "Rejected" /\ DownIsThisSession(me, life, message) ->
           LET seen == message.fence[1]
           IN DTurn([life EXCEPT !.state = "reviewing", !.seen = seen, !.hello = <<>>,
                                 !.reads = Plus(@, Reading(<<"own", seen>>, "down", leases.down))],
                    <<>>)
      [] life.state = "open" /\ message.kind = "Scale" /\ DownIsThisSession(me, life, message) ->
           DScaled(DTurn(life, <<>>), message.wants)
      [] life.state = "open" /\ message.kind = "Gone" /\ DownIsThisSession(me, life, message) ->
           DTakeGone(DTurn(life, <<>>))
      [] OTHER -> DTurn(life, <<>>))

DBroken(me, life, upstream, n) ==
  DFinish(me,
    IF life.hello # <<>> /\ FenceOf(life.hello[1]) = <<upstream, n>>
       /\ life.state \in {"verifying", "offered", "open"}
    THEN DTurn([life EXCEPT !.state = "closed", !.hello = <<>>], <<>>)
    ELSE DTurn(life, <<>>))

DOffer(me, life) ==
  DTurn([life EXCEPT !.state = "offered", !.fence = Highest(@, FenceOf(life.hello[1])),
                     !.queued = NoWants, !.goneAsked = FALSE],
        <<Send([kind |-> "Offer", session |-> DownSession(me, life), versions |-> VersionsOf(life.want)])>>)

DAnswered(me, life, token, lease) ==
  DFinish(me,
    CASE life.state = "verifying" /\ token = <<"verify", life.hello[1][1], life.hello[1][3]>> ->
           IF lease = life.hello[1][1] THEN DOffer(me, life)
           ELSE DTurn([life EXCEPT !.state = "closed", !.hello = <<>>],
                      <<Reject(life, life.hello[1], "notTheLeader")>>)
      [] life.state = "reviewing" /\ token = <<"own", life.seen>> ->
           DTurn([life EXCEPT !.state = "ended"],
                 <<IF lease = me THEN Restart(Max(life.seen, me)) ELSE Stop>>)
      [] OTHER -> DTurn(life, <<>>))

\* The watch, or a list that was asked for.
DSaw(me, life, seen) == DFinish(me, DSee(DTurn(life, <<>>), seen, Judge(life.base, seen), FALSE))
DVanished(me, life) == DFinish(me, DForgotten(DTurn(life, <<>>)))
\* The ReplicaSet is gone.
DSetVanished(me, life) == DFinish(me, DTurn([life EXCEPT !.set = FALSE, !.judged = FALSE], <<>>))

\* The first lists, of objects and of ReplicaSets.
DBegun(me, life, objects) ==
  LET turn == DTurn(life, <<>>)
      seen == IF objects = <<>> THEN turn ELSE DSee(turn, objects[1], Judge(<<>>, objects[1]), FALSE)
  IN DFinish(me, DSuspects([seen EXCEPT !.life.lists.listed = TRUE]))

\* A list of Deployments is complete: what was suspected before it was asked for, and it did not show, is gone.
DListed(me, life, ours) ==
  LET said == ListAnswered(life.lists, ours)
      lists == said[1]
      isComplete == ListsComplete(lists)
      kept == [DTurn(life, <<>>) EXCEPT !.life.lists =
                 IF isComplete THEN [lists EXCEPT !.awaited = FALSE] ELSE lists]
      next == IF isComplete /\ lists.awaited THEN DForgotten(kept) ELSE kept
      over == IF next.life.suspected /\ next.life.object = <<>>
              THEN [DForgotten(next) EXCEPT !.life.judged = TRUE] ELSE next
  IN DFinish(me,
       IF said = <<>> THEN DTurn(life, <<>>)
       ELSE IF ~isComplete THEN next
       ELSE IF lists.doubted THEN DRelisted(next)
       ELSE DSuspects([over EXCEPT !.life.suspected = FALSE]))

\* The owner switch; its second version asks for a flush.
DSwitched(me, life, switch) ==
  DFinish(me, DTurn([life EXCEPT !.switch = switch, !.flush = switch = 2 /\ switch # life.said], <<>>))

\* The answer to a write: the object first.
DHeard(me, life, answer) ==
  LET still == DTurn(life, <<>>)
      seen == IF answer.after = <<>> THEN still ELSE DUpdated(DSee(still, answer.after[1], "own", TRUE))
      \* What D knows no object of, it has not written.
      isOver == ~DKnows(life) \/ seen.life.object = <<>> \/ seen.life.want = <<>>
  IN DFinish(me, IF ~DKnows(life) THEN still
                 ELSE IF isOver THEN seen
                 ELSE DFielded(seen, FieldAnswered(seen.life.field, DInputs(seen.life), answer.refusal)))

DFired(me, life) ==
  DFinish(me, DFielded(DTurn(life, <<>>), FieldFired(life.field, DInputs(life))))
\* A is not heard: D's wants stand without it.
DConfirmed(me, life) == DFinish(me, DTurn([life EXCEPT !.confirmed = TRUE], <<>>))
=============================================================================
