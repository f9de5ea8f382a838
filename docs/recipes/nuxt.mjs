// npm install @relyable/webhooks; server/api/webhooks/relyable.post.js
import { webhookHandler } from '@relyable/webhooks/fetch';
import { defineEventHandler, toWebRequest } from 'h3';

const receive = webhookHandler({ secret: process.env.RELYABLE_WEBHOOK_SECRET })
  .on('test_run.completed', save)
  .otherwise(ignore);

// The handler reads the raw body itself, so do not call readBody() before it.
export default defineEventHandler((event) => receive(toWebRequest(event)));

// The answer is 200 once this has returned. If it throws, the answer is 500, and Relyable sends the
// event again.
async function save({ data }) {
  console.log(data.agent_name, data.score); // insert a row, or add a job to a queue
}

// Called for all other events, including types that are not published yet.
function ignore({ event }) {
  console.log(event);
}
