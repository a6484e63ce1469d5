import { afterEach, describe, expect, it } from 'vitest';
import { redial, serve } from '../../impl/controller/links/index.ts';
import { backoff } from '../../impl/controller/links/redial.ts';
import { Started, terminate, Witness } from './support/peers.ts';

const started = new Started();
afterEach(() => started.end());

describe('a link that is dialled again', () => {
  it('comes back when the downstream does, and tells opened and broken of each connection', async () => {
    const first = await serve({ address: '127.0.0.1:0', role: 'scheduler' }, () => new Witness());
    const up = new Witness();
    const link = redial(
      {
        target: () => ({ address: first.address, role: 'replicaset', peer: 'scheduler' }),
        minDelayMs: 5,
        maxDelayMs: 20,
      },
      up,
    );
    started.add(() => link.stop('the test is over'));
    await up.until('opened');
    await first.close();
    // Broken once for the connection that was, then once for each attempt that fails.
    await up.until('broken', 3);
    expect(link.connection === null || up.count('opened') === 1).toBe(true);

    const down = new Witness();
    const second = await serve({ address: first.address, role: 'scheduler' }, () => down);
    started.add(() => second.close());
    await up.until('opened', 2);
    link.connection!.send(terminate(1));
    await down.until('message');
    expect(up.log.at(-1)).toBe('opened');
  });

  it('is dialled no more after stop: what was open is closed, once', async () => {
    const { server, down } = await started.serve();
    const up = new Witness();
    const link = redial(
      {
        target: () => ({ address: server.address, role: 'replicaset', peer: 'scheduler' }),
        minDelayMs: 1,
        maxDelayMs: 2,
      },
      up,
    );
    await up.until('opened');
    link.stop('enough');
    await Promise.all([up.until('broken'), down.until('broken')]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([up.log, down.log]).toEqual([
      ['opened', 'broken'],
      ['opened', 'broken'],
    ]);
    expect(up.code).toBe('LINK_CLOSED');
  });

  it('is dialled no more after stop between two attempts', async () => {
    const { server } = await started.serve();
    await server.close();
    const up = new Witness();
    const link = redial(
      {
        target: () => ({ address: server.address, role: 'replicaset', peer: 'scheduler' }),
        minDelayMs: 40,
        maxDelayMs: 40,
      },
      up,
    );
    await up.until('broken');
    link.stop('enough');
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(up.log).toEqual(['broken']);
  });
});

describe('the wait before the next attempt', () => {
  it('doubles from 50 ms to 2 s, of which chance takes at most half', () => {
    const longest = [1, 2, 3, 4, 5, 6, 100].map((failures) => backoff(failures, { random: () => 1 }));
    expect(longest).toEqual([100, 200, 400, 800, 1_600, 2_000, 2_000]);
    const shortest = [1, 2, 3, 4, 5, 6, 100].map((failures) => backoff(failures, { random: () => 0 }));
    expect(shortest).toEqual([50, 100, 200, 400, 800, 1_000, 1_000]);
  });
});
