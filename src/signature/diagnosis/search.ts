import { readDocument } from '../../json/document.ts';
import { readTree } from '../../json/tree.ts';
import { Rewriter, type Rewrite } from '../../json/writers/rewrites.ts';
import { headerValues, SIGNATURE_HEADER } from '../../request/request.ts';
import type { SecretCandidate } from '../verify.ts';
import { bodyForms, transportForms } from './bodies/body-forms.ts';
import type { BodyForm } from './bodies/form.ts';
import { Budget, type Effort } from './budget.ts';
import {
  type CandidateBytes,
  type Match,
  changedAgain,
  changedText,
  cutCandidate,
  ended,
  enveloped,
  rewritten,
  toCandidate,
  withBom,
} from './candidates.ts';
import { recompress } from './bodies/compression.ts';
import { CONSTRUCTIONS } from './constructions.ts';
import { ChangedDocuments } from './documents/changed-documents.ts';
import { findGoSum } from './go-sum.ts';
import { type Key, type Keys, listKeys } from './keys.ts';
import { type Algorithm, ALGORITHMS, COMMON_ALGORITHMS } from '../hmac.ts';
import { partialBodies } from './partial-bodies.ts';
import { likelyLengths } from './prefixes.ts';
import { type Reading, readSignature, type ReceivedSignature } from './readings.ts';
import { listEnvelopes, listTimestamps, type SignedEnvelope } from './signed-envelopes.ts';
import { type Addressed, listUrlEnvelopes } from './signed-urls.ts';

/** The result of a search, and the work that it did. */
export interface Search {
  readonly match: Match | null;
  readonly signature: ReceivedSignature;
  /** Number of distinct bodies, keys and MACs tried. */
  readonly tried: { readonly bodies: number; readonly keys: number; readonly macs: number };
  /** Whether some combinations were left out to limit the work. */
  readonly isPartial: boolean;
  readonly effort: Effort;
}

/** The parts of a request that a search uses. */
export interface SearchedRequest extends Addressed {
  readonly body: Buffer;
}

const NEWLINES = [Buffer.from('\n'), Buffer.from('\r\n')] as const;
/** The cost of writing one byte of a changed document. */
const UNITS_PER_CHANGED_BYTE = 30;
/** The longest constant text, such as `[object Object]`, that is tried in place of the body. */
const MAX_CONSTANT_BYTES = 40;
/** A `quick` search tries larger bodies only with other keys. */
const QUICK_BODY_BYTES = 64 * 1024;

/** Searches for the explanation of a signature that does not match. */
export function searchExplanation(
  request: SearchedRequest,
  secrets: readonly SecretCandidate[],
  effort: Effort,
  values = headerValues(request.headers, SIGNATURE_HEADER),
): Search {
  return new Searcher(request, secrets, effort, values).run();
}

/** The building blocks that the phases of a search combine. */
interface SearchSpace {
  /** The body after each single change. */
  readonly forms: readonly BodyForm[];
  readonly candidates: readonly CandidateBytes[];
  readonly envelopes: readonly SignedEnvelope[];
  /** Null where the body is not JSON. */
  readonly rewriter: Rewriter | null;
  readonly changes: ChangedDocuments | null;
}

class Searcher {
  private readonly request: SearchedRequest;
  private readonly effort: Effort;
  /** The texts that are read as signatures. */
  private readonly values: readonly string[];
  private readonly signature: ReceivedSignature;
  private readonly keys: Keys;
  private readonly budget: Budget;
  private readonly asReceived: CandidateBytes;
  /** The received MACs, by algorithm; truncated MACs are in `cut`. */
  private readonly whole = new Map<Algorithm, Map<string, Reading>>();
  private readonly cut: readonly Reading[];
  private readonly algorithms: readonly Algorithm[];
  private readonly rareAlgorithms: readonly Algorithm[];
  private bodies = 0;

  constructor(
    request: SearchedRequest,
    secrets: readonly SecretCandidate[],
    effort: Effort,
    values: readonly string[],
  ) {
    this.request = request;
    this.effort = effort;
    this.values = values;
    this.signature = readSignature(values);
    this.keys = listKeys(secrets);
    this.budget = new Budget(request.body.length, effort);
    this.asReceived = { reasons: [], name: 'the body as it is here', bytes: request.body };
    const { readings, shapes } = this.signature;
    for (const reading of readings.filter(({ cut }) => cut === 'none')) {
      const known = this.whole.get(reading.algorithm) ?? new Map<string, Reading>();
      if (!known.has(reading.hex)) known.set(reading.hex, reading);
      this.whole.set(reading.algorithm, known);
    }
    this.cut = readings.filter(({ cut }) => cut !== 'none');
    const possible = ALGORITHMS.filter(
      (name) =>
        readings.some((one) => one.algorithm === name) || (name === 'sha256' && shapes.length > 0),
    );
    const common = possible.filter((name) =>
      (COMMON_ALGORITHMS as readonly Algorithm[]).includes(name),
    );
    const likely = common.filter((name) => this.whole.has(name));
    this.algorithms = likely.length > 0 ? likely : common.slice(0, 1);
    this.rareAlgorithms = possible.filter((name) => !this.algorithms.includes(name));
  }

