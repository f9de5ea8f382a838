// pages/api/webhooks/relyable.js
import { createHmac, timingSafeEqual } from 'node:crypto';

// Without this, Next.js parses the body, and the raw body is gone.
export const config = { api: { bodyParser: false } };

export default async function handler(request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  if (!isSigned(body, request.headers['x-relyable-signature'])) {
    response.statusCode = 401;
    return response.end();
  }
  await save(JSON.parse(body.toString('utf8')));
  response.statusCode = 200;
  response.end('OK');
}

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
