import type { Reason, SecretCandidate } from '../verify.ts';
import { type Algorithm, HmacKey } from '../hmac.ts';

/** Bytes that may have keyed the MAC. */
export interface Key {
  /** Which secret, and whether it was found in addition to the chosen ones. */
  readonly source: string;
  readonly isKnownOnly: boolean;
  readonly reasons: readonly Reason[];
  /** Completes "the key is …"; null for the secret as it is. Never contains the secret. */
  readonly name: string | null;
  readonly bytes: Buffer;
  mac(algorithm: Algorithm): HmacKey;
}

interface Variant {
  readonly reason: Reason;
  readonly name: string;
  readonly bytes: Buffer;
}

/** Keys in three groups: secrets as they are, altered in one way, and altered in two. */
export interface Keys {
  readonly plain: readonly Key[];
  readonly varied: readonly Key[];
  readonly twiceVaried: readonly Key[];
}

/** Every key to try; equal bytes appear once, under their simplest explanation. */
export function listKeys(secrets: readonly SecretCandidate[]): Keys {
  const seen = new Set<string>();
  const isNew = (key: Key): boolean => {
    const id = idOf(key);
    if (seen.has(id)) return false;
    seen.add(id);
    return true;
  };
  const chosen = secrets.filter(({ role }) => role === 'chosen');
  // A known secret that differs from a chosen one only in these is the same secret.
  const withWhitespaceOrQuotes = new Set(
    chosen.flatMap(({ value }) => [...varyWhitespace(value), ...varyQuotes(value)].map(idOf)),
  );
  const known = secrets.filter(({ role, value }) => {
    return (
      role === 'known' && !withWhitespaceOrQuotes.has(idOf({ bytes: Buffer.from(value, 'utf8') }))
    );
  });
  const ordered = [...chosen, ...known];
  const plain = ordered.map((secret) => createKey(secret, [])).filter(isNew);
  const varied = ordered
    .flatMap((secret) =>
      varySecret(Buffer.from(secret.value, 'utf8')).map((variant) => createKey(secret, [variant])),
    )
    .filter(isNew);
  const twiceVaried = ordered.flatMap((secret) => varyTwice(secret)).filter(isNew);
  return { plain, varied: [...varied, ...emptyKeys(secrets).filter(isNew)], twiceVaried };
}

function idOf({ bytes }: Pick<Key, 'bytes'>): string {
  return bytes.toString('latin1');
}

function varyTwice(secret: SecretCandidate): Key[] {
  return varySecret(Buffer.from(secret.value, 'utf8')).flatMap((first) =>
    first.bytes.length > 256
      ? []
      : varySecret(first.bytes)
          .filter((second) => second.reason !== first.reason)
          .map((second) => createKey(secret, [first, second])),
  );
}

function createKey(secret: SecretCandidate, variants: readonly Variant[]): Key {
  const isKnownOnly = secret.role === 'known';
  const reasons = variants.map(({ reason }) => reason);
  return keyOf(variants.at(-1)?.bytes ?? Buffer.from(secret.value, 'utf8'), {
    source: secret.source,
    isKnownOnly,
    reasons: isKnownOnly ? ['secret_other_known', ...reasons] : reasons,
    name: variants.length === 0 ? null : variants.map(({ name }) => name).join(', '),
  });
}

function keyOf(bytes: Buffer, facts: Omit<Key, 'bytes' | 'mac'>): Key {
  const states = new Map<Algorithm, HmacKey>();
  return {
    ...facts,
    bytes,
    mac: (algorithm) => {
      const known = states.get(algorithm);
      if (known !== undefined) return known;
      const state = new HmacKey(algorithm, bytes);
      states.set(algorithm, state);
      return state;
    },
  };
}

/** What an unset variable reads as in common languages. */
const UNSET = ['', 'undefined', 'null', 'None', 'nil', 'false'] as const;

function emptyKeys(secrets: readonly SecretCandidate[]): Key[] {
  const [first] = secrets;
  if (first === undefined) return [];
  return UNSET.map((text) =>
    keyOf(Buffer.from(text), {
      source: first.source,
      isKnownOnly: false,
      reasons: ['secret_empty'],
      name: text === '' ? 'empty' : `the text "${text}", which an unset variable becomes`,
    }),
  );
}

