import { createHmac } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { selectCases } from '../../../src/commands/check/battery.ts';
import type { BatteryOptions } from '../../../src/commands/check/run-battery.ts';
import { type Received, startApp } from '../../support/app.ts';
import { HANDLER_SECRET } from '../../support/handlers.ts';
import { checkHandler } from './check-handler.ts';

function sign(body: Buffer | string, secret = HANDLER_SECRET): string {
  return createHmac('sha256', secret).update(body).digest('hex');
}

/** Answers as a correct handler does, unless the twist has answered already. */
async function startTwisted(
  twist: (response: ServerResponse, received: Received) => boolean | void,
): Promise<string> {
  const app = await startApp((response, received) => {
    if (twist(response, received) === true) return;
    const isGenuine = received.headers['x-relyable-signature'] === sign(received.body);
    response.statusCode = isGenuine ? 200 : 401;
    response.end();
  });
  return `${app.url}/hook`;
}

function answer(response: ServerResponse, status: number, body = ''): true {
  response.statusCode = status;
  response.end(body);
  return true;
}

/** `severity topic` of each failed case, by id. */
async function findingsOf(
  url: string,
  only: string[],
  options: Partial<BatteryOptions> = {},
): Promise<Record<string, string>> {
  const cases = selectCases({ only, skip: [], isObserved: false });
  const { results } = await checkHandler(url, { cases, ...options });
  const findings: Record<string, string> = {};
  for (const { id, finding } of results) {
    if (finding !== null) findings[id] = `${finding.severity} ${finding.topic}`;
  }
  return findings;
}

type Payload = { event: string; data: Record<string, unknown> };
const parse = ({ body }: Received): Payload => JSON.parse(body.toString('utf8')) as Payload;

