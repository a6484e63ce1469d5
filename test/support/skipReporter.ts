/**
 * The end of a test run: which files took longest, what was left out, and the line `N passed, N failed, N skipped`.
 *
 * A file that leaves tests out says why on a line `SKIPPED, <what>: <why>`. With `KUBEDIRECT_NO_SKIP` set, as in CI, a skip counts as a failure
 * unless its file needs containerd (`realnode`), a browser, or Prometheus (`alerts`), which not every machine allows.
 */
import type { Reporter, TestModule } from 'vitest/node';

const MAY_SKIP = /realnode|test\/browser\/|alerts/i;

/** So many files are named. */
const SLOWEST = 15;

/** Where the time of a whole run goes. */
function saySlowest(modules: readonly TestModule[]): void {
  if (modules.length <= SLOWEST) return;
  const seconds = (module: TestModule) => module.diagnostic().duration / 1000;
  const slowest = modules.toSorted((a, b) => seconds(b) - seconds(a)).slice(0, SLOWEST);
  const rows = slowest.map(
    (module) => `${seconds(module).toFixed(0).padStart(6)} s  ${module.relativeModuleId}`,
  );
  process.stdout.write(`the slowest of ${modules.length} files:\n${rows.join('\n')}\n`);
}

/** @returns the reporter */
export function skipReporter(): Reporter {
  return {
    onTestRunEnd(modules: readonly TestModule[], errors) {
      const counts = { passed: 0, failed: errors.length, skipped: 0 };
      const leftOut = new Map<string, number>();
      const noSkip = (process.env.KUBEDIRECT_NO_SKIP ?? '') !== '';
      for (const module of modules) {
        const tests = [...module.children.allTests()];
        if (tests.length === 0 && module.state() === 'failed') counts.failed += 1;
        for (const test of tests) {
          const { state } = test.result();
          if (state === 'passed') counts.passed += 1;
          else if (state === 'failed') counts.failed += 1;
          else {
            counts.skipped += 1;
            leftOut.set(module.moduleId, (leftOut.get(module.moduleId) ?? 0) + 1);
          }
        }
      }
      const forbidden = noSkip ? [...leftOut.keys()].filter((file) => !MAY_SKIP.test(file)) : [];
      for (const [file, count] of leftOut)
        process.stdout.write(`left out: ${count} tests of ${file} (see SKIPPED above)\n`);
      for (const file of forbidden) {
        counts.failed += leftOut.get(file) as number;
        counts.skipped -= leftOut.get(file) as number;
        process.stdout.write(`not allowed to be left out here: ${file}\n`);
      }
      if (forbidden.length > 0) process.exitCode = 1;
      saySlowest(modules);
      process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
    },
  };
}
