import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { ClosingLine } from './test/support/closing-line.ts';

export default defineConfig({
  // The recipes name the second package, which has the same modules.
  resolve: { alias: [{ find: /^@relyable\/webhooks/, replacement: 'relyable/webhooks' }] },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/fresh-build.ts',
    pool: 'forks',
    // One more than there are cores: tests also wait for processes and timers.
    maxWorkers: availableParallelism() + 1,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A condition may take as long as a loaded machine needs; the default is one second.
    expect: { poll: { timeout: 50_000, interval: 20 } },
    env: { NO_COLOR: '1' },
    reporters: ['default', new ClosingLine()],
  },
});
