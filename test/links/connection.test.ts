import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { type LinkConnection, serve } from '../../impl/controller/links/index.ts';
import type { Message } from '../../spec/messages.ts';
import { large, largeUp, Started, TcpProxy, terminate, terminated, Witness } from './support/peers.ts';

const started = new Started();
afterEach(() => started.end());

const END = fileURLToPath(new URL('./support/process.ts', import.meta.url));

/** The other end in a process of its own; resolves with its first report. */
async function spawnEnd(...args: string[]) {
  const child = fork(END, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const exited = once(child, 'exit');
  started.add(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  return {
    child,
    report: async () => (await once(child, 'message'))[0] as { address: string; told: string },
  };
}

describe('messages arrive in the order in which they were sent, each once', () => {
  it('both ways at the same time, over many turns', async () => {
    const { up, down, upstream, downstream } = await started.pair();
    const total = 3_000;
    for (let i = 0; i < total; i++) {
      upstream.send(terminate(i));
      downstream.send(terminated(i));
      if (i % 7 === 0) await new Promise(setImmediate);
    }
    await Promise.all([down.until('message', total), up.until('message', total)]);
    expect(down.messages).toEqual(Array.from({ length: total }, (_, i) => terminate(i)));
    expect(up.messages).toEqual(Array.from({ length: total }, (_, i) => terminated(i)));
  });

  it('and those of one turn of the event loop travel in one frame', async () => {
    const { down, upstream, downstream } = await started.pair();
    for (let i = 0; i < 500; i++) upstream.send(terminate(i));
    await down.until('message', 500);
    expect(upstream.stats).toMatchObject({ messagesOut: 500, framesOut: 1 });
    expect(downstream.stats).toMatchObject({
      messagesIn: 500,
      framesIn: 1,
      bytesIn: upstream.stats.bytesOut,
    });
  });

  it('and in several frames if one can not hold them', async () => {
    const limits = { maxFrameBytes: 1_000 };
    const { down, upstream } = await started.pair({ up: limits, down: limits });
    for (let i = 0; i < 500; i++) upstream.send(terminate(i));
    await down.until('message', 500);
    expect(down.messages).toEqual(Array.from({ length: 500 }, (_, i) => terminate(i)));
    expect(upstream.stats.framesOut).toBeGreaterThan(10);
  });

  it('a Rejected either way: of a Hello upwards, of an Offer downwards, and the link stays whole', async () => {
    const rejected: Message = {
      kind: 'Rejected',
      session: { upstream: 5, downstream: 7, n: 1 },
      fence: { incarnation: 6, n: 2 },
      reason: 'notTheLeader',
    };
    const { up, down, upstream, downstream } = await started.pair();
    upstream.send(rejected);
    downstream.send(rejected);
    await Promise.all([down.until('message'), up.until('message')]);
    expect([down.messages, up.messages]).toEqual([[rejected], [rejected]]);
    expect([down.log, up.log].flat()).not.toContain('broken');
  });

  it('and those sent before the peer has answered wait for it', async () => {
    const { server, down } = await started.serve();
    const { upstream } = started.dial(server.address);
    upstream.send(terminate(1));
    await down.until('message');
    expect(down.log).toEqual(['opened', 'message']);
  });
});

describe('broken is told exactly once, to each end, and nothing after it', () => {
  it('when an upstream closes: what it had sent arrives first', async () => {
    const { up, down, upstream } = await started.pair();
    for (let i = 0; i < 100; i++) upstream.send(terminate(i));
    upstream.close('done');
    upstream.close('again');
    upstream.send(terminate(100));
    await Promise.all([up.until('broken'), down.until('broken')]);
    expect([up.code, down.code]).toEqual(['LINK_CLOSED', 'LINK_CLOSED']);
    expect(up.reasons[0]!.reason).toBe('done');
    expect(down.messages).toHaveLength(100);
    expect(down.log.at(-1)).toBe('broken');
  });

  it('when a downstream closes: what it had sent arrives first', async () => {
    const { up, down, downstream } = await started.pair();
    for (let i = 0; i < 100; i++) downstream.send(terminated(i));
    downstream.close('done');
    await Promise.all([up.until('broken'), down.until('broken')]);
    expect([up.code, down.code]).toEqual(['LINK_CLOSED', 'LINK_CLOSED']);
    expect(up.messages).toHaveLength(100);
    expect(up.reasons[0]!.reason).toContain('done');
  });

  it('when a host closes while it is being told a message', async () => {
    const { up, down, upstream, downstream } = await started.pair();
    down.onMessage = () => downstream.close('enough');
    for (let i = 0; i < 10; i++) upstream.send(terminate(i));
    await Promise.all([up.until('broken'), down.until('broken')]);
    expect(down.log).toEqual(['opened', 'message', 'broken']);
  });

  it('when the server stops', async () => {
    const { up, down, server } = await started.pair();
    await server.close();
    await Promise.all([up.until('broken'), down.until('broken')]);
    expect([up.code, down.code]).toEqual(['LINK_CLOSED', 'LINK_CLOSED']);
  });

  it('when the connection is cut', async () => {
    const proxies: TcpProxy[] = [];
    const { up, down } = await started.pair({
      async via(address) {
        proxies.push(new TcpProxy(address, started));
        return proxies[0]!.listen();
      },
    });
    proxies[0]!.cut();
    await Promise.all([up.until('broken'), down.until('broken')]);
    expect([up.code, down.code]).toEqual(['LINK_BROKEN', 'LINK_BROKEN']);
  });

  it('when the network goes silent: both ends find it out by themselves', async () => {
    const proxies: TcpProxy[] = [];
    const { up, down, upstream } = await started.pair({
      up: { keepAliveMs: 2_000 },
      down: { keepAliveMs: 2_000 },
      async via(address) {
        proxies.push(new TcpProxy(address, started));
        return proxies[0]!.listen();
      },
    });
    proxies[0]!.goSilent();
    upstream.send(terminate(1));
    await Promise.all([up.until('broken'), down.until('broken')]);
    expect([up.code, down.code]).toEqual(['LINK_BROKEN', 'LINK_BROKEN']);
    expect(down.messages).toEqual([]);
  });

  it('while an idle link with a live peer stays open beyond the keep-alive time', async () => {
    const { up, down, upstream } = await started.pair({
      up: { keepAliveMs: 2_000 },
      down: { keepAliveMs: 2_000 },
    });
    await new Promise((resolve) => setTimeout(resolve, 4_500));
    upstream.send(terminate(1));
    await down.until('message');
    expect([up.log, down.log]).toEqual([['opened'], ['opened', 'message']]);
  });

  it('when the process of the downstream is killed', async () => {
    const { child, report } = await spawnEnd('serve');
    const { address } = await report();
    const { up, upstream } = started.dial(address);
    await up.until('opened');
    child.kill('SIGKILL');
    upstream.send(terminate(1));
    await up.until('broken');
    expect(up.code).toBe('LINK_BROKEN');
  });

  it('when the process of the upstream is killed', async () => {
    const { server, down } = await started.serve();
    const { child } = await spawnEnd('dial', server.address);
    await down.until('opened');
    child.kill('SIGKILL');
    await down.until('broken');
    expect(down.code).toBe('LINK_BROKEN');
  });

  it('when nobody listens: LINK_UNREACHABLE, and never opened', async () => {
    const { server } = await started.serve();
    await server.close();
    const { up } = started.dial(server.address);
    await up.until('broken');
    expect([up.code, up.log]).toEqual(['LINK_UNREACHABLE', ['broken']]);
  });

  it('when a peer accepts the connection and says nothing: LINK_UNREACHABLE', async () => {
    const { server } = await started.serve();
    const proxy = new TcpProxy(server.address, started);
    proxy.goSilent();
    const { up } = started.dial(await proxy.listen(), { keepAliveMs: 200 });
    await up.until('broken');
    expect([up.code, up.log]).toEqual(['LINK_UNREACHABLE', ['broken']]);
  });

  it('when the downstream does not want a connection now: the upstream is never told opened', async () => {
    const down = new Witness();
    const server = await serve({ address: '127.0.0.1:0', role: 'scheduler' }, (_, connection) => {
      connection.close('starting');
      return down;
    });
    started.add(() => server.close());
    const { up, upstream } = started.dial(server.address);
    upstream.send(terminate(1));
    await Promise.all([up.until('broken'), down.until('broken')]);
    expect([up.log, down.log]).toEqual([['broken'], ['broken']]);
    expect([up.code, down.code]).toEqual(['LINK_CLOSED', 'LINK_CLOSED']);
  });

  it('when it is closed before it was opened', async () => {
    const { server } = await started.serve();
    const { up, upstream } = started.dial(server.address);
    upstream.close('never mind');
    await up.until('broken');
    expect([up.code, up.log]).toEqual(['LINK_CLOSED', ['broken']]);
  });
});

describe('a peer that does not read is felt', () => {
  it('in bufferedBytes and saturated; drained is told when it reads again, and all arrives', async () => {
    const { up, down, upstream, downstream } = await started.pair({ up: { highWaterBytes: 100_000 } });
    downstream.pause();
    const size = 50_000;
    let sent = 0;
    while (!upstream.saturated || sent < 100) {
      upstream.send(large(size));
      sent++;
      await new Promise(setImmediate);
    }
    // Give the network all the time it wants: what waits can not get out.
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(upstream.saturated).toBe(true);
    expect(upstream.bufferedBytes).toBeGreaterThan(100_000);
    expect(up.count('drained')).toBe(0);
    expect(down.messages.length).toBeLessThan(sent);

    downstream.resume();
    await Promise.all([up.until('drained'), down.until('message', sent)]);
    expect(upstream.saturated).toBe(false);
    expect(up.count('drained')).toBe(1);
  });

  const full = { highWaterBytes: 100_000 };
  const forever = async (connection: LinkConnection, witness: Witness) => {
    let most = 0;
    while (witness.count('broken') === 0) {
      connection.send(connection.peer === 'scheduler' ? large(50_000) : largeUp(50_000));
      most = Math.max(most, connection.bufferedBytes);
      await new Promise(setImmediate);
    }
    return most;
  };

  it('if it takes nothing, the link is broken by LINK_SATURATED, at either end, and its queue is bounded', async () => {
    const { up, down, upstream, downstream } = await started.pair({
      up: { ...full, stallMs: 200 },
      down: { ...full, maxQueueBytes: 3_000_000 },
    });
    downstream.pause();
    upstream.pause();
    const most = await forever(downstream, down);
    expect(down.code).toBe('LINK_SATURATED');
    expect(most).toBeLessThan(3_100_000);
    await forever(upstream, up);
    expect(up.code).toBe('LINK_SATURATED');
    expect(up.reasons[0]!.reason).toContain('scheduler does not take what is sent to it');
  });

  it('if it is slow but takes what it is sent, the link stays', async () => {
    const { up, down, upstream, downstream } = await started.pair({ up: { ...full, stallMs: 1_000 } });
    down.onMessage = () => {
      downstream.pause();
      setTimeout(() => downstream.resume(), 2);
    };
    let sent = 0;
    for (const end = performance.now() + 2_500; performance.now() < end; ) {
      // A frame a turn, so that some get out while others wait.
      if (upstream.bufferedBytes < 8_000_000) {
        upstream.send(large(20_000));
        sent++;
      }
      await new Promise(setImmediate);
    }
    expect([up.count('drained'), up.count('broken')]).toEqual([0, 0]);
    await down.until('message', sent);
    expect(up.count('broken')).toBe(0);
  });

  it('and a pause of one link does not stop another', async () => {
    const slow = await started.pair();
    const quick = await started.pair();
    slow.downstream.pause();
    slow.upstream.send(large(500_000));
    quick.upstream.send(terminate(1));
    await quick.down.until('message');
    expect(slow.down.messages).toEqual([]);
  });
});

it('one process serves many links, each with its own order', async () => {
  const { server, down, connections } = await started.serve();
  const ends = Array.from({ length: 50 }, () => started.dial(server.address));
  await Promise.all(ends.map(({ up }) => up.until('opened')));
  for (let i = 0; i < 20; i++) for (const { upstream } of ends) upstream.send(terminate(i));
  await down.until('message', 20 * ends.length);
  expect(connections).toHaveLength(ends.length);
  for (const connection of connections) connection.send(terminated(1));
  await Promise.all(ends.map(({ up }) => up.until('message')));
});
