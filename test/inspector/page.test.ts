import { existsSync, readFileSync } from 'node:fs';
import { execFile } from 'node:child_process';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Capture } from '../../src/request/capture.ts';
import { FORWARD, fillStore, makeCapture } from '../support/captures.ts';
import { runCli } from '../support/run-cli.ts';
import { inspect } from './inspector-world.ts';

/** Of the page, in the functions that run there. */
interface PageElement {
  readonly textContent: string;
  readonly labels?: ArrayLike<{ readonly textContent: string }>;
  getAttribute(name: string): string | null;
}
declare const document: {
  createElement(name: string): { src: string; onload: () => void; onerror: () => void };
  querySelectorAll(selector: string): Iterable<PageElement>;
  readonly head: { append(node: unknown): void };
  readonly activeElement: PageElement | null;
  readonly forms: ReadonlyArray<{ submit(): void }>;
};
declare const navigator: { readonly clipboard: { readText(): Promise<string> } };
declare function getComputedStyle(element: unknown): Readonly<Record<string, string>>;

/** In the page: the name of what has the focus. */
function nameOfFocus(): string {
  const focused = document.activeElement;
  return focused?.getAttribute('aria-label') ?? focused?.textContent ?? '';
}

/** In the page: how many elements have a transition or an animation. */
function countMoving(): number {
  return [...document.querySelectorAll('*')].filter((element) => {
    const { transitionDuration, animationName } = getComputedStyle(element);
    return transitionDuration !== '0s' || animationName !== 'none';
  }).length;
}

