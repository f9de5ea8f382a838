import { headerValues, SIGNATURE_HEADER, type WebhookRequest } from '../../request/request.ts';
import type { Reason, SecretCandidate, Verification } from '../verify.ts';
import { recogniseBody, type RecognisedBody } from './recognise-body.ts';
import type { Search } from './search.ts';

type Request = Pick<WebhookRequest, 'headers' | 'body'>;

/** The result if no explanation was found: what was tried, and what to do next. */
export function describeNoMatch(
  search: Search,
  request: Request,
  secrets: readonly SecretCandidate[],
): Verification {
  const recognised = recogniseBody(request.body);
  const reason = reasonOf(search, request, recognised);
  const steps = nextSteps(search, request, secrets, recognised).slice(0, 3);
  return {
    valid: false,
    reason,
    reasons: [reason],
    detail: describeTried(search, request, secrets, recognised),
    fix: steps.map((step, index) => `${index + 1}. ${step}`).join(' '),
    secretSource: null,
  };
}

/** The reason without a proof: a fact about the header or the body. It says nothing about the secret. */
function reasonOf(search: Search, { body }: Request, recognised: RecognisedBody | null): Reason {
  if (!isReadable(search)) return 'signature_malformed';
  if (body.length === 0) return 'body_missing';
  return recognised?.isEnvelope === true ? 'body_wrapped' : 'secret_wrong_or_body_changed';
}

function isReadable({ signature }: Search): boolean {
  return signature.readings.length > 0 || signature.shapes.length > 0;
}

function describeTried(
  search: Search,
  { headers, body }: Request,
  secrets: readonly SecretCandidate[],
  recognised: RecognisedBody | null,
): string {
  if (!isReadable(search)) {
    return `the ${SIGNATURE_HEADER} header holds no HMAC in hex or base64${isRedacted(headers) ? ': it was redacted where the request was recorded' : ''}`;
  }
  const values = headerValues(headers, SIGNATURE_HEADER).length;
  const sources = secrets.map(({ source }) => source).join(', ');
  const subject = values === 1 ? 'the signature does' : `the ${values} signatures do`;
  const { bodies, keys, macs } = search.tried;
  const work = `tried ${bodies} forms of the body (rewritten by JSON libraries, line ends, compression, charset, timestamps, cut), ${keys} forms of the secret and every notation of the signature: ${macs} HMACs${search.isPartial ? ', stopped at the limit of work' : ''}`;
  if (body.length === 0) {
    return `the recording has no body, so the signature cannot be checked: it is not that of an empty body with ${sources}`;
  }
  const what = recognised === null ? '' : `the body here is ${recognised.what}; `;
  const short =
    search.effort === 'quick'
      ? '; this was a short search: verify this request alone for the full one'
      : '';
  const bytes = body.length === 1 ? 'the one byte' : `the ${body.length} bytes`;
  return `${what}${subject} not match ${bytes} of the body with ${sources}; ${work}${short}`;
}

function isRedacted(headers: Request['headers']): boolean {
  return headerValues(headers, SIGNATURE_HEADER).some((value) =>
    /redact|mask|filter|hidden|removed|secret|\*{3}|x{4}|\u2022|\.{3}/i.test(value),
  );
}

/** The next steps for this request. Checking the secret comes first unless the request suggests another cause. */
function nextSteps(
  search: Search,
  request: Request,
  secrets: readonly SecretCandidate[],
  recognised: RecognisedBody | null,
): string[] {
  const seen = [
    ...headerSteps(search, request),
    ...(recognised === null ? [] : [recognised.step]),
    ...bodySteps(request),
  ];
  const masked = secrets.find(({ value }) => /[•…*]{2}|\.{3}|…/.test(value));
  if (masked !== undefined) {
    seen.push(`The secret of ${masked.source} looks like a masked copy: take the real one.`);
  }
  const compare =
    'Compare the secret with the one shown for this webhook (Settings → Webhooks); it changes when the webhook is saved again, and each environment has its own.';
  const capture =
    'Capture the raw body before any middleware, proxy or logger touches it, and verify that capture.';
  const sample =
    'Send a signed sample with `relyable webhooks trigger` and the same secret: if that passes, the request was not signed with it.';
  return seen.length === 0 ? [compare, capture, sample] : [...seen, capture, compare, sample];
}

function headerSteps(search: Search, { headers, body }: Request): string[] {
  if (isReadable(search)) {
    return body.length === 0
      ? [
          'Record the request with its body: a browser or proxy leaves bodies out of a recording unless it is told to keep them.',
        ]
      : [];
  }
  if (isRedacted(headers)) {
    return [
      `Record the request without redaction of ${SIGNATURE_HEADER}: \`relyable webhooks listen\` keeps it, and it is not secret.`,
    ];
  }
  return [
    `Look at the ${SIGNATURE_HEADER} header: it should be 64 lower-case hex digits and nothing else.`,
  ];
}

function bodySteps({ headers, body }: Request): string[] {
  const steps: string[] = [];
  const declared = headerValues(headers, 'Content-Length')[0];
  if (declared !== undefined && Number(declared) !== body.length && body.length > 0) {
    steps.push(
      `Content-Length says ${declared.slice(0, 20)} and ${body.length} bytes are here: find what cut or rewrote the body.`,
    );
  }
  const coding = headerValues(headers, 'Content-Encoding')[0];
  if (
    coding !== undefined &&
    /gzip|deflate|br|zstd/i.test(coding) &&
    /^\s*[{[]/.test(body.toString('latin1', 0, 64))
  ) {
    steps.push(
      `Content-Encoding says ${coding.slice(0, 20)} and the body here is not compressed: something decoded it. Verify the bytes as they were sent.`,
    );
  }
  if (body.includes('\ufffd')) {
    steps.push('The body holds U+FFFD: it was read in the wrong charset; keep it as bytes.');
  }
  return steps;
}
