/** Requests that nobody waits for begin together, a moment later, unless the life is over. */
import { describe, expect, it } from 'vitest';
import { Behind } from '../../impl/controller/host/behind.ts';
import { TIMERS } from '../../spec/timers.ts';

function setUp() {
  const begun: string[] = [];
  const due = new Set<() => void>();
  const waits: number[] = [];
  const behind = new Behind((milliseconds, act) => {
    waits.push(milliseconds);
    due.add(act);
    return () => due.delete(act);
  });
  const ask = (name: string) => behind.begin(() => begun.push(name));
  const pass = () => {
    for (const act of [...due]) {
      due.delete(act);
      act();
    }
  };
  return { begun, waits, behind, ask, pass };
}

describe('requests behind the chain', () => {
  it('begin together, in their order, so long after the first', () => {
    const { begun, waits, ask, pass } = setUp();
    ask('a');
    ask('b');
    expect(begun).toEqual([]);
    pass();
    expect(begun).toEqual(['a', 'b']);
    expect(waits).toEqual([TIMERS.behind]);
  });

  it('wait anew after that', () => {
    const { begun, waits, ask, pass } = setUp();
    ask('a');
    pass();
    ask('b');
    expect(begun).toEqual(['a']);
    pass();
    expect(begun).toEqual(['a', 'b']);
    expect(waits).toHaveLength(2);
  });

  it('never begin once the life is over', () => {
    const { begun, behind, ask, pass } = setUp();
    ask('a');
    behind.end();
    pass();
    expect(begun).toEqual([]);
  });
});
