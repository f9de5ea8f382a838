import type { ServerResponse } from 'node:http';
import { exportCaptures } from '../request/export/export.ts';
import { EXPORT_FORMATS } from '../request/export/export-formats.ts';
import { createRedactor } from '../request/redact/redact.ts';
import { EVENT_TYPES } from '../relyable/event-type.ts';
import { explainRequest } from '../signature/diagnosis/diagnosis.ts';
import { isJudged, REASONS, SIGNATURE_NOT_RECORDED } from '../signature/verify.ts';
import { VERSION } from '../version.ts';
import { deleteCapture, replayCapture, type ReplayRequest, sendSample } from './actions.ts';
import { type PageAnswer, ApiProblem, jsonAnswer } from './answer.ts';
import type { ActivityDocument, CapturesDocument, StateDocument } from './api-types.ts';
import {
  toAttemptsDocument,
  toCaptureDocument,
  toExplanationDocument,
  toRow,
} from './capture-documents.ts';
import { oneOf, readCaptureQuery, readWhole } from './capture-query.ts';
import type { ChangeStream } from './change-stream.ts';
import type { DeliverySearch } from './delivery-search.ts';
import type { InspectorOptions, InspectorWorld } from './inspector-options.ts';
import type { OpenedStore } from './opened-store.ts';

/** What the routes use. */
export interface Api {
  readonly options: InspectorOptions;
  readonly world: InspectorWorld;
  readonly store: OpenedStore;
  readonly changes: ChangeStream;
  /** null where no API is configured. */
  readonly deliveries: DeliverySearch | null;
}

/** A request that has access. */
export interface ApiRequest {
  readonly parameters: URLSearchParams;
  /** The capture's id in the path; empty where there is none. */
  readonly id: string;
  /** The parsed body of a POST. */
  readonly body: unknown;
  readonly response: ServerResponse;
}

type Route = (api: Api, request: ApiRequest) => PageAnswer | Promise<PageAnswer> | undefined;

/** How long one request searches before it answers with what it has, ms. */
const SEARCH_MS = 100;
const MAX_ROWS = 200;
/** The most captures that a chart counts. */
const MAX_CHARTED = 20_000;
/** The longest interval of a chart: a day. */
const MAX_BUCKET_MS = 86_400_000;
/** The most captures of one export that a page can hold. */
const MAX_EXPORTED = 10_000;

/** Every path of the API, in the order of docs/inspector.md. */
export const ROUTES: ReadonlyArray<readonly [method: string, path: RegExp, run: Route]> = [
  ['GET', /^\/api\/state$/, getState],
  ['GET', /^\/api\/changes$/, streamChanges],
  ['GET', /^\/api\/captures$/, listCaptures],
  ['GET', /^\/api\/activity$/, getActivity],
  ['GET', /^\/api\/export$/, exportMatching],
  ['GET', /^\/api\/captures\/(cap_\w+)$/, getCapture],
  ['GET', /^\/api\/captures\/(cap_\w+)\/body$/, getBody],
  ['GET', /^\/api\/captures\/(cap_\w+)\/explanation$/, getExplanation],
  ['GET', /^\/api\/captures\/(cap_\w+)\/attempts$/, getAttempts],
  ['GET', /^\/api\/captures\/(cap_\w+)\/export$/, exportOne],
  ['POST', /^\/api\/captures\/(cap_\w+)\/replay$/, replay],
  ['DELETE', /^\/api\/captures\/(cap_\w+)$/, remove],
  ['POST', /^\/api\/samples$/, sample],
];

function getState({ options, deliveries }: Api): PageAnswer {
  const document: StateDocument = {
    type: 'state',
    v: 1,
    store: options.storeFile,
    target: options.target,
    listener: options.listenerUrl,
    publicAddress: options.publicAddress,
    events: EVENT_TYPES,
    reasons: REASONS,
    exportFormats: EXPORT_FORMATS,
    secretSource: options.secrets[0]?.source ?? '',
    hasApi: deliveries !== null,
  };
  return jsonAnswer(document);
}

function streamChanges({ changes }: Api, { response }: ApiRequest): undefined {
  changes.open(response);
}

function listCaptures({ store, world }: Api, { parameters }: ApiRequest): PageAnswer {
  const query = readCaptureQuery(parameters);
  const offset = readWhole(parameters, 'offset', { fallback: 0, max: 999_999_999 });
  const limit = readWhole(parameters, 'limit', { fallback: 50, max: MAX_ROWS });
  const opened = store.open();
  const startedAt = world.elapsed();
  const part = opened?.views
    .of(query)
    .part(offset, limit, () => world.elapsed() - startedAt > SEARCH_MS);
  const document: CapturesDocument = {
    type: 'captures',
    v: 1,
    total: part?.total ?? 0,
    isComplete: part?.isComplete ?? true,
    offset,
    captures: opened?.browser.heads(part?.seqs ?? []).map(toRow) ?? [],
  };
  return jsonAnswer(document);
}

