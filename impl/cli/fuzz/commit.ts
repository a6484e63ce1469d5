/** What a run was made with. */
import { spawnSync } from 'node:child_process';

/** The commit of this checkout; '' if it is none. */
export function commit(): string {
  const { status, stdout } = spawnSync('git', ['rev-parse', '--short', 'HEAD'], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  });
  return status === 0 ? stdout.trim() : '';
}
