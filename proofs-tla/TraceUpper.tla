------------------------------ MODULE TraceUpper ------------------------------
(***************************************************************************)
(* The rule: a recorded step of an upstream end is a step of `UpperEnd`,   *)
(* then decisions of its stage about its own Pods: it may mint, and it may *)
(* mark; it may not change a record otherwise, nor give one up that it has *)
(* sent, unless the node is cancelled.  What it decides on an open link it *)
(* says at once, in the session that is open.                              *)
(*                                                                         *)
(* S may also do to a node what its cancellation asks (protocol 6): hold   *)
(* an `Offer` back, hang up, give all Pods up.                             *)
(***************************************************************************)
EXTENDS TraceRecords

UpTrafficDown == {"Assign", "Terminate", "Invalidated", "Scale", "Gone"}

\* The end before its first line.
UpBorn ==
  [state |-> "dialling", n |-> 1, offer |-> <<>>, fence |-> <<0, 0>>, records |-> <<>>,
   minted |-> 0, dial |-> <<>>, reads |-> <<>>, held |-> FALSE, doubtful |-> FALSE]

\* Where an `Offer` is doubtful, no absence is an end (protocol 3 and 5).
UpDoubting(life, message, result) ==
  CASE message.kind = "Offer" /\ life.state = "greeting" /\ result.life.state = "verifying" ->
         [result EXCEPT !.life.doubtful = message.doubtful]
    [] message.kind = "State" /\ life.state = "fetching" /\ result.life.state = "open" /\ life.doubtful ->
         [result EXCEPT !.life.records =
            [uid \in DOMAIN life.records \cup DOMAIN @ |->
               IF uid \in DOMAIN @ THEN @[uid] ELSE life.records[uid]]]
    [] OTHER -> result

UpGiven(me, life, event) ==
  CASE event.kind = "connected" ->
         IF life.dial = <<event.n>> THEN UpConnected(me, [life EXCEPT !.dial = <<>>], event.n)
         ELSE Result(life, <<>>)
    [] event.kind = "broken" -> IF event.upstream = me THEN UpBroken(me, life, event.n) ELSE Result(life, <<>>)
    [] event.kind = "received" ->
         IF event.message.kind = "Rejected" /\ event.message.reason = "wrongPeer"
         THEN IF life.state = "greeting" /\ UpIsThisAttempt(me, life, event.message)
              THEN Result(UpNext(life), <<Disconnect(UpSession(me, life))>>)
              ELSE Result(life, <<>>)
         ELSE UpDoubting(life, event.message, UpReceived(me, life, event.message, NoLeases))
    [] event.kind = "answered" ->
         IF event.token \in TokensOf(life)
         THEN UpAnswered(me, [life EXCEPT !.reads = Minus(@, ReadOf(life, event.token))], event.token, event.lease)
         ELSE Result(life, <<>>)
    [] event.kind = "unheeded" ->
         IF event.token \in TokensOf(life)
         THEN Result([life EXCEPT !.reads = Minus(@, ReadOf(life, event.token))], <<>>)
         ELSE Result(life, <<>>)
    [] event.kind = "started" -> Result([life EXCEPT !.dial = <<1>>], <<>>)
    [] OTHER -> Result(life, <<>>)

\* ---- What a cancellation may ask of the link to a node ----------------------

IsFetch(effect) == effect.type = "send" /\ effect.message.kind = "Fetch"
NotFetch(effect) == ~IsFetch(effect)
HeldBack(result) ==
  Result([result.life EXCEPT !.held = TRUE], SelectSeq(result.out, NotFetch))
HungUp(me, result) ==
  Result([UpNext(result.life) EXCEPT !.held = FALSE],
         SelectSeq(result.out, NotFetch) \o <<Disconnect(UpSession(me, result.life))>>)
Admitted(me, result) ==
  LET life == result.life
      held == life.offer[1].held
  IN Result([life EXCEPT !.held = FALSE],
            result.out \o <<Send([kind |-> "Fetch", session |-> UpSession(me, life),
                                  uids |-> Wanted(life.records, held),
                                  tombstones |-> KnownTombstones(life.records, held)])>>)

UpPossible(me, result, line) ==
  {result} \cup
  (IF ~line.node THEN {}
   ELSE (IF \E i \in DOMAIN result.out : IsFetch(result.out[i]) THEN {HeldBack(result)} ELSE {})
        \cup (IF result.life.state \in {"dialling", "greeting", "verifying", "fetching", "open"}
              THEN {HungUp(me, result), HungUp(me, HungUp(me, result))} ELSE {})
        \cup (IF result.life.held /\ result.life.state = "fetching" THEN {Admitted(me, result)} ELSE {}))

