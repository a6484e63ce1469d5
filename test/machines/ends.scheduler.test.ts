/** The link under every order of what is under way that a scheduler can think of: both ends come to the same, whatever came first. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AsyncEnds } from './support/asyncEnds.ts';

/** What is done to the two ends, one after the other, each at any time. */
const acts = fc.array(
  fc.oneof(
    fc.record({ end: fc.constant('up' as const), what: fc.constantFrom('mint', 'end'), pick: fc.nat(3) }),
    fc.record({ end: fc.constant('down' as const), what: fc.constantFrom('change', 'die'), pick: fc.nat(3) }),
    fc.constant('break' as const),
  ),
  { minLength: 1, maxLength: 10 },
);

/** At rest: the link is open under one session, both ends hold the same, and no tombstone is left. */
function comesTogether(mutants: readonly string[] = []) {
  return fc.asyncProperty(fc.scheduler(), acts, async (scheduler, todo) => {
    const ends = new AsyncEnds(scheduler, new Set(mutants));
    scheduler.scheduleSequence(
      todo.map((act) => ({
        label: act === 'break' ? act : `${act.what} ${act.end}`,
        builder: async () => (act === 'break' ? ends.break() : ends.prompt(act.end, act.what, act.pick)),
      })),
    );
    await scheduler.waitAll();
    const [up] = ends.seen('up').links;
    const [down] = ends.seen('down').links;
    expect([up?.state, down?.state]).toEqual(['open', 'open']);
    expect(up?.session).toEqual(down?.session);
    expect(ends.pods('up')).toEqual(ends.pods('down'));
    expect(ends.pods('up').filter(([, phase]) => phase === 'terminating')).toEqual([]);
    expect(ends.unmarked).toEqual([]);
  });
}

describe('the ends of a link under arbitrary interleavings', () => {
  it('come to hold the same', async () => {
    await fc.assert(comesTogether(), { numRuns: 300 });
  });

  it('and without a rule some order is found in which they do not, told as a script', async () => {
    const { failed, counterexample } = await fc.check(comesTogether(['unmark-tombstone']), { numRuns: 3000 });
    expect(failed).toBe(true);
    // Each thing that was under way, in the order in which it came.
    expect(fc.stringify(counterexample?.[0])).toMatch(/\[task\$\{\d+\}\].*resolved/);
  });
});
