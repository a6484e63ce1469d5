/** What must never be shown of a Pod is found when it is, each by its property; a Pod's ordinary life is not. */
import { describe, expect, it } from 'vitest';
import { PodJudge, type ShownPod } from '../../impl/chaos/podJudge.ts';

const POD: ShownPod = {
  ...{ app: 'web', metadataUid: 'm-1', name: 'web-1', uid: 'r1-1', managed: true, node: 'node-0' },
  ...{ phase: 'Pending', ready: false, deleting: false, gone: false },
} as ShownPod;
/** Born, runs, is deleted, is gone. */
const LIFE: readonly ShownPod[] = [
  POD,
  { ...POD, phase: 'Running' },
  { ...POD, phase: 'Running', ready: true },
  { ...POD, phase: 'Running', ready: true, deleting: true },
  { ...POD, phase: 'Running', deleting: true, gone: true },
];
const judged = (shown: readonly ShownPod[]) => {
  const judge = new PodJudge();
  for (const pod of shown) judge.take(pod);
  return judge;
};
const properties = (shown: readonly ShownPod[]) => judged(shown).broken.map((text) => text.split(':')[0]);
const life = (...changes: readonly Partial<ShownPod>[]) => changes.map((change) => ({ ...POD, ...change }));

describe('the watch log of a chaos run', () => {
  it('finds nothing in lives as they should be, of two Pods at once', () => {
    const other = LIFE.map((pod) => ({ ...pod, metadataUid: 'm-2', name: 'web-2', uid: 'r1-2' as never }));
    expect(judged([...LIFE, ...other]).broken).toEqual([]);
    expect(judged(life({}, { phase: 'Failed' }, { phase: 'Failed', deleting: true })).broken).toEqual([]);
  });

  it.each([
    ['a deletion that is taken back', life({ deleting: true }, {}), 'TerminationIrreversible'],
    [
      'an object that is there again after its end',
      life({ deleting: true, gone: true }, { deleting: true }),
      'TerminationIrreversible',
    ],
    ['a failed Pod that lives', life({ phase: 'Failed' }, { phase: 'Running' }), 'TerminationIrreversible'],
    ['a Pod that moves', life({}, { node: 'node-1' }), 'UniquePlacement'],
    ['a Pod that changes its uid', life({}, { uid: 'r1-9' as never }), 'UniquePlacement'],
    ['a Pod that waits after it ran', life({ phase: 'Running' }, {}), 'PhaseMonotonic'],
    ['a uid that is published twice', life({}, { metadataUid: 'm-2', name: 'web-2' }), 'TailPublishes'],
    ['a Pod that is published before it is bound', life({ node: null }), 'TailPublishes'],
    ['a managed Pod that stock made', life({ uid: null }), 'FenceHolds'],
  ])('finds %s', (_, shown, property) => {
    expect(properties(shown)).toEqual([property]);
  });

  it('counts what is there and Ready', () => {
    expect(judged(LIFE.slice(0, 3)).count('web')).toEqual({ present: 1, ready: 1 });
    expect(judged(LIFE.slice(0, 4)).count('web')).toEqual({ present: 1, ready: 0 });
    expect(judged(LIFE).count('web')).toEqual({ present: 0, ready: 0 });
  });
});
