import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { checkApi, judgeKey } from '../../../src/commands/doctor/checks/api.ts';
import { judgeClock } from '../../../src/commands/doctor/checks/clock.ts';
import {
  checkContainer,
  checkNode,
  isInContainer,
} from '../../../src/commands/doctor/checks/environment.ts';
import {
  checkPorts,
  checkProxy,
  checkTarget,
  judgeTarget,
} from '../../../src/commands/doctor/checks/network.ts';
import { checkSecret } from '../../../src/commands/doctor/checks/secret.ts';
import { checkStore } from '../../../src/commands/doctor/checks/store.ts';
import { announceListener, LISTENER_SERVICE } from '../../../src/commands/kit/running-listeners.ts';
import { openStore } from '../../../src/store/writer.ts';
import { startApp } from '../../support/app.ts';
import { testContext } from '../../support/context.ts';
import { never, testSubject } from './subject.ts';

const isWindows = process.platform === 'win32';
const isRoot = process.getuid?.() === 0;
const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((address) => address?.address === '::1');

it.each([
  ['20.19.0', 'ok'],
  ['26.1.0', 'ok'],
  ['20.18.3', 'failure'],
  ['18.20.0', 'failure'],
])('node %s: %s', async (nodeVersion, level) => {
  const subject = testSubject({}, testContext({ nodeVersion }));
  expect(await checkNode(subject, never)).toMatchObject([{ level }]);
});

it('knows a container by its marks, on Linux alone', () => {
  const none = (): boolean => false;
  const docker = (file: string): boolean => file === '/.dockerenv';
  expect(isInContainer({ env: {}, platform: 'linux' }, none)).toBe(false);
  expect(isInContainer({ env: {}, platform: 'linux' }, docker)).toBe(true);
  expect(isInContainer({ env: {}, platform: 'darwin' }, docker)).toBe(false);
  expect(isInContainer({ env: { container: 'podman' }, platform: 'linux' }, none)).toBe(true);
  const pod = { KUBERNETES_SERVICE_HOST: '10.0.0.1' };
  expect(isInContainer({ env: pod, platform: 'linux' }, none)).toBe(true);
});

it('says in a container how to be reached and how to reach the host', async () => {
  const [found] = await checkContainer(testSubject({ isContainer: true }), never);
  expect(found?.fix).toContain('--host 0.0.0.0');
  expect(found?.fix).toContain('host.docker.internal');
});

it('finds an app on one loopback address and says that the other is not needed', async () => {
  const app = await startApp();
  const target = { value: new URL(`http://localhost:${app.port}/hook`), origin: '--to' };
  const [found] = await checkTarget(testSubject({ target }), never);
  expect(found).toMatchObject({ level: 'ok', fix: null });
  expect(found?.message).toContain('127.0.0.1 (not on ::1');
  expect(app.received).toHaveLength(0);
});

it.skipIf(!hasIpv6)('finds an app that listens on IPv6 alone', async () => {
  const app = await startApp(undefined, { host: '::1' });
  const target = { value: new URL(`http://localhost:${app.port}`), origin: '--to' };
  const [found] = await checkTarget(testSubject({ target }), never);
  expect(found?.message).toContain('connections on ::1 (not on 127.0.0.1');
});

it('says that nothing listens, and in a container where the host is', async () => {
  const app = await startApp();
  await app.close();
  const target = { value: new URL(`http://localhost:${app.port}`), origin: 'project config x' };
  const outside = await checkTarget(testSubject({ target }), never);
  expect(outside).toMatchObject([{ level: 'failure' }]);
  expect(outside[0]?.message).toMatch(/refused.*project config x/);
  expect(outside[0]?.fix).toContain('start your app');
  const inside = await checkTarget(testSubject({ target, isContainer: true }), never);
  expect(inside[0]?.fix).toContain(`host.docker.internal:${app.port}`);
});

