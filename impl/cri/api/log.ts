/**
 * Reads a container's log as a CRI runtime writes it: lines of `<time> <stdout|stderr> <F|P> <text>`, where P says that the text goes on in
 * the next line.
 */
import fs from 'node:fs';
import fsp, { type FileHandle } from 'node:fs/promises';
import type { LogOptions } from './logOptions.ts';

/** Whoever reads on until the container ends. */
export interface Following {
  /** Whether it has ended. */
  readonly isOver: () => boolean;
  /** The reader has gone. */
  readonly signal: AbortSignal;
}

const BLOCK = 64 * 1024;
const NEWLINE = 0x0a;
/** So long nothing is heard of the file, it is looked at all the same: whether the container has ended. */
const LOOK_MS = 500;
/** What a container wrote last reaches its log a little after the news of its end. */
const LAST_MS = 200;

/** Where the last lines begin. */
async function tailStart(file: FileHandle, lines: number): Promise<number> {
  const { size } = await file.stat();
  if (lines === 0) return size;
  const block = Buffer.alloc(BLOCK);
  // One more, which ends the line before.
  let left = lines + 1;
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - BLOCK);
    const { bytesRead } = await file.read(block, 0, end - start, start);
    for (let at = bytesRead - 1; at >= 0; at--)
      if (block[at] === NEWLINE && --left === 0) return start + at + 1;
    end = start;
  }
  return 0;
}

/** Null while there is no such file: the one that was there has just been put aside. */
function watched(path: string): fs.FSWatcher | null {
  try {
    return fs.watch(path);
  } catch {
    return null;
  }
}

/** Resolves when the file changes, or after a while. */
function changed(path: string, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watched(path);
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      watcher?.close();
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
    watcher?.once('change', end);
    watcher?.once('error', end);
  });
}

/** The log that was begun when this one was put aside; null if this is still the one. */
async function nextOf(path: string, file: FileHandle): Promise<FileHandle | null> {
  const [own, there] = await Promise.all([file.stat(), fsp.stat(path).catch(() => null)]);
  return there === null || there.ino === own.ino ? null : fsp.open(path).catch(() => null);
}

/** The bytes from a place on, as they come; of the log, and of those that are begun after it. Closes it. */
async function* bytesFrom(
  path: string,
  first: FileHandle,
  from: number,
  following: Following | null,
): AsyncGenerator<Buffer> {
  let file = first;
  let next: FileHandle | null = null;
  let at = from;
  let wasOver = false;
  try {
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(BLOCK), 0, BLOCK, at);
      if (bytesRead > 0) {
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
        continue;
      }
      if (following === null || following.signal.aborted) return;
      if (next !== null) {
        await file.close();
        [file, next, at] = [next, null, 0];
        continue;
      }
      // Its last lines may have been written since: they are read before the next one is.
      next = await nextOf(path, file);
      if (next !== null) continue;
      if (wasOver) return;
      wasOver = following.isOver();
      await changed(path, wasOver ? LAST_MS : LOOK_MS, following.signal);
    }
  } finally {
    await file.close();
    await next?.close();
  }
}

/** Whole lines, without their ends. One that is not ended yet is waited for. */
async function* linesOf(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of bytes) {
    let all: Buffer = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    for (let end = all.indexOf(NEWLINE); end >= 0; end = all.indexOf(NEWLINE)) {
      yield all.subarray(0, end);
      all = all.subarray(end + 1);
    }
    rest = all;
  }
}

/** `<time> <stream> <tags> `, and where the text begins. */
function headOf(line: Buffer): readonly [time: string, isPartial: boolean, text: Buffer] | null {
  const first = line.indexOf(' ');
  const second = line.indexOf(' ', first + 1);
  if (first < 0 || second < 0) return null;
  const third = line.indexOf(' ', second + 1);
  const end = third < 0 ? line.length : third;
  const tags = line.toString('latin1', second + 1, end).split(':');
  return [line.toString('latin1', 0, first), tags.includes('P'), line.subarray(end + 1)];
}

async function* printed(lines: AsyncIterable<Buffer>, options: LogOptions): AsyncGenerator<Buffer> {
  let left = options.limitBytes ?? Number.POSITIVE_INFINITY;
  let isMiddle = false;
  for await (const line of lines) {
    const head = headOf(line);
    if (head === null) continue;
    const [time, isPartial, text] = head;
    if (options.since !== null && Date.parse(time) < options.since) continue;
    const before = options.timestamps && !isMiddle ? [Buffer.from(`${time} `)] : [];
    isMiddle = isPartial;
    const whole = Buffer.concat([...before, text, ...(isPartial ? [] : [Buffer.from('\n')])]);
    yield whole.subarray(0, left);
    left -= whole.length;
    if (left <= 0) return;
  }
}

/**
 * What a log has of what is asked for.
 * @param following - reads on; null ends where the log ends
 */
export async function* readLog(
  path: string,
  options: LogOptions,
  following: Following | null,
): AsyncGenerator<Buffer> {
  const file = await fsp.open(path);
  const from = options.tailLines === null ? 0 : await tailStart(file, options.tailLines);
  yield* printed(linesOf(bytesFrom(path, file, from, following)), options);
}
