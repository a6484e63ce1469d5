/**
 * Teeth of protocol 8: each rule removed is caught by the property that it must break. The random search of
 * `wants.property.test.ts` finds each of them (from 2 to about 1,000 runs); these are such runs, shrunk or shortened by hand.
 * The whole machines pass the same runs.
 */
import { describe, expect, test } from 'vitest';
import { MUTANTS } from '../../spec/mutants.ts';
import { type Action, run } from './support/wantsRuns.ts';

const request = (value: number): Action => ({ do: 'request', value });
const raise = (value: number): Action => ({ do: 'raise', value });
const scale = (value: number): Action => ({ do: 'scale', value, who: 0 });
const watchD = (by: number): Action => ({ do: 'watchD', by });
const toDown = (wire: 0 | 1): Action => ({ do: 'toDown', wire, times: 1 });
const cut = (wire: 0 | 1): Action => ({ do: 'break', wire, times: 1 });
const answer = (fate: 'done' | 'replyLost' | 'lost'): Action => ({ do: 'answer', fate });
const crash = (...stages: ('autoscaler' | 'deployment' | 'replicaset')[]): Action => ({
  do: 'crash',
  stages,
  stale: 0,
});
const edit: Action = { do: 'edit' };
const settle: Action = { do: 'settle' };
const lose: Action = { do: 'lose', which: 0 };

const COURSES: Readonly<Record<string, readonly Action[]>> = {
  'write-back-unconditional': [request(1), scale(2)],
  'external-by-value': [scale(2), watchD(1), scale(0), scale(2), watchD(2)],
  'template-edit-external': [request(1), edit],
  'own-write-by-reply': [raise(1), toDown(0), raise(1), answer('replyLost')],
  'want-equal-unsent': [request(2), settle, cut(1), settle, lose],
  'want-from-below-ignored': [
    request(2),
    toDown(0),
    toDown(1),
    answer('lost'),
    crash('autoscaler', 'deployment'),
  ],
  'want-autoscaler-untold': [scale(1)],
  'want-never-unconfirmed': [raise(1), settle, raise(1), settle, crash('replicaset', 'deployment')],
  'want-unconfirmed-ends': [raise(1), raise(1), settle, crash('replicaset'), crash('deployment')],
  'want-no-hold': [raise(1), raise(1), settle, edit],
  'want-fresh-no-hold': [
    raise(1),
    edit,
    settle,
    raise(1),
    settle,
    { do: 'crash', stages: ['deployment'], stale: 1 },
    crash('replicaset'),
  ],
  'want-direct-unmatched': [edit, scale(1)],
  'want-unsent-follows': [raise(1), raise(1), settle, cut(1)],
};

describe('each rule of wants has teeth', () => {
  test.each(Object.entries(COURSES))('without its rule, %s is caught by its property', (name, course) => {
    const mutant = MUTANTS.find((each) => each.name === name);
    expect(mutant, `${name} is in the table of mutants`).toBeDefined();
    expect(run(course), 'the whole machines pass the same run').toEqual([]);
    const broken = run(course, [name]);
    expect(broken).not.toEqual([]);
    expect(mutant?.breaks).toContain(broken[0]?.split(':')[0]);
  });

  test('every mutant of wants has its course; those of deleted and of old ReplicaSets are shown in wants.targets.test.ts, worlds show the others', () => {
    const ofWants = MUTANTS.map(({ name }) => name).filter((name) => name.startsWith('want-'));
    const shown = [
      ...Object.keys(COURSES),
      'want-old-set-obeyed',
      'want-recreate-deleted',
      'want-told-unwritten',
      'want-unmanaged-unseen',
      'want-left-behind',
      'want-parting-unheard',
      'want-untold-set-awaited',
    ];
    expect(ofWants.filter((name) => !shown.includes(name))).toEqual([]);
  });
});
