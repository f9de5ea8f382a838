import { describe, expect, it } from 'vitest';
import { decodeEnvelope, encodeEnvelope, type RelayedRequest } from '../../src/relay/envelope.ts';

const REQUEST: RelayedRequest = {
  receivedAt: 1_764_000_000_123,
  verdict: { valid: true, reason: 'ok' },
  method: 'POST',
  path: '/hook?x=%00',
  httpVersion: '1.1',
  headers: [
    ['host', 'relay.example'],
    ['X-Dup', 'a'],
    ['x-dup', 'caf\u00e9'],
  ],
  body: Buffer.from([0, 0xff, 0x7b, 0x0a]),
};

describe('an envelope', () => {
  it('gives back the bytes, the header pairs in order and case, the time and the verdict', () => {
    expect(decodeEnvelope(encodeEnvelope(REQUEST))).toEqual(REQUEST);
    const unverified = { ...REQUEST, verdict: null, body: Buffer.alloc(0) };
    expect(decodeEnvelope(encodeEnvelope(unverified))).toEqual(unverified);
  });

  it('has a body of its own, which keeps no larger buffer alive', () => {
    const { body } = decodeEnvelope(Buffer.concat([encodeEnvelope(REQUEST), Buffer.alloc(5)]));
    expect(body).toHaveLength(9);
  });

  const head = (text: string): Buffer => {
    const start = Buffer.from('RLY1....', 'latin1');
    start.writeUInt32BE(Buffer.byteLength(text), 4);
    return Buffer.concat([start, Buffer.from(text)]);
  };
  const whole = encodeEnvelope(REQUEST);
  it.each<[string, Buffer, string]>([
    ['nothing', Buffer.alloc(0), 'it was not written by a relay'],
    ['another program', Buffer.from('{"event":"x"}'), 'it was not written by a relay'],
    ['a newer form', Buffer.from('RLY2....'), 'it was written by a newer relyable (form RLY2)'],
    ['a start alone', Buffer.from('RLY1\0'), 'it is cut off'],
    ['half of a head', whole.subarray(0, 40), 'it is cut off'],
    ['a head that is not JSON', head('{'), 'its head is damaged'],
    ['a head that is null', head('null'), 'its head is damaged'],
    ['a head that lacks a field', head('{"receivedAt":1}'), 'its head is damaged'],
    [
      'headers that are not pairs',
      head(JSON.stringify({ ...REQUEST, headers: [['a']], body: undefined })),
      'its head is damaged',
    ],
  ])('is refused: %s', (_, message, problem) => {
    expect(() => decodeEnvelope(message)).toThrow(problem);
  });
});
