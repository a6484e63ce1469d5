/**
 * Every (state, event) of the Scheduler stage and of its small machines has a deliberate outcome: a row in a table here.
 * A state or an event that is added without a row fails.
 */
import { describe, expect, it } from 'vitest';
import {
  type Cancellation,
  type CancellationEvent,
  cancellationMachine,
  startCancellation,
  stepCancellation,
} from '../../machines/ownership/cancellation.ts';
import { preemptionMachine, startPreemption, stepPreemption } from '../../machines/ownership/preemption.ts';
import { type SchedulerState, schedulerStage, viewOfScheduler } from '../../machines/scheduler/index.ts';
import { schedulerMachine } from '../../machines/scheduler/machine.ts';
import { type EventType, HEARS, type StageEvent } from '../../spec/events.ts';
import type { Message, MessageKind, Offer } from '../../spec/messages.ts';
import { DIRECTIONS } from '../../spec/messages.ts';
import { nodeFact, openWorld, replicaSetFact, SchedulerWorld, size, strangerFact } from './schedulerWorld.ts';

type Heard = (typeof HEARS.scheduler)[number];
const session = { upstream: 9, downstream: 9, n: 9 };
const rejected: Message = { kind: 'Rejected', session, fence: { incarnation: 9, n: 9 }, reason: 'old' };

/** One event of each type that is about nothing the stage knows or has asked for. */
const STRAY: { readonly [T in Heard]: Extract<StageEvent, { type: T }> } = {
  connected: { type: 'connected', link: 'node/nobody', n: 1 },
  broken: { type: 'broken', link: 'node/nobody', upstream: 1, n: 1 },
  received: { type: 'received', link: 'node/nobody', message: rejected },
  leaseRead: { type: 'leaseRead', subject: 'scheduler', token: 'nobody asked', incarnation: 1 },
  nodesListed: { type: 'nodesListed', nodes: [] },
  nodeRead: { type: 'nodeRead', name: 'nobody', token: 'cancel/nobody/1', node: null },
  marked: { type: 'marked', node: 'nobody', mark: { incarnation: 1, n: 1 }, outcome: 'written' },
  nodeObserved: { type: 'nodeObserved', node: nodeFact('nobody', { agent: null }) },
  nodeVanished: { type: 'nodeVanished', name: 'nobody', uid: 'nothing' },
  replicaSetObserved: { type: 'replicaSetObserved', replicaSet: replicaSetFact('rs') },
  replicaSetVanished: { type: 'replicaSetVanished', uid: 'nothing' },
  podObserved: { type: 'podObserved', pod: strangerFact('x', 'n1', size(1), { node: null }) },
  podVanished: { type: 'podVanished', pod: strangerFact('x', 'n1', size(1)) },
  published: { type: 'published', uid: 'nothing', pod: strangerFact('x', 'n1', size(1)) },
  publishFailed: { type: 'publishFailed', uid: 'nothing', refusal: 'quota', text: '' },
  deleteAnswered: { type: 'deleteAnswered', uid: 'a-nothing', outcome: 'forbidden' },
  switchObserved: { type: 'switchObserved', switch: { owner: 'direct', resourceVersion: '1' } },
  synced: { type: 'synced', what: 'nodes' },
  timerFired: { type: 'timerFired', timer: 'writeBack/x' },
};

/** Each state of the stage, reached. */
const STATES: Readonly<Record<string, () => SchedulerState>> = {
  'leading.listing': () => {
    const world = new SchedulerWorld([]);
    world.give({ type: 'replicaSetObserved', replicaSet: replicaSetFact('rs') });
    return world.state;
  },
  'leading.recovering': () => {
    const world = new SchedulerWorld([nodeFact('n1')]);
    world.give({ type: 'replicaSetObserved', replicaSet: replicaSetFact('rs') });
    world.cut.add('n1');
    world.run();
    return world.state;
  },
  'leading.serving': () => {
    const world = openWorld([nodeFact('n1')]);
    world.assign(2);
    world.run();
    return world.state;
  },
  ended: () => {
    const world = openWorld([nodeFact('n1')]);
    world.give({ type: 'nodeObserved', node: nodeFact('n1', { mark: { incarnation: 5000, n: 1 } }) });
    world.run();
    return world.state;
  },
};
const leaves = (node: { id: string; states: Record<string, unknown> }): string[] => {
  const children = Object.values(node.states) as { id: string; states: Record<string, unknown> }[];
  return children.length === 0 ? [node.id.replace('scheduler.', '')] : children.flatMap(leaves);
};

