/** A peer that does not take what is sent to it is a broken link: the stage hears it, the reason is named, counted and logged. */
import { afterEach, describe, expect, it } from 'vitest';
import { LinkPort, type LinkPortOptions, serveStage } from '../../impl/controller/host/linkPort.ts';
import { dial, type LinkConnection, type LinkEvents, serve } from '../../impl/controller/links/index.ts';
import { linksBroken } from '../../impl/controller/metrics.ts';
import type { StageEvent } from '../../spec/events.ts';
import type { Message } from '../../spec/messages.ts';

const BOUNDS = { highWaterBytes: 100_000, stallMs: 200 };
const PAYLOAD = 'x'.repeat(50_000);

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  linksBroken.reset();
});

/** A port, what it gave to its stage, and what it logged. */
function portOf(more: Pick<LinkPortOptions, 'self'> & Partial<LinkPortOptions>) {
  const events: StageEvent[] = [];
  const logged: Readonly<Record<string, unknown>>[] = [];
  const port = new LinkPort(
    {
      bounds: BOUNDS,
      resolve: async () => null,
      give: (event) => events.push(event),
      log: (text, fields) => logged.push({ text, ...fields }),
      ...more,
    },
    7,
  );
  ends.push(() => port.close('the test is over'));
  return { port, events, logged };
}
const silent: LinkEvents = { opened: () => {}, message: () => {}, broken: () => {} };
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}
const counted = async () =>
  (await linksBroken.get()).values.map(({ labels, value }) => ({ ...labels, value }));
const broken = (events: readonly StageEvent[]) => events.filter(({ type }) => type === 'broken');

describe('a peer that takes nothing', () => {
  it('as downstream: the session is broken, by LINK_SATURATED; the next one can be opened', async () => {
    const accepted: LinkConnection[] = [];
    const server = await serve({ address: '127.0.0.1:0', role: 'scheduler' }, (_, connection) => {
      if (accepted.push(connection) === 1) connection.pause();
      return silent;
    });
    ends.push(() => server.close());
    const { port, events, logged } = portOf({ self: 'replicaset', resolve: async () => server.address });
    const gone = (n: number): Message => ({
      ...{ kind: 'Gone', session: { upstream: 7, downstream: 9, n }, deployments: [PAYLOAD] },
    });
    port.connect('downstream', 'scheduler', 1);
    await until(() => events.length === 1);
    while (broken(events).length === 0) {
      port.send('downstream', gone(1));
      await new Promise(setImmediate);
    }
    expect(events).toEqual([
      { type: 'connected', link: 'downstream', n: 1 },
      { type: 'broken', link: 'downstream', upstream: 7, n: 1 },
    ]);
    expect(await counted()).toEqual([
      { stage: 'replicaset', peer: 'scheduler', code: 'LINK_SATURATED', value: 1 },
    ]);
    expect(logged).toMatchObject([{ text: 'link broken', peer: 'scheduler', code: 'LINK_SATURATED' }]);

    port.connect('downstream', 'scheduler', 2);
    await until(() => events.length === 3);
    port.send('downstream', gone(2));
    await until(() => accepted[1]?.stats.messagesIn === 1);
  });

  it('as upstream: the session is broken, by LINK_SATURATED', async () => {
    const { port, events } = portOf({ self: 'scheduler' });
    const server = await serveStage({
      ...{ self: 'scheduler', address: '127.0.0.1:0', bounds: BOUNDS },
      ...{ current: () => port, onRefused: () => {} },
    });
    ends.push(() => server.close());
    const upstream = dial({ address: server.address, role: 'replicaset', peer: 'scheduler' }, silent);
    ends.push(() => upstream.close('the test is over'));
    const session = { upstream: 5, downstream: 0, n: 3 };
    upstream.send({ kind: 'Hello', session, role: 'replicaset', peer: 'scheduler', wants: [] });
    await until(() => events.length === 1);
    upstream.pause();
    const deployments = [PAYLOAD];
    while (broken(events).length === 0) {
      port.send('upstream', {
        kind: 'GoneAcknowledged',
        session: { ...session, downstream: 7 },
        deployments,
      });
      await new Promise(setImmediate);
    }
    expect(broken(events)).toEqual([{ type: 'broken', link: 'upstream', upstream: 5, n: 3 }]);
    expect(await counted()).toEqual([
      { stage: 'scheduler', peer: 'replicaset', code: 'LINK_SATURATED', value: 1 },
    ]);
  });
});
