import { join } from 'node:path';
import type { Context } from '../../../src/system/context.ts';
import type { Subject } from '../../../src/commands/doctor/finding.ts';
import { testContext } from '../../support/context.ts';

/** What is examined where nothing is set up. */
export function testSubject(
  overrides: Partial<Subject> = {},
  context: Context = testContext(),
): Subject {
  return {
    context,
    layers: [],
    configErrors: [],
    configWarnings: [],
    target: null,
    store: { value: join(context.paths.data, 'captures.db'), origin: 'default' },
    api: { value: new URL('http://127.0.0.1:2/api'), origin: 'RELYABLE_API_URL' },
    apiKey: null,
    deliveriesPath: '/webhooks/deliveries',
    mayProbe: false,
    tls: { rejectUnauthorized: true },
    listen: { host: '127.0.0.1', port: 0 },
    relay: null,
    isContainer: false,
    ...overrides,
  };
}

export const never = new AbortController().signal;
