import type { Capture } from '../capture.ts';
import { captureToLine } from '../capture-line.ts';
import { rawRequestPieces } from '../raw.ts';
import type { ExportFormat } from './export-formats.ts';
import { base64Pieces, fillMember } from './body-pieces.ts';
import { writeCurlScript } from './curl-script.ts';
import { writeHar } from './har-writer.ts';
import { writePytest, writeVitest } from './test-file.ts';
import { safeJson } from '../../json/safe-json.ts';

/**
 * The captures in a format, in pieces of at most a few megabytes, so that a large body is never one string.
 */
export function* exportCaptures(
  captures: Iterable<Capture>,
  format: ExportFormat,
  version: string,
): Generator<string | Buffer> {
  switch (format) {
    case 'ndjson':
      for (const capture of captures) {
        yield* captureJsonPieces(capture);
        yield '\n';
      }
      return;
    case 'http':
      for (const capture of captures) yield* rawRequestPieces(capture);
      return;
    case 'har':
      yield* writeHar(captures, version);
      return;
    case 'curl':
      yield* writeCurlScript(captures);
      return;
    case 'vitest':
      yield* writeVitest(captures);
      return;
    case 'pytest':
      yield* writePytest(captures);
  }
}

/** A capture as one line of JSON without the line end, with the members of `more` added. */
export function captureJsonPieces(capture: Capture, more: object = {}): Generator<string> {
  const json = safeJson({ ...captureToLine(capture, ''), ...more });
  return fillMember(json, 'bodyBase64', base64Pieces(capture.body));
}
