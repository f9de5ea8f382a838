import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT, temporaryFolder } from '../support/cli.ts';

/** The two packages that hold the library, its main module in each, and the test's file that imports it. */
const PACKAGES = [
  {
    name: '@relyable/webhooks',
    folder: join(ROOT, 'packages/webhooks'),
    dist: 'dist',
    main: '@relyable/webhooks',
    file: 'library',
  },
  {
    name: 'relyable',
    folder: ROOT,
    dist: 'packages/webhooks/dist',
    main: 'relyable/webhooks',
    file: 'program',
  },
] as const;

/** The handlers, and the files that they are in. */
const ADAPTERS = {
  express: 'express',
  fastify: 'fastify',
  fetch: 'fetch',
  hono: 'hono',
  nestjs: 'express',
  next: 'fetch',
};

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: object;
  readonly exports: Readonly<Record<string, unknown>>;
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

/** Puts a package's files, as they would be published, where a project outside of here finds them. */
function install(folder: string, name: string, project: string): void {
  const place = join(project, 'node_modules', name);
  mkdirSync(place, { recursive: true });
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', project, folder];
  const packed = spawnSync('npm', args, { encoding: 'utf8', shell: process.platform === 'win32' });
  const [{ filename }] = JSON.parse(packed.stdout) as [{ filename: string }];
  const unpacked = spawnSync('tar', ['-xzf', filename, '-C', place, '--strip-components=1'], {
    cwd: project,
    encoding: 'utf8',
  });
  expect(unpacked.stderr).toBe('');
}

const source = (main: string, other: string): string => `
import { constructEvent, constructEventSync, verifySignature, WebhookVerificationError } from '${main}';
import type { EventOf, UnknownEvent, WebhookEvent } from '${main}';
import { webhookHandler as express } from '${main}/express';
import { webhookPlugin } from '${main}/fastify';
import { webhookHandler as hono } from '${main}/hono';
import { webhookHandler as next } from '${main}/next';
import { webhookHandler as nest } from '${main}/nestjs';
import { webhookHandler as fetches } from '${main}/fetch';
import { signedParts, toAcceptRelyableWebhook } from '${other}/testing';
import { explainFailure } from '${other}/diagnosis';
import { eventSchemas } from '${other}/schemas';

function use(event: WebhookEvent): number | string | UnknownEvent {
  switch (event.event) {
    case 'test_run.completed': return event.data.score;
    case 'test_run.failed': return event.data.error;
    case 'agent.score_dropped': return event.data.threshold;
    case 'test_case.critical_failure': return event.data.transcript;
    default: return event satisfies UnknownEvent;
  }
}

export async function main(): Promise<unknown[]> {
  const secret: string = 'whsec_outside';
  const { headers, body } = signedParts('test_run.completed', { 'data.score': 12.5 }, { secret });
  const signature = headers['X-Relyable-Signature'];
  const score = use(await constructEvent(body, signature, secret));
  const again = use(constructEventSync(body, signature, secret));
  const refused = await constructEvent(body, 'x', secret).catch((error: unknown) =>
    error instanceof WebhookVerificationError ? error.reason : error);
  const schema = eventSchemas['test_run.completed']['~standard'];
  const valid = await schema.validate(JSON.parse(body));
  const handlers = [express({ secret }), webhookPlugin({ secret }), hono({ secret }), nest({ secret }), fetches({ secret })];
  const route = next({ secret }).on('test_run.failed', (event: EventOf<'test_run.failed'> & { ack(): void }) => event.ack());
  const { pass } = await toAcceptRelyableWebhook(fetches({ secret }), { secret });
  return [score, again, refused, await verifySignature(body, signature, secret), valid.issues === undefined,
    handlers.length, typeof route, explainFailure(body, 'x', secret).reason, pass];
}
`;

const EXPECTED = [
  12.5,
  12.5,
  'secret_wrong_or_body_changed',
  true,
  true,
  5,
  'function',
  'signature_malformed',
  true,
];

const project = mkdtempSync(join(tmpdir(), 'relyable-library-'));
afterAll(() => rmSync(project, { recursive: true, force: true }));

