import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Engine } from '../../src/relay/engine.ts';
import { Readiness } from '../../src/relay/readiness.ts';
import { openManager } from '../../src/relay/stream.ts';
import { temporaryFolder } from '../support/cli.ts';
import { hasNats, startCluster, startNats, SYNCED } from '../support/nats.ts';
import {
  connect,
  startRelay,
  storedCount,
  TEAM,
  type TestRelay,
  withStream,
} from './relay-world.ts';

const bodyOf = (n: number, size = 0): Buffer =>
  Buffer.from(`{"event":"test_run.completed","n":${n},"x":"${'x'.repeat(size)}"}`);

/** The last request that was refused, as `503 why`. */
function lastRefusal({ events }: TestRelay): string {
  const refused = events.findLast((event) => event.type === 'refused');
  return refused === undefined ? 'none' : `${refused.status} ${refused.reason}`;
}

/** Posts distinct requests until one is not stored; its status, and how many were. */
async function fill(relay: TestRelay, size: number): Promise<{ status: number; stored: number }> {
  for (let stored = 0; stored < 1000; stored++) {
    const status = await relay.post(bodyOf(stored, size));
    if (status !== 200) return { status, stored };
  }
  throw new Error('expected a limit');
}

/** What `/readyz` says after what the relay did so far; `aheadMs` later. */
async function problemOf(engine: Engine, relay: TestRelay, aheadMs = 0): Promise<string | null> {
  let ms = 0;
  const readiness = new Readiness(engine, await openManager(engine), TEAM, () => ms);
  for (const event of relay.events) readiness.observe(event);
  ms = aheadMs;
  return readiness.problem();
}

/** A file system of 3 MB; null where none can be made, which takes Linux and root. */
function mountSmall(): string | null {
  const folder = join(temporaryFolder(), 'disk');
  mkdirSync(folder);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    return null;
  }
  onTestFinished(() => void execFileSync('umount', ['-l', folder]));
  return folder;
}

