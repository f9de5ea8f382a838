import { answerRequest } from './fetch.ts';
import { type EventRoute, Receiver, type ReceiverOptions, withRoute } from './receiver.ts';

export type {
  EventHandler,
  EventRoute,
  HandledEvents,
  Received,
  ReceiverOptions,
} from './receiver.ts';

/** What is used of Hono's context. */
interface HonoContext {
  readonly req: { readonly raw: Request };
}

/** A handler of Hono, with `on` and `otherwise`. */
export type HonoHandler = ((context: HonoContext) => Promise<Response>) & EventRoute;

/** A handler for Hono: `app.post('/webhooks/relyable', webhookHandler({ … }))`. */
export function webhookHandler(options: ReceiverOptions): HonoHandler {
  const receiver = new Receiver(options);
  // The raw request: if something before has parsed the JSON, `context.req` would serialise it again.
  return withRoute(
    async (context: HonoContext) => answerRequest(receiver, context.req.raw),
    receiver,
  );
}
