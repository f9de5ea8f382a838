import type { ChalkInstance } from 'chalk';
import type { InputProblem } from '../kit/input-problems.ts';
import { describeSource, type RequestPlace } from '../kit/request-inputs.ts';
import { isJudged, type Verification } from '../../signature/verify.ts';
import type { JsonObject, View } from '../../terminal/terminal.ts';
import { formatCount, formatNumber, wrapParts, wrapText } from '../../terminal/format.ts';
import type { JunitCase, JunitSuite } from '../../terminal/junit.ts';
import { safeLine } from '../../terminal/safe-text.ts';

/** One judged request with where it came from. */
export interface VerifiedRequest extends RequestPlace {
  readonly verification: Verification;
}

/** The counts of judged requests. */
export interface VerificationTotals {
  readonly total: number;
  readonly valid: number;
  readonly invalid: number;
  /** Deliveries whose signature the log does not have. */
  readonly unjudged: number;
  /** Inputs, or entries of inputs, that cannot be read. */
  readonly unreadable: number;
}

/** The steps behind a verdict, for people and for programs. */
export interface ShownExplanation {
  text(style: ChalkInstance): string;
  json(): object;
}

/** A verdict, with the steps behind it where an explanation is given. */
export function verificationView(
  verified: VerifiedRequest,
  explanation: ShownExplanation | null,
): View {
  return {
    text: ({ style, columns }) => {
      const verdict = formatVerification(verified, style, columns);
      return explanation === null ? verdict : `${verdict}\n${explanation.text(style)}`;
    },
    json: () => ({
      ...verificationToJson(verified),
      ...(explanation === null ? {} : { explanation: explanation.json() }),
    }),
  };
}

/** How many were valid: the last line. */
export function totalsView(totals: VerificationTotals): View {
  return {
    text: () => formatTotals(totals),
    json: () => {
      const { unjudged, ...rest } = totals;
      return { type: 'summary', v: 1, ...rest, ...(unjudged === 0 ? {} : { unjudged }) };
    },
  };
}

/** `✓ source  event  proof`, or the proof with its reason, and the fix, below each other, wrapped to `columns`. */
function formatVerification(
  verified: VerifiedRequest,
  style: ChalkInstance,
  columns: number,
): string {
  const { verification } = verified;
  const name = `${safeLine(describeSource(verified))}  ${safeLine(verified.event ?? '(no event)')}`;
  if (verification.valid) {
    const line = `${style.green('✓')} ${name}`;
    return wrapParts([line, style.dim(safeLine(verification.detail))], '  ', columns);
  }
  if (!isJudged(verification)) {
    const why = wrapText(`${verification.detail} (${verification.reason})`, '  ', columns);
    return `${style.yellow('?')} ${name}\n  ${style.yellow(why)}`;
  }
  const reasons = verification.reasons.join(' + ');
  const proof = wrapText(safeLine(`${verification.detail} (${reasons})`), '  ', columns);
  const lines = [
    `${style.red('✗')} ${name}`,
    `  ${proof.replace(`(${reasons})`, () => style.red(`(${reasons})`))}`,
  ];
  if (verification.fix !== null) {
    const fix = wrapText(`fix: ${safeLine(verification.fix)}`, '  ', columns);
    lines.push(`  ${fix.replace('fix:', style.cyan('fix:'))}`);
  }
  return lines.join('\n');
}

function verificationToJson({ source, index, event, verification }: VerifiedRequest): JsonObject {
  const { valid, reason, reasons, detail, fix, secretSource } = verification;
  return {
    type: 'verification',
    v: 1,
    source,
    index,
    event,
    valid: isJudged(verification) ? valid : null,
    reason,
    reasons,
    detail,
    fix,
    secretSource,
  };
}

/** `3 requests: 2 valid, 1 invalid`, and what else there is. */
function formatTotals({ total, valid, invalid, unjudged, unreadable }: VerificationTotals): string {
  const parts = [
    `${formatNumber(valid)} valid`,
    `${formatNumber(invalid)} invalid`,
    ...(unjudged === 0 ? [] : [`${formatNumber(unjudged)} not judged`]),
    ...(unreadable === 0 ? [] : [`${formatNumber(unreadable)} unreadable`]),
  ];
  return `${formatCount(total, 'request')}: ${parts.join(', ')}`;
}

/** Judged requests as JUnit: a suite per source, a case per request and per problem. */
export function verificationsToJunit(
  all: readonly VerifiedRequest[],
  problems: readonly InputProblem[],
): JunitSuite[] {
  const suites = new Map<string, JunitCase[]>();
  const add = (source: string, testCase: JunitCase): void => {
    const name = source === '-' ? 'stdin' : source;
    suites.set(name, [...(suites.get(name) ?? []), testCase]);
  };
  for (const verified of all) add(verified.source, toJunitCase(verified));
  for (const { source, error } of problems) add(source, toProblemCase(source, error.message));
  return [...suites].map(([name, cases]) => ({ name, cases }));
}

function toProblemCase(source: string, text: string): JunitCase {
  const name = `${source === '-' ? 'stdin' : source} (unreadable)`;
  return { name, classname: CLASSNAME, failure: { message: 'input_unreadable', text } };
}

const CLASSNAME = 'relyable.webhooks.verify';

function toJunitCase(verified: VerifiedRequest): JunitCase {
  const { valid, reasons, detail, fix } = verified.verification;
  const name = `${describeSource(verified)} ${verified.event ?? '(no event)'}`;
  const classname = CLASSNAME;
  if (valid) return { name, classname };
  if (!isJudged(verified.verification)) return { name, classname, skipped: detail };
  const text = fix === null ? detail : `${detail}\n${fix}`;
  return { name, classname, failure: { message: reasons.join(' + '), text } };
}
