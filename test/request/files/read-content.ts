import type { InputItem } from '../../../src/request/files/input.ts';
import { type InputOptions, readInput } from '../../../src/request/files/read-input.ts';

/** Every item of an input that comes in one piece. */
export async function readContent(
  content: string | Buffer,
  options: InputOptions = {},
): Promise<InputItem[]> {
  async function* chunks(): AsyncGenerator<Buffer> {
    yield Buffer.from(content);
  }
  const items: InputItem[] = [];
  for await (const item of readInput(chunks(), 'input', options)) items.push(item);
  return items;
}
