/** The network of the explorer (protocol 3 and 13). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  breakConnection,
  connect,
  connectionKey,
  disconnect,
  duplicate,
  EMPTY_NETWORK,
  leave,
  send,
  settle,
  take,
  takeStray,
  told,
} from '../../machines/environment/network.ts';
import type { Message } from '../../spec/messages.ts';

const session = { upstream: 3, downstream: 0, n: 1 };
const KEY = connectionKey('r~1', 'downstream', 1);
const joined = connect(EMPTY_NETWORK, { up: 'r~1', upLink: 'downstream', down: 's~1', upstream: 3, n: 1 });
const hello: Message = { kind: 'Hello', session, role: 'replicaset', peer: 'scheduler', wants: [] };
const terminate = (uid: string): Message => ({ kind: 'Terminate', session, uids: [uid] });
const down = (network: typeof joined, message: Message) => send(network, 'r~1', 'downstream', message);

describe('the network', () => {
  it('delivers what was sent, in order', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (uids) => {
        let network = uids.map(terminate).reduce(down, joined);
        const got = uids.map(() => {
          const [message, rest] = take(network, KEY, 'down');
          network = rest;
          return message;
        });
        expect(got).toEqual(uids.map(terminate));
      }),
    );
  });

  it('drops what is sent in a session that has no connection, or a broken one', () => {
    const stranger = { ...terminate('a'), session: { ...session, n: 2 } } as Message;
    expect(down(joined, stranger)).toEqual(joined);
    const broken = breakConnection(joined, KEY, []);
    expect(down(broken, terminate('a'))).toEqual(broken);
  });

  it('keeps what lingers beyond a break until it is taken, and loses the rest', () => {
    const sent = send(down(joined, terminate('a')), 's~1', 'upstream', {
      kind: 'Terminated',
      session,
      uids: ['b'],
    });
    const broken = told(told(breakConnection(sent, KEY, ['down']), KEY, 'up'), KEY, 'down');
    expect(broken.connections[KEY]).toMatchObject({ toUp: [], toDown: [terminate('a')] });
    expect(take(broken, KEY, 'down')[1].connections).toEqual({});
    expect(settle(broken).connections).toEqual({});
  });

  it('gives a duplicated Hello a life of its own', () => {
    const sent = down(joined, hello);
    const [, after] = take(duplicate(sent, KEY), KEY, 'down');
    const gone = breakConnection(after, KEY, []);
    const [stray, rest] = takeStray(gone, 0);
    expect(stray).toEqual({ to: 's~1', link: 'upstream', message: hello });
    expect(rest.strays).toEqual([]);
  });

  it('lets what a side sent arrive after it disconnects, and tells only the other', () => {
    const closed = disconnect(down(joined, terminate('a')), 'r~1', 'downstream', session);
    expect(closed.connections[KEY]).toMatchObject({ toDown: [terminate('a')], untold: ['down'] });
  });

  it('forgets a process that is gone: nothing reaches it, and its peer learns of it', () => {
    const sent = duplicate(down(joined, hello), KEY);
    const after = leave(sent, 's~1', true);
    expect(after.strays).toEqual([]);
    expect(after.connections[KEY]).toMatchObject({ toDown: [], untold: ['up'], broken: true });
  });
});