  run(): Search {
    return { match: this.find(), ...this.summary() };
  }

  private summary(): Omit<Search, 'match'> {
    return {
      signature: this.signature,
      tried: { bodies: this.bodies, keys: this.keys.count, macs: this.budget.macs },
      isPartial: this.budget.isExhausted,
      effort: this.effort,
    };
  }

  private find(): Match | null {
    const sum = findGoSum(this.values, this.keys.plain, this.request.body);
    if (sum !== null) return sum;
    const { readings, shapes } = this.signature;
    if (readings.length === 0 && shapes.length === 0) return null;
    const first = this.search().next();
    return first.done === true ? null : first.value;
  }

  /** Any match is a proof, so likely and cheap phases come first. */
  private *search(): Generator<Match> {
    const { body } = this.request;
    const { plain, varied, twiceVaried, known } = this.keys;
    const { asReceived } = this;
    // With a body of many megabytes, trying all keys would use up the budget for its other forms.
    const release = this.budget.reserve(0.5);
    const keys = [...plain, ...known, ...varied];
    yield* this.tryAll(keys, [asReceived]);
    yield* this.tryAll(keys, [asReceived], this.rareAlgorithms);
    if (this.effort === 'quick' && body.length > QUICK_BODY_BYTES) return;
    if (this.effort === 'full') yield* this.tryAll(twiceVaried, [asReceived]);
    yield* this.tryConstructions(asReceived);
    release();

    const space = this.openSpace();
    const { candidates, envelopes, rewriter, changes } = space;
    yield* this.tryAll(plain, candidates);
    yield* this.tryAll(plain, enveloped(asReceived, envelopes));
    if (rewriter !== null) yield* this.tryWriters(rewriter, plain, null);
    if (this.effort === 'quick') return;
    yield* this.tryInner(space, plain);
    yield* this.tryCommonPairs(space);
    yield* this.tryPartial(plain);
    if (changes !== null) yield* this.tryChanges(changes, plain);
    yield* this.tryRecompressed(plain);
    if (rewriter !== null) yield* this.tryCombinations(rewriter, plain);
    yield* this.tryRarePairs(space);
    yield* this.tryKnown(space);
    yield* this.tryAll(plain, candidates, this.rareAlgorithms);
    if (rewriter !== null) {
      for (const rewrite of this.paid(rewriter, rewriter.byWriter())) {
        yield* this.tryAll(plain, [rewritten(rewrite, null)], this.rareAlgorithms);
        yield* this.tryConstructions(rewritten(rewrite, null));
      }
    }
  }

  private openSpace(): SearchSpace {
    const { body, headers } = this.request;
    const document = readDocument(body);
    const { timestamps } = this.signature;
    const forms = bodyForms(body, headers, document);
    const tree = document === null ? null : readTree(document);
    return {
      forms,
      candidates: forms.map(toCandidate),
      envelopes: [
        ...listEnvelopes(headers, document, timestamps),
        ...listUrlEnvelopes(this.request, listTimestamps(headers, document, timestamps)),
      ],
      rewriter: document === null ? null : Rewriter.open(document),
      changes:
        tree === null || this.effort === 'quick'
          ? null
          : new ChangedDocuments(tree, this.request.path ?? ''),
    };
  }

  /** Tries hashes other than an HMAC of the body with the secret as key. */
  private *tryConstructions(candidate: CandidateBytes): Generator<Match> {
    const { bytes } = candidate;
    const rare = bytes.length > QUICK_BODY_BYTES ? [] : this.rareAlgorithms;
    for (const algorithm of [...this.algorithms, ...rare]) {
      for (const key of this.keys.plain) {
        for (const { reason, name, fix, compute } of CONSTRUCTIONS) {
          if (!this.budget.payMac(2 * bytes.length)) return;
          const reading = this.read(algorithm, compute(algorithm, key.bytes, bytes));
          if (reading === undefined) continue;
          const what =
            candidate.reasons.length === 0 ? name : `${name}, where the body is ${candidate.name}`;
          const fixes = { ...candidate.fixes, [reason]: fix };
          yield {
            key,
            reading,
            candidate: { ...candidate, name: what, reasons: [reason, ...candidate.reasons], fixes },
          };
        }
      }
    }
  }

