import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { expect, it } from 'vitest';
import { cleanEnvironment, ROOT, spawnCli, temporaryFolder } from '../support/cli.ts';

const PINNED = readFileSync(join(ROOT, 'fixtures', 'help', 'relyable.txt'), 'utf8');

/** The cache folder of a user's home, as the package that the program itself asks has it. */
function cacheFolder(home: string): string {
  pathBelowHome ??= relative(ROOT, askEnvPaths(ROOT));
  return join(home, pathBelowHome);
}

let pathBelowHome: string | undefined;

function askEnvPaths(home: string): string {
  const script = `import('env-paths').then((it) => process.stdout.write(it.default('relyable', { suffix: '' }).cache))`;
  return spawnSync(process.execPath, ['-e', script], {
    cwd: ROOT,
    env: cleanEnvironment(home),
    encoding: 'utf8',
  }).stdout;
}

/** Every cached file, with what shows whether it was written again. */
function kept(home: string): ReadonlyArray<{ readonly file: string; readonly written: string }> {
  const folder = join(cacheFolder(home), 'code');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile())
    .map((file) => {
      const { ino, mtimeMs } = statSync(file);
      return { file, written: `${ino} ${mtimeMs}` };
    });
}

async function expectHelp(home: string, env: Readonly<Record<string, string>> = {}): Promise<void> {
  const result = await spawnCli(['--help'], { home, env });
  expect(result).toEqual({ code: 0, stdout: PINNED, stderr: '' });
}

it('keeps compiled code below the cache folder, once, and runs from it', async () => {
  const home = temporaryFolder();
  await expectHelp(home);
  const first = kept(home);
  expect(first.some(({ file }) => file.includes(`${sep}code${sep}`))).toBe(true);
  await expectHelp(home);
  expect(kept(home)).toEqual(first);
});

it('does not run what is kept for another source', async () => {
  const home = temporaryFolder();
  await expectHelp(home);
  const first = kept(home);
  for (const { file } of first) {
    const content = readFileSync(file);
    writeFileSync(file, Buffer.from(content.toReversed()));
  }
  await expectHelp(home);
  expect(kept(home)).not.toEqual(first);
});

it('does not run what is cut short', async () => {
  const home = temporaryFolder();
  await expectHelp(home);
  const whole = kept(home).map(({ file }) => ({ file, content: readFileSync(file) }));
  for (const share of [0, 0.5, 0.9, 0.999]) {
    for (const { file, content } of whole) {
      writeFileSync(file, content.subarray(0, Math.floor(content.length * share)));
    }
    const cut = kept(home);
    await expectHelp(home);
    // Each is written again, and the next run takes it as it is.
    const mended = kept(home);
    for (const entry of cut) expect(mended).not.toContainEqual(entry);
    await expectHelp(home);
    expect(kept(home)).toEqual(mended);
  }
});

it('loads a module on demand from code that was kept', async () => {
  const home = temporaryFolder();
  const args = ['webhooks', 'trigger', 'test_run.completed', '--to', 'http://nowhere.invalid/'];
  const runs = [await spawnCli(args, { home }), await spawnCli(args, { home })];
  for (const { code, stdout } of runs) {
    expect(stdout).toContain('no address found for nowhere.invalid');
    expect(code).toBe(4);
  }
});

it('runs where nothing can be kept, and keeps nothing where Node is told not to', async () => {
  const home = temporaryFolder();
  await expectHelp(home, { NODE_DISABLE_COMPILE_CACHE: '1' });
  expect(existsSync(cacheFolder(home))).toBe(false);

  const file = join(home, 'a-file');
  writeFileSync(file, '');
  await expectHelp(home, { XDG_CACHE_HOME: file, LOCALAPPDATA: file });
  expect(readFileSync(file, 'utf8')).toBe('');
});
