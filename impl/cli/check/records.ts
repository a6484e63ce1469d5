/**
 * What checks have found, kept world by world: a long check that is interrupted goes on where it was. A record is good as
 * long as what it was made of is the same (`digest.ts`).
 */
import fs from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { type Part, partKey } from './parts.ts';
import type { Row } from './rows.ts';

/** What is known of one world. */
export interface Record {
  readonly world: string;
  /** Absent where both parts were checked in one. */
  readonly part?: Part;
  /** Of all that it was made of, and of how far it went. */
  readonly digest: string;
  readonly date: string;
  readonly machine: string;
  readonly rows: readonly Omit<Row, 'details' | 'moves' | 'part'>[];
}

/** This machine, in words. */
export function machineText(): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${availableParallelism()} cores, ${memory} GB, ${process.platform} ${process.arch}, Node ${process.versions.node}`;
}

/** A line; null for one that was cut off. */
function parsed(line: string): Record | null {
  try {
    return JSON.parse(line) as Record;
  } catch {
    return null;
  }
}

/** The records of a file, the last of each part of a world. */
export function readRecords(file: string): ReadonlyMap<string, Record> {
  const text = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
  const records = text.split('\n').flatMap((line) => parsed(line) ?? []);
  return new Map(records.map((each) => [partKey(each.world, each.part), each]));
}

/** Adds a world's rows, in one write. */
export function record(file: string, digest: string, rows: readonly Row[]): void {
  const [first] = rows;
  if (first === undefined) return;
  const line: Record = {
    world: first.world,
    ...(first.part !== undefined && { part: first.part }),
    digest,
    date: new Date().toISOString().slice(0, 16),
    machine: machineText(),
    rows: rows.map(({ details: _, moves: __, part: ___, ...row }) => row),
  };
  const text = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
  const whole = text === '' || text.endsWith('\n') ? '' : '\n';
  fs.appendFileSync(file, `${whole}${JSON.stringify(line)}\n`);
}
