/** The ReplicaSet stage (protocol 2, 3, 4, 8, 9): what it mints and ends, and what it never does. */
import { describe, expect, it } from 'vitest';
import { type ReplicaSetState, replicaSetStage, viewOfReplicaSet } from '../../machines/replicaset/index.ts';
import type { Effect } from '../../spec/effects.ts';
import { HEARS, type StageEvent } from '../../spec/events.ts';
import type { NodeFact, PodFact, ReplicaSetFact } from '../../spec/facts.ts';
import type { Message } from '../../spec/messages.ts';
import type { Owner, PodRecord, Want } from '../../spec/vocabulary.ts';
import { nodeFact } from './schedulerWorld.ts';
import { DEPLOYMENT, replicaSetFact } from './support/wantsApi.ts';
import { EVERY_EVENT } from './support/wantsEvents.ts';

const INCARNATION = 10;
const toS = { upstream: INCARNATION, downstream: 20, n: 1 };
const toD = { upstream: 5, downstream: INCARNATION, n: 1 };
const direct: StageEvent = { type: 'switchObserved', switch: { owner: 'direct', resourceVersion: '1' } };
const stock: StageEvent = { type: 'switchObserved', switch: { owner: 'stock', resourceVersion: '2' } };

/** R with everything around it played by hand. */
class Bench {
  state: ReplicaSetState;
  effects: readonly Effect[];

  constructor(mutants: readonly string[] = [], acknowledged?: Owner) {
    [this.state, this.effects] = replicaSetStage.start({
      incarnation: INCARNATION,
      ...(acknowledged !== undefined && { acknowledged }),
      mutants: new Set(mutants),
    });
  }

  give(...events: readonly StageEvent[]): this {
    const all: Effect[] = [];
    for (const event of events) {
      const [state, effects] = replicaSetStage.step(this.state, event);
      this.state = state;
      all.push(...effects);
    }
    this.effects = all;
    return this;
  }

  fromS(message: Message): this {
    return this.give({ type: 'received', link: 'downstream', message });
  }

  fromD(message: Message): this {
    return this.give({ type: 'received', link: 'upstream', message });
  }

  openS(records: readonly PodRecord[] = []): this {
    const held = records.map(({ uid, version }) => ({ uid, version }));
    return this.give(
      { type: 'connected', link: 'downstream', n: 1 },
      {
        type: 'received',
        link: 'downstream',
        message: { kind: 'Offer', session: toS, incarnation: 20, held, wants: [], drained: null },
      },
      { type: 'leaseRead', subject: 'scheduler', token: 'peer/downstream/1', incarnation: 20 },
      {
        type: 'received',
        link: 'downstream',
        message: { kind: 'State', session: toS, records, wants: [], counts: [] },
      },
    );
  }

  openD(): this {
    const hello: Message = {
      kind: 'Hello',
      session: { ...toD, downstream: 0 },
      role: 'deployment',
      peer: 'replicaset',
      wants: [],
    };
    return this.give(
      { type: 'received', link: 'upstream', message: hello },
      { type: 'leaseRead', subject: 'deployment', token: 'verify/upstream/5/1', incarnation: 5 },
      {
        type: 'received',
        link: 'upstream',
        message: { kind: 'Fetch', session: toD, uids: [], tombstones: [] },
      },
    );
  }

  want(value: number, over: Partial<Want> = {}): this {
    const want: Want = {
      deployment: DEPLOYMENT,
      version: { generation: 0, incarnation: 3, counter: value },
      value,
      replicaSet: fact.uid,
      revision: fact.revision,
      mode: 'direct',
      confirmed: true,
      ...over,
    };
    return this.fromD({ kind: 'Scale', session: toD, wants: [want] });
  }

  sent<K extends Message['kind']>(kind: K): readonly Extract<Message, { kind: K }>[] {
    return this.effects.flatMap((effect) =>
      effect.type === 'send' && effect.message.kind === kind
        ? [effect.message as Extract<Message, { kind: K }>]
        : [],
    );
  }

