// Verifying 1 KB with the library, against the libraries of Stripe and of Standard Webhooks: as bytes, as
// servers have it, and as text, as `request.text()` gives it.
import { createHmac } from 'node:crypto';
import { Stripe } from 'stripe';
import { Webhook } from 'standardwebhooks';
import { constructEvent, constructEventSync } from '../packages/webhooks/dist/webhooks.mjs';
import { interleave, medianRatio, printClaim } from './harness.mjs';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const TEXT = JSON.stringify({
  event: 'test_run.completed',
  data: { score: 70, transcript: 'a'.repeat(950) },
});
const BODIES = { bytes: Buffer.from(TEXT), text: TEXT };
const ROUNDS = 61;
const CALLS = 400;

/** Each with a signature of its own kind over the same body. */
function contestants() {
  const hex = createHmac('sha256', SECRET).update(TEXT).digest('hex');
  const { webhooks } = new Stripe('sk_test_none');
  const stripeHeader = webhooks.generateTestHeaderString({ payload: TEXT, secret: SECRET });
  const standard = new Webhook(SECRET);
  const now = new Date();
  const standardHeaders = {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': standard.sign('msg_1', now, TEXT),
  };
  const subtle = Stripe.createSubtleCryptoProvider();
  const tolerance = 3600;
  return {
    sync: (body) => constructEventSync(body, hex, SECRET),
    async: (body) => constructEvent(body, hex, SECRET),
    stripeSync: (body) => webhooks.constructEvent(body, stripeHeader, SECRET, tolerance),
    stripeAsync: (body) =>
      webhooks.constructEventAsync(body, stripeHeader, SECRET, tolerance, subtle),
    standard: (body) => standard.verify(body, standardHeaders),
  };
}

/**
 * Processor time per call, all threads together: what a server pays. Elapsed time favours what runs
 * right after a wait, because the system lets that go on undisturbed.
 */
async function microseconds(run, body) {
  const start = process.cpuUsage();
  for (let call = 0; call < CALLS; call++) await run(body);
  const { user, system } = process.cpuUsage(start);
  return (user + system) / CALLS;
}

export async function bench() {
  for (const [kind, body] of Object.entries(BODIES)) {
    const cases = Object.fromEntries(
      Object.entries(contestants()).map(([name, run]) => [name, () => microseconds(run, body)]),
    );
    const cost = await interleave(cases, { rounds: ROUNDS });
    for (const [own, name, other, otherName] of [
      ['sync', 'constructEventSync', 'stripeSync', 'constructEvent of stripe'],
      ['sync', 'constructEventSync', 'standard', 'verify of standardwebhooks'],
      ['async', 'constructEvent', 'stripeAsync', 'constructEventAsync of stripe, WebCrypto'],
    ]) {
      printClaim({
        name: `${otherName}, ${kind}`,
        median: cost[other].median,
        unit: 'µs',
        ratio: 1,
      });
      printClaim({
        name: `${name}, ${kind}`,
        median: cost[own].median,
        unit: 'µs',
        ratio: medianRatio(cost[own], cost[other]),
        atMost: 1,
      });
    }
  }
}
