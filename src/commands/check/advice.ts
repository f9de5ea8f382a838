import type { Framework } from './framework.ts';

/** The causes of failures: what can be wrong with a handler. */
export const TOPICS = [
  'no-answer',
  'genuine-refused',
  'genuine-crashes',
  'no-route',
  'event-refused',
  'reserialised',
  'format-refused',
  'other-notation',
  'hex-padding',
  'signs-other-bytes',
  'other-key',
  'other-algorithm',
  'not-200',
  'redirect',
  'forged-accepted',
  'inexact-signature',
  'refusal-crashes',
  'refused-otherwise',
  'parses-first',
  'duplicate',
  'unknown-event',
  'strict-fields',
  'charset',
  'text-refused',
  'text-pieces',
  'body-limit',
  'slow-body',
  'connection',
  'connection-reuse',
  'dies-after-answer',
  'hangs-after-answer',
  'burst',
  'content-type',
  'slow-answer',
  'large-answer',
  'leaks-secret',
  'leaks-signature',
  'leaks-stack',
  'state-blind',
  'double-effect',
  'forged-effect',
] as const;

export type Topic = (typeof TOPICS)[number];

interface Advice {
  /** The finding in a few words. */
  readonly headline: string;
  /** Why it matters with Relyable. */
  readonly why: string;
  readonly fix: string;
  readonly fixes?: Fixes;
}

/** Code in a fix stands in backticks, as in the recipe or handler that the tests run. */
type Fixes = Readonly<Partial<Record<Framework, string>>>;

const NODE_RAW_BODY =
  'read the request to its end into `Buffer.concat(chunks)`, verify that Buffer, then JSON.parse its text';

const RAW_BODY_FIXES: Fixes = {
  express:
    "give the route `express.raw({ type: () => true, limit: '10mb' })` and register it before any `app.use(express.json())`; verify `Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)`, then JSON.parse it",
  fastify:
    "in a plugin of its own, call `webhooks.removeAllContentTypeParsers()` and `webhooks.addContentTypeParser('*', { parseAs: 'buffer' }, async (_request, body) => body)`; verify `request.body ?? Buffer.alloc(0)`, then JSON.parse it",
  hono: 'verify `Buffer.from(await context.req.arrayBuffer())`, then JSON.parse it; do not call context.req.json() first',
  nextjs:
    'verify `Buffer.from(await request.arrayBuffer())`, then JSON.parse it; a Pages API route needs `export const config = { api: { bodyParser: false } }`',
  node: NODE_RAW_BODY,
  flask: 'verify `request.get_data()`, which is bytes, as it is; `json.loads(body)` afterwards',
  fastapi:
    'verify `await request.body()`, which is bytes, then json.loads it; take Request as the parameter, not a model',
  django: 'verify `request.body`, which is bytes, then json.loads it',
  'python-http-server':
    "verify `self.rfile.read(int(self.headers.get('Content-Length', 0)))`, then json.loads it",
  php: "verify `file_get_contents('php://input')`, then json_decode it",
  laravel: 'verify `$request->getContent()`, then json_decode it',
  rails: 'verify `request.raw_post`, then JSON.parse it',
  spring:
    'take `@RequestBody(required = false) byte[] body`, verify it, then read it with ObjectMapper',
  go: 'verify the bytes of `io.ReadAll(http.MaxBytesReader(w, r.Body, 10<<20))`, then json.Unmarshal them',
};

const BODY_LIMIT_FIXES: Fixes = {
  express:
    "the limit of a parser is 100 KB unless set: `express.raw({ type: () => true, limit: '10mb' })`",
  fastify: 'the limit is 1 MB unless set: `Fastify({ bodyLimit: 10 * 1024 * 1024 })`',
  nextjs:
    'the limit of a Pages API route is 1 MB unless it reads the raw stream: `export const config = { api: { bodyParser: false } }`',
};

const NODE_COMPARE =
  'compare bytes of equal length: `received.length === expected.length && timingSafeEqual(received, expected)`, both of them Buffers, and take an empty text for a missing header';

const PYTHON_COMPARE =
  'compare bytes: `hmac.compare_digest(expected.encode(), signature.encode())`, and take an empty text for a missing header';

const COMPARE_FIXES: Fixes = {
  express: NODE_COMPARE,
  fastify: NODE_COMPARE,
  hono: NODE_COMPARE,
  nextjs: NODE_COMPARE,
  node: NODE_COMPARE,
  flask: PYTHON_COMPARE,
  fastapi: PYTHON_COMPARE,
  django: PYTHON_COMPARE,
  python: PYTHON_COMPARE,
  'python-http-server': PYTHON_COMPARE,
};

