/**
 * What checks have found, kept world by world: a long check that is interrupted goes on where it was. A record is good as
 * long as what it was made of is the same: the files of the protocol, the machines, the engines and the modules.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import path from 'node:path';
import type { Row } from './rows.ts';

/** What is known of one world. */
export interface Record {
  readonly world: string;
  /** Of all that it was made of, and of how far it went. */
  readonly digest: string;
  readonly date: string;
  readonly machine: string;
  readonly rows: readonly Omit<Row, 'details' | 'moves'>[];
}

const ROOT = path.join(import.meta.dirname, '../../..');
const SOURCES = ['spec', 'machines', 'impl/explorer', 'impl/tlc', 'proofs-tla'] as const;

/** Digest of the sources, and of `how`. */
export function digestOf(how: unknown, root = ROOT): string {
  const hash = createHash('sha256').update(JSON.stringify(how));
  for (const room of SOURCES)
    for (const file of fs.readdirSync(path.join(root, room), { recursive: true, encoding: 'utf8' }).sort())
      if (/\.(ts|tla|cfg)$/.test(file))
        hash.update(file).update(fs.readFileSync(path.join(root, room, file)));
  return hash.digest('hex').slice(0, 16);
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

/** The records of a file, the last of each world. */
export function readRecords(file: string): ReadonlyMap<string, Record> {
  const text = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
  const records = text.split('\n').flatMap((line) => parsed(line) ?? []);
  return new Map(records.map((each) => [each.world, each]));
}

/** Adds a world's rows, in one write. */
export function record(file: string, digest: string, rows: readonly Row[]): void {
  const [first] = rows;
  if (first === undefined) return;
  const line: Record = {
    world: first.world,
    digest,
    date: new Date().toISOString().slice(0, 16),
    machine: machineText(),
    rows: rows.map(({ details: _, moves: __, ...row }) => row),
  };
  const text = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
  const whole = text === '' || text.endsWith('\n') ? '' : '\n';
  fs.appendFileSync(file, `${whole}${JSON.stringify(line)}\n`);
}
