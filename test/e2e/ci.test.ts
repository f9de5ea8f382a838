import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultLoaders } from 'cosmiconfig';
import { describe, expect, test } from 'vitest';
import { BIN, cleanEnvironment, ROOT, temporaryFolder } from '../support/cli.ts';
import { reservePort } from '../support/reserve-port.ts';

const PAGE = readFileSync(join(ROOT, 'docs/ci.md'), 'utf8');

/** The first fenced block under a heading (or the page's beginning), without its fence. */
function block(heading: string, language: string): string {
  const under = PAGE.slice(PAGE.indexOf(heading));
  const match = new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'm').exec(under);
  if (match === null) throw new Error(`no ${language} block under ${heading}`);
  return match[1] ?? '';
}

function parseYaml(text: string): unknown {
  return defaultLoaders['.yaml']('docs/ci.md', text);
}

/** A folder with the page's server.js, and an `npx` and `npm` that use the built program. */
function project(): { cwd: string; path: string } {
  const cwd = temporaryFolder();
  const bin = join(cwd, 'bin');
  mkdirSync(bin);
  writeFileSync(join(cwd, 'server.js'), block('# Webhooks in CI', 'js'));
  mkdirSync(join(cwd, 'results/relyable'), { recursive: true });
  const program = (name: string, script: string): void => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  program(
    'npx',
    `[ "$1" = --no ] && shift || { echo 'npx could install a package' >&2; exit 98; }
case "$1" in relyable) shift; exec '${process.execPath}' '${BIN}' "$@";; esac
echo "npx of something else: $1" >&2; exit 99`,
  );
  program('npm', '[ "$1" = ci ]');
  return { cwd, path: `${bin}:${process.env['PATH'] ?? ''}` };
}

interface ScriptResult {
  readonly code: number | null;
  readonly output: string;
}