\* Dials that are new; one more `Disconnect` where nobody is there to be dialled any more.
UpMatches(me, before, one, line) ==
  /\ line.state = one.life.state /\ line.n = one.life.n /\ line.fence = one.life.fence
  /\ SameMessages(Of(line.sends, {"Hello", "Fetch", "Rejected"}),
                  Of(Sends(one.out), {"Hello", "Fetch", "Rejected"}))
  /\ \/ line.hangups = Hangups(one.out)
     \/ (line.node /\ line.hangups = Append(Hangups(one.out), <<me, 0, one.life.n>>))
  /\ line.dials = (IF (one.life.dial # <<>> /\ one.life.n # before.n) \/ line.event.kind = "started"
                   THEN [i \in 1..Len(line.dials) |-> one.life.n - Len(line.dials) + i] ELSE <<>>)
  /\ (one.life.n # before.n => line.dials # <<>>)
  /\ line.over = Over(one.out)

\* ---- Decisions about records ------------------------------------------------

TerminateUids(message) == Range(message.uids)
AssignUids(message) == UidsOf(message.records)

UpDecided(me, before, one, after, line) ==
  LET expected == TLCEval(one.life.records)
      open == one.life.state = "open"
      added == DOMAIN after \ DOMAIN expected
      removed == DOMAIN expected \ DOMAIN after
      ended == UnionOver(Of(line.sends, {"Terminate"}), TerminateUids)
      assigned == UnionOver(Of(line.sends, {"Assign"}), AssignUids)
      marked == {uid \in DOMAIN after \cap DOMAIN expected :
                   Marked(after[uid]) /\ ~Marked(expected[uid])}
      other == {uid \in DOMAIN after \cap DOMAIN expected :
                  uid \notin marked /\ after[uid] # expected[uid]}
      IsMinted(uid) == IF line.mints THEN uid[1] = "r" /\ uid[2] = me /\ uid[3] > before.minted
                       ELSE after[uid].phase \in {"bound", "terminating"}
      strangers == (DOMAIN expected \ DOMAIN before.records) \cap removed
  IN Unless(\A uid \in added : IsMinted(uid), "it holds a Pod that nobody told it of, and that it did not mint")
     \cup Unless(added = {} \/ (added \subseteq assigned /\ open), "it holds a Pod that it did not assign")
     \cup Unless(other = {}, "it changes a record that is not its own to change")
     \cup Unless(\A uid \in marked : [expected[uid] EXCEPT !.phase = "terminating", !.ready = after[uid].ready,
                                                            !.version = after[uid].version] = after[uid],
                 "a tombstone differs in more than its mark")
     \cup Unless(line.cancelled \/ removed \subseteq strangers \cap ended,
                 "it gives up a Pod whose end nobody confirmed")
     \cup Unless(open => marked \subseteq ended, "a tombstone is not sent on an open link")
     \cup Unless(assigned \subseteq added, "it assigns a Pod a second time")
     \cup Unless(\A uid \in ended : uid \in DOMAIN after => Marked(after[uid]), "it ends a Pod that it holds live")
     \cup Unless(NeverBack(expected, after), "a phase goes back")
     \* On opening, `Terminate` for every tombstone.
     \cup Unless(open /\ before.state # "open"
                   => {uid \in DOMAIN after : Marked(after[uid])} \subseteq ended,
                 "on opening it does not send Terminate for a tombstone that it holds")

UpSpoken(me, before, one, line) ==
  LET traffic == Of(line.sends, UpTrafficDown)
      session == UpSession(me, one.life)
      takes == /\ line.event.kind = "received" /\ line.event.message.kind = "Invalidate"
               /\ before.state = "open" /\ UpIsThisSession(me, before, line.event.message)
  IN Unless(traffic = <<>> \/ one.life.state = "open", "it speaks on a link that is not open")
     \cup Unless(\A i \in DOMAIN traffic : traffic[i].session = session, "it speaks in a session that is not open")
     \cup Unless(Len(Of(traffic, {"Invalidated"})) = IF takes /\ one.life.state = "open" THEN 1 ELSE 0,
                 "an invalidation is acknowledged that was not taken, or one taken is not")

\* The end after the line, and what is wrong with it.
UpJudged(me, life, line) ==
  LET given == UpGiven(me, life, line.event)
      after == AfterLine(life.records, line)
      possible == {one \in UpPossible(me, given, line) : UpMatches(me, life, one, line)}
      one == IF possible = {} THEN given ELSE CHOOSE some \in possible : TRUE
      answered == line.event.kind \notin {"answered", "unheeded"} \/ line.event.token \in TokensOf(life)
      reads == {read.token : read \in DOMAIN one.life.reads \ DOMAIN life.reads}
      mintedHere == {uid[3] : uid \in {some \in DOMAIN after \ DOMAIN life.records : some[1] = "r" /\ some[2] = me}}
      lastMinted == IF mintedHere = {} THEN life.minted
                    ELSE CHOOSE most \in mintedHere : \A some \in mintedHere : some <= most
  IN [life |-> [one.life EXCEPT !.records = after, !.minted = Max(@, lastMinted)],
      faults |->
        Unless(answered, "a read is answered that was not asked for")
        \cup (IF possible = {}
              THEN {<<"the step of the link is another", "expected",
                      [state |-> given.life.state, n |-> given.life.n, fence |-> given.life.fence,
                       sends |-> Of(Sends(given.out), {"Hello", "Fetch", "Rejected"}), hangups |-> Hangups(given.out),
                       over |-> Over(given.out)],
                      "got", [state |-> line.state, n |-> line.n, fence |-> line.fence,
                              sends |-> Of(line.sends, {"Hello", "Fetch", "Rejected"}), hangups |-> line.hangups,
                              dials |-> line.dials, over |-> line.over]>>}
              ELSE {})
        \cup Unless(Range(line.reads) = reads, "a Lease is read that the link does not ask for, or one that it asks for is not")
        \cup UpDecided(me, life, one, after, line)
        \cup UpSpoken(me, life, one, line)]
==============================================================================
