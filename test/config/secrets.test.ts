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

describe('a secret in an env file', () => {
  const layerWith = (secretEnv: string) =>
    ({ origin: 'project config c', file: 'c', kind: 'project', values: { secretEnv } }) as const;

  it('is used where nothing else sets one, .env.local before .env', () => {
    const context = testContext();
    writeFileSync(join(context.cwd, '.env'), 'RELYABLE_WEBHOOK_SECRET=whsec_app\n');
    expect(resolveSecrets(context, [], {})).toMatchObject({
      chosen: [{ source: 'RELYABLE_WEBHOOK_SECRET in .env', value: 'whsec_app' }],
      note: null,
    });
    writeFileSync(join(context.cwd, '.env.local'), 'RELYABLE_WEBHOOK_SECRET=whsec_local\n');
    expect(resolveSecrets(context, [], {}).chosen[0].value).toBe('whsec_local');
  });

  it('is weaker than the environment, the config and options', () => {
    const env = { RELYABLE_WEBHOOK_SECRET: 'whsec_env', SHOP: 'whsec_shop' };
    const context = testContext({ env });
    writeFileSync(join(context.cwd, '.env'), 'RELYABLE_WEBHOOK_SECRET=whsec_app\nSHOP=x\n');
    expect(resolveSecrets(context, [], {}).chosen[0].value).toBe('whsec_env');
    expect(resolveSecrets(context, [], { secret: ['s'] }).chosen[0].value).toBe('s');
    const shop = testContext({ env: { SHOP: 'whsec_shop' }, cwd: context.cwd });
    expect(resolveSecrets(shop, [layerWith('SHOP')], {}).chosen[0].source).toBe('SHOP');
    const user = { ...layerWith('x'), kind: 'user', values: { secret: 'whsec_user' } } as const;
    const { chosen } = resolveSecrets(testContext({ cwd: context.cwd }), [user], {});
    expect(chosen[0].value).toBe('whsec_user');
  });

  it('may be the one that secretEnv names', () => {
    const context = testContext();
    writeFileSync(join(context.cwd, '.env'), 'SHOP_SECRET=whsec_shop\n');
    const { chosen } = resolveSecrets(context, [layerWith('SHOP_SECRET')], {});
    expect(chosen).toMatchObject([{ source: 'SHOP_SECRET in .env', value: 'whsec_shop' }]);
  });

  it.each(['RELYABLE_WEBHOOK_SECRET', 'SHOP_SECRET'])(
    'that is the development secret is named as that (%s)',
    (name) => {
      const context = testContext();
      const { value } = resolveSecrets(context, [], {}).chosen[0];
      writeFileSync(join(context.cwd, '.env'), `${name}=${value}\n`);
      expect(resolveSecrets(context, [layerWith(name)], {})).toMatchObject({
        chosen: [{ source: 'the development secret' }],
        note: 'using the development secret, which .env sets too',
      });
    },
  );

  it.each(['', '""', '"  "'])('that is empty (%j) is none', (written) => {
    const context = testContext();
    writeFileSync(join(context.cwd, '.env'), `RELYABLE_WEBHOOK_SECRET=${written}\n`);
    expect(resolveSecrets(context, [], {}).chosen[0].source).toBe('the development secret');
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
