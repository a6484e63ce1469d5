/** What `kubedirect fuzz --points` does and says. */
import { availableParallelism } from 'node:os';
import { PATTERNS } from '../../simulator/points.ts';
import { type PointsRow, pointsPage, runPattern } from '../../simulator/pointsRun.ts';
import { writeReplay } from '../../simulator/replayFile.ts';
import { mutantsOf } from '../check/choose.ts';
import { FUZZ_EXIT } from '../exit.ts';
import { commit } from './commit.ts';
import { keepRow, keptRows } from './rows.ts';
import type { FuzzFlags } from './run.ts';
import { writeSection } from './section.ts';

const SHOWN = 3;

function say({ runtime, pattern, stage, points, extra, failed }: PointsRow): void {
  const head = `${runtime.padEnd(8)} ${pattern.padEnd(13)} ${stage.padEnd(11)} ${String(points).padStart(6)} points`;
  const lines = [`${head}  ${points - failed.length} ended the same, ${extra} extra Pods at most`];
  for (const { point, property, text } of failed.slice(0, SHOWN))
    lines.push(`  ${point.peer ?? ''} ${point.text}: ${property} BROKEN: ${text}`);
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** Points that are run before their row is kept. */
const SLICE = 200;

const STAGES = ['replicaset', 'scheduler', 'kubelet', 'deployment', 'autoscaler', ''];

/** Tries every point; returns the exit code. */
export async function fuzzPoints(flags: FuzzFlags): Promise<number> {
  const { pods = 20, json = false, out, mutant, resume } = flags;
  const workers = flags.workers ?? availableParallelism();
  const mutants = [...mutantsOf(mutant)];
  const rows: PointsRow[] = [];
  const before = keptRows<PointsRow>(resume);
  for (const runtime of ['runs', 'publish'] as const)
    for (const pattern of PATTERNS)
      for (const stage of STAGES) {
        const known = before.filter(
          (row) => row.runtime === runtime && row.pattern === pattern && row.stage === stage,
        );
        const world = { pods, runtime, mutants };
        rows.push(...known);
        let from = known.reduce((sum, { points }) => sum + points, 0);
        for (;;) {
          const [row] = await runPattern(pattern, world, workers, { stage, from, most: SLICE });
          if (row === undefined) break;
          rows.push(row);
          keepRow(resume, row);
          if (!json) say(row);
          from += row.points;
        }
      }
  const [first] = rows.flatMap(({ failed }) => failed);
  const points = rows.reduce((sum, row) => sum + row.points, 0);
  if (json) process.stdout.write(`${JSON.stringify({ pods, points, commit: commit(), rows })}\n`);
  else
    process.stdout.write(
      `${points} points at commit ${commit()}: ${first === undefined ? 'all held' : 'some failed'}\n`,
    );
  if (out?.endsWith('.md') === true) writeSection(out, 'points', pointsPage(rows, pods));
  else if (out !== undefined && first !== undefined) {
    const { property, text, point } = first;
    writeReplay(out, { commit: commit(), property, text, plan: point.plan });
  }
  return first === undefined ? FUZZ_EXIT.held : FUZZ_EXIT.safety;
}
