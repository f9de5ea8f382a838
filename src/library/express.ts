import type { RawBody } from './claim.ts';
import { readBody } from './read-body.ts';
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

/**
 * A handler for Express 4 and 5, NestJS on Express, Connect and node:http. It reads the body itself, so
 * that it comes before `express.json()`; after `express.raw()`, or where there is a `rawBody`, it takes
 * those bytes. Errors go to `next`; where there is none, to `onError`, and the answer is 500. It never
 * rejects: node:http does not look at the promise, and the process would end.
 *
 *     app.post('/webhooks/relyable', webhookHandler({ … }));  // Express
 *     app.use('/webhooks/relyable', webhookHandler({ … }));   // NestJS, in main.ts before app.listen()
 */
export function webhookHandler(options: ReceiverOptions): ExpressHandler {
  const receiver = new Receiver(options);
  return withRoute(
    async (request: NodeRequest, response: NodeResponse, next?: (error: unknown) => void) => {
      try {
        const { status, text } = await answer(receiver, request, response);
        respond(response, status, text);
      } catch (error) {
        // Without an error, Express would go on to the next handler.
        if (next !== undefined) return next(error ?? new Error('A webhook handler threw nothing'));
        void receiver.report(error);
        respond(response, 500, 'Internal Server Error');
      }
    },
    receiver,
  );
}

function respond(response: NodeResponse, status: number, text: string): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.end(text);
}

async function answer(
  receiver: Receiver,
  request: NodeRequest,
  response: NodeResponse,
): Promise<{ readonly status: number; readonly text: string }> {
  if (request.method !== 'POST') {
    response.setHeader('Allow', 'POST');
    return { status: 405, text: 'Only POST' };
  }
  const body = await rawBodyOf(request);
  if (body === null) return { status: 413, text: 'Body too large' };
  return receiver.receive(body, request.headers['x-relyable-signature']);
}

/** The raw body; null where it is too large. */
async function rawBodyOf(request: NodeRequest): Promise<RawBody | null> {
  const { rawBody, body } = request;
  if (rawBody !== undefined) return rawBody as RawBody;
  // Parsed already: if it is not raw, `receive` says what to do.
  if (request.readableEnded) return body as RawBody;
  return readBody(request);
}
