import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { adviceFor, TOPICS } from '../../../src/commands/check/advice.ts';
import type { Framework } from '../../../src/commands/check/framework.ts';
import { listSigningMistakes } from '../../../src/commands/check/signing-mistakes.ts';
import { FRAMEWORK_NAMES } from '../../../src/commands/check/view/report.ts';
import { ROOT } from '../../support/cli.ts';
import { startFile, startHandler } from '../../support/handlers.ts';
import { hasFlask } from '../../support/stacks.ts';
import { checkHandler } from './check-handler.ts';

const FRAMEWORKS = Object.keys(FRAMEWORK_NAMES) as Framework[];

/** Code without the white space in it and around it. */
const bare = (code: string): string => code.replaceAll(/\s/g, '');

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

/** What the tests run: the recipes, which the tests of docs check, and the right handlers. */
const RUNNING = [
  ...recipesIn('docs/recipes'),
  ...recipesIn('docs/recipes/without-library'),
  ...['node-http.mjs', 'http-server.py', 'plain.php'].map((file) => `fixtures/handlers/${file}`),
].map((file) => bare(read(file)));

function recipesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => `${folder}/${name}`);
}

/** Where the recipe with the code of the fixes is not simply run. */
const NOT_RUN: Partial<Record<Framework, string>> = {
  rails: 'run only where Rails is installed',
  laravel: "run with stand-ins for Laravel's functions",
  spring: 'not run: Spring is not installed',
};

/** The code that a fix prints, in backticks. */
function codeIn(fix: string): string[] {
  return Array.from(fix.matchAll(/`([^`]+)`/g), ([, code = '']) => code);
}

function fixFor(topic: (typeof TOPICS)[number], framework: Framework): string[] {
  return codeIn(adviceFor(topic, framework).fix);
}

describe('the code of every fix stands in a handler that the tests run', () => {
  const names = FRAMEWORKS.map((name) => [name, NOT_RUN[name] ?? 'run'] as const);

  it.for(names)('%s: %s', ([framework]) => {
    const codes = TOPICS.flatMap((topic) => fixFor(topic, framework));
    const unknown = codes.filter((code) => !RUNNING.some((text) => text.includes(bare(code))));
    // The setting has a test of its own, below.
    expect(unknown.filter((code) => code !== 'NODE_ENV=production')).toEqual([]);
  });

  it('of a signing mistake', () => {
    const codes = listSigningMistakes([]).flatMap(({ fix = '' }) => codeIn(fix));
    expect(codes.length).toBeGreaterThan(1);
    expect(codes.filter((code) => !RUNNING.some((text) => text.includes(bare(code))))).toEqual([]);
  });
});

/** Replaces each text, which must stand there once. */
function edit(source: string, edits: ReadonlyArray<readonly [string, string]>): string {
  let text = source;
  for (const [old, now] of edits) {
    expect(text.split(old), old).toHaveLength(2);
    text = text.replace(old, () => now);
  }
  return text;
}

/** Runs a file beside the handlers, where its imports are found, and expects no finding. */
async function expectFlawless(name: string, source: string): Promise<void> {
  const folder = mkdtempSync(join(ROOT, 'node_modules', '.relyable-fixes-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, name);
  writeFileSync(file, source);
  const { url } = await startFile(file);
  const { results } = await checkHandler(url);
  expect(results.flatMap(({ id, finding }) => (finding === null ? [] : [id]))).toEqual([]);
}

describe('the fixes printed for the vendor sample', () => {
  it('for Express make it right', async () => {
    const [raw = '', json = '', body = ''] = fixFor('reserialised', 'express');
    const [compare = ''] = fixFor('refusal-crashes', 'express');
    expect(fixFor('body-limit', 'express')).toEqual([raw]);
    expect(fixFor('content-type', 'express')).toEqual([raw, json, body]);
    const source = edit(read('fixtures/handlers/vendor-express.cjs'), [
      // The route first, `app.use(express.json())` after it.
      [`${json};\n`, ''],
      ['// --- end of the sample ---', `${json};`],
      [
        "app.post('/webhooks/relyable', (req, res)",
        `app.post('/webhooks/relyable', ${raw}, (req, res)`,
      ],
      [
        'const signature = req.',
        `const request = req;\n  const body = ${body};\n  const signature = req.`,
      ],
      ['verifyWebhook(req.body, signature', 'verifyWebhook(body, signature'],
      ['JSON.stringify(payload)', 'payload'],
      [
        'return crypto.timingSafeEqual(Buffer.from(signature), Buffer.from(expectedSignature));',
        `const { timingSafeEqual } = crypto;
         const received = Buffer.from(signature ?? '');
         const expected = Buffer.from(expectedSignature);
         return ${compare};`,
      ],
      ['const { event, data } = req.body', 'const { event, data } = JSON.parse(body)'],
    ]);
    await expectFlawless('express.cjs', source);
  });

  it('for Express hide its stack traces', async () => {
    expect(fixFor('leaks-stack', 'express')).toEqual(['NODE_ENV=production']);
    const { url } = await startHandler('vendor-express', { NODE_ENV: 'production' });
    const { results } = await checkHandler(url);
    expect(results.find(({ id }) => id === 'answers.stack-trace')?.outcome).toBe('passed');
  });

  it.skipIf(!hasFlask)('for Flask make it right (skipped: no flask)', async () => {
    const [bytes = '', parse = ''] = fixFor('content-type', 'flask');
    const [sign = ''] = fixFor('genuine-crashes', 'flask');
    const [compare = ''] = fixFor('refusal-crashes', 'flask');
    const source = edit(read('fixtures/handlers/vendor-flask.py'), [
      ['import os\n', 'import os\nimport json\n'],
      [
        "request.headers.get('X-Relyable-Signature')",
        "request.headers.get('X-Relyable-Signature', '')",
      ],
      ['verify_webhook(request.data, signature', 'verify_webhook(body, signature'],
      [
        "    secret = os.environ.get('RELYABLE_WEBHOOK_SECRET')",
        `    secret = os.environ.get('RELYABLE_WEBHOOK_SECRET')\n    body = ${bytes}`,
      ],
      [
        `    expected_signature = hmac.new(
        secret.encode(),
        payload.encode(),
        hashlib.sha256
    ).hexdigest()
    return hmac.compare_digest(signature, expected_signature)`,
        `    body = payload
    expected = ${sign}
    return ${compare}`,
      ],
      ['data = request.json', `data = ${parse}`],
    ]);
    await expectFlawless('fixed_flask.py', source);
  });
});
