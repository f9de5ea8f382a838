import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listEventFields } from '../../src/relyable/event-fields.ts';
import { checkEvent, eventDataSchemas } from '../../src/relyable/schema.ts';
import { EVENT_TYPES } from '../../src/relyable/event-type.ts';
import { SAMPLES } from '../../src/relyable/samples.ts';
import { ROOT } from '../support/cli.ts';
import { runCli } from '../support/run-cli.ts';

const FIXTURES = join(ROOT, 'fixtures/events');

/** `[event, paths]` in the order printed, from the listing of `--list`. */
function readListing(text: string): [event: string, paths: string[]][] {
  return text
    .trim()
    .split('\n\n')
    .map((block) => {
      const [event = '', ...fields] = block.split('\n');
      return [event, fields.map((field) => field.trim().split(/\s+/)[0] ?? '')];
    });
}

function fixturePaths(event: string): string[] {
  const { data, ...frame } = JSON.parse(
    readFileSync(join(FIXTURES, `${event}.json`), 'utf8'),
  ) as Record<string, object>;
  return [...Object.keys(frame), ...Object.keys(data ?? {}).map((key) => `data.${key}`)];
}

/** The published events stand in four places; none may know more or less than another. */
describe('schema, fixtures, --list and docs', () => {
  it('have the same events', async () => {
    const files = readdirSync(FIXTURES).map((name) => name.replace(/\.json$/, ''));
    const types = [...EVENT_TYPES].sort();
    expect(files.sort()).toEqual(types);
    expect(Object.keys(SAMPLES).sort()).toEqual(types);
    expect(Object.keys(eventDataSchemas).sort()).toEqual(types);
    const { stdout } = await runCli(['webhooks', 'trigger', '--list']);
    expect(readListing(stdout).map(([event]) => event)).toEqual([...EVENT_TYPES]);
    const { stdout: help } = await runCli(['webhooks', 'trigger', '--help']);
    for (const type of EVENT_TYPES) expect(help).toContain(type);
  });

  it('have the same fields', async () => {
    const { stdout } = await runCli(['webhooks', 'trigger', '--list']);
    for (const [event, paths] of readListing(stdout)) {
      expect(paths, event).toEqual(fixturePaths(event));
    }
    const { stdout: ndjson } = await runCli(['webhooks', 'trigger', '--list', '--json']);
    const objects = ndjson
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(objects).toEqual(
      listEventFields().map(({ event, fields }) => ({ type: 'event', v: 1, event, fields })),
    );
  });

  it('are printed in the docs as they are', async () => {
    const { stdout } = await runCli(['webhooks', 'trigger', '--list']);
    const page = readFileSync(join(ROOT, 'docs/trigger.md'), 'utf8');
    const [, listing] = /\$ relyable webhooks trigger --list\n([\s\S]*?)\n```/.exec(page) ?? [];
    expect(listing).toBe(stdout.trimEnd());
    const named = new Set(page.match(/\b(?:test_run|test_case|agent)\.[a-z_]+\b/g));
    expect([...named].sort()).toEqual([...EVENT_TYPES].sort());
  });

  it.each(EVENT_TYPES)('the sample of %s fits its schema', (type) => {
    expect(checkEvent(SAMPLES[type])).toEqual([]);
    expect(SAMPLES[type]['event']).toBe(type);
  });

  it.each(
    EVENT_TYPES.flatMap((type) => fixturePaths(type).map((path): [string, string] => [type, path])),
  )('the schema of %s needs %s', (type, path) => {
    const sample = JSON.parse(readFileSync(join(FIXTURES, `${type}.json`), 'utf8')) as {
      data: Record<string, unknown>;
    } & Record<string, unknown>;
    const [key = '', field] = path.split('.');
    const holder = field === undefined ? sample : sample.data;
    delete holder[field ?? key];
    expect(checkEvent(sample)).not.toEqual([]);
    // And minds its type.
    holder[field ?? key] = { not: 'this' };
    expect(checkEvent(sample)).not.toEqual([]);
  });
});
