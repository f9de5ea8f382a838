import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TunnelWorld } from '../../src/tunnel/provider.ts';
import { temporaryFolder } from '../support/cli.ts';
import { testContext } from '../support/context.ts';

/** A world whose program `name` is a script for Node; `variable` names it. */
export function worldWith(variable: string, script: string): TunnelWorld {
  const file = join(temporaryFolder(), 'program');
  writeFileSync(file, `#!${process.execPath}\n${script}`, { mode: 0o755 });
  return testContext({
    env: { PATH: process.env['PATH'], [variable]: file },
    signalProcess: (pid, signal) => void process.kill(pid, signal),
  });
}

/** A script that prints these lines to stderr and then ends, or stays. */
export function printing(lines: readonly string[], end: 'exits' | 'stays'): string {
  const print = `process.stderr.write(${JSON.stringify(`${lines.join('\n')}\n`)});`;
  return end === 'exits'
    ? `${print}\nprocess.exitCode = 1;`
    : `${print}\nsetInterval(() => {}, 1000);`;
}

export const start = {
  localUrl: new URL('http://127.0.0.1:4400'),
  signal: new AbortController().signal,
};