  assigned(): readonly PodRecord[] {
    return this.sent('Assign').flatMap(({ records }) => records);
  }

  terminated(): readonly string[] {
    return this.sent('Terminate').flatMap(({ uids }) => uids);
  }

  get view() {
    return viewOfReplicaSet(this.state);
  }
}

const fact: ReplicaSetFact = replicaSetFact({ replicas: 0, desired: 0 });
const observed: StageEvent = { type: 'replicaSetObserved', replicaSet: fact };
const synced: StageEvent = { type: 'synced', what: 'replicaSets' };
const listed: StageEvent = { ...synced, token: 'unknown' };
const readAgain: StageEvent = { ...synced, token: 'takenBack' };
const serving = (mutants: readonly string[] = []) =>
  new Bench(mutants).give(observed, synced, direct).openS().openD();
const running = (record: PodRecord, over: Partial<PodRecord> = {}): PodRecord => ({
  ...record,
  node: 'n',
  phase: 'running',
  ready: true,
  version: { stage: 'kubelet/n', incarnation: 30, counter: 1 },
  ...over,
});
const told = (records: readonly PodRecord[]): Message => ({ kind: 'Assigned', session: toS, pods: records });

describe('the ReplicaSet stage', () => {
  it('mints as many Pods as a direct want asks for, in one Assign, under uids of its incarnation', () => {
    const bench = serving().want(3);
    expect(bench.sent('Assign')).toHaveLength(1);
    expect(bench.assigned().map(({ uid }) => uid)).toEqual(['ra-1', 'ra-2', 'ra-3']);
  });

  it('mints nothing before the switch, the ReplicaSets, S, and a want of this D session are there', () => {
    const bench = new Bench();
    const steps = [
      () => bench.give(observed),
      () => bench.give(synced),
      () => bench.give(direct),
      () => bench.openS(),
      () => bench.openD(),
    ];
    for (const step of steps) {
      step();
      expect(bench.assigned()).toEqual([]);
    }
    expect(bench.want(1).assigned()).toHaveLength(1);
  });

  it('answers D only after its link to S has been open (the barrier)', () => {
    const bench = new Bench().give(observed, synced, direct).openD();
    expect(bench.sent('Offer')).toEqual([]);
    bench.openS();
    expect(bench.effects).toContainEqual(
      expect.objectContaining({ type: 'readLease', subject: 'deployment' }),
    );
  });

  it('recovers from S: a fresh R adopts what S holds, and mints only what is missing', () => {
    const one = running({ ...(serving().want(1).assigned()[0] as PodRecord), uid: 'r9-1' });
    const bench = new Bench().give(observed, synced, direct).openS([one]).openD().want(2);
    expect(bench.assigned()).toHaveLength(1);
    expect(Object.keys(bench.view.records).sort()).toEqual(['r9-1', 'ra-1']);
  });

  it('ends, on a scale-in, the Pods that stock would: unassigned, not ready, cheaper, then younger ones', () => {
    const bench = serving().want(4);
    const [a, b, c, d] = bench.assigned() as [PodRecord, PodRecord, PodRecord, PodRecord];
    bench.fromS(told([running(a), running(b), running(c, { ready: false })]));
    bench.want(1, { version: { generation: 0, incarnation: 3, counter: 9 } });
    expect(bench.terminated()).toEqual([d.uid, c.uid, b.uid]);
  });

  it('a tombstone is counted out at once, and collected by Terminated', () => {
    const bench = serving().want(2);
    bench.want(1, { version: { generation: 0, incarnation: 3, counter: 9 } });
    const [uid] = bench.terminated() as [string];
    expect(bench.view.records[uid]).toMatchObject({ phase: 'terminating' });
    bench.fromS({ kind: 'Terminated', session: toS, uids: [uid] });
    expect(bench.view.records[uid]).toBeUndefined();
    expect(bench.assigned()).toEqual([]);
  });

  it('replaces a lost Pod at once, under a new uid', () => {
    const bench = serving().want(1);
    const [{ uid }] = bench.assigned() as [PodRecord];
    bench.fromS({
      kind: 'Invalidate',
      session: toS,
      changed: [],
      adopted: [],
      lost: [{ uid, reason: 'NodeCancelled' }],
      wants: [],
      counts: [],
    });
    expect(bench.assigned().map((record) => record.uid)).toEqual(['ra-2']);
  });

  it('backs off after a refusal, longer each time, and forgets it when a Pod runs', () => {
    const bench = serving().want(1);
    const waits = [1, 2, 3].map((counter) => {
      bench.fromS({ kind: 'Refused', session: toS, pods: [{ uid: `ra-${counter}`, reason: 'OutOfcpu' }] });
      expect(bench.assigned()).toEqual([]);
      const wait = bench.effects.flatMap((effect) =>
        effect.type === 'setTimer' ? [effect.milliseconds] : [],
      );
      bench.give({ type: 'timerFired', timer: `retry/${fact.uid}` });
      expect(bench.assigned().map(({ uid }) => uid)).toEqual([`ra-${counter + 1}`]);
      return wait;
    });
    expect(waits.flat()).toEqual([10, 20, 40]);
    bench.fromS(told([running(bench.assigned()[0] as PodRecord)]));
    expect(bench.view.backoffs).toEqual({});
  });

  it('sends Terminate on opening, not before, for every tombstone it holds then, also those made after Fetch (†)', () => {
    const terminatedOnOpening = (mutants: readonly string[]) => {
      const bench = serving(mutants).want(2);
      const records = bench.assigned().map((record) => running(record));
      bench.fromS(told(records)).give({ type: 'broken', link: 'downstream', upstream: INCARNATION, n: 1 });
      const session = { ...toS, n: 2 };
      const held = records.map(({ uid, version }) => ({ uid, version }));
      bench.give({ type: 'connected', link: 'downstream', n: 2 });
      bench.fromS({ kind: 'Offer', session, incarnation: 20, held, wants: [], drained: null });
      bench.give({ type: 'leaseRead', subject: 'scheduler', token: 'peer/downstream/2', incarnation: 20 });
      expect(bench.sent('Fetch')).toMatchObject([{ tombstones: [] }]);
      bench.want(1, { version: { generation: 0, incarnation: 3, counter: 9 } });
      expect(bench.sent('Terminate')).toEqual([]);
      bench.fromS({ kind: 'State', session, records: [], wants: [], counts: [] });
      return bench.terminated();
    };
    expect(terminatedOnOpening([])).toEqual(['ra-2']);
    expect(terminatedOnOpening(['no-terminate-on-opening'])).toEqual([]);
  });

  it('under stock it mints and ends nothing (†), and acknowledges once nothing is under way', () => {
    const bench = serving().want(1);
    const [record] = bench.assigned() as [PodRecord];
    bench.give(stock);
    expect(bench.effects.some(({ type }) => type === 'acknowledgeOwner')).toBe(false);
    bench.want(5, { version: { generation: 0, incarnation: 3, counter: 9 } });
    expect([bench.assigned(), bench.terminated()]).toEqual([[], []]);
    bench.fromS(told([running(record)]));
    expect(bench.effects).toContainEqual({ type: 'acknowledgeOwner', owner: 'stock', switchVersion: '2' });
  });

  it('taken back, it starts afresh at once', () => {
    const bench = serving().want(1).give(stock, direct);
    expect(bench.effects).toContainEqual(expect.objectContaining({ type: 'restart', above: INCARNATION }));
  });

  it('a deleted ReplicaSet is not filled again, and only what no K has accepted is ended (†)', () => {
    const bench = serving().want(2);
    const [a, b] = bench.assigned() as [PodRecord, PodRecord];
    bench.fromS(told([running(a)]));
    bench.give({ type: 'replicaSetObserved', replicaSet: { ...fact, deleting: true } });
    expect(bench.terminated()).toEqual([b.uid]);
    bench.fromS({ kind: 'Terminated', session: toS, uids: [a.uid, b.uid] });
    expect(bench.assigned()).toEqual([]);
  });

  it('tells D the counts of a ReplicaSet that changed, once a step', () => {
    const bench = serving().want(2);
    bench.fromS(told(bench.assigned().map((record) => running(record))));
    expect(bench.sent('Invalidate').flatMap(({ counts }) => counts)).toEqual([
      { deployment: DEPLOYMENT, replicaSet: fact.uid, live: 2, ready: 2, terminating: 0 },
    ]);
  });

  it('keeps a want that is newer than what D sends, and tells D so', () => {
    const bench = serving().want(5);
    bench.want(1, { version: { generation: 0, incarnation: 2, counter: 1 } });
    expect(bench.sent('Invalidate').flatMap(({ wants }) => wants.map(({ value }) => value))).toEqual([5]);
    expect(bench.terminated()).toEqual([]);
  });
});

