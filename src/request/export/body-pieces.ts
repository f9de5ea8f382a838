import { StringDecoder } from 'node:string_decoder';

/** How many bytes of a body are turned into text at once; a multiple of 3, so that base64 can be joined. */
const PIECE_BYTES = 3 * 256 * 1024;

/** A body as base64, in pieces that join to the whole: all at once may be longer than a string can be. */
export function* base64Pieces(body: Buffer): Generator<string> {
  for (let at = 0; at < body.length; at += PIECE_BYTES) {
    yield body.toString('base64', at, Math.min(at + PIECE_BYTES, body.length));
  }
}

/** UTF-8 bytes as the inside of a JSON string, likewise; `toJson` gives the JSON of a string. */
export function* jsonTextPieces(body: Buffer, toJson: (text: string) => string): Generator<string> {
  const decoder = new StringDecoder('utf8');
  for (let at = 0; at < body.length; at += PIECE_BYTES) {
    // A character that is cut stays in the decoder until the rest comes.
    yield toJson(decoder.write(body.subarray(at, at + PIECE_BYTES))).slice(1, -1);
  }
}

/**
 * JSON with a content in place of the empty string that it has for a member. The quotes of a text
 * inside JSON are escaped, so the member is found wherever it stands.
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
