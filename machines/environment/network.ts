/**
 * The network between stages (protocol 3 and 13) as a pure value: connections with one queue each way.
 *
 * Within a session messages arrive in order or not at all. When a connection breaks, what is still in a queue is
 * lost or lingers: it may arrive at any later time, before or after the receiver learns of the break. A copy of a
 * `Hello` (a *stray*) may arrive at any time, even after its session has ended.
 */
import type { Message } from '../../spec/messages.ts';
import type { Incarnation, LinkName, SessionId } from '../../spec/vocabulary.ts';

/** One life of one stage; never used again. @public */
export type ProcessId = string;
/** Which of its two ends. @public */
export type End = 'up' | 'down';

/** A connection that an upstream process dialled for its session (upstream, n). @public */
export interface Connection {
  readonly up: ProcessId;
  readonly upLink: LinkName;
  readonly down: ProcessId;
  /** The session's number: the upstream's incarnation and n. */
  readonly upstream: Incarnation;
  readonly n: number;
  /** Under way to the downstream end, oldest first. */
  readonly toDown: readonly Message[];
  /** Under way to the upstream end, oldest first. */
  readonly toUp: readonly Message[];
  readonly broken: boolean;
  /** Ends that still have to learn that it is broken. */
  readonly untold: readonly End[];
}

/** A copy of a message, apart from any queue. @public */
export interface Stray {
  readonly to: ProcessId;
  readonly link: LinkName;
  readonly message: Message;
}

/** All connections by key, and strays. @public */
export interface Network {
  readonly connections: Readonly<Record<string, Connection>>;
  readonly strays: readonly Stray[];
}

/** Nobody is connected. @public */
export const EMPTY_NETWORK: Network = { connections: {}, strays: [] };

/** Key of the connection that `up` dialled on `link` for session `n`. @public */
export function connectionKey(up: ProcessId, link: LinkName, n: number): string {
  return `${up}:${link}#${n}`;
}

/** `up` has reached `down`. @public */
export function connect(
  network: Network,
  dial: { up: ProcessId; upLink: LinkName; down: ProcessId; upstream: Incarnation; n: number },
): Network {
  const fresh: Connection = { ...dial, toDown: [], toUp: [], broken: false, untold: [] };
  return put(network, connectionKey(dial.up, dial.upLink, dial.n), fresh);
}

/** The connection that a message sent by `from` on `link` goes over, or null if there is none that stands. @public */
export function carrierOf(
  network: Network,
  from: ProcessId,
  link: LinkName,
  session: SessionId,
): { key: string; end: End } | null {
  for (const [key, connection] of Object.entries(network.connections)) {
    if (connection.broken || connection.n !== session.n || connection.upstream !== session.upstream) continue;
    if (connection.up === from && connection.upLink === link) return { key, end: 'up' };
    if (connection.down === from && link === 'upstream') return { key, end: 'down' };
  }
  return null;
}

/** Put a message under way; dropped if its connection is broken. @public */
export function send(network: Network, from: ProcessId, link: LinkName, message: Message): Network {
  const carrier = carrierOf(network, from, link, message.session);
  if (carrier === null) return network;
  const connection = network.connections[carrier.key] as Connection;
  const changed =
    carrier.end === 'up'
      ? { ...connection, toDown: [...connection.toDown, message] }
      : { ...connection, toUp: [...connection.toUp, message] };
  return put(network, carrier.key, changed);
}

/** Take the oldest message on its way to `end`. @public */
export function take(network: Network, key: string, end: End): [Message, Network] {
  const connection = network.connections[key] as Connection;
  const [message, ...rest] = end === 'down' ? connection.toDown : connection.toUp;
  const changed = end === 'down' ? { ...connection, toDown: rest } : { ...connection, toUp: rest };
  return [message as Message, put(network, key, changed)];
}

/** Leave a copy of the oldest message to the downstream behind, to arrive once more at any time. @public */
export function duplicate(network: Network, key: string): Network {
  const connection = network.connections[key] as Connection;
  const stray: Stray = {
    to: connection.down,
    link: 'upstream',
    message: connection.toDown[0] as Message,
  };
  return { ...network, strays: [...network.strays, stray] };
}

/** Take a stray. @public */
export function takeStray(network: Network, index: number): [Stray, Network] {
  const stray = network.strays[index] as Stray;
  return [stray, { ...network, strays: network.strays.filter((_, at) => at !== index) }];
}

/** Break a connection; each queue lingers or is lost. Both ends will learn of it. @public */
export function breakConnection(network: Network, key: string, linger: readonly End[]): Network {
  const connection = network.connections[key] as Connection;
  return put(network, key, {
    ...connection,
    broken: true,
    untold: ['up', 'down'],
    toDown: linger.includes('down') ? connection.toDown : [],
    toUp: linger.includes('up') ? connection.toUp : [],
  });
}

/** An end has learnt of the break. @public */
export function told(network: Network, key: string, end: End): Network {
  const connection = network.connections[key] as Connection;
  return put(network, key, { ...connection, untold: connection.untold.filter((one) => one !== end) });
}

/** `from` closes its connection of this session: what it sent may still arrive, what comes to it is dropped. @public */
export function disconnect(network: Network, from: ProcessId, link: LinkName, session: SessionId): Network {
  const carrier = carrierOf(network, from, link, session);
  if (carrier === null) return network;
  const other: End = carrier.end === 'up' ? 'down' : 'up';
  const broken = breakConnection(network, carrier.key, [other]);
  return told(broken, carrier.key, carrier.end);
}

/**
 * A process is gone: its connections break, what it had sent lingers or is lost, what was sent to it is lost.
 * @public
 */
export function leave(network: Network, process: ProcessId, linger: boolean): Network {
  let after: Network = { ...network, strays: network.strays.filter((stray) => stray.to !== process) };
  for (const [key, connection] of Object.entries(network.connections)) {
    const end: End | null = connection.up === process ? 'up' : connection.down === process ? 'down' : null;
    if (end === null) continue;
    const other: End = end === 'up' ? 'down' : 'up';
    if (!connection.broken) after = breakConnection(after, key, linger ? [other] : []);
    else if (!linger) after = silence(after, key, other);
    const broken = after.connections[key];
    if (broken === undefined) continue;
    const untold = broken.untold.filter((one) => one !== end);
    const emptied = end === 'down' ? { ...broken, untold, toDown: [] } : { ...broken, untold, toUp: [] };
    after = put(after, key, emptied);
  }
  return after;
}

/** What is under way to an end is lost. */
function silence(network: Network, key: string, end: End): Network {
  const connection = network.connections[key] as Connection;
  return put(network, key, end === 'down' ? { ...connection, toDown: [] } : { ...connection, toUp: [] });
}

/** Everything broken is lost for good: no lingering message, no stray arrives any more. @public */
export function settle(network: Network): Network {
  let after: Network = { ...network, strays: [] };
  for (const [key, connection] of Object.entries(network.connections)) {
    if (connection.broken) after = put(after, key, { ...connection, toDown: [], toUp: [] });
  }
  return after;
}

/** Set a connection; one that nothing can come of any more is forgotten. */
function put(network: Network, key: string, connection: Connection): Network {
  const { toDown, toUp, broken, untold } = connection;
  if (broken && untold.length === 0 && toDown.length === 0 && toUp.length === 0) {
    const { [key]: _, ...rest } = network.connections;
    return { ...network, connections: rest };
  }
  return { ...network, connections: { ...network.connections, [key]: connection } };
}
