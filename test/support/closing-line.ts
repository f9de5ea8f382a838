import type { Reporter, TestModule } from 'vitest/node';

/**
 * Ends a run with one line that a script can read: `12 passed, 0 failed, 1 skipped`. Above it are the
 * tests that passed only when they ran again.
 */
export class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      if (module.errors().length > 0) counts.failed += 1;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state !== 'pending') counts[state] += 1;
        if (test.diagnostic()?.flaky === true) {
          console.log(
            `passed only when it ran again: ${module.relativeModuleId} > ${test.fullName}`,
          );
        }
      }
    }
    console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  }
}
