/** The Autoscaler stage by itself (protocol 3, 8). */
import { describe, expect, test } from 'vitest';
import {
  autoscalerMachine,
  autoscalerStage,
  isAloneWithRequests,
  viewOfAutoscaler,
} from '../../machines/autoscaler/index.ts';
import type { Effect } from '../../spec/effects.ts';
import { HEARS, type StageEvent } from '../../spec/events.ts';
import type { Message } from '../../spec/messages.ts';
import type { Want } from '../../spec/vocabulary.ts';
import { DEPLOYMENT, deploymentFact } from './support/wantsApi.ts';
import { EVERY_EVENT } from './support/wantsEvents.ts';

type State = ReturnType<typeof autoscalerStage.start>[0];
const session = { upstream: 9, downstream: 5, n: 1 };
const want = (value: number, incarnation = 0, counter = 0, generation = 1): Want => ({
  ...{ deployment: DEPLOYMENT, version: { generation, incarnation, counter }, value },
  ...{ replicaSet: 'rs-1', revision: 'hash-0', mode: 'direct', confirmed: true },
});

function give(state: State, ...events: readonly StageEvent[]): readonly [State, readonly Effect[]] {
  let next = state;
  const all: Effect[] = [];
  for (const event of events) {
    const [after, effects] = autoscalerStage.step(next, event);
    next = after;
    all.push(...effects);
  }
  return [next, all];
}
const received = (message: Message): StageEvent => ({ type: 'received', link: 'downstream', message });
const ask = (replicas: number): StageEvent => ({ type: 'scaleRequested', deployment: DEPLOYMENT, replicas });
const fresh = () => autoscalerStage.start({ incarnation: 9 })[0];
const opening = (wants: readonly Want[]): readonly StageEvent[] => [
  { type: 'connected', link: 'downstream', n: 1 },
  received({ kind: 'Offer', session, incarnation: 5, held: [], wants: [], drained: null }),
  { type: 'leaseRead', subject: 'deployment', token: 'peer/downstream/1', incarnation: 5 },
  received({ kind: 'State', session, records: [], wants, counts: [] }),
];
const open = (wants: readonly Want[] = [want(0)]) => give(fresh(), ...opening(wants))[0];
const scales = (effects: readonly Effect[]) =>
  effects.flatMap((each) =>
    each.type === 'send' && each.message.kind === 'Scale' ? [each.message.wants] : [],
  );
const told = (...wants: readonly Want[]): StageEvent =>
  received({ kind: 'Invalidate', session, changed: [], adopted: [], lost: [], wants, counts: [] });

