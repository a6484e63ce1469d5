/** Group commit: durable before what comes after, in order, one write a turn; nothing after a failure or an end. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { GroupCommit } from '../../impl/controller/host/groupCommit.ts';
import type { Journal } from '../../impl/controller/host/journal.ts';
import { EMPTY_JOURNAL, type JournalEntry } from '../../spec/journal.ts';

const entry = (uid: string): JournalEntry => ({ kind: 'ended', uid });

function bench(append: (entries: readonly JournalEntry[]) => Promise<void> = async () => {}) {
  const log: string[] = [];
  const journal: Journal = {
    initial: EMPTY_JOURNAL,
    async append(entries) {
      await append(entries);
      log.push(`durable ${entries.map((each) => ('uid' in each ? each.uid : '')).join()}`);
    },
    close() {},
  };
  const commits = new GroupCommit(journal, () => log.push('failed'));
  return { log, commits };
}

describe('group commit', () => {
  it('writes the entries of a turn once, before any effect after them, in order', async () => {
    const { log, commits } = bench();
    commits.journal([entry('a')]);
    commits.after(() => log.push('effect of a'));
    commits.journal([entry('b')]);
    commits.after(() => log.push('effect of b'));
    expect([commits.waiting, log]).toEqual([true, []]);
    await turn();
    expect(log).toEqual(['durable a,b', 'effect of a', 'effect of b']);
    expect(commits.waiting).toBe(false);
  });

  it('tells before each write, so that a trace knows of no less than the journal', async () => {
    const log: string[] = [];
    const append = async () => void log.push('append');
    const journal: Journal = { initial: EMPTY_JOURNAL, append, close() {} };
    const commits = new GroupCommit(
      journal,
      () => {},
      () => log.push('before'),
    );
    commits.journal([entry('a')]);
    commits.journal([entry('b')]);
    await turn();
    commits.journal([entry('c')]);
    await turn();
    expect(log).toEqual(['before', 'append', 'before', 'append']);
  });

  it('an effect that journals again does not overtake those that wait', async () => {
    const { log, commits } = bench();
    commits.journal([entry('a')]);
    commits.after(() => {
      commits.journal([entry('c')]);
      commits.after(() => log.push('effect of c'));
    });
    commits.after(() => log.push('effect of a'));
    await turn();
    await turn();
    expect(log).toEqual(['durable a', 'effect of a', 'durable c', 'effect of c']);
  });

  it('what comes while the disk is busy waits in its order, and is the next group', async () => {
    const ends: (() => void)[] = [];
    const { log, commits } = bench(() => new Promise((resolve) => ends.push(resolve)));
    commits.journal([entry('a')]);
    await turn();
    commits.after(() => log.push('effect of a'));
    commits.journal([entry('b')]);
    commits.journal([entry('c')]);
    commits.after(() => log.push('effect of c'));
    await turn();
    expect([log, ends.length, commits.waiting]).toEqual([[], 1, true]);
    ends[0]?.();
    await turn();
    expect(log).toEqual(['durable a', 'effect of a']);
    ends[1]?.();
    await turn();
    expect(log).toEqual(['durable a', 'effect of a', 'durable b,c', 'effect of c']);
    expect(commits.waiting).toBe(false);
  });

  it('an end while the disk is busy: what waits never starts, and the failure of the disk is nobody’s any more', async () => {
    const ends: ((error: Error) => void)[] = [];
    const { log, commits } = bench(() => new Promise((_, reject) => ends.push(reject)));
    commits.journal([entry('a')]);
    commits.after(() => log.push('effect of a'));
    await turn();
    commits.drop();
    ends[0]?.(new Error('EIO'));
    await turn();
    expect(log).toEqual([]);
  });

  it('carries out nothing after a write that failed', async () => {
    const { log, commits } = bench(() => Promise.reject(new Error('ENOSPC')));
    commits.journal([entry('a')]);
    commits.after(() => log.push('effect of a'));
    await turn();
    expect(log).toEqual(['failed']);
  });

  it('carries out nothing after the end of the life, also in the middle of a turn', async () => {
    const { log, commits } = bench();
    commits.journal([entry('a')]);
    commits.after(() => commits.drop());
    commits.after(() => log.push('too late'));
    await turn();
    expect(log).toEqual(['durable a']);
  });
});
