import { spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import envPaths from 'env-paths';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ROOT, spawnCli, startCli, temporaryFolder } from '../support/cli.ts';

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly files: ReadonlyArray<{ readonly path: string }>;
}

const folder = mkdtempSync(join(tmpdir(), 'relyable-package-'));
const installed = join(folder, 'empty', 'node_modules', 'relyable');
const bin = join(installed, 'bin', 'relyable.js');
let packed: Packed;

function npm(
  args: readonly string[],
  cwd: string,
): { ok: boolean; stdout: string; stderr: string } {
  // npm hands the log level of `npm run --silent` on, and then says nothing of its errors.
  const result = spawnSync('npm', [...args, '--loglevel=error'], {
    cwd,
    encoding: 'utf8',
    // On Windows npm is a script that only a shell can run.
    shell: process.platform === 'win32',
  });
  return { ok: result.status === 0, stdout: result.stdout, stderr: result.stderr };
}

const QUIET = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];

function requireOk(result: ReturnType<typeof npm>): string {
  if (!result.ok) throw new Error(result.stderr);
  return result.stdout;
}

beforeAll(() => {
  // Vitest's global set-up has built the bundle.
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  [packed] = JSON.parse(requireOk(npm(args, ROOT))) as [Packed];
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  writeFileSync(join(empty, 'package.json'), '{"private":true}');
  requireOk(npm(['install', ...QUIET, join(folder, packed.filename)], empty));
}, 180_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('is small and holds what runs and what is read, no sources and no tests', () => {
  // The command line, the inspector's page, the relay, and the library for other people's apps.
  expect(packed.size).toBeLessThan(1.4 * 1024 * 1024);
  const places = new Set(packed.files.map(({ path }) => path.split('/')[0]));
  places.delete('README.md');
  expect(places).toEqual(
    new Set([
      'bin',
      'dist',
      'packages',
      'schemas',
      'docs',
      'fixtures',
      'CHANGELOG.md',
      'LICENSE',
      'package.json',
    ]),
  );
  const fixtures = packed.files.filter(({ path }) => path.startsWith('fixtures/'));
  expect(fixtures.every(({ path }) => path.startsWith('fixtures/events/'))).toBe(true);
});

it('installs without running a script of its own or of a package', () => {
  const { scripts } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  // Not `prepare`: npm runs that in a clone and for a git address, never for a package.
  const atInstall = new Set(['preinstall', 'install', 'postinstall']);
  expect(Object.keys(scripts).filter((name) => atInstall.has(name))).toEqual([]);
});

it('keeps the notices of the code it bundles', () => {
  const text = readFileSync(join(installed, 'dist', 'THIRD-PARTY-LICENCES.txt'), 'utf8');
  for (const name of ['commander', 'zod', 'undici', 'chalk']) {
    expect(text).toMatch(new RegExp(`^${name} \\d`, 'm'));
  }
});

/** Receives, verifies and stores the four samples, then verifies them again from the store. */
async function drive(node: string, version: string): Promise<void> {
  const home = temporaryFolder();
  const program = { node, bin };
  const own = await spawnCli(['--version'], { home, program });
  expect(own).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });

  const listener = startCli(['webhooks', 'listen', '--port', '0', '--json'], { home, program });
  const ready = JSON.parse(await listener.nextLine((line) => line.includes('"ready"'))) as {
    url: string;
  };
  const sent = await spawnCli(['webhooks', 'trigger', 'all', '--to', ready.url], { home, program });
  expect(sent.code, sent.stderr).toBe(0);
  listener.child.kill('SIGTERM');
  const listened = await listener.done;
  expect(listened.stderr).not.toMatch(/Warning/);

  const verified = await spawnCli(['webhooks', 'verify', '--json'], { home, program });
  expect(verified.code, verified.stderr).toBe(0);
  const summary: unknown = JSON.parse(verified.stdout.trimEnd().split('\n').at(-1) ?? '');
  expect(summary).toMatchObject({ type: 'summary', total: 4, valid: 4, invalid: 0 });
}

const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  version: string;
};

/**
 * Other Node versions, kept from run to run. They are not in the temporary folder, where another
 * user of the machine could put a program in their place.
 */
const NODES = envPaths('relyable-tests', { suffix: '' }).cache;

/** Whether a path is a folder that belongs to this user and is closed to all others. */
function isPrivate(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined || !stat.isDirectory()) return false;
  const owner = process.getuid?.() ?? stat.uid;
  return stat.uid === owner && (process.platform === 'win32' || (stat.mode & 0o077) === 0);
}

/** The newest release of a major version of Node, from npm; undefined if npm cannot provide it. */
function fetchNode(major: number): string | undefined {
  const os = process.platform === 'win32' ? 'win' : process.platform;
  const name = `node-${os}-${process.arch}`;
  mkdirSync(NODES, { recursive: true, mode: 0o700 });
  if (!isPrivate(NODES)) throw new Error(`${NODES} is open to other users: remove it`);
  const kept = join(NODES, String(major));
  const binary = join(kept, 'node_modules', name, 'bin', os === 'win' ? 'node.exe' : 'node');
  if (existsSync(binary)) return binary;
  const draft = mkdtempSync(join(NODES, 'draft-'));
  writeFileSync(join(draft, 'package.json'), '{"private":true}');
  const { ok } = npm(
    ['install', ...QUIET, '--fetch-retries=0', '--fetch-timeout=60000', `${name}@${major}`],
    draft,
  );
  // An interrupted install never has the final name.
  if (ok) renameSync(draft, kept);
  else rmSync(draft, { recursive: true });
  return ok ? binary : undefined;
}

for (const major of [20, 22, 24, 26]) {
  it(`runs on Node ${major}`, { timeout: 180_000 }, async ({ skip }) => {
    const isOwn = process.versions.node.startsWith(`${major}.`);
    const node = isOwn ? process.execPath : fetchNode(major);
    if (node !== undefined) await drive(node, version);
    else if (process.env['RELYABLE_REQUIRE_STACKS'] !== '1') skip('npm has no such Node for here');
    else throw new Error('npm has no such Node for here');
  });
}
