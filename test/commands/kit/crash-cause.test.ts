import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findCrashCause } from '../../../src/commands/kit/crash-cause.ts';
import { signPayload } from '../../../src/signature/sign.ts';
import { htmlMessage } from '../../../src/html-message.ts';
import { hasPython } from '../../support/stacks.ts';

/** As much of Express, which has no types here, as this test needs. */
interface Express {
  (): RequestListener & {
    use(parser: object, handler: (request: { readonly body: unknown }) => void): void;
  };
  json(): object;
}

/** The message of what an action throws. */
function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return String(error);
  }
  throw new Error('expected an error');
}

// What a handler without types does.
const wrong = (value: unknown): string => value as string;
const parsed = messageOf(() => createHmac('sha256', 's').update(wrong({ event: 'x' })));
const unset = messageOf(() => createHmac('sha256', wrong(undefined)));

describe('the message of this Node', () => {
  it.each([
    ['for a parsed body', parsed, /JSON parser ran/],
    ['for a secret that is not set', unset, /no signing secret/],
  ])('%s is known, in text and in JSON', (_, message, what) => {
    expect(findCrashCause(message)?.what).toMatch(what);
    expect(findCrashCause(JSON.stringify({ message }))?.what).toMatch(what);
  });

  it('is known in the error page of Express', async () => {
    const express = createRequire(import.meta.url)('express') as Express;
    const app = express();
    app.use(express.json(), ({ body }) => {
      createHmac('sha256', 's').update(wrong(body));
    });
    const server = createServer(app);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const headers = { 'Content-Type': 'application/json' };
    const url = `http://127.0.0.1:${port}`;
    const text = await (await fetch(url, { method: 'POST', headers, body: '{"a":1}' })).text();
    expect(findCrashCause(text)).toBeNull();
    expect(findCrashCause(htmlMessage(text) ?? '')?.what).toMatch(/JSON parser ran/);
  });
});

it.each([
  'Invalid signature',
  messageOf(() => createHmac('sha256', 's').update(wrong(undefined))),
  messageOf(() => createHmac('sha256', wrong({}))),
  "'str' object has no attribute 'encode'd",
])('%j is not one of them', (text) => expect(findCrashCause(text)).toBeNull());

describe.skipIf(!hasPython)('the message of Python', () => {
  const python = (script: string): string =>
    execFileSync('python3', ['-c', script], { encoding: 'utf8' }).trim();

  it("for .encode() on bytes is known, and its fix gives Relyable's signature", () => {
    const message = python('try: b"{}".encode()\nexcept AttributeError as error: print(error)');
    const cause = findCrashCause(message);
    expect(cause?.what).toMatch(/\.encode\(\) on bytes/);
    const code = cause?.fix.split('`')[1] ?? '';
    const signature = python(
      `import hashlib, hmac\nsecret, payload = "whsec_x", b"{}"\nprint(${code})`,
    );
    expect(signature).toBe(signPayload(Buffer.from('{}'), 'whsec_x'));
  });
});
