/**
 * K's journal on disk (protocol 5): NDJSON, one `fdatasync` for each batch, before any later effect starts.
 *
 * A torn last line is what a crash in a write leaves, and is dropped; any other line that is not an entry is
 * `JOURNAL_CORRUPT`. At each opening, and when it has grown and nothing is written, the file is compacted: written anew beside, synced, renamed.
 *
 * It names the lives that it belongs to, each before its number is written to the Node: so a journal that is not the Node's latest (a
 * copy, a disk that was restored, one that another agent has left behind) is told from one that is, and counts as lost.
 */
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import {
  claimedJournal,
  isLatestJournal,
  journalEntriesOf,
  type NamedJournal,
} from '../../../machines/kubelet/index.ts';
import { KubedirectError } from '../../../spec/errors.ts';
import { foldJournal } from '../../../spec/foldJournal.ts';
import { EMPTY_JOURNAL, type JournalEntry, type JournalState } from '../../../spec/journal.ts';
import type { Incarnation } from '../../../spec/vocabulary.ts';

/** An open journal. @public */
export interface Journal {
  /** What it held when it was opened. */
  readonly initial: JournalState;
  /**
   * Appends at once and resolves when it is synced. One at a time.
   * @throws KubedirectError `JOURNAL_FULL` if the disk is full; `JOURNAL_CORRUPT` if it can not be written otherwise
   */
  append(entries: readonly JournalEntry[]): Promise<void>;
  /** Closes the file, once what is being synced is. */
  close(): void;
}

const KINDS: ReadonlySet<string> = new Set([
  'node',
  'fence',
  'accepted',
  'publishIntent',
  'terminating',
  'released',
  'ended',
  'drained',
  'doubt',
]);

/** A life that the journal belongs to. The machine does not see these. */
interface LifeLine {
  readonly kind: 'life';
  readonly incarnation: Incarnation;
}

function parseLine(line: string, number: number, file: string): JournalEntry | LifeLine {
  try {
    const entry = JSON.parse(line) as JournalEntry | LifeLine;
    if (entry?.kind === 'life' || KINDS.has(entry?.kind)) return entry;
  } catch {
    // falls through to the named error
  }
  throw new KubedirectError(
    'JOURNAL_CORRUPT',
    `${file}: line ${number}: expected a journal entry, got ${JSON.stringify(line.slice(0, 80))}. Restore the file; or move it away: then the Node's Pods are adopted as after a lost journal.`,
  );
}

function textOf(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    throw journalUnusable(error, file);
  }
}

function read(file: string): NamedJournal {
  if (!fs.existsSync(file)) return { lives: [], state: EMPTY_JOURNAL };
  const lines = textOf(file).split('\n');
  lines.pop(); // what follows the last newline: nothing, or a torn line
  const lives: Incarnation[] = [];
  const entries: JournalEntry[] = [];
  for (const [i, line] of lines.entries()) {
    const entry = parseLine(line, i + 1, file);
    if (entry.kind === 'life') lives.push(entry.incarnation);
    else entries.push(entry);
  }
  return { lives, state: foldJournal(EMPTY_JOURNAL, entries) };
}

/** Why the journal, or its lock, can not be used. @internal */
export function journalUnusable(error: unknown, file: string): KubedirectError {
  const code = (error as NodeJS.ErrnoException).code;
  const full = code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
  return new KubedirectError(
    full ? 'JOURNAL_FULL' : 'JOURNAL_CORRUPT',
    `${file}: could not be read or written (${code}): expected a file with room for the next entry. The agent stops before the effect that needed it; ${full ? 'free some space' : 'put it right'} and start it again.`,
    { cause: error },
  );
}

function writeAll(descriptor: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length; ) done += fs.writeSync(descriptor, bytes, done);
}
const sync = promisify(fs.fdatasync);

const render = (entries: readonly (JournalEntry | LifeLine)[]) =>
  entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');

/** Writes the journal anew: beside, synced, renamed. */
function rewrite(file: string, { lives, state }: NamedJournal): void {
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    const next = `${file}.next`;
    const fresh = fs.openSync(next, 'w', 0o600);
    const known = lives.map((incarnation) => ({ kind: 'life', incarnation }) as const);
    writeAll(fresh, render([...known, ...journalEntriesOf(state)]));
    fs.fdatasyncSync(fresh);
    fs.closeSync(fresh);
    fs.renameSync(next, file);
    const directory = fs.openSync(path.dirname(file), 'r');
    fs.fsyncSync(directory);
    fs.closeSync(directory);
  } catch (error) {
    throw journalUnusable(error, file);
  }
}

