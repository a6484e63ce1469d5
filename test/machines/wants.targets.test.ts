/** What R may do for the sake of counts (protocol 8). */
import { describe, expect, test } from 'vitest';
import { decide } from '../../machines/ownership/wants/mode.ts';
import { type DeploymentView, type Hold, NO_HOLD, targets } from '../../machines/ownership/wants/targets.ts';
import type { ReplicaSetFact, Written } from '../../spec/facts.ts';
import type { Want } from '../../spec/vocabulary.ts';
import { DEPLOYMENT, deploymentFact, replicaSetFact } from './support/wantsApi.ts';

const version = { generation: 1, incarnation: 5, counter: 1 };
const want = (over: Partial<Want> = {}): Want => ({
  deployment: DEPLOYMENT,
  version,
  value: 10,
  replicaSet: 'rs-1',
  revision: 'hash-0',
  mode: 'direct',
  confirmed: true,
  ...over,
});
const shown: Written = { deployment: DEPLOYMENT, value: 10, version, generation: 2, owner: null, rest: '' };
const rs = (uid: string, replicas: number, over: Partial<ReplicaSetFact> = {}) =>
  replicaSetFact({
    uid,
    name: uid,
    revisionNumber: Number(uid.slice(3)),
    replicas,
    desired: replicas,
    ...over,
  });
const HELD: Hold = { held: true, obeyed: [] };
const FREE: Hold = { held: false, obeyed: [] };

const view = (over: Partial<DeploymentView> & { pods?: Record<string, number> } = {}): DeploymentView => ({
  want: want(),
  wantSentThisSession: true,
  linkOpen: true,
  gone: false,
  replicaSets: [rs('rs-1', 0)],
  live: new Map(Object.entries(over.pods ?? {})),
  hold: FREE,
  ...over,
});
/** uid → [wanted, mayCreate, mayEnd]. */
const may = (of: DeploymentView) =>
  Object.fromEntries(
    targets(of).targets.map((each) => [each.replicaSet, [each.wanted, each.mayCreate, each.mayEnd]]),
  );

describe('direct', () => {
  test('R obeys the want before the ReplicaSet shows it', () => {
    expect(may(view({ pods: { 'rs-1': 3 } }))).toEqual({ 'rs-1': [10, 7, 0] });
    expect(may(view({ pods: { 'rs-1': 12 } }))).toEqual({ 'rs-1': [10, 0, 2] });
  });

  test('Pods left in ReplicaSets at 0 are ended', () => {
    const of = view({ replicaSets: [rs('rs-1', 0), rs('rs-0', 0)], pods: { 'rs-1': 10, 'rs-0': 2 } });
    expect(may(of)['rs-0']).toEqual([0, 0, 2]);
  });

  test('NoStaleDirect: a want for another ReplicaSet or revision is not obeyed: R follows by itself', () => {
    const rolled = [rs('rs-1', 0), rs('rs-2', 3)];
    expect(may(view({ replicaSets: rolled }))).toMatchObject({ 'rs-1': [0, 0, 0], 'rs-2': [3, 3, 0] });
    expect(may(view({ want: want({ revision: 'other' }) }))).toEqual({ 'rs-1': [0, 0, 0] });
  });

  test('NoStaleDirect: while another ReplicaSet is not at 0, R follows by itself', () => {
    const of = view({ replicaSets: [rs('rs-1', 4), rs('rs-0', 3)], pods: { 'rs-1': 4 } });
    expect(may(of)).toEqual({ 'rs-0': [3, 3, 0], 'rs-1': [4, 0, 0] });
  });
});

describe('follow', () => {
  test('R obeys spec.replicas of each ReplicaSet', () => {
    const of = view({
      want: want({ mode: 'follow' }),
      replicaSets: [rs('rs-1', 4), rs('rs-2', 7)],
      pods: { 'rs-1': 6, 'rs-2': 5 },
    });
    expect(may(of)).toEqual({ 'rs-1': [4, 0, 2], 'rs-2': [7, 2, 0] });
  });
});