  private *tryRecompressed(keys: readonly Key[]): Generator<Match> {
    for (const { coding, bytes } of recompress(this.request.body)) {
      const name = `the body compressed (${coding})`;
      yield* this.tryAll(keys, [{ reasons: ['body_gzip'], name, bytes }]);
    }
  }

  /** The document after a change of its values, keys or extent. */
  private *tryChanges(changes: ChangedDocuments, keys: readonly Key[]): Generator<Match> {
    const release = this.budget.reserve(0.4);
    for (const text of changes.texts()) {
      if (!this.budget.payWrite(UNITS_PER_CHANGED_BYTE * changes.size, 0)) break;
      yield* this.tryAll(keys, [changedText(text)]);
    }
    release();
  }

  /** Two causes at once, where both are common. */
  private *tryCommonPairs(space: SearchSpace): Generator<Match> {
    const { forms, candidates, envelopes, rewriter } = space;
    const { cheap, decoded } = this.keys;
    const release = this.budget.reserve(0.4);
    yield* this.tryAll(decoded, enveloped(this.asReceived, envelopes));
    yield* this.tryAll(cheap, forms.filter(isLikelyWithKey).map(toCandidate));
    if (rewriter !== null) yield* this.tryWritersWithAnother(rewriter, envelopes);
    yield* this.tryAll(cheap, candidates);
    release();
  }

  /** Two causes at once, where one of them is rare. */
  private *tryRarePairs({ forms, candidates, envelopes, changes }: SearchSpace): Generator<Match> {
    const { plain } = this.keys;
    const release = this.budget.reserve(0.2);
    const simple = envelopes.filter(({ isSimple }) => isSimple);
    for (const candidate of candidates) yield* this.tryAll(plain, enveloped(candidate, simple));
    yield* this.tryOtherBodies(forms, plain);
    if (changes !== null) yield* this.tryEnvelopedChanges(changes, simple, plain);
    release();
  }

  /** Tries the known secrets with the budget that the chosen secrets have left. */
  private *tryKnown({ candidates, envelopes, rewriter }: SearchSpace): Generator<Match> {
    const { known } = this.keys;
    if (known.length === 0) return;
    yield* this.tryAll(known, candidates);
    yield* this.tryAll(known, enveloped(this.asReceived, envelopes));
    if (rewriter !== null) yield* this.tryWritersOnce(rewriter, known);
  }

  /** Each body inside the received one (decompressed, decoded, unwrapped), as libraries write it. */
  private *tryInner({ forms }: SearchSpace, keys: readonly Key[]): Generator<Match> {
    const release = this.budget.reserve(0.7);
    for (const form of forms) {
      if (form.isInner !== true) continue;
      const after = toCandidate(form);
      yield* this.tryTransport(form, keys);
      for (const rewriter of this.openRewriter(form.bytes)) {
        yield* this.tryWriters(rewriter, keys, after);
      }
    }
    release();
  }

  /** Each other form of the body (decompressed, decoded, without a BOM), changed once more. */
  private *tryOtherBodies(forms: readonly BodyForm[], keys: readonly Key[]): Generator<Match> {
    for (const form of forms) {
      // A printed body is not changed again.
      if (form.isInner === true || form.reason === 'body_encoded') continue;
      yield* this.tryTransport(form, keys);
      if (form.reason === 'body_trailing_newline' || form.reason === 'body_reserialized') continue;
      for (const rewriter of this.openRewriter(form.bytes)) {
        yield* this.tryWriters(rewriter, keys, toCandidate(form));
      }
    }
  }

  /** Tries a form of the body after one more change in transport. */
  private *tryTransport(form: BodyForm, keys: readonly Key[]): Generator<Match> {
    if (!this.budget.payWrite(40 * form.bytes.length, 0)) return;
    const first = toCandidate(form);
    const again = transportForms(form.bytes, this.request.headers, { mayEncode: false }).filter(
      ({ reason }) => reason !== form.reason,
    );
    yield* this.tryAll(
      keys,
      again.map((second) => changedAgain(first, second)),
    );
  }

  /** A rewriter of these bytes, where they are JSON and the budget pays for it. */
  private *openRewriter(bytes: Buffer): Generator<Rewriter> {
    if (!this.budget.payRead(bytes.length)) return;
    const document = readDocument(bytes);
    if (document === null) return;
    this.budget.chargeRead(document.kinds.length);
    if (!this.budget.payWrite(0, 20 * document.kinds.length)) return;
    const rewriter = Rewriter.open(document);
    if (rewriter !== null) yield rewriter;
  }

