import { describe, expect, it } from 'vitest';
import { messageIdOf } from '../../src/relay/message-id.ts';
import { subjectOf } from '../../src/relay/subjects.ts';

it.each([
  ['test_run.completed', 'relyable.acme.test_run.completed'],
  [null, 'relyable.acme._other'],
  ['', 'relyable.acme._other'],
  ['a..b', 'relyable.acme._other'],
  ['a.*', 'relyable.acme._other'],
  ['>', 'relyable.acme._other'],
  ['a b', 'relyable.acme._other'],
  ['a\r\nPUB x', 'relyable.acme._other'],
  ['x'.repeat(200), 'relyable.acme._other'],
])('the subject of the event type %j', (event, subject) => {
  expect(subjectOf('acme', event)).toBe(subject);
});

describe('the id of a message', () => {
  const request = {
    method: 'POST',
    path: '/hook',
    httpVersion: '1.1',
    headers: [['X-Relyable-Signature', 'aa']] as const,
    body: Buffer.from('{"id":"evt_1"}'),
  };

  it('is the same for a retry, whatever a proxy adds', () => {
    const retry = {
      ...request,
      headers: [
        ['X-Forwarded-For', '::1'],
        ['x-relyable-signature', 'aa'],
      ] as const,
    };
    expect(messageIdOf(retry)).toBe(messageIdOf(request));
  });

  it.each([
    ['path', { path: '/other' }],
    ['body', { body: Buffer.from('{"id":"evt_1" }') }],
    ['signature', { headers: [['X-Relyable-Signature', 'bb']] as const }],
    ['missing signature', { headers: [] }],
  ])('differs with another %s', (_, change) => {
    expect(messageIdOf({ ...request, ...change })).not.toBe(messageIdOf(request));
  });
});