describe('the link to D', () => {
  test('R does nothing for a count until it was sent a want in this session', () => {
    expect(may(view({ wantSentThisSession: false, pods: { 'rs-1': 3 } }))).toEqual({ 'rs-1': [3, 0, 0] });
    const fewer = view({ wantSentThisSession: false, hold: { held: false, obeyed: [['rs-1', 10]] } });
    expect(may(fewer)).toEqual({ 'rs-1': [10, 0, 0] });
  });

  test('while it is down R replaces what fails, and ends nothing', () => {
    const down = { linkOpen: false, wantSentThisSession: false };
    const { hold } = targets(view({ pods: { 'rs-1': 10 } }));
    expect(may(view({ ...down, hold, pods: { 'rs-1': 8 } }))).toEqual({ 'rs-1': [10, 2, 0] });
    expect(may(view({ ...down, hold, pods: { 'rs-1': 12 } }))).toEqual({ 'rs-1': [10, 0, 0] });
  });

  test('while it is down, nothing is replaced in a ReplicaSet that a rollout has left', () => {
    const down = { linkOpen: false, wantSentThisSession: false };
    const hold: Hold = { held: true, obeyed: [['rs-1', 10]] };
    const replicaSets = [rs('rs-1', 2), rs('rs-2', 8)];
    expect(may(view({ ...down, hold, replicaSets }))).toEqual({ 'rs-1': [2, 2, 0], 'rs-2': [0, 0, 0] });
  });

  test('a fresh R that no D has spoken to does nothing for a count', () => {
    const of = view({
      want: null,
      wantSentThisSession: false,
      replicaSets: [rs('rs-1', 0)],
      pods: { 'rs-1': 5 },
    });
    expect(may(of)).toEqual({ 'rs-1': [0, 0, 0] });
  });
});

describe('unconfirmed', () => {
  test('R creates on an unconfirmed want and ends nothing, in either mode', () => {
    expect(may(view({ want: want({ confirmed: false }), pods: { 'rs-1': 12 } }))['rs-1']).toEqual([10, 0, 0]);
    expect(may(view({ want: want({ confirmed: false }) }))['rs-1']).toEqual([10, 10, 0]);
    const follows = want({ confirmed: false, mode: 'follow' });
    expect(may(view({ want: follows, pods: { 'rs-1': 12 } }))['rs-1']).toEqual([0, 0, 0]);
  });
});

describe('NoDipOnModeChange', () => {
  const follows = want({ mode: 'follow' });

  test('after direct, R ends in follow only while the Deployment has more than the want', () => {
    const of = view({ want: follows, hold: HELD, pods: { 'rs-1': 12 } });
    expect(may(of)).toEqual({ 'rs-1': [0, 0, 2] });
    expect(may(view({ want: follows, hold: HELD, pods: { 'rs-1': 10 } }))).toEqual({ 'rs-1': [0, 0, 0] });
  });

  test('until the write shows, R creates only while there are fewer than the want', () => {
    const replicaSets = [rs('rs-1', 0), rs('rs-2', 6)];
    expect(may(view({ want: follows, hold: HELD, replicaSets, pods: { 'rs-1': 10 } }))['rs-2']).toEqual([
      6, 0, 0,
    ]);
    expect(may(view({ want: follows, hold: HELD, replicaSets, pods: { 'rs-1': 7 } }))['rs-2']).toEqual([
      6, 3, 0,
    ]);
  });

  test('once the write shows R creates what the ReplicaSets ask for, and the hold lasts until Pods equal specs', () => {
    const replicaSets = [rs('rs-1', 9, { desired: 10 }), rs('rs-2', 2, { written: shown, desired: 10 })];
    const of = view({ want: follows, hold: HELD, replicaSets, pods: { 'rs-1': 10 } });
    expect(may(of)).toEqual({ 'rs-1': [9, 0, 0], 'rs-2': [2, 2, 0] });
    expect(targets(of).hold.held).toBe(true);
    const even = view({ want: follows, hold: HELD, replicaSets, pods: { 'rs-1': 9, 'rs-2': 2 } });
    expect(targets(even).hold.held).toBe(false);
  });

  test('what was written of another Deployment, and came with a copy or an adopted ReplicaSet, shows nothing (†)', () => {
    const copied = { ...shown, deployment: 'another' };
    const replicaSets = [rs('rs-1', 9, { desired: 10 }), rs('rs-2', 2, { written: copied, desired: 10 })];
    const of = view({ want: follows, hold: HELD, replicaSets, pods: { 'rs-1': 10 } });
    expect(may(of)).toEqual({ 'rs-1': [9, 0, 0], 'rs-2': [2, 0, 0] });
  });

  test('an older ReplicaSet that was not told of the want yet makes nothing above it', () => {
    const zero = want({ mode: 'follow', value: 0 });
    const replicaSets = [
      rs('rs-1', 20, { written: shown, desired: 20 }),
      rs('rs-2', 0, { written: shown, desired: 0 }),
    ];
    const of = view({ want: zero, hold: HELD, replicaSets });
    expect(may(of)).toEqual({ 'rs-1': [20, 0, 0], 'rs-2': [0, 0, 0] });
    const [old] = targets(of, new Set(['want-old-set-obeyed'])).targets;
    expect(old?.mayCreate).toBe(20);
  });

  test('the value alone does not show the write: another want may have had it', () => {
    const replicaSets = [rs('rs-1', 10, { written: { ...shown, version: { ...version, counter: 9 } } })];
    const of = view({ want: follows, hold: HELD, replicaSets, pods: { 'rs-1': 10 } });
    expect(targets(of).hold.held).toBe(true);
  });

  test('a want of 0 is shown by a ReplicaSet at 0 whose desired-replicas was not refreshed', () => {
    const zero = want({ mode: 'follow', value: 0 });
    const replicaSets = [rs('rs-1', 0, { written: shown, desired: 7 })];
    expect(targets(view({ want: zero, hold: HELD, replicaSets })).hold.held).toBe(false);
  });

  test("R's own fallback holds too", () => {
    const { hold } = targets(view({ pods: { 'rs-1': 10 } }));
    const replicaSets = [rs('rs-1', 0), rs('rs-2', 1)];
    expect(may(view({ hold, replicaSets, pods: { 'rs-1': 10 } }))).toEqual({
      'rs-1': [0, 0, 0],
      'rs-2': [1, 0, 0],
    });
  });

  test('a fresh R holds: it can not know what the one before did', () => {
    expect(may(view({ want: follows, hold: NO_HOLD, pods: { 'rs-1': 10 } }))).toEqual({ 'rs-1': [0, 0, 0] });
  });

  test('Gone ends it', () => {
    const of = view({ want: null, gone: true, hold: HELD, pods: { 'rs-1': 10 } });
    expect(may(of)).toEqual({ 'rs-1': [0, 0, 10] });
    expect(targets(of).hold.held).toBe(false);
  });
});