  private *tryEnvelopedChanges(
    changes: ChangedDocuments,
    envelopes: readonly SignedEnvelope[],
    keys: readonly Key[],
  ): Generator<Match> {
    const release = this.budget.reserve(0.5);
    for (const text of changes.texts()) {
      if (!this.budget.payWrite(UNITS_PER_CHANGED_BYTE * changes.size, 0)) break;
      yield* this.tryAll(keys, enveloped(changedText(text), envelopes));
    }
    release();
  }

  /** Tries the document as each known writer writes it, common writers first, together with one more common cause. */
  private *tryWritersWithAnother(
    rewriter: Rewriter,
    envelopes: readonly SignedEnvelope[],
  ): Generator<Match> {
    const { plain, cheap, decoded } = this.keys;
    const withEnvelope = [...plain, ...decoded];
    const common = envelopes.filter(({ isCommon }) => isCommon);
    for (const rewrite of this.paid(rewriter, rewriter.byWriter())) {
      const candidate = rewritten(rewrite, null);
      yield* this.tryAll(withEnvelope, enveloped(candidate, common));
      yield* this.tryAll(cheap, [candidate]);
    }
  }

  /** Tries the document as every known writer writes it, without further changes. */
  private *tryWritersOnce(rewriter: Rewriter, keys: readonly Key[]): Generator<Match> {
    for (const rewrite of this.paid(rewriter, rewriter.byWriter())) {
      yield* this.tryAll(keys, [rewritten(rewrite, null)]);
    }
  }

  /** Tries the document as every known writer writes it, also with a line end or BOM added. */
  private *tryWriters(
    rewriter: Rewriter,
    keys: readonly Key[],
    after: CandidateBytes | null,
  ): Generator<Match> {
    for (const rewrite of this.paid(rewriter, rewriter.byWriter())) {
      const candidate = rewritten(rewrite, after);
      yield* this.tryRewrite(keys, candidate);
      if (this.effort === 'full' && after === null) {
        yield* this.tryAll(keys, [withBom(candidate)]);
      }
    }
  }

  /** Tries combinations of styles that no known writer uses. */
  private *tryCombinations(rewriter: Rewriter, keys: readonly Key[]): Generator<Match> {
    const release = this.budget.reserve(0.4);
    for (const rewrite of this.paid(rewriter, rewriter.byCombination())) {
      yield* this.tryAll(keys, [rewritten(rewrite, null)]);
    }
    release();
  }

  /** The rewrites that the budget pays for. */
  private *paid(rewriter: Rewriter, rewrites: Generator<Rewrite>): Generator<Rewrite> {
    for (const rewrite of rewrites) {
      if (!this.budget.payWrite(rewrite.bytes.length, rewriter.tokenCount)) return;
      yield rewrite;
    }
  }

  /** Tries a rewrite with and without a line end; large rewrites in one pass over the bytes. */
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

  /** Tries parts of the body, and its chunks joined in a wrong way. */
  private *tryPartial(keys: readonly Key[]): Generator<Match> {
    const release = this.budget.reserve(0.5);
    yield* this.tryPrefixes(keys);
    for (const form of partialBodies(this.request.body)) {
      if (!this.budget.payMac(form.bytes.length)) break;
      yield* this.tryAll(keys, [toCandidate(form)]);
    }
    release();
  }

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
    if (keys === this.keys.plain) this.bodies += candidates.length;
    for (const candidate of candidates) {
      const match = this.matchAny(keys, candidate, algorithms);
      if (match !== null) yield match;
    }
  }

  /** The match of the first key that matches; also null if the budget does not pay for all keys. */
  private matchAny(
    keys: readonly Key[],
    candidate: CandidateBytes,
    algorithms: readonly Algorithm[],
  ): Match | null {
    const { bytes, head, tail } = candidate;
    for (const key of keys) {
      for (const algorithm of algorithms) {
        if (!this.budget.payMac(bytes.length)) return null;
        const hex = key.mac(algorithm).hex(bytes, head, tail);
        const match = this.compare(algorithm, hex, key, candidate);
        if (match !== null) return match;
      }
    }
    return null;
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
    const whole = this.whole.get(algorithm)?.get(hex);
    if (whole !== undefined) return whole;
    for (const reading of this.cut) {
      if (reading.algorithm !== algorithm) continue;
      if (reading.cut === 'end' ? hex.startsWith(reading.hex) : hex.endsWith(reading.hex))
        return reading;
    }
    if (algorithm !== 'sha256') return undefined;
    return this.signature.shapes.find(({ text, write }) => write(hex) === text)?.reading;
  }
}

/** Whether a form is tried with changed secrets early: another line end, or a constant such as an object's text. */
function isLikelyWithKey({ reason, bytes }: BodyForm): boolean {
  const isLineEnd =
    reason === 'body_trailing_newline' || reason === 'body_crlf' || reason === 'body_bom';
  return isLineEnd || bytes.length <= MAX_CONSTANT_BYTES;
}
