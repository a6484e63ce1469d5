/** Exit codes of the command: a script can tell by them what happened. */
import type { ErrorCode, KubedirectError } from '../../spec/errors.ts';

/** Of all subcommands. @public */
export const EXIT = { ok: 0, failed: 1, usage: 2, unasked: 3 } as const;

/** Of `check`: those of TLC where it has one. @public */
export const CHECK_EXIT = { held: 0, unseen: 1, differ: 6, invariant: 12, liveness: 13 } as const;

/** Of `fuzz`: the kinds of failure apart. */
export const FUZZ_EXIT = { held: 0, safety: 12, liveness: 13, crash: 14 } as const;

const CODES: { readonly [code in ErrorCode]?: number } = {
  FLAG_INVALID: EXIT.usage,
  REPLAY_INVALID: EXIT.usage,
  SHARD_INVALID: EXIT.usage,
  SHARD_MISSING: EXIT.usage,
  SHARD_MIXED: EXIT.usage,
  TOPOLOGY_IMPOSSIBLE: EXIT.usage,
  TRACE_INVALID: EXIT.usage,
  TRACE_VERSION: EXIT.usage,
  TRACE_TOO_LARGE: EXIT.usage,
  JAVA_MISSING: 3,
  TLC_MISSING: 3,
  DOWNLOAD_CORRUPT: 3,
  SPEC_INVALID: 4,
  TLC_OUT_OF_MEMORY: 5,
  EXPLORER_OUT_OF_MEMORY: 5,
  ENGINES_DIFFER: CHECK_EXIT.differ,
  INTERRUPTED: 130,
};

/** The exit code of a named error. @public */
export function exitCodeOf({ code }: KubedirectError): number {
  return CODES[code] ?? EXIT.failed;
}
