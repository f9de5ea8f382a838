import { isLoopback } from '../../http/loopback.ts';
import type { HandledRequest } from '../../pipeline/events.ts';
import type { Forward } from '../../request/capture.ts';
import { headerValues } from '../../request/request.ts';
import { quotePosixIfNeeded } from '../../shell-quote.ts';
import { crashCauseOf } from '../kit/crash-cause.ts';

/** Options of this `listen` that the commands it prints need as well, each with a space before it. */
export interface PrintedOptions {
  /** For commands that act on captures. */
  readonly store: string;
  /** For commands that sign. */
  readonly secret: string;
}

/** What is known about a failure, and the command that finds out more; null if there is no such command. */
export interface RefusalHints {
  readonly hints: readonly string[];
  readonly command: string | null;
}

/** What an app's answer to a genuine event shows besides its status. */
export function refusalHints(
  { verification, forward }: Pick<HandledRequest, 'verification' | 'forward'>,
  { secret }: Pick<PrintedOptions, 'secret'>,
): RefusalHints {
  const isAnswered = forward !== null && forward.status !== null && forward.status >= 300;
  if (!verification.valid || !isAnswered) return { hints: [], command: null };
  const known = knownCause(forward);
  if (known !== null) return { hints: known, command: null };
  const { status, url } = forward;
  const remote = isLoopback(new URL(url)) ? '' : ' --allow-remote';
  const command = `relyable webhooks check ${quotePosixIfNeeded(url)}${remote}${secret}`;
  return { hints: [`the signature is right; ${describeRefusal(status ?? 0, url)}`], command };
}

/** The cause that the answer itself proves; null if it proves none. */
function knownCause(forward: Forward): string[] | null {
  const { responseHeaders, responseBody, status, url } = forward;
  if (status !== null && status < 400) {
    const [location = ''] = headerValues(responseHeaders, 'Location');
    return location === '' ? [] : [`it redirects ${url} to ${location}`];
  }
  if (speaksTls(forward)) {
    return [`${new URL(url).host} speaks TLS: use https:// instead of http://`];
  }
  const cause = crashCauseOf(responseBody);
  return cause === null ? null : [`the signature is right; ${cause.what}`, `fix: ${cause.fix}`];
}

function describeRefusal(status: number, url: string): string {
  if (status === 404 || status === 405) return `is there a POST route at ${url}?`;
  return status < 500 ? 'your handler refused it' : 'your handler failed on it';
}

/** Whether the port expects TLS: nginx and servers in Go say so when they get plain HTTP. */
function speaksTls({ status, responseBody }: Forward): boolean {
  return (
    status === 400 &&
    /plain HTTP request was sent to HTTPS port|sent an HTTP request to an HTTPS server/.test(
      responseBody.toString('latin1'),
    )
  );
}
