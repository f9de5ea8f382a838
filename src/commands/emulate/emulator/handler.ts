import type * as z from 'zod';
import { toWireDelivery } from '../../../relyable/api/wire.ts';
import { RelyableError } from '../../../errors.ts';
import { describeIssue } from '../../../json/describe-issue.ts';
import type { EventType } from '../../../relyable/event-type.ts';
import type { Clock } from './clock.ts';
import type { DeliveryLog } from './delivery-log.ts';
import { ALL_EVENTS, type Endpoint, type EndpointRegistry } from './endpoints.ts';
import type { Engine } from './engine.ts';
import type { Fault } from './faults.ts';
import type { RateLimiter } from './rate-limiter.ts';
import {
  createEndpointSchema,
  describeIssues,
  listQuerySchema,
  pageQuerySchema,
  testEventSchema,
} from './requests.ts';
import { makeTestEvent } from './test-event.ts';

export interface HandlerOptions {
  readonly clock: Clock;
  readonly engine: Engine;
  readonly log: DeliveryLog;
  readonly endpoints: EndpointRegistry;
  readonly rateLimiter: RateLimiter;
  /** The faults of the next request. */
  nextFaults(): Iterable<Fault>;
  /** The only API key that is accepted; undefined to accept any key that is not empty. */
  readonly apiKey: string | undefined;
  newId(prefix: string): string;
  newSecret(): string;
  /** Seed of the next test event's sample. */
  nextSeed(): number;
}

/** The API as one function; `Response.error()` means that the connection is reset. */
export type Handler = (request: Request) => Promise<Response>;

/** An answer that is not a success, in the published error envelope. */
class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export function createHandler(options: HandlerOptions): Handler {
  const { clock } = options;

  return async (request) => {
    const allowance = options.rateLimiter.take();
    const headers = (): Record<string, string> => ({
      'Content-Type': 'application/json',
      Date: new Date(clock.now()).toUTCString(),
      'X-RateLimit-Limit': String(allowance.limit),
      'X-RateLimit-Remaining': String(allowance.remaining),
      'X-RateLimit-Reset': String(Math.ceil((clock.now() + allowance.resetsInMs) / 1000)),
    });
    const refuse = (
      { status, code, message }: Refusal,
      more: Record<string, string> = {},
    ): Response =>
      new Response(JSON.stringify({ success: false, error: { code, message } }), {
        status,
        headers: { ...headers(), ...more },
      });
    try {
      if (!isAuthorised(request, options.apiKey)) {
        return refuse(new Refusal(401, 'UNAUTHORIZED', 'expected Authorization: Bearer <API key>'));
      }
      if (!allowance.isAllowed) {
        return refuse(new Refusal(429, 'RATE_LIMITED', 'too many requests'), {
          'Retry-After': String(Math.ceil(allowance.resetsInMs / 1000)),
        });
      }
      const fault = await applyFaults(options, request, refuse);
      if (fault !== undefined) return fault;
      const { status, body } = await route(options, request);
      return new Response(JSON.stringify({ success: true, ...body }), {
        status,
        headers: headers(),
      });
    } catch (error) {
      if (error instanceof Refusal) return refuse(error);
      // For example, the store cannot be written: the client may retry.
      if (error instanceof RelyableError)
        return refuse(new Refusal(500, error.code, error.message));
      throw error;
    }
  };
}

function isAuthorised(request: Request, apiKey: string | undefined): boolean {
  const [, key = ''] = /^Bearer (\S+)$/i.exec(request.headers.get('authorization') ?? '') ?? [];
  return key !== '' && (apiKey === undefined || key === apiKey);
}

/** Applies the faults of this request; returns an answer if one replaces the regular one. */
async function applyFaults(
  options: HandlerOptions,
  request: Request,
  refuse: (refusal: Refusal, headers?: Record<string, string>) => Response,
): Promise<Response | undefined> {
  for (const { kind, slowMs } of options.nextFaults()) {
    switch (kind) {
      case 'slow':
        await options.clock.sleep(slowMs, request.signal);
        break;
      case 'shift':
        // A new delivery shifts all others, which a client that reads page by page has to handle.
        await sendTestEvent(options, options.endpoints.list()[0]);
        break;
      case '429':
        return refuse(new Refusal(429, 'RATE_LIMITED', 'a fault on demand'), {
          'Retry-After': '1',
        });
      case '500':
        return refuse(new Refusal(500, 'INTERNAL_ERROR', 'a fault on demand'));
      case 'reset':
        return Response.error();
      case 'garbage':
        return new Response('{"success":true,"data":[{"id":"dlv_', {
          headers: { 'Content-Type': 'application/json' },
        });
      case 'html':
        return new Response('<!doctype html><title>Sign in</title><p>Your proxy wants you.', {
          headers: { 'Content-Type': 'text/html' },
        });
    }
  }
  return undefined;
}

/** An answer of the emulator's API. */
interface EmulatorAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

type Route = (
  options: HandlerOptions,
  request: Request,
  id: string,
) => EmulatorAnswer | Promise<EmulatorAnswer>;

