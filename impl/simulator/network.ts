/**
 * Links in virtual time: each connection is first in, first out, takes a while, and may break, linger after its break, or be
 * half-open. Invalidations are gathered as the real host does (protocol 3).
 */
import type { Message } from '../../spec/messages.ts';
import { TIMERS } from '../../spec/timers.ts';
import type { LinkName } from '../../spec/vocabulary.ts';
import { Gather } from '../controller/host/gather.ts';
import type { Life } from './life.ts';
import type { Simulation } from './simulation.ts';

/** One direction of a connection. */
interface Pipe {
  readonly to: 'up' | 'down';
  lastArrival: number;
  underWay: number;
  readonly gather: Gather;
  /** Half-open: nothing arrives. */
  swallows: boolean;
  /** What is under way when it breaks arrives all the same. */
  lingers: boolean;
  /** And so much later than it would have, ms. */
  late: number;
}

/** A connection that an upstream dialled for its session (incarnation, n). */
export interface Connection {
  readonly up: Life;
  readonly link: LinkName;
  readonly down: Life;
  readonly n: number;
  readonly toUp: Pipe;
  readonly toDown: Pipe;
  broken: boolean;
  /** Ends that take nothing from it any more: they closed it. */
  readonly closed: Set<'up' | 'down'>;
  /** The downstream has had its `Hello`, and so knows what it is for. */
  greeted: boolean;
}

/** Whether anything is on its way. */
export function isBusy({ underWay, gather }: Pipe): boolean {
  return underWay > 0 || gather.isHolding;
}

function pipe(sim: Simulation, connection: () => Connection, to: 'up' | 'down'): Pipe {
  // What the clock was asked for is not taken back: it finds nothing held.
  const after = (milliseconds: number, act: () => void) => {
    sim.clock.after(milliseconds, act);
    return () => {};
  };
  const way: Pipe = {
    to,
    lastArrival: 0,
    underWay: 0,
    gather: new Gather((message) => carry(sim, connection(), way, message), after),
    swallows: false,
    lingers: false,
    late: 0,
  };
  return way;
}
const keyOf = (upstream: number, n: number) => `${upstream}/${n}`;

/** Dials until connected, or until the link is asked for another session. */
export function dial(sim: Simulation, life: Life, link: LinkName, peer: string, n: number): void {
  hangUp(sim, life, link);
  const dialling = { peer, n };
  life.dials.set(link, dialling);
  attempt(sim, life, link, 20);
  function attempt(sim: Simulation, life: Life, link: LinkName, wait: number): void {
    sim.clock.after(sim.latency('link'), () => {
      if (!life.alive || life.dials.get(link) !== dialling) return;
      const other = sim.holderOf(peer);
      if (other === undefined || sim.isCut(life, other)) {
        sim.clock.after(wait * sim.dice('dial').between(0.5, 1.5), () => {
          if (life.alive && life.dials.get(link) === dialling)
            attempt(sim, life, link, Math.min(wait * 2, 1000));
        });
        return;
      }
      life.dials.delete(link);
      const connection: Connection = {
        up: life,
        link,
        down: other,
        n,
        toUp: pipe(sim, () => connection, 'up'),
        toDown: pipe(sim, () => connection, 'down'),
        broken: false,
        closed: new Set(),
        greeted: false,
      };
      life.ups.set(link, connection);
      sim.connections.add(connection);
      sim.give(life, { type: 'connected', link, n });
    });
  }
}

/** Sends on the connection of the message's session; dropped if that is broken. */
export function send(life: Life, link: LinkName, message: Message): void {
  const { session } = message;
  const connection =
    link === 'upstream' ? life.downs.get(keyOf(session.upstream, session.n)) : life.ups.get(link);
  if (connection === undefined || connection.broken || connection.n !== session.n) return;
  (link === 'upstream' ? connection.toUp : connection.toDown).gather.send(message);
}

function carry(sim: Simulation, connection: Connection, way: Pipe, message: Message): void {
  if (way.swallows) return;
  way.lastArrival = Math.max(way.lastArrival, sim.clock.now + sim.latency('link'));
  way.underWay += 1;
  sim.clock.at(way.lastArrival, () => arrive(sim, connection, way, message));
}

function arrive(sim: Simulation, connection: Connection, way: Pipe, message: Message): void {
  if (connection.broken && way.lingers && way.late > 0)
    return sim.clock.after(way.late, () => land(sim, connection, way, message));
  land(sim, connection, way, message);
}

