import { isRequestLine } from './detect.ts';
import { parsePrintedBytes } from '../../json/printed-value.ts';
import { decodeBase64, looksDecoded } from './recorded-body.ts';

/**
 * The bytes inside a text that encodes a recording as a whole: base64 with any white space, or a byte
 * string as Python prints it. Null where it is neither. A cut at the end of `bytes` is allowed, so
 * that the first bytes of an input decide.
 */
export function undoLayer(bytes: Buffer): Buffer | null {
  const start = bytes.toString('latin1', 0, 4000).trimStart();
  if (/^[A-Za-z0-9+/_\s-]{16,}={0,2}\s*$/.test(start)) {
    const text = bytes.toString('latin1').replace(/\s+/g, '');
    const whole = decodeBase64(text) ?? decodeBase64(text.slice(0, text.length & ~3));
    return whole !== null && isRecording(whole) ? whole : null;
  }
  if (/^(b|B)r?['"]|^<Buffer /.test(start)) {
    const whole = parsePrintedBytes(bytes.toString('utf8'));
    return whole !== null && isRecording(whole) ? whole : null;
  }
  return null;
}

function isRecording(bytes: Buffer): boolean {
  const [line = ''] = bytes.toString('latin1', 0, 2000).split(/\r?\n/, 1);
  return isRequestLine(line) || looksDecoded(bytes) || /^(curl|PUT|POST)\b/.test(line);
}
