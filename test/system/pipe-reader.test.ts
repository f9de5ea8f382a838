import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { watchPipeReader } from '../../src/system/pipe-reader.ts';
import { temporaryFolder } from '../support/cli.ts';

describe.runIf(process.platform === 'linux')('the reader of a pipe', () => {
  /** A pipe that this process writes to and `readers` other processes read. */
  function openPipe(readers: number): { descriptor: number; children: ChildProcess[] } {
    const file = join(temporaryFolder(), 'pipe');
    execFileSync('mkfifo', [file]);
    const children = Array.from({ length: readers }, () => {
      const child = spawn('cat', [file], { stdio: ['ignore', 'pipe', 'inherit'] });
      onTestFinished(() => void child.kill('SIGKILL'));
      return child;
    });
    // Blocks until there is a reader.
    const descriptor = openSync(file, readers === 0 ? 'r+' : 'w');
    onTestFinished(() => closeSync(descriptor));
    return { descriptor, children };
  }

  async function end(child: ChildProcess | undefined): Promise<void> {
    child?.kill('SIGKILL');
    if (child !== undefined) await once(child, 'exit');
  }

  it('is gone when the last of them has ended', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const { descriptor, children } = openPipe(2);
    const onGone = vi.fn();
    watchPipeReader(descriptor, process.pid, onGone);
    vi.advanceTimersByTime(5000);
    await end(children[0]);
    vi.advanceTimersByTime(5000);
    expect(onGone).not.toHaveBeenCalled();
    await end(children[1]);
    vi.advanceTimersByTime(5000);
    expect(onGone).toHaveBeenCalledOnce();
  });

  it('is never gone where this process is one', () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const onGone = vi.fn();
    watchPipeReader(openPipe(0).descriptor, process.pid, onGone);
    vi.advanceTimersByTime(5000);
    expect(onGone).not.toHaveBeenCalled();
  });

  it('is not looked for where the output is a file', () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const descriptor = openSync(join(temporaryFolder(), 'out'), 'w');
    onTestFinished(() => closeSync(descriptor));
    watchPipeReader(descriptor, process.pid, () => expect.unreachable());
    expect(vi.getTimerCount()).toBe(0);
  });
});