describe('the Autoscaler', () => {
  test('mints each version above the highest want it holds, with its generation', () => {
    const [, effects] = give(open([want(3, 8, 4, 6)]), ask(5), ask(7));
    expect(
      scales(effects)
        .flat()
        .map((each) => [each.value, each.version]),
    ).toEqual([
      [5, { generation: 6, incarnation: 9, counter: 1 }],
      [7, { generation: 6, incarnation: 9, counter: 2 }],
    ]);
  });

  test('keeps a request until D has told a want of the Deployment, and mints above that', () => {
    const [waiting, before] = give(fresh(), ask(5));
    expect(scales(before)).toEqual([]);
    const [state, effects] = give(waiting, ...opening([]));
    expect(scales(effects)).toEqual([[]]);
    const [after, later] = give(state, told(want(2, 0, 0, 4)));
    expect(
      scales(later)
        .flat()
        .map((each) => [each.value, each.version.generation]),
    ).toEqual([[5, 4]]);
    expect(viewOfAutoscaler(after).pending).toEqual({});
  });

  test('is alone with a request until D has told a want and its link is open: it ends no sooner', () => {
    const isAlone = (state: State) => isAloneWithRequests(state);
    expect([isAlone(fresh()), isAlone(open())]).toEqual([false, false]);
    const waiting = give(fresh(), ask(5))[0];
    expect(isAlone(waiting)).toBe(true);
    const sent = give(waiting, ...opening([want(2)]))[0];
    expect(isAlone(sent)).toBe(false);
    const broken: StageEvent = { type: 'broken', link: 'downstream', upstream: 9, n: 1 };
    expect(isAlone(give(sent, broken, ask(7))[0])).toBe(true);
    expect(isAlone(give(open(), broken)[0])).toBe(false);
  });

  test('adopts a higher version from below, and keeps its own against a lower', () => {
    const [mine] = give(open(), ask(5));
    expect(viewOfAutoscaler(give(mine, told(want(1)))[0]).wants[DEPLOYMENT]?.value).toBe(5);
    expect(viewOfAutoscaler(give(mine, told(want(1, 0, 0, 2)))[0]).wants[DEPLOYMENT]?.value).toBe(1);
  });

  test('says on every opening what it wants, even nothing: so D has heard it', () => {
    const [, effects] = give(fresh(), ...opening([]));
    expect(scales(effects)).toEqual([[]]);
    const [, again] = give(fresh(), ...opening([want(4)]));
    expect(scales(again).flat()).toEqual([want(4)]);
  });

  test('keeps what is asked while the link is down, and sends it when it opens', () => {
    const [down] = give(open(), { type: 'broken', link: 'downstream', upstream: 9, n: 1 });
    const [asked, none] = give(down, ask(5));
    expect(scales(none)).toEqual([]);
    const second = { ...session, n: 2 };
    const [, effects] = give(
      asked,
      { type: 'connected', link: 'downstream', n: 2 },
      received({ kind: 'Offer', session: second, incarnation: 5, held: [], wants: [], drained: null }),
      { type: 'leaseRead', subject: 'deployment', token: 'peer/downstream/2', incarnation: 5 },
      received({ kind: 'State', session: second, records: [], wants: [want(0)], counts: [] }),
    );
    expect(
      scales(effects)
        .flat()
        .map((each) => each.value),
    ).toEqual([5]);
  });

  test('changes nothing when asked for what is wanted already', () => {
    const [state, effects] = give(open([want(4)]), ask(4));
    expect(effects).toEqual([]);
    expect(viewOfAutoscaler(state).minted).toBe(0);
  });

  test.each([-1, 1.5, Number.NaN])('refuses %s replicas, and says why', (replicas) => {
    const [state, effects] = give(open(), ask(replicas));
    expect(effects).toMatchObject([{ type: 'report', reason: 'ScaleRefused' }]);
    expect(viewOfAutoscaler(state).wants[DEPLOYMENT]?.value).toBe(0);
  });

  test('tells D Gone of a deleted Deployment until it is acknowledged, and takes no want of it meanwhile', () => {
    const gone: StageEvent = { type: 'deploymentVanished', uid: DEPLOYMENT };
    const [state, effects] = give(open([want(4)]), gone);
    expect(effects).toMatchObject([{ message: { kind: 'Gone', deployments: [DEPLOYMENT] } }]);
    const [late] = give(state, told(want(9, 0, 0, 9)));
    expect(viewOfAutoscaler(late)).toMatchObject({ wants: {}, gone: [DEPLOYMENT] });
    const [after] = give(late, received({ kind: 'GoneAcknowledged', session, deployments: [DEPLOYMENT] }));
    expect(viewOfAutoscaler(after).gone).toEqual([]);
  });

  const seen: StageEvent = { type: 'deploymentObserved', deployment: deploymentFact({}) };
  const answer: StageEvent = { type: 'synced', what: 'deployments', token: 'strangers' };
  const begun = (...mutants: string[]) =>
    give(
      autoscalerStage.start({ incarnation: 9, mutants: new Set(mutants) })[0],
      { type: 'synced', what: 'deployments' },
      ...opening([want(4)]),
    )[0];

  test('a watch that lists anew does not say that a Deployment is gone, which A was told of: the list asked for does (†)', () => {
    const anew: StageEvent = { type: 'synced', what: 'deployments' };
    const wants = (...mutants: string[]) =>
      Object.keys(viewOfAutoscaler(give(begun(...mutants), anew)[0]).wants);
    expect([wants(), wants('any-list-taken')]).toEqual([[DEPLOYMENT], []]);
    const [after] = give(begun(), anew, { ...anew, token: 'strangers' });
    expect(viewOfAutoscaler(after)).toMatchObject({ wants: {}, gone: [DEPLOYMENT] });
  });

  test('takes it back that a Deployment is gone when it is shown standing: both say anew what they hold (†)', () => {
    const gone: StageEvent = { type: 'deploymentVanished', uid: DEPLOYMENT };
    const known = (...mutants: string[]) => give(begun(...mutants), seen, answer)[0];
    const [state, effects] = give(known(), gone, seen);
    expect(viewOfAutoscaler(state)).toMatchObject({ gone: [], down: { state: 'dialling', n: 2 } });
    expect(effects.map(({ type }) => type)).toEqual(['send', 'disconnect', 'connect']);
    const [kept] = give(known('gone-for-good'), gone, seen, told(want(4)));
    expect(viewOfAutoscaler(kept)).toMatchObject({ wants: {}, gone: [DEPLOYMENT] });
  });

  test('what is shown of a Deployment after its end, while a list is under way, the next list decides (†)', () => {
    const gone: StageEvent = { type: 'deploymentVanished', uid: DEPLOYMENT };
    const [state, effects] = give(begun(), gone, seen, answer);
    expect(viewOfAutoscaler(state)).toMatchObject({ gone: [DEPLOYMENT], seen: [] });
    expect(effects.filter(({ type }) => type === 'relist')).toHaveLength(1);
    expect(viewOfAutoscaler(give(state, seen, answer)[0])).toMatchObject({ gone: [], seen: [DEPLOYMENT] });
    const [believed] = give(begun('old-list-revives'), gone, seen);
    expect(viewOfAutoscaler(believed)).toMatchObject({ gone: [], seen: [DEPLOYMENT] });
  });

  test('takes a deletionTimestamp for a deletion, once', () => {
    const seen: StageEvent = {
      type: 'deploymentObserved',
      deployment: deploymentFact({ deleting: true }),
    };
    const [, effects] = give(open([want(4)]), seen, seen);
    expect(effects.filter((each) => each.type === 'send')).toHaveLength(1);
  });

  test('SessionFenced: a message of another session changes nothing', () => {
    const state = open([want(4)]);
    const old = { ...session, downstream: 4 };
    const message: Message = {
      kind: 'Invalidate',
      session: old,
      ...{ changed: [], adopted: [], lost: [], wants: [want(9, 0, 0, 9)], counts: [] },
    };
    const [after] = give(state, received(message));
    expect(viewOfAutoscaler(after)).toEqual(viewOfAutoscaler(state));
  });
});

