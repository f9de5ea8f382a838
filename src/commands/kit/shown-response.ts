import { formatCount, wrapText } from '../../terminal/format.ts';
import { htmlMessage } from '../../html-message.ts';
import { safeText } from '../../terminal/safe-text.ts';

/** How much of a response is shown under a failure, bytes. */
const SHOWN_BYTES = 500;

/**
 * The beginning of a response, or the message of an HTML error page, as lines of at most `columns`. Each
 * line begins with `indent` and a bar. If something is left out, the last line says how much.
 */
export function shownResponse(body: Buffer, indent: string, columns: number): string[] {
  const page = htmlMessage(body.toString('utf8'));
  const content = page === null ? body : Buffer.from(page);
  const text = content.subarray(0, SHOWN_BYTES).toString('utf8').trimEnd();
  if (text === '') return [];
  const left = content.length - SHOWN_BYTES;
  const more = left > 0 ? [`… ${formatCount(left, 'more byte')}`] : [];
  const start = `${indent}│ `;
  return [...safeText(text).split('\n'), ...more].flatMap((line) =>
    `${start}${wrapText(line, start, columns)}`.split('\n'),
  );
}
