import { partsOf, readBody } from './read-body.ts';
import { type EventRoute, Receiver, type ReceiverOptions, withRoute } from './receiver.ts';

export type {
  EventHandler,
  EventRoute,
  HandledEvents,
  Received,
  ReceiverOptions,
} from './receiver.ts';

/** A handler of fetch requests, with `on` and `otherwise`. */
export type FetchHandler = ((request: Request) => Promise<Response>) & EventRoute;

/**
 * A handler for runtimes that speak fetch: Cloudflare Workers, Deno, Bun, Vercel, and route handlers of
 * Next.js (`export const POST = webhookHandler({ … })`).
 */
export function webhookHandler(options: ReceiverOptions): FetchHandler {
  const receiver = new Receiver(options);
  return withRoute(async (request: Request) => answerRequest(receiver, request), receiver);
}

/** The answer to a fetch request. Rejects as `Receiver.receive` does. */
export async function answerRequest(receiver: Receiver, request: Request): Promise<Response> {
  if (request.method !== 'POST') {
    return new Response('Only POST', { status: 405, headers: { Allow: 'POST' } });
  }
  if (request.bodyUsed) {
    throw new Error(
      'The body was read before the webhook handler: leave request.json() and request.text() to it',
    );
  }
  const body = await readBody(partsOf(request.body));
  if (body === null) return new Response('Body too large', { status: 413 });
  const { status, text } = await receiver.receive(body, request.headers);
  return new Response(text, { status });
}
