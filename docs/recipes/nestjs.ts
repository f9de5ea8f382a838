// npm install @relyable/webhooks
// main.ts, before await app.listen(…): receiveRelyable(app);
import type { INestApplication } from '@nestjs/common';
import { webhookHandler } from '@relyable/webhooks/nestjs';
import type { EventOf, WebhookEvent } from '@relyable/webhooks';

// As middleware it comes before Nest's parsers, and reads the raw body itself.
export function receiveRelyable(app: INestApplication): void {
  app.use(
    '/webhooks/relyable',
    webhookHandler({ secret: process.env['RELYABLE_WEBHOOK_SECRET'] })
      .on('test_run.completed', save)
      .otherwise(ignore),
  );
}

// The answer is 200 once this has returned. If it throws, the answer is 500, and Relyable sends the
// event again.
async function save({ data }: EventOf<'test_run.completed'>): Promise<void> {
  console.log(data.agent_name, data.score); // insert a row, or add a job to a queue
}

// Called for all other events, including types that are not published yet.
function ignore({ event }: WebhookEvent): void {
  console.log(event);
}
