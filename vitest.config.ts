import { defineConfig } from 'vitest/config'
import LongestFirst from './test/support/longest-first.ts'

export default defineConfig({
  test: {
    globalSetup: ['./test/support/postgres.setup.ts', './test/support/seed.setup.ts'],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: [
            '{bridge-service,indexer,scripts}/**/*.test.ts',
            'test/{architecture,contracts,histories,laws,simulation}/**/*.test.ts',
          ],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          // A worker keeps its modules from file to file: reading them anew took longer than most files (22 of them: 25 s of CPU, and 10 so).
          isolate: false,
          // The default leaves one of two cores idle: it is one worker.
          maxWorkers: '100%',
        },
      },
      {
        extends: true,
        test: {
          name: 'scenario',
          include: ['test/scenarios/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          isolate: false,
          // Each file starts a whole world of processes: two at once is what two cores carry.
          maxWorkers: 2,
        },
      },
    ],
  },
})