describe.skipIf(!hasNats)(
  'a relay answers 503 and is not ready, and goes on afterwards, where',
  () => {
    it('the server may not store more', async () => {
      const nats = await startNats('jetstream { store_dir: "js", max_file_store: 200KB }\n');
      const engine = await connect(nats);
      await withStream(engine, { maxBytes: -1 });
      const relay = await startRelay(engine);
      const { status, stored } = await fill(relay, 20_000);
      expect(status).toBe(503);
      expect(lastRefusal(relay)).toBe('503 RELYABLE_acme: insufficient resources');
      expect(await storedCount(engine)).toBe(stored);
      const problem = 'a request was answered 503: RELYABLE_acme: insufficient resources';
      expect(await problemOf(engine, relay)).toBe(problem);
      expect(await problemOf(engine, relay, 10_000)).toBeNull();
      await (await openManager(engine)).streams.purge('RELYABLE_acme');
      expect(await relay.post(bodyOf(5000))).toBe(200);
      expect(await problemOf(engine, relay)).toBeNull();
    });

    it('the disk of the server is full', async ({ skip }) => {
      const disk = mountSmall();
      if (disk === null) return skip('a small file system cannot be made here');
      const store = `store_dir: "${disk}", sync_interval: always, max_file_store: 1GB`;
      const nats = await startNats(`jetstream { ${store} }\n`);
      const engine = await connect(nats);
      await withStream(engine, { maxBytes: 500_000_000 });
      const relay = await startRelay(engine);
      const { status, stored } = await fill(relay, 100_000);
      expect(status).toBe(503);
      expect(lastRefusal(relay)).toMatch(/^503 RELYABLE_acme: .*no space left on device$/);
      expect(await problemOf(engine, relay)).toContain('no space left on device');
      expect(await storedCount(engine)).toBe(stored);
      execFileSync('mount', ['-o', 'remount,size=30m', disk]);
      await expect.poll(() => relay.post(bodyOf(5000))).toBe(200);
      expect(await storedCount(engine)).toBe(stored + 1);
    });

    it('the stream was deleted', async () => {
      const engine = await connect(await startNats());
      await withStream(engine);
      const relay = await startRelay(engine, { ackTimeoutMs: 300 });
      expect(await relay.post(bodyOf(1))).toBe(200);
      await (await openManager(engine)).streams.delete('RELYABLE_acme');
      expect(await relay.post(bodyOf(2))).toBe(503);
      expect(lastRefusal(relay)).toContain('no stream answers for this subject: there is none');
      await withStream(engine);
      expect(await relay.post(bodyOf(2))).toBe(200);
    });

    it('its right was revoked', async () => {
      const users = (publish: string): string =>
        `${SYNCED}authorization { users: [
        { user: admin, password: p }
        { user: relay, password: p, permissions: { publish: ["${publish}", "$JS.API.STREAM.INFO.>"], subscribe: "_INBOX.relay.>" } }
      ] }\nno_auth_user: admin\n`;
      const nats = await startNats(users('relyable.acme.>'));
      await withStream(await connect(nats));
      const credentials = { kind: 'password', user: 'relay', password: 'p' } as const;
      const engine = await connect(nats, { name: 'relay', credentials });
      const denied: string[] = [];
      engine.onEvent((event) => event.type === 'denied' && denied.push(event.reason));
      const relay = await startRelay(engine, { ackTimeoutMs: 5000 });
      expect(await relay.post(bodyOf(1))).toBe(200);
      await nats.reload(users('relyable.other.>'));
      await expect.poll(() => relay.post(bodyOf(2))).toBe(503);
      expect(lastRefusal(relay)).toContain(
        'the server does not permit this user the publish of relyable.acme.test_run.completed',
      );
      expect(denied[0]).toContain('does not permit this user the publish of relyable.acme.');
      await nats.reload(users('relyable.acme.>'));
      await expect.poll(() => relay.post(bodyOf(3))).toBe(200);
    });

    it('the server came back with another configuration', async () => {
      const nats = await startNats(`max_payload: 1MB\n${SYNCED}`);
      const engine = await connect(nats);
      await withStream(engine);
      const relay = await startRelay(engine, { ackTimeoutMs: 1000 });
      expect(await relay.post(bodyOf(1, 50_000))).toBe(200);
      await nats.kill();
      await nats.start(`max_payload: 20KB\n${SYNCED}`);
      await expect.poll(() => relay.post(bodyOf(2))).toBe(200);
      expect(await relay.post(bodyOf(3, 50_000))).toBe(413);
      await nats.kill();
      await nats.start(`${SYNCED}authorization { token: "new" }\n`);
      expect(await relay.post(bodyOf(4))).toBe(503);
      await nats.kill();
      await nats.start('');
      await expect.poll(() => engine.isUp).toBe(true);
      expect(await relay.post(bodyOf(4))).toBe(503);
      await nats.kill();
      await nats.start(SYNCED);
      await expect.poll(() => relay.post(bodyOf(4))).toBe(200);
      expect(await storedCount(engine)).toBe(3);
    });
  },
);

// Half a minute: an election takes up to ten seconds.
describe.runIf(hasNats && process.env['RELYABLE_RELAY_FAULTS'] !== undefined)(
  'three servers',
  () => {
    it('lose nothing where the leader is killed twice', async () => {
      const nodes = await startCluster();
      const [first] = nodes;
      if (first === undefined) throw new Error('expected servers');
      const engine = await connect(first, {
        servers: nodes.map(({ port }) => `127.0.0.1:${port}`),
      });
      const create = (): Promise<string> =>
        withStream(engine, { replicas: 3 }).then(() => 'created', String);
      await expect.poll(create, { timeout: 60_000 }).toBe('created');
      const relay = await startRelay(engine);
      const manager = await openManager(engine);
      const cluster = async () => (await manager.streams.info('RELYABLE_acme')).cluster;
      let n = 0;
      const stalls: number[] = [];
      for (let kill = 0; kill < 2; kill++) {
        for (let i = 0; i < 20; i++) expect(await relay.post(bodyOf(n++))).toBe(200);
        const leader = nodes[Number((await cluster())?.leader?.slice(1))];
        await leader?.kill();
        const killedAt = performance.now();
        for (let i = 0; i < 20; i++, n++) {
          await expect.poll(() => relay.post(bodyOf(n)), { timeout: 60_000 }).toBe(200);
          if (i === 0) stalls.push(performance.now() - killedAt);
        }
        await leader?.start();
        const isCurrent = (): Promise<unknown> =>
          cluster().then((found) => found?.replicas?.every(({ current }) => current), String);
        await expect.poll(isCurrent, { timeout: 60_000 }).toBe(true);
      }
      expect(await storedCount(engine)).toBe(n);
      console.log(
        `stalled for ${stalls.map(Math.round).join(' and ')} ms; none of ${n} lost or stored twice`,
      );
    }, 240_000);
  },
);
