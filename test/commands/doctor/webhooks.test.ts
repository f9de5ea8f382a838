import { createServer } from 'node:https';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  checkCertificate,
  checkProbe,
  judgeCertificate,
  judgeProbe,
} from '../../../src/commands/doctor/checks/app.ts';
import { checkCaptures, judgeDeliveries } from '../../../src/commands/doctor/checks/recent.ts';
import { checkTunnel } from '../../../src/commands/doctor/checks/tunnel.ts';
import type { Forward } from '../../../src/request/capture.ts';
import { startApp } from '../../support/app.ts';
import { fillStore, makeCapture } from '../../support/captures.ts';
import { temporaryFolder } from '../../support/cli.ts';
import { testContext } from '../../support/context.ts';
import { HANDLER_SECRET, startHandler } from '../../support/handlers.ts';
import { runCli } from '../../support/run-cli.ts';
import { hasStack } from '../../support/stacks.ts';
import { never, testSubject } from './subject.ts';

describe('tunnel', () => {
  /** A folder of programs that answer these arguments. */
  function programs(scripts: Readonly<Record<string, string>>): string {
    const folder = temporaryFolder();
    for (const [name, script] of Object.entries(scripts)) {
      writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    }
    return folder;
  }

  it.skipIf(process.platform === 'win32')('lists providers with version and login', async () => {
    const config = join(temporaryFolder(), 'ngrok.yml');
    writeFileSync(config, 'version: "3"\nagent:\n  authtoken: 2abc\n');
    const folder = programs({
      // As cloudflared 2025.2.0, ngrok 3.20 and tailscale 1.80 print them.
      cloudflared: 'echo "cloudflared version 2025.2.0 (built 2025-02-03-1234 UTC)"',
      ngrok: `[ "$1" = version ] && echo "ngrok version 3.20.0" || echo "Valid configuration file at ${config}"`,
      tailscale: `[ "$1" = version ] && echo "1.80.2" || echo '{"BackendState": "NeedsLogin"}'`,
    });
    const context = testContext({
      env: { PATH: `${folder}:/bin:/usr/bin`, RELYABLE_SSH_PATH: '/nonexistent' },
    });
    const found = await checkTunnel(testSubject({}, context), never);
    expect(found).toMatchObject([
      { level: 'ok', message: 'cloudflared 2025.2.0' },
      { level: 'ok', message: 'ngrok 3.20.0' },
      {
        level: 'warning',
        message: 'tailscale 1.80.2: Tailscale is not logged in on this machine',
        fix: 'tailscale up',
      },
      { level: 'info', message: 'not installed: ssh', fix: null },
    ]);
  });

  it.skipIf(process.platform === 'win32')(
    'says what is missing, and how it is installed',
    async () => {
      const folder = programs({
        ngrok: '[ "$1" = version ] && echo "ngrok version 3.20.0" || exit 1',
      });
      const context = testContext({
        platform: 'linux',
        env: { PATH: `${folder}:/bin`, RELYABLE_SSH_PATH: '/nonexistent' },
      });
      const [ngrok, missing] = await checkTunnel(testSubject({}, context), never);
      expect(ngrok?.message).toBe('ngrok 3.20.0: it has no authtoken');
      expect(ngrok?.fix).toContain('ngrok config add-authtoken');
      expect(missing).toMatchObject({
        message: 'not installed: cloudflared, tailscale, ssh',
        fix: expect.stringContaining('https://pkg.cloudflare.com') as string,
      });
      const withToken = { ...context, env: { ...context.env, NGROK_AUTHTOKEN: '2abc' } };
      const [known] = await checkTunnel(testSubject({}, withToken), never);
      expect(known).toMatchObject({ level: 'ok', message: 'ngrok 3.20.0' });
    },
  );
});

describe('probe', () => {
  const target = (url: string) => ({ value: new URL(url), origin: '--to' });

  it('sends nothing without consent, and says how it is given', async () => {
    const app = await startApp();
    const [found] = await checkProbe(testSubject({ target: target(app.url) }), never);
    expect(found).toMatchObject({
      level: 'info',
      fix: expect.stringContaining(`doctor --probe --to ${app.url}/ sends`) as string,
    });
    expect(app.received).toEqual([]);
  });

  it('is signed with the secret in use', async () => {
    const { url } = await startHandler('node-http');
    const context = testContext({ env: { RELYABLE_WEBHOOK_SECRET: HANDLER_SECRET } });
    const subject = testSubject({ target: target(url), mayProbe: true }, context);
    const [right] = await checkProbe(subject, never);
    expect(right).toMatchObject({
      level: 'ok',
      message: `${url} answers a signed sample with 200`,
    });
    const other = testSubject({ target: target(url), mayProbe: true });
    const [wrong] = await checkProbe(other, never);
    expect(wrong).toMatchObject({
      level: 'failure',
      fix: `relyable webhooks check ${url} says why`,
    });
  });

  it('names the cause that an error message shows', () => {
    const body = Buffer.from("AttributeError: 'bytes' object has no attribute 'encode'");
    const found = judgeProbe(new URL('http://a/'), { status: 500, error: null, body });
    expect(found.message).toContain('.encode() on bytes');
  });

  it('is part of the command with --probe', async () => {
    const app = await startApp();
    const env = { RELYABLE_API_URL: 'http://127.0.0.1:1/api' };
    const { stdout } = await runCli(['doctor', '--to', `${app.port}/hook`, '--probe'], { env });
    expect(stdout).toMatch(/^ok {4}probe {7}http:\/\/localhost:\d+\/hook answers a signed sample/m);
    expect(app.received.map(({ url }) => url)).toContain('/hook');
  });
});

