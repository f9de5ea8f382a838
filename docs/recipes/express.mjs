import { createHmac, timingSafeEqual } from 'node:crypto';
import express from 'express';

export const app = express();

// express.raw leaves the body raw. Register this route before any app.use(express.json()).
app.post(
  '/webhooks/relyable',
  express.raw({ type: () => true, limit: '10mb' }),
  (request, response) => {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    if (!isSigned(body, request.get('X-Relyable-Signature'))) return response.sendStatus(401);
    const event = JSON.parse(body.toString('utf8'));
    setImmediate(work, event); // answer first, work afterwards
    response.sendStatus(200);
  },
);

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
