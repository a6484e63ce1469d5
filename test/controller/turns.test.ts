/** Requests begin a few a turn, in order, and what comes in meanwhile goes between. */
import { describe, expect, it } from 'vitest';
import { Turns } from '../../impl/controller/kubernetes/turns.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('turns', () => {
  it('admits some at once, and the others in order, so many a turn', async () => {
    const turns = new Turns(2);
    const log: string[] = [];
    const begin = async (name: string) => {
      const wait = turns.admit();
      if (wait !== null) await wait;
      log.push(name);
    };
    for (const name of ['a', 'b', 'c', 'd', 'e']) void begin(name);
    expect(log).toEqual(['a', 'b']);
    await turn();
    log.push('a message');
    void begin('f');
    await turn();
    await turn();
    expect(log).toEqual(['a', 'b', 'c', 'd', 'a message', 'e', 'f']);
  });

  it('once idle, admits at once again', async () => {
    const turns = new Turns(1);
    expect(turns.admit()).toBeNull();
    expect(turns.admit()).not.toBeNull();
    await turn();
    await turn();
    await turn();
    expect(turns.admit()).toBeNull();
  });
});
