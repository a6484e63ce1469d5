/**
 * The lock on K's journal: one agent at a time, or two of one Node on one machine would write one file (protocol 5).
 *
 * It is SQLite's exclusive lock on an empty file beside the journal: the system gives it back however its holder dies, on every
 * platform, and it holds within one process too. The file stays: to remove it would let two hold "the" lock.
 */
import fs from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { KubedirectError } from '../../../spec/errors.ts';
import { journalUnusable } from './journal.ts';

/** A lock that is held. @public */
export interface JournalLock {
  /** Gives it back. */
  release(): void;
}

const SQLITE_BUSY = 5;

/** Made only if it is missing: to open and close it otherwise would end a lock of this process. */
function makeFile(file: string): void {
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, '', { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw journalUnusable(error, file);
  }
}

/**
 * Locks a journal, at once or not at all.
 * @throws KubedirectError `JOURNAL_LOCKED`, `JOURNAL_FULL`, `JOURNAL_CORRUPT` (it can not be locked)
 * @public
 */
export function lockJournal(journal: string): JournalLock {
  const file = `${journal}.lock`;
  makeFile(file);
  let lock: DatabaseSync | null = null;
  try {
    lock = new DatabaseSync(file);
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    lock?.close();
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw journalUnusable(error, file);
    throw new KubedirectError(
      'JOURNAL_LOCKED',
      `${journal}: expected to be its only writer, but another agent has locked it. Stop that agent, or give this one another folder (--journals) and other Nodes.`,
      { cause: error },
    );
  }
  const held = lock;
  return { release: () => held.close() };
}
