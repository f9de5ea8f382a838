import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { cleanEnvironment, ROOT, temporaryFolder } from './cli.ts';
import { pathWithRelyable } from './on-path.ts';

/** A fenced block of a page that is marked as runnable. */
export interface RunnableBlock {
  readonly line: number;
  readonly script: string;
  /** Keeps running beside the blocks after it: a listener, an app. */
  readonly isBackground: boolean;
  readonly exitCode: number;
}

/** Markdown pages of the project, relative to its root. */
export function pages(): string[] {
  const docs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' });
  return [...readdirSync(ROOT), ...docs.map((file) => join('docs', file))]
    .filter((file) => file.endsWith('.md') && file !== 'CHANGELOG.md')
    .sort();
}

/**
 * Blocks that begin with ```` ```sh run ````; `background` and `exit=<n>` may follow. Throws for
 * any other word, so that a typing error does not leave a block unrun.
 */
export function runnableBlocks(page: string): RunnableBlock[] {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const blocks: RunnableBlock[] = [];
  for (const match of text.matchAll(/^```sh run(.*)\n([^]*?)^```$/gm)) {
    const words = (match[1] ?? '').split(' ').filter(Boolean);
    let exitCode = 0;
    for (const word of words) {
      if (word.startsWith('exit=')) exitCode = Number(word.slice('exit='.length));
      else if (word !== 'background') throw new Error(`${page}: unknown word "${word}" in a fence`);
    }
    const line = text.slice(0, match.index).split('\n').length;
    blocks.push({
      line,
      script: match[2] ?? '',
      isBackground: words.includes('background'),
      exitCode,
    });
  }
  return blocks;
}

/** A clean home and folder in which a page's blocks run one after the other. */
export interface Session {
  run(block: RunnableBlock): Promise<{ code: number | null; output: string }>;
}

export function startSession(): Session {
  const home = temporaryFolder();
  const cwd = temporaryFolder();
  // The pages name no port. The default one may be in use on this machine.
  const config = join(home, '.config', 'relyable');
  mkdirSync(config, { recursive: true });
  writeFileSync(join(config, 'config.json'), '{"port":0}');
  const env = { ...cleanEnvironment(home), PATH: pathWithRelyable() };
  return {
    run: (block) =>
      new Promise((resolve, reject) => {
        const child = spawn('bash', ['-e', '-o', 'pipefail', '-c', block.script], {
          cwd,
          env,
          // A group of its own, so that what the block started ends with it.
          detached: true,
          stdio: ['ignore', 'pipe', 'pipe'],
        });
        onTestFinished(() => stopGroup(child));
        let output = '';
        const collect = (chunk: Buffer): void => {
          output += chunk.toString('utf8');
          // Both `listen` and `emulate` print their address once they accept connections.
          if (block.isBackground && output.includes('http://')) resolve({ code: null, output });
        };
        child.stdout.on('data', collect);
        child.stderr.on('data', collect);
        child.on('error', reject);
        child.on('close', (code) => resolve({ code, output }));
      }),
  };
}

function stopGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}
