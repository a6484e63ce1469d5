import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongFirst } from './test/support/longFirst.ts';
import { skipReporter } from './test/support/skipReporter.ts';

/** `unit`: needs Node alone. `cluster`: needs the real control plane; files run one after the other. */
export default defineConfig({
  test: {
    reporters: ['default', skipReporter()],
    sequence: { sequencer: LongFirst },
    // Vitest would leave a core to others: of two that is half.
    maxWorkers: availableParallelism(),
    projects: [
      {
        test: {
          name: 'unit',
          // A CommonJS module is imported as Node does it.
          deps: { interopDefault: false },
          include: ['test/**/*.test.ts'],
          exclude: ['test/cluster/**', 'test/bench/**'],
          setupFiles: ['test/support/seed.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'cluster',
          deps: { interopDefault: false },
          include: ['test/cluster/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 240_000,
          hookTimeout: 1_800_000,
        },
      },
    ],
  },
});
