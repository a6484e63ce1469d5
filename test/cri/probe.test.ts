/** A container is asked how it is: by a request, a connection, a command. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, type Reach } from '../../impl/cri/probe.ts';

describe('a probe', () => {
  let server: http.Server;
  let reach: Reach;
  let port = 0;

  beforeAll(async () => {
    server = http.createServer(({ url }, answer) => {
      if (url === '/late') return;
      answer.statusCode = url === '/sick' ? 500 : url === '/elsewhere' ? 302 : 200;
      answer.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ({ port } = server.address() as AddressInfo);
    const container = { name: 'c', image: 'i', ports: [{ name: 'web', containerPort: port }] };
    const execute: Reach['execute'] = async ([command]) => {
      if (command === 'throw') throw new Error('no such container');
      return command === 'true' ? 0 : 1;
    };
    reach = { address: '127.0.0.1', container, execute };
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it.each([
    ['/', true],
    ['/elsewhere', true],
    ['/sick', false],
    ['/late', false],
  ])('by a request for %s: %s', async (path, ok) => {
    expect(await ask({ httpGet: { path, port } }, reach, 0.3)).toBe(ok);
    expect(await ask({ httpGet: { path, port: 'web' } }, reach, 0.3)).toBe(ok);
  });

  it('by a connection', async () => {
    expect(await ask({ tcpSocket: { port } }, reach, 1)).toBe(true);
    expect(await ask({ tcpSocket: { port: 1 } }, reach, 1)).toBe(false);
  });

  it('by a command; one that can not be run is no good answer', async () => {
    const by = (command: string) => ask({ exec: { command: [command] } }, reach, 1);
    expect([await by('true'), await by('false'), await by('throw')]).toEqual([true, false, false]);
  });
});
