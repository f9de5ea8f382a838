import { createHmac, timingSafeEqual } from 'node:crypto';
import { Hono } from 'hono';

export const app = new Hono();

app.post('/webhooks/relyable', async (context) => {
  // The raw body, before context.req.json().
  const body = Buffer.from(await context.req.arrayBuffer());
  if (!isSigned(body, context.req.header('X-Relyable-Signature'))) return context.body(null, 401);
  const event = JSON.parse(body.toString('utf8'));
  setImmediate(work, event); // answer first, work afterwards
  return context.text('OK', 200);
});

function isSigned(body, signature = '') {
  const secret = process.env.RELYABLE_WEBHOOK_SECRET;
  if (!secret) throw new Error('RELYABLE_WEBHOOK_SECRET is not set');
  const expected = Buffer.from(createHmac('sha256', secret).update(body).digest('hex'));
  const received = Buffer.from(signature);
  return received.length === expected.length && timingSafeEqual(received, expected);
}

// Runs after the answer. An error is logged here: uncaught, it would end the process.
async function work(event) {
  try {
    await handle(event);
  } catch (error) {
    console.error(error);
  }
}

function handle(event) {
  console.log(event.event);
}
