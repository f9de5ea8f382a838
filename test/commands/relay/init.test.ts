import { describe, expect, it } from 'vitest';
import { startApp } from '../../support/app.ts';
import { reservePort } from '../../support/reserve-port.ts';
import { runCli } from '../../support/run-cli.ts';
import { hasNats, startNats, SYNCED } from '../../support/nats.ts';
import { openManager } from '../../../src/relay/stream.ts';
import { connect } from '../../relay/relay-world.ts';

const init = (url: string, ...args: string[]): ReturnType<typeof runCli> =>
  runCli(['webhooks', 'relay', 'init', '--nats', url, ...args]);

describe.skipIf(!hasNats)('relay init with nats-server', () => {
  it('says what it would create, creates it, and finds it', async () => {
    const nats = await startNats();
    const planned = await init(nats.url, '--team', 'acme', '--dry-run');
    expect(planned).toMatchObject({ code: 0, stderr: '' });
    expect(planned.stdout).toContain('stream RELYABLE_acme is not there; without --dry-run');
    const created = await init(nats.url, '--team', 'acme', '--max-age', '2d', '--max-bytes', '5mb');
    expect(created.code).toBe(0);
    expect(created.stdout).toContain('stream RELYABLE_acme was created');
    expect(created.stdout).toContain('keeps requests for 2 days, up to 5.0 MB');
    const short = await init(nats.url, '--max-age', '36h', '--dry-run');
    expect(short.stdout).toContain('keeps requests for 36h 00m, up to');
    const found = await init(nats.url, '--team', 'acme', '--json');
    expect(JSON.parse(found.stdout)).toMatchObject({
      type: 'stream',
      v: 1,
      stream: 'RELYABLE_acme',
      state: 'found',
      config: { subjects: ['relyable.acme.>'], max_age: 172_800e9, num_replicas: 1 },
      stored: { messages: 0 },
    });
  });

  it('exits with 1 where the stream breaks a promise; --update mends it', async () => {
    const nats = await startNats();
    const manager = await openManager(await connect(nats));
    await manager.streams.add({
      name: 'RELYABLE_default',
      subjects: ['relyable.default.x'],
      duplicate_window: 1e9,
    });
    const checked = await init(nats.url);
    expect(checked.code).toBe(1);
    expect(checked.stdout).toContain('✗ the stream takes relyable.default.x, expected');
    expect(checked.stdout).toContain('✗ it recognises a retry for 0 minutes, expected 10');
    expect(checked.stdout).toContain('! a full stream drops its oldest messages');
    expect(checked.stderr).toContain('relay init --update changes what can be changed');
    const planned = await init(nats.url, '--update', '--dry-run');
    expect(planned.stdout).toContain('stream RELYABLE_default is there');
    expect(planned.stdout).toContain(
      '--update changes subjects: relyable.default.x → relyable.default.>',
    );
    const updated = await init(nats.url, '--update');
    expect(updated.code).toBe(0);
    expect(updated.stdout).toContain('stream RELYABLE_default was changed');
  });

  it('says what --update changes, and leaves what was not given', async () => {
    const nats = await startNats();
    await init(nats.url, '--max-age', '30d', '--max-bytes', '5mb');
    const found = await init(nats.url);
    expect(found.stdout).not.toContain('changes');
    const planned = await init(nats.url, '--max-bytes', '9mb', '--update', '--dry-run');
    expect(planned.stdout).toContain('keeps requests for 30 days, up to 5.0 MB');
    expect(planned.stdout).toContain('--update changes max_bytes: up to 5.0 MB → up to 9.0 MB');
    const updated = await init(nats.url, '--max-bytes', '9mb', '--update', '--json');
    expect(JSON.parse(updated.stdout)).toMatchObject({
      state: 'updated',
      config: { max_age: 2_592_000e9, max_bytes: 9 * 1024 ** 2 },
      changes: [{ setting: 'max_bytes', from: 5 * 1024 ** 2, to: 9 * 1024 ** 2 }],
    });
  });

  it('asks the monitoring page whether each message is synced', async () => {
    for (const [config, says] of [
      [SYNCED, '✓ each message is synced'],
      ['jetstream { store_dir: "js" }\n', '! acknowledged messages may wait up to two minutes'],
    ] as const) {
      const port = await reservePort();
      const nats = await startNats(`http: "127.0.0.1:${port}"\n${config}`);
      const monitor = `http://127.0.0.1:${port}`;
      const { stdout } = await init(nats.url, '--dry-run', '--monitor', monitor);
      expect(stdout).toContain(says);
      const unasked = await init(nats.url, '--dry-run');
      expect(unasked.stdout).toContain('--monitor http://<server>:8222 asks it');
    }
  });

  it('says what is wrong with the monitoring page, and concludes nothing from it', async () => {
    const nats = await startNats();
    const port = await reservePort();
    expect(await init(nats.url, '--monitor', `http://127.0.0.1:${port}`)).toMatchObject({
      code: 4,
      stderr: expect.stringContaining(`--monitor http://127.0.0.1:${port}/jsz: nothing listens on`),
    });
    const app = await startApp();
    expect(await init(nats.url, '--monitor', app.url)).toMatchObject({
      code: 4,
      stderr: expect.stringContaining(
        'it is not the monitoring page of a server with JetStream (200)',
      ),
    });
  });

  it('names what is missing: JetStream, rights, credentials', async () => {
    const plain = await startNats('');
    expect(await init(plain.url)).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('answers no JetStream request'),
    });
    const denied = await startNats(
      `${SYNCED}authorization { users: [{ user: u, password: p, permissions: { publish: "x" } }] }\n`,
    );
    expect(await init(denied.url)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('refuses these credentials'),
    });
    const refused = await runCli(['webhooks', 'relay', 'init', '--nats', denied.url], {
      env: { RELYABLE_NATS_USER: 'u', RELYABLE_NATS_PASSWORD: 'p' },
    });
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain(
      'does not permit this user the publish of $JS.API.STREAM.INFO.RELYABLE_default',
    );
  });
});

describe('relay init', () => {
  it('exits with 4 where nothing listens', async () => {
    const port = await reservePort();
    expect(await init(`nats://127.0.0.1:${port}`)).toMatchObject({
      code: 4,
      stderr: expect.stringContaining(`127.0.0.1:${port} cannot be reached: connection refused`),
    });
  });

  it.each([
    [['--nats', 'http://127.0.0.1'], '--nats: expected a URL such as nats://host:4222'],
    [['--nats', 'nats://'], '--nats: expected a URL such as'],
    [['--nats', 'a', '--team', 'a.b'], '--team: expected at most 32 letters, digits, - and _'],
    [[], 'expected --nats <url> or RELYABLE_NATS_URL, got neither'],
  ])('refuses %j', async (args, problem) => {
    const { code, stderr } = await runCli(['webhooks', 'relay', 'init', ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(problem);
  });

  it('hides a password in a wrong URL', async () => {
    const { stderr } = await runCli(['webhooks', 'relay', 'init', '--nats', 'http://u:geheim@h']);
    expect(stderr).not.toContain('geheim');
  });
});
