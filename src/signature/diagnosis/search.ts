import { readDocument } from '../../json/document.ts';
import { WHITESPACE } from '../../json/writers/layout.ts';
import { type Rewrite, Rewriter } from '../../json/writers/rewrites.ts';
import { headerValues, SIGNATURE_HEADER, type WebhookRequest } from '../../request/request.ts';
import type { Reason, SecretCandidate } from '../verify.ts';
import { type BodyForm, bodyForms, transportForms } from './body-forms.ts';
import { Budget, type Effort } from './budget.ts';
import { recompress } from './compression.ts';
import { type Key, type Keys, listKeys } from './keys.ts';
import { type Algorithm, ALGORITHMS } from '../hmac.ts';
import { likelyLengths } from './prefixes.ts';
import { type Reading, readSignature, type ReceivedSignature } from './readings.ts';
import { listEnvelopes, type SignedEnvelope } from './signed-envelopes.ts';

/** Bytes that the MAC may cover: head, body and tail, one after the other. */
export interface CandidateBytes {
  readonly reasons: readonly Reason[];
  /** Completes "the signature matches …". */
  readonly name: string;
  readonly bytes: Buffer;
  readonly head?: Buffer;
  readonly tail?: Buffer;
  readonly rewrite?: Rewrite;
}

/** The explanation whose recomputed MAC equals the received one. */
export interface Match {
  readonly candidate: CandidateBytes;
  readonly key: Key;
  readonly reading: Reading;
}

/** What a search did. */
export interface Search {
  readonly match: Match | null;
  readonly signature: ReceivedSignature;
  /** Number of distinct bodies, keys and MACs tried. */
  readonly tried: { readonly bodies: number; readonly keys: number; readonly macs: number };
  /** Whether some combinations were left out to limit the work. */
  readonly isPartial: boolean;
}

const NEWLINES = [Buffer.from('\n'), Buffer.from('\r\n')] as const;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);
/** A `quick` search tries larger bodies only with other keys. */
const QUICK_BODY_BYTES = 64 * 1024;

type Request = Pick<WebhookRequest, 'headers' | 'body'>;

/** Looks for the explanation of a signature that does not match. */
export function searchExplanation(
  request: Request,
  secrets: readonly SecretCandidate[],
  effort: Effort,
): Search {
  return new Searcher(request, secrets, effort).run();
}

/** What the phases of a search combine. */
interface SearchSpace {
  /** The body after each single change. */
  readonly forms: readonly CandidateBytes[];
  readonly envelopes: readonly SignedEnvelope[];
  /** Null where the body is not JSON. */
  readonly rewriter: Rewriter | null;
}

class Searcher {
  private readonly request: Request;
  private readonly effort: Effort;
  private readonly signature: ReceivedSignature;
  private readonly keys: Keys;
  /**
   * The chosen secrets as they are. Known ones take part in the first phases only: how many there
   * are on a machine must not decide how deep the search goes.
   */
  private readonly chosen: readonly Key[];
  private readonly budget: Budget;
  private readonly asReceived: CandidateBytes;
  /** The MACs to compare with, by algorithm; truncated ones are in `truncated`. */
  private readonly whole = new Map<Algorithm, Map<string, Reading>>();
  private readonly truncated: readonly Reading[];
  private readonly algorithms: readonly Algorithm[];
  private readonly rareAlgorithms: readonly Algorithm[];
  private bodies = 0;

  constructor(request: Request, secrets: readonly SecretCandidate[], effort: Effort) {
    this.request = request;
    this.effort = effort;
    this.signature = readSignature(headerValues(request.headers, SIGNATURE_HEADER));
    this.keys = listKeys(secrets);
    this.chosen = this.keys.plain.filter(({ isKnownOnly }) => !isKnownOnly);
    this.budget = new Budget(request.body.length, effort);
    this.asReceived = { reasons: [], name: 'the body as it is here', bytes: request.body };
    const { readings } = this.signature;
    for (const reading of readings.filter(({ isTruncated }) => !isTruncated)) {
      const known = this.whole.get(reading.algorithm) ?? new Map<string, Reading>();
      if (!known.has(reading.hex)) known.set(reading.hex, reading);
      this.whole.set(reading.algorithm, known);
    }
    this.truncated = readings.filter(({ isTruncated }) => isTruncated);
    const possible = ALGORITHMS.filter((name) => readings.some((one) => one.algorithm === name));
    const likely = possible.filter((name) => this.whole.has(name));
    this.algorithms = likely.length > 0 ? likely : possible.slice(0, 1);
    this.rareAlgorithms = possible.filter((name) => !this.algorithms.includes(name));
  }

