import * as z from 'zod';

/** What a page says about the whole list. */
export interface PageInfo {
  /** Page size the server used. */
  readonly limit?: number;
  readonly total?: number;
  readonly hasMore?: boolean;
}

const refusalSchema = z.object({ success: z.literal(false) });
const errorSchema = z.object({
  error: z.union([
    z.object({ code: z.string().optional(), message: z.string().optional() }),
    z.string().transform((message) => ({ message, code: undefined })),
  ]),
});

/** `{"success": false, "error": {…}}` in its variants; undefined where a body is something else. */
export function readErrorEnvelope(
  body: unknown,
): { readonly code: string | undefined; readonly message: string | undefined } | undefined {
  const parsed = errorSchema.safeParse(body);
  if (parsed.success) return { code: parsed.data.error.code, message: parsed.data.error.message };
  return refusalSchema.safeParse(body).success
    ? { code: undefined, message: undefined }
    : undefined;
}

/** The fields that may hold the list; the shape of a page is not published. */
const LIST_NAMES = ['data', 'items', 'deliveries', 'results'] as const;
const INFO_NAMES = ['pagination', 'meta'] as const;

type Fields = Readonly<Record<string, unknown>>;

/**
 * The list and its page information: a bare array, `{data: […]}` in both published envelopes
 * (`success` or `message`), or one level deeper under `data`; undefined where there is no list.
 */
export function readListEnvelope(
  body: unknown,
): { readonly items: readonly unknown[]; readonly info: PageInfo } | undefined {
  if (Array.isArray(body)) return { items: body, info: {} };
  if (!isFields(body)) return undefined;
  for (const holder of [body, body['data']]) {
    if (!isFields(holder)) continue;
    const items = LIST_NAMES.map((name) => holder[name]).find((value) => Array.isArray(value));
    if (items !== undefined) return { items, info: readPageInfo([holder, body]) };
  }
  return undefined;
}

/** The one record of an answer: under `data`, or the answer itself. */
export function readItemEnvelope(body: unknown): unknown {
  return isFields(body) && isFields(body['data']) ? body['data'] : body;
}

function readPageInfo(holders: readonly Fields[]): PageInfo {
  const places = holders.flatMap((holder) => [
    ...INFO_NAMES.map((name) => holder[name]).filter(isFields),
    holder,
  ]);
  const find = (names: readonly string[]): unknown =>
    places
      .flatMap((place) => names.map((name) => place[name]))
      .find((value) => value !== undefined);
  const limit = find(['limit', 'per_page', 'page_size']);
  const total = find(['total', 'total_count']);
  const next = find(['next_page']);
  const hasMore = find(['has_more']) ?? (next === null ? false : undefined);
  return {
    ...(isCount(limit) ? { limit } : {}),
    ...(isCount(total) ? { total } : {}),
    ...(typeof hasMore === 'boolean' ? { hasMore } : {}),
  };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
