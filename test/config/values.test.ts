import { describe, expect, it } from 'vitest';
import { parseTargetUrl } from '../../src/config/values.ts';

describe('a target', () => {
  it.each([
    ['3000', 'http://localhost:3000/'],
    [':3000/hook', 'http://localhost:3000/hook'],
    ['3000/hook', 'http://localhost:3000/hook'],
    ['localhost:3000/hook?a=b', 'http://localhost:3000/hook?a=b'],
    ['app.localhost:3000', 'http://app.localhost:3000/'],
    ['[::1]:3000/hook', 'http://[::1]:3000/hook'],
    ['https://host/hook', 'https://host/hook'],
  ])('%s is %s', (text, href) => {
    expect(parseTargetUrl(text, '--to').href).toBe(href);
  });

  it.each([
    ['unix:/run/app.sock', 'a Unix socket'],
    ['./app.sock', 'a Unix socket'],
    ['/run/app.sock', 'a Unix socket'],
    ['http+unix://%2Frun%2Fapp.sock', 'a Unix socket'],
    ['/hook', 'a path'],
    ['./hook', 'a path'],
    ['//host/hook', 'a path'],
    ['3000:4000', 'two ports'],
    ['3000/hook/{event}', 'a placeholder'],
    ['https://host/%7Bevent%7D', 'a placeholder'],
    ['C:\\app\\hook', 'a path of Windows'],
    ['c:/hook', 'a path of Windows'],
    ['localhost:3000\\hook', 'a path of Windows'],
  ])('%s is refused as %s', (text, got) => {
    expect(() => parseTargetUrl(text, '--to')).toThrow(
      `--to: expected a URL or port such as 3000, localhost:3000/hook or https://host/hook, got ${got}: `,
    );
  });

  it.each(['0', ':0/hook', 'localhost:0', 'http://127.0.0.1:0/'])('%s has no port', (text) => {
    expect(() => parseTargetUrl(text, '--to')).toThrow(`--to: expected a URL or port such as 3000`);
  });

  it('is named in an error without its password', () => {
    expect(() => parseTargetUrl('http://me:pw@host:99999', '--to')).toThrow(
      '//(hidden)@host:99999',
    );
  });
});
