/** A journal that was lost is told from one whose lives wrote nothing, in every order of lives, lives cut short, and losses (protocol 5). */
import { describe, expect, it } from 'vitest';
import { claimedJournal, type NamedJournal } from '../../machines/kubelet/index.ts';
import { EMPTY_JOURNAL } from '../../spec/journal.ts';

const NONE: NamedJournal = { lives: [], state: EMPTY_JOURNAL };
/** A life; one that ends before its number is on the Node; the disk is lost. */
const ACTS = ['life', 'cutShort', 'lose'] as const;
type Act = (typeof ACTS)[number];

function* runs(length: number): Generator<readonly Act[]> {
  if (length === 0) return yield [];
  for (const before of runs(length - 1)) for (const act of ACTS) yield [...before, act];
}

/** The first run in which a journal is in doubt though none was lost, or the other way about; null if there is none. */
function mistake(claim: typeof claimedJournal): string | null {
  for (const run of runs(6)) {
    let [disk, node, isLost]: [NamedJournal, number | null, boolean] = [NONE, null, false];
    for (const [at, act] of run.entries()) {
      if (act === 'lose') {
        disk = NONE;
        isLost ||= node !== null;
        continue;
      }
      disk = claim(disk, node, at + 1);
      if (disk.state.doubtful !== isLost) return run.slice(0, at + 1).join(', ');
      if (act === 'life') node = at + 1;
    }
  }
  return null;
}

describe('the journal of a new life', () => {
  it('is in doubt exactly if an earlier one was lost', () => {
    expect(mistake(claimedJournal)).toBeNull();
  });

  it('and not if it goes by what was journalled, or names no lives', () => {
    const byEntries: typeof claimedJournal = ({ state }, found, incarnation) => ({
      lives: [incarnation],
      state: { ...state, doubtful: state.doubtful || (state.nodeUid === null && found !== null) },
    });
    expect(mistake(byEntries)).toBe('life, life');
    expect(mistake((journal, _, incarnation) => claimedJournal(journal, null, incarnation))).toMatch(
      /lose, life$/,
    );
  });
});