it('says that a host has no address, and what gives containers theirs', async () => {
  const target = { value: new URL('http://no-such-host.invalid'), origin: '--to' };
  const [found] = await checkTarget(testSubject({ target }), never);
  expect(found).toMatchObject({ level: 'failure', fix: 'check the name, or your DNS' });
});

it('blames the container for a loopback target only', () => {
  const reaches = [{ address: '10.0.0.7', error: 'connection refused' }];
  const found = judgeTarget(new URL('http://10.0.0.7:3000'), '--to', reaches, true);
  expect(found.fix).not.toContain('host.docker.internal');
});

it('tells a free port from one that another program has, and knows our own listener', async () => {
  const context = testContext();
  const onPort = (port: number): Parameters<typeof checkPorts>[0] =>
    testSubject({ listen: { host: '127.0.0.1', port } }, context);
  expect((await checkPorts(onPort(0), never))[0]).toMatchObject({ level: 'ok' });

  const other = createServer();
  onTestFinished(() => void other.close());
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const taken = (other.address() as AddressInfo).port;
  expect((await checkPorts(onPort(taken), never))[0]).toMatchObject({ level: 'warning' });

  const ours = await startApp((response) =>
    response.end(JSON.stringify({ service: LISTENER_SERVICE })),
  );
  const startedAt = new Date().toISOString();
  const info = { url: ours.url, pid: process.pid, startedAt, publicAddress: null };
  announceListener(context.paths.data, info);
  const [found] = await checkPorts(onPort(ours.port), never);
  expect(found).toMatchObject({ level: 'ok' });
  expect(found?.message).toContain(ours.url);
});

it('says that an address is not of this machine', async () => {
  const listen = { host: '192.0.2.1', port: 4400 };
  expect((await checkPorts(testSubject({ listen }), never))[0]).toMatchObject({
    level: 'failure',
    fix: 'is 192.0.2.1 an address of this machine?',
  });
});

it('names the proxy without its password, and says when it is away', async () => {
  const proxy = await startApp();
  const env = { HTTPS_PROXY: `http://me:hunter2@127.0.0.1:${proxy.port}` };
  const api = { value: new URL('https://api.example/'), origin: 'default' };
  const up = await checkProxy(testSubject({ api }, testContext({ env })), never);
  expect(up).toMatchObject([{ level: 'info' }]);
  await proxy.close();
  const down = await checkProxy(testSubject({ api }, testContext({ env })), never);
  expect(down).toMatchObject([{ level: 'warning' }]);
  expect(JSON.stringify([up, down])).not.toContain('hunter2');
  const exempt = testContext({ env: { ...env, NO_PROXY: 'api.example' } });
  const [direct] = await checkProxy(testSubject({ api }, exempt), never);
  expect(direct?.message).toContain('api.example is reached directly');
});

it.each(['http://me:hunter2@', ''])('blames a dead proxy (%shost), not the API', async (before) => {
  const proxy = await startApp();
  await proxy.close();
  const env = { HTTPS_PROXY: `${before}127.0.0.1:${proxy.port}` };
  const api = { value: new URL('https://api.example/'), origin: 'default' };
  const [found] = await checkApi(testSubject({ api }, testContext({ env, fetch })), never);
  expect(found?.message).toBe(
    `https://api.example cannot be reached: the proxy 127.0.0.1:${proxy.port} cannot be reached (connection refused)`,
  );
});

