import { expect, it } from 'vitest';
import { refusalHints } from '../../../src/commands/listen/refusal-hints.ts';
import { listenEventView } from '../../../src/commands/listen/view.ts';
import type { HandledRequest } from '../../../src/pipeline/events.ts';
import type { Forward } from '../../../src/request/capture.ts';
import { createTerminal } from '../../../src/terminal/terminal.ts';
import { startApp } from '../../support/app.ts';
import { testContext } from '../../support/context.ts';
import { runCli } from '../../support/run-cli.ts';
import { delivery } from './live/live.ts';

const printed = { store: '', secret: '' };

function answered(changes: Partial<Forward>): HandledRequest {
  const handled = delivery(1);
  const { forward } = handled;
  if (forward === null) throw new Error('expected a forward');
  return { ...handled, forward: { ...forward, ...changes } };
}

it.each([
  [401, /the signature is right; your handler refused it/],
  [422, /the signature is right; your handler refused it/],
  [500, /the signature is right; your handler failed on it/],
  [404, /is there a POST route at http:\/\/localhost:3000\/hook\?/],
])(
  'of a genuine event that was answered %i name the command that looks further',
  (status, hint) => {
    const { hints, command } = refusalHints(answered({ status }), printed);
    expect(hints.join('\n')).toMatch(hint);
    expect(command).toBe('relyable webhooks check http://localhost:3000/hook');
  },
);

it.each([
  ['200', answered({ status: 200 })],
  ['204, which has a warning of its own', answered({ status: 204 })],
  ['no answer', answered({ status: null, error: 'refused' })],
  [
    'a forged request',
    { ...answered({ status: 401 }), verification: delivery(1, { isValid: false }).verification },
  ],
])('are none for %s', (_, handled) => {
  expect(refusalHints(handled, printed)).toEqual({ hints: [], command: null });
});

it('name where a redirect leads', () => {
  const responseHeaders = [['location', 'https://app.example/login?next=%2F']] as const;
  expect(refusalHints(answered({ status: 302, responseHeaders }), printed).hints).toEqual([
    'it redirects http://localhost:3000/hook to https://app.example/login?next=%2F',
  ]);
});

it.each([
  '<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head></html>',
  'Client sent an HTTP request to an HTTPS server.\n',
])('say that the port speaks TLS: %s', (page) => {
  const { hints } = refusalHints(
    answered({ status: 400, responseBody: Buffer.from(page) }),
    printed,
  );
  expect(hints).toEqual(['localhost:3000 speaks TLS: use https:// instead of http://']);
});

it('give the command the options that it needs', () => {
  const remote = answered({ status: 401, url: 'https://app.example/hook?a=1&b' });
  expect(refusalHints(remote, { secret: ' --secret-file key' }).command).toBe(
    "relyable webhooks check 'https://app.example/hook?a=1&b' --allow-remote --secret-file key",
  );
});

it('print a command that runs', async () => {
  const app = await startApp((response) => response.writeHead(401).end());
  const { command } = refusalHints(answered({ status: 401, url: `${app.url}/hook` }), printed);
  const [, ...args] = (command ?? '').split(' ');
  const { code, stdout } = await runCli([...args, '--only', 'accepts', '--bail']);
  expect(code).toBe(1);
  expect(stdout).toContain('genuine events are refused');
});

it('stand under the message of an error page', () => {
  const page = `<!DOCTYPE html><html><head><title>Error</title></head><body><pre>TypeError: The &quot;key&quot; argument must be of type string. Received undefined<br>at x</pre></body></html>`;
  const handled = answered({ status: 500, responseBody: Buffer.from(page) });
  const stdout = { write: () => true, columns: 80 };
  const terminal = createTerminal(testContext({ stdout }), { utc: true });
  const lines = (listenEventView(handled, printed).text(terminal) ?? '').split('\n').slice(1);
  expect(lines).toEqual([
    '          │ TypeError: The "key" argument must be of type string. Received',
    '          │ undefined',
    '          │ at x',
    '          the signature is right; your handler has no signing secret: it signs',
    '          with undefined',
    "          fix: set RELYABLE_WEBHOOK_SECRET in your app's environment, and start",
    '          your app again',
    `          replay: relyable webhooks captures replay ${handled.id}`,
  ]);
});
