import { RelyableError } from '../../errors.ts';
import type { CaptureReader, ReaderOptions } from '../../store/captures.ts';
import type { Capture } from '../../request/capture.ts';

/** Opens the store for reading; NOT_FOUND where there is none yet. */
export async function openCaptures(file: string, options?: ReaderOptions): Promise<CaptureReader> {
  // SQLite is loaded only by what reads captures.
  const { openReader } = await import('../../store/writer.ts');
  const reader = openReader(file, options);
  if (reader !== undefined) return reader;
  throw new RelyableError('NOT_FOUND', `there is no store at ${file} yet`, {
    hint: 'captures appear there once `relyable webhooks listen` has received a webhook',
  });
}

/** A store that is opened for reading by the first input that needs it. */
export class LazyReader {
  private reader: CaptureReader | undefined;
  private readonly file: () => string;

  constructor(file: () => string) {
    this.file = file;
  }

  /** NOT_FOUND where there is no store. */
  async open(): Promise<CaptureReader> {
    this.reader ??= await openCaptures(this.file());
    return this.reader;
  }

  close(): void {
    this.reader?.close();
  }
}

/** The capture of an operand: an id, or `last` for the newest; NOT_FOUND if unknown. */
export function requireCapture(reader: CaptureReader, name: string): Capture {
  const capture = name === 'last' ? reader.list({}, 1)[0] : reader.get(name.toLowerCase());
  if (capture !== undefined) return capture;
  throw new RelyableError(
    'NOT_FOUND',
    name === 'last' ? 'the store holds no captures' : `no capture ${name} in the store`,
    { hint: 'relyable webhooks captures list shows the captures' },
  );
}
