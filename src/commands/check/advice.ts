import type { Framework } from './framework.ts';

/** What can be wrong with a handler, one word for each cause. */
export type Topic =
  | 'no-answer'
  | 'genuine-refused'
  | 'genuine-crashes'
  | 'event-refused'
  | 'reserialised'
  | 'not-200'
  | 'redirect'
  | 'forged-accepted'
  | 'inexact-signature'
  | 'refusal-crashes'
  | 'refused-otherwise'
  | 'parses-first'
  | 'duplicate'
  | 'unknown-event'
  | 'strict-fields'
  | 'charset'
  | 'body-limit'
  | 'slow-body'
  | 'connection'
  | 'burst'
  | 'content-type'
  | 'slow-answer'
  | 'large-answer'
  | 'leaks-secret'
  | 'leaks-stack'
  | 'state-blind'
  | 'double-effect'
  | 'forged-effect';

interface Advice {
  /** The finding in a few words. */
  readonly headline: string;
  /** Why it matters with Relyable. */
  readonly why: string;
  readonly fix: string;
  readonly fixes?: Readonly<Partial<Record<Framework, string>>>;
}

const RAW_BODY_FIXES: Advice['fixes'] = {
  express:
    "mount express.raw({ type: () => true, limit: '10mb' }) on this route instead of express.json(), verify req.body (a Buffer), then JSON.parse it",
  fastify:
    "addContentTypeParser('*', { parseAs: 'buffer' }, (request, body, done) => done(null, body)) after removeAllContentTypeParsers(), verify request.body, then JSON.parse it",
  hono: 'verify await c.req.arrayBuffer() (the bytes) and JSON.parse them afterwards; do not call c.req.json() first',
  nextjs:
    'verify Buffer.from(await request.arrayBuffer()) and JSON.parse it afterwards; in a Pages API route set export const config = { api: { bodyParser: false } }',
  flask:
    'verify request.get_data() (bytes) as it is, without .encode() or json.dumps, and use request.json afterwards',
  fastapi:
    'verify await request.body() (bytes) and json.loads it afterwards; take Request as the parameter, not a model',
  django: 'verify request.body (bytes) and json.loads it afterwards',
  'python-http-server':
    'verify self.rfile.read(content_length) (bytes) and json.loads it afterwards',
  php: "verify file_get_contents('php://input') and json_decode it afterwards",
  laravel: 'verify $request->getContent() and json_decode it afterwards',
  rails: 'verify request.raw_post and JSON.parse it afterwards',
  spring: 'take @RequestBody byte[] body, verify it, and read it with ObjectMapper afterwards',
  go: 'verify the bytes of io.ReadAll(r.Body) and json.Unmarshal them afterwards',
  aspnet: 'read Request.Body into a byte array, verify it, and deserialise it afterwards',
};

const BODY_LIMIT_FIXES: Advice['fixes'] = {
  express:
    "the parser's limit is 100 KB unless set: express.raw({ type: () => true, limit: '10mb' })",
  fastify: 'the limit is 1 MB unless set: fastify({ bodyLimit: 10 * 1024 * 1024 })',
  hono: 'raise maxSize of the bodyLimit middleware on this route',
  nextjs: 'in a Pages API route the limit is 1 MB; verify the raw stream with bodyParser: false',
  flask: 'raise MAX_CONTENT_LENGTH (and the limit of the server before it)',
  django: 'raise DATA_UPLOAD_MAX_MEMORY_SIZE (2.5 MB unless set)',
  php: 'raise post_max_size, and client_max_body_size of nginx before it (1 MB unless set)',
  laravel: 'raise post_max_size, and client_max_body_size of nginx before it (1 MB unless set)',
};

const CHECK_BEFORE_COMPARING: Advice['fixes'] = {
  express:
    "before timingSafeEqual: if (typeof signature !== 'string' || signature.length !== expected.length) return res.status(401).send('Invalid signature'); the published Node sample throws on a missing header",
  flask:
    "signature = request.headers.get('X-Relyable-Signature', ''), and compare bytes: hmac.compare_digest(signature.encode(), expected.encode())",
};