function land(sim: Simulation, connection: Connection, way: Pipe, message: Message): void {
  way.underWay -= 1;
  const life = connection[way.to];
  if (!life.alive || connection.closed.has(way.to) || way.swallows) return;
  if (connection.broken && !way.lingers) return;
  const link = way.to === 'up' ? connection.link : 'upstream';
  if (message.kind === 'Hello') {
    const key = keyOf(message.session.upstream, message.session.n);
    // A session has one connection: a second one would take the answers of the first.
    if (!connection.broken && !life.downs.has(key)) life.downs.set(key, connection);
    connection.greeted = true;
    const late = sim.takeDuplicate(connection);
    if (late !== null) sim.clock.after(late, () => sim.give(life, { type: 'received', link, message }));
  }
  sim.give(life, { type: 'received', link, message });
}

/** An end learns that the connection is gone, unless it closed it itself. */
function tell(sim: Simulation, connection: Connection, end: 'up' | 'down', after: number): void {
  sim.clock.after(after, () => {
    const life = connection[end];
    if (!life.alive || connection.closed.has(end)) return;
    const upstream = connection.up.incarnation;
    forget(connection, end);
    if (end === 'down' && !connection.greeted) return;
    const link = end === 'up' ? connection.link : 'upstream';
    sim.give(life, { type: 'broken', link, upstream, n: connection.n });
  });
}

function forget(connection: Connection, end: 'up' | 'down'): void {
  const { up, down, link, n } = connection;
  if (end === 'up' && up.ups.get(link) === connection) up.ups.delete(link);
  const key = keyOf(up.incarnation, n);
  if (end === 'down' && down.downs.get(key) === connection) down.downs.delete(key);
}

function hangUp(sim: Simulation, life: Life, link: LinkName): void {
  life.dials.delete(link);
  const connection = life.ups.get(link);
  if (connection !== undefined) close(sim, connection, 'up');
}

/** One end closes: what it sent still arrives, what comes to it is dropped, and the other end learns of it. */
export function close(sim: Simulation, connection: Connection, end: 'up' | 'down'): void {
  forget(connection, end);
  connection.closed.add(end);
  const other = end === 'up' ? 'down' : 'up';
  const way = end === 'up' ? connection.toDown : connection.toUp;
  if (!connection.broken) {
    way.gather.release();
    connection.broken = true;
    way.lingers = true;
    tell(sim, connection, other, Math.max(way.lastArrival - sim.clock.now, 0) + sim.latency('link'));
  }
  sim.connections.delete(connection);
}

/** `disconnect`: breaks the connection of a session; no event follows. */
export function disconnect(
  sim: Simulation,
  life: Life,
  link: LinkName,
  session: { upstream: number; n: number },
): void {
  if (link !== 'upstream') {
    const connection = life.ups.get(link);
    if (connection?.n === session.n) close(sim, connection, 'up');
    if (life.dials.get(link)?.n === session.n) life.dials.delete(link);
    return;
  }
  const connection = life.downs.get(keyOf(session.upstream, session.n));
  if (connection !== undefined) close(sim, connection, 'down');
}

/**
 * The connection breaks under both; what is under way lingers or is lost. Each learns of it in its own time.
 *
 * @param late - what lingers arrives so much later, ms
 */
export function breakConnection(sim: Simulation, connection: Connection, linger: boolean, late = 0): void {
  if (connection.broken) return;
  connection.broken = true;
  for (const way of [connection.toUp, connection.toDown]) {
    way.gather.end();
    way.lingers = linger && !way.swallows;
    way.late = late;
  }
  tell(sim, connection, 'up', sim.latency('link'));
  tell(sim, connection, 'down', sim.latency('link'));
  sim.connections.delete(connection);
}

/** Nothing arrives any more, in one direction or both; the keep-alive finds out. */
export function halve(sim: Simulation, connection: Connection, way: 'down' | 'up' | 'both'): void {
  if (way !== 'up') connection.toDown.swallows = true;
  if (way !== 'down') connection.toUp.swallows = true;
  sim.clock.after(TIMERS.halfOpen * sim.dice('halfOpen').between(0.8, 1.2), () =>
    breakConnection(sim, connection, false),
  );
}

/** A process is gone: what it had sent lingers or is lost. */
export function leave(sim: Simulation, life: Life, linger: boolean): void {
  life.dials.clear();
  for (const connection of [...life.ups.values(), ...life.downs.values()]) {
    const end = connection.up === life ? 'up' : 'down';
    if (linger) close(sim, connection, end);
    else breakConnection(sim, connection, false);
  }
  for (const connection of sim.connections)
    if (connection.down === life) breakConnection(sim, connection, linger);
  life.ups.clear();
  life.downs.clear();
}
