import type { RawBody } from './claim.ts';
import { type EventRoute, Receiver, type ReceiverOptions, withRoute } from './receiver.ts';

export type {
  EventHandler,
  EventRoute,
  HandledEvents,
  Received,
  ReceiverOptions,
} from './receiver.ts';

/** What is used of Nest's `RawBodyRequest`, on Express or Fastify. */
interface NestRequest {
  readonly rawBody?: Uint8Array | undefined;
  readonly headers: object;
}

/** What is used of the response of Express or the reply of Fastify. */
interface NestResponse {
  status(status: number): { send(text: string): unknown };
}

/** Answers a request in a controller, with `on` and `otherwise`. */
export type NestHandler = ((request: NestRequest, response: NestResponse) => Promise<void>) &
  EventRoute;

/**
 * For a controller of NestJS, on Express or Fastify; `NestFactory.create(AppModule, { rawBody: true })`
 * keeps the raw body. Errors reject, for Nest's exception filters.
 *
 *     @Post() receive(@Req() request: RawBodyRequest<Request>, @Res() response: Response) {
 *       return this.webhooks(request, response);
 *     }
 */
export function webhookHandler(options: ReceiverOptions): NestHandler {
  const receiver = new Receiver(options);
  return withRoute(async (request: NestRequest, response: NestResponse) => {
    const headers = request.headers as Headers;
    const { status, text } = await receiver.receive(
      requireRawBody(request.rawBody, headers),
      headers['x-relyable-signature'],
    );
    response.status(status).send(text);
  }, receiver);
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Nest keeps no raw body where there is none. */
function requireRawBody(rawBody: Uint8Array | undefined, headers: Headers): RawBody {
  if (rawBody !== undefined) return rawBody;
  const isEmpty = (headers['content-length'] ?? '0') === '0';
  if (isEmpty && headers['transfer-encoding'] === undefined) return '';
  throw new Error(
    'The raw body is missing: create the app with NestFactory.create(AppModule, { rawBody: true })',
  );
}
