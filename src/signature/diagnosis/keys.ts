import type { Fixes, Reason, SecretCandidate } from '../verify.ts';
import type { SecretVariant } from './secret-family.ts';
import { varySecret, varySecretAgain } from './secret-variants.ts';
import { type Algorithm, HmacKey } from '../hmac.ts';

interface KeyFacts {
  /** Which secret, and whether it was found in addition to the chosen ones. */
  readonly source: string;
  readonly isKnownOnly: boolean;
  readonly reasons: readonly Reason[];
  /** The changes that were made to the secret, in order. */
  readonly variants: readonly Pick<SecretVariant, 'reason' | 'name' | 'fix'>[];
  readonly isRare: boolean;
}

/** Bytes that may have been the key of the MAC. */
export class Key {
  readonly bytes: Buffer;
  readonly source: string;
  readonly isKnownOnly: boolean;
  readonly reasons: readonly Reason[];
  /** Not tried together with a changed body. */
  readonly isRare: boolean;
  private readonly variants: KeyFacts['variants'];
  private readonly states: Partial<Record<Algorithm, HmacKey>> = {};

  constructor(bytes: Buffer, { source, isKnownOnly, reasons, variants, isRare }: KeyFacts) {
    this.bytes = bytes;
    this.source = source;
    this.isKnownOnly = isKnownOnly;
    this.reasons = reasons;
    this.variants = variants;
    this.isRare = isRare;
  }

  /** Completes "the key is …"; null for the unchanged secret. Never contains the secret. */
  get name(): string | null {
    if (this.variants.length === 0) return null;
    return this.variants.map(({ name }) => name).join(', ');
  }

  /** What to change, for each reason whose own fix says less. */
  get fixes(): Fixes {
    return Object.fromEntries(
      this.variants.flatMap(({ reason, fix }) => (fix === null ? [] : [[reason, fix]])),
    );
  }

  mac(algorithm: Algorithm): HmacKey {
    return (this.states[algorithm] ??= new HmacKey(algorithm, this.bytes));
  }
}

/** The keys to try, in groups. */
export interface Keys {
  /** The chosen secrets, unchanged. */
  readonly plain: readonly Key[];
  /**
   * The known secrets, unchanged. They take part only in the cheap phases, so that the depth of the
   * search does not depend on the number of secrets on the machine.
   */
  readonly known: readonly Key[];
  /** The secrets altered in one way. */
  readonly varied: readonly Key[];
  /** The keys in `varied` that are also tried with a changed body. */
  readonly cheap: readonly Key[];
  /** The keys in `varied` that are also tried with a signed timestamp. */
  readonly decoded: readonly Key[];
  /** The secrets altered in two ways. */
  readonly twiceVaried: readonly Key[];
  readonly count: number;
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
  const plain = chosen.map((secret) => createKey(secret, [])).filter(isNew);
  // A known secret that equals a common variant of a chosen one counts as the chosen secret.
  const similar = new Set(
    chosen.flatMap(({ value }) => varySecretAgain(Buffer.from(value)).map(idOf)),
  );
  const known = secrets
    .filter(({ role }) => role === 'known')
    .map((secret) => createKey(secret, []))
    .filter((key) => !similar.has(idOf(key)))
    .filter(isNew);
  const varied = [
    ...chosen.flatMap((secret) => variantsOf(secret, varySecret)),
    ...secrets
      .filter(({ role }) => role === 'known')
      .flatMap((secret) => variantsOf(secret, varySecretAgain)),
    ...emptyKeys(secrets),
  ].filter(isNew);
  const twiceVaried = chosen.flatMap((secret) => varyTwice(secret)).filter(isNew);
  return {
    plain,
    known,
    varied,
    cheap: varied.filter(({ isKnownOnly, isRare }) => !isKnownOnly && !isRare),
    decoded: varied.filter(
      ({ isKnownOnly, reasons }) => !isKnownOnly && reasons.some(isLikelyWithEnvelope),
    ),
    twiceVaried,
    count: plain.length + known.length + varied.length + twiceVaried.length,
  };
}

/** The schemes that decode the secret also sign an id and a timestamp (Standard Webhooks). */
function isLikelyWithEnvelope(reason: Reason): boolean {
  return reason === 'secret_base64_decoded' || reason === 'secret_hex_decoded';
}

function variantsOf(
  secret: SecretCandidate,
  vary: (value: Buffer) => readonly SecretVariant[],
): Key[] {
  return vary(Buffer.from(secret.value, 'utf8')).map((variant) => createKey(secret, [variant]));
}

function idOf({ bytes }: Pick<Key, 'bytes'>): string {
  return bytes.toString('latin1');
}

function varyTwice(secret: SecretCandidate): Key[] {
  return varySecretAgain(Buffer.from(secret.value, 'utf8')).flatMap((first) =>
    first.bytes.length > 256
      ? []
      : varySecretAgain(first.bytes)
          .filter((second) => second.reason !== first.reason)
          .map((second) => createKey(secret, [first, second])),
  );
}

function createKey(secret: SecretCandidate, variants: readonly SecretVariant[]): Key {
  const isKnownOnly = secret.role === 'known';
  const reasons = variants.map(({ reason }) => reason);
  return new Key(variants.at(-1)?.bytes ?? Buffer.from(secret.value, 'utf8'), {
    source: secret.source,
    isKnownOnly,
    reasons: isKnownOnly ? ['secret_other_known', ...reasons] : reasons,
    variants,
    isRare: variants.some(({ isRare }) => isRare),
  });
}

/** The text of an unset variable in common languages, and common placeholders that were not replaced. */
const UNSET = [
  '',
  'undefined',
  'null',
  'None',
  'nil',
  'false',
  '[object Object]',
  '<nil>',
  'nan',
] as const;
const PLACEHOLDERS = [
  '$RELYABLE_WEBHOOK_SECRET',
  '${RELYABLE_WEBHOOK_SECRET}',
  '{{RELYABLE_WEBHOOK_SECRET}}',
  '{{ RELYABLE_WEBHOOK_SECRET }}',
  '%RELYABLE_WEBHOOK_SECRET%',
  'process.env.RELYABLE_WEBHOOK_SECRET',
  'RELYABLE_WEBHOOK_SECRET',
  '$WEBHOOK_SECRET',
  '${WEBHOOK_SECRET}',
  'your_webhook_secret',
  'your-webhook-secret',
  'secret',
] as const;

function emptyKeys(secrets: readonly SecretCandidate[]): Key[] {
  const [first] = secrets;
  if (first === undefined) return [];
  return [...UNSET, ...PLACEHOLDERS].map(
    (text) =>
      new Key(Buffer.from(text), {
        source: first.source,
        isKnownOnly: false,
        reasons: ['secret_empty'],
        variants: [{ reason: 'secret_empty', name: describeEmpty(text), fix: null }],
        isRare: false,
      }),
  );
}

function describeEmpty(text: string): string {
  if (text === '') return 'empty';
  const isUnset = (UNSET as readonly string[]).includes(text);
  return `the text "${text}", ${isUnset ? 'which an unset variable becomes' : 'a name or placeholder in place of the secret'}`;
}
