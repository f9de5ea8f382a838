// npm install @relyable/webhooks; src/routes/webhooks/relyable/+server.js
import { webhookHandler } from '@relyable/webhooks/fetch';
// SvelteKit 3: declare the variable in src/env.js and import it from '$app/env/private'.
import { env } from '$env/dynamic/private';

const receive = webhookHandler({ secret: env.RELYABLE_WEBHOOK_SECRET })
  .on('test_run.completed', save)
  .otherwise(ignore);

// adapter-node refuses bodies above 512 KB unless BODY_SIZE_LIMIT is higher, e.g. 10M.
export const POST = ({ request }) => receive(request);

// The answer is 200 once this has returned. If it throws, the answer is 500, and Relyable sends the
// event again.
async function save({ data }) {
  console.log(data.agent_name, data.score); // insert a row, or add a job to a queue
}

// Called for all other events, including types that are not published yet.
function ignore({ event }) {
  console.log(event);
}
