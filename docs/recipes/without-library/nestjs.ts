// main.ts, before app.listen(): Nest's own parser takes JSON of 100 KB at most.
// app.use('/webhooks/relyable', express.raw({ type: () => true, limit: '10mb' }));
import { createHmac, timingSafeEqual } from 'node:crypto';
import { Controller, Headers, HttpCode, Post, Req, UnauthorizedException } from '@nestjs/common';
import type { Request } from 'express';

interface RelyableEvent {
  event: string;
}

@Controller('webhooks/relyable')
export class RelyableWebhookController {
  @Post()
  @HttpCode(200) // Nest answers 201 to a POST; Relyable counts only 200 as delivered.
  async receive(
    @Req() request: Request,
    @Headers('x-relyable-signature') signature?: string,
  ): Promise<string> {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    if (!isSigned(body, signature)) throw new UnauthorizedException();
    await save(JSON.parse(body.toString('utf8')) as RelyableEvent);
    return 'OK';
  }
}

function isSigned(body: Buffer, signature = ''): boolean {
  const secret = process.env['RELYABLE_WEBHOOK_SECRET'];
  if (!secret) throw new Error('RELYABLE_WEBHOOK_SECRET is not set');
  const expected = Buffer.from(createHmac('sha256', secret).update(body).digest('hex'));
  const received = Buffer.from(signature);
  return received.length === expected.length && timingSafeEqual(received, expected);
}

// The answer is 200 once this has returned. If it throws, the answer is 500, and Relyable sends the
// event again.
async function save(event: RelyableEvent): Promise<void> {
  console.log(event.event); // insert a row, or add a job to a queue
}
