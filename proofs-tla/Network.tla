------------------------------ MODULE Network ------------------------------
(***************************************************************************)
(* The rule (protocol 3 and 13): within a session messages arrive in order *)
(* or not at all.  When a connection breaks, what is still under way is    *)
(* lost or lingers: it may arrive at any later time, before or after the   *)
(* receiver learns of the break.  A connection of which nothing can come   *)
(* any more is forgotten.                                                  *)
(*                                                                         *)
(* This is `machines/environment/network.ts`.  A connection belongs to the *)
(* session <<upstream incarnation, n>> that dialled it.                    *)
(***************************************************************************)
EXTENDS Sequences, FiniteSets

Ends == {"up", "down"}
Other(end) == IF end = "up" THEN "down" ELSE "up"

Connection(to) == [to |-> to, toDown |-> <<>>, toUp |-> <<>>, broken |-> FALSE, untold |-> {}]

Queue(connection, end) == IF end = "down" THEN connection.toDown ELSE connection.toUp
WithQueue(connection, end, queue) ==
  IF end = "down" THEN [connection EXCEPT !.toDown = queue] ELSE [connection EXCEPT !.toUp = queue]

IsOver(connection) ==
  connection.broken /\ connection.untold = {} /\ connection.toDown = <<>> /\ connection.toUp = <<>>

\* Connections with one of them changed; one that is over is forgotten.
PutConnection(connections, key, connection) ==
  LET keys == IF IsOver(connection) THEN DOMAIN connections \ {key}
              ELSE DOMAIN connections \cup {key}
  IN [one \in keys |-> IF one = key THEN connection ELSE connections[one]]

\* Whether `me`, the `end` of its link, has a connection that stands for this session.
Carries(connections, end, me, session) ==
  LET key == <<session[1], session[3]>>
  IN /\ key \in DOMAIN connections
     /\ ~connections[key].broken
     /\ me = IF end = "up" THEN key[1] ELSE connections[key].to

Sent(connections, end, me, message) ==
  LET key == <<message.session[1], message.session[3]>>
      connection == connections[key]
  IN IF ~Carries(connections, end, me, message.session) THEN connections
     ELSE PutConnection(connections, key,
            WithQueue(connection, Other(end), Append(Queue(connection, Other(end)), message)))

Taken(connections, key, end) ==
  LET connection == connections[key]
  IN PutConnection(connections, key, WithQueue(connection, end, Tail(Queue(connection, end))))

\* Broken: what is under way to an end in `linger` still arrives, the rest is lost.
Broken(connection, linger) ==
  [connection EXCEPT !.broken = TRUE, !.untold = Ends,
                     !.toDown = IF "down" \in linger THEN @ ELSE <<>>,
                     !.toUp = IF "up" \in linger THEN @ ELSE <<>>]

Told(connections, key, end) ==
  PutConnection(connections, key, [connections[key] EXCEPT !.untold = @ \ {end}])

\* `me` closes its connection: what it sent may still arrive, what comes to it is dropped.
Disconnected(connections, end, me, session) ==
  LET key == <<session[1], session[3]>>
      broken == [Broken(connections[key], {Other(end)}) EXCEPT !.untold = {Other(end)}]
  IN IF Carries(connections, end, me, session)
     THEN PutConnection(connections, key, broken)
     ELSE connections

\* A process is gone: its connections break, what it had sent lingers or is lost.
Left(connections, end, me, lingers) ==
  LET Mine(key) == me = IF end = "up" THEN key[1] ELSE connections[key].to
      Broke(connection) ==
        IF ~connection.broken THEN Broken(connection, IF lingers THEN {Other(end)} ELSE {})
        ELSE IF lingers THEN connection ELSE WithQueue(connection, Other(end), <<>>)
      Without(connection) ==
        WithQueue([connection EXCEPT !.untold = @ \ {end}], end, <<>>)
      After(key) == IF Mine(key) THEN Without(Broke(connections[key])) ELSE connections[key]
  IN [key \in {one \in DOMAIN connections : ~(Mine(one) /\ IsOver(After(one)))} |-> After(key)]
=============================================================================
