import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { serialisePayload } from '../../relyable/payload.ts';
import { SAMPLES } from '../../relyable/samples.ts';
import { type Manifest, packagesOf, readManifest } from '../kit/guess-framework.ts';
import type { RecipeName } from '../kit/recipe-names.ts';
import { recipeCode } from '../kit/recipes.ts';
import { addTypes } from './recipe-types.ts';

/** A file that `init` may write; paths are relative to the project's folder, with `/`. */
export interface NewFile {
  readonly path: string;
  readonly text: string;
}

/** A handler for a project, the test for it, and what is left to the user. */
export interface HandlerFiles {
  readonly handler: NewFile;
  readonly test: NewFile;
  /** The command that runs the test; the app must be running. */
  readonly testCommand: string;
  /** The code that connects the handler to the app; null if the handler's file is the route itself. */
  readonly connect: string | null;
  /** Packages that the handler imports and package.json does not list. */
  readonly missing: readonly string[];
}

/** Why there are no files for a project, e.g. `app/routes/webhooks.relyable.ts is there already`. */
export interface NoHandlerFiles {
  readonly reason: string;
}

export interface HandlerOptions {
  readonly folder: string;
  readonly recipe: RecipeName;
  /** The app's URL, with the handler's path. */
  readonly forwardTo: string;
  readonly envFile: string;
  readonly secretEnv: string;
}

/** Where a recipe's file belongs, without its extension where the project's language decides it. */
type Place = (folder: string) => string;

const inSource = (path: string): Place => {
  return (folder) => (existsSync(join(folder, 'src')) ? `src/${path}` : path);
};

const PLACES: Readonly<Partial<Record<RecipeName, Place>>> = {
  next: (folder) =>
    `${existsSync(join(folder, 'src/app')) ? 'src/' : ''}app/webhooks/relyable/route`,
  'next-pages': (folder) =>
    `${existsSync(join(folder, 'src/pages')) ? 'src/' : ''}pages/api/webhooks/relyable`,
  nuxt: () => 'server/api/webhooks/relyable.post',
  sveltekit: () => 'src/routes/webhooks/relyable/+server',
  remix: () => 'app/routes/webhooks.relyable',
  astro: () => 'src/pages/webhooks/relyable',
  express: inSource('relyable-webhooks'),
  fastify: inSource('relyable-webhooks'),
  hono: inSource('relyable-webhooks'),
  koa: inSource('relyable-webhooks'),
  flask: () => 'relyable_webhooks.py',
  fastapi: () => 'relyable_webhooks.py',
  django: () => 'relyable_webhooks.py',
  rails: () => 'app/controllers/relyable_webhooks_controller.rb',
};

const OWN_APP = 'it makes an app of its own: move its route into yours';

const CONNECT: Readonly<Partial<Record<RecipeName, string>>> = {
  express: 'app.use() its app in yours, before any app.use(express.json())',
  hono: "app.route('/', its app) in yours",
  fastify: OWN_APP,
  koa: OWN_APP,
  flask: OWN_APP,
  fastapi: OWN_APP,
  django: 'add the route in its first line to urls.py',
  rails: 'add the route in its first line to config/routes.rb',
};

/** What `init` says of its offer, e.g. `src/relyable-webhooks.ts and test/relyable-webhooks.test.ts`. */
export function describeFiles({ handler, test }: HandlerFiles): string {
  return `${handler.path} and ${test.path}`;
}

/** The files for a project; a reason where the recipe has no file of its own, or a file is there. */
export function planHandlerFiles(options: HandlerOptions): HandlerFiles | NoHandlerFiles {
  const { folder, recipe } = options;
  const place = PLACES[recipe]?.(folder);
  if (place === undefined)
    return { reason: `a handler for ${recipe} belongs into a file of yours` };
  const manifest = readManifest(folder);
  const isScript = !/\.(py|rb)$/.test(place);
  const isTyped = isScript && usesTypeScript(folder, manifest);
  const code = recipeCode(recipe, packagesOf(manifest));
  const handler = {
    path: isScript ? `${place}.${extensionFor(recipe, isTyped, manifest)}` : place,
    text: isTyped ? addTypes(code) : code,
  };
  const { test, testCommand } = planTest(options, manifest, isTyped);
  const present = [handler, test].find(({ path }) => existsSync(join(folder, path)));
  if (present !== undefined) return { reason: `${present.path} is there already` };
  return {
    handler,
    test,
    testCommand,
    connect: CONNECT[recipe] ?? null,
    missing: isScript ? missingPackages(code, manifest) : [],
  };
}

