// npm runs this after `npm ci` in a clone, for `npm install git+…`, and before it packs; `npm run demo` does: the program is
// built where its build tools are. Without them (`npm ci --omit=dev`) nothing can be built; then
// bin/relyable.js says what to do. A package without the program is not packed.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
if (existsSync(join(root, 'node_modules', 'rolldown'))) {
  const build = spawnSync('npm', ['run', '--silent', 'build'], {
    cwd: root,
    // The bundler's list of files is of no use here; its errors are.
    stdio: ['ignore', 'ignore', 'inherit'],
    // On Windows npm is a script that only a shell can run.
    shell: process.platform === 'win32',
  });
  process.exitCode = build.status ?? 1;
} else {
  process.stdout.write(
    'relyable is not built: its build tools are not installed (npm ci installs them)\n',
  );
  if (['pack', 'publish'].includes(process.env.npm_command)) process.exitCode = 1;
}
