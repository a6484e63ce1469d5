/** The Deployment stage by itself (protocol 3, 8, 9). */
import { describe, expect, test } from 'vitest';
import { deploymentMachine, deploymentStage, viewOfDeployment } from '../../machines/deployment/index.ts';
import type { Effect } from '../../spec/effects.ts';
import { HEARS, type StageEvent } from '../../spec/events.ts';
import type { DeploymentFact } from '../../spec/facts.ts';
import type { Message } from '../../spec/messages.ts';
import { TIMERS } from '../../spec/timers.ts';
import type { Want } from '../../spec/vocabulary.ts';
import { DEPLOYMENT, deploymentFact, replicaSetFact } from './support/wantsApi.ts';
import { EVERY_EVENT } from './support/wantsEvents.ts';

type State = ReturnType<typeof deploymentStage.start>[0];
const toR = { upstream: 9, downstream: 5, n: 1 };
const toA = { upstream: 3, downstream: 9, n: 1 };
const version = { generation: 1, incarnation: 3, counter: 1 };
const want = (value: number, over: Partial<Want> = {}): Want => ({
  ...{
    deployment: DEPLOYMENT,
    version,
    value,
    replicaSet: null,
    revision: '',
    mode: 'direct',
    confirmed: true,
  },
  ...over,
});
const written = (value: number): NonNullable<DeploymentFact['written']> => ({
  ...{
    deployment: DEPLOYMENT,
    value,
    version: { generation: 1, incarnation: 0, counter: 0 },
    generation: 2,
    owner: null,
    rest: 'rest-0',
  },
});
/** An object that D has annotated: nothing to write. */
const settled = (value: number, over: Partial<DeploymentFact> = {}) =>
  deploymentFact({ replicas: value, generation: 2, resourceVersion: '2', written: written(value), ...over });

function give(state: State, ...events: readonly StageEvent[]): readonly [State, readonly Effect[]] {
  let next = state;
  const all: Effect[] = [];
  for (const event of events) {
    const [after, effects] = deploymentStage.step(next, event);
    next = after;
    all.push(...effects);
  }
  return [next, all];
}
const fromR = (message: Message): StageEvent => ({ type: 'received', link: 'downstream', message });
const fromA = (message: Message): StageEvent => ({ type: 'received', link: 'upstream', message });
const observed = (deployment: DeploymentFact): StageEvent => ({ type: 'deploymentObserved', deployment });
const rs = (replicas: number): StageEvent => ({
  type: 'replicaSetObserved',
  replicaSet: replicaSetFact({ replicas, desired: replicas }),
});
const listed: readonly StageEvent[] = [
  { type: 'synced', what: 'deployments' },
  { type: 'synced', what: 'replicaSets' },
];
const readAgain = listed.map((each): StageEvent => ({ ...each, token: 'takenBack' }) as StageEvent);
const openR = (wants: readonly Want[] = [], live = 0): readonly StageEvent[] => [
  { type: 'connected', link: 'downstream', n: 1 },
  fromR({ kind: 'Offer', session: toR, incarnation: 5, held: [], wants: [], drained: null }),
  { type: 'leaseRead', subject: 'replicaset', token: 'peer/downstream/1', incarnation: 5 },
  fromR({ kind: 'State', session: toR, records: [], wants, counts: [count(live)] }),
];
const openA: readonly StageEvent[] = [
  fromA({
    kind: 'Hello',
    session: { ...toA, downstream: 0 },
    role: 'autoscaler',
    peer: 'deployment',
    wants: [],
  }),
  { type: 'leaseRead', subject: 'autoscaler', token: 'verify/upstream/3/1', incarnation: 3 },
  fromA({ kind: 'Fetch', session: toA, uids: [], tombstones: [] }),
];
const count = (live: number, terminating = 0) => ({
  ...{ deployment: DEPLOYMENT, replicaSet: 'rs-1', live, ready: live, terminating },
});
const scale = (...wants: readonly Want[]): StageEvent => fromA({ kind: 'Scale', session: toA, wants });
const fresh = (mutants: readonly string[] = []) =>
  deploymentStage.start({ incarnation: 9, mutants: new Set(mutants) })[0];
const serving = (value = 0, live = value, mutants: readonly string[] = []) =>
  give(
    fresh(mutants),
    observed(settled(value)),
    rs(value),
    ...listed,
    ...openR([], live),
    ...openA,
    scale(),
  )[0];
