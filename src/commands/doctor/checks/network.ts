import { proxyFor } from '../../../relyable/api/proxy.ts';
import { DEFAULT_EMULATOR_PORT } from '../../../config/defaults.ts';
import { errorCode } from '../../../errors.ts';
import { findListener } from '../../kit/running-listeners.ts';
import { addressesOf, type Reach, tryBind, tryConnect } from '../../../http/client/reachability.ts';
import { portOf } from '../../../http/target.ts';
import { isLoopback } from '../../../http/loopback.ts';
import { type Check, failure, type Found, info, ok, type Subject, warning } from '../finding.ts';

/** Whether the ports of `listen` and `emulate` are free. */
export const checkPorts: Check = async (subject, signal) => {
  const { host, port } = subject.listen;
  const findings: Found[] = [await listenPort(subject, signal)];
  const emulatorPort = DEFAULT_EMULATOR_PORT;
  if (port !== emulatorPort && (await tryBind(host, emulatorPort)) === 'EADDRINUSE') {
    const message = `${emulatorPort} (emulate) is in use`;
    findings.push(info(message, 'emulate --port 0 uses any free port'));
  }
  return findings;
};

async function listenPort(
  { context, listen: { host, port } }: Subject,
  signal: AbortSignal,
): Promise<Found> {
  const code = await tryBind(host, port);
  if (code === null) return ok(port === 0 ? 'any free port (listen)' : `${port} (listen) is free`);
  if (code === 'EADDRINUSE') {
    const listener = await findListener(context.paths.data, signal);
    if (listener !== undefined && portOf(new URL(listener.url)) === port) {
      return ok(`relyable listens at ${listener.url} (process ${listener.pid})`);
    }
    return warning(
      `${port} (listen) is in use by another program`,
      'listen --port 0 uses any free port, or set "port" in the config',
    );
  }
  const why = code === 'EACCES' ? 'needs more rights than you have' : `cannot be used (${code})`;
  const fix =
    code === 'EACCES' ? 'choose a port above 1023' : `is ${host} an address of this machine?`;
  return failure(`${port} (listen) on ${host} ${why}`, fix);
}

/** Whether the app accepts connections, and on which of its addresses. */
export const checkTarget: Check = async ({ target, isContainer }, signal) => {
  if (target === null) {
    const found = info(
      'no setting names the app to forward to',
      'relyable init, or listen --forward-to 3000/webhooks/relyable',
    );
    return [found];
  }
  const url = target.value;
  let addresses: string[];
  try {
    addresses = await addressesOf(url);
  } catch (error) {
    const message = `no address found for ${url.hostname} (${errorCode(error) ?? 'DNS'}; ${target.origin})`;
    return [failure(message, unknownHostFix(url))];
  }
  const port = portOf(url);
  const reaches = await Promise.all(addresses.map((address) => tryConnect(address, port, signal)));
  return [judgeTarget(url, target.origin, reaches, isContainer)];
};

function unknownHostFix(url: URL): string {
  return url.hostname === 'host.docker.internal'
    ? 'on Linux, start the container with --add-host=host.docker.internal:host-gateway'
    : 'check the name, or your DNS';
}

/** The verdict on a target from how its addresses answered. */
export function judgeTarget(
  url: URL,
  origin: string,
  reaches: readonly Reach[],
  isContainer: boolean,
): Found {
  const open = reaches.filter(({ error }) => error === null).map(({ address }) => address);
  if (open.length === reaches.length) {
    return ok(`${url.host} accepts connections on ${open.join(' and ')}`);
  }
  if (open.length > 0) {
    const closed = reaches.filter(({ error }) => error !== null).map(({ address }) => address);
    return ok(
      `${url.host} accepts connections on ${open.join(' and ')} (not on ${closed.join(' or ')}; relyable tries both)`,
    );
  }
  const causes = reaches.map(({ address, error }) => `${address}: ${error ?? ''}`).join('; ');
  const message = `nothing listens at ${url.host} (${causes}; ${origin})`;
  if (isContainer && isLoopback(url)) {
    return failure(
      message,
      `start your app; if it runs outside this container, it is at host.docker.internal:${portOf(url)}`,
    );
  }
  return failure(message, 'start your app, or name its port: relyable doctor --to <port>');
}

const PROXY_VARIABLES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'];

/** Whether API requests go through a proxy that answers. Local targets never use one. */
export const checkProxy: Check = async ({ context: { env }, api }, signal) => {
  const name = PROXY_VARIABLES.find((candidate) => env[candidate]);
  if (name === undefined) return [ok('none set')];
  const value = proxyFor(api.value, env);
  if (value === undefined)
    return [info(`${name} is set, but ${api.value.host} is reached directly`)];
  let proxy: URL;
  try {
    proxy = new URL(value);
  } catch {
    const found = failure(`${name} is not a URL`, `set it as ${name}=http://host:port`);
    return [found];
  }
  const reaches = await reachHost(proxy, signal);
  const found = reaches.some(({ error }) => error === null)
    ? info(`API requests go through ${proxy.host} (${name}); local apps never do`)
    : warning(
        `the proxy ${proxy.host} (${name}) does not answer, so the API cannot be reached`,
        `correct or unset ${name}, or exempt the API's host with NO_PROXY`,
      );
  return [found];
};

async function reachHost(url: URL, signal: AbortSignal): Promise<Reach[]> {
  try {
    const addresses = await addressesOf(url);
    return await Promise.all(addresses.map((address) => tryConnect(address, portOf(url), signal)));
  } catch (error) {
    return [{ address: url.hostname, error: errorCode(error) ?? 'no address' }];
  }
}
