import { describe, expect, it } from 'vitest';
import { type RunningCli, startCli } from '../support/cli.ts';
import { reservePort } from '../support/reserve-port.ts';
import { descendants, hasSshd, startSshd, type TestSshd } from '../support/sshd.ts';

interface Running extends RunningCli {
  readonly port: number;
  readonly publicUrl: string;
  next(type: string): Promise<Record<string, unknown>>;
}

const LISTEN = ['webhooks', 'listen'];

/** A listener on another loopback address, so that the server's port of the same number is free. */
async function listen(sshd: TestSshd, ...args: string[]): Promise<Running> {
  const port = await reservePort();
  const publicUrl = `http://127.0.0.1:${port}/`;
  const cli = startCli(
    [
      ...LISTEN,
      '--json',
      '--host=127.0.0.2',
      `--port=${port}`,
      `--tunnel=${sshd.tunnel}`,
      `--public-url=${publicUrl}`,
      ...args,
    ],
    { env: { RELYABLE_SSH_PATH: sshd.ssh } },
  );
  return {
    ...cli,
    port,
    publicUrl,
    next: async (type) => {
      const line = await cli.nextLine((text) => text.startsWith(`{"type":"${type}"`));
      return JSON.parse(line) as Record<string, unknown>;
    },
  };
}

const post = (url: string): Promise<Response> => fetch(url, { method: 'POST', body: '{}' });

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!hasSshd)('a tunnel by OpenSSH', () => {
  it('is ready once the address leads here, and passes requests on until the listener stops', async () => {
    const sshd = await startSshd();
    const { next, publicUrl, child, done } = await listen(sshd);
    expect(await next('ready')).toMatchObject({ publicUrl, tunnel: sshd.tunnel });
    expect(await next('tunnel')).toMatchObject({ state: 'up', url: publicUrl });
    expect((await post(publicUrl)).status).toBe(401);
    expect(await next('delivery')).toMatchObject({ signature: { valid: false } });
    const health = await fetch(publicUrl);
    expect(await health.json()).toEqual({ type: 'health', v: 1, service: 'relyable listen' });
    child.kill('SIGINT');
    expect((await done).code).toBe(0);
    await expect(post(publicUrl)).rejects.toThrow();
  });

  it('ends its ssh when the listener is killed', async () => {
    const sshd = await startSshd();
    const { next, child, done, publicUrl } = await listen(sshd);
    await next('ready');
    const started = descendants(child.pid ?? 0);
    expect(started.length).toBeGreaterThan(1);
    child.kill('SIGKILL');
    await done;
    await expect.poll(() => started.filter(isAlive)).toEqual([]);
    await expect.poll(() => post(publicUrl).catch(() => 'refused')).toBe('refused');
  });

  it('comes back under the same address after its connection was dropped', async () => {
    const sshd = await startSshd();
    const { next, publicUrl } = await listen(sshd);
    await next('ready');
    expect(await next('tunnel')).toMatchObject({ state: 'up' });
    sshd.dropSessions();
    const lost = { state: 'down', message: 'the connection to 127.0.0.1 was lost' };
    expect(await next('tunnel')).toMatchObject(lost);
    expect(await next('tunnel')).toMatchObject({ state: 'up', url: publicUrl });
    expect((await post(publicUrl)).status).toBe(401);
  });

  it('comes back after the server was killed and started again', async () => {
    const sshd = await startSshd();
    const { next, publicUrl } = await listen(sshd);
    await next('ready');
    expect(await next('tunnel')).toMatchObject({ state: 'up' });
    await sshd.kill();
    expect(await next('tunnel')).toMatchObject({ state: 'down', url: publicUrl });
    await sshd.start();
    expect(await next('tunnel')).toMatchObject({ state: 'up', url: publicUrl });
    expect((await post(publicUrl)).status).toBe(401);
  });

  it.each([
    {
      what: 'a host key that changed',
      spoil: async (sshd: TestSshd) => {
        await sshd.kill();
        sshd.replaceHostKey();
        await sshd.start();
      },
      code: 4,
      says: /not the one that was saved.*\n.*ssh-keygen -R/,
    },
    {
      what: 'an unknown host key',
      spoil: (sshd: TestSshd) => sshd.forgetHostKey(),
      code: 4,
      says: /host key of 127\.0\.0\.1 is not known yet/,
    },
    {
      what: 'a server that wants a password',
      spoil: (sshd: TestSshd) => sshd.revokeKey(),
      code: 3,
      says: /did not accept a key of yours/,
    },
    {
      what: 'a server that is not there',
      spoil: (sshd: TestSshd) => sshd.kill(),
      code: 4,
      says: /cannot be reached: connection refused/,
    },
  ])('ends with a sentence for $what', async ({ spoil, code, says }) => {
    const sshd = await startSshd();
    await spoil(sshd);
    const { done } = await listen(sshd);
    const result = await done;
    expect(result.code).toBe(code);
    const error = JSON.parse(result.stderr.trim().split('\n').at(-1) ?? '') as Error & {
      hint: string;
    };
    expect(`${error.message}\n${error.hint}`).toMatch(says);
  });

  it('ends with a sentence where the port is taken on the server', async () => {
    const sshd = await startSshd();
    const first = await listen(sshd);
    await first.next('ready');
    const second = startCli(
      [
        ...LISTEN,
        '--host=127.0.0.3',
        `--port=${first.port}`,
        `--tunnel=${sshd.tunnel}`,
        `--public-url=${first.publicUrl}`,
      ],
      { env: { RELYABLE_SSH_PATH: sshd.ssh } },
    );
    const { code, stderr } = await second.done;
    expect(code).toBe(4);
    expect(stderr).toMatch(
      /port \d+: it is taken or not permitted\nhint: choose another with --port/,
    );
  });
});
