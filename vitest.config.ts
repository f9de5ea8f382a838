import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { ClosingLine } from './test/support/closing-line.ts';

export default defineConfig({
  // The recipes name the second package, which has the same modules.
  resolve: { alias: [{ find: /^@relyable\/webhooks/, replacement: 'relyable/webhooks' }] },
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: 'test/support/fixed-seed.ts',
    globalSetup: 'test/support/fresh-build.ts',
    pool: 'forks',
    // Two more than there are cores: tests also wait for processes and timers.
    maxWorkers: availableParallelism() + 2,
    // The files that a worker runs share the modules they import: reading those took a third of the time.
    isolate: false,
    // Nothing is to be learned from a slow machine, so only what hangs gets as far as these.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // On a machine of CI, which others use too; what passed only then is named at the end.
    retry: process.env['CI'] === undefined ? 0 : 1,
    expect: { poll: { timeout: 150_000, interval: 20 } },
    env: { NO_COLOR: '1' },
    reporters: ['default', new ClosingLine()],
  },
});
