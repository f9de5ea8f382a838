import { createHmac } from 'node:crypto';
import { type Received, startApp, type TestApp } from './app.ts';
import { type CliOptions, type CliResult } from './cli.ts';
import { runCli } from './run-cli.ts';

export const SECRET = 'whsec_of_this_test';
export const ENV = { RELYABLE_WEBHOOK_SECRET: SECRET };

/** Runs `relyable webhooks trigger` with that secret in its environment. */
export function trigger(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return runCli(['webhooks', 'trigger', ...args], { env: ENV, ...options });
}

/** Whether a request carries the signature of its bytes. */
export function isSigned({ headers, body }: Received, secret = SECRET): boolean {
  const expected = createHmac('sha256', secret).update(body).digest('hex');
  return headers['x-relyable-signature'] === expected;
}

/** An app that answers as its path says, e.g. `/204`. */
export function startStatusApp(): Promise<TestApp> {
  return startApp((response, { url }) => {
    response.statusCode = Number(url.slice(1)) || 200;
    response.end(response.statusCode === 204 ? undefined : `said ${response.statusCode}`);
  });
}
