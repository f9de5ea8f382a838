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
    await save(JSON.parse(body.toString('utf8')));
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

// The answer is 200 once this has returned. If it throws, the answer is 500, and Relyable sends the
// event again.
async function save(event) {
  console.log(event.event); // insert a row, or add a job to a queue
}
