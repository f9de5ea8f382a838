import { createHmac, timingSafeEqual } from 'node:crypto';
import Fastify from 'fastify';

export const app = Fastify({ bodyLimit: 10 * 1024 * 1024 });

// In a plugin, so that other routes still have the JSON parser.
app.register(async (webhooks) => {
  webhooks.removeAllContentTypeParsers();
  webhooks.addContentTypeParser('*', { parseAs: 'buffer' }, async (_request, body) => body);
  webhooks.post('/webhooks/relyable', async (request, reply) => {
    const body = request.body ?? Buffer.alloc(0);
    if (!isSigned(body, request.headers['x-relyable-signature'])) return reply.code(401).send();
    const event = JSON.parse(body.toString('utf8'));
    setImmediate(work, event); // answer first, work afterwards
    return reply.code(200).send('OK');
  });
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
