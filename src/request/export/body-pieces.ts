import { StringDecoder } from 'node:string_decoder';

/** The number of bytes that are converted to text at once; a multiple of 3, so that base64 can be joined. */
const PIECE_BYTES = 3 * 256 * 1024;

/** A body as base64 in pieces, which are to be joined: the whole text may exceed the maximum length of a string. */
export function* base64Pieces(body: Buffer): Generator<string> {
  for (let at = 0; at < body.length; at += PIECE_BYTES) {
    yield body.toString('base64', at, Math.min(at + PIECE_BYTES, body.length));
  }
}

/** UTF-8 bytes as the content of a JSON string, in pieces as well. `toJson` returns the JSON of a string. */
export function* jsonTextPieces(body: Buffer, toJson: (text: string) => string): Generator<string> {
  const decoder = new StringDecoder('utf8');
  for (let at = 0; at < body.length; at += PIECE_BYTES) {
    // An incomplete character stays in the decoder until its other bytes are written.
    yield toJson(decoder.write(body.subarray(at, at + PIECE_BYTES))).slice(1, -1);
  }
}

/**
 * JSON in which the empty string of one member is replaced by `content`. The search for the member is
 * safe: quotes inside JSON strings are escaped, so no string value can look like the member.
 */
export function* fillMember(
  json: string,
  member: string,
  content: Iterable<string>,
): Generator<string> {
  const found = `"${member}":"`;
  const at = json.indexOf(`${found}"`) + found.length;
  yield json.slice(0, at);
  yield* content;
  yield json.slice(at);
}
