import type { ServerResponse } from 'node:http';
import { safeJson } from '../json/safe-json.ts';

/**
 * Sent with every answer. Only our own files may load, no page may frame ours or read an answer, and no
 * address is sent in `Referer`.
 */
const SECURITY_HEADERS = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cache-Control': 'no-store',
} as const;

/** An answer of the inspector. */
export interface PageAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

export function jsonAnswer(document: object, status = 200): PageAnswer {
  const headers = { 'Content-Type': 'application/json; charset=utf-8' };
  return { status, headers, body: safeJson(document) };
}

/** An error of the API; the codes are those of the command line where it has one. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly hint: string | undefined;

  constructor(status: number, code: string, message: string, hint?: string) {
    super(message);
    this.status = status;
    this.code = code;
    this.hint = hint;
  }
}

export function problemAnswer({ status, code, message, hint }: ApiProblem): PageAnswer {
  return jsonAnswer(
    { type: 'error', v: 1, code, message, ...(hint === undefined ? {} : { hint }) },
    status,
  );
}

/** Writes the head with the security headers. */
export function writeHead(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
): void {
  response.writeHead(status, { ...SECURITY_HEADERS, ...headers });
}

export function writeAnswer(response: ServerResponse, { status, headers, body }: PageAnswer): void {
  const bytes = Buffer.from(body);
  writeHead(response, status, { ...headers, 'Content-Length': String(bytes.length) });
  response.end(bytes);
}