/** An app that answers 200, and what it got. */
async function startApp() {
  const bodies: string[] = [];
  const headers: IncomingHttpHeaders[] = [];
  const server = createServer((incoming, response) => {
    let body = '';
    incoming.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')));
    incoming.on('end', () => {
      bodies.push(body);
      headers.push(incoming.headers);
      response.end('fine');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return { url, bodies, headers };
}

/** The first starts faster, and takes half the processor time. */
const CHROMIUM = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'].find(existsSync);
const isRequired = process.env['RELYABLE_REQUIRE_STACKS'] === '1';
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const hostile = makeCapture(4, {
  body: Buffer.from(
    JSON.stringify({ event: '<img src=x onerror=alert(1)>', data: { a: '\u202eevil', b: 70.5 } }),
  ),
  headers: [['X-Evil', '<script>alert(1)</script>']],
  verification: { valid: false, reason: 'signature_missing' },
});
const CAPTURES: readonly Capture[] = [
  ...Array.from({ length: 300 }, (_, n) => makeCapture(n + 10)),
  makeCapture(1, { forwards: [FORWARD] }),
  hostile,
];

describe.skipIf(!isRequired && CHROMIUM === undefined)('the page in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM ?? '', args: ['--no-sandbox'] });
  });
  afterAll(() => browser.close());

  /** The page of these captures, and what went wrong in it. */
  async function open(
    captures: readonly Capture[] = CAPTURES,
    options: Parameters<typeof inspect>[1] = {},
    outside: Parameters<typeof inspect>[2] = {},
  ) {
    const world = await inspect(captures, options, outside);
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      acceptDownloads: true,
    });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const problems: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    page.on('pageerror', (error) => problems.push(error.message));
    await page.goto(world.inspector.url);
    return { ...world, page, context, problems };
  }

  /**
   * Violations by axe-core in the view as it is now, or in an element of it. The debugger's own world is not under
   * the page's policy.
   */
  async function violations(page: Page, within = 'html'): Promise<string[]> {
    const session = await page.context().newCDPSession(page);
    await session.send('Runtime.evaluate', { expression: AXE });
    const { result } = await session.send('Runtime.evaluate', {
      expression: `axe.run('${within}').then((r) => JSON.stringify(r.violations.map((v) => v.id + " " + v.nodes.map((n) => n.target).join(", "))))`,
      awaitPromise: true,
    });
    return JSON.parse(String(result.value)) as string[];
  }

  test('shows captures, follows the store, and opens one', async () => {
    const { page, storeFile, problems } = await open();
    await page.waitForSelector('.row-event');
    expect(new URL(page.url()).search).toBe('');
    fillStore(storeFile, [makeCapture(900)]);
    await expect.poll(() => page.textContent('.count')).toContain('303');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.verdict');
    expect(page.url()).toContain('capture=cap_');
    await page.keyboard.press('Escape');
    await expect.poll(() => page.url()).not.toContain('capture');
    expect(problems).toEqual([]);
  });

  test('keeps search and filters in the address', async () => {
    const { page } = await open();
    await page.waitForSelector('.row-event');
    await page.keyboard.press('/');
    await page.keyboard.type('x-evil');
    await expect.poll(() => page.textContent('.count')).toBe('1 matching');
    await expect.poll(() => page.url()).toContain('q=x-evil');
    await page.reload();
    await expect.poll(() => page.textContent('.count')).toBe('1 matching');
  });

  test('shows captured text as text', async () => {
    const { page, origin, problems } = await open();
    await page.goto(`${origin}/?capture=${hostile.id}`);
    await page.waitForSelector('.json-string');
    expect(await page.textContent('h2')).toBe('<img src=x onerror=alert(1)>');
    expect(await page.textContent('.json')).toContain('\\u202eevil');
    expect(await page.locator('img, iframe').count()).toBe(0);
    expect(problems).toEqual([]);
  });

  test('replays with a key, and says what came back', async () => {
    const { url: target } = await startApp();
    const { page, origin } = await open(CAPTURES, { target });
    await page.goto(`${origin}/?capture=${hostile.id}`);
    await page.waitForSelector('#replay');
    await page.keyboard.press('r');
    await expect.poll(() => page.textContent('.notice')).toContain('200 after');
    await expect.poll(() => page.locator('.timeline .attempt').count()).toBe(1);
  });

  test('asks before it deletes', async () => {
    const { page, origin } = await open();
    await page.goto(`${origin}/?capture=${hostile.id}`);
    await page.click('button.danger');
    await page.click('dialog button.danger');
    await expect.poll(() => page.textContent('.count')).toContain('301');
  });

  test.each([
    ['10 MB of JSON', Buffer.from(`{"a":"${'x'.repeat(10_000_000)}"}`)],
    ['100,000 levels', Buffer.from('['.repeat(100_000) + ']'.repeat(100_000))],
    ['bytes that are not text', Buffer.from([0, 255, 128, 10])],
    ['5,000 headers', Buffer.from('{}'), 5000],
  ])('%s is shown without harm', async (_, body, extra = 0) => {
    const signed = makeCapture(1, { body });
    const capture = {
      ...signed,
      headers: [
        ...signed.headers,
        ...Array.from({ length: extra }, (_, n): [string, string] => [`X-${n}`, '<b>\u202e']),
      ],
    };
    const { page, origin, problems } = await open([capture]);
    await page.goto(`${origin}/?capture=${capture.id}`);
    await page.waitForSelector('.looks');
    await page.getByRole('button', { name: 'Bytes', exact: true }).click();
    await page.waitForSelector('pre.hex');
    await page.keyboard.press('?');
    await page.waitForSelector('dialog');
    expect(await page.locator('b').count()).toBe(0);
    expect(problems).toEqual([]);
  });

  // Neither the width changes a colour nor the colours a width.
  test.each([
    [1280, 'light'],
    [360, 'dark'],
  ] as const)('axe-core finds nothing at %i px in %s', async (width, colorScheme) => {
    const { page, origin } = await open();
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 800 });
    await page.waitForSelector('.row-event');
    expect(await violations(page)).toEqual([]);
    for (const id of [hostile.id, makeCapture(1).id]) {
      await page.goto(`${origin}/?capture=${id}`);
      await page.waitForSelector('.verdict');
      for (const summary of await page.locator('summary').all()) await summary.click();
      expect(await violations(page)).toEqual([]);
    }
    await page.getByLabel('Compare with').fill(hostile.id);
    await page.getByRole('button', { name: 'Compare', exact: true }).click();
    await page.waitForSelector('pre.diff');
    expect(await violations(page)).toEqual([]);
    await page.goto(`${origin}/?q=in-no-capture`);
    await page.waitForSelector('.empty');
    expect(await violations(page)).toEqual([]);
  });

  test.each([
    [1280, 'light'],
    [360, 'dark'],
  ] as const)('axe-core finds nothing in any dialog at %i px in %s', async (width, colorScheme) => {
    const { page, origin } = await open();
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 800 });
    await page.goto(`${origin}/?capture=${hostile.id}`);
    await page.waitForSelector('.json-string');
    for (const name of ['Keys', 'Send sample…', 'Edit…', 'Export…', 'Delete…']) {
      await page.getByRole('button', { name, exact: true }).click();
      await page.waitForSelector('dialog');
      expect(await violations(page, 'dialog')).toEqual([]);
      await page.keyboard.press('Escape');
      await page.waitForSelector('dialog', { state: 'detached' });
      // The focus is where it was, so that Tab goes on from there.
      const focused = await page.evaluate(() => document.activeElement?.textContent);
      expect(focused).toBe(name === 'Keys' ? '?' : name);
    }
  });

  test('the page that asks for its address has no violations', async () => {
    const { origin } = await open();
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const page = await context.newPage();
    await page.goto(origin);
    expect(await violations(page)).toEqual([]);
  });

  test('works by keyboard alone, in the order of what is seen', async () => {
    const app = await startApp();
    const { page } = await open(CAPTURES, { target: app.url });
    await page.waitForSelector('.row-event');
    const names: string[] = [];
    for (let n = 0; n < 9; n++) {
      await page.keyboard.press('Tab');
      names.push(await page.evaluate(nameOfFocus));
    }
    expect(names).toEqual([
      'Send sample…',
      'Keys',
      'Search payloads, headers and answers',
      'Event',
      'Signature',
      'Answer',
      'Replays',
      'Time',
      'Captures, newest first',
    ]);
    await page.keyboard.press('j');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('k');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.json-string');
    names.length = 0;
    for (let n = 0; n < 7; n++) {
      await page.keyboard.press('Tab');
      names.push(await page.evaluate(nameOfFocus));
    }
    expect(names.slice(0, 6)).toEqual([
      'Replay',
      'Target of the replay',
      'Edit…',
      'Copy as',
      'Export…',
      'Delete…',
    ]);
    await page.keyboard.press('r');
    await expect.poll(() => app.bodies.length).toBe(1);
    await page.keyboard.press('e');
    await page.waitForSelector('dialog textarea');
    await page.keyboard.type(' ');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await expect.poll(() => app.bodies.length).toBe(2);
    expect(app.bodies[1]).toBe(` ${app.bodies[0] ?? ''}`);
    await page.keyboard.press('Escape');
    await expect.poll(() => page.evaluate(nameOfFocus)).toBe('Captures, newest first');
  });

  test('copies exactly what captures export writes', async () => {
    const { page, context, origin, storeFile } = await open();
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin });
    await page.goto(`${origin}/?capture=${hostile.id}`);
    await page.waitForSelector('#copy');
    for (const [format, label] of [
      ['curl', 'curl command'],
      ['http', 'raw HTTP'],
      ['vitest', 'vitest test'],
      ['pytest', 'pytest test'],
    ] as const) {
      await page.getByLabel('Copy as').selectOption(format);
      await expect.poll(() => page.textContent('.notice')).toBe(`Copied as ${label}`);
      const copied = await page.evaluate(() => navigator.clipboard.readText());
      const args = ['webhooks', 'captures', 'export', hostile.id, '--format', format];
      const exported = await runCli([...args, '--store', storeFile]);
      expect(copied).toBe(exported.stdout);
    }
  });

  test('shows and copies the public address, and follows it', async () => {
    const address = {
      url: 'https://a1.example.test/',
      provider: 'cloudflared',
      isUp: true,
      message: null,
    };
    const { page, context, origin, inspector } = await open([], { publicAddress: address });
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin });
    const shown = (): Promise<string | null> => page.textContent('.address');
    await expect.poll(shown).toBe('✓ uphttps://a1.example.test/cloudflaredCopy address');
    await page.getByRole('button', { name: 'Copy address' }).click();
    await expect.poll(() => page.textContent('.notice')).toContain('Copied the public address');
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(address.url);
    inspector.showPublicAddress({ ...address, isUp: false, message: 'the tunnel ended' });
    await expect.poll(shown).toMatch(/^✗ down.*the tunnel ended$/);
    const url = 'https://b2.example.test/';
    const message = 'Relyable still sends to https://a1.example.test/';
    inspector.showPublicAddress({ ...address, url, message });
    await expect.poll(shown).toContain(`✓ up${url}`);
    expect(await shown()).toContain(message);
    expect(await violations(page)).toEqual([]);
  });

  test('what is copied as curl sends the request again, and a diff shows no difference', async () => {
    const app = await startApp();
    const original = makeCapture(1, {
      body: Buffer.from('{"event":"test_run.failed","note":"it\'s $HOME `id` \\u00e9 é"}'),
      headers: [
        ['Host', new URL(app.url).host],
        ['X-Kept', "it's"],
      ],
      path: '/hook?x=1',
    });
    const { page, context, origin, storeFile } = await open([original]);
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin });
    await page.goto(`${origin}/?capture=${original.id}`);
    await page.waitForSelector('#copy');
    await page.getByLabel('Copy as').selectOption('curl');
    await page.waitForSelector('.notice:not(:empty)');
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    await promisify(execFile)('sh', ['-c', copied]);
    expect(app.bodies).toEqual([original.body.toString('utf8')]);
    expect(app.headers[0]?.['x-kept']).toBe("it's");
    const again = makeCapture(2, {
      body: Buffer.from(app.bodies[0] ?? ''),
      headers: original.headers,
    });
    fillStore(storeFile, [again]);
    await page.getByLabel('Compare with').fill(again.id);
    await page.getByRole('button', { name: 'Compare', exact: true }).click();
    await page.waitForSelector('h4');
    expect(await page.locator('h4').allTextContents()).toEqual([
      'Headers: equal',
      'Payload: equal',
    ]);
  });

  test('a diff names each line that differs', async () => {
    const before = makeCapture(1, { body: Buffer.from('{"event":"x","data":{"a":70.0,"b":2}}') });
    const after = makeCapture(2, {
      body: Buffer.from('{"event":"x","data":{"a":70,"b":2}}'),
      headers: before.headers,
    });
    const { page, origin } = await open([before, after]);
    await page.goto(`${origin}/?capture=${after.id}`);
    await page.getByLabel('Compare with').fill(before.id);
    await page.getByRole('button', { name: 'Compare', exact: true }).click();
    await page.waitForSelector('pre.diff');
    expect(await page.locator('.diff .removed').allTextContents()).toEqual(['-     "a": 70.0,\n']);
    expect(await page.locator('.diff .added').allTextContents()).toEqual(['+     "a": 70,\n']);
  });

  test('exports a file, redacted unless it is told otherwise', async () => {
    const { page, origin } = await open();
    await page.goto(`${origin}/?capture=${hostile.id}`);
    await page.getByRole('button', { name: 'Export…' }).click();
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save' }).click();
    const file = await download;
    expect(file.suggestedFilename()).toBe(`${hostile.id}.ndjson`);
    expect(readFileSync(await file.path(), 'utf8')).not.toContain('onerror');
  });

  test('moves nothing where less motion is wanted, and marks the open row without colours', async () => {
    const { page, origin } = await open();
    await page.emulateMedia({ reducedMotion: 'reduce', forcedColors: 'active' });
    await page.goto(`${origin}/?capture=${CAPTURES[299]?.id ?? ''}`);
    await page.waitForSelector('.verdict');
    expect(await page.evaluate(countMoving)).toBe(0);
    const row = page.locator('.row').nth(5);
    await row.click();
    await expect.poll(() => row.getAttribute('aria-selected')).toBe('true');
    expect(await row.evaluate((it) => getComputedStyle(it)['outlineStyle'])).toBe('solid');
  });

  test("shows Relyable's attempts, and says why there are none", async () => {
    const capture = makeCapture(1);
    const api = {
      url: 'https://api.example/api',
      deliveriesPath: '/d',
      key: 'rk_live_0123456789',
      proxy: undefined,
    };
    const answers = [
      new Response('', { status: 429 }),
      Response.json({
        data: [
          {
            id: 'dlv_1',
            endpoint: 'https://app.example/hook',
            request: { body: capture.body.toString('utf8') },
            attempts: [{ attempt: 1, delivered_at: '2026-01-02T03:04:06Z', response_status: 500 }],
            next_retry_at: '2026-01-02T03:05:06Z',
          },
        ],
      }),
    ];
    let clock = capture.receivedAt + 60_000;
    const fetch = (): Promise<Response> =>
      Promise.resolve(answers.shift() ?? Response.json({ data: [] }));
    const { page, origin } = await open([capture], { api }, { fetch, now: () => clock });
    await page.goto(`${origin}/?capture=${capture.id}`);
    await expect
      .poll(() => page.textContent('.asked'))
      .toContain("Relyable's attempts are not shown: the API's rate limit is used up (429)");
    clock += 60_000;
    await page.getByRole('button', { name: 'Ask again' }).click();
    await expect
      .poll(() => page.textContent('.timeline .api'))
      .toMatch(/attempt 1 of 5 ✗ 500 .*will be retried.*this capture/);
    expect(await violations(page)).toEqual([]);
  });

  test('a page on another port of this machine gets nothing', async () => {
    const { context, origin } = await open();
    const other = createServer((_, response) => {
      response.setHeader('Content-Type', 'text/html');
      response.end('<!doctype html><title>other</title>');
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void other.close());
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${(other.address() as AddressInfo).port}/`);
    const got = await page.evaluate(async (target) => {
      const settle = (start: (done: (text: string) => void) => void): Promise<string> =>
        new Promise((resolve) => start(resolve));
      const path = `${target}/api/captures`;
      return Promise.all([
        fetch(path, { credentials: 'include' }).then(
          (r) => r.text(),
          () => 'refused',
        ),
        fetch(path, { credentials: 'include', mode: 'no-cors' }).then(
          (r) => r.text(),
          () => 'refused',
        ),
        fetch(`${target}/api/samples`, { method: 'POST', credentials: 'include', body: '{}' }).then(
          (r) => r.text(),
          () => 'refused',
        ),
        settle((done) => {
          const script = document.createElement('script');
          script.src = path;
          script.onload = () => done('loaded');
          script.onerror = () => done('refused');
          document.head.append(script);
        }),
        settle((done) => {
          const image = document.createElement('img');
          image.onload = () => done('loaded');
          image.onerror = () => done('refused');
          image.src = `${target}/icon.svg`;
        }),
        settle((done) => {
          const source = new EventSource(`${target}/api/changes`, { withCredentials: true });
          source.onopen = () => done('open');
          source.onerror = () => done('refused');
        }),
        settle((done) => {
          const socket = new WebSocket(`${target.replace('http', 'ws')}/api/changes`);
          socket.onopen = () => done('open');
          socket.onerror = () => done('refused');
        }),
      ]);
    }, origin);
    // A no-cors answer is opaque: its text is empty.
    expect(got).toEqual(['refused', got[1], ...Array.from({ length: 5 }, () => 'refused')]);
    expect(['', 'refused']).toContain(got[1]);
    await page.setContent(
      `<form action="${origin}/api/samples" method="post" enctype="text/plain" target="_self">
         <input name='{"event":"test_run.failed","x":"' value='"}'></form>`,
    );
    await Promise.all([
      page.waitForURL(`${origin}/api/samples`),
      page.evaluate(() => document.forms[0]?.submit()),
    ]);
    expect(await page.textContent('body')).toContain('a request of the inspector page itself');
    await page.goto(`http://127.0.0.1:${(other.address() as AddressInfo).port}/`);
    await page.setContent(`<iframe src="${origin}/"></iframe>`);
    await expect
      .poll(() => page.frames().some((frame) => frame.url().startsWith('chrome-error:')))
      .toBe(true);
  });
});