describe('every (state, event) of the Autoscaler', () => {
  const states: Record<string, State> = {
    recovering: fresh(),
    greeting: give(fresh(), { type: 'connected', link: 'downstream', n: 1 })[0],
    serving: give(open(), ask(3))[0],
    cut: give(open(), { type: 'broken', link: 'downstream', upstream: 9, n: 1 })[0],
  };
  const cases = Object.keys(states).flatMap((name) =>
    EVERY_EVENT.map((event) => [name, event.type, event] as const),
  );

  test.each(cases)('%s hears or refuses %s', (name, type, event) => {
    const state = states[name] as State;
    const before = JSON.stringify(viewOfAutoscaler(state));
    if (!(HEARS.autoscaler as readonly string[]).includes(type))
      return expect(() => autoscalerStage.step(state, event)).toThrow(/INVARIANT_BROKEN|autoscaler hears/);
    const [after, effects] = autoscalerStage.step(state, event);
    expect(['recovering', 'serving']).toContain(viewOfAutoscaler(after).state);
    expect(after.context.effects).toEqual([]);
    expect(Array.isArray(effects)).toBe(true);
    expect(JSON.stringify(viewOfAutoscaler(state)), 'the state before is not mutated').toBe(before);
  });

  test('hears each event by a handler in each of its states', () => {
    for (const state of ['recovering', 'serving'] as const)
      for (const type of HEARS.autoscaler) expect(Object.keys(handlersOf(state))).toContain(type);
  });
});

function handlersOf(state: 'recovering' | 'serving'): object {
  return autoscalerMachine.config.states?.[state]?.on ?? {};
}