function varySecret(secret: Buffer): Variant[] {
  const text = secret.toString('utf8');
  if (text === '') return [];
  return [
    ...varyWhitespace(text),
    ...varyQuotes(text),
    ...varyBase64(secret, text),
    ...varyHex(secret, text),
    ...varyCharset(text),
  ].filter(({ bytes }) => bytes.length > 0 && !bytes.equals(secret));
}

function varyWhitespace(text: string): Variant[] {
  const variant = (name: string, changed: string): Variant => ({
    reason: 'secret_whitespace',
    name,
    bytes: Buffer.from(changed, 'utf8'),
  });
  return [
    variant('the secret without the white space around it', text.trim()),
    variant('the secret without the white space at its end', text.trimEnd()),
    variant('the secret without its last line end', text.replace(/\r?\n$/, '')),
    variant('the secret without any white space', text.replace(/\s+/g, '')),
    variant('the secret with a line feed at its end', `${text}\n`),
    variant('the secret with CRLF at its end', `${text}\r\n`),
    variant('the secret with a carriage return at its end', `${text}\r`),
    variant('the secret with a space at its end', `${text} `),
    variant('the secret with a space in front', ` ${text}`),
    variant('the secret with a tab at its end', `${text}\t`),
    variant('the secret with a byte order mark in front', `\ufeff${text}`),
  ];
}

function varyQuotes(text: string): Variant[] {
  const variant = (name: string, changed: string): Variant => ({
    reason: 'secret_quoted',
    name,
    bytes: Buffer.from(changed, 'utf8'),
  });
  const inner =
    /^\s*(["'`])([^]*)\1\s*$/.exec(text)?.[2] ?? /^\s*[“‘]([^]*)[”’]\s*$/.exec(text)?.[1];
  return [
    ...(inner === undefined ? [] : [variant('the secret without the quotes around it', inner)]),
    variant('the secret with double quotes around it', `"${text}"`),
    variant('the secret with single quotes around it', `'${text}'`),
  ];
}

function varyBase64(secret: Buffer, text: string): Variant[] {
  const variant = (name: string, bytes: Buffer): Variant => ({
    reason: 'secret_base64_decoded',
    name,
    bytes,
  });
  const variants: Variant[] = [];
  // `whsec_…` as in Standard Webhooks, `whsec_test_…`: the part after the prefix is base64.
  for (let rest = text, prefix = ''; ;) {
    if (/^[A-Za-z0-9+/_-]{4,}={0,2}$/.test(rest)) {
      const after = prefix === '' ? '' : ` after "${prefix}"`;
      variants.push(variant(`the secret${after} decoded from base64`, Buffer.from(rest, 'base64')));
    }
    const match = /^[A-Za-z]{2,8}_/.exec(rest);
    if (match === null) break;
    prefix += match[0];
    rest = rest.slice(match[0].length);
  }
  variants.push(
    variant("the secret's base64 text (the secret here is already decoded)", base64Text(secret)),
  );
  return variants;
}

function base64Text(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('base64'), 'latin1');
}

function varyHex(secret: Buffer, text: string): Variant[] {
  const variant = (name: string, bytes: Buffer): Variant => ({
    reason: 'secret_hex_decoded',
    name,
    bytes,
  });
  const digits = /^(?:0x|[A-Za-z_]+_)?((?:[0-9a-fA-F]{2}){4,})$/.exec(text)?.[1];
  return [
    ...(digits === undefined
      ? []
      : [variant('the secret decoded from hex', Buffer.from(digits, 'hex'))]),
    variant(
      "the secret's hex text (the secret here is already decoded)",
      Buffer.from(secret.toString('hex'), 'latin1'),
    ),
  ];
}

function varyCharset(text: string): Variant[] {
  if (!/[\u0080-\u00ff]/.test(text) || /[\u0100-\uffff]/.test(text)) return [];
  return [
    {
      reason: 'charset_latin1',
      name: 'the secret in latin-1 instead of UTF-8',
      bytes: Buffer.from(text, 'latin1'),
    },
  ];
}
