/** The results of all indexes as one. */
import { KubedirectError } from '../../spec/errors.ts';
import { type Shards, seedsOf } from './division.ts';
import type { ShardResult } from './result.ts';

/** What a campaign found. @public */
export interface Merged {
  readonly shards: number;
  readonly runs: number;
  readonly steps: number;
  readonly time: number;
  /** Of all indexes together. */
  readonly milliseconds: number;
  readonly commit: string;
  /** What failed first in each index, by seed. */
  readonly failed: readonly NonNullable<ShardResult['failed']>[];
}

const sum = (results: readonly ShardResult[], of: (result: ShardResult) => number) =>
  results.reduce((total, result) => total + of(result), 0);

/**
 * Merges results. An index may be there twice: it was tried again.
 * @throws KubedirectError `SHARD_MISSING`, `SHARD_MIXED` if results are not of one campaign
 * @public
 */
export function mergeShards(campaign: Shards, results: readonly ShardResult[]): Merged {
  const byIndex = new Map(results.map((result) => [result.index, result]));
  const missing = Array.from({ length: campaign.shards }, (_, index) => index).filter(
    (index) => !byIndex.has(index),
  );
  if (missing.length > 0)
    throw new KubedirectError(
      'SHARD_MISSING',
      `expected ${campaign.shards} results, none of index ${missing.join(', ')}`,
    );
  for (const { index, seed, asked } of results) {
    const due = seedsOf(campaign, index);
    if (seed !== due.seed || asked !== due.runs)
      throw new KubedirectError(
        'SHARD_MIXED',
        `index ${index}: expected ${due.runs} seeds from ${due.seed} on, got ${asked} from ${seed} on`,
      );
  }
  const commits = new Set(results.map(({ commit }) => commit));
  if (commits.size > 1)
    throw new KubedirectError(
      'SHARD_MIXED',
      `expected results of one commit, got ${[...commits].join(', ')}`,
    );
  const all = [...byIndex.values()];
  return {
    shards: campaign.shards,
    runs: sum(all, ({ runs }) => runs),
    steps: sum(all, ({ steps }) => steps),
    time: sum(all, ({ time }) => time),
    milliseconds: sum(all, ({ milliseconds }) => milliseconds),
    commit: [...commits][0] as string,
    failed: all.flatMap(({ failed }) => failed ?? []).sort((a, b) => a.seed - b.seed),
  };
}
