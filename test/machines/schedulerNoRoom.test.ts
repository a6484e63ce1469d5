/** *No room* (protocol 7): what finds no node is published unbound, and S answers for it until a K does. */
import { describe, expect, it } from 'vitest';
import { type SchedulerState, schedulerStage } from '../../machines/scheduler/index.ts';
import { handOver } from '../../machines/scheduler/unplaced.ts';
import type { Effect } from '../../spec/effects.ts';
import type { StageEvent } from '../../spec/events.ts';
import type { PodFact } from '../../spec/facts.ts';
import { TIMERS } from '../../spec/timers.ts';
import type { PodRecord } from '../../spec/vocabulary.ts';
import { unboundPod } from '../../spec/worlds/objects.ts';
import { nodeFact, replicaSetFact, size } from './schedulerWorld.ts';

const record = (uid: string): PodRecord => ({
  ...{ uid, replicaSet: 'rs', revision: 'rev', requests: size(100), priority: 0 },
  ...{
    node: null,
    phase: 'created',
    ready: false,
    version: { stage: 'replicaset', incarnation: 1, counter: 1 },
  },
});
const session = { upstream: 1, downstream: 7, n: 1 };

interface Opening {
  readonly handsOver?: boolean;
  /** The ReplicaSet is known. */
  readonly known?: boolean;
  /** The first list of the Pods has come. */
  readonly seen?: boolean;
}

/** S with an open link to R and no node, and all that it asked for since it was opened. */
function openScheduler(
  mutants: readonly string[] = [],
  { handsOver = true, known = true, seen = true }: Opening = {},
) {
  let [state, effects]: readonly [SchedulerState, readonly Effect[]] = schedulerStage.start({
    incarnation: 7,
    handsOver,
    mutants: new Set(mutants),
  });
  const asked: Effect[] = [];
  const give = (event: StageEvent) => {
    [state, effects] = schedulerStage.step(state, event);
    asked.push(...effects);
    return effects;
  };
  const receive = (message: object) =>
    give({ type: 'received', link: 'upstream', message: { session, ...message } } as StageEvent);
  give({ type: 'nodesListed', nodes: [] });
  if (known) give({ type: 'replicaSetObserved', replicaSet: replicaSetFact('rs') });
  if (seen) give({ type: 'synced', what: 'pods' });
  const hello = {
    kind: 'Hello',
    session: { ...session, downstream: 0 },
    role: 'replicaset',
    peer: 'scheduler',
    wants: [],
  };
  const [read] = give({ type: 'received', link: 'upstream', message: hello } as StageEvent) as unknown as [
    { token: string } | undefined,
  ];
  if (read !== undefined) {
    give({ type: 'leaseRead', subject: 'replicaset', token: read.token, incarnation: 1 });
    receive({ kind: 'Fetch', uids: [], tombstones: [] });
  }
  asked.length = 0;
  const records = () => [...state.context.records.keys()];
  const said = () => asked.flatMap((effect) => (effect.type === 'send' ? [effect.message] : []));
  return { give, receive, records, asked, said, context: () => state.context };
}
type Opened = ReturnType<typeof openScheduler>;
const assign = ({ receive }: Opened, ...uids: string[]) =>
  receive({ kind: 'Assign', records: uids.map(record) });
const fire = ({ give }: Opened, timer: string) => give({ type: 'timerFired', timer } as StageEvent);
const show = ({ give }: Opened, pod: PodFact) => give({ type: 'podObserved', pod });
const object = (uid: string, change: Partial<PodFact> = {}): PodFact => ({
  ...unboundPod(`rs-${uid}`, `m-${uid}`, record(uid)),
  ...change,
});

