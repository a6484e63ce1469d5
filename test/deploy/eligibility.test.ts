/** spec/eligibility.ts: what a managed template may not ask for. */
import { describe, expect, it } from 'vitest';
import { ELIGIBILITY, type EligibilityPodSpec, ineligible } from '../../spec/eligibility.ts';
import { EXAMPLES } from './eligibilityExamples.ts';

describe('ineligible', () => {
  it.each(EXAMPLES)('of $title names $paths', ({ pod, paths }) => {
    expect(ineligible({ spec: pod as EligibilityPodSpec }).map((one) => one.path)).toEqual(paths);
  });

  it('takes an absent, null or empty template for eligible', () => {
    expect(ineligible({})).toEqual([]);
    expect(ineligible({ spec: null })).toEqual([]);
    expect(ineligible({ spec: { affinity: null, volumes: null, containers: null, os: null } })).toEqual([]);
  });

  it('has an example for every rule, so that none is vacuous', () => {
    for (const rule of ELIGIBILITY)
      expect(
        EXAMPLES.some((example) => rule.asked(example.pod as EligibilityPodSpec)),
        rule.path,
      ).toBe(true);
  });
});
