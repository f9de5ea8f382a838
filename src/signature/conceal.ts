import type { HeaderPair } from '../request/request.ts';
import { createSigner } from './sign.ts';

/** The parts of an app's answer that are shown, stored or exported. */
export interface AnswerParts {
  readonly headers: readonly HeaderPair[];
  readonly body: Buffer;
  readonly error: string | null;
}

/** The correct signature of a request, made with this secret. */
export interface KnownSignature {
  readonly secret: string;
  readonly signature: string;
}

/**
 * Replaces the signing secrets, and the correct signatures of the request, in the app's answer, because
 * an app's debug page may print both. `signed` is the request's body. `known` returns a signature that
 * is already known, which is then not computed again. Returns the same object if nothing is replaced.
 */
export type Conceal = <A extends AnswerParts>(
  answer: A,
  signed: Uint8Array,
  known?: () => KnownSignature | null,
) => A;

const SECRET_MARK = '[signing secret]';
const SIGNATURE_MARK = '[signature of the request]';

/** Shorter secrets are not replaced: they are likely to occur in ordinary words. */
const MIN_SECRET_LENGTH = 4;
/** A truncated answer may end inside a secret or a signature: a beginning of at least this length is replaced. */
const MIN_PREFIX_LENGTH = 8;
/** Matches every answer that may hold a signature: base64 of 32 bytes, or the start of a signature at the end. */
const MAY_HAVE_SIGNATURE = /[\w+/-]{43}|[\w+/-]{8}$/;

/** Makes the function for these secrets. */
export function createConceal(secrets: readonly string[]): Conceal {
  const needles = secrets.filter((secret) => secret.length >= MIN_SECRET_LENGTH).flatMap(formsOf);
  // A longer secret first: a shorter one may be a part of it.
  needles.sort((a, b) => b.length - a.length);
  const signers = secrets.map((secret) => ({ secret, sign: createSigner(secret) }));
  const findForms = (signed: Uint8Array, known: KnownSignature | null): string[] =>
    signers.flatMap(({ secret, sign }) =>
      signatureForms(known?.secret === secret ? known.signature : sign(signed)),
    );
  const concealSecrets = (text: string): string =>
    needles.reduce((rest, needle) => replace(rest, needle, SECRET_MARK), text);
  return (answer, signed, known = () => null) => {
    const { headers, body, error } = answer;
    if (body.length === 0 && headers.length === 0 && error === null) return answer;
    // Computed only if needed, because the request's body may be large: most answers hold no signature.
    let forms: string[] | undefined;
    const conceal = (text: string): string => {
      const shown = concealSecrets(text);
      if (!MAY_HAVE_SIGNATURE.test(shown)) return shown;
      forms ??= findForms(signed, known());
      return forms.reduce((rest, form) => replace(rest, form, SIGNATURE_MARK), shown);
    };
    const text = body.toString('latin1');
    const shown = conceal(text);
    const shownHeaders = headers.map(([name, value]): HeaderPair => [name, conceal(value)]);
    const shownError = error === null ? null : fromLatin1(conceal(toLatin1(error)));
    const isSame =
      shown === text &&
      shownError === error &&
      shownHeaders.every(([, value], index) => value === headers[index]?.[1]);
    if (isSame) return answer;
    return {
      ...answer,
      headers: shownHeaders,
      body: shown === text ? body : Buffer.from(shown, 'latin1'),
      error: shownError,
    };
  };
}

/** A secret as a page may write it: unchanged, or escaped for JSON, HTML or a URL; as latin1-decoded bytes. */
function formsOf(secret: string): string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  const forms = [
    secret,
    json,
    json.replaceAll('/', '\\/'),
    secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
    encodeURIComponent(Buffer.from(secret).toString()),
  ];
  return [...new Set(forms)].map(toLatin1);
}

/** A MAC as an app may write it: hex in both cases, base64 with both alphabets. */
function signatureForms(hex: string): string[] {
  const bytes = Buffer.from(hex, 'hex');
  return [hex, hex.toUpperCase(), bytes.toString('base64'), bytes.toString('base64url')];
}

/** Replaces every occurrence of `needle`, and a beginning of `needle` at the end of the text. */
function replace(text: string, needle: string, mark: string): string {
  const whole = text.includes(needle) ? text.replaceAll(needle, mark) : text;
  const head = needle.slice(0, MIN_PREFIX_LENGTH);
  const from = Math.max(0, whole.length - needle.length + 1);
  for (let at = whole.indexOf(head, from); at !== -1; at = whole.indexOf(head, at + 1)) {
    if (needle.startsWith(whole.slice(at))) return whole.slice(0, at) + mark;
  }
  return whole;
}

function toLatin1(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

function fromLatin1(text: string): string {
  return Buffer.from(text, 'latin1').toString('utf8');
}
