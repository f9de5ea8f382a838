import { expect, it } from 'vitest';
import type { SecretVariant } from '../../../src/signature/diagnosis/secret-family.ts';
import { varySecret, varySecretAgain } from '../../../src/signature/diagnosis/secret-variants.ts';
import { listFile, shownBytes, toList, twiceEach } from '../../support/lists.ts';

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

/** Each kind of change for the first two secrets that it changes. */
function tableOf(vary: (secret: Buffer) => SecretVariant[]): string {
  const isListed = twiceEach();
  const lines = SECRETS.flatMap((secret) => [
    JSON.stringify(secret),
    ...vary(Buffer.from(secret))
      .filter(isListed)
      .map(
        ({ reason, name, bytes, isRare }) =>
          `  ${reason}${isRare ? ' (rare)' : ''}, ${name}: ${shownBytes(bytes)}`,
      ),
  ]);
  return toList(lines);
}

it.each([
  ['secrets', varySecret],
  ['secrets-of-two-changes', varySecretAgain],
] as const)('lists what was done to a secret: %s', async (name, vary) => {
  await expect(tableOf(vary)).toMatchFileSnapshot(listFile(name));
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
