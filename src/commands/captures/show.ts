import type { Invocation } from '../../invocation.ts';
import { EXIT_SUCCESS } from '../../errors.ts';
import type { CapturesShowFlags } from './options.ts';
import { captureToJson, formatCapture } from '../kit/capture-view.ts';
import { formatRawRequest } from '../../request/raw.ts';
import { loadLayers, storeFile } from '../kit/invocation-config.ts';
import { openCaptures, requireCapture } from '../kit/open-captures.ts';

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
  return EXIT_SUCCESS;
}
