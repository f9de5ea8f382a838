// app/webhooks/relyable/route.js
import { createHmac, timingSafeEqual } from 'node:crypto';

export const runtime = 'nodejs';

export async function POST(request) {
  // The raw body: request.json() and JSON.stringify would not give the same bytes.
  const body = Buffer.from(await request.arrayBuffer());
  const signature = request.headers.get('X-Relyable-Signature') ?? '';
  if (!isSigned(body, signature)) return new Response(null, { status: 401 });
  const event = JSON.parse(body.toString('utf8'));
  setImmediate(work, event); // answer first; on serverless use after() from next/server
  return new Response('OK', { status: 200 });
}

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
