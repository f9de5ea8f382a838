/** The request target of a recorded URL: the URL without scheme, host and fragment. */
export function toPath(url: string): string {
  // In a collection's `{{host}}/hook`, the variable is the scheme and host.
  const own = url.replace(/^\{\{[^}]*\}\}/, '');
  const path = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*([^#]*)/i.exec(own)?.[1] ?? own.replace(/#.*/, '');
  const target = path.startsWith('/') ? path : `/${path}`;
  // A recorded URL may contain spaces; a request line cannot.
  return toBytes(target).replace(/[^\u0021-\u007e\u0080-\u00ff]/g, encodeURIComponent);
}

/** `HTTP/1.1`, `http/1.1`, `h2`, `HTTP/2.0` → `1.1`, `2.0`; unknown is 1.1. */
export function toVersion(version: string | null | undefined): string {
  const digits = /^(?:http\/|h)(\d)(?:\.(\d))?$/i.exec(version ?? '');
  return digits === null ? '1.1' : `${digits[1]}.${digits[2] ?? '0'}`;
}

/** Headers are latin1-decoded bytes; text beyond latin1 was UTF-8 on the wire. */
export function toBytes(text: string): string {
  return /[\u0100-\uffff]/.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;
}
