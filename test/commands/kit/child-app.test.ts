import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  type ChildApp,
  type ChildWorld,
  startChildApp,
  waitUntilListening,
} from '../../../src/commands/kit/child-app.ts';
import { reservePort } from '../../support/reserve-port.ts';

const WORLD: ChildWorld = {
  platform: process.platform,
  sleep: async (ms, signal) => {
    await sleep(ms, undefined, signal === undefined ? {} : { signal });
  },
  signalProcess: (pid, signal) => void process.kill(pid, signal),
  atExit: () => () => undefined,
};

interface Started {
  readonly app: ChildApp;
  readonly lines: string[];
  /** Resolves with the first line that passes. */
  line(test: (line: string) => boolean): Promise<string>;
}

async function start(script: string, env: Record<string, string> = {}): Promise<Started> {
  const lines: string[] = [];
  const waiting: Array<() => void> = [];
  const app = await startChildApp(
    {
      command: [process.execPath, '-e', script],
      cwd: process.cwd(),
      env: { PATH: process.env['PATH'], ...env },
      onLine: (line) => {
        lines.push(line);
        for (const wake of waiting.splice(0)) wake();
      },
    },
    WORLD,
  );
  onTestFinished(async () => {
    await app.stop('SIGKILL', 0);
  });
  return {
    app,
    lines,
    line: async (accepts) => {
      for (;;) {
        const found = lines.find(accepts);
        if (found !== undefined) return found;
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie has ended; whether it is reaped depends on the machine.
    const isZombie =
      process.platform === 'linux' && / Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
    return !isZombie;
  } catch {
    return false;
  }
}

const waitOptions = {
  timeoutMs: 20_000,
  signal: new AbortController().signal,
  elapsed: () => performance.now(),
  sleep: WORLD.sleep,
  onElsewhere: () => undefined,
};

describe('the app beside a command', () => {
  test('hands over its output line by line, both streams, the last without a newline', async () => {
    const { app, lines } = await start(
      `process.stdout.write('one\\r\\ntwo'); process.stderr.write('three\\n')`,
    );
    expect(await app.exited).toEqual({ code: 0, signal: null });
    expect([...lines].sort()).toEqual(['one', 'three', 'two']);
  });

  test('tells its exit code', async () => {
    const { app } = await start('process.exitCode = 7');
    expect(await app.exited).toEqual({ code: 7, signal: null });
    expect(app.exit()).toEqual({ code: 7, signal: null });
  });

  test('is not ended by an end of stdin', async () => {
    const { app, line } = await start(
      `process.stdin.on('end', () => process.exit(3)).resume();
       console.log('up'); setInterval(() => {}, 1000);`,
    );
    await line((text) => text === 'up');
    expect(await app.stop('SIGTERM', 5000)).toEqual({ code: null, signal: 'SIGTERM' });
  });

  test('gets the signal it is stopped with, and may end in its own way', async () => {
    const { app, line, lines } = await start(
      `process.on('SIGINT', () => { console.log('bye'); process.exit(0); });
       console.log('up'); setInterval(() => {}, 1000);`,
    );
    await line((text) => text === 'up');
    expect(await app.stop('SIGINT', 5000)).toEqual({ code: 0, signal: null });
    expect(lines).toContain('bye');
  });

  test('is killed with everything it started when it does not end in time', async () => {
    const stubborn = `process.on('SIGTERM', () => {}); console.log('pid ' + process.pid); setInterval(() => {}, 1000);`;
    const { app, line } = await start(
      `const { spawn } = require('node:child_process');
       process.on('SIGTERM', () => {});
       spawn(process.execPath, ['-e', ${JSON.stringify(stubborn)}], { stdio: 'inherit' });
       setInterval(() => {}, 1000);`,
    );
    const grandchild = Number((await line((text) => text.startsWith('pid '))).slice(4));
    expect(await app.stop('SIGTERM', 100)).toEqual({ code: null, signal: 'SIGKILL' });
    await expect.poll(() => isAlive(grandchild)).toBe(false);
  });

  test('leaves nothing behind when it ended by itself but what it started did not', async () => {
    const { app, line } = await start(
      `const { spawn } = require('node:child_process');
       const child = spawn(process.execPath, ['-e', "console.log('pid ' + process.pid); setInterval(() => {}, 1000)"], { stdio: ['ignore', 'inherit', 'ignore'] });
       child.unref(); setTimeout(() => process.exit(0), 300);`,
    );
    const grandchild = Number((await line((text) => text.startsWith('pid '))).slice(4));
    await expect.poll(() => app.exit()).toEqual({ code: 0, signal: null });
    await app.stop('SIGTERM', 5000);
    await expect.poll(() => isAlive(grandchild)).toBe(false);
  });

  test('that cannot be started is an error', async () => {
    const command = ['/no/such/program'] as const;
    const starting = startChildApp({ command, cwd: '/', env: {}, onLine: () => undefined }, WORLD);
    await expect(starting).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('waiting for the app', () => {
  test.for(['127.0.0.1', '::1'])('finds it on %s under the name localhost', async (host) => {
    const port = await reservePort();
    const { app } = await start(
      `setTimeout(() => require('node:net').createServer().listen(${port}, '${host}'), 200)`,
    );
    const url = new URL(`http://localhost:${port}/hook`);
    expect(await waitUntilListening(url, app, waitOptions)).toBe('listening');
  });

  test('ends when the app does', async () => {
    const url = new URL(`http://localhost:${await reservePort()}/hook`);
    const { app } = await start('process.exitCode = 1');
    expect(await waitUntilListening(url, app, waitOptions)).toBe('ended');
  });

  test.runIf(process.platform === 'linux')(
    'tells of the port on which it listens instead, and goes on to wait',
    async () => {
      const url = new URL(`http://localhost:${await reservePort()}/hook`);
      const { app, line } = await start(
        `const server = require('node:net').createServer();
         server.listen(0, '127.0.0.1', () => console.log('port ' + server.address().port));`,
      );
      const port = Number((await line((text) => text.startsWith('port '))).slice(5));
      const told: Array<readonly number[]> = [];
      const onElsewhere = (ports: readonly number[]): void => void told.push(ports);
      let now = 0;
      const clock = { elapsed: () => now, sleep: async (ms: number) => void (now += ms) };
      const waiting = waitUntilListening(url, app, { ...waitOptions, ...clock, onElsewhere });
      await expect(waiting).rejects.toThrow(`it listens on port ${port}`);
      expect(told).toEqual([[port]]);
      // What the hint says.
      const other = new URL(`http://localhost:${port}/hook`);
      expect(await waitUntilListening(other, app, waitOptions)).toBe('listening');
    },
  );

  test('is an error when the time is over', async () => {
    const url = new URL(`http://localhost:${await reservePort()}/hook`);
    let now = 0;
    const waiting = waitUntilListening(
      url,
      { exit: () => null, ports: () => [] },
      { ...waitOptions, elapsed: () => now, sleep: async (ms) => void (now += ms) },
    );
    await expect(waiting).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });
});
