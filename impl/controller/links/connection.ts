/**
 * One end of one connection: frames over one gRPC stream, the same for the end that dials and the end that serves.
 *
 * It keeps order, gathers what is sent in one turn of the event loop into as few frames as the limit allows, tells how much is
 * waiting, and checks what a machine need not: that a frame can be decoded, that its messages flow this way, and that a
 * `Hello` names the peer that was authenticated. The first violation breaks the connection with a named error; of a
 * frame that is refused nothing is delivered. Sessions, incarnations and answers are the machines'.
 */
import type { ErrorCode } from '../../../spec/errors.ts';
import { KubedirectError } from '../../../spec/errors.ts';
import { DIRECTIONS, type Message } from '../../../spec/messages.ts';
import type { PeerName } from '../../../spec/vocabulary.ts';
import { decodeFrame, FIRST_SCHEMA, FrameWriter, MAX_FRAME_BYTES, SCHEMA } from '../../../spec/wire/codec.ts';

/** What a connection tells its host. An exception thrown by one of these is not caught. @public */
export interface LinkEvents {
  /** The peer is connected and authenticated: messages can flow. At most once, before all messages. */
  opened(): void;
  /** The next message. */
  message(message: Message): void;
  /** Nothing more will come. Exactly once, also after an own `close`; never from within a call of the host. */
  broken(reason: string, code: ErrorCode): void;
  /** What was waiting to be sent has fallen from above `highWaterBytes` to below half of it. */
  drained?(): void;
}

/** Counts since the connection was made; bytes are those of frames. @public */
export interface LinkStats {
  messagesIn: number;
  messagesOut: number;
  framesIn: number;
  framesOut: number;
  bytesIn: number;
  bytesOut: number;
}

/** Of a connection that was just made. @internal */
export function freshStats(): LinkStats {
  return { messagesIn: 0, messagesOut: 0, framesIn: 0, framesOut: 0, bytesIn: 0, bytesOut: 0 };
}

/** One end of a connection. @public */
export interface LinkConnection {
  /** Name of the peer: as dialled, or as its certificate says. */
  readonly peer: PeerName;
  /**
   * Queues a message; order is kept. Ignored once the connection is broken or closed. A message that no frame can
   * hold breaks the connection by `MESSAGE_TOO_LARGE`, one that an older peer does not know by `MESSAGE_TOO_NEW`.
   */
  send(message: Message): void;
  /** Bytes of frames that are not yet in the hands of the operating system. */
  readonly bufferedBytes: number;
  /** True from `highWaterBytes` on until `drained`: what is sent makes the queue longer, and a peer that takes nothing is given up. */
  readonly saturated: boolean;
  /** Stops delivering messages, so that the peer's queue grows instead of ours. */
  pause(): void;
  /** Goes on delivering. */
  resume(): void;
  /** Sends what is queued, then ends the connection. `broken` follows, with code `LINK_CLOSED`. */
  close(reason: string): void;
  readonly stats: Readonly<LinkStats>;
}

/** What both ends may set. @public */
export interface ConnectionOptions {
  /** Largest frame accepted and sent, in bytes (default 4 MiB). The same at both ends. */
  readonly maxFrameBytes?: number;
  /** Waiting bytes from which on the connection says that it is saturated (default 1 MiB). */
  readonly highWaterBytes?: number;
  /** Time that a saturated connection may go without one frame getting out; then it is broken by `LINK_SATURATED` (default 10,000 ms). */
  readonly stallMs?: number;
  /** Waiting bytes at which it is broken by `LINK_SATURATED` however fast they get out (default 128 MiB). */
  readonly maxQueueBytes?: number;
  /** Schema of the messages that it speaks (default: the newest), to rehearse an upgrade with. */
  readonly schema?: number | undefined;
}

/** The part of a gRPC stream that is used. @internal */
export interface FrameStream {
  on(event: 'data', listener: (frame: Uint8Array) => void): unknown;
  /** `written` is called once the frame has left this process, or never will. */
  write(frame: Buffer, written: () => void): boolean;
  pause(): unknown;
  resume(): unknown;
}

/** What the dialling and the serving end do differently. @internal */
export interface ConnectionSide {
  readonly peer: PeerName;
  readonly stream: FrameStream;
  /** Which way the messages flow that come in here. */
  readonly incoming: 'up' | 'down';
  /** Ends the stream: in good order, or with an error for the peer. Called once. */
  finish(error: KubedirectError): void;
}

const NO_ROOM: readonly ErrorCode[] = ['MESSAGE_TOO_LARGE', 'MESSAGE_TOO_NEW'];

type Phase = 'connecting' | 'open' | 'broken';
const HIGH_WATER_BYTES = 1024 * 1024;
const STALL_MS = 10_000;
/** Above what a `State` with a million Pods takes. */
const MAX_QUEUE_BYTES = 128 * 1024 * 1024;

/** @internal */
export class StreamConnection implements LinkConnection {
  readonly peer: PeerName;
  readonly stats = freshStats();
  readonly #side: ConnectionSide;
  readonly #schema: number;
  readonly #maxFrameBytes: number;
  readonly #highWaterBytes: number;
  readonly #stallMs: number;
  readonly #maxQueueBytes: number;
  readonly #frame: FrameWriter;
  #events: LinkEvents | null = null;
  #phase: Phase = 'connecting';
  #flushPlanned = false;
  #unsentBytes = 0;
  #saturated = false;
  /** Runs while saturated, anew from each frame that gets out. */
  #stall: NodeJS.Timeout | null = null;