describe('what is found in a handler that', () => {
  test.each(['', 'your_webhook_secret'])('also takes "%s" as its secret', async (secret) => {
    const url = await startTwisted((response, { body, headers }) => {
      if (headers['x-relyable-signature'] === sign(body, secret)) return answer(response, 200);
    });
    const cases = selectCases({ only: ['refuses'], skip: [], isObserved: false });
    const { results } = await checkHandler(url, { cases });
    const findings = results.flatMap(({ id, finding }) =>
      finding === null ? [] : [{ id, finding }],
    );
    expect(findings).toEqual([
      {
        id: 'refuses.known-key',
        finding: expect.objectContaining({
          topic: 'forged-accepted',
          fix: expect.stringContaining('put no empty or example secret in its place') as string,
        }) as object,
      },
    ]);
  });

  test('has a secret that stands in examples, and is right', async () => {
    const secret = 'your_webhook_secret';
    const app = await startApp((response, { body, headers }) => {
      const isRight = headers['x-relyable-signature'] === sign(body, secret);
      answer(response, isRight ? 200 : 401);
    });
    expect(await findingsOf(app.url, ['refuses.known-key'], { secret })).toEqual({});
  });

  test('refuses an event it has seen', async () => {
    const seen = new Set<string>();
    const url = await startTwisted((response, { body }) => {
      const text = body.toString('utf8');
      if (seen.has(text)) return answer(response, 409);
      seen.add(text);
    });
    expect(await findingsOf(url, ['robust'])).toEqual({
      'robust.duplicate': 'error duplicate',
      'robust.simultaneous': 'error duplicate',
    });
  });

  test('fails for types and fields it does not know', async () => {
    const url = await startTwisted((response, received) => {
      if (received.method === 'GET') return;
      const { event, data } = parse(received);
      if (event === 'test_run.archived') return answer(response, 400);
      if ('triggered_by' in data) return answer(response, 422);
      if (event === 'test_run.completed' && !('previous_score' in data)) {
        return answer(response, 500);
      }
    });
    expect(await findingsOf(url, ['robust'])).toEqual({
      'robust.unknown-event': 'error unknown-event',
      'robust.extra-field': 'error strict-fields',
      'robust.missing-field': 'warning strict-fields',
    });
  });

  test('decodes the body as Latin-1', async () => {
    const url = await startTwisted((response, { body, headers }) => {
      const text = body.toString('latin1');
      const isGenuine = headers['x-relyable-signature'] === sign(text);
      return answer(response, isGenuine ? 200 : 401);
    });
    const findings = await findingsOf(url, ['robust', 'accepts.*.compact']);
    expect(findings).toEqual({
      'robust.non-ascii': 'error charset',
      'robust.emoji': 'error charset',
      'robust.cut-text': 'error charset',
    });
  });

  test('answers one event otherwise than the others', async () => {
    const url = await startTwisted((response, received) => {
      if (received.method === 'GET') return;
      if (parse(received).event === 'agent.score_dropped') return answer(response, 404);
    });
    expect(await findingsOf(url, ['accepts.*.compact', 'answers.status'])).toEqual({
      'accepts.agent.score_dropped.compact': 'error event-refused',
      'answers.status': 'error event-refused',
    });
  });

  test('refuses with 400', async () => {
    const url = await startTwisted((response, { headers, body }) => {
      if (headers['x-relyable-signature'] !== sign(body)) return answer(response, 400);
    });
    expect(await findingsOf(url, ['refuses.missing', 'refuses.body', 'refuses.not-json'])).toEqual({
      'refuses.missing': 'warning refused-otherwise',
      'refuses.body': 'warning refused-otherwise',
      'refuses.not-json': 'warning refused-otherwise',
    });
  });

  test('takes the signature in any case', async () => {
    const url = await startTwisted((response, { headers, body }) => {
      const signature = String(headers['x-relyable-signature']).toLowerCase();
      return answer(response, signature === sign(body) ? 200 : 403);
    });
    expect(await findingsOf(url, ['refuses'])).toEqual({
      'refuses.uppercase': 'warning inexact-signature',
    });
  });

  test('breaks under a burst', async () => {
    let open = 0;
    const url = await startTwisted((response) => {
      open += 1;
      response.on('close', () => (open -= 1));
      if (open > 10) return answer(response, 503);
      setTimeout(() => answer(response, 200), 5);
      return true;
    });
    expect(await findingsOf(url, ['robust.burst', 'robust.simultaneous'])).toEqual({
      'robust.burst': 'error burst',
    });
  });

  test('answers with pages or a stack trace', async () => {
    const url = await startTwisted((response, { headers, body }) => {
      const isGenuine = headers['x-relyable-signature'] === sign(body);
      if (isGenuine) return answer(response, 200, 'x'.repeat(5000));
      return answer(response, 401, 'no\n    at app.js:10:5');
    });
    expect(await findingsOf(url, ['answers'])).toEqual({
      'answers.size': 'warning large-answer',
      'answers.stack-trace': 'warning leaks-stack',
    });
  });

  test('answers with its secret, in whichever case', async () => {
    const url = await startTwisted((response, { headers, body }) => {
      if (headers['x-relyable-signature'] === sign(body)) return;
      return answer(response, 401, `expected secret ${HANDLER_SECRET}.`);
    });
    expect(await findingsOf(url, ['answers.secret', 'refuses.empty'])).toEqual({
      'answers.secret': 'error leaks-secret',
      'refuses.empty': 'error leaks-secret',
    });
  });

  test('answers with a longer word that its secret is part of', async () => {
    const url = await startTwisted((response, { headers, body }) => {
      if (headers['x-relyable-signature'] === sign(body)) return;
      return answer(response, 401, `${HANDLER_SECRET}7 x${HANDLER_SECRET}`);
    });
    expect(await findingsOf(url, ['answers.secret'])).toEqual({});
  });

  test('has a secret that is too short to be recognised in an answer', async () => {
    const app = await startApp((response) => response.end('secret secret secret'));
    const cases = selectCases({ only: ['answers.secret'], skip: [], isObserved: false });
    const { results } = await checkHandler(app.url, { cases, secret: 'secret' });
    expect(results).toMatchObject([
      {
        outcome: 'skipped',
        skipReason:
          'the secret is too short to be recognised: expected at least 12 characters, got 6',
      },
    ]);
  });

  test('hangs after it has answered', async () => {
    // Forged requests that come while the work runs get no answer in time.
    const held: ServerResponse[] = [];
    let events = 0;
    const url = await startTwisted((response, { headers, body }) => {
      if (headers['x-relyable-signature'] === sign(body)) events += 1;
      else if (events > 7) {
        held.push(response);
        return true;
      }
    });
    const only = ['robust.aftermath'];
    expect(await findingsOf(url, only, { timeoutMs: 3000 })).toEqual({
      'robust.aftermath': 'error hangs-after-answer',
    });
    expect(held).toHaveLength(1);
  });

  test('no longer answers', async () => {
    let requests = 0;
    const url = await startTwisted(() => ++requests > 8);
    const { results } = await checkHandler(url, { timeoutMs: 2000 });
    const silent = results.filter(({ outcome }) => outcome === 'failed');
    expect(silent.slice(-3).map(({ finding }) => finding?.topic)).toEqual([
      'no-answer',
      'no-answer',
      'no-answer',
    ]);
    expect(results.at(-1)?.skipReason).toMatch(/has not answered 3 cases in a row/);
  });

  test('verifies what has arrived so far', async () => {
    const server = createServer((request, response) => {
      request.once('data', (chunk: Buffer) => {
        const isGenuine = request.headers['x-relyable-signature'] === sign(chunk);
        request.resume().on('end', () => answer(response, isGenuine ? 200 : 401));
      });
      if (request.method === 'GET') answer(response, 404);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    const { port } = server.address() as AddressInfo;
    const findings = await findingsOf(`http://127.0.0.1:${port}/`, ['robust.slow']);
    expect(findings).toEqual({ 'robust.slow': 'error slow-body' });
  });

  test('leaves the body of a refused request on the connection', async () => {
    // Reads bodies only of requests that carry a signature, as `return 401` before a read does.
    const server = createTcpServer((socket) => {
      let rest = '';
      socket.on('error', () => undefined);
      socket.on('data', (chunk: Buffer) => {
        rest += chunk.toString('latin1');
        for (let end = rest.indexOf('\r\n\r\n'); end !== -1; end = rest.indexOf('\r\n\r\n')) {
          const head = rest.slice(0, end);
          const isSigned = /^x-relyable-signature:/im.test(head);
          const size = isSigned ? Number(/^content-length: (\d+)/im.exec(head)?.[1]) : 0;
          if (rest.length < end + 4 + size) return;
          rest = rest.slice(end + 4 + size);
          const isPost = head.startsWith('POST ');
          const status = !isPost ? '400 Bad Request' : isSigned ? '200 OK' : '401 Unauthorized';
          socket.write(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`);
        }
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const only = ['robust.reuse', 'robust.duplicate', 'refuses.missing'];
    expect(await findingsOf(`http://127.0.0.1:${port}/`, only)).toEqual({
      'robust.reuse': 'error connection',
    });
  });

  test('never answers one of them', async () => {
    const url = await startTwisted((_, { headers }) => headers['x-relyable-signature'] === '');
    expect(await findingsOf(url, ['refuses'], { timeoutMs: 5000 })).toEqual({
      'refuses.empty': 'error no-answer',
    });
  });
});

describe('the effect of an event that comes twice at once', () => {
  /** Looks whether it knows the event, waits (as for a database), then notes it and does its work. */
  async function startRacy(isAtomic: boolean): Promise<{ url: string; state: () => string }> {
    const seen = new Set<string>();
    let effects = 0;
    const url = await startTwisted((response, { method, body }) => {
      if (method === 'GET') return;
      const text = body.toString('utf8');
      const isKnown = seen.has(text);
      if (isAtomic) seen.add(text);
      setTimeout(() => {
        seen.add(text);
        if (!isKnown) effects += 1;
        answer(response, 200);
      }, 20);
      return true;
    });
    return { url, state: () => `{"alerts": ${effects}, "app": "v2"}` };
  }

  test.for([
    [true, {}],
    [false, { 'idempotency.simultaneous': 'error double-effect' }],
  ] as const)('when noting is atomic (%s)', async ([isAtomic, expected]) => {
    const { url, state } = await startRacy(isAtomic);
    const only = ['idempotency.repeats', 'idempotency.simultaneous'];
    const cases = selectCases({ only, skip: [], isObserved: true });
    const readState = async (): Promise<string> => state();
    expect(await findingsOf(url, [], { cases, readState })).toEqual(expected);
  });
});

describe('a run', () => {
  test('that is stopped throws instead of judging', async () => {
    const stop = new AbortController();
    const url = await startTwisted((_, { headers }) => {
      if (headers['x-relyable-signature'] !== undefined) return;
      stop.abort();
      return true;
    });
    const cases = selectCases({ only: ['refuses.missing'], skip: [], isObserved: false });
    // The look at the error page carries no signature either.
    await expect(checkHandler(url, { cases, signal: stop.signal })).rejects.toThrow(/abort/i);
  });

  test('against a port that nothing listens on names both reasons', async () => {
    const app = await startApp();
    await app.close();
    await expect(checkHandler(app.url)).rejects.toMatchObject({
      code: 'UNREACHABLE',
      hint: expect.stringContaining('If it was running, its log says why it ended') as string,
    });
  });

  test('against an app that does not speak HTTP is an error that says what came', async () => {
    const server = createTcpServer((socket) => {
      socket.on('error', () => undefined);
      socket.end('hello\r\n\r\n');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    await expect(checkHandler(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({
      code: 'UNREACHABLE',
      hint: 'something listens there: is it your app, and what does its log say?',
    });
  });
});
