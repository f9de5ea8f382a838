import { describe, expect, it } from 'vitest';
import { parsePublicUrl, parseTunnel } from '../../src/tunnel/choice.ts';

describe('--tunnel', () => {
  it.each([
    ['ssh:me@example.com', { destination: 'me@example.com', host: 'example.com', port: null }],
    ['ssh:example.com:2222', { destination: 'example.com', host: 'example.com', port: 2222 }],
  ])('reads %s', (text, target) => {
    expect(parseTunnel(text, '--tunnel')).toEqual({ kind: 'ssh', target });
  });

  it.each(['ssh:', 'ssh:-oProxyCommand=x', 'ssh:a@-b', 'ssh:a b', 'ssh:a:0', 'ssh:a:70000'])(
    'refuses %s',
    (text) => {
      expect(() => parseTunnel(text, '--tunnel')).toThrow('expected ssh:user@host[:port]');
    },
  );

  it('offers the nearest name', () => {
    expect(() => parseTunnel('cloudflare', '--tunnel')).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('--tunnel cloudflared') }),
    );
  });
});

describe('--public-url', () => {
  it.each(['https://hooks.example.com/relyable', 'http://127.0.0.1:8080/'])('takes %s', (text) => {
    expect(parsePublicUrl(text, '--public-url').href).toBe(text);
  });

  it.each(['http://hooks.example.com', 'hooks.example.com', 'https://a:b@hooks.example.com'])(
    'refuses %s',
    (text) => {
      expect(() => parsePublicUrl(text, '--public-url')).toThrow('expected the https:// address');
    },
  );
});
