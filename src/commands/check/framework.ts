import { headerValues, type HeaderPair } from '../../request/request.ts';

/** Frameworks and languages that fixes are written for. */
export type Framework =
  | 'express'
  | 'fastify'
  | 'node'
  | 'hono'
  | 'nextjs'
  | 'flask'
  | 'fastapi'
  | 'django'
  | 'python-http-server'
  | 'python'
  | 'php'
  | 'laravel'
  | 'rails'
  | 'spring'
  | 'go'
  | 'aspnet';

interface AnswerShape {
  readonly headers: readonly HeaderPair[];
  readonly body: Buffer;
}

type Sign = readonly [framework: Framework, header: string | null, pattern: RegExp];

/** The most reliable signs first: a header that names the framework, then the server's header, then error pages. */
const SIGNS: readonly Sign[] = [
  ['nextjs', 'x-powered-by', /next\.js/i],
  ['express', 'x-powered-by', /express/i],
  ['laravel', 'set-cookie', /laravel_session/i],
  ['php', 'x-powered-by', /php/i],
  ['aspnet', 'x-powered-by', /asp\.net/i],
  ['aspnet', 'server', /kestrel/i],
  ['django', 'server', /wsgiserver/i],
  ['flask', 'server', /werkzeug/i],
  ['fastapi', 'server', /uvicorn|hypercorn/i],
  ['python-http-server', 'server', /(base|simple)http/i],
  ['rails', 'x-runtime', /^[\d.]+$/],
  ['express', null, /<pre>(Cannot (GET|POST) \/|\w*Error: )/],
  ['fastify', null, /^\{"message":"Route [^"]+ not found","error":"Not Found","statusCode":404\}$/],
  ['fastify', null, /^\{"statusCode":\d+,("code":"[A-Z_]+",)?"error":"[^"]+","message":"/],
  ['fastapi', null, /^\{"detail":"(Not Found|Method Not Allowed)"\}$/],
  ['spring', null, /^\{"timestamp":"?[^,]+,"status":\d+,"error":"[^"]+".*"path":"/],
  ['hono', null, /^404 Not Found$/],
  ['go', null, /^404 page not found\n$/],
  [
    'django',
    null,
    /<h1>Not Found<\/h1><p>The requested resource was not found on this server\.<\/p>/,
  ],
  ['flask', null, /^<!doctype html>\n<html lang=en>\n<title>404 Not Found<\/title>/],
  ['node', null, /\bnode:[\w/]+:\d+:\d+|\.[cm]?[jt]s:\d+:\d+/],
  ['python', null, /Traceback \(most recent call last\)/],
];

/** The framework that gave these answers, by `X-Powered-By`, `Server` and error pages; null if unknown. */
export function detectFramework(answers: readonly AnswerShape[]): Framework | null {
  const sign = SIGNS.find(([, header, pattern]) =>
    answers.some((answer) =>
      header === null
        ? pattern.test(answer.body.subarray(0, 4096).toString('utf8'))
        : headerValues(answer.headers, header).some((value) => pattern.test(value)),
    ),
  );
  return sign?.[0] ?? null;
}

/** Programs that start apps, and the language of those apps. */
const COMMANDS: ReadonlyArray<readonly [Framework, RegExp]> = [
  ['nextjs', /^next$/],
  ['node', /^(node|nodejs|npm|npx|pnpm|yarn|bun|bunx|deno|tsx|ts-node)$/],
  ['flask', /^flask$/],
  ['fastapi', /^(uvicorn|hypercorn|fastapi)$/],
  ['python', /^(python[\d.]*|py|uv|poetry|pipenv|gunicorn)$/],
  ['rails', /^(rails|puma)$/],
  ['php', /^php[\d.]*$/],
  ['go', /^go$/],
];

/** The language of an app, recognised by the command that starts it; null if unknown. */
export function languageOf(command: readonly string[] | null): Framework | null {
  const [file] = command ?? [];
  if (file === undefined) return null;
  const name = (file.split(/[\\/]/).at(-1) ?? '').replace(/\.(exe|cmd)$/i, '');
  return COMMANDS.find(([, pattern]) => pattern.test(name))?.[0] ?? null;
}