beforeAll(() => {
  writeFileSync(join(project, 'package.json'), '{"private":true,"type":"module"}');
  for (const { name, folder, main, file } of PACKAGES) {
    install(folder, name, project);
    writeFileSync(join(project, `${file}.ts`), source(main, name));
    writeFileSync(join(project, `${file}-common.cts`), source(main, name));
  }
}, 120_000);

it.each([
  ['node16', 'node16'],
  ['esnext', 'bundler'],
])(
  'both packages compile under strict with module %s and moduleResolution %s',
  (module, moduleResolution) => {
    const files = PACKAGES.flatMap(({ file }) =>
      moduleResolution === 'bundler' ? [`${file}.ts`] : [`${file}.ts`, `${file}-common.cts`],
    );
    writeFileSync(
      join(project, `tsconfig.${moduleResolution}.json`),
      JSON.stringify({
        compilerOptions: {
          strict: true,
          exactOptionalPropertyTypes: true,
          // Our declarations are checked, those of TypeScript itself are not.
          skipLibCheck: false,
          skipDefaultLibCheck: true,
          target: 'es2022',
          lib: ['es2022', 'dom'],
          types: [],
          module,
          moduleResolution,
          outDir: moduleResolution,
        },
        files,
      }),
    );
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const args = [tsc, '-p', `tsconfig.${moduleResolution}.json`];
    const { stdout } = spawnSync(process.execPath, args, { cwd: project, encoding: 'utf8' });
    expect(stdout).toBe('');
    if (moduleResolution === 'bundler')
      writeFileSync(join(project, moduleResolution, 'package.json'), '{"type":"module"}');
    for (const file of files) {
      const output = file.replace(/ts$/, 'js');
      const script = `import('./${moduleResolution}/${output}').then(async ({ main }) => console.log(JSON.stringify(await main())))`;
      const run = spawnSync(process.execPath, ['-e', script], { cwd: project, encoding: 'utf8' });
      expect(JSON.parse(run.stdout || run.stderr)).toEqual(EXPECTED);
    }
  },
  180_000,
);

describe.each(PACKAGES)('$name', ({ name, folder, dist }) => {
  it('loads nothing of the program, of Node or of another package to verify', async () => {
    const bundle = await rolldown({
      input: join(folder, dist, 'webhooks.mjs'),
      platform: 'neutral',
    });
    const { output } = await bundle.generate({ minify: true, format: 'es' });
    expect(output).toHaveLength(1);
    expect(output[0].imports).toEqual([]);
    expect(gzipSync(output[0].code).length).toBeLessThan(3 * 1024);
  });

  it.each(Object.entries(ADAPTERS))(
    'imports nothing in the handler for %s',
    async (_name, file) => {
      const input = join(project, 'node_modules', name, dist, `${file}.mjs`);
      const { output } = await (await rolldown({ input, platform: 'neutral' })).generate();
      expect(output[0].imports).toEqual([]);
    },
  );
});

it('nothing is left of a module that is imported and not used', async () => {
  const entry = join(temporaryFolder(), 'entry.mjs');
  const dist = join(ROOT, 'packages/webhooks/dist/webhooks.mjs');
  writeFileSync(entry, `import { constructEvent } from ${JSON.stringify(dist)};`);
  const { output } = await (await rolldown({ input: entry, platform: 'neutral' })).generate();
  expect(output[0].code.replace(/\/\/#.*/g, '').trim()).toBe('');
});

it('the second package has the version of the first, no dependencies, and the same modules', () => {
  const [library, program] = PACKAGES.map(({ folder }) => readManifest(folder)) as [
    Manifest,
    Manifest,
  ];
  expect(library.version).toBe(program.version);
  expect(library.dependencies).toBeUndefined();
  // `./webhooks/express` of the program is `./express` of the library, and the same files.
  const own = Object.entries(library.exports).map(([path, files]): [string, unknown] => [
    path
      .replace(/^\.\/(express|fastify|fetch|hono|nestjs|next)$/, './webhooks/$1')
      .replace(/^\.$/, './webhooks'),
    JSON.parse(JSON.stringify(files).replaceAll('./dist/', './packages/webhooks/dist/')),
  ]);
  const expected = Object.fromEntries([...own, ['./schemas/*.json', './schemas/*.json']]);
  expect(program.exports).toEqual(expected);
});
