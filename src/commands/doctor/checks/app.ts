import { isIP } from 'node:net';
import { connect } from 'node:tls';
import { resolveSecrets } from '../../../config/secrets.ts';
import { errorMessage } from '../../../errors.ts';
import { tryConnect, addressesOf } from '../../../http/client/reachability.ts';
import { createSender } from '../../../http/client/send.ts';
import { portOf } from '../../../http/target.ts';
import { serialisePayload } from '../../../relyable/payload.ts';
import { isDelivered } from '../../../relyable/retry.ts';
import { SAMPLES } from '../../../relyable/samples.ts';
import { markProbe } from '../../../request/probe-mark.ts';
import { quotePosixIfNeeded } from '../../../shell-quote.ts';
import { signRequest } from '../../../signature/tamper.ts';
import { VERSION } from '../../../version.ts';
import { crashCauseOf } from '../../kit/crash-cause.ts';
import { type Check, failure, type Found, info, ok, warning } from '../finding.ts';

const PROBE_TIMEOUT_MS = 4000;
const DAY_MS = 24 * 60 * 60 * 1000;
/** Fewer days left are a warning: most certificates are renewed earlier. */
const SOON_DAYS = 14;

/** Whether the app answers 200 to a signed sample; sends it only with consent. */
export const checkProbe: Check = async ({ context, layers, target, mayProbe, tls }, signal) => {
  if (target === null) return [];
  const url = target.value;
  if (!mayProbe) {
    const to = target.origin === '--to' ? ` --to ${quotePosixIfNeeded(url.href)}` : '';
    return [
      info(
        'your app was not asked to handle an event',
        `relyable doctor --probe${to} sends it a signed sample, which your app handles as an event`,
      ),
    ];
  }
  const addresses = await addressesOf(url).catch(() => []);
  const reaches = await Promise.all(
    addresses.map((address) => tryConnect(address, portOf(url), signal)),
  );
  // An app that does not listen is a finding of another check.
  if (reaches.every(({ error }) => error !== null)) return [];
  const [{ value: secret }] = resolveSecrets(context, layers, {}).chosen;
  const body = serialisePayload(SAMPLES['test_run.completed'], 'compact');
  const sender = createSender({ timeoutMs: PROBE_TIMEOUT_MS, tls, reuse: false, signal });
  const { headers } = signRequest(body, secret, markProbe(`relyable/${VERSION}`));
  const answer = await sender.send({ method: 'POST', url, headers, body });
  sender.close();
  return [judgeProbe(url, answer)];
};

/** The verdict on the answer to a signed sample. */
export function judgeProbe(
  url: URL,
  { status, error, body }: { status: number | null; error: string | null; body: Buffer },
): Found {
  if (isDelivered(status)) return ok(`${url.href} answers a signed sample with 200`);
  if (status === null)
    return failure(`${url.href} does not answer a signed sample: ${error ?? ''}`, null);
  const cause = crashCauseOf(body);
  const message = `${url.href} answers a signed sample with ${status}, and Relyable counts only 200`;
  return cause === null
    ? failure(message, `relyable webhooks check ${quotePosixIfNeeded(url.href)} says why`)
    : failure(`${message}: ${cause.what}`, cause.fix);
}

/** How long the certificate of an https target is valid. */
export const checkCertificate: Check = async ({ context, target }, signal) => {
  if (target?.value.protocol !== 'https:') return [];
  try {
    return [judgeCertificate(target.value.host, await endOf(target.value, signal), context.now())];
  } catch (error) {
    return [warning(`${target.value.host} shows no certificate: ${errorMessage(error)}`, null)];
  }
};

/** The verdict on a certificate that ends at `endsAt`, ms since 1970. */
export function judgeCertificate(host: string, endsAt: number, now: number): Found {
  const day = new Date(endsAt).toISOString().slice(0, 10);
  const days = Math.floor((endsAt - now) / DAY_MS);
  if (endsAt <= now) {
    return failure(`the certificate of ${host} ended on ${day}`, 'renew it');
  }
  return days < SOON_DAYS
    ? warning(`the certificate of ${host} ends on ${day}, in ${days} days`, 'renew it before then')
    : ok(`the certificate of ${host} is valid until ${day}`);
}

/** The end of a server's certificate, ms since 1970; whether it is trusted is another question. */
function endOf(url: URL, signal: AbortSignal): Promise<number> {
  return new Promise((done, fail) => {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const socket = connect({
      host,
      port: portOf(url),
      ...(isIP(host) === 0 ? { servername: host } : {}),
      rejectUnauthorized: false,
    });
    const stop = (): void => void socket.destroy(new Error('no answer in time'));
    signal.addEventListener('abort', stop, { once: true });
    socket.once('error', fail).once('secureConnect', () => {
      const endsAt = Date.parse(socket.getPeerCertificate().valid_to);
      socket.destroy();
      if (Number.isNaN(endsAt)) fail(new Error('it has no end'));
      else done(endsAt);
    });
  });
}
