import type { Dispatcher } from 'undici';
import { errorCode } from '../../errors.ts';
import { hostOf, isLoopback } from '../../http/loopback.ts';

type Environment = Readonly<Record<string, string | undefined>>;

function read(env: Environment, name: string): string {
  return env[name.toLowerCase()] || env[name] || '';
}

/** Whether `NO_PROXY` covers a host: `*`, `host`, `.suffix` or `host:port`; this machine always. */
function isExempt(url: URL, noProxy: string): boolean {
  if (isLoopback(url)) return true;
  const host = hostOf(url).toLowerCase();
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean)
    .some((entry) => {
      const [, name = '', entryPort] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
      if (entryPort !== undefined && entryPort !== port) return false;
      const suffix = name.replace(/^\*?\.?/, '');
      return name === '*' || host === suffix || (suffix !== '' && host.endsWith(`.${suffix}`));
    });
}

/** The proxy the environment names for this URL, `host:port` as http; undefined for a direct connection. */
export function proxyFor(url: URL, env: Environment): string | undefined {
  const proxy = read(env, url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY');
  if (proxy === '' || isExempt(url, read(env, 'NO_PROXY'))) return undefined;
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

/** `fetch` for this URL: through the proxy where the environment names one. */
export function createProxyFetch(
  fetch: typeof globalThis.fetch,
  url: URL,
  env: Environment,
): Promise<typeof globalThis.fetch> {
  return fetchThrough(fetch, proxyFor(url, env));
}

/**
 * `fetch` through a proxy, if there is one. Where the proxy cannot be reached, the error is about the
 * proxy: no connection to the host of the URL was attempted.
 */
export async function fetchThrough(
  fetch: typeof globalThis.fetch,
  proxy: string | undefined,
): Promise<typeof globalThis.fetch> {
  if (proxy === undefined) return fetch;
  const dispatcher = await createProxyDispatcher(proxy);
  // `dispatcher` is undici's own extension of fetch; the platform's types do not know it.
  return (input, init) => {
    const proxied: object = { ...init, dispatcher };
    return fetch(input, proxied).catch((error: unknown) => {
      throw blameProxy(error, new URL(proxy).host);
    });
  };
}

/** An error about the proxy where it is one of the connection to it; other errors are unchanged. */
function blameProxy(error: unknown, host: string): unknown {
  const code = errorCode(error) ?? '';
  const status = proxyStatus(error);
  if (status !== undefined) return new Error(`the proxy ${host} refuses to connect (${status})`);
  const why = UNREACHABLE[code];
  return why === undefined ? error : new Error(`the proxy ${host} cannot be reached (${why})`);
}

const UNREACHABLE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'no address found',
  EAI_AGAIN: 'no address found',
  ETIMEDOUT: 'no answer',
  UND_ERR_CONNECT_TIMEOUT: 'no answer',
  EHOSTUNREACH: 'no route',
  ENETUNREACH: 'no route',
};

/** The status of a proxy's answer to CONNECT; undici gives it only in the message of a cause. */
function proxyStatus(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return /^Proxy response \((\d{3})\)/.exec(error.message)?.[1] ?? proxyStatus(error.cause);
}

/** A dispatcher for global `fetch` that goes through the proxy; undici is loaded only for this. */
export async function createProxyDispatcher(proxy: string): Promise<Dispatcher> {
  const { EnvHttpProxyAgent } = await import('undici');
  return new EnvHttpProxyAgent({ httpProxy: proxy, httpsProxy: proxy, noProxy: '' });
}
