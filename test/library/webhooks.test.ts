import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, expectTypeOf, it, vi } from 'vitest';
import {
  constructEvent,
  constructEventSync,
  type EventOf,
  InvalidEventError,
  type UnknownEvent,
  verifySignature,
  type WebhookEvent,
  WebhookVerificationError,
} from '../../src/library/webhooks.ts';
import { EVENT_TYPES } from '../../src/relyable/event-type.ts';
import { serialisePayload } from '../../src/relyable/payload.ts';
import { SAMPLES } from '../../src/relyable/samples.ts';
import { WIRE_FORMATS } from '../../src/relyable/wire-format.ts';

const SECRET = 'whsec_test_library_0123456789';

function sign(body: string | Uint8Array, secret = SECRET, algorithm = 'sha256'): string {
  return createHmac(algorithm, secret).update(body).digest('hex');
}

const BODY = '{"event":"test_run.failed","timestamp":"2025-02-03T04:05:06Z","data":{"error":"Ä"}}';
const SIGNATURE = sign(BODY);

/** Both functions, as one that returns a promise. */
const FUNCTIONS = {
  constructEvent,
  constructEventSync: async (...args: Parameters<typeof constructEventSync>) =>
    constructEventSync(...args),
};

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe.each(Object.entries(FUNCTIONS))('%s', (_, construct) => {
  // RFC 4231, test case 2, and the value that GitHub documents for its own header: neither body is an event.
  it.each([
    [
      'Jefe',
      'what do ya want for nothing?',
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    ],
    [
      "It's a Secret to Everybody",
      'Hello, World!',
      '757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
    ],
  ])('agrees with the published HMAC of %j', async (secret, body, mac) => {
    expect(await verifySignature(body, mac, secret)).toBe(true);
    await expect(construct(body, mac, secret)).rejects.toThrow(InvalidEventError);
  });

  it.each(EVENT_TYPES.flatMap((type) => WIRE_FORMATS.map((wire) => [type, wire] as const)))(
    'returns %s, written %s',
    async (type, wire) => {
      const body = serialisePayload(SAMPLES[type], wire);
      expect(await construct(body, sign(body), SECRET)).toEqual(SAMPLES[type]);
    },
  );

  const bytes = new TextEncoder().encode(BODY);
  it.each([
    ['a string', BODY],
    ['a Buffer', Buffer.from(BODY)],
    ['a Uint8Array', bytes],
    ['an ArrayBuffer', bytes.buffer.slice(0)],
    ['a part of a larger buffer', new Uint8Array([0, ...bytes, 0]).subarray(1, -1)],
  ])('takes the body as %s', async (_kind, body) => {
    expect(await construct(body, SIGNATURE, SECRET)).toMatchObject({ data: { error: 'Ä' } });
  });

  it.each([
    ['a string', SIGNATURE],
    ['a list', [SIGNATURE]],
    ['headers', new Headers({ 'X-Relyable-Signature': SIGNATURE })],
  ])('takes the signature from %s', async (_kind, header) => {
    expect(await construct(BODY, header, SECRET)).toMatchObject({ event: 'test_run.failed' });
  });

  it('takes several secrets', async () => {
    expect(await construct(BODY, SIGNATURE, ['whsec_next', SECRET])).toBeDefined();
    await expect(construct(BODY, SIGNATURE, ['whsec_next', 'whsec_old'])).rejects.toMatchObject({
      reason: 'secret_wrong_or_body_changed',
    });
  });

  const base64 = Buffer.from(SIGNATURE, 'hex').toString('base64');
  it.each([
    ['signature_missing', undefined],
    ['signature_missing', null],
    ['signature_missing', new Headers()],
    ['signature_missing', []],
    ['signature_empty', ''],
    ['signature_empty', ['']],
    ['signature_prefixed', `sha256=${SIGNATURE}`],
    ['signature_prefixed', `${SIGNATURE}\n`],
    ['secret_wrong_or_body_changed', `${SIGNATURE},`.repeat(100)],
    ['signature_uppercase', SIGNATURE.toUpperCase()],
    ['signature_base64', base64],
    ['signature_base64url', Buffer.from(SIGNATURE, 'hex').toString('base64url')],
    ['signature_truncated', SIGNATURE.slice(0, 32)],
    ['secret_wrong_or_body_changed', SIGNATURE.slice(0, 31)],
    ['signature_multiple', [SIGNATURE, '0'.repeat(64)]],
    ['signature_multiple', `${'0'.repeat(64)}, ${SIGNATURE}`],
    ['secret_wrong_or_body_changed', ['0'.repeat(64), '1'.repeat(64)]],
    ['secret_wrong_or_body_changed', '0'.repeat(64)],
    ['secret_wrong_or_body_changed', 'é'.repeat(64)],
    ['secret_wrong_or_body_changed', 'z'.repeat(64)],
    ['secret_wrong_or_body_changed', `${SIGNATURE}00`],
    ['secret_wrong_or_body_changed', sign(BODY, SECRET, 'sha512')],
  ] as const)('refuses with %s: %j', async (reason, header) => {
    const error = await construct(BODY, header, SECRET).then(
      () => expect.unreachable('it was accepted'),
      (each: unknown) => each,
    );
    expect(error).toBeInstanceOf(WebhookVerificationError);
    expect(error).toMatchObject({ name: 'WebhookVerificationError', reason });
    expect(String(error)).not.toContain(SECRET);
    expect(await verifySignature(BODY, header, SECRET)).toBe(false);
  });

  it.each([
    ['secret_whitespace', `${SECRET}\n`],
    ['secret_quoted', `"${SECRET}"`],
  ])('says %s where that is why', async (reason, secret) => {
    await expect(construct(BODY, SIGNATURE, secret)).rejects.toMatchObject({ reason });
  });

  it('accepts the signature of a secret that ends in a line feed, if that is the secret', async () => {
    expect(await construct(BODY, sign(BODY, `${SECRET}\n`), `${SECRET}\n`)).toBeDefined();
  });

  it.each([
    undefined,
    null,
    '',
    [],
    [SECRET, ''],
    [SECRET, undefined],
    42,
    Promise.resolve(SECRET),
    new Uint8Array(32),
  ])('needs a secret, not %j', async (secret) => {
    await expect(construct(BODY, SIGNATURE, secret as string)).rejects.toMatchObject({
      reason: 'secret_empty',
      message: expect.stringContaining('RELYABLE_WEBHOOK_SECRET'),
    });
  });

  it.each([
    ['headers of Node', { 'x-relyable-signature': SIGNATURE }],
    ['headers of which "get" is one', { get: SIGNATURE }],
    ['a number', 0],
    ['a list of lists', [[SIGNATURE]]],
  ])('says what to pass in place of %s', async (_kind, header) => {
    await expect(construct(BODY, header as never, SECRET)).rejects.toThrow(
      'request.headers["x-relyable-signature"]',
    );
  });

  it.each(['__proto__', 'constructor', 'toString'])(
    'returns an event of the type %s as any other',
    async (type) => {
      const body = `{"event":"${type}","__proto__":{"data":{}}}`;
      const event = await construct(body, sign(body), SECRET);
      expect(event.event).toBe(type);
      expect(event.data).toBeUndefined();
    },
  );

  it('compares every digit, wherever the first wrong one is', async () => {
    const other = (digit: string): string => (digit === '0' ? '1' : '0');
    const first = other(SIGNATURE.slice(0, 1)) + SIGNATURE.slice(1);
    const last = SIGNATURE.slice(0, -1) + other(SIGNATURE.slice(-1));
    const counts: number[] = [];
    for (const wrong of [first, last]) {
      const read = vi.spyOn(String.prototype, 'charCodeAt');
      await construct(BODY, wrong, SECRET).catch(() => {});
      counts.push(read.mock.calls.length);
      read.mockRestore();
    }
    expect(counts[0]).toBeGreaterThanOrEqual(128);
    expect(counts[0]).toBe(counts[1]);
  });

  it.each([
    ['a parsed object', JSON.parse(BODY), 'parsed object'],
    ['a promise', Promise.resolve(BODY), 'promise'],
    ['a stream', new ReadableStream(), '[object ReadableStream]'],
    ['a Blob', new Blob([BODY]), '[object Blob]'],
    ['nothing', undefined, 'missing'],
  ])('says what to do about %s as the body', async (_kind, body, words) => {
    const error = await construct(body, SIGNATURE, SECRET).catch((each: unknown) => each);
    expect(error).toBeInstanceOf(WebhookVerificationError);
    expect(String(error)).toContain(words);
    expect(String(error)).toContain('express.raw(');
  });

  it.each([
    ['text', 'Hello'],
    ['a list', '[]'],
    ['null', 'null'],
    ['no event', '{"data":{}}'],
    ['an event without data', '{"event":"test_run.failed","timestamp":"2025-02-03T04:05:06Z"}'],
    ['bytes that are not UTF-8', new Uint8Array([0x22, 0xff, 0x22])],
  ])('refuses %s that is signed', async (_kind, body) => {
    await expect(construct(body, sign(body), SECRET)).rejects.toThrow(InvalidEventError);
  });

  it('returns an event of a type that is not known', async () => {
    const body = '{"event":"agent.archived"}';
    expect(await construct(body, sign(body), SECRET)).toEqual({ event: 'agent.archived' });
  });
});

