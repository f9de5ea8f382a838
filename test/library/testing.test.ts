import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, expectTypeOf, it, onTestFinished } from 'vitest';
import { webhookHandler } from '../../src/library/express.ts';
import {
  EVENT_TYPES,
  type Overrides,
  retrySchedule,
  sampleEvent,
  signedParts,
  signedRequest,
  TAMPERS,
  TEST_SECRET,
  toAcceptRelyableWebhook,
  WIRE_FORMATS,
} from '../../src/library/testing.ts';
import { constructEvent, verifySignature } from '../../src/library/webhooks.ts';
import { SAMPLES } from '../../src/relyable/samples.ts';

describe('signedRequest', () => {
  it.each(EVENT_TYPES.flatMap((type) => WIRE_FORMATS.map((wire) => [type, wire] as const)))(
    'signs %s, written %s',
    async (type, wire) => {
      const request = signedRequest(type, {}, { wire, secret: 'whsec_mine' });
      const body = await request.arrayBuffer();
      expect(await constructEvent(body, request.headers, 'whsec_mine')).toEqual(SAMPLES[type]);
    },
  );

  it.each(TAMPERS)('makes a request that is refused: %s', async (tamper) => {
    const { headers, body } = signedParts('test_run.completed', {}, { tamper });
    expect(await verifySignature(body, headers['X-Relyable-Signature'], TEST_SECRET)).toBe(false);
  });

  it('puts new values where the paths say', async () => {
    const { body } = signedParts('test_run.completed', {
      timestamp: '2025-03-04T05:06:07Z',
      'data.score': 12.5,
      'data.scenarios_tested.0': 'buying',
      'data.previous_score': undefined,
    });
    const { previous_score: _, ...data } = sampleEvent('test_run.completed').data;
    expect(JSON.parse(body)).toEqual({
      event: 'test_run.completed',
      timestamp: '2025-03-04T05:06:07Z',
      data: { ...data, score: 12.5, scenarios_tested: ['buying', data.scenarios_tested[1]] },
    });
    expect(sampleEvent('test_run.completed').data.score).toBe(73.5);
  });

  it('signs a payload of another type', async () => {
    const { headers, body } = signedParts({ event: 'agent.archived' }, { 'data.by': 'me' });
    expect(body).toBe('{"event":"agent.archived","data":{"by":"me"}}');
    expect(await verifySignature(body, headers['X-Relyable-Signature'], TEST_SECRET)).toBe(true);
  });

  it('says what is wrong with arguments that types would not allow', () => {
    const parts = signedParts as (event: string, overrides?: object, options?: object) => unknown;
    expect(() => parts('test_run.fail')).toThrow(
      'the event: expected one of test_run.completed, test_run.failed, agent.score_dropped, test_case.critical_failure, got "test_run.fail"',
    );
    expect(() => parts('test_run.failed', {}, { wire: 'xml' })).toThrow(
      /^wire: expected one of compact, .*, got "xml"$/,
    );
    expect(() => parts('test_run.failed', {}, { tamper: 'all' })).toThrow(
      /^tamper: expected one of body, .*, got "all"$/,
    );
    expect(() => parts('test_run.failed', { 'data.error.code': 1 })).toThrow(
      /^data\.error\.code: data\.error is a string, expected an object$/,
    );
  });

  it('types the new values by path', () => {
    type Completed = Overrides<'test_run.completed'>;
    expectTypeOf<Completed['data.score']>().toEqualTypeOf<number | undefined>();
    expectTypeOf<Completed[`data.scenarios_tested.${number}`]>().toEqualTypeOf<
      string | undefined
    >();
    // @ts-expect-error -- a number
    signedParts('test_run.completed', { 'data.score': '12.5' });
    // @ts-expect-error -- a field of another event
    signedParts('test_run.failed', { 'data.score': 12.5 });
  });
});

it('sampleEvent gives the same sample for a seed', () => {
  expect(sampleEvent('test_run.failed', 7)).toEqual(sampleEvent('test_run.failed', 7));
  expect(sampleEvent('test_run.failed', 7)).not.toEqual(sampleEvent('test_run.failed', 8));
});

it('retrySchedule has the five attempts', () => {
  expect(retrySchedule().map(({ attempt, delayMs }) => [attempt, delayMs / 60_000])).toEqual([
    [1, 0],
    [2, 1],
    [3, 5],
    [4, 15],
    [5, 60],
  ]);
  expect(retrySchedule().at(-1)?.offsetMs).toBe(81 * 60_000);
});

describe('toAcceptRelyableWebhook', () => {
  it('reaches a server through fetch', async () => {
    const handler = webhookHandler({ secret: TEST_SECRET });
    const server = createServer((request, response) => void handler(request, response));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/relyable`;
    const { pass, message } = await toAcceptRelyableWebhook((request) =>
      fetch(new Request(url, request)),
    );
    expect(pass, message()).toBe(true);
  });

  it('names what is wrong with a handler that parses and writes the body again', async () => {
    const handler = async (request: Request): Promise<Response> => {
      const body = JSON.stringify(await request.json());
      const isGenuine = await verifySignature(body, request.headers, TEST_SECRET);
      return new Response(null, { status: isGenuine ? 200 : 401 });
    };
    const { pass, message } = await toAcceptRelyableWebhook(handler);
    expect(pass).toBe(false);
    expect(message()).toContain('test_run.completed, written pretty: expected 200, got 401');
    expect(message()).not.toContain('written compact');
  });

  it('names what a handler accepts that it should refuse', async () => {
    const { pass, message } = await toAcceptRelyableWebhook(() => new Response());
    expect(pass).toBe(false);
    expect(message().match(/expected 401 or 403, got 200/g)).toHaveLength(TAMPERS.length);
  });

  it('counts an exception as a failure', async () => {
    const app = {
      fetch: (): Response => {
        throw new Error('no route');
      },
    };
    const { message } = await toAcceptRelyableWebhook(app);
    expect(message()).toContain('got an exception (no route)');
  });
});
