// npm install @relyable/webhooks; app/webhooks/relyable/route.js
import { webhookHandler } from '@relyable/webhooks/next';

export const POST = webhookHandler({ secret: process.env.RELYABLE_WEBHOOK_SECRET })
  .on('test_run.completed', save)
  .otherwise(ignore);

// The answer is 200 once this has returned. If it throws, the answer is 500, and Relyable sends the
// event again.
async function save({ data }) {
  console.log(data.agent_name, data.score); // insert a row, or add a job to a queue
}

// Called for all other events, including types that are not published yet.
function ignore({ event }) {
  console.log(event);
}
