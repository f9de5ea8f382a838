// What CI runs: the tests, and beside them, for tests also wait, what needs no tests: format, lint with
// types, unused code, the package. All run to their end, so that one run tells all that is wrong.
import { spawn } from 'node:child_process';
import { join } from 'node:path';

const BESIDE = ['format:check', 'lint', 'unused', 'package'];

/** Runs a script of package.json; its exit code, and its output where that is not shown at once. */
function run(script, stdio, env = process.env) {
  const child = spawn('npm', ['run', '--silent', script], {
    cwd: join(import.meta.dirname, '..'),
    stdio,
    env,
    // On Windows npm is a script that only a shell can run.
    shell: process.platform === 'win32',
  });
  const chunks = [];
  child.stdout?.on('data', (chunk) => chunks.push(chunk));
  child.stderr?.on('data', (chunk) => chunks.push(chunk));
  return new Promise((resolve) => {
    child.on('close', (code) =>
      resolve({ script, code, output: Buffer.concat(chunks).toString() }),
    );
  });
}

async function runBeside() {
  const results = [];
  // To pack would build again, while tests run what was built.
  const env = { ...process.env, npm_config_ignore_scripts: 'true' };
  for (const script of BESIDE) results.push(await run(script, ['ignore', 'pipe', 'pipe'], env));
  return results;
}

const [tests, beside] = await Promise.all([run('test', 'inherit'), runBeside()]);
for (const { script, code, output } of beside) {
  const failure = code === 0 ? '' : `\nnpm run ${script}\n${output}`;
  process.stdout.write(`${failure}${script}: ${code === 0 ? 'ok' : 'failed'}\n`);
}
process.stdout.write(`test: ${tests.code === 0 ? 'ok' : 'failed'}\n`);
process.exitCode = [tests, ...beside].every(({ code }) => code === 0) ? 0 : 1;
