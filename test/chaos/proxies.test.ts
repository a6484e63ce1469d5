/** What stands between real processes in a chaos run does what its faults say, and nothing else. */
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ApiProxy } from '../../impl/chaos/apiProxy.ts';
import { drawChaos } from '../../impl/chaos/plan.ts';
import { TcpProxy } from '../../impl/chaos/tcpProxy.ts';
import { STAGE_ADDRESS_ANNOTATION } from '../../impl/controller/names.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});
const addressOf = (server: net.Server) => `127.0.0.1:${(server.address() as AddressInfo).port}`;
const listening = <S extends net.Server>(server: S) =>
  new Promise<S>((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));

describe('a link', () => {
  async function echo() {
    const server = await listening(
      net.createServer((socket) => void socket.on('error', () => {}).pipe(socket)),
    );
    const proxy = await TcpProxy.start(addressOf(server), '/nodes/n');
    closing.push(() => {
      proxy.close();
      server.close();
    });
    const socket = net.connect(Number(proxy.address.split(':')[1]), '127.0.0.1').on('error', () => {});
    closing.push(() => socket.destroy());
    const said = (text: string) =>
      new Promise<string>((resolve) => {
        socket.once('data', (data) => resolve(String(data)));
        socket.once('close', () => resolve('closed'));
        setTimeout(() => resolve('nothing'), 150);
        socket.write(text);
      });
    expect(await said('a')).toBe('a');
    return { proxy, said };
  }

  it('carries all, until it is cut', async () => {
    const { proxy, said } = await echo();
    proxy.cut();
    expect(await said('b')).toBe('closed');
  });

  it.each(['up', 'down', 'both'] as const)(
    'that is half-open (%s) carries nothing more, and nobody is told',
    async (way) => {
      const { proxy, said } = await echo();
      proxy.halve(way);
      expect(await said('b')).toBe('nothing');
    },
  );

  it('that refuses lets nobody through until it is taken back', async () => {
    const { proxy, said } = await echo();
    proxy.refuse(true);
    expect(await said('b')).toBe('closed');
    proxy.refuse(false);
    expect(await (await echo()).said('c')).toBe('c');
  });
});

describe('the API Server as a process sees it', () => {
  async function behind(answer: string) {
    let asked = 0;
    const server = await listening(
      http.createServer((request, response) => {
        asked += 1;
        request.resume();
        response.writeHead(200, { 'content-type': 'application/json' });
        if (request.url?.includes('watch=true')) response.write('{}\n');
        else response.end(answer);
      }),
    );
    const proxy = await ApiProxy.start(`http://${addressOf(server)}`, '', () => 0);
    closing.push(() => {
      proxy.close();
      server.closeAllConnections();
      server.close();
    });
    return { proxy, asked: () => asked };
  }

  it('tells addresses that lead through a link of its own, the same each time', async () => {
    const { proxy } = await behind(`{"${STAGE_ADDRESS_ANNOTATION}":"127.0.0.1:1"}`);
    const first = await (await fetch(`${proxy.url}/leases/a`)).text();
    expect(first).not.toContain('127.0.0.1:1"');
    expect(await (await fetch(`${proxy.url}/leases/a`)).text()).toBe(first);
    expect([...proxy.links].map(({ owner }) => owner)).toEqual(['/leases/a']);
  });

  it.each([
    ['busy', 429],
    ['failing', 500],
    ['conflict', 409],
  ] as const)('that is %s answers %i without asking', async (how, status) => {
    const { proxy, asked } = await behind('{}');
    const mend = proxy.misbehave({ how, chance: 0.5 });
    expect((await fetch(proxy.url)).status).toBe(status);
    mend();
    expect((await fetch(proxy.url)).status).toBe(200);
    expect(asked()).toBe(1);
  });

  it('that loses replies has done what was asked', async () => {
    const { proxy, asked } = await behind('{}');
    proxy.misbehave({ how: 'replyLost', chance: 1 });
    await expect(fetch(proxy.url)).rejects.toThrow();
    expect(asked()).toBeGreaterThan(0);
  });

  it('whose watches stall tells nothing, and all of it afterwards', async () => {
    const watches = new Set<http.ServerResponse>();
    const server = await listening(
      http.createServer((_, response) => {
        watches.add(response.writeHead(200));
        response.write('a');
      }),
    );
    const proxy = await ApiProxy.start(`http://${addressOf(server)}`, '', () => 0);
    closing.push(() => {
      proxy.close();
      server.closeAllConnections();
      server.close();
    });
    const { body } = await fetch(`${proxy.url}/pods?watch=true`);
    const reader = (body as ReadableStream<Uint8Array>).getReader();
    const next = async () => Buffer.from((await reader.read()).value ?? []).toString();
    expect(await next()).toBe('a');
    const mend = proxy.stallWatches();
    for (const watch of watches) watch.write('b');
    const arrived = next();
    const first = await Promise.race([
      arrived,
      new Promise((resolve) => setTimeout(resolve, 150, 'nothing')),
    ]);
    expect(first).toBe('nothing');
    mend();
    expect(await arrived).toBe('b');
    await reader.cancel();
  });

  it('whose watches are lost ends them, and answers 410 once for each', async () => {
    const { proxy } = await behind('{}');
    const watch = await fetch(`${proxy.url}/pods?watch=true`);
    proxy.loseWatches();
    await expect(watch.text()).rejects.toThrow();
    expect((await fetch(`${proxy.url}/pods?watch=true`)).status).toBe(410);
    const again = await fetch(`${proxy.url}/pods?watch=true`);
    expect(again.status).toBe(200);
    await again.body?.cancel();
  });
});

describe('a plan for real processes', () => {
  it('follows from its seed, and fits into its time', () => {
    const envelope = { nodes: 5, pods: 20, milliseconds: 10_000 };
    const plan = drawChaos(7, envelope);
    expect(drawChaos(7, envelope)).toEqual(plan);
    for (const { at } of [...plan.faults, ...plan.acts]) expect(at).toBeLessThanOrEqual(10_000);
  });
});
