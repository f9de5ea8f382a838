// main.ts: const app = await NestFactory.create(AppModule, { rawBody: true });
import { createHmac, timingSafeEqual } from 'node:crypto';
import { Controller, Headers, HttpCode, Post, Req, UnauthorizedException } from '@nestjs/common';
import type { RawBodyRequest } from '@nestjs/common';
import type { Request } from 'express';

interface RelyableEvent {
  event: string;
}

@Controller('webhooks/relyable')
export class RelyableWebhookController {
  @Post()
  @HttpCode(200) // Nest answers 201 to a POST; Relyable counts only 200 as delivered.
  receive(
    @Req() request: RawBodyRequest<Request>,
    @Headers('x-relyable-signature') signature?: string,
  ): string {
    const body = request.rawBody ?? Buffer.alloc(0);
    if (!isSigned(body, signature)) throw new UnauthorizedException();
    const event = JSON.parse(body.toString('utf8')) as RelyableEvent;
    setImmediate(work, event); // answer first, work afterwards
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

// Runs after the answer. An error is logged here: uncaught, it would end the process.
async function work(event: RelyableEvent): Promise<void> {
  try {
    await handle(event);
  } catch (error) {
    console.error(error);
  }
}

async function handle(event: RelyableEvent): Promise<void> {
  console.log(event.event);
}
