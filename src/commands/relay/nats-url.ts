import { RelyableError } from '../../errors.ts';
import type { Invocation } from '../../invocation.ts';
import { NATS_URL_ENV } from '../kit/nats-connection.ts';

/** The URL of `--nats`, else of the environment; USAGE without one. */
export function requireNatsUrl({
  context,
  options,
}: Invocation<{ readonly nats?: string | undefined }>): { text: string; origin: string } {
  if (options.nats !== undefined) return { text: options.nats, origin: '--nats' };
  const text = context.env[NATS_URL_ENV];
  if (text) return { text, origin: NATS_URL_ENV };
  throw new RelyableError('USAGE', `expected --nats <url> or ${NATS_URL_ENV}, got neither`, {
    hint: 'a NATS server on this machine is nats://127.0.0.1:4222',
  });
}
