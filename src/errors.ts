/** Every error code with its exit code. */
const EXIT_CODES = {
  USAGE: 2,
  CONFIG_INVALID: 2,
  SECRET_INVALID: 2,
  INPUT_UNREADABLE: 2,
  NOT_FOUND: 2,
  STORE_UNUSABLE: 2,
  CAPTURE_DAMAGED: 1,
  NOT_AUTHENTICATED: 3,
  NOT_PERMITTED: 3,
  UNREACHABLE: 4,
  PORT_IN_USE: 4,
  API_ERROR: 4,
  TIMED_OUT: 5,
  BUG: 70,
} as const;

export type ErrorCode = keyof typeof EXIT_CODES;

/** Exit codes of commands that end without an error. */
export const EXIT_SUCCESS = 0;
export const EXIT_CHECK_FAILED = 1;
export const EXIT_UNREADABLE = 2;
export const EXIT_UNREACHABLE = 4;
export const EXIT_TIMED_OUT = 5;

/**
 * An error that ends a command. The message says what was expected and what came; the hint is what
 * to type next. Results (an invalid signature, a 500 from the app) are values and never thrown.
 */
export class RelyableError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'RelyableError';
    this.code = code;
    this.hint = options.hint;
  }

  get exitCode(): number {
    return EXIT_CODES[this.code];
  }
}

/** The message of anything that was thrown, e.g. `connect ECONNREFUSED 127.0.0.1:3000`. */
export function errorMessage(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.message === '') {
    return thrown.errors.map(errorMessage).join('; ');
  }
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The system or library code of anything that was thrown, e.g. `ECONNREFUSED`. */
export function errorCode(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null) return undefined;
  const { code, cause } = thrown as { code?: unknown; cause?: unknown };
  if (typeof code === 'string') return code;
  return cause === undefined ? undefined : errorCode(cause);
}

const FILE_PROBLEMS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EEXIST: 'a part of the path is a file, not a folder',
  EISDIR: 'it is a folder, not a file',
  ELOOP: 'too many symbolic links',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'the name is too long',
  ENOENT: 'no such file or folder',
  ENOSPC: 'no space is left on the disk',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EPERM: 'the system does not permit it',
  EROFS: 'the file system is read-only',
};

/** Why a file cannot be read or written, without its name. */
export function describeFileProblem(thrown: unknown): string {
  return FILE_PROBLEMS[errorCode(thrown) ?? ''] ?? errorMessage(thrown);
}

/** OpenSSL's errors for a plain HTTP answer; they differ by version. */
const NOT_TLS = /wrong version number|packet length too long/i;

/** Why TLS with a host failed, in plain words; undefined for any other error. */
export function describeTlsProblem(thrown: unknown, host: string): string | undefined {
  const code = errorCode(thrown) ?? '';
  if (code !== 'EPROTO' && !code.startsWith('ERR_SSL_')) return undefined;
  const said = errorMessage(thrown);
  if (NOT_TLS.test(said)) return `${host} does not speak TLS: use http:// instead of https://`;
  if (/no application protocol/i.test(said)) {
    return `${host} does not offer HTTP/1.1 over TLS (HTTP/2 only?): let it accept HTTP/1.1 as well`;
  }
  const reason = /:SSL routines:[^:]*:([^:\n]+)/.exec(said)?.[1] ?? code;
  return `the TLS handshake with ${host} failed (${reason})`;
}