  run(): Search {
    return { match: this.find(), ...this.summary() };
  }

  private summary(): Omit<Search, 'match'> {
    const { plain, varied, twiceVaried } = this.keys;
    return {
      signature: this.signature,
      tried: {
        bodies: this.bodies,
        keys: plain.length + varied.length + twiceVaried.length,
        macs: this.budget.macs,
      },
      isPartial: this.budget.isExhausted,
    };
  }

  private find(): Match | null {
    if (this.signature.readings.length === 0) return null;
    const first = this.search().next();
    return first.done === true ? null : first.value;
  }

  /** Any match is a proof, so the phases are in the order of likelihood and cost. */
  private *search(): Generator<Match> {
    const { body, headers } = this.request;
    const { plain, varied, twiceVaried } = this.keys;
    const { asReceived } = this;
    // With a body of many megabytes, all keys would use up what its other forms need.
    const release = this.budget.reserve(0.5);
    yield* this.tryAll([...plain, ...varied], [asReceived]);
    yield* this.tryAll([...plain, ...varied], [asReceived], this.rareAlgorithms);
    if (this.effort === 'quick' && body.length > QUICK_BODY_BYTES) return;
    if (this.effort === 'full') yield* this.tryAll(twiceVaried, [asReceived]);
    release();

    const document = readDocument(body);
    const forms = bodyForms(body, headers).map(toCandidate);
    const envelopes = listEnvelopes(headers, document, this.signature.timestamps);
    const rewriter = document === null ? null : Rewriter.open(document);
    yield* this.tryAll(plain, forms);
    yield* this.tryAll(plain, enveloped(asReceived, envelopes));
    if (rewriter !== null) yield* this.tryWriters(rewriter, plain, []);
    if (this.effort === 'quick') return;
    yield* this.tryPrefixes(this.chosen);
    yield* this.tryRecompressed(this.chosen);
    yield* this.tryPairs({ forms, envelopes, rewriter });
    yield* this.tryAll(plain, forms, this.rareAlgorithms);
  }

  private *tryRecompressed(keys: readonly Key[]): Generator<Match> {
    for (const { coding, bytes } of recompress(this.request.body)) {
      const name = `the body compressed (${coding})`;
      yield* this.tryAll(keys, [{ reasons: ['body_gzip'], name, bytes }]);
    }
  }

  /** Two causes at once, and last the mixtures of styles that no known writer has. */
  private *tryPairs({ forms, envelopes, rewriter }: SearchSpace): Generator<Match> {
    const { chosen } = this;
    const varied = this.keys.varied.filter(({ isKnownOnly }) => !isKnownOnly);
    const decoded = varied.filter(({ reasons }) => reasons.some(isLikelyWithEnvelope));
    const release = this.budget.reserve(0.35);
    yield* this.tryAll(decoded, enveloped(this.asReceived, envelopes));
    yield* this.tryAll(varied, forms);
    if (rewriter !== null) {
      yield* this.tryWritersOnce(rewriter, varied);
      yield* this.tryEnvelopedWriters(rewriter, envelopes, chosen);
    }
    yield* this.tryOtherBodies(forms, chosen);
    yield* this.tryEnvelopedForms(forms, envelopes, chosen);
    release();
    if (rewriter !== null) yield* this.tryCombinations(rewriter, chosen);
  }

