import type { ErrorDocument, SentDocument } from '../api-types.ts';

/** An error answer of the server. */
export class ApiError extends Error {
  readonly hint: string | undefined;

  constructor({ message, hint }: Pick<ErrorDocument, 'message' | 'hint'>) {
    super(message);
    this.hint = hint;
  }
}

async function call(path: string, init: RequestInit): Promise<Response> {
  const response = await fetch(path, init);
  if (response.ok) return response;
  const said = (await response.json().catch(() => undefined)) as ErrorDocument | undefined;
  throw new ApiError(said ?? { message: `the inspector answered ${response.status}` });
}

export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await call(path, signal === undefined ? {} : { signal });
  return (await response.json()) as T;
}

export async function getBytes(path: string, signal?: AbortSignal): Promise<Uint8Array> {
  const response = await call(path, signal === undefined ? {} : { signal });
  return new Uint8Array(await response.arrayBuffer());
}

/** A file with the name that the server gives it. */
export async function getFile(path: string): Promise<{ name: string; bytes: Uint8Array }> {
  const response = await call(path, {});
  const disposition = response.headers.get('content-disposition') ?? '';
  const name = /filename="([^"]+)"/.exec(disposition)?.[1] ?? 'export';
  return { name, bytes: new Uint8Array(await response.arrayBuffer()) };
}

export async function post(path: string, body: object): Promise<SentDocument> {
  const headers = { 'Content-Type': 'application/json' };
  const response = await call(path, { method: 'POST', headers, body: JSON.stringify(body) });
  return (await response.json()) as SentDocument;
}

export async function remove(path: string): Promise<void> {
  await call(path, { method: 'DELETE' });
}
