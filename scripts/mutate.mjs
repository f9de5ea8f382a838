// Changes the source in small ways, one at a time, and says which changes no test notices:
// `npm run mutate` for every part, `npm run mutate -- redaction retry` for some, and
// `npm run mutate -- redaction src/request/redact/redact.ts` for some files of one. The whole takes hours.
// Each part has the tests that are meant to notice: in process, without builds and without other programs.
import { Stryker } from '@stryker-mutator/core';

/** The share of changes, in percent, that the tests must notice. */
const REQUIRED_SCORE = 85;

/** The tables; the tests of any input, of two causes and of the limits take too long for each change. */
const DIAGNOSIS_TESTS = ['test/signature/diagnosis/!(diagnosis|two-causes).test.ts'];

/** The parts by name, each with the files to change and the tests to run. */
const PARTS = {
  signature: { mutate: ['src/signature/*.ts'], tests: ['test/signature/*.test.ts'] },
  diagnosis: { mutate: ['src/signature/diagnosis/*.ts'], tests: DIAGNOSIS_TESTS },
  bodies: {
    mutate: ['src/signature/diagnosis/bodies/*.ts'],
    tests: [
      'test/signature/diagnosis/bodies/*.test.ts',
      'test/signature/diagnosis/partial-bodies.test.ts',
    ],
  },
  documents: {
    mutate: ['src/signature/diagnosis/documents/*.ts'],
    tests: ['test/signature/diagnosis/documents/*.test.ts'],
  },
  redaction: { mutate: ['src/request/redact/*.ts'], tests: ['test/request/redact/*.test.ts'] },
  retry: { mutate: ['src/relyable/retry.ts'], tests: ['test/relyable/retry.test.ts'] },
  expectations: {
    mutate: ['src/commands/kit/expectations/*.ts'],
    tests: ['test/commands/kit/expectations/*.test.ts'],
  },
  cursor: {
    mutate: ['src/commands/logs/pages/cursor.ts'],
    tests: ['test/commands/logs/pages/cursor.test.ts'],
  },
  'rate-limit': {
    mutate: ['src/relyable/api/rate-limit.ts', 'src/commands/emulate/emulator/rate-limiter.ts'],
    tests: [
      'test/relyable/api/rate-limit.test.ts',
      'test/commands/emulate/emulator/rate-limiter.test.ts',
    ],
  },
};

const args = process.argv.slice(2);
const files = args.filter((arg) => arg.includes('/'));
const given = args.filter((arg) => !arg.includes('/'));
const names = given.length > 0 ? given : Object.keys(PARTS);
const unknown = names.filter((name) => !Object.hasOwn(PARTS, name));
if (unknown.length > 0) {
  process.stderr.write(
    `unknown part: ${unknown.join(', ')}; there are ${Object.keys(PARTS).join(', ')}\n`,
  );
  process.exit(2);
}

const total = { noticed: 0, all: 0 };
for (const name of names) {
  const { mutate, tests } = PARTS[name];
  process.env.MUTATION_TESTS = JSON.stringify(tests);
  const results = await new Stryker({
    mutate: files.length > 0 ? files : mutate,
    testRunner: 'vitest',
    plugins: ['@stryker-mutator/vitest-runner'],
    vitest: { configFile: 'vitest.mutation.config.ts' },
    // Tables that are made when a module is loaded need a new process for each change.
    ignoreStatic: true,
    // A timeout counts as noticed, so it is longer than a test may wait on a busy machine.
    timeoutMS: 30_000,
    concurrency: Number(process.env.MUTATION_CONCURRENCY ?? 2),
    reporters: ['progress-append-only', 'clear-text'],
    clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  }).runMutationTest();
  const count = (...statuses) => results.filter(({ status }) => statuses.includes(status)).length;
  const noticed = count('Killed', 'Timeout');
  const all = noticed + count('Survived', 'NoCoverage');
  total.noticed += noticed;
  total.all += all;
  process.stdout.write(
    `${name}: ${noticed} of ${all} changes noticed, ${percent({ noticed, all })} %\n\n`,
  );
}
process.stdout.write(
  `total: ${total.noticed} of ${total.all} changes noticed, ${percent(total)} %\n`,
);
process.exitCode = percent(total) < REQUIRED_SCORE ? 1 : 0;

function percent({ noticed, all }) {
  return all === 0 ? 100 : Math.round((1000 * noticed) / all) / 10;
}