describe('captures', () => {
  const forward = (status: number): Forward => ({
    kind: 'forward',
    at: 0,
    url: 'http://localhost:3000/',
    status,
    durationMs: 1,
    error: null,
    responseHeaders: [],
    responseBody: Buffer.alloc(0),
    edited: false,
  });

  it('of the last day that failed are counted', async () => {
    const context = testContext();
    const store = { value: join(context.paths.data, 'captures.db'), origin: 'default' };
    const invalid = { verification: { valid: false, reason: 'signature_missing' } } as const;
    fillStore(store.value, [
      makeCapture(1, { forwards: [forward(500)] }),
      makeCapture(2, { forwards: [forward(200)] }),
      makeCapture(3, { ...invalid, forwards: [] }),
    ]);
    const at = makeCapture(3).receivedAt;
    const now = testSubject({ store }, { ...context, now: () => at + 1000 });
    expect(await checkCaptures(now, never)).toMatchObject([
      { level: 'warning', message: 'your app did not answer 1 capture of the last day with 200' },
      { level: 'warning', message: '1 capture of the last day without a valid signature' },
    ]);
    const later = testSubject({ store }, { ...context, now: () => at + 90_000_000 });
    expect(await checkCaptures(later, never)).toMatchObject([
      { level: 'ok', message: '0 captures in the last day, none failed' },
    ]);
  });

  it('are none without a store', async () => {
    expect(await checkCaptures(testSubject(), never)).toMatchObject([{ level: 'ok' }]);
  });
});

it.each([
  [['delivered'], 'ok', '1 delivery of the last day, none failed'],
  [
    ['failed', 'retrying', 'delivered'],
    'warning',
    '3 deliveries of the last day: 1 failed for good, 1 will be tried again',
  ],
  [
    Array.from({ length: 100 }, () => 'failed'),
    'warning',
    'the newest 100 deliveries of the last day: 100 failed for good, 0 will be tried again',
  ],
])('deliveries %#', (states, level, message) => {
  expect(judgeDeliveries(states)).toMatchObject({ level, message });
});

describe('tls', () => {
  const now = Date.UTC(2026, 10, 1);

  it.each([
    [Date.UTC(2026, 11, 1), 'ok', 'is valid until 2026-12-01'],
    [Date.UTC(2026, 10, 6), 'warning', 'ends on 2026-11-06, in 5 days'],
    [Date.UTC(2026, 9, 31), 'failure', 'ended on 2026-10-31'],
  ])('judges a certificate that ends at %i: %s', (endsAt, level, words) => {
    const found = judgeCertificate('a.example', endsAt, now);
    expect(found.level).toBe(level);
    expect(found.message).toContain(words);
  });

  it.skipIf(!hasStack('openssl', ['version']))(
    'reads the certificate of an https target',
    async () => {
      const folder = temporaryFolder();
      const [key, cert] = [join(folder, 'key'), join(folder, 'cert')];
      execFileSync(
        'openssl',
        [
          'req',
          '-x509',
          '-newkey',
          'ec',
          '-pkeyopt',
          'ec_paramgen_curve:prime256v1',
          '-nodes',
          '-days',
          '3',
          '-subj',
          '/CN=localhost',
          '-addext',
          'subjectAltName=IP:127.0.0.1',
          '-keyout',
          key,
          '-out',
          cert,
        ],
        { stdio: 'ignore' },
      );
      const server = createServer(
        { key: readFileSync(key), cert: readFileSync(cert) },
        (request, response) => void request.resume().on('end', () => response.end('OK')),
      );
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      onTestFinished(() => void server.close());
      const { port } = server.address() as AddressInfo;
      const value = new URL(`https://127.0.0.1:${port}/hook`);
      const [found] = await checkCertificate(
        testSubject({ target: { value, origin: '--to' } }),
        never,
      );
      expect(found).toMatchObject({
        level: 'warning',
        message: expect.stringMatching(/ends on .* in [23] days/) as string,
      });
      const probe = async (...args: string[]): Promise<string> => {
        const env = { RELYABLE_API_URL: 'http://127.0.0.1:1/api' };
        return (await runCli(['doctor', '--to', value.href, '--probe', ...args], { env })).stdout;
      };
      expect(await probe()).toContain('--cacert names its CA, --insecure skips the check');
      const answers = /^ok {4}probe {7}\S+ answers a signed sample with 200$/m;
      expect(await probe('--cacert', cert)).toMatch(answers);
      expect(await probe('--insecure')).toMatch(answers);
    },
  );

  it('says nothing of plain http', async () => {
    const target = { value: new URL('http://127.0.0.1:1/'), origin: '--to' };
    expect(await checkCertificate(testSubject({ target }), never)).toEqual([]);
  });
});