const ROUTES: ReadonlyArray<readonly [method: string, path: RegExp, run: Route]> = [
  ['GET', /^\/api\/agents$/, listAgents],
  ['GET', /^\/api\/webhooks$/, listEndpoints],
  ['POST', /^\/api\/webhooks$/, createEndpoint],
  ['GET', /^\/api\/webhooks\/deliveries$/, listDeliveries],
  ['GET', /^\/api\/webhooks\/deliveries\/([^/]+)$/, getDelivery],
  ['POST', /^\/api\/webhooks\/deliveries\/([^/]+)\/resend$/, resendDelivery],
  ['DELETE', /^\/api\/webhooks\/([^/]+)$/, deleteEndpoint],
  ['POST', /^\/api\/webhooks\/([^/]+)\/test$/, sendTest],
];

async function route(options: HandlerOptions, request: Request): Promise<EmulatorAnswer> {
  const { pathname } = new URL(request.url);
  for (const [method, path, run] of ROUTES) {
    const match = method === request.method ? path.exec(pathname) : null;
    if (match !== null) return run(options, request, safeDecode(match[1] ?? ''));
  }
  throw new Refusal(404, 'NOT_FOUND', `no ${request.method} ${pathname}`);
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const found = (data: unknown): EmulatorAnswer => ({ status: 200, body: { data } });
const created = (data: unknown): EmulatorAnswer => ({ status: 201, body: { data } });

/** The list that the vendor documents, and that `doctor` asks for. There are no agents here. */
function listAgents(_: HandlerOptions, { url }: Request): EmulatorAnswer {
  const { page, limit } = parse(pageQuerySchema, Object.fromEntries(new URL(url).searchParams));
  return { status: 200, body: { data: [], pagination: { page, limit, total: 0 } } };
}

function listEndpoints({ endpoints }: HandlerOptions): EmulatorAnswer {
  return found(endpoints.list().map(toWireEndpoint));
}

function listDeliveries({ log }: HandlerOptions, { url }: Request): EmulatorAnswer {
  const query = parse(listQuerySchema, Object.fromEntries(new URL(url).searchParams));
  const { deliveries, total } = log.page(query);
  return {
    status: 200,
    body: {
      data: deliveries.map(toWireDelivery),
      pagination: { page: query.page, limit: query.limit, total },
    },
  };
}

function getDelivery(options: HandlerOptions, _: Request, id: string): EmulatorAnswer {
  return found(toWireDelivery(requireDelivery(options, id)));
}

async function createEndpoint(options: HandlerOptions, request: Request): Promise<EmulatorAnswer> {
  const { url, events, secret } = parse(createEndpointSchema, await readJson(request));
  const endpoint: Endpoint = {
    id: options.newId('wh'),
    url,
    events: events ?? ALL_EVENTS,
    secret: secret ?? options.newSecret(),
    createdAt: Math.floor(options.clock.now()),
  };
  await options.endpoints.add(endpoint);
  return created({ ...toWireEndpoint(endpoint), secret: endpoint.secret });
}

async function deleteEndpoint(
  { endpoints }: HandlerOptions,
  _: Request,
  id: string,
): Promise<EmulatorAnswer> {
  if (!(await endpoints.remove(id))) throw new Refusal(404, 'NOT_FOUND', `no endpoint ${id}`);
  return found({ id });
}

async function sendTest(
  options: HandlerOptions,
  request: Request,
  id: string,
): Promise<EmulatorAnswer> {
  const { event, data } = parse(testEventSchema, await readJson(request));
  const endpoint = options.endpoints.get(id);
  if (endpoint === undefined) throw new Refusal(404, 'NOT_FOUND', `no endpoint ${id}`);
  return created(await sendTestEvent(options, endpoint, event, data));
}

async function sendTestEvent(
  { clock, engine, nextSeed }: HandlerOptions,
  endpoint: Endpoint | undefined,
  event?: EventType,
  data?: z.infer<typeof testEventSchema>['data'],
): Promise<unknown> {
  if (endpoint === undefined) return undefined;
  const type = event ?? endpoint.events[0] ?? 'test_run.completed';
  const body = makeTestEvent(type, nextSeed(), clock.now(), data);
  return toWireDelivery(await engine.deliver(endpoint, body));
}

async function resendDelivery(
  options: HandlerOptions,
  _: Request,
  id: string,
): Promise<EmulatorAnswer> {
  const delivery = requireDelivery(options, id);
  const endpoint = options.endpoints.get(delivery.endpointId);
  if (endpoint === undefined) {
    throw new Refusal(404, 'NOT_FOUND', `the endpoint of ${delivery.id} was deleted`);
  }
  const body = Buffer.from(delivery.requestBody ?? '', 'utf8');
  return created(toWireDelivery(await options.engine.deliver(endpoint, body)));
}

function requireDelivery(
  { log }: HandlerOptions,
  id: string,
): NonNullable<ReturnType<DeliveryLog['get']>> {
  const delivery = log.get(id);
  if (delivery === undefined) throw new Refusal(404, 'NOT_FOUND', `no delivery ${id}`);
  return delivery;
}

/** Without the secret, which only the answer to the creation has. */
function toWireEndpoint({ id, url, events, createdAt }: Endpoint): Record<string, unknown> {
  return { id, url, events, created_at: new Date(createdAt).toISOString() };
}

function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value, { error: describeIssue });
  if (parsed.success) return parsed.data;
  throw new Refusal(400, 'INVALID_REQUEST', describeIssues(parsed.error));
}

/** The JSON of a body; an empty body is an empty object. */
async function readJson(request: Request): Promise<unknown> {
  const text = await request.text();
  if (text === '') return {};
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Refusal(400, 'INVALID_REQUEST', 'the body is not JSON');
  }
}
