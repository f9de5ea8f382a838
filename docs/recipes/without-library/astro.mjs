// src/pages/webhooks/relyable.js
import { createHmac, timingSafeEqual } from 'node:crypto';
import { getSecret } from 'astro:env/server';

export const prerender = false;

export async function POST({ request }) {
  // The raw body: request.json() and JSON.stringify would not give the same bytes.
  const body = Buffer.from(await request.arrayBuffer());
  const signature = request.headers.get('X-Relyable-Signature') ?? '';
  if (!isSigned(body, signature)) return new Response(null, { status: 401 });
  await save(JSON.parse(body.toString('utf8')));
  return new Response('OK', { status: 200 });
}

function isSigned(body, signature) {
  const secret = getSecret('RELYABLE_WEBHOOK_SECRET');
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