/** Puts a journal that is not the Node's beside, for people. */
function setAside(file: string): void {
  try {
    fs.renameSync(file, `${file}.stale`);
  } catch (error) {
    throw journalUnusable(error, file);
  }
}

/**
 * Makes the journal that of a new life ({@link claimedJournal}), before its number is written to the Node.
 *
 * @param found - the number that is on the Node now; null if none is
 * @returns false if the journal was another's, older than what has been on the Node: it is set aside, and counts as lost
 * @throws KubedirectError `JOURNAL_CORRUPT`, `JOURNAL_FULL`
 * @public
 */
export function claimJournal(file: string, found: Incarnation | null, incarnation: Incarnation): boolean {
  const before = read(file);
  const isStale = !isLatestJournal(before.lives, found) && fs.existsSync(file);
  if (isStale) setAside(file);
  rewrite(file, claimedJournal(before, found, incarnation));
  return !isStale;
}

/** When a journal that is in use is compacted. @public */
export interface Compaction {
  /** Once nothing was written for so long, ms. */
  readonly quietMs: number;
  /** If so many bytes have come since the last time. */
  readonly grownBytes: number;
  /** If so many have come, also while it is written to. */
  readonly mostBytes: number;
}
const COMPACTION: Compaction = { quietMs: 1_000, grownBytes: 65_536, mostBytes: 8 * 1_048_576 };

class OpenJournal implements Journal {
  readonly initial: JournalState;
  readonly #file: string;
  readonly #compaction: Compaction;
  #descriptor = -1;
  #grown = 0;
  #syncing: Promise<void> = Promise.resolve();
  #isSyncing = false;
  #isClosed = false;
  #quiet: NodeJS.Timeout | null = null;

  constructor(file: string, compaction: Compaction) {
    this.#file = file;
    this.#compaction = compaction;
    this.initial = this.#rewrite();
    this.#descriptor = fs.openSync(file, 'a');
  }

  #rewrite(): JournalState {
    const { lives, state } = read(this.#file);
    rewrite(this.#file, { lives: lives.slice(-1), state });
    this.#grown = 0;
    return state;
  }

  async append(entries: readonly JournalEntry[]): Promise<void> {
    try {
      if (this.#isClosed) throw Object.assign(new Error('closed'), { code: 'EBADF' });
      if (this.#grown > this.#compaction.mostBytes) this.#compact();
      const text = render(entries);
      writeAll(this.#descriptor, text);
      this.#grown += text.length;
      this.#syncing = sync(this.#descriptor);
      this.#isSyncing = true;
      await this.#syncing;
      this.#isSyncing = false;
      if (this.#grown > this.#compaction.grownBytes) this.#whenQuiet();
    } catch (error) {
      throw journalUnusable(error, this.#file);
    }
  }

  #whenQuiet(): void {
    if (this.#quiet !== null) {
      this.#quiet.refresh();
      return;
    }
    this.#quiet = setTimeout(() => {
      this.#quiet = null;
      if (!this.#isSyncing && !this.#isClosed) this.#compact();
    }, this.#compaction.quietMs).unref();
  }

  /** Nothing is being synced. If it fails the journal is as it was, and what is wrong shows at the next append. */
  #compact(): void {
    try {
      this.#rewrite();
    } catch {
      this.#grown = 0;
    }
    fs.closeSync(this.#descriptor);
    try {
      this.#descriptor = fs.openSync(this.#file, 'a');
    } catch {
      this.#isClosed = true;
    }
  }

  close(): void {
    if (this.#quiet !== null) clearTimeout(this.#quiet);
    const isOpen = !this.#isClosed;
    this.#isClosed = true;
    if (isOpen) void this.#syncing.catch(() => {}).then(() => fs.closeSync(this.#descriptor));
  }
}

/**
 * Opens (or makes) the journal, compacting it, and again when it has grown.
 * @throws KubedirectError `JOURNAL_CORRUPT`, `JOURNAL_FULL`
 * @public
 */
export const openJournal = (file: string, compaction: Compaction = COMPACTION): Journal =>
  new OpenJournal(file, compaction);