const WHOLE_HEADER =
  'compare the whole header value with the hex digest, without decoding, trimming or splitting it';

const ADVICE: Readonly<Record<Topic, Advice>> = {
  'no-answer': {
    headline: 'no answer',
    why: 'Without an answer Relyable counts the attempt as failed and sends the event again: five attempts (four retries).',
    fix: 'look for a crash or a hang in the log of your app; answer every request, errors included',
  },
  'genuine-refused': {
    headline: 'genuine events are refused',
    why: 'Not even a plain, correctly signed event is accepted: every delivery fails after five attempts.',
    fix: 'the cause cannot be found from outside. Check that your app has the same signing secret as this check; then log the signature that your handler computes and the body it got, and ask how it was made: relyable webhooks verify body.json --signature <what it computed> --explain',
  },
  'genuine-crashes': {
    headline: 'the handler fails on genuine events',
    why: 'A correctly signed event makes your app answer 5xx: every delivery fails after five attempts.',
    fix: 'look at the exception in the log of your app',
    fixes: {
      flask:
        "look at the exception in the log of your app; if it is AttributeError: 'bytes' object has no attribute 'encode', sign the bytes: `hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()`",
    },
  },
  'event-refused': {
    headline: 'an event is refused',
    why: 'Other events are accepted, this one is not: Relyable gives up after five attempts (four retries).',
    fix: 'answer 200 to every correctly signed event, also to those you do nothing with',
  },
  reserialised: {
    headline: 'your handler re-serialises the body',
    why: 'How Relyable writes its JSON is not published (its own sample holds 70.0, which JSON.stringify writes as 70). A handler that signs anything but the bytes it received refuses genuine events as soon as spacing, escapes or numbers differ.',
    fix: 'verify the raw body bytes as they came, and parse them afterwards',
    fixes: RAW_BODY_FIXES,
  },
  'not-200': {
    headline: 'the answer is not 200',
    why: 'Relyable counts only 200 as delivered: after 201, 202 or 204 it makes five attempts (four retries) and sends a failure notice.',
    fix: 'answer exactly 200, e.g. with the body OK',
    fixes: {
      express: 'answer with `response.sendStatus(200)`',
      fastify: "answer with `reply.code(200).send('OK')`",
      hono: "answer with `context.text('OK', 200)`",
      flask: 'answer with `return "OK", 200`',
      django: 'answer with `HttpResponse("OK", status=200)`',
      rails: 'answer with `head :ok`',
      laravel: "answer with `response('OK', 200)`",
    },
  },
  redirect: {
    headline: 'the answer is a redirect',
    why: 'Relyable counts only 200 as delivered; after a redirect it makes five attempts (four retries) and sends a failure notice.',
    fix: 'exempt the webhook path from login, trailing-slash and HTTPS redirects, or register the final URL',
  },
  'forged-accepted': {
    headline: 'a forged request is accepted',
    why: 'Anyone who knows the URL can make your app believe a test passed or a call failed.',
    fix: 'verify before anything else: lower-case hex HMAC-SHA256 of the raw body, compared whole and in constant time; 401 when it differs or is missing',
  },
  'inexact-signature': {
    headline: 'another form of the signature is accepted',
    why: 'Relyable sends one header with 64 lower-case hex digits. A handler that takes other forms accepts what Relyable never sends, and hides mistakes of proxies and test tools.',
    fix: WHOLE_HEADER,
    fixes: {
      fastapi: `${WHOLE_HEADER}; join the values where the header is sent twice: \`",".join(request.headers.getlist("X-Relyable-Signature"))\``,
      go: `${WHOLE_HEADER}; join the values where the header is sent twice: \`strings.Join(r.Header.Values("X-Relyable-Signature"), ",")\``,
    },
  },
  'refusal-crashes': {
    headline: 'the handler fails where it should refuse',
    why: 'A missing header, or a signature of another length or outside ASCII, must end in 401. Relyable retries after a 5xx, and anyone can fill your error log.',
    fix: 'take an empty text for a missing header, compare the bytes of both signatures, and check before a constant-time comparison that they have the same number of bytes',
    fixes: COMPARE_FIXES,
  },
  'refused-otherwise': {
    headline: 'refused, but not with 401 or 403',
    why: 'It is refused, yet in the delivery log of Relyable another 4xx looks like a bad payload, not like a wrong secret.',
    fix: 'answer 401 when the signature is missing or wrong',
  },
  'parses-first': {
    headline: 'the body is parsed before it is verified',
    why: 'Anyone who knows the URL can trigger what runs before the verification.',
    fix: 'verify the raw bytes first, parse and process them afterwards',
    fixes: RAW_BODY_FIXES,
  },
  duplicate: {
    headline: 'a repeated event is answered differently',
    why: 'Retries make Relyable send the same event more than once; an error on the repeat makes it send even more.',
    fix: 'answer 200 to an event you have already seen; insert its id with "on conflict do nothing" instead of failing on it',
  },
  'unknown-event': {
    headline: 'an unknown event type is an error',
    why: 'An event type that Relyable adds tomorrow would be retried four times and end in failure notices.',
    fix: 'answer 200 to types you do not know, after verifying them',
  },
  'strict-fields': {
    headline: 'another set of fields is an error',
    why: 'Relyable may add a field, or leave one out where it has no value; each such event would be lost after five attempts.',
    fix: 'ignore fields you do not know and give defaults to those you do not need',
  },
  charset: {
    headline: 'text outside ASCII is refused',
    why: 'Agent names and transcripts hold any language; the signature covers the UTF-8 bytes.',
    fix: 'verify the bytes, not a decoded text',
    fixes: RAW_BODY_FIXES,
  },
  'body-limit': {
    headline: 'a large body is refused',
    why: 'test_case.critical_failure carries the whole transcript; a long call exceeds the default limit of most frameworks, and the event that matters most is lost.',
    fix: 'raise the body limit of this route (and of the proxy before it) to 10 MB',
    fixes: BODY_LIMIT_FIXES,
  },
  'slow-body': {
    headline: 'the handler does not wait for a body in pieces',
    why: 'A body may arrive in several packets; what was read first is not the whole payload, so that its signature does not match.',
    fix: 'read the body to its end (Content-Length bytes) before verifying',
  },
  connection: {
    headline: 'a connection is unusable after a refusal',
    why: 'A handler that refuses without reading the body leaves its bytes on the connection, where they are taken for the next request.',
    fix: 'read the whole body before you answer, or close the connection with the refusal',
  },
  burst: {
    headline: 'events that arrive at once get lost',
    why: 'A finished test run sends many events at the same moment; each lost one is retried up to four times.',
    fix: 'answer at once and process in the background; raise the connection limits of your server and database',
  },
  'content-type': {
    headline: 'another content type is refused',
    why: 'Which content type Relyable sends is not published; a parser bound to exactly application/json then sees no body.',
    fix: 'read the body whatever its content type says',
    fixes: RAW_BODY_FIXES,
  },
  'slow-answer': {
    headline: 'the answer takes too long',
    why: 'The page asks for a 200 at once. How long Relyable waits is not published; 5 s is our own threshold.',
    fix: 'put the event into a queue, answer 200, and process it afterwards',
  },
  'large-answer': {
    headline: 'the answer is large',
    why: 'Relyable stores answers in its delivery log; pages and dumps do not belong there.',
    fix: 'answer with a short text such as OK',
  },
  'leaks-secret': {
    headline: 'the answer holds the signing secret',
    why: 'Anyone who reads it can forge signed events.',
    fix: 'remove the secret from error pages and debug output, then make a new one in Relyable (Settings → Webhooks)',
  },
  'leaks-stack': {
    headline: 'the answer holds a stack trace',
    why: 'It shows paths and versions to everyone who knows the URL, and ends up in the delivery log of Relyable.',
    fix: 'turn off debug error pages where the internet reaches your app',
    fixes: { express: 'set `NODE_ENV=production` where the internet reaches your app' },
  },
  'state-blind': {
    headline: 'the state does not show events',
    why: 'A state that stays the same after an event cannot show that a repeat has no effect.',
    fix: 'point --state-url or --state-command at something an event changes (e.g. a row count), or give it more time with --settle',
  },
  'double-effect': {
    headline: 'a repeated event has its effect again',
    why: 'Retries make Relyable send the same event more than once; each repeat would alert, bill or store again.',
    fix: 'remember the identity of every event (its id, else the SHA-256 of the raw body) under a unique key, in the same transaction as its effect',
  },
  'forged-effect': {
    headline: 'a forged event has an effect',
    why: 'The request is refused, but its effect has happened: anyone who knows the URL can cause it.',
    fix: 'verify the signature before anything else happens',
  },
  'no-route': {
    headline: 'no POST route at this URL',
    why: 'Every request is answered alike, genuine or forged: no handler sees it, and every delivery fails after five attempts.',
    fix: "name the URL of your handler's route, path included, and let it take POST",
  },
  'format-refused': {
    headline: 'the same JSON in another form is refused',
    why: 'How Relyable writes its JSON is not published. A correctly signed event in another form is refused, and not for its signature: an error in reading it loses the event.',
    fix: 'look at the log of your app: read the body with a JSON parser, and take 70.0 and 70 for the same number',
  },
  'other-notation': {
    headline: 'another form of the signature is expected',
    why: 'Relyable sends 64 lower-case hex digits, so every delivery fails after five attempts.',
    fix: 'compare the header value with the lower-case hex digest alone',
  },
  'hex-padding': {
    headline: 'a signature with a digit 0 is refused',
    why: 'Where the digest has a byte below 0x10, a number written as hex loses the leading zero; most signatures have such a byte, and their events are lost.',
    fix: "write two hex digits for each byte of the digest, with the function for it: `digest('hex')`, `hexdigest()`",
  },
  'signs-other-bytes': {
    headline: 'something else than the body is signed',
    why: 'Relyable signs the bytes of the body, so every delivery fails after five attempts.',
    fix: 'verify the raw body bytes as they came, before anything parses or reads them',
    fixes: RAW_BODY_FIXES,
  },
  'other-key': {
    headline: 'another key is used',
    why: 'Relyable signs with the secret itself, so every delivery fails after five attempts.',
    fix: 'use the secret as it is',
  },
  'other-algorithm': {
    headline: 'another computation is used',
    why: 'Relyable sends HMAC-SHA256 of the body, keyed with the secret, so every delivery fails after five attempts.',
    fix: 'compute HMAC-SHA256 of the raw body, keyed with the secret',
  },
  'text-refused': {
    headline: 'text outside ASCII is an error',
    why: 'Agent names and transcripts hold any language. Such an event is refused, and not for its signature.',
    fix: 'look at the log of your app: what reads or stores the text must take all of Unicode',
  },
  'text-pieces': {
    headline: 'a body that is cut inside a character is refused',
    why: 'A body arrives in packets, which may end inside a character. Text that is decoded packet by packet is no longer the body, so that its signature does not match: such events fail now and then.',
    fix: 'join the bytes and verify them; decode the whole body afterwards',
    fixes: RAW_BODY_FIXES,
  },
  'connection-reuse': {
    headline: 'a second event on a connection is refused',
    why: 'A sender keeps its connection open for the next event; a handler that fails on it loses events.',
    fix: 'let the server keep state per request, not per connection',
  },
  'dies-after-answer': {
    headline: 'the app ends after it has answered',
    why: 'Relyable counts the event as delivered, and what your app had to do is lost, with every request that was under way.',
    fix: 'catch and log every error of the work that runs after the answer: an error that nothing catches ends the process',
  },
  'hangs-after-answer': {
    headline: 'the app hangs after it has answered',
    why: 'While one event is worked on, no other request is answered; Relyable counts those attempts as failed.',
    fix: 'put long work into a queue or another process; in Node, do not block the event loop',
  },
  'leaks-signature': {
    headline: 'the answer holds the right signature',
    why: 'Anyone can send a forged event, read its right signature in the answer, and send it again with that.',
    fix: 'answer a refusal with a fixed text; do not print what was expected',
  },
};

