import { isSameHeader, SIGNATURE_HEADER } from '../../request/request.ts';
import type { SecretCandidate } from '../verify.ts';
import type { Effort } from './budget.ts';
import type { Match } from './candidates.ts';
import { type Search, type SearchedRequest, searchExplanation } from './search.ts';

/** The most headers that are searched, and the most that get the full search. */
const MAX_HEADERS = 6;
const MAX_FULL = 2;

/** A header other than the signature header that holds the signature, with the search that proved it; null for none. */
export function findMisplaced(
  request: SearchedRequest,
  secrets: readonly SecretCandidate[],
  effort: Effort,
): { readonly header: string; readonly search: Search; readonly match: Match } | null {
  const others = request.headers
    .filter(([name, value]) => !isSameHeader(name, SIGNATURE_HEADER) && isLikely(name, value))
    .sort(([a], [b]) => Number(isNamed(b)) - Number(isNamed(a)));
  for (const [index, [header, value]] of others.slice(0, MAX_HEADERS).entries()) {
    const depth = index < MAX_FULL && isNamed(header) ? effort : 'quick';
    const search = searchExplanation(request, secrets, depth, [value]);
    if (search.match !== null) return { header, search, match: search.match };
  }
  return null;
}

function isNamed(name: string): boolean {
  return /relyable|sign|hmac|digest/i.test(name);
}

/** Whether a header may hold a signature, judged by its name or by a digest in its value. */
function isLikely(name: string, value: string): boolean {
  return isNamed(name) || /[0-9a-f]{40}|[A-Za-z0-9+/_-]{42}=?/i.test(value);
}
