import { defineConfig } from 'vitest/config';

/** The tests that `npm run mutate` runs against each change of the source. */
export default defineConfig({
  test: {
    include: JSON.parse(process.env['MUTATION_TESTS'] ?? '[]') as string[],
    // What starts other languages takes seconds for each change.
    exclude: ['**/node_modules/**', 'test/signature/diagnosis/*-writers.test.ts'],
    testTimeout: 60_000,
    env: { NO_COLOR: '1' },
  },
});
