import type { Dispatcher } from 'undici';
import { isLoopback } from '../webhook/loopback.ts';

type Environment = Readonly<Record<string, string | undefined>>;

function read(env: Environment, name: string): string {
  return env[name.toLowerCase()] || env[name] || '';
}

/** Whether `NO_PROXY` covers a host: `*`, `host`, `.suffix` or `host:port`; this machine always. */
function isExempt(url: URL, noProxy: string): boolean {
  if (isLoopback(url)) return true;
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
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

/** The proxy the environment names for this URL; undefined for a direct connection. */
export function proxyFor(url: URL, env: Environment): string | undefined {
  const proxy = read(env, url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY');
  return proxy === '' || isExempt(url, read(env, 'NO_PROXY')) ? undefined : proxy;
}

/** `fetch` as it reaches this URL: through the proxy where the environment names one. */
export async function createProxyFetch(
  fetch: typeof globalThis.fetch,
  url: URL,
  env: Environment,
): Promise<typeof globalThis.fetch> {
  const proxy = proxyFor(url, env);
  if (proxy === undefined) return fetch;
  const dispatcher = await createProxyDispatcher(proxy);
  // `dispatcher` is undici's own extension of fetch; the platform's types do not know it.
  return (input, init) => {
    const proxied: object = { ...init, dispatcher };
    return fetch(input, proxied);
  };
}

/** A dispatcher for global `fetch` that goes through the proxy; undici is loaded only for this. */
export async function createProxyDispatcher(proxy: string): Promise<Dispatcher> {
  const { EnvHttpProxyAgent } = await import('undici');
  return new EnvHttpProxyAgent({ httpProxy: proxy, httpsProxy: proxy, noProxy: '' });
}
