import { Resolver } from 'node:dns/promises';
import { errorCode, errorMessage } from '../errors.ts';
import { CHECK_HEADER, type NonceChecks } from '../http/server/nonce-checks.ts';

/** Whether a name is in public DNS. `unknown`: no public resolver answers. */
export type NameState = 'known' | 'missing' | 'unknown';

export interface PublicCheckOptions {
  readonly url: URL;
  /** Whether the name is new, so that it may not be in DNS yet. */
  readonly hasNewName: boolean;
  readonly checks: NonceChecks;
  readonly signal: AbortSignal;
  /** Called once with the last obstacle, if the address does not work within `HINT_AFTER_MS`. */
  readonly onSlow: (obstacle: string) => void;
}

/** The dependencies of the check. */
export interface PublicCheckWorld {
  readonly fetch: typeof globalThis.fetch;
  readonly askPublicDns: (name: string) => Promise<NameState>;
  elapsed(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  randomBytes(size: number): Buffer;
}

const HINT_AFTER_MS = 30_000;
const REQUEST_LIMIT_MS = 10_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5000;
/** The wait before the first DNS query for a new name, ms, because an early negative answer may be cached for long. */
const NEW_NAME_MS = 2000;
/** The wait before asking the system's resolver if no public resolver can be reached, ms. */
const BLIND_NEW_NAME_MS = 8000;

/** Resolves once a request to the address has arrived at this listener; rejects on abort. */
export async function checkPublicUrl(
  options: PublicCheckOptions,
  world: PublicCheckWorld,
): Promise<void> {
  const { signal, onSlow } = options;
  const startedAt = world.elapsed();
  let isTold = false;
  if (options.hasNewName) await waitForName(options, world);
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS)) {
    signal.throwIfAborted();
    const obstacle = await tryOnce(options, world);
    if (obstacle === null) return;
    if (!isTold && world.elapsed() - startedAt >= HINT_AFTER_MS) {
      isTold = true;
      onSlow(obstacle);
    }
    await world.sleep(pauseMs, signal);
  }
}

/** Waits until the name is in public DNS, so that the system's resolver is not asked too early. */
async function waitForName(
  { url, signal }: PublicCheckOptions,
  { askPublicDns, elapsed, sleep }: PublicCheckWorld,
): Promise<void> {
  const startedAt = elapsed();
  await sleep(NEW_NAME_MS, signal);
  while (elapsed() - startedAt < HINT_AFTER_MS) {
    const state = await askPublicDns(url.hostname);
    if (state === 'known') return;
    if (state === 'unknown' && elapsed() - startedAt >= BLIND_NEW_NAME_MS) return;
    await sleep(1000, signal);
  }
}

/** Sends one request with a nonce. Returns null if it arrived at this listener, or else the obstacle. */
async function tryOnce(
  { url, checks, signal }: PublicCheckOptions,
  { fetch, randomBytes }: PublicCheckWorld,
): Promise<string | null> {
  const nonce = randomBytes(16).toString('hex');
  let hasArrived = false;
  const cancel = checks.expect(nonce, () => (hasArrived = true));
  try {
    const response = await fetch(url, {
      method: 'POST',
      // Without this header, ngrok shows a warning page to browsers.
      headers: { [CHECK_HEADER]: nonce, 'ngrok-skip-browser-warning': '1' },
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_LIMIT_MS)]),
    });
    await response.body?.cancel();
    if (hasArrived && response.status === 200) return null;
    return describeAnswer(url, response.status, hasArrived);
  } catch (error) {
    signal.throwIfAborted();
    return describeObstacle(url, error);
  } finally {
    cancel();
  }
}

/** Describes the obstacle that an answer from another server shows. */
function describeAnswer({ host }: URL, status: number, hasArrived: boolean): string {
  if (hasArrived) {
    return `requests arrive, but ${host} answers ${status} in place of the listener's 200`;
  }
  if (status >= 300 && status < 400) {
    return `${host} redirects (${status}); Relyable does not follow redirects`;
  }
  if (status === 401 || status === 403) {
    return `${host} answers ${status}: it asks for a login, or a firewall refuses the request`;
  }
  if (status === 404 || status === 405) {
    return `${host} answers ${status}: it does not pass POST on at this path`;
  }
  if (status >= 500) {
    return `${host} answers ${status}: what serves it cannot reach this listener`;
  }
  return `${host} answers ${status}, but from another server than this listener`;
}

function describeObstacle({ host, hostname }: URL, error: unknown): string {
  switch (errorCode(error)) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `this machine's DNS does not know ${hostname} (a missing name may be cached for up to half an hour)`;
    case 'ECONNREFUSED':
      return `${host} refuses connections`;
    case 'ETIMEDOUT':
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return `${host} cannot be reached from here: a firewall, or no network`;
    default:
      if (error instanceof DOMException && error.name === 'TimeoutError') {
        return `${host} does not answer within ${REQUEST_LIMIT_MS / 1000} s`;
      }
      return `${host}: ${errorMessage((error as Error).cause ?? error)}`;
  }
}

const PUBLIC_RESOLVERS = ['1.1.1.1', '8.8.8.8'];

/** Asks public resolvers, whose answers the system's own resolver does not cache. */
export async function askPublicDns(name: string): Promise<NameState> {
  const resolver = new Resolver({ timeout: 2000, tries: 1 });
  resolver.setServers(PUBLIC_RESOLVERS);
  try {
    return (await resolver.resolve4(name)).length > 0 ? 'known' : 'missing';
  } catch (error) {
    const code = errorCode(error);
    return code === 'ENOTFOUND' || code === 'ENODATA' ? 'missing' : 'unknown';
  }
}
