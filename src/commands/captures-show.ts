import type { Invocation } from '../cli.ts';
import { EXIT_YES } from '../errors.ts';
import type { CapturesShowFlags } from '../flags/captures.ts';
import { captureToJson, formatCapture } from '../report/capture.ts';
import { formatRawRequest } from '../webhook/raw-request.ts';
import { loadLayers } from './setup.ts';
import { openCaptures, requireCapture, storeFile } from './stored.ts';

/** One capture with everything that is known of it. */
export async function run(invocation: Invocation<CapturesShowFlags>): Promise<number> {
  const { terminal, flags, args } = invocation;
  const reader = await openCaptures(storeFile(invocation, await loadLayers(invocation)));
  try {
    const capture = requireCapture(reader, args[0] ?? 'last');
    if (flags.raw === true) terminal.raw(formatRawRequest(capture));
    else if (terminal.isJson) terminal.json(captureToJson(capture));
    else terminal.data(formatCapture(capture, terminal));
  } finally {
    reader.close();
  }
  return EXIT_YES;
}
