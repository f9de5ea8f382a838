// `verify` on much: an export of 20,000 captures of 1 KB, and one body of 100 MB, each against the
// bare reading, hashing and printing of the same file in a process of its own.
import { spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  BIN,
  createHome,
  environment,
  interleave,
  medianRatio,
  printClaim,
  ROOT,
  timeProcess,
} from './harness.mjs';

const BARE = join(ROOT, 'bench/bare-verify.mjs');
const sign = (body) => createHmac('sha256', 'whsec_bench').update(body).digest('hex');

function captureLine(number) {
  const event = 'test_run.completed';
  const text = 'How can I help you today? '.repeat(35);
  const body = JSON.stringify({ event, data: { test_run_id: `run_${number}`, text } });
  return JSON.stringify({
    type: 'capture',
    v: 1,
    id: `cap_${String(number).padStart(16, '0')}`,
    receivedAt: '2026-01-31T10:00:00.000Z',
    method: 'POST',
    path: '/webhooks/relyable',
    httpVersion: '1.1',
    headers: [
      ['Content-Type', 'application/json'],
      ['X-Relyable-Signature', sign(body)],
    ],
    bodyBase64: Buffer.from(body).toString('base64'),
    verification: { valid: true, reason: 'ok' },
    answered: 200,
    forwards: [],
  });
}

/** The most memory that a process had, MB. `resourceUsage` begins with what its parent had. */
function peakOf(args, home) {
  const tell =
    'import { readFileSync } from "node:fs"; process.on("exit", () => process.stderr.write(/VmHWM:\\s+(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]))';
  const { stderr } = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(tell)}`, ...args],
    { env: environment(home), cwd: home, encoding: 'utf8' },
  );
  return Number(stderr) / 1024;
}

async function compare(name, home, args, bareArgs, atMost) {
  const { ours, bare } = await interleave(
    {
      bare: () => timeProcess([BARE, ...bareArgs], { home }),
      ours: () => timeProcess([BIN, 'verify', ...args], { home }),
    },
    { rounds: 9 },
  );
  printClaim({ name: `${name}: bare`, median: bare.median, unit: 'ms' });
  const ratio = medianRatio(ours, bare);
  printClaim({ name: `${name}: verify`, median: ours.median, unit: 'ms', ratio, atMost });
}

export async function bench() {
  const home = createHome();
  const lines = join(home, 'captures.ndjson');
  writeFileSync(
    lines,
    `${Array.from({ length: 20_000 }, (_, at) => captureLine(at)).join('\n')}\n`,
  );
  await compare('20,000 captures of 1 KB', home, [lines], [lines], 1.75);

  const body = JSON.stringify({ event: 'test_run.completed', data: { text: 'x'.repeat(100e6) } });
  const file = join(home, 'body.json');
  writeFileSync(file, body);
  const args = [file, '--signature', sign(body)];
  await compare('a body of 100 MB', home, args, [file, sign(body)], 1.5);
  if (process.platform !== 'linux') return;
  const peak = peakOf([BIN, 'verify', ...args], home);
  printClaim({ name: 'a body of 100 MB: resident peak', median: peak, unit: 'MB', atMost: 120 });
}
