/** impl/controller/kubernetes/listwatch.ts: no event is lost, none comes twice or out of order, whatever the server does. */
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { Backoff } from '../../impl/controller/kubernetes/backoff.ts';
import { createKubernetesClient } from '../../impl/controller/kubernetes/client.ts';
import { KubernetesError } from '../../impl/controller/kubernetes/errors.ts';
import {
  type ListWatchEvent,
  type ListWatchOptions,
  startListWatch,
} from '../../impl/controller/kubernetes/listwatch.ts';
import type { KubernetesObject } from '../../impl/controller/kubernetes/types.ts';
import { createLineReader } from '../../impl/controller/kubernetes/watch-lines.ts';
import { type Asked, fact, json, startFakeServer, status } from './support/fake-server.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const PATH = '/api/v1/pods';
const pod = (name: string, version: number, uid = `uid-${name}`) => ({
  kind: 'Pod',
  apiVersion: 'v1',
  metadata: { namespace: 'a', name, uid, resourceVersion: String(version) },
});
type Item = ReturnType<typeof pod>;
const listOf = (version: number, items: readonly Item[]) => ({
  apiVersion: 'v1',
  kind: 'PodList',
  metadata: { resourceVersion: String(version) },
  items: items.map(({ metadata }) => ({ metadata })),
});
const line = (type: string, object: unknown): string => `${JSON.stringify({ type, object })}\n`;
const bookmark = (version: number) =>
  line('BOOKMARK', { kind: 'Pod', metadata: { resourceVersion: String(version) } });

/** The server's side: `lists` and `watches` answer the first, second … of each; the last one goes on answering. */
interface Script {
  readonly lists: ((response: ServerResponse, asked: Asked) => void)[];
  readonly watches: ((response: ServerResponse, asked: Asked) => void)[];
}

async function subscribe(script: Script, options: Partial<ListWatchOptions<KubernetesObject>> = {}) {
  const turn = (steps: Script['lists'], at: number) => steps[Math.min(at, steps.length - 1)]!;
  let lists = 0;
  const watched: Asked[] = [];
  const server = await startFakeServer((asked, response) => {
    if (!asked.url.searchParams.has('watch')) return turn(script.lists, lists++)(response, asked);
    watched.push(asked);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    turn(script.watches, watched.length - 1)(response, asked);
  });
  cleanups.push(() => server.close());
  const client = createKubernetesClient({ kubeconfig: server.kubeconfig });
  cleanups.push(() => client.close());
  const events: string[] = [];
  const waiting: { readonly text: string; readonly tell: () => void }[] = [];
  const note = (text: string) => {
    events.push(text);
    for (const one of waiting) if (one.text === text) one.tell();
  };
  const retries: unknown[] = [];
  const watch = startListWatch<KubernetesObject>({
    client,
    path: PATH,
    backoff: { baseMs: 1, maxMs: 5 },
    onRetry: (error) => retries.push(error),
    handle: (event) => note(textOf(event)),
    ...options,
  });
  cleanups.push(() => watch.stop());
  const until = async (text: string): Promise<void> => {
    if (events.includes(text)) return;
    const { done, tell } = fact();
    waiting.push({ text, tell: () => tell() });
    await done;
  };
  return { server, watch, events, watched, retries, note, until };
}

function textOf(event: ListWatchEvent<KubernetesObject>): string {
  if (event.type === 'synced') return `synced${event.again ? ' again' : ''} ${event.resourceVersion}`;
  return `${event.type} ${event.object.metadata.name}/${event.object.metadata.uid} ${event.resourceVersion}`;
}

const stays = () => undefined;

