import { expect, it } from 'vitest';
import { FirstEventSteps } from '../../../src/commands/init/first-event-steps.ts';

const DEVELOPMENT = 'the development secret';

function steps(): FirstEventSteps {
  return new FirstEventSteps({
    envFile: '.env',
    secretEnv: 'RELYABLE_WEBHOOK_SECRET',
    forwardTo: 'http://localhost:3000/webhooks/relyable',
    developmentSource: DEVELOPMENT,
  });
}

const ready = {
  type: 'ready',
  publicUrl: 'https://a.example/',
  secretSource: DEVELOPMENT,
} as const;
const changed = { type: 'secret_changed', secretSource: 'X in .env' } as const;
const delivery = (valid: boolean, status: number | null = 200) => ({
  type: 'delivery',
  event: 'test_run.completed',
  signature: { valid, detail: 'no secret matches', hint: valid ? null : 'give it the right one' },
  forward: { status, error: status === null ? 'nothing listens' : null },
});

it('leads from the address to the secret, the test event, and the end', () => {
  const way = steps();
  expect(way.step).toBe('address');
  expect(way.take(ready).join('\n')).toMatch(
    /1\. Add.*\n +https:\/\/a\.example\/\n2\. Write.* \.env/,
  );
  expect(way.step).toBe('secret');
  expect(way.take(changed).join('\n')).toMatch(/X in \.env\n3\. .*Send Test Event/);
  expect(way.step).toBe('event');
  expect(way.take(delivery(false)).join()).toContain('not valid: no secret matches; give it');
  expect(way.step).toBe('event');
  expect(way.take(delivery(true)).join('\n')).toContain('Your app answered 200: it is delivered');
  expect(way.step).toBe('done');
  expect(way.result).toEqual({
    publicUrl: 'https://a.example/',
    event: 'test_run.completed',
    status: 200,
  });
});

it('leaves out the secret where the listener has one of its own', () => {
  const way = steps();
  expect(way.take({ ...ready, secretSource: 'RELYABLE_WEBHOOK_SECRET' }).join('\n')).toMatch(
    /1\. .*\n.*\n3\. /,
  );
  expect(way.step).toBe('event');
});

it('does not end at an event that the development secret signed, nor at a probe', () => {
  const way = steps();
  way.take(ready);
  expect(way.take(delivery(true)).join()).toContain('signed with the development secret');
  way.take(changed);
  expect(way.take({ ...delivery(true), probe: true })).toEqual([]);
  expect(way.result).toBeNull();
});

it.each([
  [401, /answered 401, .*relyable webhooks check http:\/\/localhost:3000\/webhooks\/relyable/],
  [null, /did not answer \(nothing listens\): start it, then relyable webhooks check/],
])('says what the app did: %s', (status, words) => {
  const way = steps();
  way.take({ ...ready, secretSource: 'other' });
  expect(way.take(delivery(true, status)).join('\n')).toMatch(words);
});

it('says at each step what may be in its way', () => {
  const way = steps();
  expect(way.hint()).toContain('relyable doctor');
  way.take(ready);
  expect(way.hint()).toContain('RELYABLE_WEBHOOK_SECRET=whsec_…');
  way.take(changed);
  expect(way.hint()).toContain('is https://a.example/ saved under Settings');
});
