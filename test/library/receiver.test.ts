import { describe, expect, expectTypeOf, it, onTestFinished, vi } from 'vitest';
import type { EventOf, WebhookEvent } from '../../src/library/events.ts';
import { webhookHandler } from '../../src/library/fetch.ts';
import type { ReceiverOptions } from '../../src/library/receiver.ts';
import {
  type MatcherOptions,
  signedRequest,
  TEST_SECRET,
  toAcceptRelyableWebhook,
} from '../../src/library/testing.ts';

// As docs/library.md has it.
declare module 'vitest' {
  interface Matchers<T> {
    toAcceptRelyableWebhook(options?: MatcherOptions): Promise<T>;
  }
}

expect.extend({ toAcceptRelyableWebhook });

function create(options: Partial<ReceiverOptions> = {}): ReturnType<typeof webhookHandler> {
  return webhookHandler({ secret: TEST_SECRET, ...options });
}

const request = (seed = 1): Request => signedRequest('test_run.completed', {}, { seed });

/** A promise with its resolve and reject. */
function deferred(): { promise: Promise<void>; resolve: () => void; reject: (e: Error) => void } {
  let settle: { resolve: () => void; reject: (e: Error) => void };
  const promise = new Promise<void>((resolve, reject) => (settle = { resolve, reject }));
  return { promise, ...settle! };
}

describe('answers', () => {
  it('200 when the handler of the event has returned', async () => {
    const scores: number[] = [];
    const handler = create()
      .on('test_run.completed', async ({ data }) => void scores.push(data.score))
      .on('test_run.failed', () => expect.unreachable());
    const answer = await handler(signedRequest('test_run.completed', { 'data.score': 12.5 }));
    expect([answer.status, scores]).toEqual([200, [12.5]]);
  });

  it('200 to an event without a handler', async () => {
    expect((await create()(request())).status).toBe(200);
  });

  it('calls otherwise for what has no handler of its own', async () => {
    const types: string[] = [];
    const handler = create()
      .on('test_run.completed', () => expect.unreachable())
      .otherwise(({ event }) => types.push(event));
    await handler(signedRequest('test_run.failed'));
    await handler(signedRequest({ event: 'agent.archived' }));
    expect(types).toEqual(['test_run.failed', 'agent.archived']);
  });

  it('401 without a word about the reason', async () => {
    const answer = await create()(signedRequest('test_run.failed', {}, { tamper: 'prefix' }));
    expect([answer.status, await answer.text()]).toEqual([401, 'Invalid signature']);
  });

  it('400 to what is signed and is not an event', async () => {
    expect((await create()(signedRequest({ hello: 1 }))).status).toBe(400);
  });

  it('405 to other methods', async () => {
    const answer = await create()(new Request('http://localhost/'));
    expect([answer.status, answer.headers.get('Allow')]).toEqual([405, 'POST']);
  });

  it('413 to a body above 10 MB, which is read to its end and dropped', async () => {
    const megabyte = new Uint8Array(1024 * 1024);
    let left = 30;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => (left-- > 0 ? controller.enqueue(megabyte) : controller.close()),
    });
    const long = new Request('http://localhost/', { method: 'POST', body, duplex: 'half' });
    expect([(await create()(long)).status, left]).toEqual([413, -1]);
  });

  it('401 to a request without a body', async () => {
    const empty = new Request('http://localhost/', { method: 'POST' });
    expect((await create()(empty)).status).toBe(401);
  });

  it('rejects when the handler throws, so that the event is sent again', async () => {
    let calls = 0;
    const handler = create().on('test_run.completed', () => {
      if (++calls === 1) throw new Error('the database is down');
    });
    await expect(handler(request())).rejects.toThrow('the database is down');
    expect([(await handler(request())).status, calls]).toEqual([200, 2]);
  });

  it('rejects without a secret, and says which', async () => {
    await expect(create({ secret: undefined })(request())).rejects.toThrow(
      'RELYABLE_WEBHOOK_SECRET',
    );
  });

  it('rejects when the body was read before', async () => {
    const read = request();
    await read.text();
    await expect(create()(read)).rejects.toThrow('was read before');
  });
});

