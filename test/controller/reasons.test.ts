/** `kubedirect why`: one line a Pod, from the stage that it waits at. */
import { expect, it } from 'vitest';
import type { HeldPod } from '../../impl/controller/process/pods.ts';
import { reasonsOf } from '../../impl/controller/process/reasons.ts';

const pod = (stage: string, uid: string, waitsFor = '', replicaSet = 'rs'): HeldPod => ({
  ...{ stage, incarnation: 1, uid, replicaSet, phase: 'created', node: null, ready: false, waitsFor },
});

it('names the stage furthest down, those that wait first', () => {
  const held = [
    pod('replicaset', 'r1-1'),
    pod('replicaset', 'r1-2'),
    pod('scheduler', 'r1-1'),
    pod('kubelet/n1', 'r1-1'),
    pod('scheduler', 'r1-2', 'room'),
    pod('scheduler', 'r1-3', 'room', 'other'),
  ];
  const reasons = reasonsOf(held, { replicaSets: new Set(['rs']) });
  expect(reasons.map(({ uid, stage }) => [uid, stage])).toEqual([
    ['r1-2', 'scheduler'],
    ['r1-1', 'kubelet/n1'],
  ]);
});

it('names the one above that waits, if the lowest does not', () => {
  const held = [pod('replicaset', 'r1-1', 'the link to the scheduler is not open'), pod('scheduler', 'r1-1')];
  expect(reasonsOf(held, { pod: 'r1-1' })).toMatchObject([{ stage: 'replicaset' }]);
});

it('knows a Pod by the name of its object', () => {
  expect(
    reasonsOf([pod('scheduler', 'r1-1'), pod('scheduler', 'r1-11')], { pod: 'web-5d-r1-1' }),
  ).toHaveLength(1);
});
