import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readStore, SECRET } from '../../support/captures.ts';
import { type CliResult, temporaryFolder } from '../../support/cli.ts';
import { startDeliveryApi, wireDelivery } from '../../support/delivery-api.ts';
import { runCli } from '../../support/run-cli.ts';

const genuine = wireDelivery(1);
const unsigned = wireDelivery(2, { headers: { 'content-type': 'application/json' } });
const forged = wireDelivery(3, { headers: { 'X-Relyable-Signature': 'ab'.repeat(32) } });
const empty = wireDelivery(4, { body: null });

interface Setup {
  readonly store: string;
  run(args: readonly string[], stdin?: string): Promise<CliResult>;
}

async function setUp(): Promise<Setup> {
  const api = await startDeliveryApi([empty, forged, unsigned, genuine]);
  const store = join(temporaryFolder(), 'captures.db');
  const env = {
    RELYABLE_WEBHOOK_SECRET: SECRET,
    RELYABLE_API_URL: api.url,
    RELYABLE_STORE: store,
  };
  const run: Setup['run'] = (args, stdin) =>
    runCli(['webhooks', ...args], { env, ...(stdin === undefined ? {} : { stdin }) });
  return { store, run };
}

const NOT_RECORDED =
  '  no signature recorded: the delivery log has the payload without its signature, so it is not judged (signature_not_recorded)';

it('judges deliveries by id, and never one whose signature is not recorded', async () => {
  const { run } = await setUp();
  const one = await run(['verify', 'dlv_1']);
  expect(one.stdout).toBe(
    '✓ dlv_1  test_run.failed  signed with RELYABLE_WEBHOOK_SECRET\n1 request: 1 valid, 0 invalid\n',
  );
  expect(one.code).toBe(0);
  const other = await run(['verify', 'delivery:dlv_1', 'dlv_2']);
  expect(other.stdout.split('\n').slice(1)).toEqual([
    '? dlv_2  test_run.failed',
    NOT_RECORDED,
    '2 requests: 1 valid, 0 invalid, 1 not judged',
    '',
  ]);
  expect(other.code).toBe(2);
  const all = await run(['verify', 'dlv_1', 'dlv_2', 'dlv_3', '--json']);
  const objects = all.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(objects).toMatchObject([
    { source: 'dlv_1', valid: true, reason: 'ok' },
    { source: 'dlv_2', valid: null, reason: 'signature_not_recorded', fix: null },
    { source: 'dlv_3', valid: false, reason: 'secret_wrong_or_body_changed' },
    { type: 'summary', total: 3, valid: 1, invalid: 1, unjudged: 1 },
  ]);
  expect(all.code).toBe(1);
});

it('says what it could not read, and judges the rest', async () => {
  const { run } = await setUp();
  const result = await run(['verify', 'dlv_4', 'dlv_1']);
  expect(result.stdout).toContain('✓ dlv_1');
  expect(result.stderr).toContain('dlv_4: expected its payload, but the delivery log does not');
  expect(result.code).toBe(2);
  expect((await run(['verify', 'dlv_9'])).stderr).toContain('no delivery dlv_9');
  const mixed = await run(['verify', 'dlv_1', '--signature', 'ab'.repeat(32)]);
  expect(mixed.stderr).toContain('--signature: a delivery has its own signature');
});

it('reads what logs show and logs list print, from a file and a pipe', async () => {
  const { run } = await setUp();
  const shown = await run(['logs', 'show', 'dlv_1', '--json']);
  const piped = await run(['verify', '-'], shown.stdout);
  expect(piped.stdout).toContain('✓ stdin  test_run.failed  signed with RELYABLE_WEBHOOK_SECRET');
  const file = join(temporaryFolder(), 'delivery.json');
  writeFileSync(file, JSON.stringify(JSON.parse(shown.stdout), null, 2));
  expect((await run(['verify', file])).code).toBe(0);
  const listed = await run(['logs', 'list', '--json']);
  const all = await run(['verify', '-'], listed.stdout);
  expect(all.stdout).toContain('3 requests: 1 valid, 1 invalid, 1 not judged, 1 unreadable');
  expect(all.stderr).toContain('delivery dlv_4: expected its payload');
  const broken = shown.stdout.replace('"requestHeaders":{', '"requestHeaders":{"X":1,');
  const refused = await run(['verify', '-'], broken);
  expect(refused.stderr).toContain('requestHeaders.X');
  expect(refused.code).toBe(2);
});

it('--junit reports what is not judged as skipped', async () => {
  const { run } = await setUp();
  const file = join(temporaryFolder(), 'report.xml');
  await run(['verify', 'dlv_2', '--junit', file]);
  expect(readFileSync(file, 'utf8')).toContain('<skipped message="no signature recorded');
});

it('imports deliveries once, and does not judge what has no signature', async () => {
  const { run, store } = await setUp();
  const imported = await run(['captures', 'import', 'dlv_1', 'dlv_2']);
  expect(imported.code).toBe(0);
  expect(imported.stdout).toMatch(/✓ ok {2}dlv_1\n.*\? no signature recorded {2}dlv_2\n/);
  expect(readStore(store)).toMatchObject([
    { source: 'log', verification: { valid: true }, receivedAt: Date.UTC(2026, 0, 31, 10, 0, 1) },
    { source: 'log', verification: { valid: false, reason: 'signature_not_recorded' } },
  ]);
  const shown = await run(['logs', 'show', 'dlv_2', '--json']);
  const again = await run(['captures', 'import', '-'], shown.stdout);
  expect(again.stdout).toBe('imported 0 captures, 1 already stored\n');
  const list = await run(['captures', 'list']);
  expect(list.stdout).toContain('no signature recorded, from the delivery log');
  expect((await run(['captures', 'list', '--invalid'])).stdout).toBe('');
  const verified = await run(['verify', 'last']);
  expect(verified.stdout).toContain('0 valid, 0 invalid, 1 not judged');
  const exported = await run(['captures', 'export', '--all']);
  const fromExport = await run(['verify', '-'], exported.stdout);
  expect(fromExport.stdout).toContain('2 requests: 1 valid, 0 invalid, 1 not judged');
});

it('asks for an API key where a delivery is named, and only there', async () => {
  const env = {
    RELYABLE_WEBHOOK_SECRET: SECRET,
    RELYABLE_API_URL: 'https://api.example.test/api',
    RELYABLE_STORE: join(temporaryFolder(), 'captures.db'),
  };
  for (const command of [
    ['verify', 'dlv_1'],
    ['captures', 'import', 'dlv_1'],
    ['captures', 'replay', 'dlv_1', '--to', '3000'],
  ]) {
    const { code, stderr } = await runCli(['webhooks', ...command], { env });
    expect(code).toBe(3);
    expect(stderr).toContain('Settings → API Keys');
  }
  const missing = await runCli(['webhooks', 'verify', 'last'], { env });
  expect(missing.code).toBe(2);
});