/** Complete handlers, below docs/recipes. */
const RECIPES: Readonly<Partial<Record<Framework, string>>> = {
  express: 'express.mjs',
  fastify: 'fastify.mjs',
  hono: 'hono.mjs',
  nextjs: 'next-app-router.mjs',
  flask: 'flask_app.py',
  fastapi: 'fastapi_app.py',
  django: 'django_views.py',
  laravel: 'laravel.php',
  rails: 'rails_controller.rb',
  spring: 'SpringWebhookController.java',
  go: 'net_http.go',
};

/** The topics for which a complete handler shows the fix. */
const SHOWN_BY_RECIPES: ReadonlySet<Topic> = new Set([
  'genuine-refused',
  'genuine-crashes',
  'reserialised',
  'not-200',
  'forged-accepted',
  'inexact-signature',
  'refusal-crashes',
  'parses-first',
  'signs-other-bytes',
  'other-notation',
  'hex-padding',
  'charset',
  'text-pieces',
  'content-type',
  'dies-after-answer',
]);

export interface FindingAdvice {
  readonly headline: string;
  readonly why: string;
  readonly fix: string;
  /** A complete handler for the framework, relative to the project's root; null where none helps. */
  readonly recipe: string | null;
}

/** What a finding means and how to fix it, for the handler's framework if it is known. */
export function adviceFor(topic: Topic, framework: Framework | null): FindingAdvice {
  const { headline, why, fix, fixes } = ADVICE[topic];
  if (framework === null) return { headline, why, fix, recipe: null };
  const file = SHOWN_BY_RECIPES.has(topic) ? RECIPES[framework] : undefined;
  const recipe = file === undefined ? null : `docs/recipes/${file}`;
  return { headline, why, fix: fixes?.[framework] ?? fix, recipe };
}
