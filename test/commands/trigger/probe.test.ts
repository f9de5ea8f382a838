import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startApp } from '../../support/app.ts';
import { ROOT, startCli, temporaryFolder } from '../../support/cli.ts';
import { ENV, isSigned, trigger } from '../../support/trigger.ts';

/** No wire format writes it like this, and every one in its own way. */
const OWN_BYTES = '{"event" : "test_run.failed","name":"é","score":70}';

const refuse = (response: { statusCode: number; end(text: string): void }): void => {
  response.statusCode = 500;
  response.end('no');
};

interface Shown {
  readonly id: string;
  readonly probe: boolean;
  readonly signature: { readonly valid: boolean };
  readonly forward: { readonly status: number } | null;
  readonly answered: { readonly status: number };
}

const deliveriesIn = (stdout: string): Shown[] =>
  stdout
    .split('\n')
    .filter((line) => line.includes('"type":"delivery"'))
    .map((line) => JSON.parse(line) as Shown);

describe('the probes of a refusing handler', () => {
  it('are at most 16, as the pages say', async () => {
    const app = await startApp(refuse);
    const known = ['FIRST', 'SECOND', 'THIRD', 'FOURTH'];
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, '.relyablerc.json'), JSON.stringify({ knownSecretEnvs: known }));
    const env = { ...ENV, ...Object.fromEntries(known.map((name) => [name, `whsec_${name}`])) };
    const args = ['--data', '-', '--no-validate', '--to', app.url];
    const { stdout } = await trigger(args, { cwd, env, stdin: OWN_BYTES });
    expect(stdout).toContain('16 further requests');
    // Besides, one GET asks whether a listener answers there.
    expect(app.received.filter(({ method }) => method === 'POST')).toHaveLength(17);
    for (const page of ['docs/trigger.md', 'fixtures/help/relyable-webhooks-trigger.txt']) {
      expect(readFileSync(join(ROOT, page), 'utf8').replace(/\s+/g, ' ')).toMatch(
        /at most 16 further|\(up to 16\)/,
      );
    }
  });

  it('say so to the app in their user agent and in nothing else', async () => {
    const app = await startApp(refuse);
    await trigger(['test_run.failed', '--timestamp', 'sample', '--to', app.url]);
    const names = (request: (typeof app.received)[number]): string[] =>
      request.rawHeaders.filter((_, index) => index % 2 === 0);
    const [event, ...probes] = app.received;
    expect(event?.headers['user-agent']).toMatch(/^relyable\/[\d.]+$/);
    const agents = new Set(probes.map(({ headers }) => headers['user-agent']));
    expect([...agents]).toEqual([`${event?.headers['user-agent'] ?? ''} (probe)`]);
    const formats = probes.filter((probe) => isSigned(probe));
    expect(formats.length).toBeGreaterThan(2);
    for (const probe of formats) expect(names(probe)).toEqual(event && names(event));
  });

  it('pass by a listener to the app behind it', async () => {
    const app = await startApp(refuse);
    const args = ['webhooks', 'listen', '--port', '0', '--forward-to', `${app.url}/hook`];
    const listener = startCli([...args, '--json'], { env: ENV });
    const ready = JSON.parse(await listener.nextLine((line) => line.includes('"ready"')));
    const { stdout: said } = await trigger(['test_run.failed', '--to', ready.url]);
    expect(said).toContain(`to ${app.url}/hook, the app behind the listener,`);
    listener.child.kill('SIGINT');
    const { stdout } = await listener.done;
    expect(deliveriesIn(stdout).map(({ probe }) => probe)).toEqual([false]);
    expect(app.received.length).toBeGreaterThan(10);
    expect(new Set(app.received.map(({ url }) => url))).toEqual(new Set(['/hook']));
  });
});

it('a request that calls itself a probe is judged, kept and answered like any other', async () => {
  const app = await startApp();
  const args = ['webhooks', 'listen', '--port', '0', '--forward-to', app.url, '--json'];
  const listener = startCli([...args, '--exit-after', '2'], { env: ENV });
  const ready = JSON.parse(await listener.nextLine((line) => line.includes('"ready"')));
  const event = ['test_run.failed', '--no-probe', '--to', ready.url];
  const agent = ['-H', 'User-Agent: relyable/9 (probe)'];
  await trigger([...event, ...agent, '--tamper', 'body', '--expect-status', '401']);
  await trigger([...event, ...agent]);
  const { code, stdout } = await listener.done;
  expect(code).toBe(1);
  const [forged, genuine] = deliveriesIn(stdout);
  expect(forged).toMatchObject({
    probe: true,
    signature: { valid: false },
    forward: null,
    answered: { status: 401 },
  });
  expect(genuine).toMatchObject({
    probe: true,
    signature: { valid: true },
    forward: { status: 200 },
    answered: { status: 200 },
  });
  expect(app.received).toHaveLength(1);
});
