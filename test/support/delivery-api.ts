import { onTestFinished } from 'vitest';
import { serveHandler } from '../../src/commands/emulate/emulator/server.ts';
import { signPayload } from '../../src/signature/sign.ts';
import { SECRET } from './captures.ts';

const START = Date.UTC(2026, 0, 31, 10);

/** A delivery of the log as the API answers it; `n` orders it in time. */
export function wireDelivery(
  n: number,
  changes: {
    readonly id?: string;
    readonly state?: string;
    readonly body?: string | null;
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
): Record<string, unknown> & { readonly id: string } {
  const at = new Date(START + n * 1000).toISOString();
  const body = changes.body === undefined ? bodyOf(n) : changes.body;
  return {
    id: changes.id ?? `dlv_${n}`,
    event_id: null,
    event: 'test_run.failed',
    endpoint: 'https://app.example.test/hooks/relyable?team=7',
    state: changes.state ?? 'failed',
    request: { body, headers: changes.headers ?? signedHeaders(body ?? '') },
    attempts: [1, 2, 3, 4, 5].map((attempt) => ({
      attempt,
      delivered_at: at,
      response_status: 500,
      response_body: 'no',
      duration_ms: 3,
      error: null,
    })),
    next_retry_at: null,
  };
}

export function bodyOf(n: number): string {
  return `{"event": "test_run.failed", "data": {"test_run_id": "run_${n}", "score": 70.0}}`;
}

export function signedHeaders(body: string): Record<string, string> {
  return {
    Host: 'app.example.test',
    'content-type': 'application/json',
    'X-Relyable-Signature': signPayload(Buffer.from(body), SECRET),
    'X-Trace': 'abc',
  };
}

export interface DeliveryApi {
  readonly url: string;
  /** Newest first, as the API lists them. */
  deliveries: ReadonlyArray<ReturnType<typeof wireDelivery>>;
  /** Stands before the log: an answer of its own, or undefined. */
  before: (request: Request) => Response | undefined;
  readonly paths: string[];
}

/** An API on this machine whose delivery log is what the test says. */
export async function startDeliveryApi(
  deliveries: DeliveryApi['deliveries'],
): Promise<DeliveryApi> {
  const paths: string[] = [];
  const server = await serveHandler(
    async (request) => {
      const { pathname, searchParams } = new URL(request.url);
      paths.push(pathname);
      const answer = api.before(request);
      if (answer !== undefined) return answer;
      const [, id] = /\/webhooks\/deliveries\/(.+)$/.exec(pathname) ?? [];
      if (id === undefined) {
        const isFirst = (searchParams.get('page') ?? '1') === '1';
        return Response.json({ success: true, data: isFirst ? api.deliveries : [] });
      }
      const data = api.deliveries.find((delivery) => delivery.id === decodeURIComponent(id));
      return data === undefined
        ? Response.json(
            { success: false, error: { code: 'NOT_FOUND', message: 'none' } },
            { status: 404 },
          )
        : Response.json({ success: true, data });
    },
    { host: '127.0.0.1', port: 0 },
  );
  onTestFinished(() => server.close(0));
  const api: DeliveryApi = {
    url: `${server.url}/api`,
    deliveries,
    before: () => undefined,
    paths,
  };
  return api;
}