describe('the stage', () => {
  it('has the states of the table', () => {
    expect(leaves(schedulerMachine.root as never).sort()).toEqual(Object.keys(STATES).sort());
  });
  for (const [name, make] of Object.entries(STATES))
    for (const type of HEARS.scheduler)
      it(`${name}: a stray ${type} changes nothing and asks for nothing`, () => {
        const before = make();
        if (name === 'leading.listing' && type === 'nodesListed') {
          const [after, effects] = schedulerStage.step(before, STRAY[type]);
          expect(after.value).toEqual({ leading: 'serving' });
          expect(effects).toEqual([]);
          return;
        }
        const [after, effects] = schedulerStage.step(before, STRAY[type]);
        expect(effects).toEqual([]);
        expect(viewOfScheduler(after)).toEqual(viewOfScheduler(before));
      });
  it('hears no event of another stage', () => {
    const state = STATES['leading.serving']?.() as SchedulerState;
    const others = Object.values(HEARS)
      .flat()
      .filter((type: EventType) => !(HEARS.scheduler as readonly EventType[]).includes(type));
    for (const type of new Set(others))
      expect(() => schedulerStage.step(state, { type } as StageEvent)).toThrow(
        expect.objectContaining({ code: 'INVARIANT_BROKEN' }),
      );
  });
  it('hears nothing once it is ended, whatever comes', () => {
    const world = openWorld([nodeFact('n1')]);
    world.assign(1);
    world.run();
    world.give({ type: 'nodeObserved', node: nodeFact('n1', { mark: { incarnation: 5000, n: 1 } }) });
    world.run();
    const { state } = world;
    world.ended = null;
    world.give({ type: 'nodeObserved', node: nodeFact('n2') });
    world.give({ type: 'timerFired', timer: 'unreachable/n1' });
    expect(world.state).toBe(state);
  });
});

describe('SessionFenced: every message of another session, or of the wrong direction', () => {
  const bodies: Record<MessageKind, object> = {
    Hello: { role: 'replicaset', peer: 'scheduler', wants: [] },
    Rejected: { fence: { incarnation: 1, n: 1 }, reason: 'old' },
    Offer: { incarnation: 9, held: [], wants: [], drained: null },
    Fetch: { uids: ['a'], tombstones: ['a'] },
    State: { records: [], wants: [], counts: [] },
    Assign: { records: [] },
    Assigned: { pods: [] },
    Refused: { pods: [{ uid: 'a', reason: 'x' }] },
    Terminate: { uids: ['a'] },
    Terminated: { uids: ['a'] },
    Invalidate: { changed: [], adopted: [], lost: [{ uid: 'a', reason: 'x' }], wants: [], counts: [] },
    Invalidated: {},
    Scale: { wants: [] },
    Scaled: { wants: [] },
    Gone: { deployments: [] },
    GoneAcknowledged: { deployments: [] },
  };
  for (const link of ['upstream', 'node/n1'] as const)
    for (const kind of Object.keys(DIRECTIONS) as MessageKind[])
      it(`${kind} on ${link} of an old session leaves the records as they are`, () => {
        const before = STATES['leading.serving']?.() as SchedulerState;
        const uid = [...before.context.records.keys()][0] as string;
        const body = JSON.parse(JSON.stringify(bodies[kind]).replaceAll('"a"', `"${uid}"`));
        const message = { kind, session: { upstream: 50, downstream: 999, n: 0 }, ...body } as Message;
        const [after, effects] = schedulerStage.step(before, { type: 'received', link, message });
        expect(after.context.records).toBe(before.context.records);
        expect(after.value).toEqual(before.value);
        const allowed = kind === 'Hello' && link === 'upstream' ? 'send' : 'report';
        expect(effects.map(({ type }) => type)).toEqual([allowed]);
      });
  for (const [link, kinds] of [
    ['upstream', ['Scale', 'Gone']],
    ['node/n1', ['Scaled', 'GoneAcknowledged']],
  ] as const)
    for (const kind of kinds)
      it(`${kind} on ${link}, of the current session, is refused and reported: it is of no use to S`, () => {
        const world = openWorld([nodeFact('n1')]);
        const { upstream, nodes } = world.state.context;
        const current =
          link === 'upstream'
            ? { upstream: 50, downstream: 1000, n: upstream.context.hello?.session.n ?? 0 }
            : { upstream: 1000, downstream: 100, n: nodes.get('n1')?.link.context.n ?? 0 };
        const message = { kind, session: current, ...bodies[kind] } as Message;
        const [after, effects] = schedulerStage.step(world.state, { type: 'received', link, message });
        expect(effects.map(({ type }) => type)).toEqual(['report']);
        expect(viewOfScheduler(after)).toEqual(viewOfScheduler(world.state));
      });
});

