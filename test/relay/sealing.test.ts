import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  openSealed,
  parseSealingKeys,
  seal,
  sealedWith,
  type SealingKey,
} from '../../src/relay/sealing.ts';
import { runProgram } from '../support/program.ts';

const [KEY, OTHER] = parseSealingKeys(`${'0a'.repeat(32)}\n${'0b'.repeat(32)}\n`, 'test') as [
  SealingKey,
  SealingKey,
];
const MESSAGE = Buffer.from(
  `RLY1 ${JSON.stringify({ event: 'test_run.completed', data: 'x'.repeat(900) })}`,
);

describe('a sealed message', () => {
  it.each([
    ['empty', Buffer.alloc(0)],
    ['one that compresses', MESSAGE],
    ['one that does not', randomBytes(5000)],
    ['a large one', randomBytes(3_000_000)],
  ])('gives back the bytes: %s', (_, message) => {
    const sealed = seal(message, KEY, randomBytes);
    expect(sealedWith(sealed)).toBe(KEY.id);
    expect(openSealed(sealed, KEY).equals(message)).toBe(true);
  });

  it('shows nothing of the message, and is smaller where that compresses', () => {
    const sealed = seal(MESSAGE, KEY, randomBytes);
    expect(sealed.includes('test_run')).toBe(false);
    expect(sealed.length).toBeLessThan(MESSAGE.length);
    expect(seal(randomBytes(1000), KEY, randomBytes)).toHaveLength(1037);
  });

  it('differs each time', () => {
    expect(seal(MESSAGE, KEY, randomBytes).equals(seal(MESSAGE, KEY, randomBytes))).toBe(false);
  });

  it('cannot be changed, cut or opened with another key', () => {
    const sealed = seal(MESSAGE, KEY, randomBytes);
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed.writeUInt8(sealed.readUInt8(at) ^ 1, at);
      expect(() => openSealed(changed, KEY)).toThrow('changed or cut');
    }
    expect(() => openSealed(sealed, OTHER)).toThrow('changed or cut');
    for (const end of [0, 20, 36, sealed.length - 1]) {
      expect(() => openSealed(sealed.subarray(0, end), KEY)).toThrow(/cut/);
    }
  });

  it('is not taken for one where it is something else', () => {
    expect(sealedWith(MESSAGE)).toBeNull();
    expect(sealedWith(Buffer.from('RLS1'))).toBeNull();
  });
});

describe('the keys of a file', () => {
  it('are one or two; the first seals', async () => {
    const { stdout } = await runProgram('openssl', ['rand', '-hex', '32']);
    expect(parseSealingKeys(stdout, 'f')).toHaveLength(1);
    expect(parseSealingKeys(`# old\n\n${'0A'.repeat(32)}\r\n`, 'f')[0]).toEqual(KEY);
    expect(KEY.id).toMatch(/^[0-9a-f]{8}$/);
  });

  it.each([
    ['', 'expected one or two keys, got 0'],
    [`${'0a'.repeat(32)}\n`.repeat(3), 'expected one or two keys, got 3'],
    ['0a0b', 'expected lines of 64 hex digits'],
    [`${'0a'.repeat(31)}zz`, 'expected lines of 64 hex digits'],
  ])('are refused without being shown: %j', (text, problem) => {
    let message = '';
    try {
      parseSealingKeys(text, '--encrypt-key-file k');
    } catch (error) {
      ({ message } = error as Error);
    }
    expect(message).toBe(`--encrypt-key-file k: ${problem}`);
  });
});
