import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { JetStreamManager } from '@nats-io/jetstream';
import type { Engine } from '../../src/relay/engine.ts';
import { decodeEnvelope, encodeEnvelope } from '../../src/relay/envelope.ts';
import { RelayFeed } from '../../src/relay/relay-feed.ts';
import { parseSealingKeys, seal, unseal } from '../../src/relay/sealing.ts';
import { openManager } from '../../src/relay/stream.ts';
import { signPayload } from '../../src/signature/sign.ts';
import { readReaderState } from '../../src/store/positions.ts';
import { storeFile } from '../store/store-world.ts';
import { startApp } from '../support/app.ts';
import { hasNats, SYNCED } from '../support/nats.ts';
import { bodies, bodyOf, feedWorld, send, sources, startFeed } from './feed-world.ts';
import { SECRET, startRelay, withStream } from './relay-world.ts';

describe.skipIf(!hasNats)('listen --from with nats-server', () => {
  it('stores, forwards and reports each event as it came by HTTP, and resumes where it stopped', async () => {
    const { nats, relay } = await feedWorld();
    const app = await startApp();
    const file = storeFile();
    await send(relay, [1, 2]);
    const first = await startFeed(nats, file, { pipeline: { to: `${app.url}/hook` } });
    await app.waitFor(2);
    await expect.poll(() => first.events.filter(({ type }) => type === 'delivery')).toHaveLength(2);
    expect(first.events.find(({ type }) => type === 'delivery')).toMatchObject({
      source: 'relay',
      event: 'test_run.completed',
      verification: { valid: true },
      forward: { status: 200 },
      answered: { status: 200 },
      warnings: [],
    });
    expect(app.received.map(({ body }) => body.toString())).toEqual(bodies([1, 2]));
    expect(app.received[0]).toMatchObject({
      url: '/hook?x=1',
      headers: { 'x-relyable-signature': signPayload(bodyOf(1), SECRET) },
    });
    await first.stop();
    await send(relay, [3, 4]);
    const again = await startFeed(nats, file, { firstStart: 'new' });
    await expect.poll(again.stored).toEqual(bodies([1, 2, 3, 4]));
    await expect
      .poll(() => sources(again.events))
      .toMatchObject([
        { state: 'up', gapMs: null, events: 2 },
        { state: 'caught-up', gapMs: null, events: 2 },
      ]);
  });

  it('begins where it is told the first time, and at its position afterwards', async () => {
    const { nats, relay } = await feedWorld();
    await send(relay, [1, 2]);
    const between = new Date();
    await send(relay, [3]);
    const file = storeFile();
    const fresh = await startFeed(nats, file, { firstStart: 'new' });
    await fresh.stop();
    await send(relay, [4]);
    const resumed = await startFeed(nats, file, { firstStart: 'all' });
    await expect.poll(resumed.stored).toEqual(bodies([4]));
    const since = await startFeed(nats, storeFile(), { firstStart: { since: between } });
    await expect.poll(since.stored).toEqual(bodies([3, 4]));
  });

  it('keeps the order of the stream at the app, one after another', async () => {
    const { nats, relay } = await feedWorld();
    let underWay = 0;
    let most = 0;
    const app = await startApp((response) => {
      underWay += 1;
      most = Math.max(most, underWay);
      setImmediate(() => {
        underWay -= 1;
        response.end('OK');
      });
    });
    const numbers = Array.from({ length: 50 }, (_, n) => n);
    await send(relay, numbers);
    await startFeed(nats, storeFile(), { pipeline: { to: app.url } });
    await app.waitFor(50);
    expect(app.received.map(({ body }) => body.toString())).toEqual(bodies(numbers));
    expect(most).toBe(1);
  });

  it('reads only the types of --events', async () => {
    const { nats, relay } = await feedWorld();
    for (const event of ['a.one', 'b', 'c']) {
      await relay.post(Buffer.from(JSON.stringify({ event })));
    }
    const one = await startFeed(nats, storeFile(), { subjects: ['relyable.acme.b'] });
    await expect.poll(one.stored).toEqual(['{"event":"b"}']);
    const two = await startFeed(nats, storeFile(), {
      subjects: ['relyable.acme.a.one', 'relyable.acme.c'],
    });
    await expect.poll(two.stored).toEqual(['{"event":"a.one"}', '{"event":"c"}']);
  });

  it('goes on over a killed and a frozen server, and says how long it was away', async () => {
    const { nats, relay } = await feedWorld();
    const feed = await startFeed(nats, storeFile());
    await send(relay, [1]);
    await expect.poll(feed.stored).toEqual(bodies([1]));
    await nats.kill();
    await nats.start();
    await send(relay, [2, 3]);
    await expect.poll(feed.stored).toEqual(bodies([1, 2, 3]));
    await expect
      .poll(() => sources(feed.events).slice(2))
      .toMatchObject([
        { state: 'down', message: 'the connection to NATS was lost' },
        { state: 'up', gapMs: expect.any(Number) },
        { state: 'caught-up', gapMs: expect.any(Number), events: expect.any(Number) },
      ]);
  });

  it('goes on where its consumer is deleted', async () => {
    const { nats, engine, relay } = await feedWorld();
    const feed = await startFeed(nats, storeFile());
    await send(relay, [1]);
    await expect.poll(feed.stored).toHaveLength(1);
    const manager = await openManager(engine);
    for (const { name } of await manager.consumers.list('RELYABLE_acme').next()) {
      await manager.consumers.delete('RELYABLE_acme', name);
    }
    await send(relay, [2]);
    await expect.poll(feed.stored).toEqual(bodies([1, 2]));
  });

  it('waits for a stream that was deleted, and reads its successor from the start', async () => {
    const { nats, engine, relay } = await feedWorld();
    const feed = await startFeed(nats, storeFile());
    await send(relay, [1]);
    await expect.poll(feed.stored).toHaveLength(1);
    const manager = await openManager(engine);
    await manager.streams.delete('RELYABLE_acme');
    await expect
      .poll(() => sources(feed.events))
      .toContainEqual(
        expect.objectContaining({ state: 'down', message: 'there is no stream RELYABLE_acme' }),
      );
    await withStream(engine);
    await send(relay, [2, 3]);
    await expect.poll(feed.stored).toEqual(bodies([1, 2, 3]));
    expect(feed.warnings).toEqual([
      'the stream is not the one that was read before: it is read from its start',
    ]);
  });

  it('says how many messages were removed before they were read', async () => {
    const { nats, engine, relay } = await feedWorld();
    const file = storeFile();
    await send(relay, [1]);
    const feed = await startFeed(nats, file);
    await expect.poll(feed.stored).toHaveLength(1);
    await feed.stop();
    await send(relay, [2, 3, 4]);
    const manager = await openManager(engine);
    await manager.streams.purge('RELYABLE_acme', { seq: 4 });
    const again = await startFeed(nats, file);
    await expect.poll(again.stored).toEqual(bodies([1, 4]));
    expect(again.warnings[0]).toMatch(/^2 messages after 1 were removed from the stream/);
  });

  it('skips what is not a request, once, and goes on', async () => {
    const { nats, engine, relay } = await feedWorld();
    const file = storeFile();
    const js = engine.library.jetstream.jetstream(engine.connection);
    await js.publish('relyable.acme.x', '{"not":"ours"}');
    await js.publish('relyable.acme.y', 'RLY9');
    await js.publish('relyable.acme.z', Buffer.from('RLY1\0\0\0\xff', 'latin1'));
    await send(relay, [1]);
    const feed = await startFeed(nats, file);
    await expect.poll(feed.stored).toEqual(bodies([1]));
    expect(feed.events.filter(({ type }) => type === 'set_aside')).toMatchObject([
      { seq: 1, subject: 'relyable.acme.x', reason: 'it was not written by a relay' },
      { seq: 2, reason: 'it was written by a newer relyable (form RLY9)' },
      { seq: 3, reason: 'it is cut off' },
    ]);
    await js.publish('relyable.acme.x', 'x');
    const { created } = await (await openManager(engine)).streams.info('RELYABLE_acme');
    const key = { reader: 'alice', stream: 'RELYABLE_acme', created };
    await expect.poll(() => readReaderState(file, key).seq).toBe(5);
    await feed.stop();
    const again = await startFeed(nats, file);
    await send(relay, [2]);
    await expect.poll(again.stored).toEqual(bodies([1, 2]));
    expect(again.events.filter(({ type }) => type === 'set_aside')).toEqual([]);
  });

  it('takes messages as large as the server takes, small ones between them', async () => {
    const { nats, relay } = await feedWorld(`max_payload: 20MB\n${SYNCED}`);
    const sizes = [10, 9_000_000, 10, 5_000_000, 5_000_000, 10, 9_000_000];
    for (const [n, size] of sizes.entries()) await send(relay, [n], size);
    const feed = await startFeed(nats, storeFile());
    await expect
      .poll(() => feed.stored().map(({ length }) => length))
      .toEqual(sizes.map((size, n) => bodyOf(n, size).length));
    expect(sources(feed.events).filter((event) => event.state === 'down')).toEqual([]);
  });

  it('catches up with more than one request for messages gives', async () => {
    const { nats, relay } = await feedWorld();
    const numbers = Array.from({ length: 250 }, (_, n) => n);
    await Promise.all(numbers.map((n) => relay.post(bodyOf(n))));
    const feed = await startFeed(nats, storeFile());
    await expect.poll(() => feed.stored().length).toBe(250);
    await expect
      .poll(() => sources(feed.events))
      .toMatchObject([
        { state: 'up', events: 250 },
        { state: 'caught-up', events: 250 },
      ]);
  });

  it('opens what a relay sealed; without the key it ends, and skips nothing', async () => {
    const { nats, engine } = await feedWorld();
    const [key, other] = parseSealingKeys(`${'0a'.repeat(32)}\n${'0b'.repeat(32)}`, 'test');
    const relay = await startRelay(engine, { sealWith: key });
    await send(relay, [1]);
    await expect(
      startFeed(nats, storeFile(), { decode: (data) => decodeEnvelope(unseal(data, [])) }),
    ).rejects.toMatchObject({
      code: 'SECRET_INVALID',
      message: `the relay seals requests with key ${key.id}, expected none: there is no --encrypt-key-file`,
    });
    const file = storeFile();
    const feed = await startFeed(nats, file, {
      decode: (data) => decodeEnvelope(unseal(data, [key])),
    });
    await expect.poll(feed.stored).toEqual(bodies([1]));
    if (other === undefined) throw new Error('expected two keys');
    const renewed = await startRelay(engine, { sealWith: other });
    await send(renewed, [2]);
    await expect(feed.feed.failed).rejects.toMatchObject({ code: 'SECRET_INVALID' });
    await feed.stop();
    const again = await startFeed(nats, file, {
      decode: (data) => decodeEnvelope(unseal(data, [other, key])),
    });
    await expect.poll(again.stored).toEqual(bodies([1, 2]));
    const forged = seal(encodeEnvelope({ ...EMPTY, body: bodyOf(3) }), key, randomBytes);
    forged.writeUInt8(forged.readUInt8(40) ^ 1, 40);
    await engine.library.jetstream.jetstream(engine.connection).publish('relyable.acme.x', forged);
    await expect
      .poll(() => again.events)
      .toContainEqual(expect.objectContaining({ type: 'set_aside', seq: 3 }));
  });

  it('reads again what the store refused, and loses nothing of it', async () => {
    const { nats, relay } = await feedWorld();
    const file = storeFile();
    const feed = await startFeed(nats, file);
    const { worker } = feed;
    await send(relay, [1]);
    await expect.poll(feed.stored).toHaveLength(1);
    const before = worker.asked.length;
    worker.isDeaf = true;
    await send(relay, [2, 3]);
    await expect.poll(() => worker.asked.length).toBe(before + 1);
    worker.isDeaf = false;
    const error = { message: 'no space is left on the disk', hint: undefined };
    worker.answer({ type: 'written', firsts: [], error });
    await expect.poll(feed.stored).toEqual(bodies([1, 2, 3]));
    expect(sources(feed.events)).toContainEqual(
      expect.objectContaining({ state: 'down', message: 'no space is left on the disk' }),
    );
  });

  it('stores nothing twice where two listeners have one name and one store', async () => {
    const { nats, relay } = await feedWorld();
    const file = storeFile();
    const one = await startFeed(nats, file);
    await startFeed(nats, file);
    const numbers = Array.from({ length: 20 }, (_, n) => n);
    await send(relay, numbers);
    await expect.poll(one.stored).toEqual(bodies(numbers));
  });
});

