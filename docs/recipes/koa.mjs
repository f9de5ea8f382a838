import { createHmac, timingSafeEqual } from 'node:crypto';
import Koa from 'koa';

export const app = new Koa();

// Register this before any body parser. Once a parser has read context.req, the raw body is gone.
app.use(async (context, next) => {
  if (context.method !== 'POST' || context.path !== '/webhooks/relyable') return next();
  const chunks = [];
  for await (const chunk of context.req) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  if (!isSigned(body, context.get('X-Relyable-Signature'))) {
    context.status = 401;
    return;
  }
  const event = JSON.parse(body.toString('utf8'));
  setImmediate(work, event); // answer first, work afterwards
  context.status = 200; // Koa's own is 404
  context.body = 'OK';
});

function isSigned(body, signature) {
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
