/**
 * Nothing outlives us: a small process that is told what we start, and that kills and removes it if we die without
 * having said that all is clean. It holds the other end of a pipe, so it notices any death, SIGKILL included.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What the reaper is told, one JSON line each. @internal */
export type ReaperLine =
  | { readonly kind: 'process'; readonly pid: number }
  | { readonly kind: 'gone'; readonly pid: number }
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'command'; readonly name: string; readonly argv: readonly string[] }
  | { readonly kind: 'commandDone'; readonly name: string }
  | { readonly kind: 'released' };

/** The end that we hold. @internal */
export interface Reaper {
  readonly pid: number | undefined;
  tell(line: ReaperLine): void;
  /** All is clean: the reaper ends without doing anything. */
  release(): Promise<void>;
}

/** Starts a reaper. It does not keep our process alive. @internal */
export function startReaper(): Reaper {
  const script = fileURLToPath(new URL('./reaper-main.ts', import.meta.url));
  // Its own session: an interrupt from the terminal must reach us, not it. No loader or inspector flags of ours.
  const child = spawn(process.execPath, ['--no-warnings', script], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    env: { ...process.env, NODE_OPTIONS: '' },
    cwd: '/',
  });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  child.stdin.on('error', () => {});
  child.unref();
  (child.stdin as unknown as { unref?: () => void }).unref?.();
  return {
    pid: child.pid,
    tell: (line) => {
      child.stdin.write(`${JSON.stringify(line)}\n`);
    },
    release: async () => {
      child.stdin.end(`${JSON.stringify({ kind: 'released' } satisfies ReaperLine)}\n`);
      child.ref();
      await ended;
    },
  };
}
