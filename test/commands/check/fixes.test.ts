import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it, onTestFinished } from 'vitest';
import { adviceFor, TOPICS } from '../../../src/commands/check/advice.ts';
import { selectCases } from '../../../src/commands/check/battery.ts';
import type { Framework } from '../../../src/commands/check/framework.ts';
import { listSigningMistakes } from '../../../src/commands/check/signing-mistakes.ts';
import { FRAMEWORK_NAMES } from '../../../src/commands/check/view/report.ts';
import { findCrashCause } from '../../../src/commands/kit/crash-cause.ts';
import { ROOT } from '../../support/cli.ts';
import { startFile, startHandler } from '../../support/handlers.ts';
import { hasFlask, hasStack } from '../../support/stacks.ts';
import { checkHandler } from './check-handler.ts';

const FRAMEWORKS = Object.keys(FRAMEWORK_NAMES) as Framework[];

/** Code without the white space in it and around it. */
const bare = (code: string): string => code.replaceAll(/\s/g, '');

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

/** Handlers of their own for code that no recipe has. */
const OWN_HANDLERS = ['node-events.mjs', 'lambda.mjs'].map((file) => `fixtures/handlers/${file}`);

/** What the tests run: the recipes, which the tests of docs check, and the right handlers. */
const RUNNING = [
  ...recipesIn('docs/recipes'),
  ...recipesIn('docs/recipes/without-library'),
  ...['node-http.mjs', 'http-server.py', 'plain.php'].map((file) => `fixtures/handlers/${file}`),
  ...OWN_HANDLERS,
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

/** The sources that hold what `verify`, `listen` and `trigger` say about a handler. */
const SAYING = [
  ...readdirSync(join(ROOT, 'src/signature/diagnosis'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `src/signature/diagnosis/${name}`),
  'src/commands/check/advice.ts',
  'src/commands/check/signing-mistakes.ts',
  'src/commands/kit/crash-cause.ts',
  'src/commands/trigger/probe.ts',
];

/** The code in backticks in every text of a source file; code has a dot or a bracket. */
function codeInSource(file: string): string[] {
  const codes: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) codes.push(...codeIn(node.text));
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest));
  return codes.filter((code) => /[.(]/.test(code));
}

