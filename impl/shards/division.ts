/** Seeds divided among the indexes of a Job: each index finds its own by its number alone. */
import { KubedirectError } from '../../spec/errors.ts';

/** A whole campaign. @public */
export interface Shards {
  /** The first seed. */
  readonly seed: number;
  readonly runs: number;
  readonly shards: number;
}

/**
 * The seeds of one index: as many as of any other, or one more.
 * @throws KubedirectError `FLAG_INVALID` if there is no such index
 * @public
 */
export function seedsOf(
  { seed, runs, shards }: Shards,
  index: number,
): { readonly seed: number; readonly runs: number } {
  if (!Number.isInteger(index) || index < 0 || index >= shards)
    throw new KubedirectError('FLAG_INVALID', `expected an index from 0 to ${shards - 1}, got ${index}`);
  const from = Math.floor((runs * index) / shards);
  return { seed: seed + from, runs: Math.floor((runs * (index + 1)) / shards) - from };
}