describe('an R that hears Gone before it has seen any ReplicaSet (†)', () => {
  const heard = (...mutants: string[]) =>
    new Bench(mutants)
      .give(synced, direct)
      .openS()
      .openD()
      .fromD({ kind: 'Gone', session: toD, deployments: [DEPLOYMENT] });
  const shown: StageEvent = {
    type: 'replicaSetObserved',
    replicaSet: replicaSetFact({ replicas: 2, desired: 2 }),
  };

  it('follows those that come, as stock writes them', () => {
    expect(heard().give(shown).assigned()).toHaveLength(2);
    expect(heard('gone-unseen-forgotten').give(shown).assigned()).toHaveLength(0);
  });

  it('until it is sent a want, or the last has gone', () => {
    expect(heard().want(1).view.gone).toEqual([]);
    const gone: StageEvent = { type: 'replicaSetVanished', uid: fact.uid };
    expect(heard().give(observed, gone).view.gone).toEqual([]);
  });

  it('not of thousands: the oldest are forgotten', () => {
    const uids = Array.from({ length: 5000 }, (_, at) => `u${at}`);
    const bench = heard().fromD({ kind: 'Gone', session: toD, deployments: uids });
    bench.fromD({ kind: 'Gone', session: toD, deployments: ['last'] });
    const gone: readonly string[] = bench.view.gone;
    expect(gone).toHaveLength(4096);
    expect(['last', 'u4999', 'u905'].filter((uid) => gone.includes(uid))).toHaveLength(3);
    expect(['u0', 'u904'].filter((uid) => gone.includes(uid))).toEqual([]);
  });
});

