---------------------------- MODULE ReplicasField ----------------------------
(***************************************************************************)
(* The rule (protocol 8): `spec.replicas` is written by D among others.    *)
(* An object whose generation is that of its annotation *written* was last *)
(* written by D, even if the reply was lost.  Otherwise it is compared     *)
(* with its base, the object that the want took into account: somebody     *)
(* else wrote replicas if the value differs, or who owns it does, or the   *)
(* generation moved though nothing else that raises it did.                *)
(*                                                                         *)
(* D raises at once, and lets further changes rest for a while; it lowers  *)
(* when the victims are marked or their timer fires; one request at a      *)
(* time, with the resourceVersion of an object that it has processed.  A   *)
(* conflict waits for the object that it lost against; a lost reply is     *)
(* asked again.                                                            *)
(*                                                                         *)
(* Pure steps: `machines/ownership/wants/base.ts` and `field.ts`.          *)
(*                                                                         *)
(*   version  <<generation, incarnation of A, counter>>                    *)
(*   want     [version, value]                                             *)
(*   written  [of, value, version, generation, owner, rest]; of: the uid   *)
(*            of the object that was written                               *)
(*   object   [uid, rv, generation, replicas, owner, rest, written]        *)
(*   base     [generation, value, owner, rest, written]                    *)
(*   inputs   [object, want, hurry, marked, last]; last: the Deployment    *)
(*            leaves, and with this write the annotation goes              *)
(*   field    [state, used, failures]                                      *)
(* What may be absent is a sequence of at most one.                        *)
(***************************************************************************)
EXTENDS Rules, Naturals, Sequences

IsLower(a, b) ==
  \/ a[1] < b[1]
  \/ a[1] = b[1] /\ (a[2] < b[2] \/ (a[2] = b[2] /\ a[3] < b[3]))

\* ---- Who wrote last --------------------------------------------------------

GenerationOf(written) == IF written = <<>> THEN 0 ELSE written[1].generation

BaseOf(object) ==
  [generation |-> object.generation, value |-> object.replicas, owner |-> <<object.owner>>,
   rest |-> object.rest, written |-> GenerationOf(object.written)]
BaseOfWritten(written) ==
  [generation |-> written.generation, value |-> written.value, owner |-> written.owner,
   rest |-> written.rest, written |-> written.generation]

\* The annotation, if it is of this object: one that names another, or is from the future, was copied.
IsOf(written, object) == written[1].of = object.uid \/ Is("copied-annotation-believed")
WrittenOf(object) ==
  IF object.written # <<>> /\ object.written[1].generation <= object.generation /\ IsOf(object.written, object)
  THEN object.written ELSE <<>>

\* The latest object that D is known to have processed: by memory, or by the annotation.
LatestBase(memory, written) ==
  IF \/ written = <<>>
     \/ memory # <<>> /\ (memory[1].generation >= written[1].generation \/ Is("base-by-memory"))
  THEN memory ELSE <<BaseOfWritten(written[1])>>

\* No owner stands for D itself.
SameOwner(base, object) ==
  \/ Is("external-owner-ignored")
  \/ IF base.owner = <<>> THEN object.owner = "d" ELSE base.owner[1] = object.owner

JudgeAgainst(base, object) ==
  IF base.generation = object.generation THEN "unchanged"
  ELSE IF base.value # object.replicas \/ ~SameOwner(base, object) THEN "external"
  ELSE IF /\ base.rest # object.rest \/ GenerationOf(object.written) # base.written
          /\ ~Is("template-edit-external")
       THEN "unchanged" ELSE "external"

Judge(memory, object) ==
  LET written == IF Is("own-write-by-reply") THEN <<>> ELSE WrittenOf(object)
      base == LatestBase(memory, written)
  IN IF written # <<>> /\ written[1].generation = object.generation THEN "own"
     ELSE IF base = <<>> THEN "external"
     ELSE IF Is("external-by-value")
          THEN IF base[1].value = object.replicas THEN "unchanged" ELSE "external"
     ELSE JudgeAgainst(base[1], object)

\* Not older than one that was processed.
IsFresher(object, known) ==
  IF object.generation # known.generation THEN object.generation > known.generation
  ELSE object.rv >= known.rv

\* ---- The field -------------------------------------------------------------

FieldFresh == [state |-> "shown", used |-> 0, failures |-> 0]

