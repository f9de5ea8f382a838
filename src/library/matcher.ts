import { EVENT_TYPES } from '../relyable/event-type.ts';
import { WIRE_FORMATS } from '../relyable/wire-format.ts';
import { TAMPERS } from '../signature/tamper-kinds.ts';
import { signedRequest, TEST_SECRET } from './signed-request.ts';

/** A handler of fetch requests, or an object that has one, such as an app of Hono or a Worker. */
export type FetchTarget =
  | FetchFunction
  | { fetch(request: Request): Response | PromiseLike<Response> };

type FetchFunction = (request: Request) => Response | PromiseLike<Response>;

export interface MatcherOptions {
  /** The secret that the handler verifies with. Default: `TEST_SECRET`. */
  readonly secret?: string;
}

/** What `expect.extend` of vitest and jest takes from a matcher. */
export interface MatcherResult {
  readonly pass: boolean;
  readonly message: () => string;
}

/**
 * A matcher for `expect.extend({ toAcceptRelyableWebhook })`: the handler answers genuine events with 200
 * and forged ones with 401 or 403. It sends what `relyable webhooks check` sends, as far as that needs no
 * network: each event in each way of writing JSON, each kind of tampering, an unknown event and field,
 * other scripts, and a repeat.
 */
export async function toAcceptRelyableWebhook(
  target: FetchTarget,
  { secret = TEST_SECRET }: MatcherOptions = {},
): Promise<MatcherResult> {
  const handle: FetchFunction =
    typeof target === 'function' ? target : (request) => target.fetch(request);
  const failures: string[] = [];
  for (const { title, request, expected } of cases(secret)) {
    const got = await statusOf(handle, request);
    if (!(expected as readonly unknown[]).includes(got)) {
      failures.push(`${title}: expected ${expected.join(' or ')}, got ${got}`);
    }
  }
  return {
    pass: failures.length === 0,
    message: () =>
      failures.length === 0
        ? 'expected the handler to fail with Relyable webhooks, but it passed every case'
        : `the handler fails with Relyable webhooks:\n${failures.map((each) => `  ${each}`).join('\n')}`,
  };
}

interface MatcherCase {
  readonly title: string;
  readonly request: Request;
  readonly expected: readonly number[];
}

const DELIVERED = [200];
const REFUSED = [401, 403];

function cases(secret: string): MatcherCase[] {
  // Seeded, so that a filter of duplicates does not hide a case.
  let seed = 0;
  const options = (): { secret: string; seed: number } => ({ secret, seed: ++seed });
  const genuine = (title: string, request: Request): MatcherCase => ({
    title,
    request,
    expected: DELIVERED,
  });
  const repeated = (): Request => signedRequest('test_run.failed', {}, { secret, seed: 0 });
  return [
    ...EVENT_TYPES.flatMap((event) =>
      WIRE_FORMATS.map((wire) =>
        genuine(`${event}, written ${wire}`, signedRequest(event, {}, { ...options(), wire })),
      ),
    ),
    ...TAMPERS.map((tamper) => ({
      title: `tampered with: ${tamper}`,
      request: signedRequest('test_run.completed', {}, { ...options(), tamper }),
      expected: REFUSED,
    })),
    genuine('an unknown event', signedRequest({ event: 'test_run.archived' }, {}, { secret })),
    genuine(
      'an unknown field',
      signedRequest({ event: 'test_run.archived' }, { 'data.added': { by: 1 } }, { secret }),
    ),
    genuine(
      'another script',
      signedRequest('test_run.completed', { 'data.agent_name': 'Zoë 案内 🏠' }, options()),
    ),
    genuine('an event', repeated()),
    genuine('the same event again', repeated()),
  ];
}

async function statusOf(handle: FetchFunction, request: Request): Promise<number | string> {
  try {
    return (await handle(request)).status;
  } catch (error) {
    return `an exception (${error instanceof Error ? error.message : String(error)})`;
  }
}