describe('a list-watch', () => {
  it('tells the list, then synced, then each change in order', async () => {
    const { events, until, watch } = await subscribe({
      lists: [(response) => json(response, 200, listOf(5, [pod('p', 3), pod('q', 4)]))],
      watches: [
        (response) =>
          void response.write(
            line('MODIFIED', pod('p', 6)) + line('ADDED', pod('r', 7)) + line('DELETED', pod('q', 8)),
          ),
      ],
    });
    await until('deleted q/uid-q 8');
    expect(events).toEqual([
      'added p/uid-p 3',
      'added q/uid-q 4',
      'synced 5',
      'modified p/uid-p 6',
      'added r/uid-r 7',
      'deleted q/uid-q 8',
    ]);
    await watch.synced;
    expect([...watch.objects.keys()]).toEqual(['a/p', 'a/r']);
    expect(watch.resourceVersion).toBe('8');
  });

  it('gives listed objects the kind and apiVersion that watched ones have', async () => {
    const { watch } = await subscribe({
      lists: [(response) => json(response, 200, listOf(5, [pod('p', 3)]))],
      watches: [stays],
    });
    await watch.synced;
    expect(watch.objects.get('a/p')).toEqual(pod('p', 3));
  });

  it('asks for bookmarks and goes on from the last one when the stream ends', async () => {
    const { watched, until } = await subscribe({
      lists: [(response) => json(response, 200, listOf(5, []))],
      watches: [
        (response) => void response.end(bookmark(40)),
        (response) => void response.write(line('ADDED', pod('p', 41))),
      ],
    });
    await until('added p/uid-p 41');
    expect(watched.map((asked) => asked.url.searchParams.get('resourceVersion'))).toEqual(['5', '40']);
    expect(watched[0]?.url.searchParams.get('allowWatchBookmarks')).toBe('true');
  });

  it('takes the same name under a new uid for one deleted and one added, in a watch and in a list', async () => {
    const { events, until } = await subscribe({
      lists: [
        (response) => json(response, 200, listOf(5, [pod('p', 3, 'one')])),
        (response) => json(response, 200, listOf(20, [pod('p', 15, 'three')])),
      ],
      watches: [
        (response) =>
          void response.end(
            line('MODIFIED', pod('p', 9, 'two')) + line('ERROR', status(410, 'Expired', 'too old')),
          ),
        stays,
      ],
    });
    await until('synced again 20');
    expect(events).toEqual([
      'added p/one 3',
      'synced 5',
      'deleted p/one 9',
      'added p/two 9',
      'deleted p/two 15',
      'added p/three 15',
      'synced again 20',
    ]);
  });

  it('tells at a new list what was deleted, changed and made unseen, and nothing of what is the same', async () => {
    const { events, until, watch } = await subscribe({
      lists: [
        (response) => json(response, 200, listOf(5, [pod('gone', 1), pod('same', 2), pod('changed', 3)])),
        (response) => json(response, 200, listOf(20, [pod('same', 2), pod('changed', 12), pod('new', 13)])),
      ],
      watches: [(response) => void response.end(line('ERROR', status(410, 'Expired', 'too old'))), stays],
    });
    await until('synced again 20');
    expect(events.slice(4)).toEqual([
      'deleted gone/uid-gone 20',
      'modified changed/uid-changed 12',
      'added new/uid-new 13',
      'synced again 20',
    ]);
    expect(watch.lists).toBe(2);
  });

  it('goes on from the same version when the stream carries an error that is not 410', async () => {
    const { watched, until, watch } = await subscribe({
      lists: [(response) => json(response, 200, listOf(5, []))],
      watches: [
        (response) =>
          void response.end(line('ADDED', pod('p', 6)) + line('ERROR', status(500, 'InternalError', 'etcd'))),
        (response) => void response.write(line('ADDED', pod('q', 7))),
      ],
    });
    await until('added q/uid-q 7');
    expect(watched.map((asked) => asked.url.searchParams.get('resourceVersion'))).toEqual(['5', '6']);
    expect(watch.lists).toBe(1);
  });

  it('goes on when the connection breaks, also in the middle of a line', async () => {
    const { until, events } = await subscribe({
      lists: [(response) => json(response, 200, listOf(5, []))],
      watches: [
        (response) => {
          response.write(line('ADDED', pod('p', 6)));
          response.write(line('ADDED', pod('q', 7)).slice(0, 30), () => response.destroy());
        },
        (response) => void response.write(line('ADDED', pod('q', 7))),
      ],
    });
    await until('added q/uid-q 7');
    expect(events).toEqual(['synced 5', 'added p/uid-p 6', 'added q/uid-q 7']);
  });

  it('takes a silent connection for dead', async () => {
    const { until, watched } = await subscribe(
      {
        lists: [(response) => json(response, 200, listOf(5, []))],
        watches: [stays, (response) => void response.write(line('ADDED', pod('p', 6)))],
      },
      { idleTimeoutMs: 50 },
    );
    await until('added p/uid-p 6');
    expect(watched.length).toBeGreaterThanOrEqual(2);
  });

  it('outlives 429, 500 and a refused connection at the start', async () => {
    const { until, retries } = await subscribe({
      lists: [
        (response) => json(response, 429, status(429, 'TooManyRequests', 'later')),
        (response) => json(response, 500, status(500, 'InternalError', 'etcd')),
        (response) => void response.destroy(),
        (response) => json(response, 200, listOf(5, [])),
      ],
      watches: [stays],
    });
    await until('synced 5');
    expect(retries.map((error) => (error as KubernetesError).status).slice(0, 2)).toEqual([429, 500]);
  });

  it('outlives a watch that is answered 429, and lists again when it is answered 410', async () => {
    const codes = [429, 410];
    const { server, until } = await subscribe({
      lists: [(response) => json(response, 200, listOf(5, []))],
      watches: [stays],
    });
    await until('synced 5');
    const usual = server.answer;
    server.answer = (asked, response) => {
      const code = asked.url.searchParams.has('watch') ? codes.shift() : undefined;
      return code === undefined ? usual(asked, response) : json(response, code, status(code, '', 'no'));
    };
    server.breakConnections();
    await until('synced again 5');
    expect(codes).toEqual([]);
  });

  it('gives an event again to a handler that threw or rejected, before any other', async () => {
    const seen: string[] = [];
    const all = fact();
    let failures = 3;
    await subscribe(
      {
        lists: [(response) => json(response, 200, listOf(5, [pod('p', 3), pod('q', 4)]))],
        watches: [(response) => void response.write(line('DELETED', pod('p', 6)))],
      },
      {
        handle: (event) => {
          seen.push(textOf(event));
          if (event.type === 'added' && event.object.metadata.name === 'p' && failures-- > 0) {
            if (failures % 2 === 0) throw new Error('not now');
            return Promise.reject(new Error('not now'));
          }
          if (event.type === 'deleted') all.tell();
          return undefined;
        },
      },
    );
    await all.done;
    expect(seen).toEqual([
      ...Array<string>(4).fill('added p/uid-p 3'),
      'added q/uid-q 4',
      'synced 5',
      'deleted p/uid-p 6',
    ]);
  });

  it('says since when its view may lag: before the first list, and while events wait', async () => {
    const free = fact();
    const entered = fact();
    const { watch, until, note } = await subscribe(
      {
        lists: [(response) => json(response, 200, listOf(5, []))],
        watches: [(response) => void response.write(line('ADDED', pod('p', 6)))],
      },
      {
        handle: async (event) => {
          if (event.type === 'added') {
            entered.tell();
            await free.done;
          }
          note(textOf(event));
        },
      },
    );
    expect(watch.staleSince).toBeTypeOf('number');
    await entered.done;
    expect(watch.staleSince).toBeTypeOf('number');
    free.tell();
    await until('added p/uid-p 6');
    await new Promise((resolve) => setImmediate(resolve));
    expect(watch.staleSince).toBeUndefined();
  });

  it('keeps only what the projection keeps', async () => {
    const { watch } = await subscribe(
      { lists: [(response) => json(response, 200, listOf(5, [pod('p', 3)]))], watches: [stays] },
      {
        project: ({ apiVersion, kind, metadata }) => ({
          apiVersion,
          kind,
          metadata: { ...metadata, annotations: { kept: 'yes' } },
        }),
      },
    );
    await watch.synced;
    expect(watch.objects.get('a/p')?.metadata.annotations).toEqual({ kept: 'yes' });
  });

  it('stops at once while it waits, watches or lists', async () => {
    const { watch } = await subscribe({ lists: [stays], watches: [stays] });
    await watch.stop();
    expect(watch.objects.size).toBe(0);
  });
});

