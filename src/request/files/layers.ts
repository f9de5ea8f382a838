import { isRequestLine } from './detect.ts';
import { parsePrintedBytes } from '../../json/printed-value.ts';
import { decodeBase64, looksDecoded } from './recorded-body.ts';

/**
 * Decodes a text that encodes a whole recording: base64 with any white space, or a byte string as Python
 * prints it. Null if it is neither. `bytes` may be truncated, so that the first bytes of an input are
 * enough to decide.
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
