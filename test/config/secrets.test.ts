import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolveSecrets } from '../../src/config/secrets.ts';
import { testContext } from '../support/context.ts';

describe('--secret-file', () => {
  it.each([
    ['UTF-8', Buffer.from('whsec_é\n')],
    ['UTF-8 with its mark', Buffer.from('\ufeffwhsec_é\r\n')],
    ['UTF-16 of PowerShell', Buffer.from('\ufeffwhsec_é\r\n', 'utf16le')],
    ['UTF-16 with big-endian bytes', Buffer.from('\ufeffwhsec_é\n', 'utf16le').swap16()],
  ])('in %s is read as text', (_, bytes) => {
    const context = testContext();
    writeFileSync(join(context.cwd, 's'), bytes);
    const { chosen } = resolveSecrets(context, [], { secretFile: ['s'] });
    expect(chosen[0].value).toBe('whsec_é');
  });

  it.each([
    ['UTF-16 without its mark', Buffer.from('whsec_1', 'utf16le')],
    ['Latin-1', Buffer.from('whsec_é', 'latin1')],
  ])('in %s is refused', (_, bytes) => {
    const context = testContext();
    writeFileSync(join(context.cwd, 's'), bytes);
    expect(() => resolveSecrets(context, [], { secretFile: ['s'] })).toThrow(
      '--secret-file s: expected text in UTF-8, got bytes of another encoding',
    );
  });
});

describe('the development secret beside an env file', () => {
  const linux = { platform: 'linux' } as const;

  it('with another secret is warned of, with the command that uses it', () => {
    const context = testContext(linux);
    writeFileSync(join(context.cwd, '.env'), 'RELYABLE_WEBHOOK_SECRET=whsec_app\n');
    const { otherSecret, note } = resolveSecrets(context, [], {});
    expect(otherSecret).toMatch(
      /^\.env gives your app another RELYABLE_WEBHOOK_SECRET than the dev/,
    );
    expect(note).toBe('using the development secret');
    const command = otherSecret?.split('Use the same: ')[1] ?? '';
    const script = `${command}\nprintf %s "$RELYABLE_WEBHOOK_SECRET"`;
    expect(execFileSync('sh', ['-c', script], { cwd: context.cwd, encoding: 'utf8' })).toBe(
      'whsec_app',
    );
  });

  it('that sets the same, or nothing, is not', () => {
    const context = testContext(linux);
    const { chosen } = resolveSecrets(context, [], {});
    writeFileSync(join(context.cwd, '.env'), 'RELYABLE_WEBHOOK_SECRET=\n');
    expect(resolveSecrets(context, [], {}).otherSecret).toBeNull();
    writeFileSync(join(context.cwd, '.env'), `RELYABLE_WEBHOOK_SECRET=${chosen[0].value}\n`);
    expect(resolveSecrets(context, [], {})).toMatchObject({
      otherSecret: null,
      note: 'using the development secret, which .env sets too',
    });
  });
});

it('a variable that may be a secret is not named', () => {
  const layer = { origin: 'project config c', file: 'c', kind: 'project' } as const;
  const resolve = (secretEnv: string) => (): unknown =>
    resolveSecrets(testContext(), [{ ...layer, values: { secretEnv } }], {});
  expect(resolve('correcthorsebattery')).toThrow(
    'secretEnv names a variable (name not shown), but',
  );
  expect(resolve('SHOP_SECRET')).toThrow('secretEnv names the variable SHOP_SECRET, but');
});
