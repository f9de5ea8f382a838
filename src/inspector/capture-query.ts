import { REASONS } from '../signature/verify.ts';
import { type CaptureQuery, OUTCOMES } from '../store/capture-browser.ts';
import { ApiProblem } from './answer.ts';

const MAX_WORDS = 8;

/** The filters of an address: `event`, `signature`, `outcome`, `replayed`, `since`, `until`, `q`. */
export function readCaptureQuery(parameters: URLSearchParams): CaptureQuery {
  const event = given(parameters, 'event');
  const signature = oneOf(parameters, 'signature', ['valid', 'invalid', ...REASONS]);
  const outcome = oneOf(parameters, 'outcome', OUTCOMES);
  const replayed = oneOf(parameters, 'replayed', ['yes', 'no']);
  const since = readTime(parameters, 'since');
  const until = readTime(parameters, 'until');
  const words = (given(parameters, 'q') ?? '').split(/\s+/).filter((word) => word !== '');
  return {
    ...(event === undefined ? {} : { event }),
    ...(signature === undefined ? {} : { signature }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(replayed === undefined ? {} : { isReplayed: replayed === 'yes' }),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(words.length === 0 ? {} : { words: words.slice(0, MAX_WORDS) }),
  };
}

/** A whole number from 0 up to `max`. */
export function readWhole(
  parameters: URLSearchParams,
  name: string,
  { fallback, max }: { readonly fallback: number; readonly max: number },
): number {
  const text = given(parameters, name);
  if (text === undefined) return fallback;
  if (!/^\d{1,9}$/.test(text)) throw badParameter(name, `a whole number up to ${max}`, text);
  return Math.min(max, Number(text));
}

/** A parameter that is there and not empty. */
function given(parameters: URLSearchParams, name: string): string | undefined {
  const text = parameters.get(name);
  return text === null || text === '' ? undefined : text;
}

export function oneOf<T extends string>(
  parameters: URLSearchParams,
  name: string,
  words: readonly T[],
): T | undefined {
  const text = given(parameters, name);
  const word = words.find((it) => it === text);
  if (text !== undefined && word === undefined) throw badParameter(name, words.join(', '), text);
  return word;
}

function readTime(parameters: URLSearchParams, name: string): number | undefined {
  const text = given(parameters, name);
  if (text === undefined) return undefined;
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw badParameter(name, 'an ISO 8601 time', text);
  return time;
}

function badParameter(name: string, expected: string, text: string): ApiProblem {
  return new ApiProblem(400, 'USAGE', `${name}: expected ${expected}, got "${text}"`);
}
