------------------------------- MODULE Lists -------------------------------
(***************************************************************************)
(* The rule (protocol 3): only the answer to a consistent list that a      *)
(* stage asked for itself says what is gone, not a watch that lists anew,  *)
(* which may do so from an API server that is behind.  An answer may be    *)
(* older than what the watch told meanwhile: what that told to be gone,    *)
(* the answer does not bring back; another list decides.  And what an      *)
(* answer alone has shown may come to its end before the watch has told of *)
(* it: when the watch lists anew, one more list decides, also if it has    *)
(* done so while one was under way.                                        *)
(*                                                                         *)
(* Pure steps of `machines/ownership/lists.ts`, of one kind of object and  *)
(* of one object of it:                                                    *)
(*                                                                         *)
(*   listed    the watch's first list has come                             *)
(*   asked     how many answers are still to come                          *)
(*   vanished  the watch told that it is gone while a list was under way   *)
(*   doubted   it was shown then, or the watch has listed anew             *)
(*   anew      the watch has listed anew while a list was under way        *)
(*   alone     it was first shown while a list was under way               *)
(*   awaited   of that, no list has shown it since another was asked for   *)
(***************************************************************************)
EXTENDS Rules, Naturals, Sequences

NoLists ==
  [listed |-> FALSE, asked |-> 0, vanished |-> FALSE, doubted |-> FALSE, anew |-> FALSE,
   alone |-> FALSE, awaited |-> FALSE]

ListsComplete(lists) == lists.listed /\ lists.asked = 0

ListAsked(lists) == [lists EXCEPT !.asked = @ + 1, !.doubted = FALSE, !.awaited = lists.alone]

\* A list is complete; `ours`: one that was asked for.  Empty if that changes nothing.
ListAnswered(lists, ours) ==
  LET underWay == lists.asked > 0
      anew == lists.anew \/ (underWay /\ ~ours /\ ~Is("list-anew-unheard"))
      alone == lists.alone /\ ~Is("shown-alone-kept")
  IN CASE ~lists.listed /\ ~ours -> <<[lists EXCEPT !.listed = TRUE, !.anew = anew]>>
       [] (lists.listed \/ ours) /\ underWay /\ (ours \/ Is("any-list-taken")) ->
            IF lists.asked > 1 THEN <<[lists EXCEPT !.asked = @ - 1]>>
            ELSE <<[lists EXCEPT !.asked = 0, !.vanished = FALSE, !.doubted = @ \/ (anew /\ alone),
                                 !.anew = FALSE]>>
       [] OTHER ->
            IF anew # lists.anew THEN <<[lists EXCEPT !.anew = anew]>>
            ELSE IF ~ours /\ alone THEN <<[lists EXCEPT !.doubted = TRUE]>>
            ELSE <<>>

\* Shown, by the watch or by a list that was asked for; `isNew`: it was not known.
ListShown(lists, isNew) ==
  IF lists.asked = 0 THEN [lists EXCEPT !.alone = FALSE]
  ELSE IF isNew \/ lists.awaited THEN [lists EXCEPT !.alone = @ \/ isNew, !.awaited = FALSE]
  ELSE lists

\* The watch told that it is gone.
ListVanished(lists) ==
  [lists EXCEPT !.vanished = @ \/ lists.asked > 0, !.alone = FALSE, !.awaited = FALSE]

\* What is shown may be one of a list that is older than its end.
ListDoubtful(lists) == lists.vanished /\ ~Is("old-list-revives")
=============================================================================
