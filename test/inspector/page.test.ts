import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Capture } from '../../src/request/capture.ts';
import { FORWARD, fillStore, makeCapture } from '../support/captures.ts';
import { inspect } from './inspector-world.ts';

/** Of the page, in the functions that run there. */
declare const document: {
  createElement(name: string): { src: string; onload: () => void; onerror: () => void };
  readonly head: { append(node: unknown): void };
};

const CHROMIUM = '/usr/bin/chromium';
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

describe.skipIf(!isRequired && !existsSync(CHROMIUM))('the page in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  });
  afterAll(() => browser.close());

  /** The page of these captures, and what went wrong in it. */
  async function open(
    captures: readonly Capture[] = CAPTURES,
    options: Parameters<typeof inspect>[1] = {},
  ) {
    const world = await inspect(captures, options);
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
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

  /** Violations by axe-core in the view as it is now; the debugger's own world is not under the page's policy. */
  async function violations(page: Page): Promise<string[]> {
    const session = await page.context().newCDPSession(page);
    await session.send('Runtime.evaluate', { expression: AXE });
    const { result } = await session.send('Runtime.evaluate', {
      expression:
        'axe.run().then((r) => JSON.stringify(r.violations.map((v) => v.id + " " + v.nodes.map((n) => n.target).join(", "))))',
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
    const app = createServer((_, response) => response.end('fine'));
    await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void app.close());
    const target = `http://127.0.0.1:${(app.address() as AddressInfo).port}/`;
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
  ])('%s is shown without harm', async (_, body) => {
    const capture = makeCapture(1, { body });
    const { page, origin, problems } = await open([capture]);
    await page.goto(`${origin}/?capture=${capture.id}`);
    await page.waitForSelector('.looks');
    await page.getByRole('button', { name: 'Bytes', exact: true }).click();
    await page.waitForSelector('pre.hex');
    expect(problems).toEqual([]);
  });

  test.each([
    [1280, 'light'],
    [1280, 'dark'],
    [360, 'light'],
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
    await page.keyboard.press('?');
    await page.waitForSelector('dialog');
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
    await page.setContent(`<iframe src="${origin}/"></iframe>`);
    await expect
      .poll(() => page.frames().some((frame) => frame.url().startsWith('chrome-error:')))
      .toBe(true);
  });
});