const offer = (drained: Offer['drained'], held: Offer['held'] = []): Offer => ({
  kind: 'Offer',
  session,
  incarnation: 100,
  held,
  wants: [],
  drained,
});
const EVENTS = {
  opened: { type: 'opened' },
  closed: { type: 'closed' },
  'offered undrained': {
    type: 'offered',
    offer: offer(null, [{ uid: 'r1-1', version: { stage: 'kubelet/n', incarnation: 1, counter: 1 } }]),
  },
  'offered drained': { type: 'offered', offer: offer({ incarnation: 7, n: 3 }) },
  timerFired: { type: 'timerFired' },
  'not ready': { type: 'readinessObserved', ready: false },
  released: { type: 'ownerObserved', owner: 'stock' },
  'taken back': { type: 'ownerObserved', owner: 'direct' },
  vanished: { type: 'vanished' },
  replaced: { type: 'replaced', nodeUid: 'second', ready: true },
  'node read': { type: 'nodeRead', token: 'cancel/n/1', node: nodeFact('n', { uid: 'u' }), n: 3 },
  'node read gone': { type: 'nodeRead', token: 'cancel/n/1', node: null, n: 3 },
  'node read other': { type: 'nodeRead', token: 'cancel/n/1', node: nodeFact('n', { uid: 'v' }), n: 3 },
  'node read newer mark': {
    type: 'nodeRead',
    token: 'cancel/n/1',
    node: nodeFact('n', { uid: 'u', mark: { incarnation: 9, n: 1 } }),
    n: 3,
  },
  'node read stale': { type: 'nodeRead', token: 'cancel/n/0', node: null, n: 3 },
  'marked written': { type: 'marked', mark: { incarnation: 7, n: 3 }, outcome: 'written' },
  'marked conflict': { type: 'marked', mark: { incarnation: 7, n: 3 }, outcome: 'conflict' },
  'marked gone': { type: 'marked', mark: { incarnation: 7, n: 3 }, outcome: 'gone' },
  'marked other': { type: 'marked', mark: { incarnation: 7, n: 2 }, outcome: 'written' },
  'lease ours': { type: 'leaseRead', token: 'confirm/n/2', incarnation: 7 },
  'lease lost': { type: 'leaseRead', token: 'confirm/n/2', incarnation: 8 },
  'lease stale': { type: 'leaseRead', token: 'confirm/n/1', incarnation: 8 },
} as const satisfies Record<string, CancellationEvent>;
type EventName = keyof typeof EVENTS;
const WAYS: Readonly<Record<string, readonly EventName[]>> = {
  unreachable: [],
  reachable: ['opened'],
  reading: ['timerFired'],
  marking: ['timerFired', 'node read'],
  readingAgain: ['timerFired', 'node read', 'marked conflict'],
  confirming: ['timerFired', 'node read', 'marked written'],
  cancelled: ['timerFired', 'node read', 'marked written', 'lease ours'],
  ended: ['timerFired', 'node read newer mark'],
};
/** Outcomes: the state after, and what is asked, or '-' for nothing. A pair that is not here leaves the state and asks nothing. */
const OUTCOMES: Readonly<Record<string, string>> = {
  'unreachable + opened': 'reachable: cancelTimer',
  'unreachable + offered undrained': 'unreachable: admit',
  'unreachable + offered drained': 'unreachable: admit',
  'unreachable + timerFired': 'reading: readNode',
  'unreachable + not ready': 'unreachable: setTimer',
  'unreachable + vanished': 'reading: cancelTimer readNode',
  'reachable + closed': 'unreachable: setTimer',
  'reachable + vanished': 'reading: hangUp readNode',
  'reading + opened': 'reachable: -',
  'reading + offered undrained': 'reading: admit',
  'reading + offered drained': 'reading: admit',
  'reading + released': 'unreachable: setTimer',
  'reading + vanished': 'reading: readNode',
  'reading + node read': 'marking: mark hangUp',
  'reading + node read gone': 'confirming: hangUp readLease',
  'reading + node read other': 'confirming: hangUp readLease',
  'reading + node read newer mark': 'ended: newerMark',
  'marking + marked written': 'confirming: readLease',
  'marking + marked gone': 'confirming: readLease',
  'marking + marked conflict': 'readingAgain: readNode',
  'readingAgain + vanished': 'readingAgain: readNode',
  'confirming + lease ours': 'cancelled: invalidate',
  'confirming + lease lost': 'ended: stop',
  'cancelled + opened': 'reachable: -',
  'cancelled + offered undrained': 'cancelled: hangUp',
  'cancelled + offered drained': 'cancelled: admit',
};