/** Runs a script of the page with its port 3000 replaced by a free one. */
async function runScript(
  script: string,
  { cwd, path }: { cwd: string; path: string },
  env: Readonly<Record<string, string>> = {},
  shell = ['sh', '-e'],
): Promise<ScriptResult> {
  const port = await reservePort();
  const [file = '', ...args] = shell;
  const child = spawn(file, [...args, '-c', script.replaceAll('3000', String(port))], {
    cwd,
    env: {
      ...cleanEnvironment(temporaryFolder()),
      PATH: path,
      ...Object.fromEntries(
        Object.entries(env).map(([name, value]) => [name, value.replaceAll('3000', String(port))]),
      ),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return { code, output };
}

const SECRET = { RELYABLE_WEBHOOK_SECRET: 'whsec_ci_only' };

describe.skipIf(process.platform === 'win32')('docs/ci.md', () => {
  test('the plain shell script checks the app and waits for its events', async () => {
    const folder = project();
    const { code, output } = await runScript(block('## Plain shell', 'sh'), folder);
    expect(output).toContain('grade A');
    expect(output).toContain('✓ as expected');
    expect(code, output).toBe(0);
    for (const report of ['relyable-check.xml', 'relyable-listen.xml']) {
      expect(readFileSync(join(folder.cwd, report), 'utf8')).toContain('failures="0"');
    }
  });

  test('the plain shell script fails when the handler is wrong', async () => {
    const folder = project();
    const server = join(folder.cwd, 'server.js');
    const wrong = readFileSync(server, 'utf8').replace('isGenuine ? 200 : 401', '200');
    writeFileSync(server, wrong);
    const { code, output } = await runScript(block('## Plain shell', 'sh'), folder);
    expect(output).toContain('grade F');
    expect(code).toBe(1);
  });

  test('the workflow of GitHub Actions runs', async () => {
    const workflow = parseYaml(block('## GitHub Actions', 'yaml')) as {
      jobs: { webhooks: { env: Record<string, string>; steps: Array<{ run?: string }> } };
    };
    const { env, steps } = workflow.jobs.webhooks;
    expect(env).toEqual(SECRET);
    const script = steps.flatMap(({ run }) => (run === undefined ? [] : [run])).join('\n');
    const { code, output } = await runScript(script, project(), env);
    expect(output).toContain('::notice title=relyable webhooks check::grade A');
    expect(code, output).toBe(0);
  });

  test('the job of GitLab runs', async () => {
    const pipeline = parseYaml(block('## GitLab', 'yaml')) as {
      webhooks: { variables: Record<string, string>; script: string[] };
    };
    const { variables, script } = pipeline.webhooks;
    expect(variables).toEqual(SECRET);
    const { code, output } = await runScript(script.join('\n'), project(), variables);
    expect(output).toContain('grade A');
    expect(code, output).toBe(0);
  });

  test('the job of CircleCI runs', async () => {
    const pipeline = parseYaml(block('## CircleCI', 'yaml')) as {
      jobs: {
        webhooks: {
          environment: Record<string, string>;
          steps: Array<string | { run?: string | { command: string } }>;
        };
      };
    };
    const { environment, steps } = pipeline.jobs.webhooks;
    expect(environment).toEqual(SECRET);
    const commands = steps.flatMap((step) => {
      const run = typeof step === 'string' ? undefined : step.run;
      if (run === undefined) return [];
      return [typeof run === 'string' ? run : run.command];
    });
    const { code, output } = await runScript(commands.join('\n'), project(), environment);
    expect(output).toContain('grade A');
    expect(code, output).toBe(0);
  });
});

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default?: string }>>;
  readonly runs: {
    readonly steps: ReadonlyArray<{
      readonly run: string;
      readonly env: Readonly<Record<string, string>>;
    }>;
  };
}

describe.skipIf(process.platform === 'win32')('action.yml', () => {
  const action = parseYaml(readFileSync(join(ROOT, 'action.yml'), 'utf8')) as Action;

  /** The step as GitHub runs it, with these inputs. */
  async function runAction(
    inputs: Readonly<Record<string, string>>,
    folder = project(),
  ): Promise<ScriptResult & { outputs: string }> {
    const [step] = action.runs.steps;
    if (step === undefined) throw new Error('no step');
    const value = (expression: string): string => {
      if (expression === '${{ github.action_path }}') return ROOT;
      const name = /^\$\{\{ inputs\.([\w-]+) \}\}$/.exec(expression)?.[1] ?? '';
      return inputs[name] ?? action.inputs[name]?.default ?? '';
    };
    const env = Object.fromEntries(
      Object.entries(step.env).map(([name, expression]) => [name, value(expression)]),
    );
    const outputFile = join(folder.cwd, 'output.txt');
    const shell = ['bash', '--noprofile', '--norc', '-eo', 'pipefail'];
    const github = { GITHUB_OUTPUT: outputFile, GITHUB_STEP_SUMMARY: join(folder.cwd, 'summary') };
    const result = await runScript(step.run, folder, { ...env, ...github }, shell);
    const outputs = existsSync(outputFile) ? readFileSync(outputFile, 'utf8') : '';
    return { ...result, outputs };
  }

  test('starts the app, checks it and tells the grade', async () => {
    const { code, output, outputs } = await runAction({
      url: '3000/webhooks/relyable',
      command: 'node server.js',
    });
    expect(output).toContain('66 of 66 checks passed');
    expect(outputs).toBe('grade=A\n');
    expect(code, output).toBe(0);
  });

  test('passes its inputs on, and the verdict', async () => {
    const folder = project();
    writeFileSync(
      join(folder.cwd, 'lax.js'),
      `require('node:http').createServer((request, response) => {
        request.resume().on('end', () => response.end());
      }).listen(process.env.PORT);`,
    );
    const inputs = {
      url: '3000',
      command: 'node lax.js',
      only: 'refuses answers.status',
      skip: 'refuses.*',
      secret: 'whsec_of_the_app',
      badge: 'b.json',
      junit: 'j.xml',
    };
    const kept = await runAction(inputs, folder);
    expect(kept.output).toContain('1 of 1 checks passed');
    expect(kept.code).toBe(0);
    expect(readFileSync(join(folder.cwd, 'j.xml'), 'utf8')).toContain('tests="1"');
    const failed = await runAction({ ...inputs, skip: '' }, folder);
    expect(failed.outputs).toBe('grade=A\ngrade=F\n');
    expect(failed.code).toBe(1);
  });

  test('does not run what stands in an input', async () => {
    const folder = project();
    const url = '3000/$(touch pwned)`touch pwned`; touch pwned';
    const { code } = await runAction({ url, only: '$(touch pwned)' }, folder);
    expect(code).toBe(2);
    expect(existsSync(join(folder.cwd, 'pwned'))).toBe(false);
  });
});