\* The object does not show the want yet: value or annotation.
IsUnwritten(in) ==
  LET written == IF Is("copied-annotation-shows") THEN in.object.written ELSE WrittenOf(in.object)
  IN \/ in.last
     \/ written = <<>>
     \/ in.object.replicas # in.want.value
     \/ written[1].value # in.want.value
     \/ written[1].version # in.want.version

MustWait(in) == in.want.value < in.object.replicas /\ ~in.hurry /\ ~in.marked

WrittenBy(in) ==
  [of |-> in.object.uid, value |-> in.want.value, version |-> in.want.version, generation |-> in.object.generation + 1,
   owner |-> IF in.object.replicas = in.want.value THEN <<in.object.owner>> ELSE <<>>,
   rest |-> in.object.rest]

\* A request: no value, if the annotation alone is to be written.
WriteOf(in) ==
  [value |-> IF in.object.replicas = in.want.value THEN <<>> ELSE <<in.want.value>>,
   written |-> WrittenBy(in),
   last |-> in.last,
   rv |-> IF Is("write-back-unconditional") THEN 0 ELSE in.object.rv]

Stepped(field, out) == [field |-> field, out |-> out]
Written(field, in) ==
  Stepped([field EXCEPT !.state = "writing", !.used = in.object.rv], <<WriteOf(in)>>)

\* What follows of itself, until nothing does.
RECURSIVE Settle(_, _)
Settle(field, in) ==
  LET shown == [field EXCEPT !.state = "shown"]
      still == Stepped(field, <<>>)
  IN CASE field.state = "shown" ->
            IF ~IsUnwritten(in) THEN still
            ELSE IF MustWait(in) THEN Stepped([field EXCEPT !.state = "lowering"], <<>>)
            ELSE Written(field, in)
       [] field.state = "lowering" ->
            IF ~IsUnwritten(in) THEN Settle(shown, in)
            ELSE IF MustWait(in) THEN still ELSE Written(field, in)
       [] field.state = "resting" ->
            IF IsUnwritten(in) /\ in.hurry THEN Settle(shown, in) ELSE still
       [] field.state = "outrun" ->
            IF in.object.rv # field.used THEN Settle(shown, in) ELSE still
       [] field.state = "refused" ->
            IF ~IsUnwritten(in) THEN Settle(shown, in) ELSE still
       [] field.state = "writing" -> still

FieldUpdated(field, in) == Settle(field, in)

\* No refusal: it was written.
FieldAnswered(field, in, refusal) ==
  IF field.state # "writing" THEN Stepped(field, <<>>)
  ELSE IF refusal = "" THEN Settle([field EXCEPT !.state = "resting", !.failures = 0], in)
  ELSE IF refusal \in {"conflict", "notFound"} THEN Settle([field EXCEPT !.state = "outrun", !.failures = @ + 1], in)
  ELSE Settle([field EXCEPT !.state = "refused", !.failures = @ + 1], in)

\* The timer that runs in a state.
TimerOf(field) ==
  CASE field.state = "lowering" -> <<"lower">>
    [] field.state = "resting" -> <<"writeBack">>
    [] field.state = "outrun" -> <<"retry">>
    [] field.state = "refused" -> IF Is("lost-reply-forgotten") THEN <<>> ELSE <<"retry">>
    [] OTHER -> <<>>

FieldFired(field, in) ==
  IF field.state = "lowering" THEN Written(field, in)
  ELSE Settle([field EXCEPT !.state = "shown"], in)

\* ---- The object at the API Server ------------------------------------------

Conflicts(object, write) ==
  write.rv # object.rv /\ write.rv # 0 /\ ~Is("environment/no-precondition")
Changes(object, write) == write.value # <<>> /\ write.value[1] # object.replicas
ObjectWritten(object, write) ==
  [object EXCEPT
     !.rv = @ + 1, !.generation = @ + 1, !.written = IF write.last THEN <<>> ELSE <<write.written>>,
     !.replicas = IF write.value = <<>> THEN @ ELSE write.value[1],
     !.owner = IF Changes(object, write) THEN "d" ELSE @]

\* `kubectl scale`: to the same value it changes nothing.
ObjectScaled(object, value) ==
  IF value = object.replicas THEN object
  ELSE [object EXCEPT !.rv = @ + 1, !.generation = @ + 1, !.replicas = value, !.owner = "kubectl"]
\* A template edit: generation moves, replicas do not.
ObjectEdited(object, template) ==
  [object EXCEPT !.rv = @ + 1, !.generation = @ + 1, !.rest = template]
=============================================================================