const EMPTY = {
  receivedAt: 0,
  verdict: null,
  method: 'POST',
  path: '/',
  httpVersion: '1.1',
  headers: [],
};

describe('a cluster that has lost a server', () => {
  const created = '2026-01-01T00:00:00Z';
  const stream = { created, state: { messages: 0, first_seq: 0, last_seq: 0 } };
  const consumer = { info: async () => ({ delivered: { stream_seq: 0 }, num_pending: 0 }) };
  const timeout = Object.assign(new Error('timeout'), { name: 'TimeoutError' });

  /** A feed whose server leaves these of its first requests unanswered. */
  function feedOf(unanswered: readonly number[]): { feed: RelayFeed; names: string[] } {
    let asked = 0;
    const names: string[] = [];
    const answer = async (value: unknown): Promise<unknown> => {
      if (unanswered.includes(asked++)) throw timeout;
      return value;
    };
    const get = (_: string, { name_prefix }: { name_prefix: string }): Promise<unknown> => {
      names.push(name_prefix);
      return answer(consumer);
    };
    const jetstream = { jetstream: () => ({ consumers: { get } }) };
    const engine = {
      library: { jetstream },
      connection: {},
      isUp: false,
      onEvent: () => undefined,
    };
    const feed = new RelayFeed(
      {
        team: 'acme',
        reader: 'ada',
        subjects: [],
        firstStart: 'new',
        concurrency: 1,
        decode: decodeEnvelope,
      },
      {
        engine: engine as unknown as Engine,
        manager: { streams: { info: () => answer(stream) } } as unknown as JetStreamManager,
        pipeline: { ingest: () => ({ stored: Promise.resolve(), forwarded: null }) },
        store: { advance: () => Promise.resolve() },
        readState: () => ({ seq: null, hasReadOlder: false, unforwarded: [] }),
        emit: () => undefined,
        warn: () => undefined,
        randomBytes,
        sleep: () => Promise.resolve(),
      },
    );
    return { feed, names };
  }

  it('is asked again while it elects a leader, and for a consumer that it places elsewhere', async () => {
    // The stream, then the stream and the consumer.
    const { feed, names } = feedOf([0, 3]);
    expect(await feed.open()).toMatchObject({ seq: null });
    expect(new Set(names).size).toBe(2);
  });

  it('is given up after a few times', async () => {
    await expect(feedOf([0, 1, 2, 3]).feed.open()).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: 'RELYABLE_acme: the server did not answer in time',
    });
  });
});