function usesTypeScript(folder: string, manifest: Manifest | undefined): boolean {
  return existsSync(join(folder, 'tsconfig.json')) || packagesOf(manifest).has('typescript');
}

/** A library's project runs its files in Node, which takes modules by their extension or `type`. */
function extensionFor(
  recipe: RecipeName,
  isTyped: boolean,
  manifest: Manifest | undefined,
): string {
  if (isTyped) return 'ts';
  return recipe in CONNECT && manifest?.type !== 'module' ? 'mjs' : 'js';
}

/** Packages that come with Nuxt and Astro. */
const BROUGHT_ALONG: ReadonlySet<string> = new Set(['h3', 'astro']);

function missingPackages(code: string, manifest: Manifest | undefined): string[] {
  const listed = packagesOf(manifest);
  const imported = Array.from(
    code.matchAll(/\bfrom '((?:@[\w-]+\/)?[a-z][\w-]*)(?:\/[^']*)?'/g),
    ([, name = '']) => name,
  );
  return [...new Set(imported)].filter((name) => !listed.has(name) && !BROUGHT_ALONG.has(name));
}

/** A test over HTTP, for vitest where the project has it, else for Node's own runner. */
function planTest(
  { folder, forwardTo, envFile, secretEnv }: HandlerOptions,
  manifest: Manifest | undefined,
  isTyped: boolean,
): Pick<HandlerFiles, 'test' | 'testCommand'> {
  const hasVitest = packagesOf(manifest).has('vitest');
  const place = ['test', 'tests'].find((name) => existsSync(join(folder, name)));
  const extension = hasVitest ? (isTyped ? 'ts' : 'js') : 'mjs';
  const path = `${place === undefined ? '' : `${place}/`}relyable-webhooks.test.${extension}`;
  const text = testText({ forwardTo, envFile, secretEnv, hasVitest });
  return {
    test: { path, text },
    testCommand: hasVitest ? `npx vitest run ${path}` : `node --test ${path}`,
  };
}

function testText({
  forwardTo,
  envFile,
  secretEnv,
  hasVitest,
}: Pick<HandlerOptions, 'forwardTo' | 'envFile' | 'secretEnv'> & {
  readonly hasVitest: boolean;
}): string {
  const expectStatus = (expected: number, body: string, signature: string): string =>
    hasVitest
      ? `expect(await send(${body}, ${signature})).toBe(${expected});`
      : `assert.equal(await send(${body}, ${signature}), ${expected});`;
  return `${hasVitest ? '' : "import assert from 'node:assert/strict';\n"}import { createHmac } from 'node:crypto';
import { existsSync } from 'node:fs';
import { ${hasVitest ? 'expect, it' : 'it'} } from '${hasVitest ? 'vitest' : 'node:test'}';

// Start your app first. The secret is the one that it has.
const url = '${forwardTo}';
if (!process.env.${secretEnv} && existsSync('${envFile}')) process.loadEnvFile('${envFile}');
const secret = process.env.${secretEnv} ?? '';

const body = ${quote(serialisePayload(SAMPLES['test_run.completed'], 'compact').toString('utf8'))};
const signature = createHmac('sha256', secret).update(body).digest('hex');

const send = async (text = body, signed = signature) => {
  const headers = { 'Content-Type': 'application/json', 'X-Relyable-Signature': signed };
  return (await fetch(url, { method: 'POST', body: text, headers })).status;
};

it('accepts an event of Relyable with exactly 200', async () => {
  ${expectStatus(200, 'body', 'signature')}
});

it('refuses a body that was changed with 401', async () => {
  ${expectStatus(401, "body.replace('{', '{ ')", 'signature')}
});

it('refuses another signature with 401', async () => {
  ${expectStatus(401, 'body', "'0'.repeat(64)")}
});
`;
}

/** A text as a JavaScript literal. */
function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`;
}
