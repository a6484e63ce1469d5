/** Properties of steps that need the owner switch or a rollout (protocol 8, 9): each holds, and fails. */
import { describe, expect, it } from 'vitest';
import type { Effect } from '../../spec/effects.ts';
import type { PodFact } from '../../spec/facts.ts';
import { PROPERTIES, type StageView, type WorldView } from '../../spec/properties/index.ts';
import type { PeerName } from '../../spec/vocabulary.ts';
import { replicaSet } from '../../spec/worlds/objects.ts';
import { past, record, replaced, SESSION, sound, want } from './support/views.ts';

interface Acted {
  readonly by: PeerName;
  readonly before?: WorldView;
  readonly after: WorldView;
  readonly effects?: readonly Effect[];
}
const stepOf = ({ by, before = sound, after, effects = [] }: Acted) => ({
  process: `${by}~1`,
  event: { type: 'synced', what: 'pods' } as const,
  effects,
  before,
  after,
});
const pod = { uid: 'a', name: 'd-t1-a', metadataUid: 'm-a', phase: 'Running', deleting: false } as PodFact;
const released = (world: WorldView): WorldView => ({
  ...world,
  objects: [pod],
  switch: { owner: 'stock', resourceVersion: '2' },
  stages: world.stages.map((one) => ({ ...one, owner: 'stock' })),
});
const said = { owner: 'stock', switchVersion: '2' } as const;
const records = (phase: 'running' | 'terminating' | 'created', ...uids: readonly string[]) =>
  new Map(uids.map((uid) => [uid, { ...record(uid, phase), replicaSet: 'rs-t1' }]));

describe('OneSide', () => {
  const check = (acted: Acted) => PROPERTIES.OneSide.check(stepOf(acted));

  it('fails when both sides acted in one reign', () => {
    const after = past({ acted: { rs: ['ours', 'stock'] } });
    expect(check({ by: 'replicaset', after })).not.toBeNull();
    expect(
      check({ by: 'replicaset', after: past({ acted: { rs: ['stock'], other: ['ours'] } }) }),
    ).toBeNull();
  });

  const assign: Effect = {
    type: 'send',
    link: 'node/n1',
    message: { kind: 'Assign', session: SESSION, records: [{ ...record('b', 'created'), revision: 't1' }] },
  };
  const mark: Effect = {
    type: 'mark',
    node: 'n1',
    nodeUid: 'u',
    mark: { incarnation: 1, n: 1 },
    resourceVersion: '1',
  };
  const publish: Effect = { type: 'publish', record: { ...record('b', 'accepted'), revision: 't1' } };
  it.each([
    ['S that binds', 'scheduler', assign],
    ['S that cancels', 'scheduler', mark],
    ['R that mints', 'replicaset', assign],
    ['K that publishes', 'kubelet/n1', publish],
  ] as const)('fails by an %s though it knows of stock', (_, by, effect) => {
    const world = released(sound);
    expect(check({ by, before: world, after: world, effects: [effect] })).not.toBeNull();
    // One that has not been told yet is in the window of the propagation.
    expect(check({ by, before: sound, after: world, effects: [effect] })).toBeNull();
  });

  it('fails when K ends what lives after it has acknowledged, and not before', () => {
    const stop: Effect = { type: 'stopPod', uid: 'a' };
    const world = released(sound);
    const acknowledged = { ...world, acknowledged: { 'kubelet/n1': said } };
    expect(check({ by: 'kubelet/n1', before: world, after: world, effects: [stop] })).toBeNull();
    const late = { by: 'kubelet/n1', before: acknowledged, after: acknowledged, effects: [stop] } as const;
    expect(check(late)).not.toBeNull();
    const gone = { ...acknowledged, objects: [{ ...pod, deleting: true }] };
    expect(check({ ...late, before: gone })).toBeNull();
  });
});