  /** Each other form of the body (decompressed, decoded, without a BOM), changed or rewritten once more. */
  private *tryOtherBodies(
    forms: readonly CandidateBytes[],
    keys: readonly Key[],
  ): Generator<Match> {
    const { headers } = this.request;
    for (const form of forms) {
      if (form.reasons.includes('body_reserialized')) continue;
      if (!this.budget.payWrite(40 * form.bytes.length, 0)) return;
      const again = transportForms(form.bytes, headers, { mayEncode: false }).filter(
        ({ reason }) => !form.reasons.includes(reason),
      );
      yield* this.tryAll(
        keys,
        again.map(({ reason, name, bytes }) => ({
          reasons: [...form.reasons, reason],
          name: `${form.name}, then ${name}`,
          bytes,
        })),
      );
      if (form.reasons.includes('body_trailing_newline')) continue;
      const document = readDocument(form.bytes);
      if (document === null || !this.budget.payWrite(0, 20 * document.kinds.length)) continue;
      const rewriter = Rewriter.open(document);
      if (rewriter === null) continue;
      yield* this.tryWriters(rewriter, keys, form.reasons, form.name);
    }
  }

  private *tryEnvelopedForms(
    forms: readonly CandidateBytes[],
    envelopes: readonly SignedEnvelope[],
    keys: readonly Key[],
  ): Generator<Match> {
    const simple = envelopes.filter(({ isSimple }) => isSimple);
    for (const form of forms) yield* this.tryAll(keys, enveloped(form, simple));
  }

  private *tryEnvelopedWriters(
    rewriter: Rewriter,
    envelopes: readonly SignedEnvelope[],
    keys: readonly Key[],
  ): Generator<Match> {
    const common = envelopes.filter(({ isCommon }) => isCommon);
    for (const rewrite of this.paid(rewriter, rewriter.byWriter())) {
      yield* this.tryAll(keys, enveloped(rewritten(rewrite, [], ''), common));
    }
  }

  /** The document as every known writer writes it, exactly. */
  private *tryWritersOnce(rewriter: Rewriter, keys: readonly Key[]): Generator<Match> {
    for (const rewrite of this.paid(rewriter, rewriter.byWriter())) {
      yield* this.tryAll(keys, [rewritten(rewrite, [], '')]);
    }
  }

  /** The document as every known writer writes it; also with a line end or BOM added. */
  private *tryWriters(
    rewriter: Rewriter,
    keys: readonly Key[],
    reasons: readonly Reason[],
    after = '',
  ): Generator<Match> {
    for (const rewrite of this.paid(rewriter, rewriter.byWriter())) {
      const candidate = rewritten(rewrite, reasons, after);
      yield* this.tryRewrite(keys, candidate);
      if (this.effort === 'full' && reasons.length === 0) {
        yield* this.tryAll(keys, [withBom(candidate)]);
      }
    }
  }

  private *tryCombinations(rewriter: Rewriter, keys: readonly Key[]): Generator<Match> {
    for (const rewrite of this.paid(rewriter, rewriter.byCombination())) {
      yield* this.tryAll(keys, [rewritten(rewrite, [], '')]);
    }
  }

  /** The rewrites that the budget pays for. */
  private *paid(rewriter: Rewriter, rewrites: Generator<Rewrite>): Generator<Rewrite> {
    for (const rewrite of rewrites) {
      if (!this.budget.payWrite(rewrite.bytes.length, rewriter.tokenCount)) return;
      yield rewrite;
    }
  }

  /** A rewrite with and without a line end; large ones in one pass over the bytes. */
  private *tryRewrite(keys: readonly Key[], candidate: CandidateBytes): Generator<Match> {
    const { bytes } = candidate;
    const isLarge = bytes.length > 4096;
    this.bodies += 1;
    for (const key of keys) {
      for (const algorithm of this.algorithms) {
        if (!this.budget.payMac(bytes.length)) return;
        const mac = key.mac(algorithm);
        const run = isLarge ? mac.start().update(bytes) : null;
        for (const newline of [undefined, ...NEWLINES]) {
          if (!this.budget.payMac(isLarge ? 0 : bytes.length)) return;
          const hex = run?.hex(newline) ?? mac.hex(bytes, undefined, newline);
          const match = this.compare(algorithm, hex, key, candidate);
          if (match === null) continue;
          yield newline === undefined ? match : { ...match, candidate: ended(candidate, newline) };
        }
      }
    }
  }

