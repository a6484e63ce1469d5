/** The trace recorder: a step is a line of NDJSON (`architecture.md`, Traces), with the time for people. */
import fs from 'node:fs';
import path from 'node:path';
import type { StepRecorder } from '../host/stageProcess.ts';

/** A recorder of one process; a file a stage. @public */
export interface TraceRecorder extends StepRecorder {
  close(): void;
}

/**
 * Records into `<folder>/<stage>.ndjson`; lines are appended, life after life. Buffered: a kill may lose the last
 * 50 ms of steps, but none whose journal entries a later life goes by. */
export function recordTo(folder: string): TraceRecorder {
  fs.mkdirSync(folder, { recursive: true });
  const files = new Map<string, { readonly descriptor: number; lines: string[] }>();
  const flush = () => {
    for (const file of files.values()) {
      if (file.lines.length === 0) continue;
      fs.writeSync(file.descriptor, file.lines.join(''));
      file.lines = [];
    }
  };
  const timer = setInterval(flush, 50);
  timer.unref();
  return {
    record(step) {
      let file = files.get(step.stage);
      if (file === undefined) {
        const name = `${step.stage.replace('/', '-')}.ndjson`;
        file = { descriptor: fs.openSync(path.join(folder, name), 'a'), lines: [] };
        files.set(step.stage, file);
      }
      file.lines.push(`${JSON.stringify({ at: performance.timeOrigin + performance.now(), ...step })}\n`);
    },
    flush,
    close() {
      clearInterval(timer);
      flush();
      for (const { descriptor } of files.values()) fs.closeSync(descriptor);
      files.clear();
    },
  };
}
