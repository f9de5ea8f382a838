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
  const payload = JSON.parse(body.toString('utf8'));
  // Answer first, work afterwards; on serverless: event.waitUntil(work(payload)).
  event.node.res.once('finish', () => work(payload));
  return 'OK'; // 200: returning nothing would say 204, which Relyable retries
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
