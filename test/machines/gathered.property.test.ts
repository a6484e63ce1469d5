/** Two invalidations that a host gathered into one lead to the state that both lead to, and say the same above (protocol 3). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { growReplicaSet } from '../../impl/bench/growth/replicaset.ts';
import { growScheduler } from '../../impl/bench/growth/scheduler.ts';
import { growAutoscaler, growDeployment } from '../../impl/bench/growth/wants.ts';
import type { GrownStage } from '../../impl/bench/growth/world.ts';
import { viewOfAutoscaler } from '../../machines/autoscaler/index.ts';
import { viewOfDeployment } from '../../machines/deployment/index.ts';
import { type Gatherable, gathered, gatheredAll, mayWait } from '../../machines/ownership/upward.ts';
import { viewOfReplicaSet } from '../../machines/replicaset/index.ts';
import { viewOfScheduler } from '../../machines/scheduler/view.ts';
import type { Effect } from '../../spec/effects.ts';
import type { StageEvent } from '../../spec/events.ts';
import type { Invalidate } from '../../spec/messages.ts';
import type { PodStatus } from '../../spec/vocabulary.ts';

type Received = Extract<StageEvent, { type: 'received' }> & { readonly message: Invalidate };

/** The invalidation that a case of the growth bench gives, as a pattern to vary. */
function patternOf(grown: GrownStage, name: string): { state: unknown; event: Received } {
  const found = grown.cases.find((each) => each.name === name);
  const event = found?.events.find(
    (each) => each.type === 'received' && each.message.kind === 'Invalidate',
  ) as Received;
  return { state: found?.state, event };
}

