import { isIP } from 'node:net';
import { headerValues, type HeaderPair } from '../request/request.ts';

/** A tunnel provider that forwards requests to a listener, and the header in which it reports their sender. */
export interface ClientReporter {
  /** As `--tunnel` names it, e.g. `cloudflared`. */
  readonly name: string;
  readonly header: string;
}

/**
 * The address of a request's sender as a tunnel's provider reports it. Any sender that reaches the
 * port can write the header, so the address is shown and decides nothing.
 */
export interface ReportedClient {
  readonly address: string;
  readonly reportedBy: string;
}

/**
 * The reported sender; null if the header is missing or does not hold an address. Of several addresses the
 * provider wrote the last; those before it came with the request.
 */
export function reportedClient(
  headers: readonly HeaderPair[],
  { name, header }: ClientReporter,
): ReportedClient | null {
  const address = headerValues(headers, header).at(-1)?.split(',').at(-1)?.trim() ?? '';
  return isIP(address) === 0 ? null : { address, reportedBy: name };
}
