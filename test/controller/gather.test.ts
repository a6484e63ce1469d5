/** What goes upward is gathered in a burst, and never reordered (protocol 3). */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Gather } from '../../impl/controller/host/gather.ts';
import type { Invalidate, Message } from '../../spec/messages.ts';
import { TIMERS } from '../../spec/timers.ts';

const session = { upstream: 1, downstream: 2, n: 1 };
const ready = (uid: string, counter: number): Invalidate => ({
  kind: 'Invalidate',
  session,
  changed: [
    {
      ...{ uid, node: 'n', phase: 'running', ready: true },
      version: { stage: 'kubelet/n', incarnation: 2, counter },
    },
  ],
  adopted: [],
  lost: [],
  wants: [],
  counts: [],
});
const terminated = (uid: string): Message => ({ kind: 'Terminated', session, uids: [uid] });
const short = (message: Message) =>
  message.kind === 'Invalidate'
    ? message.changed.map(({ uid, version }) => `${uid}@${version.counter}`).join(' ')
    : message.kind;

describe('Gather', () => {
  let sent: Message[];
  let up: Gather;
  beforeEach(() => {
    vi.useFakeTimers();
    sent = [];
    up = new Gather((message) => sent.push(message));
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const words = () => sent.map(short);

  it('sends the first at once, and those that follow as one, the newest of each Pod', () => {
    for (const message of [ready('a', 1), ready('b', 2), ready('c', 3), ready('b', 4)]) up.send(message);
    expect(words()).toEqual(['a@1']);
    vi.advanceTimersByTime(TIMERS.gather);
    expect(words()).toEqual(['a@1', 'c@3 b@4']);
    up.send(ready('d', 5));
    expect(sent).toHaveLength(2);
    vi.advanceTimersByTime(TIMERS.gather);
    expect(words()).toEqual(['a@1', 'c@3 b@4', 'd@5']);
    vi.advanceTimersByTime(TIMERS.gather);
    up.send(ready('e', 6));
    expect(words().at(-1)).toBe('e@6');
    expect(vi.getTimerCount()).toBe(1);
  });

  it('sends what is held before anything that may not wait', () => {
    up.send(ready('a', 1));
    up.send(ready('b', 2));
    up.send(terminated('c'));
    up.send(ready('d', 3));
    up.send({ ...ready('e', 4), lost: [{ uid: 'f', reason: 'Failed' }] });
    expect(words()).toEqual(['a@1', 'b@2', 'Terminated', 'd@3', 'e@4']);
  });

  it('gathers acknowledgements', () => {
    const taken: Message = { kind: 'Invalidated', session };
    for (let i = 0; i < 5; i++) up.send(taken);
    vi.advanceTimersByTime(10 * TIMERS.gather);
    expect(words()).toEqual(['Invalidated', 'Invalidated']);
  });

  it('drops what is held when the connection is over, and leaves no timer', () => {
    up.send(ready('a', 1));
    up.send(ready('b', 2));
    up.end();
    vi.advanceTimersByTime(10 * TIMERS.gather);
    expect(words()).toEqual(['a@1']);
    expect(vi.getTimerCount()).toBe(0);
  });
});
