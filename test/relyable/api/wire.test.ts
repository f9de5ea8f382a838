import { describe, expect, it } from 'vitest';
import { readErrorEnvelope, readListEnvelope } from '../../../src/relyable/api/envelope.ts';
import { parseDelivery, toWireDelivery, type WireProblem } from '../../../src/relyable/api/wire.ts';

const WHOLE = {
  id: 'dlv_1',
  event_id: null,
  event: 'test_run.failed',
  endpoint: 'https://example.test/hook',
  state: 'retrying',
  request: { body: '{"event":"test_run.failed"}', headers: { 'X-Relyable-Signature': 'ab' } },
  attempts: [
    {
      attempt: 1,
      delivered_at: '2026-01-31T10:00:00.000Z',
      response_status: 500,
      response_body: 'oops',
      duration_ms: 12.5,
      error: null,
    },
  ],
  next_retry_at: '2026-01-31T10:01:00.000Z',
};

function parse(raw: unknown): {
  delivery: ReturnType<typeof parseDelivery>;
  problems: WireProblem[];
} {
  const problems: WireProblem[] = [];
  return { delivery: parseDelivery(raw, 'number 7', problems), problems };
}

describe('a delivery on the wire', () => {
  it('comes back as it was written', () => {
    const { delivery, problems } = parse(WHOLE);
    expect(problems).toEqual([]);
    expect(delivery && toWireDelivery(delivery)).toEqual(WHOLE);
  });

  it('may be of an event type that is not published yet', () => {
    const { delivery, problems } = parse({ ...WHOLE, event: 'agent.renamed' });
    expect(delivery?.event).toBe('agent.renamed');
    expect(problems).toEqual([]);
  });

  it('with a field that does not fit keeps the rest and names the field', () => {
    const { delivery, problems } = parse({ ...WHOLE, state: 'lost', next_retry_at: 'soon' });
    expect(delivery).toMatchObject({ id: 'dlv_1', state: 'retrying', nextRetryAt: null });
    expect(problems.map(({ delivery, path, effect }) => [delivery, path, effect])).toEqual([
      ['dlv_1', 'state', 'ignored'],
      ['dlv_1', 'next_retry_at', 'ignored'],
    ]);
  });

  it('without fields is shown with what there is, and says which are missing', () => {
    const { delivery, problems } = parse({ id: 42 });
    expect(delivery).toMatchObject({ id: '42', event: null, endpoint: null, state: 'pending' });
    expect(problems.map(({ path }) => path)).toEqual(['event', 'endpoint', 'state', 'attempts']);
  });

  it.each([[null], ['text'], [{ event: 'x' }], [{ id: {} }]])(
    '%j is left out and named by its place',
    (raw) => {
      const { delivery, problems } = parse(raw);
      expect(delivery).toBeUndefined();
      expect(problems[0]).toMatchObject({ delivery: 'number 7', effect: 'left_out' });
    },
  );

  it('with one attempt that does not fit keeps the others', () => {
    const [first] = WHOLE.attempts;
    const { delivery, problems } = parse({
      ...WHOLE,
      attempts: [{ attempt: 1 }, { ...first, attempt: 2, response_status: 'x' }],
    });
    expect(delivery?.attempts).toMatchObject([{ attempt: 2, status: null }]);
    expect(problems.map(({ path, effect }) => [path, effect])).toEqual([
      ['attempts.0.delivered_at', 'left_out'],
      ['attempts.1.response_status', 'ignored'],
    ]);
  });

  it.each([
    ['2026-01-31T10:00:00', 1],
    ['2026-01-31 10:00:00.000000', 1],
    ['2026-01-31T11:00:00+01:00', 0],
    ['2026-01-31T11:00:00+0100', 0],
    ['2026-01-31 10:00:00Z', 0],
  ])('reads the time %s and says where a zone is missing', (text, notes) => {
    const { delivery, problems } = parse({
      ...WHOLE,
      attempts: [{ attempt: 1, delivered_at: text }],
    });
    expect(delivery?.attempts[0]?.at).toBe(Date.UTC(2026, 0, 31, 10));
    expect(problems.filter(({ effect }) => effect === 'assumed')).toHaveLength(notes);
  });

  it('takes a request body that is JSON instead of text', () => {
    const { delivery } = parse({ ...WHOLE, request: { body: { event: 'x' } } });
    expect(delivery?.requestBody).toBe('{"event":"x"}');
  });
});

describe('an envelope', () => {
  it.each([
    [[{ id: 1 }]],
    [{ success: true, data: [{ id: 1 }] }],
    [{ message: 'ok', data: [{ id: 1 }] }],
    [{ items: [{ id: 1 }] }],
    [{ deliveries: [{ id: 1 }] }],
    [{ results: [{ id: 1 }] }],
    [{ success: true, data: { items: [{ id: 1 }] } }],
    [{ success: true, data: { data: [{ id: 1 }] } }],
  ])('%j holds a list', (body) => {
    expect(readListEnvelope(body)?.items).toEqual([{ id: 1 }]);
  });

  it.each([
    [
      { data: [], pagination: { page: 1, limit: 25, total: 60 } },
      { limit: 25, total: 60 },
    ],
    [
      { data: [], total: 3, has_more: true },
      { total: 3, hasMore: true },
    ],
    [{ data: { items: [], next_page: null } }, { hasMore: false }],
    [
      { data: [], meta: { per_page: 10, total_count: 4 } },
      { limit: 10, total: 4 },
    ],
    [{ data: [], pagination: 'none' }, {}],
  ])('%j tells %j of the whole', (body, info) => {
    expect(readListEnvelope(body)?.info).toEqual(info);
  });

  it.each([[{}], ['text'], [null], [{ data: 'x' }]])('%j holds no list', (body) => {
    expect(readListEnvelope(body)).toBeUndefined();
  });

  it.each([
    [
      { success: false, error: { code: 'X', message: 'no' } },
      { code: 'X', message: 'no' },
    ],
    [{ error: 'no' }, { code: undefined, message: 'no' }],
    [{ success: false }, { code: undefined, message: undefined }],
    [{ success: true, data: [] }, undefined],
  ])('%j as an error is %j', (body, error) => {
    expect(readErrorEnvelope(body)).toEqual(error);
  });
});
