------------------------------ MODULE TraceWants ------------------------------
(***************************************************************************)
(* The rule: a recorded step of D, as far as one Deployment goes, is what  *)
(* `ReplicasField` says of its object and its field, and the highest want  *)
(* wins, wherever it comes from (protocol 8).  R is sent that want, for    *)
(* the ReplicaSet and in the mode that D's own sight of the ReplicaSets    *)
(* asks for; A is told it, if it may be.  A makes wants above all that it  *)
(* was told, and no others.                                                *)
(*                                                                         *)
(* Not modelled: what D counts (whether the victims are marked), whether   *)
(* it is in a hurry for a release, whether A was heard or has said its     *)
(* last word of a Deployment that leaves.                                  *)
(*                                                                         *)
(* A line of D's (`DepJudged`) is                                          *)
(*   event    [kind: "saw" (object), "answered" (after, refusal), "told"   *)
(*            (from, wants), "fired" (timer), "gone", "other"]             *)
(*   sets     its ReplicaSets, newest first, then those being deleted:     *)
(*            [uid, managed, matches, replicas, desired, deleting]         *)
(*   decides  whether D knows all that it decides from                     *)
(*   hurry, marked, last, confirmed, open     as they are after the step   *)
(*   held, want, witnessed, field       its state after the step           *)
(*   writes, told, sent                 what the step asks for             *)
(*   toR      "closed", "opens", "open", or "left" of a Deployment that R  *)
(*            need not be told of                                          *)
(* One of A's (`AskJudged`) is                                             *)
(*   event    [kind: "asked" (value), "told" (wants), "gone", "other"]     *)
(*   opens, open, want, pending, sent                                      *)
(***************************************************************************)
EXTENDS TraceRecords

F == INSTANCE ReplicasField

MaybeHigher(held, want) == held = <<>> \/ F!IsLower(held[1].version, want.version)
Plain(want) == [version |-> want.version, value |-> want.value]
RECURSIVE HighestWant(_, _)
HighestWant(held, wants) ==
  IF wants = <<>> THEN held
  ELSE HighestWant(IF MaybeHigher(held, Head(wants)) THEN <<Plain(Head(wants))>> ELSE held, Tail(wants))

\* ---- D -----------------------------------------------------------------------

DepBorn ==
  [object |-> <<>>, base |-> <<>>, want |-> <<>>, witnessed |-> FALSE, field |-> F!FieldFresh,
   inputs |-> <<>>, isNews |-> FALSE, sent |-> <<>>]

DepMayTell(life) ==
  /\ life.object # <<>> /\ life.want # <<>>
  /\ LET written == F!WrittenOf(life.object[1])
     IN written # <<>> /\ written[1].version[1] >= life.want[1].version[1]

DepAdopts(life, want, witnessed) ==
  IF MaybeHigher(life.want, want) THEN [life EXCEPT !.want = <<Plain(want)>>, !.witnessed = witnessed] ELSE life

DepSees(life, object, verdict) ==
  LET seen == [life EXCEPT !.object = <<object>>, !.base = <<F!BaseOf(object)>>]
      written == F!WrittenOf(object)
      next == IF verdict = "external"
              THEN DepAdopts(seen, [version |-> <<object.generation, 0, 0>>, value |-> object.replicas], life.base # <<>>)
              ELSE IF written = <<>> THEN seen ELSE DepAdopts(seen, written[1], FALSE)
  IN IF life.object # <<>> /\ ~F!IsFresher(object, life.object[1]) THEN life
     ELSE [next EXCEPT !.isNews = next.want # life.want \/ ~DepMayTell(life)]

\* A is answered with the newer; what R held is news to it.
RECURSIVE DepTold(_, _, _)
DepTold(life, from, wants) ==
  IF wants = <<>> THEN life
  ELSE LET want == Head(wants)
           next == DepAdopts(life, want, FALSE)
           isNews == IF from = "autoscaler" THEN F!IsLower(want.version, next.want[1].version)
                     ELSE next.want # life.want
       IN DepTold([next EXCEPT !.isNews = @ \/ isNews], from, Tail(wants))

DepInputs(life, line) ==
  [object |-> life.object[1], want |-> life.want[1], hurry |-> line.hurry, marked |-> line.marked,
   last |-> line.last]
\* The field goes by what it was told last.
DepFielded(life, stepped, writes) == [life |-> [life EXCEPT !.field = stepped.field], writes |-> writes \o stepped.out]
DepUpdated(life, line, writes) ==
  IF life.object = <<>> \/ life.want = <<>> THEN [life |-> life, writes |-> writes]
  ELSE LET in == DepInputs(life, line)
       IN DepFielded([life EXCEPT !.inputs = <<in>>], F!FieldUpdated(life.field, in), writes)

DepAnswered(life, line) ==
  LET event == line.event
      seen == IF event.after = <<>> THEN [life |-> life, writes |-> <<>>]
              ELSE DepUpdated(DepSees(life, event.after[1], "own"), line, <<>>)
      in == seen.life.inputs
  IN IF in = <<>> THEN seen
     ELSE DepFielded(seen.life, F!FieldAnswered(seen.life.field, in[1], event.refusal), seen.writes)

DepFired(life, line) ==
  IF life.inputs = <<>> \/ F!TimerOf(life.field) # <<line.event.timer>> THEN [life |-> life, writes |-> <<>>]
  ELSE DepFielded(life, F!FieldFired(life.field, life.inputs[1]), <<>>)

DepStep(born, line) ==
  LET life == [born EXCEPT !.isNews = FALSE]
      event == line.event
      one == CASE event.kind = "saw" -> [life |-> DepSees(life, event.object, F!Judge(life.base, event.object)), writes |-> <<>>]
               [] event.kind = "answered" -> DepAnswered(life, line)
               [] event.kind = "fired" -> DepFired(life, line)
               [] event.kind = "told" -> [life |-> DepTold(life, event.from, event.wants), writes |-> <<>>]
               [] OTHER -> [life |-> life, writes |-> <<>>]
  IN IF line.decides THEN DepUpdated(one.life, line, one.writes) ELSE one

\* D alone decides which ReplicaSet a want is for, and in which mode R obeys it.
DepDecided(line) ==
  LET sets == line.sets
      newest == sets[1]
      settled == newest.desired = <<newest.replicas>> \/ newest.replicas = 0
      others == \A i \in 2..Len(sets) : sets[i].replicas = 0
  IN IF sets = <<>> THEN [set |-> "", mode |-> "follow"]
     ELSE IF newest.deleting \/ ~newest.managed THEN [set |-> "", mode |-> "follow"]
     ELSE [set |-> newest.uid, mode |-> IF newest.matches /\ settled /\ others THEN "direct" ELSE "follow"]

DepStamped(life, line) ==
  LET decided == IF life.object = <<>> THEN [set |-> "", mode |-> "follow"] ELSE DepDecided(line)
  IN [version |-> life.want[1].version, value |-> life.want[1].value, set |-> decided.set, mode |-> decided.mode,
      confirmed |-> line.confirmed \/ life.witnessed]

DepJudged(life, line) ==
  LET step == DepStep(life, line)
      after == step.life
      got == [want |-> line.want, witnessed |-> line.witnessed, field |-> line.field, writes |-> line.writes]
      expected == [want |-> after.want, witnessed |-> after.witnessed, field |-> after.field, writes |-> step.writes]
      Stamps(wants) == \A i \in DOMAIN wants : after.want # <<>> /\ wants[i] = DepStamped(after, line)
      has == IF line.sent # <<>> THEN <<line.sent[Len(line.sent)]>> ELSE IF line.toR = "opens" THEN <<>> ELSE life.sent
      due == line.decides /\ line.toR \in {"opens", "open"} /\ after.object # <<>> /\ after.want # <<>>
  IN IF line.event.kind = "gone" /\ ~line.held
     THEN [life |-> DepBorn, faults |-> Unless(line.writes = <<>> /\ line.sent = <<>>, "it writes for a Deployment that is gone")]
     ELSE [life |-> [after EXCEPT !.sent = has],
           faults |-> (IF got = expected THEN {} ELSE {<<"the want or its field is another", "expected", expected, "got", got>>})
             \cup Unless(Stamps(line.sent), "R is sent what is not the want, or for another ReplicaSet or in another mode")
             \cup Unless(Stamps(line.told), "A is told what is not the want")
             \cup Unless(line.told = <<>> \/ DepMayTell(after), "A is told of a value before the object is annotated with it")
             \cup Unless(~due \/ has = <<DepStamped(after, line)>>, "R does not have the want as it is now")
             \cup Unless(~(after.isNews /\ line.open /\ DepMayTell(after)) \/ line.told # <<>>,
                         "A is not told of a want that it did not send")]

\* ---- A -----------------------------------------------------------------------

AskBorn == [want |-> <<>>, pending |-> <<>>]

\* Above all that A knows, on the same base.
AskMints(me, life, value, line) ==
  LET known == life.want[1]
      made == line.want
  IN IF known.value = value THEN {life}
     ELSE IF made = <<>> THEN {}
     ELSE IF made[1].version[1] = known.version[1] /\ made[1].version[2] = me /\ F!IsLower(known.version, made[1].version)
             /\ made[1].value = value
     THEN {[life EXCEPT !.want = made]} ELSE {}

AskAsked(me, life, event, line) ==
  IF life.want = <<>> THEN {[life EXCEPT !.pending = <<[value |-> event.value, generation |-> event.generation]>>]}
  ELSE AskMints(me, life, event.value, line)

RECURSIVE AskTold(_, _, _, _)
AskTold(me, life, wants, line) ==
  IF wants = <<>> THEN {life}
  ELSE LET taken == [life EXCEPT !.want = HighestWant(@, <<Head(wants)>>)]
           heard == [taken EXCEPT !.pending = <<>>]
           next == IF life.pending = <<>> THEN {taken}
                   ELSE IF taken.want[1].version[1] > life.pending[1].generation THEN {heard}
                   ELSE AskMints(me, heard, life.pending[1].value, line)
       IN UNION {AskTold(me, one, Tail(wants), line) : one \in next}

AskJudged(me, life, line) ==
  LET event == line.event
      possible == CASE event.kind = "asked" -> AskAsked(me, life, event, line)
                    [] event.kind = "told" -> AskTold(me, life, event.wants, line)
                    [] event.kind = "gone" -> {AskBorn}
                    [] OTHER -> {life}
      after == [want |-> line.want, pending |-> line.pending]
      made == line.want # <<>> /\ line.want # life.want /\ line.want[1].version[2] = me
      asked == event.kind = "asked" \/ (event.kind = "told" /\ life.pending # <<>>)
  IN [life |-> after,
      faults |-> (IF after \in possible THEN {}
                  ELSE {<<"the want of A is another", "expected one of", possible, "got", after>>})
        \cup Unless(\A i \in DOMAIN line.sent : line.want = <<line.sent[i]>>, "D is sent what is not the want")
        \cup Unless(~line.open \/ ~((made /\ asked) \/ (line.opens /\ line.want # <<>>)) \/ line.sent # <<>>,
                    "D is not sent a want that it does not know")]
==============================================================================
