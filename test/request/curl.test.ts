import { execFileSync, spawn } from 'node:child_process';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatCurlCommand } from '../../src/request/curl.ts';
import { startApp } from '../support/app.ts';

const hasCurl = ((): boolean => {
  try {
    execFileSync('curl', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

function paste(shell: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(shell, { stdio: ['pipe', 'pipe', 'ignore'] });
    let stdout = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString('latin1')));
    child.stdin.end(`${command}\n`);
    child.on('error', reject);
    child.on('close', () => resolve(stdout));
  });
}

const NASTY: ReadonlyArray<[name: string, body: Buffer]> = [
  ['quotes and dollars', Buffer.from(`{"a":"it's \\"$HOME\\" \`id\` !! \\\\ %s %n"}`)],
  ['newlines', Buffer.from('{\n  "a": 1\n}\n')],
  ['an @ in front', Buffer.from('@/etc/passwd')],
  ['UTF-8', Buffer.from('{"a":"é – 予約 😀"}')],
  ['every byte', Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))],
  ['a terminal escape', Buffer.from('{"a":"\u001b[31m\u202e"}')],
  ['more than one argument holds', Buffer.alloc(300_000, 'x')],
  ['nothing', Buffer.alloc(0)],
];

describe.skipIf(!hasCurl && process.env['RELYABLE_REQUIRE_STACKS'] !== '1')(
  'a pasted curl command (skipped: no curl)',
  () => {
    it.each(NASTY)('sends %s to the byte', async (_, body) => {
      const app = await startApp();
      const command = formatCurlCommand({
        url: new URL(`${app.url}/hook?a=1&b=[2]{3}`),
        headers: [
          ['Content-Type', 'application/json'],
          ['X-Quote', "it's"],
          ['X-Empty', ''],
          ['X-Bytes', '\u00e9 \u009b \u00c3\u00a9 \u00e2\u0080\u00ae \t.'],
        ],
        body,
      });
      // oxlint-disable-next-line no-control-regex
      expect(command).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
      expect(await paste('sh', command)).toContain('200 OK');
      const [received] = app.received;
      expect(received?.body.equals(body)).toBe(true);
      expect(received?.method).toBe('POST');
      expect(received?.url).toBe('/hook?a=1&b=[2]{3}');
      expect(received?.headers).toMatchObject({
        'content-type': 'application/json',
        'x-quote': "it's",
        'x-empty': '',
        'x-bytes': '\u00e9 \u009b \u00c3\u00a9 \u00e2\u0080\u00ae \t.',
      });
    });

    it('sends any bytes', async () => {
      const app = await startApp();
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
          const before = app.received.length;
          await paste('sh', formatCurlCommand({ url: new URL(app.url), headers: [], body: bytes }));
          expect(app.received[before]?.body.equals(bytes)).toBe(true);
        }),
        { numRuns: 25 },
      );
    });
  },
);
