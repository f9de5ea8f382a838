import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { SecretVariant } from '../../../src/signature/diagnosis/secret-family.ts';
import { varySecret, varySecretAgain } from '../../../src/signature/diagnosis/secret-variants.ts';
import { ROOT } from '../../support/cli.ts';

/** Secrets as env files, shells, templates and people leave them; none is a real one. */
const SECRETS = [
  'whsec_dGVzdC1zZWNyZXQ=',
  ' spaced secret \r\n',
  '"quoted"',
  "b'bytes'",
  '“typographic”',
  'WEBHOOK_SECRET="in a line" # comment',
  'export WEBHOOK_SECRET=value',
  '{"secret":"in json","n":1}',
  'a$HOME${USER}b!c#d\\ne',
  '0x00ff10ab',
  'p%2Bq+r/s=t&u<v',
  'caf\u00e9\u200b-\u00a0x',
  'first,second;third fourth',
  'whsec_',
  'x',
];

function shown(bytes: Buffer): string {
  const text = bytes.toString();
  return Buffer.from(text).equals(bytes) ? JSON.stringify(text) : `hex ${bytes.toString('hex')}`;
}

/** Each kind of change for the first two secrets that it changes. */
function tableOf(vary: (secret: Buffer) => SecretVariant[]): string {
  const times = new Map<string, number>();
  const lines = SECRETS.flatMap((secret) => [
    JSON.stringify(secret),
    ...vary(Buffer.from(secret)).flatMap(({ reason, name, bytes, isRare }) => {
      const time = (times.get(name) ?? 0) + 1;
      times.set(name, time);
      return time > 2 ? [] : [`  ${reason}${isRare ? ' (rare)' : ''}, ${name}: ${shown(bytes)}`];
    }),
  ]);
  return `${lines.join('\n')}\n`;
}

it.each([
  ['secrets', varySecret],
  ['secrets-of-two-changes', varySecretAgain],
] as const)('lists what was done to a secret: %s', async (name, vary) => {
  await expect(tableOf(vary)).toMatchFileSnapshot(join(ROOT, `fixtures/diagnosis/${name}.txt`));
});

it('changes nothing of an empty secret, and never gives the secret itself', () => {
  expect(varySecret(Buffer.alloc(0))).toEqual([]);
  for (const secret of SECRETS) {
    const bytes = Buffer.from(secret);
    for (const variant of varySecret(bytes)) {
      expect(variant.bytes.equals(bytes), variant.name).toBe(false);
      expect(variant.bytes.length, variant.name).toBeGreaterThan(0);
    }
  }
});
