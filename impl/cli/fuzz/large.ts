/** What `kubedirect fuzz --large` does and says. */
import { type Large, type LargeRow, largePage, planOf, runLarge } from '../../simulator/largeWorld.ts';
import { writeReplay } from '../../simulator/replayFile.ts';
import { mutantsOf } from '../check/choose.ts';
import { FUZZ_EXIT } from '../exit.ts';
import { commit } from './commit.ts';
import { keepRow, keptRows } from './rows.ts';
import type { FuzzFlags } from './run.ts';
import { writeSection } from './section.ts';

const [NODES, PODS, ROUNDS] = [100, 5000, 10];

const same = (row: LargeRow, { seed, nodes, pods, rounds }: Large) =>
  row.seed === seed && row.nodes === nodes && row.pods === pods && row.rounds === rounds;

/** Runs one; returns the exit code. */
export function fuzzLarge(flags: FuzzFlags): number {
  const { seed, nodes = NODES, pods = PODS, rounds = ROUNDS, mutant, out, resume, json = false } = flags;
  const large = { seed, nodes, pods, rounds, mutants: [...mutantsOf(mutant)] };
  const { row, outcome } = runLarge(large);
  const others = keptRows<LargeRow>(resume).filter((one) => !same(one, large));
  keepRow(resume, row);
  const { finding } = outcome;
  const page = largePage([...others, row]);
  if (json) process.stdout.write(`${JSON.stringify({ ...row, commit: commit() })}\n`);
  else process.stdout.write(`${page}\nat commit ${commit()}\n`);
  if (out?.endsWith('.md') === true) writeSection(out, 'large', page);
  else if (out !== undefined && finding !== null) {
    const { property, text } = finding;
    writeReplay(out, { commit: commit(), property, text, plan: planOf(large) });
  }
  return finding === null ? FUZZ_EXIT.held : FUZZ_EXIT[finding.kind];
}
