// npm install @relyable/webhooks
import { webhookHandler } from '@relyable/webhooks/express';
import Koa from 'koa';

export const app = new Koa();

const receive = webhookHandler({ secret: process.env.RELYABLE_WEBHOOK_SECRET })
  .on('test_run.completed', save)
  .otherwise(ignore);

// The handler reads the raw body itself. Register it before any body parser.
app.use(async (context, next) => {
  if (context.path !== '/webhooks/relyable') return next();
  context.respond = false; // the handler answers on Node's own response
  await receive(context.req, context.res);
});

// The answer is 200 once this has returned. If it throws, the answer is 500, and Relyable sends the
// event again.
async function save({ data }) {
  console.log(data.agent_name, data.score); // insert a row, or add a job to a queue
}

// Called for all other events, including types that are not published yet.
function ignore({ event }) {
  console.log(event);
}
