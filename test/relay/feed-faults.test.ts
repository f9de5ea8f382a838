import { describe, expect, it } from 'vitest';
import { encodeEnvelope } from '../../src/relay/envelope.ts';
import { openManager } from '../../src/relay/stream.ts';
import { storeFile } from '../store/store-world.ts';
import { startApp } from '../support/app.ts';
import { hasNats, startNats, SYNCED } from '../support/nats.ts';
import { bodies, bodyOf, feedWorld, send, sources, startFeed } from './feed-world.ts';
import { connect, startRelay, withStream } from './relay-world.ts';

const range = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

describe.skipIf(!hasNats)('listen --from with nats-server', () => {
  it('leaves in the stream what a stopped app does not take', async () => {
    const { nats, engine, relay } = await feedWorld();
    const [count, size] = [200, 100_000];
    await Promise.all(range(count).map((n) => relay.post(bodyOf(n, size))));
    const held: Array<() => void> = [];
    let isStopped = true;
    const app = await startApp((response) => {
      if (isStopped) held.push(() => response.end('OK'));
      else response.end('OK');
    });
    const options = { pipeline: { to: app.url }, concurrency: 4 };
    const feed = await startFeed(nats, storeFile(), options);
    await app.waitFor(4);
    await expect.poll(() => feed.stored()).toHaveLength(4);
    // Of 20 MB, the listener has the four that the app holds, and the 8 MB that were sent ahead.
    const manager = await openManager(engine);
    const [consumer] = await manager.consumers.list('RELYABLE_acme').next();
    expect((consumer?.delivered.stream_seq ?? 0) * size).toBeLessThan(8 * 1024 * 1024);
    expect(feed.stored()).toHaveLength(4);
    isStopped = false;
    for (const answer of held) answer();
    await app.waitFor(count);
    await expect.poll(() => feed.stored()).toHaveLength(count);
    expect((await manager.streams.info('RELYABLE_acme')).state.messages).toBe(count);
  });

  it('says which right it lacks after it was revoked, and goes on once it has it again', async () => {
    const users = (rights: string): string =>
      `${SYNCED}authorization { users: [
        { user: admin, password: p }
        { user: alice, password: p, permissions: { publish: [${rights}], subscribe: "_INBOX.alice.>" } }
      ] }\nno_auth_user: admin\n`;
    const all = '"$JS.API.STREAM.INFO.>", "$JS.API.CONSUMER.>"';
    const nats = await startNats(users(all));
    const engine = await connect(nats);
    await withStream(engine);
    const relay = await startRelay(engine);
    await send(relay, [1]);
    const credentials = { kind: 'password', user: 'alice', password: 'p' } as const;
    const feed = await startFeed(nats, storeFile(), { user: { credentials } });
    await expect.poll(feed.stored).toEqual(bodies([1]));
    await nats.reload(
      users('"$JS.API.STREAM.INFO.>", "$JS.API.CONSUMER.CREATE.>", "$JS.API.CONSUMER.INFO.>"'),
    );
    await expect(startFeed(nats, storeFile(), { user: { credentials } })).rejects.toMatchObject({
      code: 'NOT_PERMITTED',
      message: expect.stringContaining('the publish of $JS.API.CONSUMER.MSG.NEXT.RELYABLE_acme.'),
    });
    await nats.reload(users('"$JS.API.STREAM.INFO.>"'));
    await send(relay, [2]);
    await expect
      .poll(() => sources(feed.events), { timeout: 30_000 })
      .toContainEqual(
        expect.objectContaining({
          state: 'down',
          message: expect.stringContaining(
            'does not permit this user the publish of $JS.API.CONSUMER.',
          ),
        }),
      );
    await nats.reload(users(all));
    await expect.poll(feed.stored, { timeout: 30_000 }).toEqual(bodies([1, 2]));
  });

  it('keeps order and position where the clock is set back', async () => {
    const { nats, relay } = await feedWorld();
    let ms = 1.8e12;
    const file = storeFile();
    const app = await startApp();
    const options = { pipeline: { to: app.url }, now: () => (ms -= 3_600_000) };
    const feed = await startFeed(nats, file, options);
    await send(relay, [1, 2, 3]);
    await app.waitFor(3);
    await feed.stop();
    await send(relay, [4]);
    ms = 1;
    const again = await startFeed(nats, file, { ...options, now: () => (ms += 1e12) });
    await app.waitFor(4);
    expect(app.received.map(({ body }) => body.toString())).toEqual(bodies([1, 2, 3, 4]));
    await expect.poll(again.stored).toHaveLength(4);
  });

  it('forwards no request that a publisher smuggled into another, and goes on', async () => {
    const { nats, engine, relay } = await feedWorld();
    const js = engine.library.jetstream.jetstream(engine.connection);
    const whole = {
      receivedAt: 1.7e12,
      verdict: null,
      method: 'POST',
      path: '/',
      httpVersion: '1.1',
      headers: [] as Array<[string, string]>,
      body: Buffer.from('{}'),
    };
    for (const change of [
      {
        headers: [['X-A', 'b\r\n\r\nPOST /smuggled HTTP/1.1\r\nHost: a']] as Array<
          [string, string]
        >,
      },
      { headers: [['X-A\r\nX-Smuggled', 'b']] as Array<[string, string]> },
      { method: 'POST /smuggled HTTP/1.1\r\nHost: a\r\n\r\nGET' },
      { path: '/ HTTP/1.1\r\nHost: a\r\n\r\nGET /smuggled' },
    ]) {
      await js.publish('relyable.acme.x', encodeEnvelope({ ...whole, ...change }));
    }
    await send(relay, [1]);
    const app = await startApp();
    const pipeline = { to: app.url, invalid: 'forward' } as const;
    const feed = await startFeed(nats, storeFile(), { pipeline });
    await expect
      .poll(() => app.received.map(({ body }) => body.toString()))
      .toContain(bodies([1])[0]);
    await expect
      .poll(() => feed.events.filter(({ type }) => type === 'delivery' || type === 'set_aside'))
      .toHaveLength(5);
    expect(app.received.filter(({ url }) => url.includes('smuggled'))).toEqual([]);
    expect(JSON.stringify(app.received.map(({ rawHeaders }) => rawHeaders))).not.toContain(
      'Smuggled',
    );
  });

  it('waits for a server that came back without JetStream, or with other credentials', async () => {
    const { nats, relay } = await feedWorld();
    const feed = await startFeed(nats, storeFile());
    await send(relay, [1]);
    await expect.poll(feed.stored).toEqual(bodies([1]));
    await nats.kill();
    await nats.start('');
    await expect
      .poll(() => sources(feed.events).map(({ message }) => message), { timeout: 30_000 })
      .toContain('the NATS server answers no JetStream request');
    await nats.kill();
    await nats.start(`${SYNCED}authorization { token: "new" }\n`);
    await nats.kill();
    await nats.start(SYNCED);
    await send(relay, [2]);
    await expect.poll(feed.stored, { timeout: 30_000 }).toEqual(bodies([1, 2]));
  });
});
