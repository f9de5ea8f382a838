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
  await save(JSON.parse(body.toString('utf8')));
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

// The answer is 200 once this has returned. If it throws, the answer is 500, and Relyable sends the
// event again.
async function save(event) {
  console.log(event.event); // insert a row, or add a job to a queue
}
