// server/api/webhooks/relyable.post.js
import { createHmac, timingSafeEqual } from 'node:crypto';
import { defineEventHandler, getHeader, readRawBody, setResponseStatus } from 'h3';

export default defineEventHandler(async (event) => {
  // The raw body: false means bytes, not text. readBody would parse it.
  const body = (await readRawBody(event, false)) ?? Buffer.alloc(0);
  if (!isSigned(body, getHeader(event, 'X-Relyable-Signature') ?? '')) {
    setResponseStatus(event, 401);
    return '';
  }
  await save(JSON.parse(body.toString('utf8')));
  return 'OK'; // 200: returning nothing would say 204, which Relyable retries
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
async function save(payload) {
  console.log(payload.event); // insert a row, or add a job to a queue
}
