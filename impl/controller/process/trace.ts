/** The trace recorder (`spec/trace.ts`): a header, then a step a line, with the time for people. */
import fs from 'node:fs';
import path from 'node:path';
import { TRACE_HEADER } from '../../../spec/trace.ts';
import type { StepRecorder } from '../host/stageProcess.ts';

/** A recorder of one process; a file a stage. @public */
export interface TraceRecorder extends StepRecorder {
  close(): void;
}

/**
 * A file to append to, its header written if it is new. A line that a kill left without its end is ended with a `~`: no line of
 * a step ends so, and its effects were not carried out.
 */
function open(file: string): number {
  const descriptor = fs.openSync(file, 'a+');
  const { size } = fs.fstatSync(descriptor);
  if (size === 0) fs.writeSync(descriptor, `${JSON.stringify(TRACE_HEADER)}\n`);
  else {
    const last = Buffer.alloc(1);
    fs.readSync(descriptor, last, 0, 1, size - 1);
    if (last.toString() !== '\n') fs.writeSync(descriptor, '~\n');
  }
  return descriptor;
}

/**
 * Records into `<folder>/<stage>.ndjson`; lines are appended, life after life. Steps of one turn of the event loop are given to the
 * system together, before it goes on to carry out what they asked for: a kill hides none that anybody has seen.
 */
export function recordTo(folder: string): TraceRecorder {
  fs.mkdirSync(folder, { recursive: true });
  const files = new Map<string, { readonly descriptor: number; lines: string[] }>();
  let isWaiting = false;
  const flush = () => {
    isWaiting = false;
    for (const file of files.values()) {
      if (file.lines.length === 0) continue;
      fs.writeSync(file.descriptor, file.lines.join(''));
      file.lines = [];
    }
  };
  return {
    record(step) {
      let file = files.get(step.stage);
      if (file === undefined) {
        const name = `${step.stage.replace('/', '-')}.ndjson`;
        file = { descriptor: open(path.join(folder, name)), lines: [] };
        files.set(step.stage, file);
      }
      file.lines.push(`${JSON.stringify({ at: performance.timeOrigin + performance.now(), ...step })}\n`);
      if (isWaiting) return;
      isWaiting = true;
      queueMicrotask(flush);
    },
    flush,
    close() {
      flush();
      for (const { descriptor } of files.values()) fs.closeSync(descriptor);
      files.clear();
    },
  };
}
