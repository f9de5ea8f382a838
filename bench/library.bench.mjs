// Verifying 1 KB, as a server has it (bytes), with the library, against the libraries of Stripe and of Standard Webhooks.
import { createHmac } from 'node:crypto';
import { Stripe } from 'stripe';
import { Webhook } from 'standardwebhooks';
import { constructEvent, constructEventSync } from '../packages/webhooks/dist/webhooks.mjs';
import { median, printClaim } from './harness.mjs';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const BODY = JSON.stringify({
  event: 'test_run.completed',
  data: { score: 70, transcript: 'a'.repeat(950) },
});
const BYTES = Buffer.from(BODY);
const ROUNDS = 61;
const CALLS = 400;

/** Each with a signature of its own kind over the same body. */
function contestants() {
  const hex = createHmac('sha256', SECRET).update(BODY).digest('hex');
  const { webhooks } = new Stripe('sk_test_none');
  const stripeHeader = webhooks.generateTestHeaderString({ payload: BODY, secret: SECRET });
  const standard = new Webhook(SECRET);
  const now = new Date();
  const standardHeaders = {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': standard.sign('msg_1', now, BODY),
  };
  const subtle = Stripe.createSubtleCryptoProvider();
  const tolerance = 3600;
  return {
    sync: () => constructEventSync(BYTES, hex, SECRET),
    async: () => constructEvent(BYTES, hex, SECRET),
    stripeSync: () => webhooks.constructEvent(BYTES, stripeHeader, SECRET, tolerance),
    stripeAsync: () => webhooks.constructEventAsync(BYTES, stripeHeader, SECRET, tolerance, subtle),
    standard: () => standard.verify(BYTES, standardHeaders),
  };
}

async function microseconds(run) {
  const start = performance.now();
  for (let call = 0; call < CALLS; call++) await run();
  return ((performance.now() - start) * 1000) / CALLS;
}

export async function bench() {
  const runs = contestants();
  const times = Object.fromEntries(Object.keys(runs).map((name) => [name, []]));
  // In turn, so that a busy moment meets them all.
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, run] of Object.entries(runs)) times[name].push(await microseconds(run));
  }
  const cost = Object.fromEntries(Object.entries(times).map(([name, all]) => [name, median(all)]));
  for (const [own, name, other, otherName] of [
    ['sync', 'constructEventSync', 'stripeSync', 'constructEvent of stripe'],
    ['sync', 'constructEventSync', 'standard', 'verify of standardwebhooks'],
    ['async', 'constructEvent', 'stripeAsync', 'constructEventAsync of stripe, WebCrypto'],
  ]) {
    printClaim({ name: otherName, median: cost[other], unit: 'µs', ratio: 1 });
    printClaim({
      name,
      median: cost[own],
      unit: 'µs',
      ratio: cost[own] / cost[other],
      atMost: 1,
    });
  }
}
