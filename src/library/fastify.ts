import type { RawBody, SignatureHeader } from './claim.ts';
import { MAX_BODY_BYTES } from './read-body.ts';
import { type EventRoute, Receiver, type ReceiverOptions, withRoute } from './receiver.ts';

export type {
  EventHandler,
  EventRoute,
  HandledEvents,
  Received,
  ReceiverOptions,
} from './receiver.ts';

/** What is used of Fastify's instance. */
interface FastifyScope {
  removeAllContentTypeParsers(): unknown;
  addContentTypeParser(
    contentType: string,
    options: { parseAs: 'buffer' },
    parser: (request: unknown, body: Uint8Array) => Promise<Uint8Array>,
  ): unknown;
  post(
    path: string,
    options: { bodyLimit: number },
    handler: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>,
  ): unknown;
}

interface FastifyRequest {
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

interface FastifyReply {
  code(status: number): { send(text: string): unknown };
}

/** A plugin of Fastify, with `on` and `otherwise`. */
export type FastifyPlugin = ((scope: FastifyScope) => Promise<void>) & EventRoute;

/**
 * A plugin for Fastify: `app.register(webhookPlugin({ … }), { prefix: '/webhooks/relyable' })`. Inside it
 * bodies stay raw; the rest of the app keeps its parsers.
 */
export function webhookPlugin(options: ReceiverOptions): FastifyPlugin {
  const receiver = new Receiver(options);
  return withRoute(async (scope: FastifyScope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, async (_request, body) => body);
    scope.post('/', { bodyLimit: MAX_BODY_BYTES }, async (request, reply) => {
      const header: SignatureHeader = request.headers['x-relyable-signature'];
      const { status, text } = await receiver.receive((request.body ?? '') as RawBody, header);
      return reply.code(status).send(text);
    });
  }, receiver);
}
