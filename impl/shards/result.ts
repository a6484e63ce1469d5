/** What one index found: small enough for the message that a container leaves when it ends (4,096 bytes). */
import { KubedirectError } from '../../spec/errors.ts';

/** The result of one index. @public */
export interface ShardResult {
  readonly kubedirect: 'shard';
  readonly index: number;
  readonly seed: number;
  /** Seeds to run, and seeds begun: fewer if one failed. */
  readonly asked: number;
  readonly runs: number;
  readonly steps: number;
  /** Virtual ms of all worlds together. */
  readonly time: number;
  readonly milliseconds: number;
  readonly commit: string;
  /** The first seed that failed, and what it broke; null if all held. */
  readonly failed: { readonly seed: number; readonly property: string } | null;
}

/** As text. @public */
export const resultText = (result: ShardResult): string => `${JSON.stringify(result)}\n`;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const COUNTS = ['index', 'seed', 'asked', 'runs', 'steps', 'time', 'milliseconds'] as const;

/**
 * Reads a result.
 * @param from - where the text comes from
 * @throws KubedirectError `SHARD_INVALID`
 * @public
 */
export function readResult(text: string, from: string): ShardResult {
  const value = parsed(text) as Partial<ShardResult> | null;
  const isOne =
    value?.kubedirect === 'shard' &&
    COUNTS.every((field) => typeof value[field] === 'number') &&
    typeof value.commit === 'string' &&
    (value.failed === null || typeof value.failed?.seed === 'number');
  if (isOne) return value as ShardResult;
  throw new KubedirectError(
    'SHARD_INVALID',
    `${from}: expected the result of a shard, got ${text.slice(0, 80) || 'nothing'}`,
  );
}