describe('ack', () => {
  it('answers while the handler goes on, and hands the work to waitUntil', async () => {
    const { promise, resolve } = deferred();
    const waitUntil = vi.fn<(work: Promise<unknown>) => void>();
    const handler = create({ waitUntil }).on('test_run.completed', async (event) => {
      event.ack();
      await promise;
    });
    expect((await handler(request())).status).toBe(200);
    expect(waitUntil).toHaveBeenCalledOnce();
    resolve();
    await waitUntil.mock.calls[0]?.[0];
  });

  it('reports what is thrown after it', async () => {
    const { promise, reject } = deferred();
    const onError = vi.fn<NonNullable<ReceiverOptions['onError']>>();
    const handler = create({ onError }).on('test_run.completed', async (event) => {
      event.ack();
      await promise;
    });
    expect((await handler(request())).status).toBe(200);
    reject(new Error('too late'));
    await expect.poll(() => onError.mock.calls[0]?.[0]).toMatchObject({ message: 'too late' });
  });

  it('holds also when the handler throws right after it', async () => {
    const onError = vi.fn<NonNullable<ReceiverOptions['onError']>>();
    const handler = create({ onError }).on('test_run.completed', (event) => {
      event.ack();
      throw new Error('at once');
    });
    expect((await handler(request())).status).toBe(200);
    await expect.poll(() => onError.mock.calls.length).toBe(1);
  });

  it('holds when onError, waitUntil or both throw', async () => {
    const log = vi.spyOn(console, 'error').mockReturnValue();
    onTestFinished(() => log.mockRestore());
    const handler = create({
      onError: async (error) => {
        throw new Error('the log is full', { cause: error });
      },
      waitUntil: () => {
        throw new Error('outside of a request');
      },
    }).on('test_run.completed', (event) => {
      event.ack();
      throw new Error('too late');
    });
    expect((await handler(request())).status).toBe(200);
    // An error that nothing catches fails the test.
    const causes = (): unknown[] => log.mock.calls.map(([error]) => String(error.cause)).toSorted();
    await expect.poll(causes).toEqual(['Error: outside of a request', 'Error: too late']);
  });

  it('is there for a payload that has such a field', async () => {
    let copy: unknown;
    const handler = create().otherwise((event) => {
      event.ack();
      copy = structuredClone(event);
    });
    const answer = await handler(signedRequest({ event: 'agent.archived', ack: 1 }));
    expect([answer.status, copy]).toEqual([200, { event: 'agent.archived' }]);
  });

  it('leaves the event as it came', async () => {
    let copy: unknown;
    const handler = create().on('test_run.failed', (event) => (copy = structuredClone(event)));
    await handler(signedRequest('test_run.failed'));
    expect(Object.keys(copy as object)).toEqual(['event', 'timestamp', 'data']);
  });
});

describe('duplicates', () => {
  it('are handled once', async () => {
    const handle = vi.fn<() => void>();
    const handler = create().on('test_run.completed', handle);
    for (const seed of [1, 1, 2, 1]) expect((await handler(request(seed))).status).toBe(200);
    expect(handle).toHaveBeenCalledTimes(2);
  });

  it('that arrive meanwhile get the answer of the first', async () => {
    const { promise, reject } = deferred();
    const handle = vi.fn<() => Promise<void>>(() => promise);
    const handler = create().on('test_run.completed', handle);
    const answers = Promise.allSettled([handler(request()), handler(request())]);
    await expect.poll(() => handle.mock.calls.length).toBe(1);
    reject(new Error('failed'));
    expect(await answers).toEqual([
      { status: 'rejected', reason: new Error('failed') },
      { status: 'rejected', reason: new Error('failed') },
    ]);
    expect(handle).toHaveBeenCalledOnce();
  });

  it('are found in a store of the app', async () => {
    const handled = new Set<string>();
    const handle = vi.fn<() => void>();
    for (const handler of [create({ handled }), create({ handled })]) {
      await handler.on('test_run.completed', handle)(request());
    }
    expect(handle).toHaveBeenCalledOnce();
    expect([...handled]).toEqual([expect.stringMatching(/^[\da-f]{64}$/)]);
  });

  it('are handled again where the store cannot say, and not where it cannot add', async () => {
    const handle = vi.fn<() => void>();
    const onError = vi.fn<NonNullable<ReceiverOptions['onError']>>();
    const fail = (): never => {
      throw new Error('the store is down');
    };
    const adds = create({ onError, handled: { has: () => false, add: fail } });
    expect((await adds.on('test_run.completed', handle)(request())).status).toBe(200);
    expect(onError.mock.calls).toEqual([
      [new Error('the store is down'), expect.objectContaining({ event: 'test_run.completed' })],
    ]);
    const looks = create({ handled: { has: fail, add: fail } }).on('test_run.completed', handle);
    await expect(looks(request())).rejects.toThrow('the store is down');
    expect(handle).toHaveBeenCalledOnce();
  });

  it('are forgotten after 10 000 events', async () => {
    const handle = vi.fn<() => void>();
    const handler = create().on('test_run.completed', handle);
    for (let seed = 0; seed <= 10_000; seed++) await handler(request(seed));
    await handler(request(10_000));
    expect(handle).toHaveBeenCalledTimes(10_001);
    await handler(request(0));
    expect(handle).toHaveBeenCalledTimes(10_002);
  });
});

it('passes its own matcher', async () => {
  await expect(create()).toAcceptRelyableWebhook();
  await expect(create({ secret: 'whsec_other' })).not.toAcceptRelyableWebhook();
  const result = await toAcceptRelyableWebhook(create());
  expect(result.message()).toContain('passed every case');
});

it('types the events of its handlers', () => {
  const route = create()
    .on('test_run.completed', (event) => {
      expectTypeOf(event.data).toEqualTypeOf<EventOf<'test_run.completed'>['data']>();
      // @ts-expect-error -- a field of another event
      event.data.calls_failed satisfies unknown;
    })
    .otherwise((event) => expectTypeOf(event).toExtend<WebhookEvent>());
  // @ts-expect-error -- not a published type
  route.on('test_run.complete', () => {});
  expectTypeOf(route).toBeCallableWith(new Request('http://localhost/'));
});
