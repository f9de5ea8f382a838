// The worst case of a diagnosis, in which nothing explains the signature, against one HMAC.
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { median, printClaim, ROOT } from './harness.mjs';

const SECRETS = [
  { source: 'chosen', value: 'whsec_dev_0123456789abcdefABCDEF', role: 'chosen' },
  { source: 'other', value: 'another-signing-secret', role: 'known' },
];

/** Bodies that make the work differ: many tokens, many escapes, or one long string. */
const TEXTS = {
  'plain text': (turn) => `Hello, this is turn ${turn}, how can I help you today?`,
  'non-ASCII and HTML': (turn) => `Grüße <b>an & 'dich'</b> a/b+c="x" ${turn} \u2028\n😀`,
};

function createBody(bytes, text) {
  const turns = [];
  const write = () =>
    JSON.stringify({ event: 'x', timestamp: '2026-01-01T00:00:00Z', data: { score: 70, turns } });
  const perTurn = JSON.stringify({ speaker: 'agent', at: 1.5, text: text(1) }).length + 8;
  for (let turn = 0; turn * perTurn < bytes; turn++) {
    turns.push({ speaker: turn % 2 === 0 ? 'agent' : 'caller', at: turn * 1.5, text: text(turn) });
  }
  return Buffer.from(write());
}

async function loadDiagnosis(folder) {
  const build = await rolldown({
    input: join(ROOT, 'src/signature/diagnosis/diagnosis.ts'),
    platform: 'node',
    logLevel: 'silent',
  });
  const file = join(folder, 'diagnosis.mjs');
  await build.write({ file, format: 'esm' });
  await build.close();
  return import(pathToFileURL(file).href);
}

function timeMs(run) {
  const start = performance.now();
  run();
  return performance.now() - start;
}

export async function bench() {
  const folder = mkdtempSync(join(tmpdir(), 'relyable-bench-'));
  const { diagnose } = await loadDiagnosis(folder);
  const headers = [['X-Relyable-Signature', 'ab'.repeat(32)]];
  for (const [size, bytes, atMostMs, rounds] of [
    ['500 bytes', 400, 60, 25],
    ['10 KB', 10 * 1024, 50, 15],
    ['1 MB', 1024 * 1024, 2000, 3],
  ]) {
    for (const [name, text] of Object.entries(TEXTS)) {
      const body = createBody(bytes, text);
      const times = (run) => Array.from({ length: rounds }, () => timeMs(run));
      const hmac = median(
        times(() => createHmac('sha256', SECRETS[0].value).update(body).digest('hex')),
      );
      const full = median(times(() => diagnose({ headers, body }, SECRETS)));
      const quick = median(times(() => diagnose({ headers, body }, SECRETS, { effort: 'quick' })));
      const about = `${size} of ${name}`;
      printClaim({ name: `${about}: one HMAC`, median: hmac, unit: 'ms' });
      printClaim({ name: `${about}: quick`, median: quick, unit: 'ms' });
      printClaim({ name: `${about}: full`, median: full, unit: 'ms', atMost: atMostMs });
      const hmacs = Math.round(full / hmac).toLocaleString('en-US');
      console.log(`    as long as ${hmacs} HMACs over the body`);
    }
  }
  rmSync(folder, { recursive: true });
}
