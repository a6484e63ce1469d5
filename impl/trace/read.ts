/** Reading recorded traces (`spec/trace.ts`): each stage's steps, in its own order. */
import fs from 'node:fs';
import path from 'node:path';
import { KubedirectError } from '../../spec/errors.ts';
import { type StepRecord, TRACE_VERSION, type TraceHeader } from '../../spec/trace.ts';

/** A line of a trace. @public */
export interface TraceLine extends StepRecord {
  /** Unix ms; virtual ms in the simulator. */
  readonly at: number;
}

/** Steps by stage (`replicaset`, `kubelet/node-0`, …). @public */
export type Trace = ReadonlyMap<string, readonly TraceLine[]>;

/** Where a line stands. @public */
export interface Place {
  readonly file: string;
  /** From 1; the header is the first. */
  readonly number: number;
}

/** A line, and where it stands. @public */
export interface PlacedLine extends Place {
  readonly line: TraceLine;
}

/** What a file holds. @public */
export interface TraceFile {
  readonly lines: readonly PlacedLine[];
  /** Lines of the simulator about its world: no steps. */
  readonly notes: number;
  /** Lines that a kill left without their end: their steps had no effect. */
  readonly unfinished: readonly Place[];
}

const invalid = (place: Place, why: string, text: string) =>
  new KubedirectError(
    'TRACE_INVALID',
    `${place.file}:${place.number}: ${why}, got ${text.length > 80 ? `${text.slice(0, 80)}…` : text || 'nothing'}`,
  );

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const isStep = (value: Partial<TraceLine>): value is TraceLine =>
  typeof value.at === 'number' &&
  typeof value.stage === 'string' &&
  Number.isSafeInteger(value.incarnation) &&
  Number.isSafeInteger(value.step) &&
  typeof value.event?.type === 'string' &&
  Array.isArray(value.effects) &&
  value.effects.every((effect) => typeof effect?.type === 'string');

function checkHeader(place: Place, text: string): void {
  const header = parse(text) as Partial<TraceHeader> | null | undefined;
  if (header?.kubedirect !== 'trace') throw invalid(place, 'expected the header of a trace', text);
  if (header.version !== TRACE_VERSION)
    throw new KubedirectError(
      'TRACE_VERSION',
      `${place.file}: expected a trace of version ${TRACE_VERSION}, got version ${header.version}`,
    );
}

/**
 * The lines of a trace's text.
 * @throws KubedirectError `TRACE_INVALID`, `TRACE_VERSION`
 * @public
 */
export function parseTrace(text: string, file: string): TraceFile {
  const rows = text.split('\n');
  const lines: PlacedLine[] = [];
  const unfinished: Place[] = [];
  let notes = 0;
  if (rows.at(-1) === '') rows.pop();
  else if (rows.length > 1) unfinished.push({ file, number: rows.length });
  const whole = rows.slice(0, rows.length - unfinished.length);
  checkHeader({ file, number: 1 }, whole[0] ?? '');
  for (const [i, row] of whole.entries()) {
    if (i === 0) continue;
    const place = { file, number: i + 1 };
    if (row.endsWith('~')) {
      unfinished.push(place);
      continue;
    }
    const value = parse(row);
    if (typeof value !== 'object' || value === null) throw invalid(place, 'expected a step of a trace', row);
    if ('world' in value) notes += 1;
    else if (isStep(value)) lines.push({ ...place, line: value });
    else throw invalid(place, 'expected a step of a trace', row);
  }
  return { lines, notes, unfinished };
}

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
