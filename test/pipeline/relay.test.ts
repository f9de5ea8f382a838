import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { type AppAnswer, Relay } from '../../src/pipeline/relay.ts';
import { startApp } from '../support/app.ts';
import { listen } from './world.ts';

const HELD_BYTES = 64 * 1024;

interface Relayed {
  readonly relay: Relay;
  readonly response: ServerResponse;
  readonly done: Array<{ answer: AppAnswer; answered: number | null }>;
  readonly resumed: () => number;
}

function createRelay(hasSender = true): Relayed {
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  const done: Relayed['done'] = [];
  let resumed = 0;
  const relay = new Relay(hasSender ? response : null, (answer, answered) => {
    done.push({ answer, answered });
  });
  relay.attach({ resume: () => (resumed += 1), abort: () => undefined });
  return { relay, response, done, resumed: () => resumed };
}

const HEAD = { status: 200, statusText: 'OK', headers: [['X-App', '1']] } as const;

describe('an answer that breaks off', () => {
  it('is a 502 while all of it is held', async () => {
    const app = await startApp((response) => {
      response.writeHead(200, { 'Content-Length': String(HELD_BYTES + 1) });
      response.write(Buffer.alloc(HELD_BYTES), () => response.destroy());
    });
    const { post, world, store } = await listen({ to: app.url });
    expect((await post()).status).toBe(502);
    const handled = await world.handled();
    expect(handled).toMatchObject({ forward: { status: null }, answered: { status: 502 } });
    expect(store.answered).toEqual([[handled.id, 502]]);
  });

  it.each([
    ['announced', { 'Content-Length': '1000000' }],
    ['in chunks', { 'Transfer-Encoding': 'chunked' }],
  ])('breaks off for the sender as well once a part of it was sent: %s', async (_, headers) => {
    const app = await startApp((response) => {
      response.writeHead(200, headers);
      response.write(Buffer.alloc(HELD_BYTES + 1), () => response.destroy());
    });
    const { post, world, store } = await listen({ to: app.url });
    await expect(post()).rejects.toMatchObject({ code: 'ECONNRESET' });
    const handled = await world.handled();
    expect(handled).toMatchObject({
      forward: { status: null, error: expect.stringContaining('closed the connection') },
      answered: { status: 200, complete: false },
      warnings: [{ code: 'not_received' }],
    });
    expect(store.answered).toEqual([[handled.id, 200]]);
  });
});

describe('a long answer', () => {
  it('is held up to 64 KB and sent on from there, in order and whole', async () => {
    const app = await startApp((response) => {
      for (let n = 0; n < 40; n++) response.write(Buffer.alloc(10_000, n));
      response.end();
    });
    const { post } = await listen({ to: app.url });
    const { body } = await post();
    const expected = Buffer.concat(Array.from({ length: 40 }, (_, n) => Buffer.alloc(10_000, n)));
    expect(body.equals(expected)).toBe(true);
  });

  it('is not sent before the capture is stored, and the app waits meanwhile', () => {
    const { relay, response, done, resumed } = createRelay();
    relay.head(HEAD);
    expect(relay.data(Buffer.alloc(HELD_BYTES))).toBe(true);
    expect(relay.data(Buffer.alloc(1))).toBe(false);
    expect(response.headersSent).toBe(false);
    relay.release();
    expect(response.headersSent).toBe(true);
    expect(response.getHeaders()).toEqual({});
    expect(resumed()).toBe(1);
    expect(done).toEqual([]);
    relay.end();
    expect(response.writableEnded).toBe(true);
    expect(done).toMatchObject([{ answer: { status: 200, error: null }, answered: 200 }]);
  });

  it('makes the app wait for a sender that reads slowly, not for one that has gone', () => {
    const { relay, response, resumed } = createRelay();
    relay.release();
    relay.head(HEAD);
    relay.data(Buffer.alloc(HELD_BYTES + 1));
    // Nothing takes the bytes of this response.
    expect(relay.data(Buffer.alloc(HELD_BYTES))).toBe(false);
    response.emit('drain');
    expect(resumed()).toBe(2);
    response.destroy();
    response.emit('close');
    expect(resumed()).toBe(3);
    expect(relay.data(Buffer.alloc(HELD_BYTES))).toBe(true);
  });

  it('is recorded up to 16 KB', () => {
    const { relay, done } = createRelay();
    relay.release();
    relay.head(HEAD);
    for (let n = 0; n < 3; n++) relay.data(Buffer.alloc(6000, n));
    relay.end();
    const expected = Buffer.concat([0, 1, 2].map((n) => Buffer.alloc(6000, n)));
    expect(done[0]?.answer.body.equals(expected.subarray(0, 16 * 1024))).toBe(true);
  });
});

it.each(['end', 'failed'] as const)('sends and reports nothing before the release: %s', (last) => {
  const { relay, response, done } = createRelay();
  relay.head(HEAD);
  relay.data(Buffer.alloc(HELD_BYTES + 1));
  relay[last]('aborted');
  expect(response.headersSent).toBe(false);
  expect(done).toEqual([]);
});

it('records the answer where there is no sender', () => {
  const { relay, done } = createRelay(false);
  relay.head(HEAD);
  expect(relay.data(Buffer.alloc(HELD_BYTES + 1))).toBe(true);
  relay.end();
  expect(done).toMatchObject([{ answer: { status: 200, headers: HEAD.headers }, answered: null }]);
});
