/** A process plays scale-outs to its machines before the first real one, and can still be spoken to meanwhile. */
import { describe, expect, it } from 'vitest';
import { rehearse } from '../../impl/simulator/rehearsal.ts';

const NEVER = new AbortController().signal;

describe('a rehearsal', () => {
  it.each(['runs', 'publish'] as const)(
    'makes Pods by the same machines, and nothing is wrong (%s)',
    async (runtime) => {
      const { pods, finding } = await rehearse(runtime, NEVER);
      expect({ pods, finding }).toEqual({ pods: 360, finding: null });
    },
  );

  it('lets what comes meanwhile have its turn', async () => {
    let turns = 0;
    const turn = () => {
      turns += 1;
      timer = setImmediate(turn);
    };
    let timer = setImmediate(turn);
    await rehearse('runs', NEVER);
    clearImmediate(timer);
    expect(turns).toBeGreaterThan(10);
  });

  it('ends early when the process does', async () => {
    const over = new AbortController();
    const played = rehearse('runs', over.signal);
    over.abort();
    expect((await played).pods).toBeLessThan(360);
  });
});