const sent = (effects: readonly Effect[], kind: Message['kind']) =>
  effects.flatMap((each) => (each.type === 'send' && each.message.kind === kind ? [each.message] : []));
const kinds = (effects: readonly Effect[]) =>
  effects.map((each) => (each.type === 'send' ? each.message.kind : each.type));
const counted = (live: number, terminating = 0): StageEvent =>
  fromR({
    ...{ kind: 'Invalidate', session: toR, changed: [], adopted: [], lost: [], wants: [] },
    counts: [count(live, terminating)],
  });

describe('the Deployment stage', () => {
  test('sends a raise to R first, then writes it, and tells A that it was received', () => {
    expect(kinds(give(serving(), scale(want(20)))[1])).toEqual(['Scale', 'writeReplicas', 'Scaled']);
  });

  test('sends a lowering to R at once, and writes it when R counts no more Pods than wanted', () => {
    const [state, effects] = give(serving(20), scale(want(5)));
    expect(kinds(effects)).toEqual(['Scale', 'setTimer', 'Scaled']);
    const [half, none] = give(state, counted(12, 8));
    expect(kinds(none)).toEqual(['Invalidated', 'Invalidate']);
    expect(kinds(give(half, counted(5))[1])).toEqual([
      'Invalidated',
      'cancelTimer',
      'writeReplicas',
      'Invalidate',
    ]);
  });

  test('writes a lowering after its time, when R does not count', () => {
    const [state] = give(serving(20), scale(want(5)));
    expect(kinds(give(state, { type: 'timerFired', timer: `lower/${DEPLOYMENT}` })[1])).toContain(
      'writeReplicas',
    );
  });

  test('makes an external write a want, to R at once, and annotates it; then A is told', () => {
    const external = settled(7, {
      generation: 3,
      resourceVersion: '3',
      replicasOwner: 'kubectl/Update/scale',
      written: written(0),
    });
    const [state, effects] = give(serving(), observed(external));
    const g = { generation: 3, incarnation: 0, counter: 0 };
    expect(sent(effects, 'Scale')).toMatchObject([{ wants: [{ version: g, value: 7, confirmed: true }] }]);
    expect(sent(effects, 'Invalidate')).toEqual([]);
    expect(effects.find((each) => each.type === 'writeReplicas')).toMatchObject({
      value: null,
      written: { version: g },
    });
    const annotated = {
      ...{ ...external, generation: 4, resourceVersion: '4' },
      written: { ...written(7), version: g, generation: 4 },
    };
    const [, later] = give(state, observed(annotated));
    expect(sent(later, 'Invalidate')).toMatchObject([{ wants: [{ version: g, value: 7 }] }]);
  });

  test("answers an older want of A's with its newer one", () => {
    const [, effects] = give(
      serving(4),
      scale(want(9, { version: { generation: 0, incarnation: 3, counter: 9 } })),
    );
    expect(sent(effects, 'Invalidate')).toMatchObject([{ wants: [{ value: 4 }] }]);
    expect(sent(effects, 'Scale')).toEqual([]);
  });

  test('decides nothing before Deployments and ReplicaSets are listed', () => {
    const [state, effects] = give(
      fresh(),
      ...openR([want(9)]),
      observed(deploymentFact()),
      rs(0),
      listed[0]!,
    );
    expect(viewOfDeployment(state).state).toBe('listing');
    expect(sent(effects, 'Scale')).toEqual([]);
    expect(kinds(effects)).not.toContain('writeReplicas');
    expect(sent(give(state, listed[1]!)[1], 'Scale')).toMatchObject([{ wants: [{ value: 9 }] }]);
  });

  test('sends its highest want on every opening, also when R holds that version', () => {
    const same = { generation: 1, incarnation: 0, counter: 0 };
    const start = give(fresh(), observed(settled(4)), rs(4), ...listed)[0];
    const [, effects] = give(start, ...openR([want(4, { version: same })]));
    expect(sent(effects, 'Scale')).toMatchObject([{ wants: [{ version: same, value: 4 }] }]);
  });

  test('takes a higher want that R held', () => {
    const start = give(fresh(), observed(settled(4)), rs(4), ...listed)[0];
    const [state, effects] = give(start, ...openR([want(9)]));
    expect(viewOfDeployment(state).entries[DEPLOYMENT]?.want).toEqual({ version, value: 9 });
    expect(sent(effects, 'Scale')).toMatchObject([{ wants: [{ version, value: 9 }] }]);
  });

  test('marks its wants unconfirmed until A is heard, or its timer has fired', () => {
    const start = give(fresh(), observed(settled(4)), rs(4), ...listed)[0];
    const [unheard, first] = give(start, ...openR());
    expect(sent(first, 'Scale')).toMatchObject([{ wants: [{ confirmed: false }] }]);
    const [, heard] = give(unheard, ...openA, scale());
    expect(sent(heard, 'Scale')).toMatchObject([{ wants: [{ confirmed: true }] }]);
    expect(heard).toContainEqual({ type: 'cancelTimer', timer: 'unconfirmed' });
    const [, late] = give(unheard, { type: 'timerFired', timer: 'unconfirmed' });
    expect(sent(late, 'Scale')).toMatchObject([{ wants: [{ confirmed: true }] }]);
    expect(deploymentStage.start({ incarnation: 9 })[1]).toContainEqual({
      ...{ type: 'setTimer', timer: 'unconfirmed', milliseconds: TIMERS.unconfirmed },
    });
  });

  test('answers Hello only when its link to R has been open in this incarnation', () => {
    const [state, before] = give(fresh(), openA[0]!);
    expect(kinds(before)).toEqual([]);
    const [, effects] = give(state, ...openR());
    expect(kinds(effects)).toContain('readLease');
    expect(sent(give(fresh(), ...openR(), ...openA)[1], 'State')).toHaveLength(1);
  });

  test('SessionFenced: an A whose Lease names another incarnation is rejected', () => {
    const stranger: StageEvent = {
      ...{ type: 'leaseRead', subject: 'autoscaler', token: 'verify/upstream/3/1', incarnation: 4 },
    };
    const [, effects] = give(fresh(), ...openR(), openA[0]!, stranger);
    expect(sent(effects, 'Rejected')).toMatchObject([{ reason: 'notTheLeader' }]);
  });

  test("passes R's counts on to A", () => {
    expect(sent(give(serving(4), counted(3))[1], 'Invalidate')).toMatchObject([{ counts: [{ live: 3 }] }]);
  });

  test('tells R Gone of a deleted Deployment, and forgets it with its timers', () => {
    const [lowering] = give(serving(20), scale(want(5)));
    const [state, effects] = give(lowering, { type: 'deploymentVanished', uid: DEPLOYMENT });
    expect(sent(effects, 'Gone')).toMatchObject([{ deployments: [DEPLOYMENT] }]);
    expect(effects).toContainEqual({ type: 'cancelTimer', timer: `lower/${DEPLOYMENT}` });
    expect(viewOfDeployment(state)).toMatchObject({ entries: {}, gone: [DEPLOYMENT] });
    const [after] = give(state, fromR({ kind: 'GoneAcknowledged', session: toR, deployments: [DEPLOYMENT] }));
    expect(viewOfDeployment(after).gone).toEqual([]);
  });

  test('takes a deletionTimestamp for a deletion; it is not a want of zero', () => {
    const [, effects] = give(serving(4), observed(settled(4, { deleting: true, resourceVersion: '3' })));
    expect(sent(effects, 'Gone')).toHaveLength(1);
    expect(sent(effects, 'Scale')).toEqual([]);
  });

  test("acknowledges A's Gone once it has seen the deletion itself", () => {
    const gone = fromA({ kind: 'Gone', session: toA, deployments: [DEPLOYMENT] });
    const [state, early] = give(serving(4), gone);
    expect(sent(early, 'GoneAcknowledged')).toEqual([]);
    const [after, late] = give(state, { type: 'deploymentVanished', uid: DEPLOYMENT });
    expect(sent(late, 'GoneAcknowledged')).toHaveLength(1);
    expect(sent(give(after, gone)[1], 'GoneAcknowledged')).toHaveLength(1);
  });

  test('holds a want of a Deployment that it has not seen, and sends it when it sees it', () => {
    const start = give(fresh(), rs(0), ...openR(), ...openA, scale(want(6)), ...listed)[0];
    expect(viewOfDeployment(start).suspects).toEqual([DEPLOYMENT]);
    const [, effects] = give(start, observed(deploymentFact()));
    expect(sent(effects, 'Scale')).toMatchObject([{ wants: [{ value: 6 }] }]);
  });
});

