/**
 * The order of test files: those that take longest are begun first, so that no core waits for the last of them. A clean clone knows nothing of
 * earlier runs, and how large a file is says little: most of what these do is Java's, or a search.
 */
import path from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Longest first, as the end of a run tells it. */
const LONG: readonly string[] = [
  'test/tlc/mutants.test.ts',
  'test/explorer/mutants.test.ts',
  'test/tlc/golden.test.ts',
  'test/tlc/cli.test.ts',
];

/** Where a file stands: the first of the long ones is 0, all others are behind them. */
function placeOf({ moduleId, project }: TestSpecification): number {
  const at = LONG.indexOf(path.relative(project.config.root, moduleId));
  return at < 0 ? LONG.length : at;
}

/** As Vitest has it, but the long files of each project first. */
export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return [...Map.groupBy(sorted, ({ project }) => project.name).values()].flatMap((of) =>
      of.toSorted((a, b) => placeOf(a) - placeOf(b)),
    );
  }
}
