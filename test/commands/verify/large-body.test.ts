import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { verifyLargeBody } from '../../../src/commands/verify/large-body.ts';
import { signPayload } from '../../../src/signature/sign.ts';
import { SECRET } from '../../support/captures.ts';
import { temporaryFolder } from '../../support/cli.ts';
import { testContext } from '../../support/context.ts';

const SIZE = 16 * 1024 * 1024;
const secrets = [
  { source: 'other', value: 'not-this-one', role: 'chosen' as const },
  { source: '--secret-file key', value: SECRET, role: 'chosen' as const },
  { source: 'known', value: 'known', role: 'known' as const },
];
const large = Buffer.from(
  JSON.stringify({
    data: { event: 'inner' },
    event: 'test_run.failed',
    text: 'é'.repeat(SIZE / 2),
  }),
);

function verify(
  bytes: Buffer,
  options: Partial<Parameters<typeof verifyLargeBody>[2]>,
  operand = 'body.json',
): ReturnType<typeof verifyLargeBody> {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'body.json'), bytes);
  const all = { signature: undefined, format: undefined, explain: false, ...options };
  return verifyLargeBody(testContext({ cwd }), [operand], all, secrets);
}

it('verifies a large body while it is read, and names the secret that matches', async () => {
  expect(await verify(large, { signature: signPayload(large, SECRET) })).toEqual({
    source: 'body.json',
    index: 0,
    isOneOfMany: false,
    event: 'test_run.failed',
    verification: expect.objectContaining({ valid: true, secretSource: '--secret-file key' }),
  });
});

it.each<[string, Parameters<typeof verify>[1], string?]>([
  ['a signature that does not match', { signature: 'ab'.repeat(32) }],
  ['a secret that is only known', { signature: signPayload(large, 'known') }],
  ['no signature', {}],
  ['--explain', { signature: signPayload(large, SECRET), explain: true }],
  ['another format', { signature: signPayload(large, SECRET), format: 'har' }],
  ['a file that is missing', { signature: 'ab'.repeat(32) }, 'missing.json'],
  ['stdin', { signature: 'ab'.repeat(32) }, '-'],
])('leaves %s to the search', async (_, options, operand) => {
  expect(await verify(large, options, operand)).toBeNull();
});

it.each([
  ['below the size', Buffer.from('{"event":"a"}')],
  ['in UTF-16', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.alloc(SIZE, 'x')])],
  ['without an event at its beginning', Buffer.alloc(SIZE, ' ')],
])('leaves a file %s to the search', async (_, bytes) => {
  expect(await verify(bytes, { signature: signPayload(bytes, SECRET) })).toBeNull();
});
