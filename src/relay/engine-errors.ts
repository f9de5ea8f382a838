import { describeTlsProblem, errorCode, errorMessage, RelyableError } from '../errors.ts';

/** Matches Node's codes for a certificate that is not trusted or has another name. */
const UNTRUSTED =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_.*|CERT_.*|ERR_TLS_CERT_ALTNAME_INVALID)$/;

/** Whether an error of the NATS client has this name. The client's classes are not loaded, so `instanceof` cannot be used. */
export function isEngineError(error: unknown, name: string): boolean {
  return findEngineError(error, name) !== null;
}

/** The error with this name, searched for in an error and its causes. */
function findEngineError(error: unknown, name: string): Error | null {
  if (!(error instanceof Error)) return null;
  return error.name === name ? error : findEngineError(error.cause, name);
}

/** The error code in JetStream's answer, e.g. 10059 for a missing stream; undefined for other errors. */
export function jetStreamCode(error: unknown): number | undefined {
  const name = error instanceof Error ? error.name : '';
  const isAnswer = /^(JetStreamApiError|StreamNotFoundError|ConsumerNotFoundError)$/.test(name);
  return isAnswer ? (error as { code?: number }).code : undefined;
}

/** JetStream's error code for a stream that does not exist. */
export const STREAM_NOT_FOUND = 10_059;

/** Describes an error of the engine for people. */
export function describeEngineError(error: unknown): string {
  const denied = findEngineError(error, 'PermissionViolationError');
  if (denied !== null) {
    const { operation = 'use', subject = 'a subject' } = denied as {
      operation?: string;
      subject?: string;
    };
    return `the server does not permit this user the ${operation} of ${subject}`;
  }
  if (isEngineError(error, 'TimeoutError')) return 'the server did not answer in time';
  return errorMessage(error);
}

/** Converts a failure to connect to these servers to a `RelyableError`. */
export function toEngineError(error: unknown, servers: readonly string[]): RelyableError {
  const where = servers.join(', ');
  if (isEngineError(error, 'AuthorizationError')) {
    return new RelyableError(
      'NOT_AUTHENTICATED',
      `${where} refuses these credentials (${errorMessage(error)})`,
      {
        hint: 'give the ones of this user: --nats-creds, --nats-nkey, --nats-user or --nats-token-file',
        cause: error,
      },
    );
  }
  const tls = describeTlsProblem(error, where);
  if (UNTRUSTED.test(errorCode(error) ?? '')) {
    return unreachable(
      `the TLS certificate of ${where} is not trusted (${errorMessage(error)})`,
      error,
      errorCode(error) === 'ERR_TLS_CERT_ALTNAME_INVALID'
        ? 'connect to the name or address that the certificate is for; before an address write tls://'
        : '--nats-ca names the file of its CA',
    );
  }
  if (/not support 'tls'/.test(errorMessage(error))) {
    return unreachable(`${where} does not offer TLS`, error, 'write nats:// without --nats-ca');
  }
  return unreachable(
    `NATS at ${where} cannot be reached: ${tls ?? describeEngineError(error)}`,
    error,
  );
}

function unreachable(message: string, cause: unknown, hint?: string): RelyableError {
  return new RelyableError(
    'UNREACHABLE',
    message,
    hint === undefined ? { cause } : { hint, cause },
  );
}
