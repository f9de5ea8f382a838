import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { expect, it, onTestFinished } from 'vitest';
import { cleanEnvironment, ROOT, temporaryFolder } from '../support/cli.ts';
import { pathWithRelyable } from '../support/on-path.ts';
import { reservePort } from '../support/reserve-port.ts';

interface TourBlock {
  readonly script: string;
  readonly isBackground: boolean;
}

function tourBlocks(): TourBlock[] {
  const text = readFileSync(join(ROOT, 'README.md'), 'utf8');
  return [...text.matchAll(/^```sh tour( background)?\n([^]*?)^```$/gm)].map((match) => ({
    isBackground: match[1] !== undefined,
    script: match[2] ?? '',
  }));
}

it.skipIf(process.platform === 'win32')('the five-minute tour does what it says', async () => {
  const blocks = tourBlocks();
  expect(blocks.map(({ isBackground }) => isBackground)).toEqual([true, true, false, false, false]);
  const home = temporaryFolder();
  const env = { ...cleanEnvironment(home), PATH: pathWithRelyable() };
  // The page names port 3000, and 4400 by default; here any free ones have to do.
  const [appPort, listenPort] = [await reservePort(), await reservePort()];
  for (const { script, isBackground } of blocks) {
    const child = spawn(
      'bash',
      [
        '-e',
        '-c',
        script
          .replaceAll('3000', String(appPort))
          .replace('listen --f', `listen --port ${listenPort} --f`),
      ],
      { cwd: ROOT, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const stop = (): void => {
      try {
        process.kill(-(child.pid ?? 0), 'SIGKILL');
      } catch {
        // It has ended.
      }
    };
    onTestFinished(stop);
    let output = '';
    const isReady = new Promise<void>((resolve) => {
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk: Buffer) => {
          output += chunk.toString('utf8');
          if (/app on http|Listening on http/.test(output)) resolve();
        });
      }
    });
    const ended = once(child, 'close');
    if (isBackground) {
      const failed = ended.then(() => Promise.reject(new Error(output)));
      failed.catch(() => undefined);
      await Promise.race([isReady, failed]);
    } else {
      const [code] = (await ended) as [number];
      expect(code, `${script}\n${output}`).toBe(0);
    }
  }
});
