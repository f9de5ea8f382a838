import { type Explanation, type Fingerprint, fingerprint } from './diagnosis.ts';
import { type Excerpt, printableBytes } from './difference.ts';

/** The steps behind a verdict as JSON, for both `verify --explain --json` and the inspector. */
export interface ExplanationSteps {
  readonly body: Fingerprint;
  readonly signed: (Fingerprint & { readonly name: string }) | null;
  readonly difference: {
    /** Number of equal bytes before it. */
    readonly offset: number;
    /** The bytes around it: exact as base64, because they may not be text, and escaped for reading. */
    readonly bodyBase64: string;
    readonly signedBase64: string;
    readonly body: PrintableExcerpt;
    readonly signed: PrintableExcerpt;
  } | null;
  readonly tried: Explanation['tried'];
}

/** The bytes around the first different byte; everything but printable ASCII is escaped. */
interface PrintableExcerpt {
  readonly before: string;
  /** Empty where the bytes end there. */
  readonly differs: string;
  readonly after: string;
}

/** The steps of an explanation, without its verdict. */
export function explanationSteps({
  received,
  signed,
  difference,
  tried,
}: Explanation): ExplanationSteps {
  return {
    body: fingerprint(received),
    signed: signed === null ? null : { name: signed.name, ...fingerprint(signed.bytes) },
    difference:
      difference === null
        ? null
        : {
            offset: difference.offset,
            bodyBase64: toBase64(difference.received),
            signedBase64: toBase64(difference.signed),
            body: toPrintable(difference.received),
            signed: toPrintable(difference.signed),
          },
    tried,
  };
}

function toBase64({ before, after }: Excerpt): string {
  return Buffer.concat([before, after]).toString('base64');
}

function toPrintable({ before, after }: Excerpt): PrintableExcerpt {
  return {
    before: printableBytes(before),
    differs: printableBytes(after.subarray(0, 1)),
    after: printableBytes(after.subarray(1)),
  };
}