test('a Deployment that a list did not show is not asked for again for its ReplicaSets, until the session with R is another (†)', () => {
  const other: StageEvent = {
    type: 'replicaSetObserved',
    replicaSet: replicaSetFact({ uid: 'rs-e', deployment: 'uid-e' }),
  };
  const answer: StageEvent = { type: 'synced', what: 'deployments', token: 'strangers' };
  const acknowledged = fromR({ kind: 'GoneAcknowledged', session: toR, deployments: [DEPLOYMENT] });
  /** Two have left, and R has acknowledged the first while D lists for the second. */
  const begun = (...mutants: string[]) =>
    give(fresh(mutants), rs(0), ...openR(), ...listed, other, answer, acknowledged)[0];
  const asks = (state: State, ...events: readonly StageEvent[]) =>
    give(state, ...events)[1].filter(({ type }) => type === 'relist').length;
  expect(asks(begun(), answer)).toBe(0);
  expect(asks(begun('strangers-asked-again'), answer)).toBe(1);
});

describe('two owners', () => {
  const stock: StageEvent = { type: 'switchObserved', switch: { owner: 'stock', resourceVersion: '50' } };
  const direct: StageEvent = { type: 'switchObserved', switch: { owner: 'direct', resourceVersion: '60' } };
  const flushed: StageEvent = {
    ...{ type: 'replicasWritten', deployment: DEPLOYMENT, refusal: null },
    after: settled(5, {
      generation: 3,
      resourceVersion: '3',
      written: { ...written(5), version, generation: 3 },
    }),
  };

  test('release: a want that waited is flushed at once, and acknowledged when it is written', () => {
    const [lowering] = give(serving(20), scale(want(5)));
    const [released, effects] = give(lowering, stock);
    expect(kinds(effects)).toEqual(['cancelTimer', 'writeReplicas']);
    const [state, after] = give(released, flushed);
    expect(after).toContainEqual({ type: 'acknowledgeOwner', owner: 'stock', switchVersion: '50' });
    expect(viewOfDeployment(state).state).toBe('released');
    expect(kinds(give(state, scale(want(2, { version: { ...version, counter: 2 } })))[1])).toContain(
      'writeReplicas',
    );
  });

  test('asked to flush before a release, D writes what waits, acknowledges that version, and then keeps its pace', () => {
    const asked: StageEvent = {
      type: 'switchObserved',
      switch: { owner: 'direct', resourceVersion: '40', flush: true },
    };
    const [lowering] = give(serving(20), scale(want(5)));
    const [flushing, effects] = give(lowering, asked);
    expect(kinds(effects)).toEqual(['cancelTimer', 'writeReplicas']);
    const [state, after] = give(flushing, flushed);
    expect(after).toContainEqual({ type: 'acknowledgeOwner', owner: 'direct', switchVersion: '40' });
    expect(viewOfDeployment(state).state).toBe('serving');
    const [again] = give(state, asked);
    const later = give(again, scale(want(2, { version: { ...version, counter: 2 } })))[1];
    expect(kinds(later)).not.toContain('writeReplicas');
  });

  test('ReleaseAcknowledged has teeth: without the wait D acknowledges a want that is not written', () => {
    const acknowledged = (mutants: readonly string[]) => {
      const [lowering] = give(serving(20, 20, mutants), scale(want(5)));
      return kinds(give(lowering, stock)[1]).includes('acknowledgeOwner');
    };
    expect(acknowledged([])).toBe(false);
    expect(acknowledged(['flush-unawaited'])).toBe(true);
  });

  test('take back: Deployments and ReplicaSets are read again before R is sent anything', () => {
    const [released] = give(serving(4), stock);
    const [propagating, effects] = give(released, direct);
    expect(effects).toContainEqual({
      type: 'setTimer',
      timer: 'propagation',
      milliseconds: TIMERS.propagation,
    });
    const [rereading, lists] = give(propagating, { type: 'timerFired', timer: 'propagation' });
    expect(lists).toEqual([
      { type: 'relist', what: 'deployments', token: 'takenBack' },
      { type: 'relist', what: 'replicaSets', token: 'takenBack' },
    ]);
    const meanwhile = settled(8, {
      generation: 4,
      resourceVersion: '4',
      replicasOwner: 'hpa/Update/scale',
      written: written(4),
    });
    const [waiting, none] = give(rereading, observed(meanwhile), readAgain[0]!);
    expect(sent(none, 'Scale')).toEqual([]);
    const [state, told] = give(waiting, readAgain[1]!);
    expect(sent(told, 'Scale')).toMatchObject([{ wants: [{ value: 8 }] }]);
    expect(viewOfDeployment(state).state).toBe('serving');
  });

  test('take back: a watch that lists anew answers no list that was asked for (†)', () => {
    const value = (...mutants: string[]) => {
      const events = [stock, direct, { type: 'timerFired', timer: 'propagation' }, ...listed] as const;
      return viewOfDeployment(give(serving(4, 4, mutants), ...events)[0]).state;
    };
    expect(value()).toBe('rereading');
    expect(value('any-list-taken')).toBe('serving');
  });

  test('what the watch told to be gone while a list was under way, the list does not bring back (†)', () => {
    const older = settled(4);
    const begun = (...mutants: string[]) =>
      give(
        serving(4, 4, mutants),
        ...([stock, direct, { type: 'timerFired', timer: 'propagation' }] as const),
        { type: 'deploymentVanished', uid: DEPLOYMENT },
        observed(older),
        ...readAgain,
      );
    const [state, effects] = begun();
    expect(viewOfDeployment(state)).toMatchObject({ state: 'rereading', entries: {} });
    expect(effects).toContainEqual({ type: 'relist', what: 'deployments', token: 'doubted' });
    expect(Object.keys(viewOfDeployment(begun('old-list-revives')[0]).entries)).toEqual([DEPLOYMENT]);
    // It had only lost its label: the next list shows it.
    const [after] = give(state, observed(older), { ...readAgain[0]!, token: 'doubted' } as StageEvent);
    expect(Object.keys(viewOfDeployment(after).entries)).toEqual([DEPLOYMENT]);
  });

  test('a switch back to stock while it is taken back releases again', () => {
    const [released] = give(serving(4), stock, direct);
    const again: StageEvent = { type: 'switchObserved', switch: { owner: 'stock', resourceVersion: '70' } };
    expect(viewOfDeployment(give(released, again)[0])).toMatchObject({
      state: 'released',
      acknowledged: '70',
    });
  });

  test('a D that starts under stock is released once it knows the lists', () => {
    const [state] = give(fresh(), stock, observed(settled(4)), rs(4), ...listed);
    expect(viewOfDeployment(state).state).toBe('released');
  });
});