describe('ReleaseAcknowledged, when a stage acknowledges', () => {
  const check = (by: PeerName, before: WorldView) => {
    const after = { ...before, acknowledged: { [by]: { ...said, owner: before.switch.owner } } };
    return PROPERTIES.ReleaseAcknowledged.onTheWay?.(stepOf({ by, before, after }));
  };
  const of = (peer: PeerName, change: Partial<StageView>) => released(replaced(peer, change));

  it('holds when its part is done', () => {
    expect(check('replicaset', released(sound))).toBeNull();
    expect(check('kubelet/n1', released(sound))).toBeNull();
  });
  it.each([
    ['R with a tombstone', 'replicaset', 'terminating'],
    ['R with a Pod that nobody has accepted', 'replicaset', 'created'],
    ['K with a tombstone', 'kubelet/n1', 'terminating'],
  ] as const)('fails by an %s', (_, by, phase) => {
    expect(check(by, of(by, { records: records(phase, 'a') }))).not.toBeNull();
  });
  it('fails by a K that has not published', () => {
    expect(check('kubelet/n1', { ...released(sound), objects: [] })).not.toBeNull();
  });
  it('fails by a D that has not written its want, and not by one that has', () => {
    const flush = { owner: 'direct', resourceVersion: '2', flush: true } as const;
    const one = { ...(sound.stages[0] as StageView), peer: 'deployment' as const, process: 'deployment~1' };
    const world: WorldView = {
      ...sound,
      switch: flush,
      stages: [{ ...one, wants: [{ ...want, value: 3 }] }],
    };
    expect(check('deployment', world)).not.toBeNull();
    expect(check('deployment', { ...world, replicas: { d: 3 } })).toBeNull();
  });
});

describe('properties of a change of mode', () => {
  const sets = [replicaSet(1), replicaSet(0, { uid: 'rs-t2', revisionNumber: 2, revision: 't2' })];
  const of = (change: Partial<StageView>) => {
    const asked = past({ asked: { d: [1, 3] }, reached: { d: 3 } });
    const [first, ...others] = asked.stages as [StageView];
    return { ...asked, stages: [{ ...first, ...change }, ...others] };
  };
  const direct = { ...want, value: 3, replicaSet: 'rs-t1', revision: 't1', mode: 'direct' } as const;
  const before = of({
    records: records('running', 'a', 'b', 'c'),
    replicaSets: [replicaSet(1)],
    wants: [direct],
  });
  const ended = (...uids: readonly string[]) =>
    new Map([...records('running', 'a', 'b', 'c'), ...records('terminating', ...uids)]);

  describe('NoDipOnModeChange', () => {
    const check = (after: WorldView) =>
      PROPERTIES.NoDipOnModeChange.check(stepOf({ by: 'replicaset', before, after }));
    it('fails when R takes a Deployment below its want', () => {
      const wants = [{ ...direct, mode: 'follow' as const }];
      expect(check(of({ records: ended('c'), replicaSets: [replicaSet(1)], wants }))).not.toBeNull();
    });
    it('holds when so many never ran', () => {
      const wants = [{ ...direct, mode: 'follow' as const }];
      const after = of({ records: ended('c'), replicaSets: [replicaSet(1)], wants });
      expect(check({ ...after, history: { ...after.history, reached: { d: 2 } } })).toBeNull();
    });
    it('holds when less was asked for', () => {
      const wants = [{ ...direct, value: 1 }];
      expect(check(of({ records: ended('b', 'c'), replicaSets: [replicaSet(1)], wants }))).toBeNull();
    });
    it('fails when R takes back what nobody but itself had made too many', () => {
      const wants = [{ ...direct, value: 2 }];
      const after = of({ records: ended('c'), replicaSets: [replicaSet(2)], wants });
      const once = { ...after, history: { ...after.history, asked: { d: [2] } } };
      expect(check(once)).not.toBeNull();
      expect(check(after)).toBeNull();
    });
  });

  describe('NoStaleDirect', () => {
    const check = (after: WorldView) =>
      PROPERTIES.NoStaleDirect.check(stepOf({ by: 'replicaset', before, after }));
    it('fails when a want for the old ReplicaSet goes on after a rollout has begun', () => {
      expect(check(of({ records: ended('a', 'b', 'c'), replicaSets: sets, wants: [direct] }))).not.toBeNull();
    });
    it('holds while the ReplicaSets are followed, and when the want is for the newest', () => {
      expect(check(of({ records: ended('b', 'c'), replicaSets: sets, wants: [direct] }))).toBeNull();
      const only = [replicaSet(1)];
      expect(
        check(of({ records: ended('a', 'b', 'c'), replicaSets: only, wants: [{ ...direct, value: 0 }] })),
      ).toBeNull();
    });
  });
});
