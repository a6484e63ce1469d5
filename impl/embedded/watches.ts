/**
 * Open watch streams. A change is written once as text for each form, and handed to every stream that shows it.
 */
import type { ServerResponse } from 'node:http';
import type { Status, WatchEvent } from '../../machines/environment/apiserver/types.ts';
import { type OpenWatch, project, type WatchLine } from '../../machines/environment/apiserver/watch.ts';
import type { Form } from './accept.ts';
import { objectText } from './serialize.ts';
import { metadataText } from './tables/metadata.ts';
import { tableText } from './tables/table.ts';

/** Bytes that a slow client may leave unread before its stream is ended. */
const BACKLOG_LIMIT = 64 * 1024 * 1024;
/** How often a stream that asked for bookmarks gets one. */
const BOOKMARK_MS = 10_000;
/** A stream's life if its client names none. */
const LIFE_MS = 45 * 60_000;

interface Stream {
  readonly watch: OpenWatch;
  readonly form: Form;
  readonly response: ServerResponse;
  readonly bookmarks: boolean;
  readonly count: (bytes: number) => void;
  /** Revision of the last bookmark. */
  told: number;
}

/** What a new stream needs. @internal */
export interface StreamOptions {
  readonly form: Form;
  readonly bookmarks: boolean;
  readonly timeoutSeconds?: number;
  /** Told of every write's length. */
  readonly count: (bytes: number) => void;
}

function lineText(stream: Stream, line: WatchLine): string {
  const { definition, apiVersion } = stream.watch;
  if (stream.form === 'table') return tableText(definition, [line.object], {});
  if (stream.form === 'metadata') return metadataText(line.object);
  return objectText(definition, apiVersion, line.object);
}

/** All open streams, by the storage name of their resource. @internal */
export class Watches {
  readonly #streams = new Map<string, Set<Stream>>();
  readonly #texts = new WeakMap<object, Map<string, string>>();
  readonly #revision: () => number;
  readonly #timer: NodeJS.Timeout;

  /** @param revision - the server's current revision, for bookmarks */
  constructor(revision: () => number) {
    this.#revision = revision;
    this.#timer = setInterval(() => this.#bookmarkAll(), BOOKMARK_MS);
    this.#timer.unref();
  }

  /** The line's text, made once for all streams of one form and version. */
  #text(stream: Stream, line: WatchLine): string {
    const kind = `${line.type} ${stream.form} ${stream.watch.apiVersion}`;
    let texts = this.#texts.get(line.object);
    if (texts === undefined) {
      texts = new Map();
      this.#texts.set(line.object, texts);
    }
    let text = texts.get(kind);
    if (text === undefined) {
      text = `{"type":"${line.type}","object":${lineText(stream, line)}}\n`;
      texts.set(kind, text);
    }
    return text;
  }

  #write(stream: Stream, text: string): void {
    stream.count(Buffer.byteLength(text));
    stream.response.write(text);
    if (stream.response.writableLength > BACKLOG_LIMIT) stream.response.destroy();
  }

  #bookmark(stream: Stream, annotations?: Record<string, string>): void {
    stream.told = this.#revision();
    const metadata = {
      resourceVersion: String(stream.told),
      creationTimestamp: null,
      ...(annotations === undefined ? {} : { annotations }),
    };
    const { definition, apiVersion } = stream.watch;
    const object = { kind: definition.kind, apiVersion, metadata };
    this.#write(stream, `${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
  }

  #bookmarkAll(): void {
    const revision = this.#revision();
    for (const streams of this.#streams.values()) {
      for (const stream of streams) if (stream.bookmarks && stream.told < revision) this.#bookmark(stream);
    }
  }

  /** Begins a stream: headers, what there is, then every change. */
  open(watch: OpenWatch, response: ServerResponse, options: StreamOptions): void {
    const { form, bookmarks, count } = options;
    const stream: Stream = { watch, form, response, bookmarks, count, told: 0 };
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
    response.flushHeaders();
    const initial = watch.initial.map((line) => this.#text(stream, line)).join('');
    if (initial !== '') this.#write(stream, initial);
    if (watch.bookmarkInitial) this.#bookmark(stream, { 'k8s.io/initial-events-end': 'true' });
    const { storage } = watch.definition;
    const streams = this.#streams.get(storage) ?? new Set();
    this.#streams.set(storage, streams.add(stream));
    const life = options.timeoutSeconds === undefined ? LIFE_MS : options.timeoutSeconds * 1000;
    const end = setTimeout(() => response.end(), Math.min(life, 2 ** 31 - 1));
    response.on('close', () => {
      clearTimeout(end);
      streams.delete(stream);
    });
  }

  /** A stream that ends with an error, as a watch from a revision that is gone does. */
  refuse(status: Status, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(`${JSON.stringify({ type: 'ERROR', object: status })}\n`);
  }

  /** Hands changes to every stream that shows them; one write a stream. */
  publish(events: readonly WatchEvent[]): void {
    const texts = new Map<Stream, string[]>();
    for (const event of events) {
      for (const stream of this.#streams.get(event.resource) ?? []) {
        const line = project(stream.watch, event);
        if (line === undefined) continue;
        const own = texts.get(stream);
        if (own === undefined) texts.set(stream, [this.#text(stream, line)]);
        else own.push(this.#text(stream, line));
      }
    }
    for (const [stream, own] of texts) this.#write(stream, own.length === 1 ? (own[0] ?? '') : own.join(''));
  }

  /** How many streams are open. */
  get size(): number {
    return [...this.#streams.values()].reduce((sum, streams) => sum + streams.size, 0);
  }

  /** Ends all. */
  stop(): void {
    clearInterval(this.#timer);
    for (const streams of this.#streams.values()) for (const stream of streams) stream.response.end();
  }
}
