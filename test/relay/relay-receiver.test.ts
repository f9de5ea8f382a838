import { request as httpRequest } from 'node:http';
import { describe, expect, it } from 'vitest';
import { Readiness } from '../../src/relay/readiness.ts';
import { openManager } from '../../src/relay/stream.ts';
import { signPayload } from '../../src/signature/sign.ts';
import { hasNats, startNats, SYNCED } from '../support/nats.ts';
import {
  connect,
  SECRET,
  startRelay,
  storedCount,
  storedRequest,
  TEAM,
  withStream,
} from './relay-world.ts';

const BODY = Buffer.from('{"id":"evt_1","event":"test_run.completed","data":{"score":70.0}}');

describe.skipIf(!hasNats)('a relay with nats-server', () => {
  it('publishes the exact request, and answers 200 once the stream has it', async () => {
    const engine = await connect(await startNats());
    await withStream(engine);
    const relay = await startRelay(engine);
    const signature = signPayload(BODY, SECRET);
    const status = await new Promise<number>((resolve, reject) => {
      const headers = [
        'Host',
        'a.example',
        'x-RELYABLE-signature',
        signature,
        'X-A',
        '1',
        'x-a',
        '2',
      ];
      const sent = httpRequest(
        new URL('/hook?x=1', relay.url),
        { method: 'POST', headers },
        (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        },
      );
      sent.on('error', reject);
      sent.end(BODY);
    });
    expect(status).toBe(200);
    const stored = await storedRequest(engine, 1);
    expect(stored.body.equals(BODY)).toBe(true);
    expect(stored).toMatchObject({
      method: 'POST',
      path: '/hook?x=1',
      verdict: { valid: true, reason: 'ok' },
    });
    expect(stored.headers).toEqual([
      ['Host', 'a.example'],
      ['x-RELYABLE-signature', signature],
      ['X-A', '1'],
      ['x-a', '2'],
      ['Connection', expect.any(String)],
      ['Transfer-Encoding', 'chunked'],
    ]);
    expect(relay.events).toMatchObject([
      { type: 'relayed', subject: 'relyable.acme.test_run.completed', seq: 1, isDuplicate: false },
    ]);
  });

  it('stores a retry of the same delivery once', async () => {
    const engine = await connect(await startNats());
    await withStream(engine);
    const relay = await startRelay(engine);
    expect([await relay.post(BODY), await relay.post(BODY)]).toEqual([200, 200]);
    expect(await storedCount(engine)).toBe(1);
    expect(relay.events).toMatchObject([{ isDuplicate: false }, { isDuplicate: true }]);
  });

  it('answers a forged request 401 and does not publish it, unless it is told to', async () => {
    const engine = await connect(await startNats());
    await withStream(engine);
    const forged = { 'X-Relyable-Signature': signPayload(BODY, 'another secret') };
    const relay = await startRelay(engine);
    expect([await relay.post(BODY, forged), await relay.post(BODY, {})]).toEqual([401, 401]);
    expect(await storedCount(engine)).toBe(0);
    const lenient = await startRelay(engine, { invalid: 'forward' });
    expect([await lenient.post(BODY, forged), await lenient.post(BODY)]).toEqual([200, 200]);
    expect((await storedRequest(engine, 1)).verdict?.valid).toBe(false);
    expect((await storedRequest(engine, 2)).verdict?.valid).toBe(true);
    const blind = await startRelay(engine, { secrets: [] });
    await blind.post(Buffer.from('{}'), {});
    expect((await storedRequest(engine, 3)).verdict).toBeNull();
  });

  it('answers 413 where the server or the stream takes no message of this size', async () => {
    const engine = await connect(await startNats(`max_payload: 20KB\n${SYNCED}`));
    await withStream(engine);
    const relay = await startRelay(engine);
    expect(await relay.post(Buffer.alloc(30_000, 'x'))).toBe(413);
    const manager = await openManager(engine);
    await manager.streams.update('RELYABLE_acme', { max_msg_size: 2000 });
    expect(await relay.post(Buffer.alloc(5000, 'x'))).toBe(413);
    expect(await relay.post(BODY)).toBe(200);
    expect(relay.events).toMatchObject([
      { status: 413, reason: expect.stringContaining('raise max_payload') },
      { status: 413, reason: expect.stringContaining('raise its max_msg_size') },
      { type: 'relayed' },
    ]);
  });

  it('answers 503 without a stream, and where it is full', async () => {
    const engine = await connect(await startNats());
    const relay = await startRelay(engine, { ackTimeoutMs: 300 });
    const manager = await openManager(engine);
    const readiness = new Readiness(engine, manager, TEAM, () => Date.now() * 1e6);
    expect(await relay.post(BODY)).toBe(503);
    expect(relay.events).toMatchObject([
      { status: 503, reason: expect.stringContaining('relay init" creates RELYABLE_acme') },
    ]);
    expect(await readiness.problem()).toBe('there is no stream RELYABLE_acme');
    await withStream(engine, { maxBytes: 2000 });
    expect(await readiness.problem()).toBeNull();
    for (const n of [1, 2, 3, 4, 5, 6, 7, 8])
      await relay.post(Buffer.from(`{"n":${n}}`.padEnd(300)));
    expect(relay.events.at(-1)).toMatchObject({
      status: 503,
      reason: expect.stringContaining('maximum bytes exceeded'),
    });
    await manager.streams.update('RELYABLE_acme', { max_bytes: 100 });
    expect(await readiness.problem()).toMatch(/^the stream RELYABLE_acme is full/);
  });

  it('answers 503 while the server is away or frozen, and stores each once after it is back', async () => {
    const nats = await startNats();
    const engine = await connect(nats);
    await withStream(engine);
    const relay = await startRelay(engine, { ackTimeoutMs: 400 });
    const lost: string[] = [];
    engine.onEvent(({ type }) => lost.push(type));
    nats.signal('SIGSTOP');
    expect(await relay.post(BODY)).toBe(503);
    nats.signal('SIGCONT');
    await expect.poll(() => relay.post(BODY)).toBe(200);
    expect(await storedCount(engine)).toBe(1);
    await nats.kill();
    expect(await relay.post(Buffer.from('{"n":2}'))).toBe(503);
    await nats.start();
    await expect.poll(() => relay.post(Buffer.from('{"n":2}'))).toBe(200);
    expect(await storedCount(engine)).toBe(2);
    expect(lost).toEqual(['down', 'up']);
  });

  it('publishes again what was under way when the connection broke', async () => {
    const nats = await startNats();
    const engine = await connect(nats);
    await withStream(engine);
    const relay = await startRelay(engine, { ackTimeoutMs: 30_000 });
    nats.signal('SIGSTOP');
    const answers = [1, 2, 3].map((n) => relay.post(Buffer.from(`{"n":${n}}`)));
    await nats.kill();
    await nats.start();
    expect(await Promise.all(answers)).toEqual([200, 200, 200]);
    expect(await storedCount(engine)).toBe(3);
  });
});