const ADVICE: Readonly<Record<Topic, Advice>> = {
  'no-answer': {
    headline: 'no answer',
    why: 'Without an answer Relyable counts the attempt as failed and sends the event again: five attempts (four retries).',
    fix: 'look for a crash or a hang in the log of your app; answer every request, errors included',
  },
  'genuine-refused': {
    headline: 'genuine events are refused',
    why: 'Not even a plain, correctly signed event is accepted: every delivery fails after five attempts.',
    fix: 'check that your app has the same signing secret as this check (RELYABLE_WEBHOOK_SECRET), and that it verifies the raw body bytes',
    fixes: RAW_BODY_FIXES,
  },
  'genuine-crashes': {
    headline: 'the handler throws on genuine events',
    why: 'A correctly signed event makes your app answer 5xx: every delivery fails after five attempts.',
    fix: 'look at the exception in the log of your app',
    fixes: {
      flask:
        'the published Python sample calls payload.encode() on bytes, which raises AttributeError: hmac.new(secret.encode(), request.get_data(), hashlib.sha256)',
    },
  },
  'event-refused': {
    headline: 'an event is refused',
    why: 'Another event is accepted, this one is not: Relyable gives up after five attempts (four retries).',
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
      express: "res.status(200).send('OK') instead of res.sendStatus(204) or res.status(202)",
      fastify:
        "reply.code(200).send('OK'); a handler that sends nothing answers 204 only if it sets that status",
      hono: "return c.text('OK', 200) instead of c.body(null, 204)",
      flask: "return 'OK', 200 instead of '', 204",
      django: "return HttpResponse('OK') instead of HttpResponse(status=204)",
      rails: 'head :ok instead of head :no_content',
      laravel: "return response('OK', 200) instead of response()->noContent()",
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
    fix: 'compare the whole header value with the hex digest, without decoding, trimming or splitting it',
  },
  'refusal-crashes': {
    headline: 'the handler throws where it should refuse',
    why: 'The published Node sample throws on a missing header or a signature of another length. Relyable retries after a 500, and anyone can fill your error log.',
    fix: 'check that the header is there and has the right length before the constant-time comparison; answer 401',
    fixes: CHECK_BEFORE_COMPARING,
  },
  'refused-otherwise': {
    headline: 'refused, but not with 401 or 403',
    why: 'It is refused, yet in the delivery log of Relyable a 4xx other than 401 looks like a bad payload, not like a wrong secret.',
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
    headline: 'text outside ASCII breaks it',
    why: 'Agent names and transcripts hold any language; the signature covers the UTF-8 bytes.',
    fix: 'verify the bytes, not a decoded string; where you decode, decode as UTF-8',
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
    fixes: {
      express: "express.raw({ type: () => true }) instead of type: 'application/json'",
      fastify:
        "addContentTypeParser('*', { parseAs: 'buffer' }, …) after removeAllContentTypeParsers()",
      flask:
        'request.get_data(), and json.loads of it instead of request.json, which wants application/json',
    },
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
    fixes: {
      express: 'set NODE_ENV=production, or add an error handler that answers with a short text',
      flask: 'run without debug=True and without FLASK_DEBUG',
      django: 'set DEBUG = False',
    },
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

/** What a complete handler shows how to do. */
const SHOWN_BY_RECIPES: ReadonlySet<Topic> = new Set([
  'genuine-refused',
  'genuine-crashes',
  'reserialised',
  'not-200',
  'forged-accepted',
  'inexact-signature',
  'refusal-crashes',
  'parses-first',
  'charset',
  'content-type',
]);

export interface FindingAdvice {
  readonly headline: string;
  readonly why: string;
  readonly fix: string;
  /** A complete handler for the framework, relative to the project's root; null where none helps. */
  readonly recipe: string | null;
}

/** What a finding means and how to fix it, in the words of the handler's framework where it is known. */
export function adviceFor(topic: Topic, framework: Framework | null): FindingAdvice {
  const { headline, why, fix, fixes } = ADVICE[topic];
  if (framework === null) return { headline, why, fix, recipe: null };
  const file = SHOWN_BY_RECIPES.has(topic) ? RECIPES[framework] : undefined;
  const recipe = file === undefined ? null : `docs/recipes/${file}`;
  return { headline, why, fix: fixes?.[framework] ?? fix, recipe };
}