describe('Pods of a ReplicaSet that a fresh R has never seen (†)', () => {
  const waiting: PodRecord = {
    ...{ uid: 'r1-1', replicaSet: 'rs-gone', revision: '', requests: fact.requests, priority: 0, node: null },
    ...{ phase: 'created', ready: false, version: { stage: 'replicaset', incarnation: 1, counter: 1 } },
  };
  const relists = (bench: Bench) => bench.effects.filter(({ type }) => type === 'relist').length;
  const begun = (...mutants: string[]) => new Bench(mutants).give(synced, direct).openS([waiting]);

  it('are ended once a consistent list does not show it', () => {
    const bench = begun();
    expect([relists(bench), bench.terminated()]).toEqual([1, []]);
    expect(bench.give(synced).terminated(), 'a watch that lists anew says nothing').toEqual([]);
    expect(bench.give(listed).terminated()).toEqual(['r1-1']);
    expect(begun('any-list-taken').give(synced).terminated()).toEqual(['r1-1']);
    expect(relists(begun('unknown-set-kept')), 'without the rule nobody ends them').toBe(0);
  });

  it('also if it was listed before R may decide', () => {
    expect(relists(new Bench([]).openS([waiting]).give(synced, direct))).toBe(1);
  });

  it('are kept if the list shows it; those that are published are garbage collected', () => {
    const shown = replicaSetFact({ uid: 'rs-gone', replicas: 1, desired: 1 });
    const bench = begun().give({ type: 'replicaSetObserved', replicaSet: shown }, listed);
    expect(bench.terminated()).toEqual([]);
    const published = new Bench([]).give(synced, direct).openS([running(waiting)]);
    expect(relists(published)).toBe(0);
  });
});

