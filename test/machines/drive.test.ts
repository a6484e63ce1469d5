/** `machines/drive.ts` gives what XState's own `transition` gives. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { initialTransition, transition } from 'xstate';
import { begin, step } from '../../machines/drive.ts';
import { type CancellationEvent, cancellationMachine } from '../../machines/ownership/cancellation.ts';
import { replicaSetMachine } from '../../machines/replicaset/index.ts';
import { schedulerMachine } from '../../machines/scheduler/machine.ts';
import { nodeFact } from './schedulerWorld.ts';

const fence = fc.record({ incarnation: fc.constantFrom(7, 8), n: fc.integer({ min: 1, max: 3 }) });
const events: fc.Arbitrary<CancellationEvent> = fc.oneof(
  fc.constantFrom<CancellationEvent>(
    { type: 'opened' },
    { type: 'closed' },
    { type: 'timerFired' },
    { type: 'vanished' },
    { type: 'replaced', nodeUid: 'v', ready: true },
    { type: 'readinessObserved', ready: false },
    { type: 'ownerObserved', owner: 'stock' },
    { type: 'ownerObserved', owner: 'direct' },
  ),
  fc.record({
    type: fc.constant('nodeRead' as const),
    token: fc.nat(4).map((read) => `cancel/n/${read}`),
    node: fc.option(fc.constantFrom(nodeFact('n', { uid: 'u' }), nodeFact('n', { uid: 'v' }))),
    n: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({
    type: fc.constant('marked' as const),
    mark: fence,
    outcome: fc.constantFrom('written', 'conflict', 'gone'),
  }),
  fc.record({
    type: fc.constant('leaseRead' as const),
    token: fc.nat(4).map((read) => `confirm/n/${read}`),
    incarnation: fc.constantFrom(7, 8, null),
  }),
);

describe('begin', () => {
  it.each([replicaSetMachine, schedulerMachine])("equals XState's initialTransition (%#)", (machine) => {
    const input = { incarnation: 7, mutants: new Set<string>(), handsOver: true };
    const [ours, theirs] = [begin(machine, input), initialTransition(machine, input)[0]];
    expect(ours.context.effects.length).toBeGreaterThan(0);
    expect([ours.value, ours.context, ours.status]).toEqual([theirs.value, theirs.context, theirs.status]);
  });
});

describe('step', () => {
  it("equals XState's transition, event by event", () => {
    fc.assert(
      fc.property(fc.array(events, { maxLength: 20 }), (list) => {
        const input = { node: 'n', nodeUid: 'u', incarnation: 7, ready: true, owner: 'direct' as const };
        let [theirs] = initialTransition(cancellationMachine, input);
        let ours = theirs;
        for (const event of list) {
          [theirs] = transition(cancellationMachine, theirs, event);
          ours = step(cancellationMachine, ours, event);
          expect([ours.value, ours.context, ours.status]).toEqual([
            theirs.value,
            theirs.context,
            theirs.status,
          ]);
        }
      }),
    );
  });
  it('throws what an action throws, and works on', () => {
    const [state] = initialTransition(cancellationMachine, {
      node: 'n',
      nodeUid: 'u',
      incarnation: 7,
      ready: true,
      owner: 'direct',
    });
    const broken = { ...state, context: { ...state.context, outputs: null } } as unknown as typeof state;
    expect(() => step(cancellationMachine, broken, { type: 'timerFired' })).toThrow(TypeError);
    expect(step(cancellationMachine, state, { type: 'timerFired' }).value).toBe('reading');
  });
});
