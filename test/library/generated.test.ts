import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, type FormatConfig } from 'oxfmt';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type * as z from 'zod';
import type { EventOf, EventType, PublishedEvents } from '../../src/library/events.ts';
import { EVENT_TYPES } from '../../src/relyable/event-type.ts';
import type { eventSchemas } from '../../src/relyable/schema.ts';
import { ROOT } from '../support/cli.ts';
import { jsonSchemaOf } from './generate/json-schemas.ts';
import { pythonModule } from './generate/python.ts';
import { reasonTypes, typescriptTypes } from './generate/typescript.ts';

const FORMAT = JSON.parse(readFileSync(join(ROOT, '.oxfmtrc.json'), 'utf8')) as FormatConfig;

async function formatted(text: string, file: string): Promise<string> {
  const { code, errors } = await format(file, text, FORMAT);
  expect(errors).toEqual([]);
  return code;
}

// `npm run schemas:update` writes these files.
describe('the generated files follow from the schemas', () => {
  it('src/library/events.ts', async () => {
    const file = join(ROOT, 'src/library/events.ts');
    await expect(await formatted(typescriptTypes(), file)).toMatchFileSnapshot(file);
  });

  it('src/library/reasons.ts', async () => {
    const file = join(ROOT, 'src/library/reasons.ts');
    await expect(await formatted(reasonTypes(), file)).toMatchFileSnapshot(file);
  });

  it('src/commands/code/relyable_webhooks.py', async () => {
    const file = join(ROOT, 'src/commands/code/relyable_webhooks.py');
    await expect(pythonModule()).toMatchFileSnapshot(file);
  });

  it.each(EVENT_TYPES)('schemas/%s.json', async (event) => {
    const file = join(ROOT, 'schemas', `${event}.json`);
    const text = JSON.stringify(jsonSchemaOf(event));
    await expect(await formatted(text, file)).toMatchFileSnapshot(file);
  });
});

/** An object's own keys, without the index signature that lets other fields through. */
type Known<T> = {
  [K in keyof T as string extends K ? never : K]: T[K] extends readonly unknown[]
    ? T[K]
    : T[K] extends object
      ? Known<T[K]>
      : T[K];
};

it('the types are those of the schemas', () => {
  expectTypeOf<EventType>().toEqualTypeOf<keyof typeof eventSchemas>();
  expectTypeOf<PublishedEvents>().branded.toEqualTypeOf<{
    [T in EventType]: Known<z.infer<(typeof eventSchemas)[T]>>;
  }>();
  expectTypeOf<EventOf<'test_run.failed'>['data']['calls_failed']>().toEqualTypeOf<number>();
});
