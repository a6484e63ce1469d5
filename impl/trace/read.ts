/** Reading recorded traces: each stage's steps, in its own order. */
import fs from 'node:fs';
import path from 'node:path';
import { KubedirectError } from '../../spec/errors.ts';
import type { StepRecord } from '../controller/host/stageHost.ts';

/** A line of a trace. @public */
export interface TraceLine extends StepRecord {
  /** Unix ms. */
  readonly at: number;
}

/** Steps by stage (`replicaset`, `kubelet/node-0`, …). @public */
export type Trace = ReadonlyMap<string, readonly TraceLine[]>;

function parseLine(text: string, file: string, number: number): TraceLine {
  try {
    const line = JSON.parse(text) as TraceLine;
    if (typeof line.stage === 'string' && typeof line.event?.type === 'string' && Array.isArray(line.effects))
      return line;
  } catch {
    // falls through to the named error
  }
  throw new KubedirectError(
    'TRACE_INVALID',
    `${file}:${number}: expected a step of a trace, got ${text.slice(0, 80)}`,
  );
}

/**
 * Reads the traces of a folder. A last line without its end is what a kill leaves, and is dropped.
 * @throws KubedirectError `TRACE_INVALID`
 * @public
 */
export function readTrace(folder: string): Trace {
  const trace = new Map<string, TraceLine[]>();
  for (const name of fs.readdirSync(folder).filter((each) => each.endsWith('.ndjson'))) {
    const file = path.join(folder, name);
    const lines = fs.readFileSync(file, 'utf8').split('\n');
    lines.pop();
    for (const [i, text] of lines.entries()) {
      const line = parseLine(text, file, i + 1);
      const steps = trace.get(line.stage) ?? [];
      steps.push(line);
      trace.set(line.stage, steps);
    }
  }
  return trace;
}
