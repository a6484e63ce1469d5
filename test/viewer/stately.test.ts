/** A film in Stately's inspector: what its bridge passes on. */
import net from 'node:net';
import path from 'node:path';
import { createInspectorServer } from '@statelyai/inspect/server';
import { describe, expect, it } from 'vitest';
import { createMachine } from 'xstate';
import { filmOfFile } from '../../impl/viewer/source.ts';
import { playToStately } from '../../impl/viewer/stately.ts';

const REPLAY = path.join(import.meta.dirname, '../../docs/replay/terminated-before-stop.json');

interface Said {
  readonly type: string;
  readonly sessionId: string;
  readonly parentId?: string;
  readonly definition?: string;
  readonly snapshot?: { readonly value: unknown };
}

async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe("Stately's inspector", () => {
  it('is told of every stage as a machine that XState takes, of each step and the state it led to', async () => {
    const port = await freePort();
    const server = createInspectorServer({ port, autoOpen: false });
    try {
      const page = new WebSocket(`ws://localhost:${port}`);
      const all: Said[] = [];
      page.addEventListener('message', ({ data }) => all.push(JSON.parse(String(data)) as Said));
      await new Promise((resolve) => page.addEventListener('open', resolve));
      const film = filmOfFile(REPLAY);
      const count = await playToStately(film, `ws://localhost:${port}`);
      await expect.poll(() => all.length).toBe(count);
      page.close();
      const actors = all.filter(({ type }) => type === '@xstate.actor');
      const roots = actors.filter(({ parentId }) => parentId === undefined);
      expect(new Set(roots.map(({ sessionId }) => sessionId.split('~')[0]))).toEqual(new Set(film.lanes));
      for (const { definition } of actors)
        expect(createMachine(JSON.parse(definition as string)).id).toMatch(/\w/);
      const scheduler = roots.find(({ sessionId }) => sessionId.startsWith('scheduler'));
      const states = all.filter(({ sessionId }) => sessionId === scheduler?.sessionId);
      expect(states.flatMap(({ snapshot }) => (snapshot === undefined ? [] : [snapshot.value]))).toEqual(
        expect.arrayContaining([{ leading: 'serving' }]),
      );
      expect(actors.some(({ parentId }) => parentId === scheduler?.sessionId)).toBe(true);
    } finally {
      server.stop();
    }
  });

  it('is asked for by name where nobody answers', async () => {
    const port = await freePort();
    await expect(playToStately(filmOfFile(REPLAY), `ws://localhost:${port}`)).rejects.toThrow(
      /INSPECTOR_UNREACHABLE|expected the bridge/,
    );
  });
});
