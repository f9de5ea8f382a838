import { RelyableError } from '../../errors.ts';
import type { Delivery, DeliveryState } from '../delivery.ts';
import {
  deliveryNotFound,
  describeShape,
  logNotFound,
  notJson,
  notResent,
  statusError,
} from './api-errors.ts';
import { ApiReader, type ApiReaderOptions } from './api-reader.ts';
import {
  type PageInfo,
  readErrorEnvelope,
  readItemEnvelope,
  readListEnvelope,
} from './envelope.ts';
import { parseDelivery, type WireProblem } from './wire.ts';

export interface ApiClientOptions extends ApiReaderOptions {
  /** Under the base URL, e.g. `/webhooks/deliveries`. */
  readonly deliveriesPath: string;
}

export interface DeliveryQuery {
  /** From 1. */
  readonly page: number;
  /** 1 to 100. */
  readonly limit: number;
  readonly event?: string;
  readonly state?: DeliveryState;
  /** ms since 1970. */
  readonly since?: number;
}

/** One page of the log. */
export interface DeliveryPage {
  readonly deliveries: readonly Delivery[];
  /** What could not be read as the contract describes it. */
  readonly problems: readonly WireProblem[];
  readonly info: PageInfo;
  /** Number of records on the page, unreadable ones included. */
  readonly size: number;
}

/** Reads the delivery log, and asks for a delivery again. Every failure is a RelyableError. */
export interface ApiClient {
  listDeliveries(query: DeliveryQuery): Promise<DeliveryPage>;
  /** NOT_FOUND where the log does not have the delivery. */
  getDelivery(id: string): Promise<{ delivery: Delivery; problems: readonly WireProblem[] }>;
  /** Asks the API to send a delivery again: the new delivery, or null where the answer does not name it. */
  resend(id: string): Promise<Delivery | null>;
  /** The server's clock by its last answer, ms since 1970; ours before the first one. */
  serverNow(): number;
}

export function createApiClient(options: ApiClientOptions): ApiClient {
  return new DeliveryLog(options);
}

const MAX_ID_LENGTH = 500;

class DeliveryLog implements ApiClient {
  private readonly reader: ApiReader;
  private readonly baseUrl: URL;
  /** The URL of the log. */
  private readonly url: string;

  constructor(options: ApiClientOptions) {
    this.reader = new ApiReader(options);
    this.baseUrl = options.baseUrl;
    this.url = `${options.baseUrl.href.replace(/\/+$/, '')}${options.deliveriesPath}`;
  }

  async listDeliveries(query: DeliveryQuery): Promise<DeliveryPage> {
    const url = pageUrl(this.url, query);
    const body = await this.readJson(url, () => logNotFound(this.url));
    const list = readListEnvelope(body);
    if (list === undefined) {
      throw new RelyableError(
        'API_ERROR',
        `the API at ${url.origin}${url.pathname}: expected a list of deliveries, got ${describeShape(body)}`,
        { hint: 'check api.url and api.deliveriesPath in the config' },
      );
    }
    const problems: WireProblem[] = [];
    const deliveries = list.items
      .map((item, index) =>
        parseDelivery(item, `number ${index + 1} of page ${query.page}`, problems),
      )
      .filter((delivery) => delivery !== undefined);
    return { deliveries, problems, info: list.info, size: list.items.length };
  }

  async getDelivery(id: string): Promise<{ delivery: Delivery; problems: readonly WireProblem[] }> {
    const url = this.deliveryUrl(id);
    const body = await this.readJson(url, (said) => deliveryNotFound(id, said));
    const problems: WireProblem[] = [];
    const delivery = parseDelivery(readItemEnvelope(body), id, problems);
    if (delivery !== undefined) return { delivery, problems };
    const [problem] = problems;
    throw new RelyableError(
      'API_ERROR',
      `the API: expected delivery ${id}, got ${describeShape(body)} (${problem?.path ?? ''} ${problem?.message ?? ''})`,
    );
  }

  async resend(id: string): Promise<Delivery | null> {
    const url = this.deliveryUrl(id, '/resend');
    const answer = await this.reader.read(url, 'POST');
    const body = parseJson(answer.text);
    const refusal = readErrorEnvelope(body);
    const said = refusal?.message ?? refusal?.code ?? '';
    if (answer.status === 404) {
      // Reading it throws if there is no such delivery; otherwise the API has no resend.
      await this.getDelivery(id);
      throw notResent(id, said);
    }
    const isDone = answer.status >= 200 && answer.status <= 202 && refusal === undefined;
    if (!isDone) throw statusError(answer, said, this.baseUrl);
    return parseDelivery(readItemEnvelope(body), id, []) ?? null;
  }

  serverNow(): number {
    return this.reader.serverNow();
  }

  /** Throws USAGE for a text that cannot be an id: the URL would lose it, name another path, or be too long. */
  private deliveryUrl(id: string, rest = ''): URL {
    if (id === '' || id.length > MAX_ID_LENGTH || /^\.{1,2}$/.test(id)) {
      const got = id.length > MAX_ID_LENGTH ? `one of ${id.length}` : JSON.stringify(id);
      throw new RelyableError(
        'USAGE',
        `expected a delivery id of 1 to ${MAX_ID_LENGTH} characters, got ${got}`,
        { hint: 'relyable webhooks logs list shows the ids' },
      );
    }
    return new URL(`${this.url}/${encodeURIComponent(id)}${rest}`);
  }

  /** The JSON of an answer of 200; `notFound` makes the error for 404. */
  private async readJson(url: URL, notFound: (message: string) => RelyableError): Promise<unknown> {
    const answer = await this.reader.read(url);
    const body = parseJson(answer.text);
    const refusal = readErrorEnvelope(body);
    const said = refusal?.message ?? refusal?.code ?? '';
    if (answer.status === 404) throw notFound(said);
    if (answer.status !== 200) throw statusError(answer, said, this.baseUrl);
    if (refusal !== undefined) {
      const code = refusal.code === undefined ? '' : `${refusal.code}: `;
      throw new RelyableError(
        'API_ERROR',
        `the API answered 200 with success: false (${code}${refusal.message ?? 'no message'})`,
      );
    }
    if (body === undefined) throw notJson(answer, this.baseUrl);
    return body;
  }
}

function pageUrl(base: string, { page, limit, event, state, since }: DeliveryQuery): URL {
  const url = new URL(base);
  url.searchParams.set('page', String(page));
  url.searchParams.set('limit', String(limit));
  if (event !== undefined) url.searchParams.set('event', event);
  if (state !== undefined) url.searchParams.set('state', state);
  if (since !== undefined) url.searchParams.set('since', new Date(since).toISOString());
  return url;
}

/** undefined where the text is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