describe('an R that has acknowledged stock takes the Pods back (†)', () => {
  const pod: PodFact = {
    ...{ namespace: 'default', name: 'p', metadataUid: 'm', resourceVersion: '7', uid: null, managed: true },
    ...{ replicaSet: replicaSetFact({}).uid, revision: '', node: 'n', phase: 'Running', ready: true },
    ...{ deleting: false, requests: replicaSetFact({}).requests, priority: 0, deletionCost: 0 },
  };
  const node = (over: Partial<NodeFact> = {}): NodeFact => nodeFact('n', { agent: 7, ...over });
  const asks = (bench: Bench) =>
    bench.effects.map(({ type }) => type).filter((type) => type !== 'send' && type !== 'report');
  const wanted = {
    type: 'replicaSetObserved',
    replicaSet: replicaSetFact({ replicas: 1, desired: 1 }),
  } as const satisfies StageEvent;
  const held = (uid: string, over: Partial<PodRecord> = {}) =>
    running({
      ...{ uid, replicaSet: fact.uid, revision: fact.revision, requests: fact.requests, priority: 0 },
      ...{ node: 'n', phase: 'running', ready: true },
      version: { stage: 'kubelet/n', incarnation: 30, counter: 1 },
      ...over,
    });
  const known = held('a-m');
  const fresh = (mutants: readonly string[] = []) => new Bench(mutants, 'stock').give(wanted, synced);
  /** Up to the answer of a consistent list of Nodes and Pods. */
  const compared = (bench: Bench, nodes: readonly NodeFact[], pods: readonly PodFact[]) =>
    bench.give(
      { type: 'timerFired', timer: 'propagation' },
      { type: 'nodesListed', nodes },
      { type: 'podsListed', pods },
    );

  it('it decides nothing until each Pod of a consistent list is known below, and reads the ReplicaSets anew', () => {
    const bench = fresh().openS().openD().give(direct);
    expect(asks(bench)).toEqual(['setTimer']);
    expect(asks(bench.give({ type: 'timerFired', timer: 'propagation' }))).toEqual(['listNodes']);
    expect(asks(bench.give({ type: 'nodesListed', nodes: [node()] }))).toEqual(['listPods']);
    expect(asks(bench.give({ type: 'podsListed', pods: [pod] }))).toEqual(['setTimer']);
    bench.fromS({
      ...{ kind: 'Invalidate', session: toS, changed: [], adopted: [known], lost: [] },
      ...{ wants: [], counts: [] },
    });
    expect(bench.assigned()).toEqual([]);
    expect(asks(compared(bench, [node()], [pod])).at(-1)).toBe('relist');
    bench.give(readAgain);
    expect(bench.effects).toContainEqual({
      type: 'acknowledgeOwner',
      owner: 'direct',
      switchVersion: '1',
    });
    expect([bench.view.state, bench.assigned(), bench.terminated()]).toEqual(['serving', [], []]);
  });

  it('TakenBack: a Pod that K let go and adopted again is known by its object, whichever its uid', () => {
    const stateOf = (...mutants: string[]) =>
      compared(
        fresh(mutants)
          .openS([held('a-m.2')])
          .give(direct),
        [node()],
        [pod],
      ).view;
    expect(stateOf()).toMatchObject({ state: 'rereading' });
    expect(stateOf().strays).toBeUndefined();
    expect(stateOf('adopted-by-first-uid').state).not.toBe('rereading');
  });

  it.each([
    [-5, 'a-m.2'],
    [5, 'a-n'],
  ])('and so is its deletion cost: of %i', (deletionCost, ended) => {
    const two: StageEvent = { ...wanted, replicaSet: replicaSetFact({ replicas: 2, desired: 2 }) };
    const bench = new Bench([])
      .give(two, synced, direct)
      .openS([held('a-m.2'), held('a-n')])
      .openD();
    bench.give({ type: 'podObserved', pod: { ...pod, deletionCost } }).want(1, { confirmed: true });
    expect(bench.terminated()).toEqual([ended]);
  });

  it('an R that had acknowledged direct, or nothing, serves at once; so does one without the rule', () => {
    for (const bench of [
      new Bench([], 'direct'),
      new Bench([]),
      new Bench(['take-back-uncompared'], 'stock'),
    ])
      expect(bench.give(wanted, synced, direct).view.state).toBe('serving');
  });

  it('NoDipOnModeChange: what R holds and the list does not show standing is waited for', () => {
    const both = [known, held('r1-1')];
    const stateOf = (pods: readonly PodFact[], records: readonly PodRecord[] = both, ...mutants: string[]) =>
      compared(fresh(mutants).openS(records).give(direct), [node()], pods).view.state;
    const other = { ...pod, name: 'q', uid: 'r1-1', metadataUid: 'm1' };
    expect(stateOf([pod, other])).toBe('rereading');
    for (const pods of [
      [other],
      [pod],
      [{ ...pod, deleting: true }, other],
      [pod, { ...other, phase: 'Failed' }],
    ] as const) {
      expect(stateOf(pods)).toBe('propagating');
      expect(stateOf(pods, both, 'listed-end-ignored')).toBe('rereading');
    }
    const elsewhere: readonly PodRecord[] = [
      { ...held('r1-2'), phase: 'created', node: null },
      { ...held('r1-3'), phase: 'terminating' },
    ];
    expect(stateOf([pod, other], [...both, ...elsewhere]), 'not shown yet, or ending').toBe('rereading');
  });

  it('people are told, by ReplicaSet, what is waited for', () => {
    const reports = (pods: readonly PodFact[]) =>
      compared(
        fresh()
          .openS([held('r1-1')])
          .give(direct),
        [node()],
        pods,
      ).effects.filter(({ type }) => type === 'report');
    expect(reports([pod])).toMatchObject([
      {
        ...{ reason: 'TakeBackWaits', subject: fact.uid },
        text: 'not taken back yet: no agent has told of p on n, the end of r1-1 on n',
      },
    ]);
    expect(reports([{ ...pod, uid: 'r1-1' }])).toEqual([]);
  });

  it('stock again on the way: released', () => {
    const bench = fresh().openS().give(direct);
    expect(bench.give(stock).view.state).toBe('released');
    expect(bench.effects).toContainEqual({ type: 'acknowledgeOwner', owner: 'stock', switchVersion: '2' });
  });

  it('an unbound Pod is deleted at once, if nobody has bound it meanwhile, and the list repeated', () => {
    const bench = compared(fresh().openS().give(direct), [node()], [{ ...pod, node: null }]);
    expect(bench.effects).toContainEqual({
      type: 'deleteStray',
      ...{ namespace: 'default', name: 'p', metadataUid: 'm', resourceVersion: '7', graceSeconds: 1 },
    });
    expect(bench.view.state).toBe('propagating');
  });

  it('NoLeak: a Pod on a Node without an agent holds nothing up, and is deleted once enough others are ready', () => {
    const bench = compared(fresh().openS().openD().give(direct), [node({ agent: null })], [pod]);
    expect(bench.view.state).toBe('rereading');
    bench.give(readAgain).want(1, { confirmed: true });
    const [record] = bench.assigned() as [PodRecord];
    expect(record).toBeDefined();
    bench.fromS(told([running(record, { ready: false })]));
    expect(asks(bench)).toEqual([]);
    bench.fromS(told([running(record)]));
    expect(bench.effects).toContainEqual({
      type: 'deleteStray',
      ...{ namespace: 'default', name: 'p', metadataUid: 'm', resourceVersion: null, graceSeconds: 1 },
    });
    bench.fromS(told([running(record, { ready: false })]));
    bench.fromS(told([running(record)]));
    expect(asks(bench), 'once').toEqual([]);
    const stuck = compared(fresh(['strays-block']).openS().give(direct), [node({ agent: null })], [pod]);
    expect(stuck.view.state).toBe('propagating');
  });

  it('a ReplicaSet that is gone by the time that the list comes is not brought back (†)', () => {
    const sets = (...mutants: string[]) =>
      compared(fresh(mutants).openS().openD().give(direct), [], []).give(
        { type: 'replicaSetVanished', uid: wanted.replicaSet.uid },
        wanted,
        readAgain,
      ).view.replicaSets;
    expect(sets()).toEqual({});
    expect(Object.keys(sets('old-list-revives'))).toEqual([wanted.replicaSet.uid]);
  });

  it('a watch that lists anew does not say how stock left the ReplicaSets (†)', () => {
    const state = (...mutants: string[]) =>
      compared(fresh(mutants).openS().openD().give(direct), [], []).give(synced).view.state;
    expect([state(), state('any-list-taken')]).toEqual(['rereading', 'serving']);
  });

  it('an agent that came meanwhile has adopted it: it is let be', () => {
    const bench = compared(fresh().openS().openD().give(direct), [], [pod]);
    bench.give(readAgain).fromS({
      ...{ kind: 'Invalidate', session: toS, changed: [], adopted: [known], lost: [] },
      ...{ wants: [], counts: [] },
    });
    expect(bench.view).toMatchObject({ state: 'serving' });
    expect([asks(bench), bench.view.strays]).toEqual([[], undefined]);
  });

  it('a Pod on a cancelled Node is neither waited for nor deleted: the drain ends it', () => {
    const cancelled = node({ mark: { incarnation: 9, n: 1 }, drained: null });
    const bench = compared(fresh().openS().give(direct), [cancelled], [pod]);
    expect([bench.view.state, bench.view.strays]).toEqual(['rereading', undefined]);
  });
});