describe('no room', () => {
  it('asks for a clock when a Pod begins to wait, and stops it when none waits', () => {
    const world = openScheduler();
    expect(assign(world, 'r1-1')).toContainEqual({
      ...{ type: 'setTimer', timer: 'handOver/rs', milliseconds: TIMERS.handOver },
    });
    expect(world.receive({ kind: 'Terminate', uids: ['r1-1'] })).toContainEqual({
      ...{ type: 'cancelTimer', timer: 'handOver/rs' },
    });
  });

  it('asks for none where it hands nothing over', () => {
    const world = openScheduler([], { handsOver: false });
    expect(assign(world, 'r1-1').filter((effect) => JSON.stringify(effect).includes('handOver'))).toEqual([]);
    expect(fire(world, 'handOver/rs')).toEqual([]);
  });

  it('publishes unbound what waits, and owns it until its object is shown', () => {
    const world = openScheduler();
    assign(world, 'r1-1', 'r1-2');
    const published = fire(world, 'handOver/rs').filter(({ type }) => type === 'publish');
    expect(published).toEqual([
      { type: 'publish', record: record('r1-1') },
      { type: 'publish', record: record('r1-2') },
    ]);
    expect(world.records()).toEqual(['r1-1', 'r1-2']);
  });

  it('waits while what it has bound comes up, and for nothing that is stuck (†)', () => {
    const world = openScheduler();
    assign(world, 'r1-1');
    const bound = (uid: string, phase: PodRecord['phase']): Record<string, PodRecord> => ({
      [uid]: { ...record(uid), node: 'n1', phase },
    });
    const look = (context: ReturnType<typeof world.context>, ...placed: ReturnType<typeof bound>[]) =>
      handOver({ ...context, records: context.records.merge(...placed), effects: [] }, 'rs');
    const hasHanded = ({ effects }: ReturnType<typeof look>) =>
      effects.some(({ type }) => type === 'publish');
    // What a K has adopted stands already.
    expect(hasHanded(look(world.context(), bound('r1-8', 'running'), bound('a-m1', 'accepted')))).toBe(true);
    const first = look(world.context(), bound('r1-8', 'bound'), bound('r1-9', 'accepted'));
    expect(first.effects).toEqual([
      { type: 'setTimer', timer: 'handOver/rs', milliseconds: TIMERS.handOverAgain },
    ]);
    const second = look(first, bound('r1-8', 'running'));
    expect(hasHanded(second)).toBe(false);
    expect(hasHanded(look(second, bound('r1-9', 'running')))).toBe(true);
    expect(hasHanded(look(second))).toBe(true);
    // What is bound later holds nobody up, however steadily it comes.
    const streams = (context: typeof first) =>
      look(context, bound('r1-8', 'running'), bound('r1-9', 'running'), bound('r1-10', 'bound'));
    expect(hasHanded(streams(first))).toBe(true);
    expect(hasHanded(streams({ ...first, mutants: new Set(['hand-over-renewed']) }))).toBe(false);
  });

  it('tells R in one message that the Pod is lost and its object adopted', () => {
    const world = openScheduler();
    assign(world, 'r1-1');
    fire(world, 'handOver/rs');
    world.asked.length = 0;
    show(world, object('r1-1'));
    expect(world.said()).toMatchObject([
      {
        kind: 'Invalidate',
        lost: [{ uid: 'r1-1', reason: 'HandedOver' }],
        adopted: [{ uid: 'a-m-r1-1', node: null, phase: 'created' }],
      },
    ]);
    expect(world.records()).toEqual(['a-m-r1-1']);
  });

  it('hand-over-unmatched: else R counts two for one', () => {
    const world = openScheduler(['hand-over-unmatched']);
    assign(world, 'r1-1');
    fire(world, 'handOver/rs');
    show(world, object('r1-1'));
    expect(world.records()).toEqual(['r1-1', 'a-m-r1-1']);
  });

  it('places again what no object is shown of when the time of its create is over', () => {
    const world = openScheduler();
    assign(world, 'r1-1');
    fire(world, 'handOver/rs');
    world.give({ type: 'publishFailed', uid: 'r1-1', refusal: 'ambiguous', text: '' });
    expect(world.records()).toEqual(['r1-1']);
    expect(fire(world, 'ambiguous/r1-1')).toContainEqual({
      ...{ type: 'setTimer', timer: 'handOver/rs', milliseconds: TIMERS.handOver },
    });
  });

  it('refuses what may not be created', () => {
    const world = openScheduler();
    assign(world, 'r1-1');
    fire(world, 'handOver/rs');
    world.asked.length = 0;
    world.give({ type: 'publishFailed', uid: 'r1-1', refusal: 'quota', text: 'exceeded quota' });
    expect(world.said()).toMatchObject([
      { kind: 'Refused', pods: [{ uid: 'r1-1', reason: 'PublishRefused' }] },
    ]);
  });

  it('deletes what R ends, and confirms when it is gone', () => {
    const world = openScheduler();
    show(world, object('r1-1'));
    const effects = world.receive({ kind: 'Terminate', uids: ['a-m-r1-1'] });
    expect(effects).toMatchObject([
      { type: 'deleteStray', metadataUid: 'm-r1-1', resourceVersion: null, graceSeconds: 1 },
    ]);
    world.asked.length = 0;
    world.give({ type: 'podVanished', pod: object('r1-1') });
    expect(world.said()).toMatchObject([{ kind: 'Terminated', uids: ['a-m-r1-1'] }]);
  });

  it('leaves one that is bound to a Node with an agent to its K', () => {
    const world = openScheduler();
    world.give({ type: 'nodeObserved', node: nodeFact('n1') });
    show(world, object('r1-1', { node: 'n1' }));
    expect(world.records()).toEqual([]);
  });

  it('answers for one that was bound to a Node without an agent', () => {
    const world = openScheduler();
    world.give({ type: 'nodeObserved', node: nodeFact('n1', { agent: null }) });
    show(world, object('r1-1', { node: 'n1' }));
    expect(world.records()).toEqual(['a-m-r1-1']);
    world.asked.length = 0;
    show(world, object('r1-1', { node: 'n1', phase: 'Failed' }));
    expect(world.said()).toMatchObject([
      { kind: 'Invalidate', lost: [{ uid: 'a-m-r1-1', reason: 'Failed' }] },
    ]);
  });

  it('bare-by-name: takes a Node that was made anew without an agent for one without, and ends what is there', () => {
    const end = (mutants: readonly string[]) => {
      const world = openScheduler(mutants);
      world.give({ type: 'nodeObserved', node: nodeFact('n1') });
      world.give({ type: 'nodeObserved', node: nodeFact('n1', { uid: 'anew', agent: null }) });
      show(world, object('r1-1', { node: 'n1', handedOver: 'r1-1' }));
      world.receive({ kind: 'Terminate', uids: ['a-m-r1-1'] });
      return world.asked.filter(({ type }) => type === 'deleteStray').length;
    };
    expect(end([])).toBe(1);
    expect(end(['bare-by-name'])).toBe(0);
  });

  it('standing-unawaited: R may not connect before what stands was seen', () => {
    const isRead = ({ type }: Effect) => type === 'readLease';
    const opened = (mutants: readonly string[]) => {
      const world = openScheduler(mutants, { seen: false });
      return assign(world, 'r1-1').some(({ type }) => type === 'setTimer');
    };
    expect(opened([])).toBe(false);
    expect(opened(['standing-unawaited'])).toBe(true);
    const world = openScheduler([], { seen: false });
    expect(world.give({ type: 'synced', what: 'pods' }).some(isRead)).toBe(true);
  });

  it('clock-before-template: the clock runs from when the ReplicaSet is known', () => {
    const asksAgain = (mutants: readonly string[]) => {
      const world = openScheduler(mutants, { known: false });
      assign(world, 'r1-1');
      fire(world, 'handOver/rs');
      return world
        .give({ type: 'replicaSetObserved', replicaSet: replicaSetFact('rs') })
        .some((effect) => effect.type === 'setTimer' && effect.timer === 'handOver/rs');
    };
    expect(asksAgain([])).toBe(true);
    expect(asksAgain(['clock-before-template'])).toBe(false);
  });

  it('says how what it answers for is: bound it is out of its hands, and as ready as its object', () => {
    const world = openScheduler();
    show(world, object('r1-1'));
    world.asked.length = 0;
    show(world, object('r1-1', { node: 'n9', phase: 'Running', ready: true }));
    expect(world.said()).toMatchObject([
      { changed: [{ uid: 'a-m-r1-1', node: null, phase: 'accepted', ready: true }] },
    ]);
  });

  describe('when stock is given the Pods while one is being deleted', () => {
    const ended = (mutants: readonly string[] = []) => {
      const world = openScheduler(mutants);
      show(world, object('r1-1'));
      world.receive({ kind: 'Terminate', uids: ['a-m-r1-1'] });
      world.asked.length = 0;
      world.give({ type: 'switchObserved', switch: { owner: 'stock', resourceVersion: '2' } });
      return world;
    };
    const answer = (world: Opened, outcome: 'switch' | 'ambiguous' | 'accepted') =>
      world.give({ type: 'deleteAnswered', uid: 'a-m-r1-1', outcome });

    it('keeps its tombstone until the object is gone', () => {
      const world = ended();
      answer(world, 'accepted');
      expect(world.said()).toEqual([]);
      world.give({ type: 'podVanished', pod: object('r1-1') });
      expect(world.said()).toMatchObject([{ kind: 'Terminated', uids: ['a-m-r1-1'] }]);
    });

    it('lets go of it if the delete was denied', () => {
      const world = ended();
      answer(world, 'switch');
      expect(world.said()).toMatchObject([{ lost: [{ uid: 'a-m-r1-1', reason: 'OwnedByStock' }] }]);
    });

    it('waits out a delete of which nothing is known', () => {
      const world = ended();
      expect(answer(world, 'ambiguous')).toMatchObject([
        { type: 'setTimer', milliseconds: TIMERS.ambiguous },
      ]);
      fire(world, 'ambiguous/a-m-r1-1');
      expect(world.said()).toMatchObject([{ lost: [{ uid: 'a-m-r1-1', reason: 'OwnedByStock' }] }]);
    });

    it('unplaced-tombstone-left: else it lands after take back', () => {
      expect(ended(['unplaced-tombstone-left']).records()).toEqual([]);
    });
  });

  it('gives all of it up under stock, and looks again under direct', () => {
    const world = openScheduler();
    show(world, object('r1-1'));
    world.give({ type: 'switchObserved', switch: { owner: 'stock', resourceVersion: '2' } });
    expect(world.records()).toEqual([]);
    world.give({ type: 'switchObserved', switch: { owner: 'direct', resourceVersion: '3' } });
    expect(world.records()).toEqual(['a-m-r1-1']);
  });
});