  constructor(side: ConnectionSide, options: ConnectionOptions) {
    this.#side = side;
    this.peer = side.peer;
    this.#maxFrameBytes = options.maxFrameBytes ?? MAX_FRAME_BYTES;
    this.#highWaterBytes = options.highWaterBytes ?? HIGH_WATER_BYTES;
    this.#stallMs = options.stallMs ?? STALL_MS;
    this.#maxQueueBytes = options.maxQueueBytes ?? MAX_QUEUE_BYTES;
    this.#frame = new FrameWriter(this.#maxFrameBytes);
    this.#schema = options.schema ?? SCHEMA;
    this.#frame.schema = FIRST_SCHEMA;
  }

  /** Starts to deliver events; nothing comes before. */
  attach(events: LinkEvents): void {
    this.#events = events;
    this.#side.stream.on('data', (frame: Uint8Array) => this.#receive(frame));
  }

  /** The peer speaks this schema; nothing is said to it beyond the first until it is known. */
  speaks(schema: number): void {
    this.#frame.schema = Math.min(schema, this.#schema);
  }

  /** The peer is there. */
  open(): void {
    if (this.#phase !== 'connecting') return;
    this.#phase = 'open';
    this.#events?.opened();
  }

  get isOpen(): boolean {
    return this.#phase === 'open';
  }

  get isBroken(): boolean {
    return this.#phase === 'broken';
  }

  get bufferedBytes(): number {
    return this.#unsentBytes + this.#frame.bytes;
  }

  get saturated(): boolean {
    return this.#saturated;
  }

  send(message: Message): void {
    if (this.#phase === 'broken') return;
    try {
      if (!this.#frame.add(message)) {
        this.#write();
        this.#frame.add(message);
      }
    } catch (error) {
      if (!(error instanceof KubedirectError) || !NO_ROOM.includes(error.code)) throw error;
      this.break(error);
      return;
    }
    this.stats.messagesOut++;
    if (this.bufferedBytes >= this.#highWaterBytes) this.#saturate();
    if (this.isBroken || this.#flushPlanned) return;
    this.#flushPlanned = true;
    setImmediate(() => {
      this.#flushPlanned = false;
      if (this.#phase !== 'broken') this.#write();
    });
  }

  pause(): void {
    this.#side.stream.pause();
  }

  resume(): void {
    this.#side.stream.resume();
  }

  close(reason: string): void {
    this.break(new KubedirectError('LINK_CLOSED', reason));
  }

  /** Ends the connection from this side, telling the peer why if it did wrong; the host hears of it once. */
  break(error: KubedirectError): void {
    if (this.#phase === 'broken') return;
    if (error.code !== 'LINK_SATURATED') this.#write();
    this.lost(error);
    this.#side.finish(error);
    // A stream that nobody reads does not end.
    this.#side.stream.resume();
  }

  /** The stream has ended by itself. */
  lost(error: KubedirectError): void {
    if (this.#phase === 'broken') return;
    this.#phase = 'broken';
    this.#endStall();
    setImmediate(() => this.#events?.broken(error.message, error.code));
  }

  #saturate(): void {
    if (this.bufferedBytes >= this.#maxQueueBytes)
      return this.#giveUp(`at most ${this.#maxQueueBytes} bytes to wait, got ${this.bufferedBytes}`);
    if (this.#saturated) return;
    this.#saturated = true;
    this.#stall = setTimeout(
      () => this.#giveUp(`a frame to get out within ${this.#stallMs} ms, got none`),
      this.#stallMs,
    ).unref();
  }

  #giveUp(expectation: string): void {
    const text = `${this.peer} does not take what is sent to it: expected ${expectation}; ${this.bufferedBytes} bytes were waiting`;
    this.break(new KubedirectError('LINK_SATURATED', text));
  }

  #endStall(): void {
    if (this.#stall !== null) clearTimeout(this.#stall);
    this.#stall = null;
  }

  #write(): void {
    if (this.#frame.bytes === 0) return;
    const bytes = this.#frame.take(Buffer.allocUnsafe);
    this.#unsentBytes += bytes.length;
    this.stats.framesOut++;
    this.stats.bytesOut += bytes.length;
    this.#side.stream.write(bytes, () => {
      this.#unsentBytes -= bytes.length;
      this.#stall?.refresh();
      this.#tellDrained();
    });
  }

  #tellDrained(): void {
    if (!this.#saturated || this.bufferedBytes >= this.#highWaterBytes / 2) return;
    this.#saturated = false;
    this.#endStall();
    if (this.#phase === 'open') this.#events?.drained?.();
  }

  #receive(frame: Uint8Array): void {
    if (this.#phase === 'broken') return;
    this.open();
    let messages: readonly Message[];
    try {
      messages = decodeFrame(frame, this.#maxFrameBytes);
      for (const message of messages) this.#check(message);
    } catch (error) {
      if (!(error instanceof KubedirectError)) throw error;
      this.break(error);
      return;
    }
    this.stats.framesIn++;
    this.stats.bytesIn += frame.length;
    for (const message of messages) {
      if (this.isBroken) return;
      this.stats.messagesIn++;
      this.#events?.message(message);
    }
  }

  #check(message: Message): void {
    const { incoming } = this.#side;
    const direction = DIRECTIONS[message.kind];
    if (direction !== 'both' && direction !== incoming) {
      throw new KubedirectError(
        'MESSAGE_WRONG_DIRECTION',
        `${this.peer} sent a message of the wrong direction: expected one that flows ${incoming}, got ${message.kind}`,
      );
    }
    if (message.kind === 'Hello' && message.role !== this.peer) {
      throw new KubedirectError(
        'PEER_WRONG_ROLE',
        `a Hello has another role than its sender: expected ${this.peer}, got ${message.role}`,
      );
    }
  }
}
