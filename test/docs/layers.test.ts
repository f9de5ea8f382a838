import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT, temporaryFolder } from '../support/cli.ts';

const architecture = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');
const rows = [...architecture.matchAll(/^\| `([a-z/]+)\/`([^|]*)\| (.+) \|$/gm)].map(
  ([, folder = '', , allowed = '']) => ({ folder, allowed }),
);

const LEAVES = [
  'errors',
  'did-you-mean',
  'html-entities',
  'html-message',
  'shell-quote',
  'version',
].map((name) => `${name}.ts`);
/** A file for each folder and layer, as an import names it. */
const TARGETS = [
  'commands/kit/api.ts',
  'commands/listen/run.ts',
  'library/claim.ts',
  'request/request.ts',
  'request/raw.ts',
  'inspector/api-types.ts',
  'inspector/server.ts',
  ...['relay', 'pipeline', 'tunnel', 'store', 'http', 'signature', 'json'].map((f) => `${f}/x.ts`),
  ...['relyable', 'relyable/api', 'config', 'terminal', 'system'].map((f) => `${f}/x.ts`),
  'main.ts',
  'program.ts',
  'command-tree.ts',
  'invocation.ts',
  ...LEAVES,
];

/** Whether the table lets a file of the folder import this one. */
function isAllowed(folder: string, allowed: string, target: string): boolean {
  if (dirname(target) === folder) return true;
  if (LEAVES.includes(target)) return !['library', 'inspector/page'].includes(folder);
  if (folder === 'inspector/page') return target === 'inspector/api-types.ts';
  if (folder === 'signature' && dirname(target) === 'request')
    return target === 'request/request.ts';
  return allowed.includes(`\`${dirname(target)}/\``);
}

/** Those of the targets that lint lets no file of this folder import, sorted. */
function refusedImports(folder: string): string[] {
  const root = temporaryFolder();
  copyFileSync(join(ROOT, '.oxlintrc.json'), join(root, '.oxlintrc.json'));
  const file = join(root, 'src', folder, 'probe.ts');
  mkdirSync(dirname(file), { recursive: true });
  const lines = TARGETS.map((target, index) => {
    const path = posix.relative(folder, target);
    return `import { x${index} } from '${path.startsWith('.') ? path : `./${path}`}';`;
  });
  writeFileSync(file, `${lines.join('\n')}\n`);
  const oxlint = join(ROOT, 'node_modules/oxlint/bin/oxlint');
  const args = [oxlint, '--format', 'json', 'src'];
  const { stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  const { diagnostics } = JSON.parse(stdout) as {
    diagnostics: Array<{ code: string; labels: Array<{ span: { line: number } }> }>;
  };
  return diagnostics
    .filter(({ code }) => code.includes('no-restricted-imports'))
    .map(({ labels }) => TARGETS[(labels[0]?.span.line ?? 0) - 1] ?? '?')
    .toSorted();
}

it('finds the table of the layers', () => {
  expect(rows.map(({ folder }) => folder)).toHaveLength(16);
});

it.each(rows)('lint refuses what the table does not list: $folder', ({ folder, allowed }) => {
  const refused = TARGETS.filter((target) => !isAllowed(folder, allowed, target)).toSorted();
  expect(refusedImports(folder)).toEqual(refused);
});