describe('code in what is said of a signature stands in a handler that the tests run', () => {
  const codes = new Set(SAYING.flatMap(codeInSource));
  // Of the vendor's own sample, whose fix is run below.
  codes.delete('hmac.new(secret.encode(), payload, hashlib.sha256).hexdigest()');

  it.each([...codes])('%s', (code) => {
    expect(RUNNING.some((text) => text.includes(bare(code)))).toBe(true);
  });

  it.each(OWN_HANDLERS)('%s', async (file) => {
    await expectFlawless(file, read(file));
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

/** Runs a file where its imports are found; its URL. */
async function runSource(name: string, source: string): Promise<string> {
  const folder = mkdtempSync(join(ROOT, 'node_modules', '.relyable-fixes-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, basename(name));
  writeFileSync(file, source);
  return (await startFile(file)).url;
}

/** Expects no finding for a handler with this source. */
async function expectFlawless(name: string, source: string): Promise<void> {
  const { results } = await checkHandler(await runSource(name, source), { timeoutMs: 60_000 });
  expect(results.flatMap(({ id, finding }) => (finding === null ? [] : [id]))).toEqual([]);
}

type Edits = ReadonlyArray<readonly [string, string]>;

/** A handler that parses the body and signs what it writes again, and what the fixes for it replace. */
interface Reserialising {
  readonly file: string;
  readonly framework: Framework;
  readonly isHere: boolean;
  readonly edits: () => Edits;
}

const NODE_COMPARISON = 'timingSafeEqual(received, expected)';
const nodeSignature = (value: string): Edits => [
  // "take an empty text for a missing header"
  ['Buffer.from(signature)', "Buffer.from(signature ?? '')"],
  [`if (!${value})`, `if (!(${fixFor('refusal-crashes', 'node')[0]}))`],
];
const PYTHON_COMPARISON = 'hmac.compare_digest(expected, signature)';
const hasPythonWith = (modules: string): boolean =>
  hasStack('python3', ['-c', `import ${modules}`]);

const RESERIALISING: readonly Reserialising[] = [
  {
    file: 'node.mjs',
    framework: 'node',
    isHere: true,
    edits: () => [
      ["let body = '';", 'const chunks = [];'],
      [
        'body += chunk;',
        `chunks.push(chunk);\n    const body = ${fixFor('reserialised', 'node')[0]};`,
      ],
      ['    const event = JSON.parse(body);\n', ''],
      ['JSON.stringify(event)', 'body'],
      ['.end(event.event)', '.end(JSON.parse(body).event)'],
      ['Buffer.from(signature)', "Buffer.from(signature ?? '')"],
      [`return ${NODE_COMPARISON}`, `return ${fixFor('refusal-crashes', 'node')[0]}`],
    ],
  },
  {
    file: 'fastify.mjs',
    framework: 'fastify',
    isHere: true,
    edits: () => {
      const [remove = '', add = '', body = ''] = fixFor('reserialised', 'fastify');
      return [
        ['Fastify()', fixFor('body-limit', 'fastify')[0] ?? ''],
        ['  webhooks.post', `  ${remove};\n  ${add};\n  webhooks.post`],
        ['JSON.stringify(request.body)', body],
        ...nodeSignature(NODE_COMPARISON),
        ['reply.code(204).send()', fixFor('not-200', 'fastify')[0] ?? ''],
      ];
    },
  },
  {
    file: 'hono.mjs',
    framework: 'hono',
    isHere: true,
    edits: () => [
      ['JSON.stringify(await context.req.json())', fixFor('reserialised', 'hono')[0] ?? ''],
      ...nodeSignature(NODE_COMPARISON),
      ['context.body(null, 204)', fixFor('not-200', 'hono')[0] ?? ''],
    ],
  },
  {
    file: 'next.mjs',
    framework: 'nextjs',
    isHere: true,
    edits: () => [
      ['JSON.stringify(await request.json())', fixFor('reserialised', 'nextjs')[0] ?? ''],
      ...nodeSignature(NODE_COMPARISON),
    ],
  },
  {
    file: 'fastapi_app.py',
    framework: 'fastapi',
    isHere: hasPythonWith('fastapi, uvicorn'),
    edits: () => [
      ['json.dumps(await request.json()).encode()', fixFor('reserialised', 'fastapi')[0] ?? ''],
      [
        "request.headers.get('X-Relyable-Signature')",
        fixFor('inexact-signature', 'fastapi')[0] ?? '',
      ],
      [PYTHON_COMPARISON, fixFor('refusal-crashes', 'fastapi')[0] ?? ''],
    ],
  },
  {
    file: 'django_app.py',
    framework: 'django',
    isHere: hasPythonWith('django'),
    edits: () => [
      [
        'json.dumps(json.loads(request.body.decode())).encode()',
        fixFor('reserialised', 'django')[0] ?? '',
      ],
      ["get('X-Relyable-Signature')", "get('X-Relyable-Signature', '')"],
      [PYTHON_COMPARISON, fixFor('refusal-crashes', 'django')[0] ?? ''],
      ['HttpResponse(status=204)', fixFor('not-200', 'django')[0] ?? ''],
    ],
  },
  {
    file: 'http_server.py',
    framework: 'python-http-server',
    isHere: hasStack('python3'),
    edits: () => [
      [
        "json.dumps(json.loads(self.rfile.read(int(self.headers['Content-Length'])))).encode()",
        fixFor('reserialised', 'python-http-server')[0] ?? '',
      ],
      ["get_all('X-Relyable-Signature')", "get_all('X-Relyable-Signature', [])"],
      [PYTHON_COMPARISON, fixFor('refusal-crashes', 'python-http-server')[0] ?? ''],
    ],
  },
  {
    file: 'plain.php',
    framework: 'php',
    isHere: hasStack('php'),
    edits: () => [
      [
        "json_encode(json_decode(stream_get_contents(fopen('php://input', 'r'))))",
        fixFor('reserialised', 'php')[0] ?? '',
      ],
    ],
  },
  {
    file: 'net_http.go',
    framework: 'go',
    isHere: hasStack('go', ['version']),
    edits: () => [
      [
        `	var event map[string]any
	if json.NewDecoder(io.LimitReader(r.Body, 10<<20)).Decode(&event) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	body, err := json.Marshal(event)
`,
        `	body, err := ${fixFor('reserialised', 'go')[0]}\n`,
      ],
      [
        'strings.ToLower(r.Header.Get("X-Relyable-Signature"))',
        fixFor('inexact-signature', 'go')[0] ?? '',
      ],
      ['	"encoding/json"\n', ''],
    ],
  },
];

describe('the fixes printed for a handler that re-serialises the body make it right', () => {
  it.for(RESERIALISING.map((it) => [it.framework, it] as const))(
    '%s',
    async ([, { file, framework, isHere, edits }], { skip }) => {
      skip(!isHere, `${framework} is not installed`);
      const source = read(`fixtures/handlers/reserialising/${file}`);
      const cases = selectCases({ only: ['accepts'], skip: [], isObserved: false });
      const { results } = await checkHandler(await runSource(file, source), {
        cases,
        timeoutMs: 60_000,
      });
      const topics = results.map(({ finding }) => finding?.topic);
      expect(topics).toContain('reserialised');
      await expectFlawless(file, edit(source, edits()));
    },
  );
});

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
    const crash = findCrashCause("AttributeError: 'bytes' object has no attribute 'encode'");
    const [sign = ''] = codeIn(crash?.fix ?? '');
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
        `    expected = ${sign}
    return ${compare}`,
      ],
      ['data = request.json', `data = ${parse}`],
    ]);
    await expectFlawless('fixed_flask.py', source);
  });
});
