import { createHmac, timingSafeEqual } from 'node:crypto';
import { Hono } from 'hono';

export const app = new Hono();

app.post('/webhooks/relyable', async (context) => {
  // The raw body, before context.req.json().
  const body = Buffer.from(await context.req.arrayBuffer());
  if (!isSigned(body, context.req.header('X-Relyable-Signature'))) return context.body(null, 401);
  await save(JSON.parse(body.toString('utf8')));
  return context.text('OK', 200);
});

function isSigned(body, signature = '') {
  const secret = process.env.RELYABLE_WEBHOOK_SECRET;
  if (!secret) throw new Error('RELYABLE_WEBHOOK_SECRET is not set');
  const expected = Buffer.from(createHmac('sha256', secret).update(body).digest('hex'));
  const received = Buffer.from(signature);
  return received.length === expected.length && timingSafeEqual(received, expected);
}

// The answer is 200 once this has returned. If it throws, the answer is 500, and Relyable sends the
// event again.
async function save(event) {
  console.log(event.event); // insert a row, or add a job to a queue
}
