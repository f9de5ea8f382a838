import type { RawBody } from './claim.ts';
import { type EventRoute, Receiver, type ReceiverOptions, withRoute } from './receiver.ts';

export type {
  EventHandler,
  EventRoute,
  HandledEvents,
  Received,
  ReceiverOptions,
} from './receiver.ts';

/** What is used of a request of Express 4 or 5, Connect or node:http. */
export interface NodeRequest extends AsyncIterable<Uint8Array> {
  readonly method?: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly readableEnded: boolean;
  /** Set by a body parser. */
  readonly body?: unknown;
  /** Set by platforms and parsers that keep the raw body. */
  readonly rawBody?: unknown;
}

/** What is used of the response. */
export interface NodeResponse {
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  end(text: string): unknown;
}

/** A handler of Express, with `on` and `otherwise`. */
export type ExpressHandler = ((
  request: NodeRequest,
  response: NodeResponse,
  next?: (error: unknown) => void,
) => Promise<void>) &
  EventRoute;

/** The most that is read of a body. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;

/**
 * A handler for Express 4 and 5, NestJS on Express, Connect and node:http. It reads the body itself, so
 * that it comes before `express.json()`; after `express.raw()`, or where there is a `rawBody`, it takes
 * those bytes. Errors go to `next`, or reject where there is none.
 *
 *     app.post('/webhooks/relyable', webhookHandler({ … }));  // Express
 *     app.use('/webhooks/relyable', webhookHandler({ … }));   // NestJS, in main.ts before app.listen()
 */
export function webhookHandler(options: ReceiverOptions): ExpressHandler {
  const receiver = new Receiver(options);
  return withRoute(
    async (request: NodeRequest, response: NodeResponse, next?: (error: unknown) => void) => {
      try {
        const { status, text } = await answer(receiver, request);
        response.statusCode = status;
        response.setHeader('Content-Type', 'text/plain; charset=utf-8');
        response.end(text);
      } catch (error) {
        if (next === undefined) throw error;
        next(error);
      }
    },
    receiver,
  );
}

async function answer(
  receiver: Receiver,
  request: NodeRequest,
): Promise<{ readonly status: number; readonly text: string }> {
  if (request.method !== 'POST') return { status: 405, text: 'Only POST' };
  const body = await readBody(request);
  if (body === null) return { status: 413, text: 'Body too large' };
  return receiver.receive(body, request.headers['x-relyable-signature']);
}

/** The raw body; null where it is too large. */
async function readBody(request: NodeRequest): Promise<RawBody | null> {
  const { rawBody, body } = request;
  if (rawBody !== undefined) return rawBody as RawBody;
  // Parsed already: if it is not raw, `receive` says what to do.
  if (request.readableEnded) return body as RawBody;
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of request) {
    length += part.length;
    if (length > MAX_BODY_BYTES) return null;
    parts.push(part);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
