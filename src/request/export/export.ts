import type { Capture } from '../capture.ts';
import { captureToLine } from '../capture-line.ts';
import { formatRawRequest } from '../raw.ts';
import type { ExportFormat } from './export-formats.ts';
import { writeCurlScript } from './curl-script.ts';
import { writeHar } from './har-writer.ts';
import { writePytest, writeVitest } from './test-file.ts';
import { safeJson } from '../../json/safe-json.ts';

/** The captures in a format, piece by piece, in constant memory. */
export function* exportCaptures(
  captures: Iterable<Capture>,
  format: ExportFormat,
  version: string,
): Generator<string | Buffer> {
  switch (format) {
    case 'ndjson':
      for (const capture of captures) yield `${safeJson(captureToLine(capture))}\n`;
      return;
    case 'http':
      for (const capture of captures) yield formatRawRequest(capture);
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
