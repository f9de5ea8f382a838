// npm install @relyable/webhooks
import { webhookPlugin } from '@relyable/webhooks/fastify';
import Fastify from 'fastify';

export const app = Fastify();

// The body is raw inside the plugin; other routes still have the JSON parser.
app.register(
  webhookPlugin({ secret: process.env.RELYABLE_WEBHOOK_SECRET })
    .on('test_run.completed', save)
    .otherwise(ignore),
  { prefix: '/webhooks/relyable' },
);

// The answer is 200 once this has returned. If it throws, the answer is 500, and Relyable sends the
// event again.
async function save({ data }) {
  console.log(data.agent_name, data.score); // insert a row, or add a job to a queue
}

// Called for all other events, including types that are not published yet.
function ignore({ event }) {
  console.log(event);
}