it('constructEventSync says which function to use where there is no node:crypto', async () => {
  vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined);
  // Afresh: the module is asked for once.
  vi.resetModules();
  const elsewhere = await import('../../src/library/webhooks.ts');
  expect(() => elsewhere.constructEventSync(BODY, SIGNATURE, SECRET)).toThrow(
    'await constructEvent',
  );
});

it('constructEvent says which function to use where there is no WebCrypto', async () => {
  vi.stubGlobal('crypto', undefined);
  await expect(constructEvent(BODY, SIGNATURE, SECRET)).rejects.toThrow('constructEventSync');
});

it('needs nothing of Node but WebCrypto', async () => {
  const modules = vi.spyOn(process, 'getBuiltinModule');
  vi.stubGlobal('Buffer', undefined);
  expect(await constructEvent(BODY, SIGNATURE, SECRET)).toBeDefined();
  expect(modules).not.toHaveBeenCalled();
});

it('spends no time on a long header', async () => {
  const split = vi.spyOn(String.prototype, 'split');
  expect(await verifySignature(BODY, ','.repeat(1e6), SECRET)).toBe(false);
  expect(split).not.toHaveBeenCalled();
});

it('keeps working with more secrets than it keeps keys', async () => {
  for (let i = 0; i < 250; i++) {
    expect(await verifySignature(BODY, sign(BODY, `secret ${i}`), `secret ${i}`)).toBe(true);
  }
});

it('gives each event its exact fields', () => {
  const use = (event: WebhookEvent): string | number | undefined => {
    switch (event.event) {
      case 'test_run.completed':
        expectTypeOf(event).toEqualTypeOf<EventOf<'test_run.completed'>>();
        return event.data.score;
      case 'test_run.failed':
        return event.data.error;
      case 'agent.score_dropped':
        return event.data.threshold;
      case 'test_case.critical_failure':
        // @ts-expect-error -- a field of another event
        return event.data.score as string;
      default:
        expectTypeOf(event).toEqualTypeOf<UnknownEvent>();
        return event.timestamp;
    }
  };
  expect(use(SAMPLES['test_run.failed'] as unknown as WebhookEvent)).toBe(
    'Phone number not reachable',
  );
});