describe('every (state, event) of the Deployment stage', () => {
  const stock: StageEvent = { type: 'switchObserved', switch: { owner: 'stock', resourceVersion: '50' } };
  const direct: StageEvent = { type: 'switchObserved', switch: { owner: 'direct', resourceVersion: '60' } };
  const propagated: StageEvent = { type: 'timerFired', timer: 'propagation' };
  const states: Record<string, State> = {
    listing: fresh(),
    serving: give(serving(4), scale(want(9)))[0],
    released: give(serving(4), stock)[0],
    propagating: give(serving(4), stock, direct)[0],
    rereading: give(serving(4), stock, direct, propagated)[0],
  };
  const cases = Object.keys(states).flatMap((name) =>
    EVERY_EVENT.map((event) => [name, event.type, event] as const),
  );

  test('the states are those of the machine, and each has a handler for all that D hears', () => {
    expect(Object.keys(states).sort()).toEqual(Object.keys(deploymentMachine.states).sort());
    for (const [name, state] of Object.entries(states)) {
      expect(viewOfDeployment(state).state).toBe(name);
      const node = deploymentMachine.config.states?.[name as 'listing'];
      expect(Object.keys(node?.on ?? {}).sort()).toEqual([...HEARS.deployment].sort());
      expect(node?.description).toBeTruthy();
    }
  });

  test.each(cases)('%s hears or refuses %s', (name, type, event) => {
    const state = states[name] as State;
    const before = JSON.stringify(viewOfDeployment(state));
    if (!(HEARS.deployment as readonly string[]).includes(type))
      return expect(() => deploymentStage.step(state, event)).toThrow(/deployment hears/);
    const [after, effects] = deploymentStage.step(state, event);
    expect(Object.keys(states)).toContain(viewOfDeployment(after).state);
    expect(after.context.effects).toEqual([]);
    expect(effects.some((each) => each.type === 'restart' || each.type === 'stop')).toBe(false);
    expect(JSON.stringify(viewOfDeployment(state)), 'the state before is not mutated').toBe(before);
  });
});
