import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadNats } from '../../../src/relay/library.ts';
import { type CliResult, temporaryFolder } from '../../support/cli.ts';
import { hasNats, startNats, SYNCED } from '../../support/nats.ts';
import { makeCertificates, makeOperator } from '../../support/nats-credentials.ts';
import { runCli } from '../../support/run-cli.ts';
import { hasStack } from '../../support/stacks.ts';

/** A command that is done once it has logged in. */
const logIn = (
  url: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<CliResult> =>
  runCli(['webhooks', 'relay', 'init', '--nats', url, '--dry-run', '--verbose', ...args], { env });

function secretFile(text: string): string {
  const file = join(temporaryFolder(), 'secret');
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

const SECRET = 'correct-horse';

function expectLogin({ code, stdout, stderr }: CliResult, as: string): void {
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining(`, as ${as}`) });
  expect(stdout + stderr).not.toContain(SECRET);
}

function expectRefusal({ code, stdout, stderr }: CliResult): void {
  expect(code).toBe(3);
  expect(stderr).toContain('refuses these credentials');
  expect(stderr).toContain('--nats-creds, --nats-nkey, --nats-user or --nats-token-file');
  expect(stdout + stderr).not.toContain(SECRET);
}

describe.skipIf(!hasNats)('logging in to nats-server', () => {
  it('with a token: of a file, the environment or a URL, which is warned about', async () => {
    const { url } = await startNats(`${SYNCED}authorization { token: "${SECRET}" }\n`);
    const file = secretFile(`${SECRET}\n`);
    const withToken = url.replace('//', `//${SECRET}@`);
    for (const [told, as] of [
      [await logIn(url, ['--nats-token-file', file]), 'token'],
      [await logIn(url, [], { RELYABLE_NATS_TOKEN: SECRET }), 'token'],
      [await logIn(withToken), 'token'],
    ] as const) {
      expectLogin(told, as);
      expect(told.stderr.includes('is visible in the process list')).toBe(
        told.stderr.includes('@'),
      );
    }
    expectRefusal(await logIn(url));
    expectRefusal(await logIn(url, [], { RELYABLE_NATS_TOKEN: `${SECRET}2` }));
    const fromEnvironment = await runCli(['webhooks', 'relay', 'init', '--dry-run'], {
      env: { RELYABLE_NATS_URL: withToken },
    });
    expect(fromEnvironment).toMatchObject({ code: 0, stderr: '' });
  });

  it('with a user and a password, and with an nkey', async () => {
    const { nkeys } = (await loadNats()).transport;
    const key = nkeys.createUser();
    const seed = Buffer.from(key.getSeed()).toString('latin1');
    const { url } = await startNats(
      `${SYNCED}authorization { users: [{ user: ada, password: ${SECRET} }, { nkey: ${key.getPublicKey()} }] }\n`,
    );
    const file = secretFile(SECRET);
    expectLogin(await logIn(url, ['--nats-user', 'ada', '--nats-password-file', file]), 'password');
    const env = { RELYABLE_NATS_USER: 'ada', RELYABLE_NATS_PASSWORD: SECRET };
    expectLogin(await logIn(url, [], env), 'password');
    expectLogin(await logIn(url.replace('//', `//ada:${SECRET}@`)), 'password');
    expectRefusal(await logIn(url, ['--nats-user', 'ben', '--nats-password-file', file]));
    const seedFile = secretFile(`# ada\n${seed}\n`);
    expectLogin(await logIn(url, ['--nats-nkey', seedFile]), 'nkey');
    const byEnvironment = await logIn(url, [], { RELYABLE_NATS_NKEY: seedFile });
    expectLogin(byEnvironment, 'nkey');
    expect(byEnvironment.stderr).not.toContain(seed);
    const stranger = Buffer.from(nkeys.createUser().getSeed()).toString('latin1');
    expectRefusal(await logIn(url, ['--nats-nkey', secretFile(stranger)]));
  });

  it('with a credentials file', async () => {
    const { config, credentials } = makeOperator((await loadNats()).transport.nkeys);
    const { url } = await startNats(`${SYNCED}${config}`);
    expectLogin(await logIn(url, ['--nats-creds', credentials]), 'creds');
    expectLogin(await logIn(url, [], { RELYABLE_NATS_CREDS: credentials }), 'creds');
    expectRefusal(await logIn(url));
  });

  it.runIf(hasStack('openssl', ['version']))('over TLS, with a CA of its own', async () => {
    const { ca, certificate, key } = makeCertificates();
    const { url } = await startNats(
      `${SYNCED}tls { cert_file: "${certificate}", key_file: "${key}" }\n`,
    );
    const tlsUrl = url.replace('nats:', 'tls:');
    expect(await logIn(url, ['--nats-ca', ca])).toMatchObject({ code: 0 });
    expect(await logIn(tlsUrl, ['--nats-ca', ca])).toMatchObject({ code: 0 });
    for (const told of [
      await logIn(tlsUrl),
      await logIn(url),
      await logIn(url, ['--nats-ca', makeCertificates().ca]),
    ]) {
      expect(told.code).toBe(4);
      expect(told.stderr).toMatch(/certificate of 127\.0\.0\.1:\d+ is not trusted/);
      expect(told.stderr).toContain('hint: --nats-ca names the file of its CA');
    }
    // The certificate is for the address alone.
    const otherName = await logIn(url.replace('127.0.0.1', 'localhost'), ['--nats-ca', ca]);
    expect(otherName.code).toBe(4);
    expect(otherName.stderr).toContain('is not trusted');
    expect(otherName.stderr).toContain('hint: connect to the name or address that the certificate');
    const notPem = await logIn(url, ['--nats-ca', secretFile('not a certificate')]);
    expect(notPem.code).toBe(2);
    expect(notPem.stderr).toContain('expected a PEM certificate');
  });

  it('refuses a server without TLS where TLS was asked for', async () => {
    const { url } = await startNats();
    const told = await logIn(url.replace('nats:', 'tls:'));
    expect(told.code).toBe(4);
    expect(told.stderr).toContain('does not offer TLS');
  });
});

describe('logging in', () => {
  it('refuses files that hold something else', async () => {
    const url = 'nats://127.0.0.1:1';
    for (const [args, problem] of [
      [['--nats-creds', 'none'], '--nats-creds none: no such file'],
      [['--nats-creds', secretFile('SUA')], 'expected a credentials file'],
      [['--nats-nkey', secretFile('UABC')], "expected the seed of a user's nkey"],
      [['--nats-ca', secretFile('UABC')], 'expected a PEM certificate'],
      [['--nats-user', 'ada'], 'expected a user and a password for NATS, got one of them'],
      [
        ['--nats-user', 'ada', '--nats-token-file', secretFile('t')],
        '--nats-user and --nats-token-file exclude each other',
      ],
    ] as const) {
      const { code, stderr } = await logIn(url, args);
      expect(code).toBe(2);
      expect(stderr).toContain(problem);
      expect(stderr).not.toMatch(/SUA|UABC/);
    }
  });
});