describe('a line reader', () => {
  it('gives the same values however the bytes are cut', () => {
    const bytes = Buffer.from('{"a":"é"}\n\n{"b":"€𝄞"}\n{"c":1}\n');
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      for (let second = cut; second <= bytes.length; second += 1) {
        const values: unknown[] = [];
        const read = createLineReader<unknown>((some) => values.push(...some));
        for (const piece of [bytes.subarray(0, cut), bytes.subarray(cut, second), bytes.subarray(second)])
          read(piece);
        expect(values).toEqual([{ a: 'é' }, { b: '€𝄞' }, { c: 1 }]);
      }
    }
  });
});

describe('a backoff', () => {
  it('grows from its base to its maximum, with jitter below each step', () => {
    const low = new Backoff({ baseMs: 10, maxMs: 60, random: () => 0 });
    expect([1, 2, 3, 4, 5].map(() => low.next())).toEqual([5, 10, 20, 30, 30]);
    const high = new Backoff({ baseMs: 10, maxMs: 60, random: () => 1 });
    expect([1, 2, 3, 4, 5].map(() => high.next())).toEqual([10, 20, 40, 60, 60]);
    high.reset();
    expect(high.next()).toBe(10);
  });

  it('never waits less than Retry-After says', () => {
    const error = new KubernetesError({
      status: 429,
      reason: '',
      message: '',
      ambiguous: false,
      retryAfterSeconds: 2,
    });
    expect(new Backoff({ baseMs: 10, maxMs: 60, random: () => 0 }).next(error)).toBe(2000);
  });
});