describe('deletion', () => {
  test('a ReplicaSet with a deletionTimestamp gets nothing more, and only what is unpublished is ended', () => {
    const of = view({ replicaSets: [rs('rs-1', 10, { deleting: true })], pods: { 'rs-1': 4 } });
    expect(targets(of).targets).toEqual([
      { replicaSet: 'rs-1', wanted: 0, mayCreate: 0, mayEnd: 4, ends: 'unpublished' },
    ]);
  });

  test('the mutant want-recreate-deleted creates there: the rule is what keeps R from it', () => {
    const of = view({ replicaSets: [rs('rs-1', 10, { deleting: true })], pods: { 'rs-1': 4 } });
    const [target] = targets({ ...of, want: null, gone: true }, new Set(['want-recreate-deleted'])).targets;
    expect(target?.mayCreate).toBe(6);
  });

  test('so does one that has vanished, whatever the state of the link to D', () => {
    const of = view({ replicaSets: [], linkOpen: false, wantSentThisSession: false, pods: { 'rs-1': 4 } });
    expect(targets(of).targets).toEqual([
      { replicaSet: 'rs-1', wanted: 0, mayCreate: 0, mayEnd: 4, ends: 'unpublished' },
    ]);
  });

  test('a deleted ReplicaSet is never the newest: the want for it is not obeyed in another', () => {
    const of = view({
      replicaSets: [rs('rs-1', 0), rs('rs-2', 3, { deleting: true })],
      want: want({ replicaSet: 'rs-2' }),
    });
    expect(may(of)).toEqual({ 'rs-1': [0, 0, 0], 'rs-2': [0, 0, 0] });
  });

  test('orphaned: a ReplicaSet without a Deployment is followed, without D', () => {
    const replicaSets = [rs('rs-1', 6, { deployment: null })];
    const alone = { want: null, linkOpen: false, wantSentThisSession: false, replicaSets };
    expect(may(view({ ...alone, pods: { 'rs-1': 4 } }))).toEqual({ 'rs-1': [6, 2, 0] });
    expect(may(view({ ...alone, pods: { 'rs-1': 8 } }))).toEqual({ 'rs-1': [6, 0, 2] });
  });

  test('after Gone the direct want is dropped and the ReplicaSets that are left are followed', () => {
    const of = view({ want: null, gone: true, replicaSets: [rs('rs-1', 6)], pods: { 'rs-1': 8 } });
    expect(may(of)).toEqual({ 'rs-1': [6, 0, 2] });
  });
});

describe('D alone decides which ReplicaSet and which mode', () => {
  const deployment = deploymentFact();

  test('direct: the newest matches the template, equals its desired-replicas, and all others have 0', () => {
    expect(decide(deployment, [rs('rs-1', 5), rs('rs-0', 0)])).toEqual({
      replicaSet: 'rs-1',
      revision: 'hash-0',
      mode: 'direct',
    });
  });

  test('scale from zero is direct, also where desired-replicas was not refreshed', () => {
    expect(decide(deployment, [rs('rs-1', 0, { desired: 7 }), rs('rs-0', 0)]).mode).toBe('direct');
  });

  test.each([
    ['the newest does not match the template', [rs('rs-1', 5, { template: 'older' })]],
    ['the newest is not at its desired-replicas', [rs('rs-1', 3, { desired: 5 })]],
    ['another is not at 0', [rs('rs-1', 5), rs('rs-0', 1)]],
    ['there is none', []],
  ])('follow: %s', (_, replicaSets) => {
    expect(decide(deployment, replicaSets).mode).toBe('follow');
  });
});
