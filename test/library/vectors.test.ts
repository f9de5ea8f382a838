import { createHmac } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/cli.ts';

// Every module as it is published: `relyable` finds itself by the names in its manifest.
const require = createRequire(import.meta.url);
const SYSTEMS = {
  'ES modules': (name: string) => import(/* @vite-ignore */ `relyable/${name}`),
  CommonJS: async (name: string) => require(`relyable/${name}`),
};

type Verdict = 'event' | 'no event' | 'refused';

/** A request, and what is to be said of it. */
interface Vector {
  readonly name: string;
  readonly secret: string;
  readonly body: Buffer;
  readonly signature: string;
  readonly verdict: Verdict;
}

/** What an entry says of a request; those that do not read the body cannot tell events apart. */
type Entry = (vector: Vector) => Promise<Verdict | boolean>;

const byStatus = (status: number): Verdict => {
  const verdicts: Record<number, Verdict> = { 200: 'event', 400: 'no event', 401: 'refused' };
  return verdicts[status] ?? expect.unreachable(`answered ${status}`);
};

function headersOf({ signature }: Vector): Record<string, string> {
  return { 'x-relyable-signature': signature, 'content-type': 'application/octet-stream' };
}

const requestOf = (vector: Vector): Request =>
  new Request('http://localhost/', {
    method: 'POST',
    headers: headersOf(vector),
    body: new Uint8Array(vector.body),
  });

// oxlint-disable typescript/no-explicit-any -- modules of either system
type Library = any;

function entriesOf(modules: Record<string, Library>): Record<string, Entry> {
  const { webhooks, diagnosis } = modules;
  const thrown =
    (construct: (...args: unknown[]) => unknown): Entry =>
    async ({ body, signature, secret }) => {
      try {
        await construct(body, signature, secret);
        return 'event';
      } catch (error) {
        if (error instanceof webhooks.InvalidEventError) return 'no event';
        expect(error).toBeInstanceOf(webhooks.WebhookVerificationError);
        return 'refused';
      }
    };
  const fetched =
    (module: Library): Entry =>
    async (vector) =>
      byStatus((await module.webhookHandler(vector)(requestOf(vector))).status);
  const onNode =
    (module: Library): Entry =>
    async (vector) => {
      const request = Readable.from([vector.body]);
      const response = { statusCode: 0, setHeader: () => {}, end: () => {} };
      const node = Object.assign(request, { method: 'POST', headers: headersOf(vector) });
      await module.webhookHandler(vector)(node, response);
      return byStatus(response.statusCode);
    };
  return {
    constructEvent: thrown(webhooks.constructEvent),
    constructEventSync: thrown(webhooks.constructEventSync),
    verifySignature: ({ body, signature, secret }) =>
      webhooks.verifySignature(body, signature, secret),
    explainFailure: async ({ body, signature, secret }) =>
      diagnosis.explainFailure(body, signature, secret).valid,
    express: onNode(modules['express']),
    nestjs: onNode(modules['nestjs']),
    fetch: fetched(modules['fetch']),
    next: fetched(modules['next']),
    hono: async (vector) => {
      const context = { req: { raw: requestOf(vector) } };
      return byStatus((await modules['hono'].webhookHandler(vector)(context)).status);
    },
    fastify: async (vector) => {
      const app = fastify();
      await app.register(modules['fastify'].webhookPlugin(vector));
      const { body, ...rest } = { body: vector.body, headers: headersOf(vector) };
      const answer = await app.inject({ method: 'POST', url: '/', payload: body, ...rest });
      return byStatus(answer.statusCode);
    },
  };
}
// oxlint-enable typescript/no-explicit-any

function readFixture<T>(file: string): T {
  return JSON.parse(readFileSync(join(ROOT, 'fixtures', file), 'utf8')) as T;
}

interface Rfc4231 {
  readonly tests: ReadonlyArray<{
    readonly case: number;
    readonly key_hex: string;
    readonly msg_hex: string;
    readonly tag_hex: string;
    readonly tag_bits: number;
  }>;
}

/** Those with a key that is text, as a signing secret is: the others are not UTF-8. */
function rfcVectors(): Vector[] {
  return readFixture<Rfc4231>('signatures/rfc4231.json').tests.flatMap((test) => {
    const key = Buffer.from(test.key_hex, 'hex');
    const secret = key.toString('utf8');
    if (!Buffer.from(secret).equals(key)) return [];
    return {
      name: `RFC 4231, case ${test.case}`,
      secret,
      body: Buffer.from(test.msg_hex, 'hex'),
      signature: test.tag_hex,
      // Case 5 is cut to 128 bits.
      verdict: test.tag_bits === 256 ? ('no event' as const) : ('refused' as const),
    };
  });
}

interface Published {
  readonly tests: ReadonlyArray<Record<'name' | 'secret' | 'body' | 'sha256', string>>;
}

function publishedVectors(): Vector[] {
  return readFixture<Published>('signatures/published.json').tests.map(
    ({ name, secret, body, sha256 }) => ({
      name,
      secret,
      body: Buffer.from(body),
      signature: sha256,
      verdict: 'no event',
    }),
  );
}

/** The samples as their files hold them, and with one byte changed. */
function eventVectors(): Vector[] {
  const secret = 'whsec_test_vectors_0123456789';
  return readdirSync(join(ROOT, 'fixtures/events')).flatMap((name) => {
    const body = readFileSync(join(ROOT, 'fixtures/events', name));
    const signature = createHmac('sha256', secret).update(body).digest('hex');
    const changed = Buffer.concat([body, Buffer.from(' ')]);
    return [
      { name, secret, body, signature, verdict: 'event' as const },
      { name: `${name}, changed`, secret, body: changed, signature, verdict: 'refused' as const },
    ];
  });
}

const VECTORS = [...rfcVectors(), ...publishedVectors(), ...eventVectors()];

it('there are vectors of each kind', () => {
  expect(VECTORS.filter(({ verdict }) => verdict === 'no event').length).toBeGreaterThan(3);
  expect(VECTORS.filter(({ verdict }) => verdict === 'event')).toHaveLength(4);
});

describe.each(Object.entries(SYSTEMS))('as %s', (_system, load) => {
  const names = ['express', 'fastify', 'fetch', 'hono', 'nestjs', 'next'];
  const loading = Promise.all([
    load('webhooks').then((module) => ['webhooks', module]),
    load('diagnosis').then((module) => ['diagnosis', module]),
    ...names.map(async (name) => [name, await load(`webhooks/${name}`)]),
  ]).then((modules) => entriesOf(Object.fromEntries(modules)));

  it.each(VECTORS.map((vector) => [vector.name, vector] as const))('%s', async (_name, vector) => {
    const verdicts: Record<string, unknown> = {};
    const expected: Record<string, unknown> = {};
    for (const [name, entry] of Object.entries(await loading)) {
      verdicts[name] = await entry(vector);
      const isGenuine = vector.verdict !== 'refused';
      expected[name] = typeof verdicts[name] === 'boolean' ? isGenuine : vector.verdict;
    }
    expect(verdicts).toEqual(expected);
  });
});
