// A correct webhook handler: it verifies the signature of the raw body, answers 200 at once, and
// handles each event once.
// Run: RELYABLE_WEBHOOK_SECRET="$(relyable webhooks listen --print-secret)" PORT=3000 node app.mjs
import { createHmac, timingSafeEqual } from 'node:crypto';
import express from 'express';

const secret = process.env.RELYABLE_WEBHOOK_SECRET;
if (!secret) throw new Error('set RELYABLE_WEBHOOK_SECRET');

function isGenuine(rawBody, signature) {
  if (typeof signature !== 'string') return false;
  const expected = Buffer.from(createHmac('sha256', secret).update(rawBody).digest('hex'));
  const received = Buffer.from(signature);
  return received.length === expected.length && timingSafeEqual(received, expected);
}

const handled = new Set();
const app = express();

// express.raw, not express.json: the signature covers the bytes of the body.
const rawBody = express.raw({ type: () => true, limit: '10mb' });

app.post('/webhooks/relyable', rawBody, (request, response) => {
  // Without a body, request.body is not a Buffer.
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const signature = request.headers['x-relyable-signature'];
  if (!isGenuine(body, signature)) {
    response.status(401).send('Invalid signature');
    return;
  }
  response.status(200).send('OK');
  // A retry has the same bytes and therefore the same signature.
  if (handled.has(signature)) return;
  handled.add(signature);
  const { event, data } = JSON.parse(body.toString('utf8'));
  console.log(`handled ${event} ${data.test_run_id ?? data.test_case_id ?? data.agent_id}`);
});

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`app on http://localhost:${server.address().port}/webhooks/relyable`);
});
