/** Links between stages of one process keep what a connection promises: order, `opened` first, `broken` once and never from within a call. */
import { describe, expect, it } from 'vitest';
import { type LinkConnection, type LinkEvents, LocalLinks } from '../../impl/controller/links/index.ts';
import type { Message } from '../../spec/messages.ts';
import type { PeerName } from '../../spec/vocabulary.ts';

const ADDRESS = '127.0.0.1:4711';
const message = (n: number): Message => ({
  ...{ kind: 'Terminate', session: { upstream: 7, downstream: 9, n: 1 }, uids: [`r-${n}`] },
});
const numberOf = (each: Message) => (each.kind === 'Terminate' ? each.uids[0] : each.kind);
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const turns = async () => {
  for (let i = 0; i < 4; i++) await turn();
};

/** What one end was told, in order. */
function listener(log: string[], who: string, onMessage: (each: Message) => void = () => {}): LinkEvents {
  return {
    opened: () => log.push(`${who} opened`),
    message: (each) => {
      log.push(`${who} got ${numberOf(each)}`);
      onMessage(each);
    },
    broken: (reason, code) => log.push(`${who} broken by ${code}: ${reason}`),
  };
}

function world(role: PeerName = 'replicaset', peer: PeerName = 'scheduler') {
  const log: string[] = [];
  const links = new LocalLinks();
  const served: LinkConnection[] = [];
  const close = links.listen(ADDRESS, 'scheduler', (_, connection) => {
    served.push(connection);
    return listener(log, 'server');
  });
  const dialled = links.dial({ address: ADDRESS, role, peer }, listener(log, 'client')) as LinkConnection;
  return { log, links, served, close, dialled };
}

describe('a link inside a process', () => {
  it('opens both ends, then keeps order both ways; nothing happens inside a call', async () => {
    const { log, served, dialled } = world();
    dialled.send(message(1));
    dialled.send(message(2));
    expect(log).toEqual([]);
    await turn();
    expect(log).toEqual(['client opened', 'server opened', 'server got r-1', 'server got r-2']);
    served[0]?.send(message(3));
    served[0]?.send(message(4));
    expect(log).toHaveLength(4);
    await turns();
    expect(log.slice(4)).toEqual(['client got r-3', 'client got r-4']);
    expect([dialled.stats.messagesOut, served[0]?.stats.messagesIn]).toEqual([2, 2]);
  });

  it('a close delivers what was sent before, and breaks each end once', async () => {
    const { log, dialled } = world();
    await turn();
    dialled.send(message(1));
    dialled.close('enough');
    dialled.close('again');
    dialled.send(message(2));
    expect(log).toHaveLength(2);
    await turns();
    expect(log.slice(2)).toEqual([
      'server got r-1',
      'client broken by LINK_CLOSED: enough',
      'server broken by LINK_CLOSED: replicaset ended the link',
    ]);
  });

  it('a paused end takes nothing until it is resumed', async () => {
    const { log, served, dialled } = world();
    await turn();
    served[0]?.pause();
    dialled.send(message(1));
    await turn();
    expect(log).toHaveLength(2);
    served[0]?.resume();
    await turn();
    expect(log[2]).toBe('server got r-1');
  });

  it('a host that closes at once is never told of as open', async () => {
    const log: string[] = [];
    const links = new LocalLinks();
    links.listen(ADDRESS, 'scheduler', (_, connection) => {
      connection.close('the stage is starting');
      return listener(log, 'server');
    });
    links.dial({ address: ADDRESS, role: 'replicaset', peer: 'scheduler' }, listener(log, 'client'));
    await turns();
    expect(log).toEqual([
      'server broken by LINK_CLOSED: the stage is starting',
      'client broken by LINK_CLOSED: scheduler ended the link',
    ]);
  });

  it('refuses who is not the upstream, and whom the dialler does not expect, by name', async () => {
    const wrongRole = world('deployment');
    const wrongPeer = world('replicaset', 'kubelet/node-0');
    await turns();
    expect(wrongRole.log).toEqual([
      'client broken by PEER_WRONG_ROLE: scheduler was dialled by a stage that is not its upstream: expected replicaset, got deployment',
    ]);
    expect(wrongPeer.log).toEqual([
      'client broken by PEER_WRONG_IDENTITY: a peer has the wrong identity: expected kubelet/node-0, got scheduler; check the address',
    ]);
    expect([...wrongRole.served, ...wrongPeer.served]).toEqual([]);
  });

  it('a server that closes breaks its links, and its address is no longer of this process', async () => {
    const { log, links, close } = world();
    await turn();
    close();
    await turns();
    expect(log.slice(2)).toEqual([
      'server broken by LINK_CLOSED: the server is stopping',
      'client broken by LINK_CLOSED: scheduler ended the link',
    ]);
    const again = links.dial(
      { address: ADDRESS, role: 'replicaset', peer: 'scheduler' },
      listener(log, 'client'),
    );
    expect(again).toBeNull();
  });
});
