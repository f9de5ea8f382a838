import type { Invocation } from '../../invocation.ts';
import { EXIT_SUCCESS } from '../../errors.ts';
import { rawRequestPieces } from '../../request/raw.ts';
import { readConfig } from '../kit/invocation-config.ts';
import { openCaptures, requireCapture } from '../kit/open-captures.ts';
import type { CapturesShowOptions } from './options.ts';
import { showCapture } from './show-capture.ts';
import { captureView } from './view.ts';

/** Shows one capture with everything that the store knows about it. */
export async function run(invocation: Invocation<CapturesShowOptions>): Promise<number> {
  const { terminal, options, args } = invocation;
  const config = await readConfig(invocation);
  const reader = await openCaptures(config.storeFile());
  try {
    const capture = requireCapture(reader, args[0] ?? 'last');
    if (!options.raw) await showCapture(terminal, capture, captureView(capture));
    // In one piece: a terminal is told once, at the end, where it is not exact.
    else terminal.raw(Buffer.concat(rawRequestPieces(capture)));
  } finally {
    reader.close();
  }
  return EXIT_SUCCESS;
}
