/** The characters of Windows-1252 at 0x80–0x9f, where latin-1 has control characters (WHATWG Encoding). */
const WINDOWS_1252 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

/** Encodes text in a one-byte charset; a character that the charset does not have becomes `?`. */
export function encodeSingleByte(text: string, charset: 'latin-1' | 'Windows-1252'): Buffer {
  const bytes = text.replace(/[\u{100}-\u{10ffff}]/gu, (char) => {
    const special = charset === 'Windows-1252' ? WINDOWS_1252.indexOf(char) : -1;
    return special === -1 ? '?' : String.fromCharCode(0x80 + special);
  });
  return Buffer.from(bytes, 'latin1');
}

/** Decodes bytes as a one-byte charset. */
export function decodeSingleByte(bytes: Buffer, charset: 'latin-1' | 'Windows-1252'): string {
  const text = bytes.toString('latin1');
  if (charset === 'latin-1') return text;
  return text.replace(
    /[\u0080-\u009f]/g,
    (char) => WINDOWS_1252[char.charCodeAt(0) - 0x80] ?? char,
  );
}

/** The text if the bytes are valid UTF-8; null otherwise. */
export function decodeUtf8(bytes: Buffer): string | null {
  const text = bytes.toString('utf8');
  if (!text.includes('\ufffd')) return text;
  return Buffer.from(text, 'utf8').equals(bytes) ? text : null;
}