it('says that a proxy does not let through', async () => {
  const proxy = createHttpServer().on('connect', (_, socket) => {
    socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void proxy.close());
  const { port } = proxy.address() as AddressInfo;
  const env = { HTTPS_PROXY: `http://127.0.0.1:${port}` };
  const api = { value: new URL('https://api.example/'), origin: 'default' };
  const [found] = await checkApi(testSubject({ api }, testContext({ env, fetch })), never);
  expect(found?.message).toContain(`the proxy 127.0.0.1:${port} refuses to connect (407)`);
});

it('compares the secret with the env files of the app, and shows neither', async () => {
  const context = testContext({ env: { RELYABLE_WEBHOOK_SECRET: 'whsec_mine' } });
  writeFileSync(join(context.cwd, '.env.local'), 'RELYABLE_WEBHOOK_SECRET=whsec_theirs\n');
  writeFileSync(join(context.cwd, '.env'), 'OTHER=1\nRELYABLE_WEBHOOK_SECRET="whsec_mine"\n');
  const found = await checkSecret(testSubject({}, context), never);
  expect(found.map(({ level }) => level)).toEqual(['ok', 'warning', 'ok']);
  expect(found[1]?.message).toContain('.env.local gives your app another');
  expect(JSON.stringify(found)).not.toMatch(/whsec_/);
});

it('says that an env file sets the secret to nothing', async () => {
  const context = testContext({ env: { RELYABLE_WEBHOOK_SECRET: 's3cret' } });
  writeFileSync(join(context.cwd, '.env'), 'RELYABLE_WEBHOOK_SECRET=\n');
  const found = await checkSecret(testSubject({}, context), never);
  expect(found[1]).toMatchObject({ level: 'warning', fix: expect.stringContaining('fill it in') });
});

it.skipIf(process.platform === 'win32')(
  'has a fix that takes the secret from the env file, whatever the shell has',
  async () => {
    const context = testContext({ env: { RELYABLE_WEBHOOK_SECRET: 's3cret' } });
    writeFileSync(join(context.cwd, '.env'), 'RELYABLE_WEBHOOK_SECRET=theirs\r\n');
    const found = await checkSecret(testSubject({}, context), never);
    const fix = found[1]?.fix?.replace('give relyable the same: ', '');
    const script = `${fix}; printf %s "$RELYABLE_WEBHOOK_SECRET"`;
    const env = { ...process.env, RELYABLE_WEBHOOK_SECRET: 's3cret' };
    const taken = execFileSync('sh', ['-c', script], { cwd: context.cwd, env, encoding: 'utf8' });
    expect(taken).toBe('theirs');
  },
);

it('warns of an env file that git would commit', async () => {
  const context = testContext({ env: { RELYABLE_WEBHOOK_SECRET: 's3cret' } });
  execFileSync('git', ['init', '-q'], { cwd: context.cwd });
  writeFileSync(join(context.cwd, '.env'), 'RELYABLE_WEBHOOK_SECRET=s3cret\n');
  const open = await checkSecret(testSubject({}, context), never);
  expect(open.map(({ fix }) => fix)).toContain('add the line .env to .gitignore');
  writeFileSync(join(context.cwd, '.gitignore'), '.env\n');
  const ignored = await checkSecret(testSubject({}, context), never);
  expect(ignored.map(({ level }) => level)).toEqual(['ok', 'ok']);
});

it('says that the app needs the development secret too', async () => {
  expect(await checkSecret(testSubject(), never)).toMatchObject([{ level: 'info' }]);
});

it('reads the store, or says where it will be made', async () => {
  const subject = testSubject();
  expect(await checkStore(subject, never)).toMatchObject([{ level: 'ok' }]);
  mkdirSync(subject.context.paths.data, { recursive: true });
  openStore(subject.store.value).close();
  expect(await checkStore(subject, never)).toMatchObject([
    { level: 'ok', message: subject.store.value },
  ]);
});

it('leaves a store that is damaged as it is and says so', async () => {
  const subject = testSubject();
  mkdirSync(subject.context.paths.data, { recursive: true });
  writeFileSync(subject.store.value, 'not a database, not a database', { mode: 0o600 });
  expect(await checkStore(subject, never)).toMatchObject([{ level: 'failure' }]);
});

it.skipIf(isWindows)('warns of a store that others can read, but not on Windows', async () => {
  const subject = testSubject();
  mkdirSync(subject.context.paths.data, { recursive: true });
  openStore(subject.store.value).close();
  chmodSync(subject.store.value, 0o644);
  const found = await checkStore(subject, never);
  expect(found.map(({ level }) => level)).toEqual(['ok', 'warning']);
  const windows = testContext({ platform: 'win32', paths: subject.context.paths });
  expect(await checkStore(testSubject({}, windows), never)).toHaveLength(1);
});

it.skipIf(isWindows || isRoot)('says that a store cannot be made', async () => {
  const context = testContext();
  mkdirSync(context.paths.data, { recursive: true, mode: 0o500 });
  expect(await checkStore(testSubject({}, context), never)).toMatchObject([{ level: 'failure' }]);
});

it('asks the API once, with the key, and compares clocks', async () => {
  const api = await startApp((response) => response.end('{"success":true,"data":[]}'));
  const subject = testSubject(
    {
      api: { value: new URL(`${api.url}/api`), origin: 'RELYABLE_API_URL' },
      apiKey: { value: 'rk_1', origin: 'RELYABLE_API_KEY' },
    },
    testContext({ now: () => Date.now() + 120_000 }),
  );
  const found = await checkApi(subject, never);
  expect(found.map(({ level }) => level)).toEqual(['ok', 'ok', 'warning']);
  expect(found[2]?.message).toMatch(/1(19|20|21) s ahead of/);
  expect(api.received.map(({ url }) => url)).toEqual(['/api/agents?limit=1']);
  expect(api.received[0]?.headers.authorization).toBe('Bearer rk_1');
  expect(JSON.stringify(found)).not.toContain('rk_1');
});

it('is content without a key, and says when the API is away', async () => {
  const api = await startApp((response) => {
    response.statusCode = 401;
    response.end();
  });
  const subject = testSubject({ api: { value: new URL(api.url), origin: 'default' } });
  const up = await checkApi(subject, never);
  expect(up.map(({ level }) => level)).toEqual(['ok', 'info', 'ok']);
  expect(api.received[0]?.headers.authorization).toBeUndefined();
  await api.close();
  expect((await checkApi(subject, never)).map(({ level }) => level)).toEqual(['warning', 'info']);
});

it('gives up on an API that never answers', async () => {
  const api = await startApp(() => undefined);
  const subject = testSubject({ api: { value: new URL(api.url), origin: 'default' } });
  const stop = new AbortController();
  const found = checkApi(subject, stop.signal);
  await api.waitFor(1);
  stop.abort();
  expect(await found).toMatchObject([{ level: 'warning' }, { level: 'info' }]);
});

it('sends no key over plain http', async () => {
  let asked = 0;
  const context = testContext({
    fetch: () => {
      asked += 1;
      return Promise.reject(new Error('no'));
    },
  });
  const subject = testSubject(
    {
      api: { value: new URL('http://api.example/api'), origin: 'RELYABLE_API_URL' },
      apiKey: { value: 'rk_1', origin: 'RELYABLE_API_KEY' },
    },
    context,
  );
  expect(await checkApi(subject, never)).toMatchObject([{ check: 'key', level: 'failure' }]);
  expect(asked).toBe(0);
});

it.each([
  [200, 'ok'],
  [401, 'failure'],
  [403, 'warning'],
  [429, 'warning'],
  [418, 'info'],
])('a key answered %i: %s', (status, level) => {
  expect(judgeKey('RELYABLE_API_KEY', status).level).toBe(level);
});

it('judges a clock by the Date header', () => {
  const date = 'Thu, 16 Jan 2025 15:38:00 GMT';
  const theirs = Date.parse(date);
  expect(judgeClock(theirs + 20_000, date, 'the API').level).toBe('ok');
  expect(judgeClock(theirs + 90_000, date, 'the API').message).toContain('90 s ahead of');
  expect(judgeClock(theirs - 90_000, date, 'the API').message).toContain('90 s behind');
  expect(judgeClock(theirs, null, 'the API').level).toBe('info');
  expect(judgeClock(theirs, 'yesterday', 'the API').level).toBe('info');
});