  /** Whether the signature covers only the beginning of the body. */
  private *tryPrefixes(keys: readonly Key[]): Generator<Match> {
    const { body, headers } = this.request;
    const likely = likelyLengths(body, headers);
    for (const key of keys) {
      for (const algorithm of this.algorithms) {
        const isAffordable = this.budget.canPayMacs(body.length, 0.5);
        const lengths = isAffordable ? Array.from(body.keys()).slice(1) : likely;
        if (!this.budget.payMac(body.length)) return;
        const run = key.mac(algorithm).start();
        let done = 0;
        for (const length of lengths) {
          if (!this.budget.payMac(0)) return;
          run.update(body.subarray(done, length));
          done = length;
          if (this.read(algorithm, run.hex()) === undefined) continue;
          yield* this.tryAll([key], [cutCandidate(body, length)], [algorithm]);
        }
      }
    }
  }

  private *tryAll(
    keys: readonly Key[],
    candidates: readonly CandidateBytes[],
    algorithms: readonly Algorithm[] = this.algorithms,
  ): Generator<Match> {
    if (keys === this.keys.plain || keys === this.chosen) this.bodies += candidates.length;
    for (const candidate of candidates) {
      const { bytes, head, tail } = candidate;
      for (const key of keys) {
        for (const algorithm of algorithms) {
          if (!this.budget.payMac(bytes.length)) return;
          const hex = key.mac(algorithm).hex(bytes, head, tail);
          const match = this.compare(algorithm, hex, key, candidate);
          if (match !== null) yield match;
        }
      }
    }
  }

  private compare(
    algorithm: Algorithm,
    hex: string,
    key: Key,
    candidate: CandidateBytes,
  ): Match | null {
    const reading = this.read(algorithm, hex);
    return reading === undefined ? null : { key, reading, candidate };
  }

  /** The reading of the received signature that this MAC equals. */
  private read(algorithm: Algorithm, hex: string): Reading | undefined {
    return (
      this.whole.get(algorithm)?.get(hex) ??
      this.truncated.find((one) => one.algorithm === algorithm && hex.startsWith(one.hex))
    );
  }
}

function cutCandidate(body: Buffer, length: number): CandidateBytes {
  return {
    reasons: ['body_truncated'],
    name: `only the first ${length} of the ${body.length} bytes of the body`,
    bytes: body.subarray(0, length),
  };
}

function withBom(candidate: CandidateBytes): CandidateBytes {
  return {
    ...candidate,
    reasons: [...candidate.reasons, 'body_bom'],
    name: `${candidate.name}, with a byte order mark in front`,
    head: BOM,
  };
}

function ended(candidate: CandidateBytes, newline: Buffer): CandidateBytes {
  return {
    ...candidate,
    reasons: [...candidate.reasons, 'body_trailing_newline'],
    name: `${candidate.name}, with a ${newline.length === 1 ? 'line feed' : 'CRLF'} at its end`,
    tail: newline,
  };
}

/** The schemes that decode the secret also sign an id and a timestamp (Standard Webhooks). */
function isLikelyWithEnvelope(reason: Reason): boolean {
  return (
    reason === 'secret_base64_decoded' ||
    reason === 'secret_hex_decoded' ||
    reason === 'secret_whitespace'
  );
}

function toCandidate({ reason, name, bytes }: BodyForm): CandidateBytes {
  return { reasons: [reason], name, bytes };
}

function enveloped(
  candidate: CandidateBytes,
  envelopes: readonly SignedEnvelope[],
): CandidateBytes[] {
  return envelopes.map((envelope) => ({
    ...candidate,
    reasons: ['timestamp_prefixed', ...candidate.reasons],
    name:
      candidate.reasons.length === 0
        ? envelope.name
        : `${envelope.name}, where the body is ${candidate.name}`,
    head: envelope.before,
    tail: envelope.after,
  }));
}

function rewritten(rewrite: Rewrite, reasons: readonly Reason[], after: string): CandidateBytes {
  const isCrlf = WHITESPACE[rewrite.whitespace].newline === '\r\n';
  const [first = ''] = rewrite.names;
  // A second call of the same library is not worth naming.
  const second = rewrite.names.find((name) => name.split(' ')[0] !== first.split(' ')[0]);
  const names = second === undefined ? first : `${first} or ${second}`;
  return {
    reasons: [...reasons, 'body_reserialized', ...(isCrlf ? (['body_crlf'] as const) : [])],
    name: `${after === '' ? 'the body' : after} as ${names} writes it`,
    bytes: rewrite.bytes,
    rewrite,
  };
}
