/** Reading recorded traces: each stage's steps, in its own order. */
import fs from 'node:fs';
import path from 'node:path';
import { KubedirectError } from '../../spec/errors.ts';
import { parseTrace, type Trace, type TraceFile, type TraceLine } from './parse.ts';

/** Files of a trace: the `.ndjson` files of a folder, or the file itself. @throws KubedirectError `TRACE_INVALID` if there are none */
function traceFilesOf(name: string): readonly string[] {
  if (!fs.existsSync(name))
    throw new KubedirectError('TRACE_INVALID', `${name}: expected a trace, there is no such file`);
  if (!fs.statSync(name).isDirectory()) return [name];
  const files = fs.readdirSync(name).filter((each) => each.endsWith('.ndjson'));
  if (files.length === 0)
    throw new KubedirectError('TRACE_INVALID', `${name}: expected .ndjson files of a trace, there are none`);
  return files.sort().map((each) => path.join(name, each));
}

/** More than that is no text for one read. */
const MAX_BYTES = 500 * 1024 * 1024;

/**
 * Reads the files of a trace.
 * @throws KubedirectError `TRACE_INVALID`, `TRACE_VERSION`, `TRACE_TOO_LARGE`
 * @public
 */
export function readTraceFiles(name: string): readonly TraceFile[] {
  return traceFilesOf(name).map((file) => {
    const { size } = fs.statSync(file);
    if (size > MAX_BYTES)
      throw new KubedirectError(
        'TRACE_TOO_LARGE',
        `${file}: expected at most ${MAX_BYTES} bytes, got ${size}`,
      );
    return parseTrace(fs.readFileSync(file, 'utf8'), file);
  });
}

/**
 * Reads the traces of a folder.
 * @throws KubedirectError as {@link readTraceFiles}
 * @public
 */
export function readTrace(folder: string): Trace {
  const trace = new Map<string, TraceLine[]>();
  for (const { lines } of readTraceFiles(folder))
    for (const { line } of lines) {
      const steps = trace.get(line.stage) ?? [];
      steps.push(line);
      trace.set(line.stage, steps);
    }
  return trace;
}