function getActivity({ store, world }: Api, { parameters }: ApiRequest): PageAnswer {
  const bucketMs = readWhole(parameters, 'bucket', { fallback: 60_000, max: MAX_BUCKET_MS });
  if (bucketMs < 1000) throw new ApiProblem(400, 'USAGE', 'bucket: expected at least 1000 (ms)');
  const opened = store.open();
  const startedAt = world.elapsed();
  const part = opened?.views
    .of(readCaptureQuery(parameters))
    .part(0, MAX_CHARTED, () => world.elapsed() - startedAt > SEARCH_MS);
  const buckets = opened?.browser.activity(part?.seqs ?? [], bucketMs) ?? [];
  const document: ActivityDocument = {
    type: 'activity',
    v: 1,
    bucketMs,
    buckets: buckets.map(({ start, received, invalid, failed, meanMs, maxMs }) => {
      return { start: new Date(start).toISOString(), received, invalid, failed, meanMs, maxMs };
    }),
  };
  return jsonAnswer(document);
}

function getCapture({ store }: Api, { id }: ApiRequest): PageAnswer {
  const capture = store.require(id);
  const repeats = store.open()?.reader.ofEvent(capture.eventId) ?? [];
  return jsonAnswer(toCaptureDocument(capture, repeats));
}

function getBody({ store }: Api, { id }: ApiRequest): PageAnswer {
  const { body } = store.require(id);
  return {
    status: 200,
    headers: {
      'Content-Type': 'application/octet-stream',
      'Content-Disposition': `attachment; filename="${id}.bin"`,
    },
    body,
  };
}

function getExplanation({ store, options }: Api, { id }: ApiRequest): PageAnswer {
  const capture = store.require(id);
  const explanation = explainRequest(capture, options.secrets);
  const shown = isJudged(capture.verification)
    ? explanation
    : { ...explanation, verification: SIGNATURE_NOT_RECORDED };
  return jsonAnswer(toExplanationDocument(shown, options.recipe));
}

async function getAttempts({ store, deliveries }: Api, { id }: ApiRequest): Promise<PageAnswer> {
  const { eventId, receivedAt } = store.require(id);
  if (deliveries === null) {
    throw new ApiProblem(
      404,
      'NOT_FOUND',
      'no API is configured',
      'set RELYABLE_API_KEY, or RELYABLE_API_URL to an emulator',
    );
  }
  const found = await deliveries.find(eventId, receivedAt);
  const captures = store.open()?.reader.ofEvent(eventId) ?? [];
  return jsonAnswer(toAttemptsDocument(found, captures));
}

function exportOne({ store }: Api, { id, parameters }: ApiRequest): PageAnswer {
  return exportAnswer([store.require(id)], parameters, id);
}

/** The newest captures that the filters choose, oldest first. */
function exportMatching({ store }: Api, { parameters }: ApiRequest): PageAnswer {
  const opened = store.open();
  const part = opened?.views.of(readCaptureQuery(parameters)).part(0, MAX_EXPORTED, () => false);
  const heads = opened?.browser.heads([...(part?.seqs ?? [])].reverse()) ?? [];
  const captures = heads.flatMap((head) => opened?.reader.get(head.id) ?? []);
  return exportAnswer(captures, parameters, 'captures');
}

const EXTENSIONS = {
  ndjson: 'ndjson',
  http: 'http',
  har: 'har',
  curl: 'sh',
  vitest: 'test.mjs',
  pytest: 'py',
} as const;

function exportAnswer(
  captures: Parameters<typeof exportCaptures>[0] extends Iterable<infer C> ? readonly C[] : never,
  parameters: URLSearchParams,
  name: string,
): PageAnswer {
  const format = oneOf(parameters, 'format', EXPORT_FORMATS) ?? 'ndjson';
  const isRedacted = oneOf(parameters, 'redact', ['yes', 'no']) === 'yes';
  const redactor = createRedactor();
  const chosen = isRedacted ? captures.map((capture) => redactor.redact(capture)) : captures;
  const pieces = Array.from(exportCaptures(chosen, format, VERSION), (piece) => Buffer.from(piece));
  return {
    status: 200,
    headers: {
      'Content-Type': 'application/octet-stream',
      'Content-Disposition': `attachment; filename="${name}.${EXTENSIONS[format]}"`,
    },
    body: Buffer.concat(pieces),
  };
}

async function replay(api: Api, { id, body }: ApiRequest): Promise<PageAnswer> {
  const { options, world, store } = api;
  const request = readObject(body);
  const { to, payload, resign } = request;
  const changes: ReplayRequest = {
    ...(to === undefined ? {} : { to: asText('to', to) }),
    ...(payload === undefined ? {} : { payload: asText('payload', payload) }),
    ...(resign === true ? { resign } : {}),
  };
  return jsonAnswer(await replayCapture(store.require(id), changes, options, world));
}

function remove({ store, options }: Api, { id }: ApiRequest): PageAnswer {
  deleteCapture(id, options);
  store.open()?.views.clear();
  return jsonAnswer({ type: 'deleted', v: 1, id });
}

async function sample({ options, world }: Api, { body }: ApiRequest): Promise<PageAnswer> {
  const { event, to } = readObject(body);
  const request = {
    event: asText('event', event),
    ...(to === undefined ? {} : { to: asText('to', to) }),
  };
  return jsonAnswer(await sendSample(request, options, world));
}

function readObject(body: unknown): Readonly<Record<string, unknown>> {
  if (typeof body === 'object' && body !== null) return body as Readonly<Record<string, unknown>>;
  throw new ApiProblem(400, 'USAGE', 'expected a JSON object as the body');
}

function asText(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw new ApiProblem(400, 'USAGE', `${name}: expected a string`);
}
