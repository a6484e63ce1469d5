/** Lines of recorded traces (`spec/trace.ts`), read from their text. Runs in the viewer's page too. */
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

/** What was done to the stages, by the simulator or by whoever ran them: no step. @public */
export interface WorldLine {
  readonly at: number;
  readonly world: object;
}

/** What a file holds. @public */
export interface TraceFile {
  readonly lines: readonly PlacedLine[];
  readonly world: readonly WorldLine[];
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

const isWorld = (value: object): value is WorldLine =>
  'world' in value &&
  typeof value.world === 'object' &&
  value.world !== null &&
  'at' in value &&
  typeof value.at === 'number';

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
  const world: WorldLine[] = [];
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
    if (isWorld(value)) world.push(value);
    else if (isStep(value)) lines.push({ ...place, line: value });
    else throw invalid(place, 'expected a step of a trace', row);
  }
  return { lines, world, unfinished };
}
