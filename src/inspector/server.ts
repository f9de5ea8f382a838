import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { errorMessage, RelyableError } from '../errors.ts';
import { bindServer, closeServer } from '../http/server/bind.ts';
import type { SecretCandidate } from '../signature/verify.ts';
import { type Gate, isServedHost, isToken, judgeRequest, sessionCookie } from './access.ts';
import { type PageAnswer, ApiProblem, problemAnswer, writeAnswer } from './answer.ts';
import type { PublicAddressDocument } from './api-types.ts';
import { ChangeStream } from './change-stream.ts';
import { DeliverySearch } from './delivery-search.ts';
import type { InspectorOptions, InspectorWorld } from './inspector-options.ts';
import { OpenedStore } from './opened-store.ts';
import { LOCKED, readPageFiles } from './page-files.ts';
import { type Api, ROUTES } from './routes.ts';

/** A running inspector. */
export interface Inspector {
  /** The address with the token, which gives a browser access. */
  readonly url: string;
  /** Verifies and signs with these from here on. */
  replaceSecrets(secrets: readonly SecretCandidate[]): void;
  /** Shows the listener's public address on open pages from now on; null for none. */
  showPublicAddress(address: PublicAddressDocument | null): void;
  close(): Promise<void>;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

const TOKEN_BYTES = 24;
/** An edited payload may be as large as a capture, whose limit is 10 MB by default. */
const MAX_REQUEST_BYTES = 32 * 1024 * 1024;
const GRACE_MS = 1000;

/** Serves the page and its API; rejects with PORT_IN_USE or UNREACHABLE. */
export async function startInspector(
  options: InspectorOptions,
  world: InspectorWorld,
): Promise<Inspector> {
  const store = new OpenedStore(options.storeFile);
  // A store that is damaged or belongs to another program is reported now, not by the page.
  store.open();
  const deliveries = options.api === null ? null : new DeliverySearch(options.api, world);
  const changes = new ChangeStream(() => store.version());
  const served: Writable<InspectorOptions> = { ...options };
  const site = new Site({ options: served, world, store, changes, deliveries });
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    response.on('error', () => undefined);
    site.answer(request, response).catch(() => response.destroy());
  });
  try {
    const url = await site.bind(server, options);
    return {
      url,
      replaceSecrets: (secrets) => void (served.secrets = secrets),
      showPublicAddress: (address) => {
        served.publicAddress = address;
        changes.tellState();
      },
      close: async () => {
        changes.close();
        await closeServer(server, GRACE_MS);
        store.close();
      },
    };
  } catch (error) {
    store.close();
    throw error;
  }
}

/** Decides which requests are answered, and how. */
class Site {
  private readonly api: Api;
  private readonly files: ReadonlyMap<string, PageAnswer>;
  private gate: Gate = { host: '', port: 0, token: '' };

  constructor(api: Api) {
    this.api = api;
    this.files = readPageFiles(api.options.pageFolder);
  }

  /** Listens; the address with the token. */
  async bind(server: Server, { host, port }: InspectorOptions): Promise<string> {
    const bound = await bindServer(server, { host, port });
    const token = this.api.world.randomBytes(TOKEN_BYTES).toString('hex');
    this.gate = { host: new URL(bound.url).host, port: bound.port, token };
    return `${bound.url}/?token=${token}`;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(`http://page${request.url?.startsWith('/') === true ? request.url : '/'}`);
    try {
      const answer = url.pathname.startsWith('/api/')
        ? await this.callApi(request, response, url)
        : this.page(request, url);
      if (answer !== undefined) writeAnswer(response, answer);
    } catch (error) {
      if (response.headersSent) response.destroy();
      else writeAnswer(response, problemAnswer(toProblem(error)));
    }
  }

  private page({ method, headers }: IncomingMessage, { pathname, searchParams }: URL): PageAnswer {
    const { gate } = this;
    if (!isServedHost(headers.host, gate)) throw refused('host');
    if (method !== 'GET' && method !== 'HEAD') {
      throw new ApiProblem(405, 'USAGE', `no ${method ?? ''} ${pathname}`);
    }
    const file = this.files.get(pathname);
    if (file === undefined) throw new ApiProblem(404, 'NOT_FOUND', `no ${pathname}`);
    if (pathname !== '/') return file;
    const token = searchParams.get('token');
    if (token !== null && isToken(token, gate)) return enter(searchParams, gate);
    // A link in a mail or on another page may open the page too, but then the cookie is not sent.
    return judgeRequest({ ...headers, 'sec-fetch-site': undefined }, gate, false) === null
      ? file
      : LOCKED;
  }

  private async callApi(
    request: IncomingMessage,
    response: ServerResponse,
    { pathname, searchParams }: URL,
  ): Promise<PageAnswer | undefined> {
    const { method = 'GET', headers } = request;
    const refusal = judgeRequest(headers, this.gate, method !== 'GET');
    if (refusal !== null) throw refused(refusal);
    for (const [routeMethod, path, run] of ROUTES) {
      const match = routeMethod === method ? path.exec(pathname) : null;
      if (match === null) continue;
      const body = method === 'POST' ? await readJsonBody(request) : undefined;
      const [, id = ''] = match;
      return run(this.api, { parameters: searchParams, id, body, response });
    }
    throw new ApiProblem(404, 'NOT_FOUND', `no ${method} ${pathname}`);
  }
}

/** Sets the cookie and takes the token out of the address, so that it is not bookmarked or shared. */
function enter(parameters: URLSearchParams, gate: Gate): PageAnswer {
  const rest = new URLSearchParams(parameters);
  rest.delete('token');
  const query = rest.toString();
  return {
    status: 303,
    headers: { Location: query === '' ? '/' : `/?${query}`, 'Set-Cookie': sessionCookie(gate) },
    body: '',
  };
}

function refused(refusal: 'host' | 'origin' | 'token'): ApiProblem {
  switch (refusal) {
    case 'host':
      return new ApiProblem(421, 'NOT_PERMITTED', 'expected the Host that the inspector serves');
    case 'origin':
      return new ApiProblem(
        403,
        'NOT_PERMITTED',
        'expected a request of the inspector page itself',
      );
    case 'token':
      return new ApiProblem(
        401,
        'NOT_AUTHENTICATED',
        'expected the token of the printed address',
        'open the address that relyable printed',
      );
  }
}

/** Accepts only `application/json`, which a form on another site cannot send. */
async function readJsonBody(request: IncomingMessage): Promise<unknown> {
  if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? '')) {
    throw new ApiProblem(415, 'USAGE', 'expected Content-Type: application/json');
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_REQUEST_BYTES) throw new ApiProblem(413, 'USAGE', 'the body is too large');
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  } catch (error) {
    throw new ApiProblem(400, 'USAGE', `expected JSON as the body: ${errorMessage(error)}`);
  }
}

function toProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  if (error instanceof RelyableError) {
    const status = error.code === 'NOT_AUTHENTICATED' ? 502 : 500;
    return new ApiProblem(status, error.code, error.message, error.hint);
  }
  return new ApiProblem(500, 'BUG', errorMessage(error));
}
