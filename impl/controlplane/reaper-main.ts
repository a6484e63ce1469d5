/**
 * Outlives its parent by a moment, to clean up after it: reads what there is to clean from standard input, one JSON line
 * each (see `reaper.ts`), and does so when the input ends, which is when the parent has ended, in whatever way.
 *
 * Run as a program by `reaper.ts`, never imported.
 */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { ReaperLine } from './reaper.ts';

const pids = new Set<number>();
const folders = new Set<string>();
const commands = new Map<string, readonly string[]>();
let released = false;

const apply = (line: ReaperLine): void => {
  if (line.kind === 'process') pids.add(line.pid);
  else if (line.kind === 'gone') pids.delete(line.pid);
  else if (line.kind === 'folder') folders.add(line.path);
  else if (line.kind === 'command') commands.set(line.name, line.argv);
  else if (line.kind === 'commandDone') commands.delete(line.name);
  else released = true;
};

const sleep = (ms: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
};

const cleanUp = (): void => {
  if (released) return;
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
  // In the order they were given: what was started last hangs on what was started first.
  for (const [command, ...args] of [...commands.values()].reverse()) {
    if (command !== undefined) spawnSync(command, args, { stdio: 'ignore', timeout: 60_000 });
  }
  for (let tries = 0; tries < 20; tries++) {
    try {
      for (const path of folders) rmSync(path, { recursive: true, force: true });
      return;
    } catch {
      sleep(100); // A dying process may still write.
    }
  }
};

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
createInterface({ input: process.stdin })
  .on('line', (text) => apply(JSON.parse(text) as ReaperLine))
  .on('close', cleanUp);