describe('every (state, event) pair of R has an outcome', () => {
  const states: Readonly<Record<string, () => Bench>> = {
    waiting: () => new Bench(),
    unowned: () => new Bench().give(observed, synced),
    syncing: () => new Bench().give(direct),
    serving: () => serving().want(2),
    released: () => serving().want(2).give(stock),
    propagating: () => takingBack(),
    comparing: () => takingBack().give({ type: 'timerFired', timer: 'propagation' }),
    rereading: () =>
      takingBack().give(
        { type: 'timerFired', timer: 'propagation' },
        { type: 'nodesListed', nodes: [] },
        { type: 'podsListed', pods: [] },
      ),
    ended: () => serving().give(stock, direct),
  };
  const takingBack = () => new Bench([], 'stock').give(observed, synced).openS().openD().give(direct);
  const heard: readonly string[] = HEARS.replicaset;

  it.each(Object.keys(states))(
    'in %s: what it hears leaves a consistent state; all else is refused by name',
    (name) => {
      const make = states[name] as () => Bench;
      expect(make().view.state).toBe(name);
      for (const event of EVERY_EVENT) {
        const bench = make();
        if (!heard.includes(event.type)) {
          expect(() => bench.give(event), event.type).toThrow(
            expect.objectContaining({ code: 'INVARIANT_BROKEN' }),
          );
          continue;
        }
        bench.give(event);
        expect(bench.state.context.effects, event.type).toEqual([]);
        if (name !== 'serving') expect([bench.assigned(), bench.terminated()], event.type).toEqual([[], []]);
      }
    },
  );
});
