import { findApiKey, resolveApi } from '../../config/api.ts';
import type { Setting } from '../../config/settings.ts';
import { isLoopback } from '../../http/loopback.ts';
import type { ApiAccess } from '../../inspector/inspector-options.ts';
import type { Invocation } from '../../invocation.ts';
import { proxyFor } from '../../relyable/api/proxy.ts';
import { explainSettings, type InvocationConfig } from './invocation-config.ts';

/** How the API at this URL is reached: path, key, proxy. NOT_AUTHENTICATED without a key. */
export function resolveApiAccess(
  invocation: Invocation<unknown>,
  { layers }: InvocationConfig<unknown>,
  apiUrl: Setting<URL>,
  keyFile: string | undefined,
): ApiAccess {
  const { context, terminal } = invocation;
  const { url, deliveriesPath, key } = resolveApi(context, layers, apiUrl, keyFile);
  const proxy = proxyFor(url.value, context.env);
  explainSettings(invocation, {
    'api.deliveriesPath': deliveriesPath,
    'API key': { value: '(hidden)', origin: key.origin },
    proxy: {
      value: proxy === undefined ? 'none' : withoutCredentials(proxy),
      origin: 'HTTPS_PROXY, NO_PROXY',
    },
  });
  if (url.value.protocol === 'http:' && !isLoopback(url.value)) {
    terminal.warn(`the API key goes to ${url.value.host} without TLS: it can be read on the way`);
  }
  return {
    url: url.value.href,
    deliveriesPath: deliveriesPath.value,
    key: key.value,
    proxy,
  };
}

/** The same where an API key or an API on this machine, an emulator, is configured; else null. */
export function findApiAccess(
  invocation: Invocation<unknown>,
  config: InvocationConfig<unknown>,
  apiUrl: Setting<URL>,
  keyFile: string | undefined,
): ApiAccess | null {
  const isConfigured =
    isLoopback(apiUrl.value) ||
    findApiKey(invocation.context, config.layers, keyFile) !== undefined;
  return isConfigured ? resolveApiAccess(invocation, config, apiUrl, keyFile) : null;
}

function withoutCredentials(proxy: string): string {
  return proxy.replace(/\/\/[^/@]*@/, '//');
}
