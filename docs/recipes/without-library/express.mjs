import { createHmac, timingSafeEqual } from 'node:crypto';
import express from 'express';

export const app = express();

// express.raw leaves the body raw. Register this route before any app.use(express.json()).
app.post(
  '/webhooks/relyable',
  express.raw({ type: () => true, limit: '10mb' }),
  async (request, response, next) => {
    try {
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      if (!isSigned(body, request.get('X-Relyable-Signature'))) return response.sendStatus(401);
      await save(JSON.parse(body.toString('utf8')));
      response.sendStatus(200);
    } catch (error) {
      next(error); // Express 4 does not look at promises: a rejection would end the process
    }
  },
);

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
