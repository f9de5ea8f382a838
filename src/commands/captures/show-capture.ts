import { captureJsonPieces } from '../../request/export/export.ts';
import type { Capture } from '../../request/capture.ts';
import { storedFields } from './view.ts';
import type { Terminal, View } from '../../terminal/terminal.ts';

/** Above this, the JSON of a capture is printed in pieces: it may be longer than a string can be. */
const LARGE_BODY_BYTES = 16 * 1024 * 1024;

/** Shows a capture with its view; the JSON of a large one piece by piece. */
export async function showCapture(terminal: Terminal, capture: Capture, view: View): Promise<void> {
  if (!terminal.isJson || capture.body.length <= LARGE_BODY_BYTES) {
    terminal.show(view);
    await terminal.taken();
    return;
  }
  for (const piece of captureJsonPieces(capture, storedFields(capture))) {
    terminal.raw(piece);
    await terminal.taken();
  }
  terminal.raw('\n');
}