describe("a node's cancellation", () => {
  const ask = (output: { type: string; effect?: { type: string } }) => output.effect?.type ?? output.type;
  function reach(way: readonly EventName[]): Cancellation {
    let [state] = startCancellation({
      node: 'n',
      nodeUid: 'u',
      incarnation: 7,
      ready: true,
      owner: 'direct',
    });
    for (const name of way) [state] = stepCancellation(state, EVENTS[name]);
    return state;
  }
  it('has the states of the table', () => {
    expect(Object.keys(cancellationMachine.states).sort()).toEqual(Object.keys(WAYS).sort());
  });
  for (const [name, way] of Object.entries(WAYS))
    for (const event of Object.keys(EVENTS) as EventName[]) {
      const expected = OUTCOMES[`${name} + ${event}`] ?? `${name}: -`;
      it(`${name} + ${event} → ${expected}`, () => {
        const before = reach(way);
        expect(before.value).toBe(name);
        const [after, outputs] = stepCancellation(before, EVENTS[event]);
        expect(`${after.value}: ${outputs.map(ask).join(' ') || '-'}`).toBe(expected);
      });
    }
  it('every row of the table is about a state and an event that exist', () => {
    for (const row of Object.keys(OUTCOMES)) {
      const [state, event] = row.split(' + ');
      expect(WAYS).toHaveProperty([state as string]);
      expect(EVENTS).toHaveProperty([event as string]);
    }
  });
});

describe('a preemption', () => {
  const make = (awaited: readonly string[]) =>
    startPreemption({ preemptor: 'p', node: 'n', requests: size(1), awaited });
  it('has three states', () => {
    expect(Object.keys(preemptionMachine.states)).toEqual(['awaiting', 'cleared', 'ended']);
  });
  it.each([
    [['a', 'b'], { type: 'gone', uid: 'a' }, 'awaiting'],
    [['a'], { type: 'gone', uid: 'a' }, 'cleared'],
    [['a'], { type: 'gone', uid: 'x' }, 'awaiting'],
    [['a'], { type: 'released' }, 'ended'],
    [[], { type: 'gone', uid: 'a' }, 'cleared'],
    [[], { type: 'released' }, 'ended'],
  ] as const)('awaiting %j, %j → %s', (awaited, event, expected) => {
    expect(stepPreemption(make(awaited), event).value).toBe(expected);
  });
  it('ended hears nothing', () => {
    const ended = stepPreemption(make(['a']), { type: 'released' });
    expect(stepPreemption(ended, { type: 'gone', uid: 'a' }).value).toBe('ended');
    expect(stepPreemption(ended, { type: 'released' }).value).toBe('ended');
  });
});
