/** Seeds are divided among indexes without a gap; results are merged, or refused by name. */
import { describe, expect, it } from 'vitest';
import { seedsOf } from '../../impl/shards/division.ts';
import { campaignOf, jobOf } from '../../impl/shards/manifest.ts';
import { mergeShards } from '../../impl/shards/merge.ts';
import { readResult, resultText, type ShardResult } from '../../impl/shards/result.ts';
import { codeOf } from '../support/codeOf.ts';

const CAMPAIGN = { seed: 7, runs: 103, shards: 10 };
const resultOf = (index: number, more: Partial<ShardResult> = {}): ShardResult => {
  const { seed, runs } = seedsOf(CAMPAIGN, index);
  const counts = { index, seed, asked: runs, runs, steps: 100, time: 1_000, milliseconds: 10 };
  return { kubedirect: 'shard', ...counts, commit: 'abc', failed: null, ...more };
};
const ALL = Array.from({ length: CAMPAIGN.shards }, (_, index) => resultOf(index));

describe('seeds of the indexes', () => {
  it.each([1, 2, 7, 103])('follow each other without a gap, %i indexes', (shards) => {
    let next = CAMPAIGN.seed;
    for (let index = 0; index < shards; index += 1) {
      const { seed, runs } = seedsOf({ ...CAMPAIGN, shards }, index);
      expect(seed).toBe(next);
      next += runs;
    }
    expect(next).toBe(CAMPAIGN.seed + CAMPAIGN.runs);
  });

  it.each([-1, 10, 1.5])('an index %d that is none is refused', (index) => {
    expect(codeOf(() => seedsOf(CAMPAIGN, index))).toBe('FLAG_INVALID');
  });
});

describe('the manifest', () => {
  it('tells what was asked for', () => {
    const more = {
      name: 'j',
      namespace: 'default',
      parallelism: 2,
      image: 'i',
      command: ['k'],
      mounts: [],
      flags: [],
    };
    expect(campaignOf(jobOf({ ...CAMPAIGN, ...more }))).toEqual(CAMPAIGN);
    expect(campaignOf({ spec: {} })).toBe(null);
  });
});

describe('results', () => {
  it('are read as they were written', () => {
    const [first] = ALL as [ShardResult];
    expect(readResult(resultText(first), 'file')).toEqual(first);
    expect(resultText(first).length).toBeLessThan(4_096);
  });

  it.each(['', 'Killed', '{}', '{"kubedirect":"shard"}'])('that are damaged (%s) are refused', (text) => {
    expect(codeOf(() => readResult(text, 'file'))).toBe('SHARD_INVALID');
  });

  it('are one: what failed comes in the order of the seeds', () => {
    const failed = [
      resultOf(6, { failed: { seed: 70, property: 'P' } }),
      resultOf(2, { failed: { seed: 30, property: 'Q' } }),
    ];
    const merged = mergeShards(CAMPAIGN, [
      ...failed,
      ...ALL.filter(({ index }) => index !== 2 && index !== 6),
    ]);
    expect(merged.failed.map(({ seed }) => seed)).toEqual([30, 70]);
    expect(merged.runs).toBe(103);
    expect(mergeShards(CAMPAIGN, [...ALL, resultOf(3)]).steps).toBe(1_000);
  });

  it.each([
    ['of which one is missing', ALL.slice(1), 'SHARD_MISSING'],
    ['of another campaign', ALL.with(4, resultOf(4, { seed: 1 })), 'SHARD_MIXED'],
    ['of two commits', ALL.with(4, resultOf(4, { commit: 'def' })), 'SHARD_MIXED'],
  ])('%s are refused', (_, results, code) => {
    expect(codeOf(() => mergeShards(CAMPAIGN, results))).toBe(code);
  });
});