/** What the stage says above and below, the last word on each Pod and ReplicaSet; acknowledgements apart, and batches opened. */
function told(effects: readonly Effect[]): unknown {
  const words = new Map<string, unknown>();
  for (const effect of effects) {
    if (effect.type !== 'send' || effect.message.kind === 'Invalidated') continue;
    const { message } = effect;
    if (message.kind === 'Assign') for (const each of message.records) words.set(each.uid, each);
    else if (message.kind !== 'Invalidate') words.set(JSON.stringify(message), true);
    else {
      for (const each of message.changed) words.set(each.uid, each);
      for (const each of message.counts) words.set(each.replicaSet, each);
      for (const each of [...message.lost, ...message.adopted, ...message.wants])
        words.set(JSON.stringify(each), true);
    }
  }
  return [...words].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Gives both, and gives them as one: the same. */
function expectSame(
  grown: GrownStage,
  view: (state: never) => unknown,
  { state, event }: { state: unknown; event: Received },
  first: Partial<Invalidate>,
  second: Partial<Invalidate>,
): void {
  const make = (part: Partial<Invalidate>): Received => ({
    ...event,
    message: { ...event.message, changed: [], counts: [], ...part },
  });
  const [a, b] = [make(first), make(second)];
  const [after, effects] = grown.stage.step(state, a);
  const [both, more] = grown.stage.step(after, b);
  const [one, said] = grown.stage.step(state, {
    ...event,
    message: gathered(a.message, b.message) as Invalidate,
  });
  expect(view(one as never)).toEqual(view(both as never));
  expect(told(said)).toEqual(told([...effects, ...more]));
}

const PHASES = ['accepted', 'running', 'terminating'] as const;

/** Two lists of what a K says of some Pods, its versions going up. */
function twoLists(
  pods: readonly PodStatus[],
): fc.Arbitrary<readonly [readonly PodStatus[], readonly PodStatus[]]> {
  const word = fc.record({
    i: fc.nat(pods.length - 1),
    phase: fc.constantFrom(...PHASES),
    ready: fc.boolean(),
  });
  return fc.tuple(fc.array(word, { maxLength: 6 }), fc.array(word, { maxLength: 6 })).map(([a, b]) => {
    const phases = new Map<string, number>();
    let counter = 10_000;
    const list = (words: typeof a) => {
      const last = new Map<string, PodStatus>();
      for (const { i, phase, ready } of words) {
        const pod = pods[i] as PodStatus;
        const rank = Math.max(PHASES.indexOf(phase), phases.get(pod.uid) ?? 0);
        phases.set(pod.uid, rank);
        const now = PHASES[rank] as (typeof PHASES)[number];
        last.set(pod.uid, {
          ...pod,
          phase: now,
          ready: ready && now === 'running',
          version: { ...pod.version, counter: ++counter },
        });
      }
      return [...last.values()];
    };
    return [list(a), list(b)] as const;
  });
}

/** All statuses that the events of a case carry. */
function podsOf(grown: GrownStage, name: string, link: string): readonly PodStatus[] {
  return (grown.cases.find((each) => each.name === name)?.events ?? []).flatMap((event) =>
    event.type === 'received' && event.link === link && event.message.kind === 'Invalidate'
      ? event.message.changed
      : [],
  );
}

describe('gathered invalidations', () => {
  it('many at once are as one after the other', () => {
    const grown = growReplicaSet(40);
    const { event } = patternOf(grown, 'ready');
    const acknowledgement: Gatherable = { kind: 'Invalidated', session: event.message.session };
    const one = twoLists(podsOf(grown, 'ready', 'downstream')).map(
      ([changed]): Gatherable => ({ ...event.message, changed, counts: [] }),
    );
    const some = fc.oneof({ weight: 9, arbitrary: one }, fc.constant(acknowledgement));
    fc.assert(
      fc.property(some, fc.array(some, { maxLength: 6 }), (first, rest) => {
        expect(gatheredAll([first, ...rest])).toEqual(rest.reduce(gathered, first));
      }),
    );
  });

  it('R comes to the same state, and tells D the same', () => {
    const grown = growReplicaSet(40);
    const pattern = patternOf(grown, 'ready');
    fc.assert(
      fc.property(twoLists(podsOf(grown, 'ready', 'downstream')), ([first, second]) =>
        expectSame(grown, viewOfReplicaSet, pattern, { changed: first }, { changed: second }),
      ),
    );
  });

  it('S comes to the same state, and tells R the same', () => {
    const grown = growScheduler(40, 2);
    const pattern = patternOf(grown, 'ready');
    fc.assert(
      fc.property(twoLists(podsOf(grown, 'ready', pattern.event.link)), ([first, second]) =>
        expectSame(grown, viewOfScheduler, pattern, { changed: first }, { changed: second }),
      ),
    );
  });

  for (const [name, grow, view, step] of [
    ['D', growDeployment, viewOfDeployment, 'counted by R'],
    ['A', growAutoscaler, viewOfAutoscaler, 'counted'],
  ] as const)
    it(`${name} comes to the same state, and tells the same`, () => {
      const grown = grow(5);
      const pattern = patternOf(grown, step);
      const [count] = pattern.event.message.counts;
      if (count === undefined) throw new Error('the case of the bench carries no count');
      const counts = fc.array(
        fc.record({ live: fc.nat(9), ready: fc.nat(9), terminating: fc.nat(9), i: fc.nat(4) }),
        { maxLength: 5 },
      );
      const list = (words: readonly { live: number; ready: number; terminating: number; i: number }[]) => [
        ...new Map(
          words.map(({ i, ...rest }) => {
            const one = {
              ...count,
              ...rest,
              deployment: count.deployment.replace(/\d$/, String(i)),
              replicaSet: count.replicaSet.replace(/\d$/, String(i)),
            };
            return [one.replicaSet, one];
          }),
        ).values(),
      ];
      fc.assert(
        fc.property(counts, counts, (a, b) =>
          expectSame(grown, view, pattern, { counts: list(a) }, { counts: list(b) }),
        ),
      );
    });

  it('what was lost or adopted, and a newer want, may not wait', () => {
    const grown = growReplicaSet(10);
    const { message } = patternOf(grown, 'ready').event;
    const [pod] = message.changed;
    expect(mayWait(message)).toBe(true);
    expect(mayWait({ ...message, lost: [{ uid: pod?.uid ?? '', reason: 'Failed' }] })).toBe(false);
    expect(mayWait({ ...message, adopted: [pod as never] })).toBe(false);
    expect(mayWait({ ...message, wants: [{} as never] })).toBe(false);
  });
});
